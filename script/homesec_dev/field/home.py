"""A real Home Assistant with HomeSec and the misbehaving cameras."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
import time
from typing import TYPE_CHECKING, Any

from ..demo_setup import DOMAIN, add_homesec, camera_form, save_camera, suggested

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ha_client import HaClient
    from .cameras import FieldCamera

READY_S = 90
_PAGE = 200  # clips of a listing


@dataclass(slots=True, kw_only=True)
class Added:
    """A camera in Home Assistant."""

    camera: FieldCamera
    id: str = ""
    advice: str = ""  # what the form says of it
    refused: str = ""  # why the form doesn't take it


class Home:
    """Adds cameras through their forms, and asks what became of them."""

    def __init__(self, client: HaClient) -> None:
        self._client = client
        self._entry_id = ""

    def set_up(self, cameras: Sequence[FieldCamera]) -> list[Added]:
        """Add HomeSec and the cameras, which record also while disarmed."""
        self._entry_id = add_homesec(self._client)
        return [self._add(camera) for camera in cameras]

    def _add(self, camera: FieldCamera) -> Added:
        added = Added(camera=camera)
        form = camera_form(self._client, self._entry_id)
        shown = form.answer(kind="stream", url=camera.url)
        if shown.errors:
            added.refused = ", ".join(shown.errors.values())
            return added
        added.advice = shown.shown["description_placeholders"]["note"]
        settings = suggested(shown) | {"name": camera.name}
        settings["response"] |= {"disarmed": "record"}
        done = save_camera(shown, settings)
        if done.type != "create_entry":
            added.refused = str(done.errors or done.shown)
            return added
        listed = self._client.command("config_entries/subentries/list", entry_id=self._entry_id)
        added.id = next(each["subentry_id"] for each in listed if each["title"] == camera.name)
        return added

    def wait_for_pictures(self, added: Sequence[Added]) -> None:
        """Wait until all cameras show one, or until they had their time."""
        entities = self._entities("camera")
        waiting = {entities[each.id] for each in added if each.id in entities}
        deadline = time.monotonic() + READY_S
        while waiting and time.monotonic() < deadline:
            waiting = {
                each
                for each in waiting
                if self._client.fetch(f"/api/camera_proxy/{each}").status != HTTPStatus.OK
            }
            time.sleep(0.5)

    def stream_state(self, camera_id: str) -> dict[str, Any]:
        """Return what HomeSec says of a camera's stream."""
        entity_id = self._entities("sensor", suffix="_stream").get(camera_id)
        return {} if entity_id is None else self._client.state(entity_id)

    def clips(self, camera_id: str) -> list[dict[str, Any]]:
        """Return a camera's clips, oldest first."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {} if cursor is None else {"cursor": cursor}
            page = self._client.command(
                "homesec/clips/list", cameras=[camera_id], limit=_PAGE, **asked
            )
            found += page["clips"]
            if (cursor := page["cursor"]) is None:
                return found[::-1]

    def address(self, clip_id: str) -> str:
        """Return the signed address of a clip's video."""
        resolved = self._client.resolve(f"media-source://{DOMAIN}/clip/{clip_id}")
        return str(resolved["url"])

    def _entities(self, domain: str, *, suffix: str = "") -> dict[str, str]:
        """Return an entity of each camera by the camera's id."""
        listed = self._client.command("config/entity_registry/list")
        return {
            each["config_subentry_id"]: each["entity_id"]
            for each in listed
            if each["platform"] == DOMAIN
            and each["entity_id"].startswith(f"{domain}.")
            and each["config_subentry_id"]
            and (not suffix or each["unique_id"].endswith(suffix))
        }
