"""Diagnostics without names, addresses, credentials, and paths.

Values are selected rather than copied and redacted, so that nothing private can slip through.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_URL, CONF_USERNAME

from .alarm.config import get_delays, get_pins, needs_code_to_arm
from .alarm.machine import AlarmMode
from .alerts.recipient_config import CONF_API_KEY_SID, CONF_SERVICE_SID
from .cameras.config import DEFAULTS, stream_use
from .cloud.retention_config import retention_rules
from .cloud.store import (
    CONF_KEY,
    CONF_LIMIT,
    CONF_MISSING_RIGHTS,
    CONF_PRIVATE_KEY,
    CONF_UPLOAD_REST,
    is_encrypted,
)
from .const import (
    CONF_DETECT_URL,
    CONF_DETECTOR,
    CONF_FORMER_NAMES,
    CONF_KIND,
    CONF_MODEL,
    CONF_SEAL_KEYS,
    CONF_STORAGE,
    CONF_THRESHOLD,
    CONF_VERIFY_TLS,
    CONF_ZONE_ID,
    CONF_ZONES,
)
from .engine.core.stream_verdict import findings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.core import HomeAssistant

    from .cameras.state import CameraState
    from .runtime import HomeSecConfigEntry, HomeSecData

PACKAGES = ("av", "numpy", "opencv-python-headless", "ncnn", "google-cloud-storage", "twilio")
SCHEMES = ("rtsp", "rtsps", "http", "https")
REPORT_FIELDS = ("ready", "detector", "model", "error", "verifier", "verifier_error")
"""Without the placeholders of errors, which may name folders."""
SETTINGS = (CONF_KIND, CONF_VERIFY_TLS, CONF_THRESHOLD, *(k for k in DEFAULTS if k != CONF_ZONES))


async def async_get_config_entry_diagnostics(
    _hass: HomeAssistant, entry: HomeSecConfigEntry
) -> dict[str, Any]:
    """Return diagnostics for the config entry."""
    runtime = entry.runtime_data
    detector, report = runtime.detector, runtime.detector.report
    return {
        "versions": await runtime.host.async_run(_versions),
        "settings": {key: entry.data.get(key) for key in (CONF_DETECTOR, CONF_MODEL)},
        "engine": {
            "ready": runtime.host.ready,
            "start_error": runtime.coordinator.start_error and runtime.coordinator.start_error.key,
            **asdict(runtime.coordinator.engine_stats),
        },
        "worker": asdict(runtime.host.engine.worker_status) if runtime.host.ready else None,
        "detector": {
            "status": detector.status,
            "progress": detector.progress,
            **({key: getattr(report, key) for key in REPORT_FIELDS} if report else {}),
        },
        "storage": _storage(runtime),
        "alarm": _alarm(runtime),
        "recipients": {
            recipient_id: _recipient(runtime, recipient_id)
            for recipient_id in runtime.alerts.recipients.rules
        },
        "cameras": {camera_id: _camera(runtime, camera_id) for camera_id in runtime.cameras},
    }


def _camera(runtime: HomeSecData, camera_id: str) -> dict[str, Any]:
    state, alarm = runtime.cameras[camera_id], runtime.alarm
    data = runtime.cameras.subentry(camera_id).data
    use = stream_use(data)
    return {
        "settings": {key: data[key] for key in SETTINGS if key in data},
        "zones": [_zone(zone, state) for zone in data.get(CONF_ZONES, ())],
        "source": _source(data),
        "activity": alarm.activity(runtime.cameras.subentry(camera_id)),
        "health": state.health,
        "error": state.error,
        "present": {label: presence.count for label, presence in state.presences.items()},
        "recordings": len(state.recordings),
        "stats": asdict(state.stats),
        "stream_findings": [each.value for each in findings(state.stats.stream, use)],
    }


def _alarm(runtime: HomeSecData) -> dict[str, Any]:
    alarm, data = runtime.alarm, runtime.entry.data
    kinds = Counter(pin.kind.value for pin in get_pins(data).values())
    return {
        "mode": alarm.mode,
        "state": alarm.state,
        "delays": {mode: asdict(get_delays(data, mode)) for mode in AlarmMode},
        "code_to_arm": needs_code_to_arm(data),
        "pins": dict(kinds),
        "bypassed": len(alarm.bypassed),
    }


def _recipient(runtime: HomeSecData, recipient_id: str) -> dict[str, Any]:
    recipients, data = runtime.alerts.recipients, runtime.entry.subentries[recipient_id].data
    rules = recipients.rules[recipient_id]
    state = recipients.states.get(recipient_id)
    return {
        "login": "key" if CONF_API_KEY_SID in data else "token",
        "sender": "service" if CONF_SERVICE_SID in data else "own",
        "kinds": sorted(rules.kinds),
        "labels": sorted(rules.labels),
        "modes": sorted(rules.modes),
        "cameras": len(rules.cameras),
        "zones": len(rules.zones),
        "hours": [str(each) for each in rules.hours or ()],
        "cool_down_s": rules.cooldown_s,
        "max_age_s": rules.max_age_s,
        "error": None if state is None else state.error,
        "waiting": None if state is None else state.waiting,
    }


def _storage(runtime: HomeSecData) -> dict[str, Any]:
    data, state = runtime.entry.data, runtime.storage.state
    storage = data.get(CONF_STORAGE)
    return {
        "cloud": storage
        and {
            "login": "key" if CONF_KEY in storage else "own",
            "limit_mbit": storage.get(CONF_LIMIT),
            "upload_rest": storage.get(CONF_UPLOAD_REST),
            "encrypted": is_encrypted(storage),
            "private_key_stored": CONF_PRIVATE_KEY in storage,
            "missing_rights": list(storage.get(CONF_MISSING_RIGHTS, ())),
            "earlier_keys": len(data.get(CONF_SEAL_KEYS, ())),
        },
        "uploads": asdict(state.uploads),
        "error": state.error,
        "disk_low": state.disk_low,
        "retention": asdict(retention_rules(data)),
    }


def _zone(zone: Mapping[str, Any], state: CameraState) -> dict[str, Any]:
    """Return a zone without its name, which may be private."""
    private = (CONF_NAME, CONF_ZONE_ID, CONF_FORMER_NAMES)  # the id may be the first name
    settings = {key: value for key, value in zone.items() if key not in private}
    return settings | {"occupied_by": state.zones.get(zone[CONF_NAME], [])}


def _source(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a source is reached, without its address."""
    scheme = urlsplit(data.get(CONF_URL, "")).scheme
    return {
        "scheme": scheme if scheme in SCHEMES else None,
        "has_username": CONF_USERNAME in data,
        "has_password": CONF_PASSWORD in data,
        "has_detect_stream": CONF_DETECT_URL in data,
    }


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = dict.fromkeys(PACKAGES)
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions
