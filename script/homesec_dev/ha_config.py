"""The configuration folder of a development Home Assistant."""

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

# `default_config` would add integrations that search the network or want the internet.
CONFIGURATION = """\
homeassistant:
  name: HomeSec
  latitude: 52.37
  longitude: 4.89
  elevation: 0
  unit_system: metric
  time_zone: Etc/UTC
  currency: EUR
  country: NL
  language: en
  internal_url: {url}
  media_dirs:
    local: {media}
  allowlist_external_dirs:
    - {media}
config:
frontend:
history:
logbook:
media_source:
mobile_app:
stream:
"""


def write(folder: Path, *, port: int, component: Path | None, extra_yaml: str = "") -> None:
    """Make `folder` the configuration of a Home Assistant on 127.0.0.1 at `port`.

    Entries, users, and clips of earlier runs stay. `component` is linked, not copied, so a restart
    is enough to try a change.
    """
    media = folder / "media"
    media.mkdir(parents=True, exist_ok=True)
    configuration = CONFIGURATION.format(url=json.dumps(url(port)), media=json.dumps(str(media)))
    (folder / "configuration.yaml").write_text(configuration + extra_yaml)
    _listen_on(folder, port)
    _skip_onboarding(folder)
    if component is not None:
        _link(component, folder / "custom_components" / component.name)


def url(port: int) -> str:
    """Return the address of a HA that listens at `port`."""
    return f"http://127.0.0.1:{port}"


def _listen_on(folder: Path, port: int) -> None:
    """Store the address where HA keeps it.

    An `http:` block in YAML is only tried, and reverted by a restart after five minutes
    (homeassistant/components/http/config.py).
    """
    stable = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "intermediate_v6",
        "use_x_frame_options": True,
        "created_at": "2026-01-01T00:00:00+00:00",
        "error": None,
        "error_message": None,
    }
    _store(folder, "http", 3, {"stable": stable, "pending": None, "yaml_migration_done": True})


def _skip_onboarding(folder: Path) -> None:
    """Skip all of onboarding but the first user: other steps add integrations."""
    if not (folder / ".storage" / "onboarding").exists():
        _store(folder, "onboarding", 4, {"done": ["core_config", "analytics", "integration"]})


def _store(folder: Path, key: str, version: int, data: dict[str, Any]) -> None:
    path = folder / ".storage" / key
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"version": version, "minor_version": 1, "key": key, "data": data}))


def _link(source: Path, link: Path) -> None:
    link.parent.mkdir(exist_ok=True)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(source)
