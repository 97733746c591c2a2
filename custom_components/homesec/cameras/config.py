"""A camera's settings in its subentry, and the engine's configuration that follows from them."""

from dataclasses import replace
import hashlib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

from homeassistant.const import (
    CONF_ENTITY_ID,
    CONF_NAME,
    CONF_PASSWORD,
    CONF_URL,
    CONF_USERNAME,
)

from ..alarm.machine import ARMED_MODES, AlarmMode
from ..const import (
    CONF_ALARM_LABELS,
    CONF_ALERT_LABELS,
    CONF_ALLOW_BASIC,
    CONF_ARMED_MODES,
    CONF_AT_ONCE,
    CONF_DETECT_FPS,
    CONF_DETECT_URL,
    CONF_DETECTION,
    CONF_DEVICE,
    CONF_DIGEST_ONLY,
    CONF_DISARMED,
    CONF_FILE,
    CONF_FINGERPRINT,
    CONF_GRACE,
    CONF_KIND,
    CONF_LABELS,
    CONF_MAX_CLIP,
    CONF_OTHER_HOSTS,
    CONF_PICTURES_PER_S,
    CONF_POST_ROLL,
    CONF_PRE_ROLL,
    CONF_RECORD_LABELS,
    CONF_RECORDING,
    CONF_RULES,
    CONF_TAMPER,
    CONF_THRESHOLD,
    CONF_TRUSTED_SENSORS,
    CONF_VERIFY_TLS,
    CONF_WAKE_SENSORS,
    CONF_WATCH,
    CONF_ZONES,
)
from ..engine.core.stream_verdict import StreamUse
from ..engine.core.types import (
    PERSON,
    Activity,
    CameraConfig,
    DecodePolicy,
    SourceConfig,
    SourceKind,
    ZoneKind,
)
from .tampering import TamperResponse, tamper_response
from .zones import find_zones, parse_rule, parse_zone, zone_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from homeassistant.config_entries import ConfigSubentry

LOCATION_FIELD: Final = {
    SourceKind.STREAM: CONF_URL,
    SourceKind.WEBCAM: CONF_DEVICE,
    SourceKind.FILE: CONF_FILE,
    SourceKind.ENTITY: CONF_ENTITY_ID,
}
"""The field with the location of a source, by its kind."""

SOURCE_FIELDS: Final = (
    CONF_KIND,
    CONF_URL,
    CONF_DETECT_URL,
    CONF_USERNAME,
    CONF_PASSWORD,
    CONF_VERIFY_TLS,
    CONF_FINGERPRINT,
    CONF_OTHER_HOSTS,
    CONF_ALLOW_BASIC,
    CONF_DIGEST_ONLY,
    CONF_PICTURES_PER_S,
    CONF_DEVICE,
    CONF_FILE,
    CONF_ENTITY_ID,
)


DEFAULTS: Final[Mapping[str, Any]] = {
    CONF_LABELS: [PERSON],
    CONF_RECORD_LABELS: [],
    CONF_ALARM_LABELS: [PERSON],
    CONF_ALERT_LABELS: [PERSON],
    CONF_DISARMED: Activity.OFF.value,
    CONF_ARMED_MODES: [mode.value for mode in ARMED_MODES],
    CONF_AT_ONCE: False,
    CONF_DETECTION: True,
    CONF_RECORDING: True,
    CONF_PRE_ROLL: 4,
    CONF_POST_ROLL: 4,
    CONF_MAX_CLIP: 120,
    CONF_GRACE: 3,
    CONF_DETECT_FPS: 5,
    CONF_WATCH: DecodePolicy.AUTO.value,
    CONF_TAMPER: TamperResponse.REPORT.value,
    CONF_WAKE_SENSORS: [],
    CONF_TRUSTED_SENSORS: [],
    CONF_RULES: [],
    CONF_ZONES: [],
}
"""Of settings that aren't stored. A threshold that isn't set is the model's own; without labels to
record, all are recorded.
"""


DEFAULT_PICTURES_PER_S: Final = 2.0


def source_config(data: Mapping[str, Any]) -> SourceConfig:
    """Return how to open a source."""
    kind = SourceKind(data[CONF_KIND])
    return SourceConfig(
        kind=kind,
        # An entity's id isn't opened by the engine, but tells it when the entity changes.
        location=data[LOCATION_FIELD[kind]],
        username=data.get(CONF_USERNAME),
        password=data.get(CONF_PASSWORD),
        verify_tls=data.get(CONF_VERIFY_TLS, False),
        tls_fingerprint=data.get(CONF_FINGERPRINT),
        allow_other_hosts=data.get(CONF_OTHER_HOSTS, False),
        allow_basic=data.get(CONF_ALLOW_BASIC, False),
        digest_only=data.get(CONF_DIGEST_ONLY, False),
        pictures_per_s=data.get(CONF_PICTURES_PER_S, DEFAULT_PICTURES_PER_S),
    )


def detect_source_config(data: Mapping[str, Any]) -> SourceConfig | None:
    """Return how to open the detect stream, with the main stream's login; None without one."""
    url = data.get(CONF_DETECT_URL)
    if not url or data[CONF_KIND] != SourceKind.STREAM:
        return None
    return replace(source_config(data), location=url)


def source_entity(data: Mapping[str, Any]) -> str | None:
    """Return the id of the entity that a camera gets its pictures from; None without one."""
    entity_id: str = data.get(CONF_ENTITY_ID, "")
    return entity_id if data[CONF_KIND] == SourceKind.ENTITY else None


def camera_config(subentry: ConfigSubentry) -> CameraConfig:
    """Return the engine's configuration of a camera."""
    data = {**DEFAULTS, **subentry.data}
    return CameraConfig(
        id=subentry.subentry_id,
        name=subentry.title,
        source=source_config(data),
        detect_source=detect_source_config(data),
        decode_policy=DecodePolicy(data[CONF_WATCH]),
        checks_tamper=tamper_response(data) is not TamperResponse.IGNORE,
        labels=tuple(data[CONF_LABELS]),
        threshold=data.get(CONF_THRESHOLD),
        rules=tuple(
            parse_rule(label, data[CONF_RULES], records=label in recorded_labels(data))
            for label in data[CONF_LABELS]
        ),
        zones=tuple(map(parse_zone, data[CONF_ZONES])),
        detect_fps=data[CONF_DETECT_FPS],
        grace_s=data[CONF_GRACE],
        pre_roll_s=data[CONF_PRE_ROLL],
        post_roll_s=data[CONF_POST_ROLL],
        max_clip_s=data[CONF_MAX_CLIP],
    )


def stream_use(data: Mapping[str, Any], *, detect_stream_works: bool = True) -> StreamUse:
    """Return what a camera with these settings has its main stream for."""
    settings = {**DEFAULTS, **data}
    has_detect_stream = detect_source_config(settings) is not None and detect_stream_works
    has_sensor = bool(settings[CONF_WAKE_SENSORS] or settings[CONF_TRUSTED_SENSORS])
    # Otherwise, every picture is decoded where keyframes are far apart, with or without a sensor.
    only_keyframes = settings[CONF_WATCH] == DecodePolicy.ECONOMY
    return StreamUse(
        detects=not has_detect_stream,
        finds_between_keyframes=not (has_sensor and only_keyframes),
    )


def camera_labels(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the labels that a camera detects."""
    return tuple({**DEFAULTS, **data}[CONF_LABELS])


def recorded_labels(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the labels that are recorded."""
    return tuple({**DEFAULTS, **data}[CONF_RECORD_LABELS]) or camera_labels(data)


def triggers_alarm(data: Mapping[str, Any], label: str) -> bool:
    """Return whether a label triggers the alarm."""
    return label in {**DEFAULTS, **data}[CONF_ALARM_LABELS]


def alert_labels(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the labels that alerts are sent for."""
    return tuple({**DEFAULTS, **data}[CONF_ALERT_LABELS])


def stored_zones(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the zones of a camera as they are stored."""
    return list({**DEFAULTS, **data}[CONF_ZONES])


def occupancy_zones(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the names of the zones that can be occupied, by id.

    Those are no masks, and not zones for labels that aren't detected.
    """
    labels, found = camera_labels(data), {}
    for stored in stored_zones(data):
        zone = parse_zone(stored)
        if zone.kind is not ZoneKind.MASK and (not zone.labels or set(zone.labels) & set(labels)):
            found[zone_id(stored)] = zone.name
    return found


def zone_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the zones that can be occupied."""
    return tuple(occupancy_zones(data).values())


def zones_meant(data: Mapping[str, Any], references: Iterable[str]) -> set[str]:
    """Return the present names of the zones that people mean by a name, or by a former one."""
    zones = stored_zones(data)
    return {zone[CONF_NAME] for each in references for zone in find_zones(zones, each)}


def active_in(data: Mapping[str, Any], mode: AlarmMode) -> bool:
    """Return whether a camera is meant to guard in this mode, even if its detection is off."""
    return mode in {**DEFAULTS, **data}[CONF_ARMED_MODES]


def guards_in(data: Mapping[str, Any], mode: AlarmMode) -> bool:
    """Return whether a camera guards in this mode of the alarm."""
    return bool({**DEFAULTS, **data}[CONF_DETECTION]) and active_in(data, mode)


def skips_entry_delay(data: Mapping[str, Any]) -> bool:
    """Return whether a camera's detections trigger the alarm without an entry delay."""
    return bool({**DEFAULTS, **data}[CONF_AT_ONCE])


def activity(data: Mapping[str, Any], mode: AlarmMode, *, arming: bool = False) -> Activity:
    """Return what a camera does in this mode of the alarm, and during its exit delay."""
    settings = {**DEFAULTS, **data}
    if not settings[CONF_DETECTION]:
        return Activity.OFF
    # To a camera that doesn't guard in a mode, that mode is the same as disarmed.
    wanted = Activity(settings[CONF_DISARMED])
    if guards_in(data, mode) and not arming:
        wanted = Activity.RECORD
    elif guards_in(data, mode) and wanted is Activity.OFF:
        # So that it is connected, and its detector warm, when the delay ends.
        wanted = Activity.DETECT
    if wanted is Activity.RECORD and not settings[CONF_RECORDING]:
        return Activity.DETECT
    return wanted


def source_unique_id(entry_id: str, data: Mapping[str, Any]) -> str:
    """Return the same id for the same source, without revealing it.

    Diagnostics and logs of Home Assistant may show unique ids, and a URL may hold a token: so it is
    a hash, salted with the entry's id so that a guess can't be checked elsewhere.
    """
    kind = SourceKind(data[CONF_KIND])
    location = data[LOCATION_FIELD[kind]]
    if kind is SourceKind.STREAM:
        parts = urlsplit(location)
        location = urlunsplit(
            parts._replace(scheme=parts.scheme.lower(), netloc=parts.netloc.lower())
        )
    digest = hashlib.sha256(f"{entry_id}\n{kind}\n{location}".encode()).hexdigest()
    return f"camera:{digest[:32]}"
