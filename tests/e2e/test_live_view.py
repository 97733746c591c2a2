"""Live video of a camera in a real browser, over HLS from a real Home Assistant and RTSP server.

Chromium plays HLS with hls.js. No provider of WebRTC runs here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import subprocess
import time

import pytest

from homesec_dev import axe
from homesec_dev.browser import Browser
from homesec_dev.demo_setup import CAMERA_NAME, add_camera, add_homesec
from homesec_dev.ha import HomeAssistant

pytestmark = [
    *(pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(240)),
]

SERVER = Path(__file__).parents[1] / "rtsp_server.py"
CAMERA = (
    "( videotestsrc is-live=true pattern=ball"
    " ! video/x-raw,format=I420,width=640,height=360,framerate=10/1"
    " ! openh264enc gop-size=10 ! h264parse ! rtph264pay name=pay0 pt=96"
    " audiotestsrc is-live=true volume=0.2 ! audioconvert ! voaacenc ! aacparse"
    " ! rtpmp4gpay name=pay1 pt=97 )"
)
SECOND = "Driveway"
DETECT_FPS = 2  # the ball never rests, and five pictures a second of it take half a processor
DESKTOP, PHONE = (1280, 900), (360, 740)
LIVE = "deepDom.matching('homesec-live-video')"
VIDEO = f"{LIVE}?.shadowRoot.querySelector('video')"
BOXES = "deepDom.matching('homesec-live-stage').boxes"
ESTABLISHED = "01"


@dataclass
class Home:
    """A Home Assistant with two cameras that look at the same picture, and its page."""

    ha: HomeAssistant
    page: Browser
    port: int

    @property
    def cameras(self) -> dict[str, dict]:
        """The cameras as the page gets them, by name."""
        subscription = self.ha.client.subscribe("homesec/house/subscribe")
        return {each["name"]: each for each in subscription.next()["cameras"]}

    def count_connections(self) -> int:
        """Count the connections to the RTSP server: one for each camera that's open."""
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        here = f":{self.port:04X}"
        return sum(row[1].endswith(here) and row[3] == ESTABLISHED for row in rows)

    def wait_for_connections(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while self.count_connections() != count:
            assert time.monotonic() < deadline, self.count_connections()
            time.sleep(0.2)

    def turn_detection(self, name: str, *, on: bool) -> None:
        camera = self.cameras[name]["id"]
        self.ha.client.command("homesec/cameras/detection", camera_id=camera, on=on)

    def wait_for_health(self, name: str, health: str) -> None:
        deadline = time.monotonic() + 60
        while self.cameras[name]["health"] != health:
            assert time.monotonic() < deadline, self.cameras[name]
            time.sleep(0.2)

    def wait_until_playing(self) -> None:
        """Wait for moving pictures in the video element."""
        self.page.wait_for(f"{LIVE}?.playing", timeout_s=60)
        before = self.page.wait_for(f"{VIDEO}.currentTime")
        self.page.wait_for(f"{VIDEO}.currentTime > {before} + 0.5")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    command = ["/usr/bin/python3", SERVER, f"/one={CAMERA}", f"/two={CAMERA}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        try:
            with HomeAssistant(tmp_path_factory.mktemp("ha")) as ha:
                entry_id = add_homesec(ha.client)
                for path, name in (("one", CAMERA_NAME), ("two", SECOND)):
                    source = {"kind": "stream", "url": f"rtsp://127.0.0.1:{port}/{path}"}
                    add_camera(ha.client, entry_id, source, name=name, detect_fps=DETECT_FPS)
                with Browser(size=DESKTOP) as page:
                    page.log_in(ha.url, ha.client.token)
                    home = Home(ha, page, port)
                    for name in (CAMERA_NAME, SECOND):
                        home.wait_for_health(name, "running")
                    yield home
        finally:
            server.kill()


def test_tile_leads_to_video_with_sound(home: Home) -> None:
    page = home.page
    page.open("/homesec")
    page.wait_for_text(CAMERA_NAME)
    page.click(f"Live view of {CAMERA_NAME}")
    page.wait_for("location.pathname.startsWith('/homesec/camera/')")
    home.wait_until_playing()
    assert page.evaluate(f"{LIVE}.playing") == "hls"
    size = page.evaluate(f"[{VIDEO}.videoWidth, {VIDEO}.videoHeight]")
    assert size == [640, 360]
    assert page.evaluate(f"{VIDEO}.muted") is False
    page.wait_for(f"{VIDEO}.webkitAudioDecodedByteCount > 0")
    page.click("Turn off sound")
    assert page.evaluate(f"{VIDEO}.muted") is True
    page.wait_for_text("Turn on sound")


def test_camera_sees_one_connection_however_it_is_watched(home: Home) -> None:
    entity = home.cameras[CAMERA_NAME]["entity_id"]
    fetched = home.ha.client.fetch(f"/api/camera_proxy/{entity}")
    assert fetched.body.startswith(b"\xff\xd8\xff")
    home.wait_until_playing()
    assert home.count_connections() == 2  # of two cameras


def test_boxes_and_full_screen_are_there_while_it_plays(home: Home) -> None:
    page = home.page
    page.click("Boxes")
    page.wait_for("!!deepDom.matching('svg.boxes')")
    # The video goes on, since it's known of which of its pictures boxes are.
    page.wait_for(f"{BOXES}.kept.length > 4", timeout_s=60)
    assert page.evaluate(f"{LIVE}.playing") == "hls"
    assert page.evaluate(f"{LIVE}.liveT()") > 0
    page.click("Boxes")
    page.click("Full screen")
    page.wait_for("!!document.fullscreenElement")
    page.wait_for_text("Exit full screen")
    page.press("f")
    page.wait_for("!document.fullscreenElement")


def test_recording_by_hand_becomes_a_clip_of_this_camera(home: Home) -> None:
    page = home.page
    saved = home.ha.client.subscribe("subscribe_events", event_type="homesec_clip_saved")
    page.click("Record now")
    page.wait_for("!!deepDom.matching('.badge.rec')")
    page.click("Stop recording")
    clip = saved.next(timeout_s=60)["data"]
    assert clip["camera"] == CAMERA_NAME
    page.wait_for("!!deepDom.matching('a.clip')")


def test_picture_is_saved_in_its_full_size(home: Home, tmp_path: Path) -> None:
    page = home.page
    page.command("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    page.click("Save picture")
    deadline = time.monotonic() + 60
    while not (found := list(tmp_path.glob("*.jpg"))):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert found[0].name.startswith(CAMERA_NAME)
    assert found[0].read_bytes().startswith(b"\xff\xd8\xff")


def test_camera_that_is_off_shows_its_last_picture_and_opens_when_watched(home: Home) -> None:
    page = home.page
    home.turn_detection(SECOND, on=False)
    home.wait_for_health(SECOND, "off")
    page.open("/homesec")
    page.wait_for_text("Last picture: ")
    home.wait_for_connections(1)  # of the camera that runs: a tile opens none
    page.click(f"Live view of {SECOND}")
    home.wait_until_playing()
    page.wait_for_text("nothing is detected or recorded")
    assert home.cameras[SECOND]["health"] == "off"
    home.wait_for_connections(2)
    page.click("Turn on")
    home.wait_for_health(SECOND, "running")
    page.wait_for_text("Record now")


def test_keys_and_swipes_lead_to_the_other_camera(home: Home) -> None:
    page = home.page
    page.press("ArrowRight")
    page.wait_for_text(f"(?m)^{CAMERA_NAME}$")
    home.wait_until_playing()
    page.drag("homesec-live-stage", by=(200, 5))
    page.wait_for_text(f"(?m)^{SECOND}$")
    page.press("Escape")
    page.wait_for("location.pathname === '/homesec'")


def test_tile_is_live_while_the_mouse_rests_on_it(home: Home) -> None:
    page = home.page
    page.open("/homesec")
    page.wait_for_text(SECOND)
    box = page.wait_for("JSON.stringify(deepDom.matching('a.open').getBoundingClientRect())")
    moving = (
        "[...deepDom.elements()]"
        ".filter(e => e.matches('img') && e.src.includes('/api/camera_proxy_stream/')).length"
    )
    assert page.evaluate(moving) == 0
    point = json.loads(box)
    page.command(
        "Input.dispatchMouseEvent", type="mouseMoved", x=point["x"] + 50, y=point["y"] + 50
    )
    page.wait_for(f"{moving} === 1")
    loaded = "performance.getEntriesByType('resource').map(each => each.name).join()"
    assert "homesec-panel.js" in page.evaluate(loaded)
    assert "homesec-hls.js" not in page.evaluate(loaded)
    page.command("Input.dispatchMouseEvent", type="mouseMoved", x=5, y=5)
    page.wait_for(f"{moving} === 0")


def test_axe_reports_nothing_serious_and_a_phone_shows_all(home: Home) -> None:
    page = home.page
    page.click(f"Live view of {CAMERA_NAME}")
    page.wait_for_text("Latest clips")
    assert axe.findings(page) == []
    page.resize(PHONE, mobile=True)
    page.wait_for(f"innerWidth === {PHONE[0]}")
    wide = page.evaluate(
        "[...deepDom.elements(deepDom.matching('homesec-camera').shadowRoot)]"
        ".filter(e => deepDom.isShown(e) && !e.closest('.hidden-text'))"
        f".filter(e => e.getBoundingClientRect().right > {PHONE[0]} + 1)"
        ".map(e => e.localName + '.' + e.className)"
    )
    assert wide == []


def test_browser_and_log_have_no_errors(home: Home) -> None:
    assert [each for each in home.page.errors if "/api/camera_proxy" not in each] == []
    assert [str(each) for each in home.ha.log_findings().ours] == []
