"""A dashboard of Home Assistant's own cards, as an owner of HomeSec might build it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ha_client import HaClient

URL_PATH = "house-guard"
TITLE = "House"
ICON = "mdi:cctv"


def make(client: HaClient, domain: str) -> None:
    """Create the dashboard unless it exists."""
    if any(d["url_path"] == URL_PATH for d in client.command("lovelace/dashboards/list")):
        return
    client.command(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title=TITLE,
        icon=ICON,
        mode="storage",
        require_admin=False,
        show_in_sidebar=True,
    )
    client.command(
        "lovelace/config/save", url_path=URL_PATH, config=_config(_entities(client, domain))
    )


def _entities(client: HaClient, domain: str) -> dict[str, str]:
    """Return the entity ids of the first camera and of HomeSec itself, by platform."""
    found: dict[str, str] = {}
    for entity in client.command("config/entity_registry/list"):
        if entity["platform"] == domain and not entity["disabled_by"]:
            found.setdefault(entity["entity_id"].partition(".")[0], entity["entity_id"])
    return found


def _config(entity: dict[str, str]) -> dict[str, Any]:
    guard = [
        {
            "type": "alarm-panel",
            "entity": entity["alarm_control_panel"],
            "states": ["arm_home", "arm_away", "arm_night"],
        },
        {"type": "tile", "entity": entity["binary_sensor"], "vertical": False},
        {"type": "tile", "entity": entity["event"]},
    ]
    live = [
        {
            "type": "picture-entity",
            "entity": entity["camera"],
            "camera_view": "live",
            "show_name": True,
        },
        {"type": "heading", "heading": "Last seen"},
        {
            "type": "picture-entity",
            "entity": entity["image"],
            "show_name": False,
            "show_state": False,
        },
    ]
    history = [
        {
            "type": "logbook",
            "target": {"entity_id": [entity["event"], entity["alarm_control_panel"]]},
            "hours_to_show": 1,
        }
    ]
    sections = [{"type": "grid", "cards": cards} for cards in (live, [*guard, *history])]
    return {"views": [{"title": TITLE, "type": "sections", "sections": sections, "max_columns": 2}]}
