"""HomeSec's page in a real browser and a real Home Assistant: rows P1, P3, P9, and P11.

One home for all tests, which run in order: it has one camera at first, whose name and zone are as
long as they can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
import json
from pathlib import Path
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from homesec_dev import axe, footage
from homesec_dev.browser import Browser
from homesec_dev.demo import source_answers
from homesec_dev.demo_setup import add_camera, add_homesec, entity_id, unloaded
from homesec_dev.ha import HomeAssistant
from homesec_dev.past_clips import add_clips

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    *(pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(400)),
]

LONG = "Hauseingangsüberwachungskamera" * 2
SECOND = "Driveway"
ZONE = "W" * 40
PIN = "730518"
DESKTOP, PHONE = (1280, 900), (360, 740)
EXTERNAL_URL = "https://home.example.org"
FINGER = 44  # CSS pixels that a finger needs
CLIPS = 6
DAY_S = 86_400
PROFILE = {"language": "en", "number_format": "decimal_comma", "time_format": "12"}
MEASURES = Path(__file__).with_name("page_measures.js").read_text()
STRIP = "deepDom.matching('homesec-health-strip').shadowRoot"
CARD = "deepDom.matching('homesec-alarm-card').shadowRoot"
PIN_DIALOG = "document.querySelector('homesec-pin-dialog')"
BELL_ICON = "deepDom.matching('.bell path').getAttribute('d')"


@dataclass
class Home:
    """The page of an administrator, and its Home Assistant."""

    ha: HomeAssistant
    page: Browser
    film: Path  # what the first camera shows
    past: str = ""
    """The path of the clips of yesterday, by date: midnight may come while the tests run."""

    def command(self, kind: str, **fields: Any) -> Any:
        return self.ha.client.command(kind, **fields)

    @property
    def cameras(self) -> list[str]:
        """The ids of the cameras."""
        entry_id = self.ha.client.entries("homesec")[0]["entry_id"]
        found = self.command("config_entries/subentries/list", entry_id=entry_id)
        return [each["subentry_id"] for each in found if each["subentry_type"] == "camera"]

    @property
    def alarm(self) -> str:
        """The state of the alarm."""
        entity = entity_id(self.ha.client, "alarm_control_panel")
        return str(self.ha.client.state(entity)["state"])

    @property
    def snoozed_until(self) -> str:
        """The state of the sensor that says so."""
        states = self.ha.client.states()
        (found,) = (key for key in states if key.endswith("_alerts_snoozed_until"))
        return str(states[found]["state"])

    def show(self, path: str, text: str) -> None:
        """Go to a view of the page, as its links do."""
        self.page.show(path)
        self.page.wait_for_text(text)

    def type_pin(self) -> None:
        self.page.wait_for(f"!!{PIN_DIALOG}")
        for digit in PIN:
            self.page.click(digit)
        self.page.click_on(".end .strong")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with one camera in which people walk by, a PIN, and clips of yesterday."""
    folder = tmp_path_factory.mktemp("ha")
    with HomeAssistant(folder) as ha:
        client = ha.client
        client.command("config/core/update", external_url=EXTERNAL_URL)
        entry_id = add_homesec(client)
        source = source_answers(str(footage.small_demo()), folder)
        add_camera(client, entry_id, source, name=LONG, detect_fps=2)
        set_alarm(ha, entry_id)
        (film,) = (folder / "media" / "footage").glob("*.mp4")
        home = Home(ha, None, film)  # type: ignore[arg-type]
        (camera,) = home.cameras
        square = [[0.5, 0.2], [1.0, 0.2], [1.0, 1.0], [0.5, 1.0]]
        zone = {"name": ZONE, "kind": "noted", "polygon": square, "labels": [], "loiter_s": 0}
        home.command("homesec/zones/save", camera_id=camera, zones=[zone])
        yesterday = time.time() - DAY_S
        with unloaded(client):
            clips = add_clips(folder, {camera: LONG}, count=CLIPS, until=yesterday, every_s=1)
        days = sorted(datetime.fromtimestamp(clip.event_at, UTC).date() for clip in clips)
        home.past = f"/homesec/clips?from={days[0]}&to={days[-1]}"
        with Browser(size=DESKTOP) as page:
            page.log_in(ha.url, ha.client.token)
            page.at_every_page(MEASURES)
            page.open("/homesec")
            page.wait_for_text(LONG, timeout_s=60)
            home.page = page
            yield home


def set_alarm(ha: HomeAssistant, entry_id: str) -> None:
    """Let the alarm be triggered at once, and take a PIN."""
    delays = {"exit_s": 0, "entry_s": 0, "trigger_s": 300}
    modes = dict.fromkeys(("home", "away", "night", "vacation", "custom"), delays)
    menu = ha.client.reconfigure_entry("homesec", entry_id)
    menu.answer(next_step_id="alarm").answer(code_to_arm=False, **modes, disarmed={"trigger_s": 60})
    form = ha.client.reconfigure_entry("homesec", entry_id).answer(next_step_id="pins")
    form.answer(name="Ann", kind="full", code=PIN, code_again=PIN)


def test_p1_nothing_wrong_is_one_quiet_check_mark(home: Home) -> None:
    home.page.wait_for(f"{STRIP}.textContent.includes('No problems found')", timeout_s=60)
    assert home.page.evaluate(f"{STRIP}.querySelectorAll('li').length") == 0


def test_p11_one_camera_uses_the_whole_width(home: Home) -> None:
    home.page.wait_for_text("Today")
    panel, content = home.page.evaluate("pageMeasures.widths()")
    assert content > 0.95 * panel


def test_p3_bell_shows_its_state_and_is_undone(home: Home) -> None:
    page = home.page
    loud = page.evaluate(BELL_ICON)
    page.click_on(".bell")
    page.click("15 minutes")
    page.wait_for_text("(?s)Alerts snoozed until.*are snoozed until")
    silent = page.evaluate(BELL_ICON)
    assert silent != loud
    left = seconds_left(home)
    assert 14 * 60 < left <= 15 * 60
    page.click("Undo")
    page.wait_for(f"{BELL_ICON} === {json.dumps(loud)}")
    assert home.snoozed_until == "unknown"

    page.click_on(".bell")
    page.click("Until morning")
    page.wait_for(f"{BELL_ICON} === {json.dumps(silent)}")
    assert 0 < seconds_left(home) <= 25 * 3600
    page.click_on(".bell")
    page.click("End snooze")
    page.wait_for(f"{BELL_ICON} === {json.dumps(loud)}")
    page.click("Undo")
    page.wait_for(f"{BELL_ICON} === {json.dumps(silent)}")
    page.click_on(".bell")
    page.click("End snooze")
    page.wait_for(f"{BELL_ICON} === {json.dumps(loud)}")


def seconds_left(home: Home) -> float:
    ends = home.page.evaluate(f"Date.parse({json.dumps(home.snoozed_until)}) / 1000")
    return float(ends) - time.time()


def test_p9_alarm_shows_who_when_where_and_the_clip(home: Home) -> None:
    page = home.page
    page.click("Away")
    page.wait_for_text("Alarm!", timeout_s=60)
    page.wait_for_text(f"Person seen by {LONG}")
    card = page.evaluate(f"{CARD}.querySelector('section').innerText")
    assert re.search(r"\d{1,2}:\d\d:\d\d", card)
    still = f"{CARD}.querySelector('homesec-still').shadowRoot.querySelector('img').naturalWidth"
    page.wait_for(f"{still} > 0")
    assert all_measured(home) == []
    page.click("Watch clip")
    page.wait_for("location.pathname.startsWith('/homesec/clip/')")
    page.wait_for_text("still recording|Download")  # a slow machine comes too late for the first
    assert page.evaluate("deepDom.matching('h2').innerText").endswith("Person")


def test_p3_snoozing_while_armed_asks_for_the_pin(home: Home) -> None:
    page = home.page
    home.show("/homesec", "Alarm!")
    page.click_on(".bell")
    page.click("1 hour")
    page.wait_for(f"!!{PIN_DIALOG}")
    page.click("Cancel")
    page.wait_for(f"!{PIN_DIALOG}")
    assert home.snoozed_until == "unknown"
    page.click_on(".bell")
    page.click("1 hour")
    home.type_pin()
    page.wait_for_text("are snoozed until")
    page.click("Disarm")
    home.type_pin()
    page.wait_for_text("Disarmed")
    assert home.alarm == "disarmed"


@pytest.mark.parametrize("dark", [False, True])
def test_p11_no_view_is_too_wide_or_too_small_for_a_finger(home: Home, *, dark: bool) -> None:
    page = home.page
    choose_theme(page, dark=dark)
    newest = home.command("homesec/clips/list", limit=1)["clips"][0]["id"]
    old = home.command("homesec/clips/list", limit=2, to=time.time() - DAY_S / 2)["clips"]
    if not dark:
        home.command("homesec/clips/delete", ids=[old[0]["id"]])
    found = []
    for path, text in (
        ("/homesec", "Cameras"),
        ("/homesec/clips", "clips"),
        (f"/homesec/clip/{newest}", "Share"),
        (f"/homesec/clip/{old[1]['id']}", "Download"),
        (f"/homesec/zones/{home.cameras[0]}", "Draw zone"),
        ("/homesec/insight", "Visits by hour"),
        ("/homesec/deleted", "Restore"),
    ):
        home.show(path, text)
        for size in (PHONE, DESKTOP):
            page.resize(size, mobile=size == PHONE)
            open_all(page)
            settle(page)
            found += [f"{path} at {size[0]}: {each}" for each in measured(page)]
    page.resize(DESKTOP)
    assert found == []


def open_all(page: Browser) -> None:
    """Open what is folded: a zone, the filter, and the list of its cameras."""
    page.evaluate(
        "for (const selector of ['li button[aria-pressed=false]', '.toggle[aria-expanded=false]'])"
        " deepDom.matching(selector)?.click()"
    )


def settle(page: Browser) -> None:
    page.evaluate("new Promise(done => setTimeout(done, 300)).then(() => null)")


def measured(page: Browser) -> list[str]:
    return [
        *page.evaluate("pageMeasures.tooWide()"),
        *page.evaluate(f"pageMeasures.tooSmall({FINGER})"),
    ]


def all_measured(home: Home) -> list[str]:
    """Measure what is shown on a phone and on a desktop."""
    found = []
    for size in (PHONE, DESKTOP):
        home.page.resize(size, mobile=size == PHONE)
        settle(home.page)
        found += measured(home.page)
    return found


def choose_theme(page: Browser, *, dark: bool) -> None:
    detail = json.dumps({"detail": {"theme": "default", "dark": dark}})
    page.evaluate(
        "document.querySelector('home-assistant')"
        f".dispatchEvent(new CustomEvent('settheme', {detail})) && null"
    )


def test_p11_selection_offers_to_protect_or_to_unprotect(home: Home) -> None:
    page = home.page
    home.show(home.past, "clips")
    assert protection(page) == ["Protect"]
    page.click("Protect")
    page.wait_for_text("1 clip is protected")
    assert protection(page) == ["Unprotect"]
    page.click_on("a.clip:nth-of-type(2)")
    page.wait_for_text("2 selected")
    assert offered(page) == ["Protect"]
    page.press("Escape")


def protection(page: Browser) -> list[str]:
    """Select the first clip, and return what is offered."""
    page.click("Select")
    page.click_on("a.clip:nth-of-type(1)")
    page.wait_for_text("1 selected")
    return offered(page)


def offered(page: Browser) -> list[str]:
    titles = page.evaluate(
        "[...deepDom.elements()].filter(e => e.matches('.bar button[title]')).map(e => e.title)"
    )
    return [title for title in titles if "rotect" in title]


def test_p11_shared_link_begins_with_the_external_url(home: Home) -> None:
    page = home.page
    clip = home.command("homesec/clips/list", limit=1)["clips"][0]["id"]
    page.evaluate("navigator.clipboard.writeText = async text => { window.shared = text; }, null")
    home.show(f"/homesec/clip/{clip}", "Share")
    page.click("Share")
    page.wait_for_text("Link copied")
    assert page.evaluate("window.shared") == f"{EXTERNAL_URL}/homesec/clip/{clip}"


def test_p11_times_and_numbers_are_as_in_the_profile(home: Home) -> None:
    page = home.page
    home.command("frontend/set_user_data", key="language", value=PROFILE)
    page.open("/homesec/insight")
    page.wait_for_text("12\u00a0AM")
    assert "6\u00a0PM" in page.text()
    page.show(home.past)
    page.wait_for_text(r"(?m)^\d{1,2}:\d\d:\d\d\u00a0[AP]M$")
    assert not re.search(r"\d [AP]M|^[AP]M$", page.text(), re.MULTILINE)
    number = page.evaluate("deepDom.matching('homesec-clips').page.format.number(1234.5)")
    assert number == "1.234,5"


@pytest.mark.parametrize("zone", ["server", "local"])
def test_p11_times_are_in_the_time_zone_of_the_profile(home: Home, zone: str) -> None:
    page = home.page
    clip = home.command("homesec/clips/list", limit=1)["clips"][0]
    wanted = "Asia/Tokyo" if zone == "local" else home.command("get_config")["time_zone"]
    home.command("frontend/set_user_data", key="language", value={**PROFILE, "time_zone": zone})
    page.command("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
    page.open("/homesec")
    shown = page.evaluate(
        f"new Date({clip['event'] * 1000}).toLocaleTimeString('en-US',"
        f" {{timeZone: {json.dumps(wanted)}}})"
    )
    page.wait_for_text(re.sub(r"\s", "\u00a0", shown))
    page.command("Emulation.setTimezoneOverride", timezoneId="")


def test_p1_lost_camera_is_said_with_a_link_for_administrators_only(home: Home) -> None:
    page, client = home.page, home.ha.client
    entry_id = client.entries("homesec")[0]["entry_id"]
    source = source_answers(str(footage.sample("bigbuckbunny")), home.ha.folder)
    add_camera(client, entry_id, source, name=SECOND)
    home.film.rename(home.film.with_suffix(".gone"))
    client.act("homeassistant.reload_config_entry", entry_id=entry_id)
    page.show("/homesec")
    page.wait_for_text(f"Camera {LONG} is offline", timeout_s=60)
    page.wait_for_text("The file no longer exists")
    assert "No problems found" not in page.text()
    assert axe.findings(page) == []
    assert all_measured(home) == []
    home.command("homesec/alarm/arm", mode="away", force=True)
    page.wait_for_text(f"Bypassed: {LONG}")
    assert all_measured(home) == []
    home.command("homesec/alarm/disarm", password=PIN)
    home.show(f"/homesec/clips?camera={home.cameras[0]}", "clips")
    page.resize(PHONE, mobile=True)
    page.click_on(".toggle")
    page.click_on("homesec-choices")
    settle(page)
    assert measured(page) == []
    page.resize(DESKTOP)

    guest = home.ha.add_user("guest", "guest", group="system-read-only")
    with Browser(size=DESKTOP) as other:
        other.log_in(home.ha.url, guest.token)
        other.open("/homesec")
        other.wait_for_text(f"Camera {LONG} is offline")
        assert other.evaluate(f"{STRIP}.querySelectorAll('a').length") == 0

    home.show("/homesec", "offline")
    page.evaluate(f"{STRIP}.querySelector('li a').click()")
    page.wait_for("location.pathname.startsWith('/config/devices/device/')")
    page.wait_for_text(LONG)
