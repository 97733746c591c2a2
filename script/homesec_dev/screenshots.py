"""Take the README's pictures: a real Home Assistant, the demo's camera, and a real browser."""

from __future__ import annotations

import argparse
from pathlib import Path
import tempfile
import time
from typing import TYPE_CHECKING

from . import demo_dashboard, footage, page_pictures
from .bootstrap import paths
from .bootstrap.console import step
from .browser import Browser
from .demo import source_answers
from .demo_setup import CAMERA_NAME, DOMAIN, entity_id, set_up_home
from .ha import HomeAssistant

if TYPE_CHECKING:
    from .ha_client import HaClient

FOLDER = paths.REPOSITORY / "docs" / "images"
DESKTOP, PHONE = (1280, 800), (390, 844)
CLIPS = 2
MEDIA = "/media-browser/browser/app%2Cmedia-source%3A%2F%2Fhomesec"
FIRST_PICTURES_S = 120
# Seconds into a clip of the demo's video: after the pre-roll, a person crosses the street.
SOMEBODY_AT_S = 8.3
BEFORE_WALK_S = 3.3  # seconds of the driveway video; then, someone walks through the picture


def main() -> None:
    """Take all screenshots."""
    parser = argparse.ArgumentParser(prog="script/screenshots", description=__doc__)
    parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ha-pictures-") as name:
        folder = Path(name)
        source = source_answers(None, folder)
        with HomeAssistant(folder) as ha:
            set_up_home(ha.client, source)
            step("Waiting for clips")
            _wait_for_clips(ha.client)
            with Browser(size=DESKTOP) as page:
                page.log_in(ha.url, ha.client.token)
                _dashboard(page, ha.client)
                _clip(page)
                _camera_form(page, _second_film(folder))
                page.resize(PHONE, mobile=True)
                page.open(f"/{demo_dashboard.URL_PATH}")
                _shoot(page, "phone", settle_s=5)
            page_pictures.take_pictures(ha, _shoot)


def _wait_for_clips(client: HaClient) -> None:
    alarm = entity_id(client, "alarm_control_panel")
    client.act("alarm_control_panel.alarm_arm_away", entity_id=alarm)
    saved = client.subscribe("subscribe_events", event_type="homesec_clip_saved")
    for _ in range(CLIPS):
        saved.next(timeout_s=FIRST_PICTURES_S)


def _dashboard(page: Browser, client: HaClient) -> None:
    seen = client.subscribe("subscribe_events", event_type="homesec_detection_started")
    page.open(f"/{demo_dashboard.URL_PATH}")
    page.wait_for_text(CAMERA_NAME)
    seen.next(timeout_s=FIRST_PICTURES_S)
    _shoot(page, "dashboard", settle_s=2)


def _clip(page: Browser) -> None:
    page.open(MEDIA)
    page.click(CAMERA_NAME)
    day = page.wait_for_text(r"20\d\d-\d\d-\d\d")
    page.click(day.group())
    title = page.wait_for_text(r"\d\d:\d\d:\d\d.*Person.*")
    _shoot(page, "clips")
    page.click(title.group())
    video = "deepDom.matching('video')"
    page.wait_for(f"({video})?.readyState >= 3")
    page.evaluate(f"({video}).pause()")
    page.evaluate(f"({video}).currentTime = {SOMEBODY_AT_S}")
    page.wait_for(f"!({video}).seeking")
    _shoot(page, "clip", settle_s=2)


def _camera_form(page: Browser, video: Path) -> None:
    page.open(f"/config/integrations/integration/{DOMAIN}")
    page.click("Add camera")
    page.click("Enter the address", timeout_s=60)
    page.click("Next")
    page.click("Video file")
    page.click_on("input[name=file]")
    page.type_text(str(video))
    page.click("Next")
    page.wait_for_text("H.264")
    _shoot(page, "add-camera", settle_s=3)
    page.click("Next")
    page.wait_for_text("Test: walk past it")
    time.sleep(BEFORE_WALK_S)
    page.click("Test: walk past it")
    page.wait_for_text("Person seen after", timeout_s=FIRST_PICTURES_S)
    _shoot(page, "test-camera", settle_s=2)


def _second_film(folder: Path) -> Path:
    """Return a copy of the file: the same source twice would be refused."""
    video = folder / "media" / "footage" / "driveway.mp4"
    video.write_bytes(footage.sample("bikes").read_bytes())
    return video.resolve()


def _shoot(page: Browser, name: str, *, settle_s: float = 1.0) -> None:
    path = FOLDER / f"{name}.png"
    page.screenshot(path, settle_s=settle_s)
    print(path.relative_to(paths.REPOSITORY))


if __name__ == "__main__":
    main()
