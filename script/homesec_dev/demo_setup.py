"""Set up HomeSec and one camera through the forms that a person fills in."""

from __future__ import annotations

from contextlib import contextmanager
import json
from typing import TYPE_CHECKING, Any

from . import demo_dashboard
from .bootstrap import paths
from .bootstrap.console import SetupError
from .ha_client import HaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .ha_client import Flow, HaClient

DOMAIN = "homesec"
CAMERA_NAME = "Front door"
# Short enough that a minute with people in view all the time has a finished clip, too.
LONGEST_CLIP_S = 30


def set_up_home(
    client: HaClient, source: Mapping[str, str], *, detector: str | None = None
) -> None:
    """Add HomeSec and its camera unless an earlier run did; raises SetupError."""
    entries = client.entries(DOMAIN)
    entry_id = entries[0]["entry_id"] if entries else add_homesec(client, detector)
    if not client.command("config_entries/subentries/list", entry_id=entry_id):
        add_camera(client, entry_id, source)
    demo_dashboard.make(client, DOMAIN)


def entity_id(client: HaClient, domain: str) -> str:
    """Return the first entity of HomeSec in a domain."""
    entities = client.command("config/entity_registry/list")
    found = [
        entity["entity_id"]
        for entity in entities
        if entity["platform"] == DOMAIN and entity["entity_id"].startswith(f"{domain}.")
    ]
    if not found:
        raise HaError(f"HomeSec has no {domain}")
    return str(found[0])


def add_homesec(client: HaClient, detector: str | None = None) -> str:
    """Add HomeSec without a camera and without delays; return the entry's id."""
    form = client.add_entry(DOMAIN)
    done = form.answer(suggested(form) | ({"detector": detector} if detector else {}))
    _expect_entry(done)
    # Adding HomeSec continues with its first camera; ours is added separately.
    if next_flow := done.shown.get("next_flow"):
        client.delete(f"/api/config/config_entries/subentries/flow/{next_flow[1]}")
    entry_id = str(done.shown["result"]["entry_id"])
    remove_delays(client, entry_id)
    return entry_id


@contextmanager
def unloaded(client: HaClient) -> Iterator[None]:
    """Unload HomeSec meanwhile, so that its folders may be changed while Home Assistant runs."""
    entry_id = client.entries(DOMAIN)[0]["entry_id"]
    client.command("config_entries/disable", entry_id=entry_id, disabled_by="user")
    try:
        yield
    finally:
        client.command("config_entries/disable", entry_id=entry_id, disabled_by=None)


def remove_delays(client: HaClient, entry_id: str) -> None:
    """Have the alarm guard at once in every mode, since nobody has to leave."""
    form = client.reconfigure_entry(DOMAIN, entry_id).answer(next_step_id="alarm")
    answers = suggested(form)
    answers["away"] |= {"exit_s": 0, "entry_s": 0}
    done = form.answer(answers)
    if done.type != "abort":
        raise HaError(f"The form ends with {done.type}: {done.errors or done.shown}")


def add_camera(
    client: HaClient,
    entry_id: str,
    source: Mapping[str, str],
    *,
    name: str = CAMERA_NAME,
    **advanced: object,
) -> None:
    """Add a camera that guards in every mode, and also detects people while disarmed.

    `advanced` settings are as in the form; others are as it suggests.
    """
    shown = camera_form(client, entry_id).answer(source)
    if shown.errors:
        raise SetupError(" ".join(_text(key, shown) for key in shown.errors.values()))
    settings = suggested(shown)
    settings |= {"name": name, "armed_modes": ["home", "away", "night", "vacation", "custom"]}
    settings["advanced"] |= {"max_clip_s": LONGEST_CLIP_S, **advanced}
    _expect_entry(save_camera(shown, settings))


def save_camera(form: Flow, settings: Mapping[str, Any]) -> Flow:
    """Fill in a camera's settings, and save it without a test; earlier versions save at once."""
    done = form.answer(settings)
    return done.answer(next_step_id="save") if done.step == "ready" else done


def camera_form(client: HaClient, entry_id: str) -> Flow:
    """Return the form for the source of a new camera; earlier versions begin with it."""
    form = client.subentry(entry_id, "camera")
    return form.answer(found="address") if form.fields == ["found"] else form


def _expect_entry(flow: Flow) -> None:
    if flow.type != "create_entry":
        raise HaError(f"The form ends with {flow.type}: {flow.errors or flow.shown}")


def suggested(flow: Flow) -> dict[str, Any]:
    """Return the suggested values of a form, nested like its sections."""
    return _proposals(flow.shown["data_schema"])


def _proposals(fields: list[dict[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in fields:
        if field.get("type") == "expandable":
            values[field["name"]] = _proposals(field["schema"])
        elif (proposed := field.get("description", {}).get("suggested_value")) is not None:
            values[field["name"]] = proposed
        elif "default" in field:
            values[field["name"]] = field["default"]
    return values


def _text(key: str, flow: Flow) -> str:
    """Return the text of an error in the user interface."""
    texts = json.loads((paths.COMPONENT / "translations" / "en.json").read_text(encoding="utf-8"))
    text: str = texts["config_subentries"]["camera"]["error"].get(key, key)
    for name, value in (flow.shown.get("description_placeholders") or {}).items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
