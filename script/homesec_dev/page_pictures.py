"""The README's pictures of HomeSec's page: a day with some visitors, in light and dark."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from . import footage
from .browser import Browser
from .demo_setup import CAMERA_NAME, DOMAIN, add_camera, entity_id
from .past_clips import add_clips

if TYPE_CHECKING:
    from collections.abc import Callable

    from .ha import HomeAssistant
    from .ha_client import HaClient

    type Shoot = Callable[..., None]

DESKTOP, PHONE = (1280, 860), (390, 844)
SECOND = "Driveway"
PAST, EVERY_S = 40, 5100.0
FIRST_PICTURES_S = 120
VIDEO = "deepDom.matching('video')"
# Seconds into a clip of the demo's video: a person crosses the street.
SOMEBODY_AT_S = 9.0


def take_pictures(ha: HomeAssistant, shoot: Shoot) -> None:
    """Take the pictures after adding a second camera and some days of clips."""
    _add_cameras_and_clips(ha)
    client = ha.client
    client.act(
        "alarm_control_panel.alarm_arm_away", entity_id=entity_id(client, "alarm_control_panel")
    )
    saved = client.subscribe("subscribe_events", event_type="homesec_clip_saved")
    clip_id = saved.next(timeout_s=FIRST_PICTURES_S)["data"]["clip_id"]
    with Browser(size=DESKTOP) as page:
        page.log_in(ha.url, client.token)
        page.open("/homesec")
        page.wait_for_text("Recording", timeout_s=FIRST_PICTURES_S)
        shoot(page, "page-overview", settle_s=3)
        page.open(f"/homesec/clip/{clip_id}")
        page.wait_for(f"{VIDEO}?.readyState >= 3")
        _dark(page)
        page.evaluate(f"{VIDEO}.pause()")
        page.evaluate(f"{VIDEO}.currentTime = {SOMEBODY_AT_S}")
        page.wait_for(f"!{VIDEO}.seeking")
        page.click("Boxes")
        page.evaluate("deepDom.matching('homesec-clip').scrollTop = 0")
        shoot(page, "page-clip-dark", settle_s=5)
    with Browser(size=PHONE, mobile=True) as page:
        page.log_in(ha.url, client.token)
        page.open("/homesec/clips")
        page.wait_for_text("clips")
        shoot(page, "page-clips-phone", settle_s=4)


def _add_cameras_and_clips(ha: HomeAssistant) -> None:
    entry_id = ha.client.entries(DOMAIN)[0]["entry_id"]
    video = ha.folder / "media" / "footage" / "second.mp4"
    video.write_bytes(footage.sample("bikes").read_bytes())
    source = {"kind": "file", "file": str(video.resolve())}
    add_camera(ha.client, entry_id, source, name=SECOND)
    names = {name: camera_id for camera_id, name in _cameras(ha.client, entry_id).items()}
    cameras = {names[SECOND]: SECOND, names[CAMERA_NAME]: CAMERA_NAME}
    ha.stop()
    add_clips(ha.folder, cameras, count=PAST, until=time.time() - EVERY_S, every_s=EVERY_S)
    ha.start()


def _cameras(client: HaClient, entry_id: str) -> dict[str, str]:
    """Return their names by id."""
    subentries = client.command("config_entries/subentries/list", entry_id=entry_id)
    return {
        each["subentry_id"]: each["title"]
        for each in subentries
        if each["subentry_type"] == "camera"
    }


def _dark(page: Browser) -> None:
    detail = json.dumps({"detail": {"theme": "default", "dark": True}})
    page.evaluate(
        "document.querySelector('home-assistant')"
        f".dispatchEvent(new CustomEvent('settheme', {detail})) && null"
    )
