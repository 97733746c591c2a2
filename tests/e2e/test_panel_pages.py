"""HomeSec's page in a real browser, with a real Home Assistant and the demo's camera."""

from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import time

import pytest

from homesec_dev import axe, footage
from homesec_dev.browser import Browser
from homesec_dev.demo import source_answers
from homesec_dev.demo_setup import CAMERA_NAME, add_camera, add_homesec, entity_id, unloaded
from homesec_dev.ha import HomeAssistant
from homesec_dev.past_clips import add_clips

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

PIN = "730518"
PIN_DIALOG = "document.querySelector('homesec-pin-dialog')"
DAY_S = 86_400
DESKTOP, PHONE = (1280, 900), (360, 740)
YESTERDAYS = 5
VIDEO = "deepDom.matching('video')"


@dataclass
class Owner:
    """An open page and its Home Assistant, shared by the tests, which run in order."""

    ha: HomeAssistant
    page: Browser
    camera_id: str

    def list_clips(self, **filters: object) -> dict:
        return self.ha.client.command("homesec/clips/list", **filters)


@pytest.fixture(scope="module")
def ha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HomeAssistant]:
    """Start Home Assistant with one camera, a PIN, and some clips of yesterday."""
    folder = tmp_path_factory.mktemp("ha")
    with HomeAssistant(folder) as ha:
        source = source_answers(str(footage.small_demo()), folder)
        add_camera(ha.client, add_homesec(ha.client), source, detect_fps=2)
        set_pin(ha)
        camera = camera_of(ha)
        yesterday = time.time() - DAY_S
        with unloaded(ha.client):
            add_clips(folder, {camera: CAMERA_NAME}, count=YESTERDAYS, until=yesterday, every_s=1)
        yield ha


@pytest.fixture(scope="module")
def owner(ha: HomeAssistant) -> Iterator[Owner]:
    with Browser(size=DESKTOP) as page:
        page.log_in(ha.url, ha.client.token)
        yield Owner(ha, page, camera_of(ha))


def set_pin(ha: HomeAssistant) -> None:
    entry_id = ha.client.entries("homesec")[0]["entry_id"]
    menu = ha.client.reconfigure_entry("homesec", entry_id)
    delays = {"exit_s": 0, "entry_s": 0, "trigger_s": 60}
    modes = dict.fromkeys(("home", "away", "night", "vacation", "custom"), delays)
    menu.answer(next_step_id="alarm").answer(code_to_arm=True, **modes, disarmed={"trigger_s": 60})
    form = ha.client.reconfigure_entry("homesec", entry_id).answer(next_step_id="pins")
    saved = form.answer(name="Ann", kind="full", code=PIN, code_again=PIN)
    assert saved.shown["reason"] == "reconfigure_successful"


def camera_of(ha: HomeAssistant) -> str:
    entry_id = ha.client.entries("homesec")[0]["entry_id"]
    subentries = ha.client.command("config_entries/subentries/list", entry_id=entry_id)
    return next(each["subentry_id"] for each in subentries if each["subentry_type"] == "camera")


def type_pin(page: Browser, pin: str) -> None:
    """Type it on the keypad and confirm."""
    for digit in pin:
        page.click(digit)
    page.click_on(".end .strong")


def shown(element: str) -> str:
    """Return whether the element's picture has loaded."""
    return f"deepDom.matching('{element}')?.shadowRoot.querySelector('img')?.naturalWidth > 0"


def count_cards(page: Browser) -> int:
    return page.evaluate("[...deepDom.elements()].filter(e => e.matches('a.clip')).length")


def test_page_loads_and_shows_status(owner: Owner) -> None:
    owner.page.open("/homesec")
    owner.page.wait_for_text("Disarmed")
    owner.page.wait_for_text(CAMERA_NAME)
    owner.page.wait_for(shown("homesec-live"))


def test_arming_requires_right_pin(owner: Owner) -> None:
    page = owner.page
    page.click("Away")
    type_pin(page, "000000")
    page.wait_for_text("(?i)code is wrong|wrong code|wrong")
    alarm = entity_id(owner.ha.client, "alarm_control_panel")
    assert owner.ha.client.state(alarm)["state"] == "disarmed"
    type_pin(page, PIN)
    owner.ha.client.wait_for_state(alarm, lambda state: state["state"] != "disarmed")
    page.wait_for_text("Armed: Away|Alarm!")


def test_new_clip_appears_without_reload(owner: Owner) -> None:
    page = owner.page
    page.click("Clips")
    page.wait_for_text(f"{YESTERDAYS}|{YESTERDAYS + 1} clips")
    page.wait_for(
        f"[...deepDom.elements()].filter(e => e.matches('a.clip')).length > {YESTERDAYS}",
        timeout_s=60,
    )
    page.wait_for_text("Recording", timeout_s=60)


def test_clip_page_while_recording_becomes_playable_when_saved(owner: Owner) -> None:
    page = owner.page
    newest = owner.list_clips(limit=1)["clips"][0]
    page.show(f"/homesec/clip/{newest['id']}")
    page.wait_for(f"{VIDEO}?.readyState >= 3", timeout_s=90)
    page.wait_for(f"{VIDEO}.currentTime > 0.5")
    assert page.evaluate(f"{VIDEO}.error") is None


def test_video_is_scrubbed_to_its_end(owner: Owner) -> None:
    page = owner.page
    length = page.evaluate(f"{VIDEO}.duration")
    page.evaluate(f"{VIDEO}.currentTime = {length - 0.5}")
    page.wait_for(f"{VIDEO}.ended || {VIDEO}.currentTime > {length - 0.3}")


def test_detection_marks_seek_to_people(owner: Owner) -> None:
    page = owner.page
    page.click_on(".marks button")
    page.wait_for(f"!{VIDEO}.seeking && {VIDEO}.currentTime > 0.3")
    page.click("Boxes")
    page.wait_for("!!deepDom.matching('.boxes rect')")
    page.click("Boxes")


def test_disarming_with_pin_succeeds(owner: Owner) -> None:
    page = owner.page
    page.show("/homesec")
    page.click("Disarm")
    type_pin(page, PIN)
    page.wait_for_text("Disarmed")
    page.wait_for_text("Changed by Ann")


def test_zone_is_drawn_named_and_saved(owner: Owner) -> None:
    page = owner.page
    page.click_on("a[href^='/homesec/zones/']")
    page.wait_for(shown("homesec-zone-canvas"), timeout_s=60)
    page.click("Draw zone")
    draw(page, [(0.2, 0.3), (0.6, 0.3), (0.6, 0.8), (0.2, 0.8)])
    page.click("Done")
    page.evaluate("deepDom.matching('input[name=name]').select()")
    page.click_on("input[name=name]")
    page.evaluate("deepDom.matching('input[name=name]').select()")
    page.type_text("Gate")
    page.click("Required")
    page.click("Save")
    page.wait_for_text("Zones saved")
    (zone,) = owner.ha.client.command("homesec/zones/get", camera_id=owner.camera_id)["zones"]
    assert (zone["name"], zone["kind"]) == ("Gate", "required")
    flat = [value for corner in zone["polygon"] for value in corner]
    assert flat == pytest.approx([0.2, 0.3, 0.6, 0.3, 0.6, 0.8, 0.2, 0.8], abs=0.02)


def draw(page: Browser, corners: list[tuple[float, float]]) -> None:
    box = page.evaluate(
        "(({x, y, width, height}) => [x, y, width, height])"
        "(deepDom.matching('homesec-zone-canvas')"
        ".shadowRoot.querySelector('svg').getBoundingClientRect())"
    )
    x, y, width, height = box
    for across, down in corners:
        page.click_at(x + across * width, y + down * height)


def test_day_strip_opens_clips_and_back_restores_position(owner: Owner) -> None:
    page = owner.page
    page.resize((1280, 500))
    page.show("/homesec/clips?days=yesterday")
    page.click_on(".mark")
    page.wait_for("!!deepDom.matching('a.clip:focus')")
    scroller = "deepDom.matching('.scroller')"
    top = page.evaluate(f"({scroller}.scrollTop = 60, {scroller}.scrollTop)")
    assert top == 60
    page.press("Enter")
    page.wait_for("location.pathname.startsWith('/homesec/clip/')")
    page.wait_for(f"{VIDEO}?.readyState >= 2")
    page.evaluate("history.back() && null")
    page.wait_for(f"Math.abs(({scroller}?.scrollTop ?? 0) - {top}) < 2")
    page.resize(DESKTOP)


def test_export_reports_clips_that_fail(owner: Owner) -> None:
    page, media = owner.page, owner.ha.folder / "media"
    page.show("/homesec/clips?days=yesterday")
    page.wait_for_text(f"(?m)^{YESTERDAYS} clips")
    choose(page, 1, 2)
    page.click("Export")
    page.wait_for_text("2 clips were exported to")
    exported = list((media / "homesec_exports").glob("*/*.mp4"))
    film = footage.sample("bikes").read_bytes()
    assert [path.read_bytes() == film for path in exported] == [True, True]

    address = page.evaluate("new URL(deepDom.matching('a.clip').href).pathname")
    (gone,) = (media / "homesec").glob(f"*/*/{address.rpartition('/')[2]}.mp4")
    gone.rename(gone.with_suffix(".gone"))
    choose(page, 1, 2)
    page.click("Export")
    page.wait_for_text("1 clip couldn't be exported and stays selected")
    page.wait_for_text("1 selected")
    gone.with_suffix(".gone").rename(gone)


def choose(page: Browser, *numbers: int) -> None:
    page.click("Select")
    for number in numbers:
        page.click_on(f"a.clip:nth-of-type({number})")
    page.wait_for_text(f"{len(numbers)} selected")


def test_filtered_clips_are_deleted(owner: Owner) -> None:
    page = owner.page
    page.open("/homesec/clips")
    page.click("Yesterday")
    # The page updates at once, without an event from HomeSec.
    page.wait_for_text(f"(?m)^{YESTERDAYS} clips", timeout_s=60)
    assert page.evaluate("location.search") == "?days=yesterday"
    choose(page, 1, 2, 3)
    page.click_on(".bar .danger")
    page.wait_for_text("Delete 3 clips")
    page.click_on("dialog button[value=yes]")
    page.wait_for_text("3 clips were deleted")
    page.wait_for_text(f"(?m)^{YESTERDAYS - 3} clips")
    assert count_cards(page) == YESTERDAYS - 3


def test_keyboard_moves_selects_and_opens_clips(owner: Owner) -> None:
    page = owner.page
    page.evaluate("deepDom.matching('a.clip').focus()")
    page.press("ArrowRight")
    page.press(" ")
    page.wait_for_text("1 selected")
    page.press("Escape")
    page.wait_for("!deepDom.matching('.check')")
    page.press("Enter")
    page.wait_for("location.pathname.startsWith('/homesec/clip/')")
    page.wait_for(f"{VIDEO}?.readyState >= 2")


def test_phone_long_press_selects_and_nothing_overflows(owner: Owner) -> None:
    page = owner.page
    page.resize(PHONE, mobile=True)
    page.open("/homesec/clips")
    page.hold("a.clip", for_s=0.8)
    page.wait_for_text("1 selected")
    for path in ("/homesec", "/homesec/clips", "/homesec/insight"):
        page.show(path)
        page.wait_for_text("HomeSec")
        time.sleep(1)
        assert wide(page) == []


def wide(page: Browser) -> list[str]:
    """Return the elements that are wider than the phone."""
    return page.evaluate(
        "[...deepDom.elements(deepDom.matching('homesec-panel').shadowRoot)]"
        ".filter(e => deepDom.isShown(e) && !e.closest('.days, .hidden-text'))"
        f".filter(e => e.getBoundingClientRect().right > {PHONE[0]} + 1)"
        ".map(e => e.localName + '.' + e.className)"
    )


def test_finger_chooses_a_day_before_its_clips_are_shown(owner: Owner) -> None:
    page = owner.page
    page.show("/homesec/insight")
    page.wait_for("!!deepDom.matching('.stack')")
    page.hold(".stack", for_s=0.05)
    page.wait_for("!!deepDom.matching('.day')")
    assert page.evaluate("location.pathname") == "/homesec/insight"
    day = "deepDom.matching('.day span').textContent"
    first = page.evaluate(day)
    page.click("Next day")
    page.wait_for(f"{day} !== {json.dumps(first)}")
    page.click("Show clips")
    page.wait_for("location.pathname === '/homesec/clips' && location.search.startsWith('?from=')")


def test_touch_moves_corner_of_zone(owner: Owner) -> None:
    page = owner.page
    page.show(f"/homesec/zones/{owner.camera_id}")
    page.wait_for(shown("homesec-zone-canvas"), timeout_s=60)
    page.click_on("li button")
    page.drag("button.corner", by=(30, 20))
    page.click("Save")
    page.wait_for_text("Zones saved")
    (zone,) = owner.ha.client.command("homesec/zones/get", camera_id=owner.camera_id)["zones"]
    assert zone["polygon"][0] != pytest.approx([0.2, 0.3], abs=0.03)
    assert zone["polygon"][2] == pytest.approx([0.6, 0.8], abs=0.03)


def test_arming_offers_to_bypass_offline_camera(owner: Owner) -> None:
    page, client = owner.page, owner.ha.client
    (film,) = (owner.ha.folder / "media" / "footage").glob("*.mp4")
    film.rename(film.with_suffix(".gone"))
    entry_id = client.entries("homesec")[0]["entry_id"]
    page.show("/homesec")
    page.wait_for_text("Disarmed")
    client.act("homeassistant.reload_config_entry", entry_id=entry_id)
    page.wait_for_text("Offline", timeout_s=60)
    page.wait_for_text("The file no longer exists")
    page.click("Night")
    type_pin(page, PIN)
    page.wait_for_text(f"can't be reached: {CAMERA_NAME}")
    page.click("Arm anyway")
    page.wait_for_text("Armed: Night")
    page.wait_for_text(f"Bypassed: {CAMERA_NAME}")
    page.click("Disarm")
    type_pin(page, PIN)
    page.wait_for_text("Disarmed")
    film.with_suffix(".gone").rename(film)


def test_disarm_link_of_notification_asks_for_pin(owner: Owner) -> None:
    page, client = owner.page, owner.ha.client
    alarm = entity_id(client, "alarm_control_panel")
    client.act("homesec.arm", entity_id=alarm, mode="night", force=True, code=PIN)
    page.open("/homesec/clips#disarm")
    page.wait_for(f"!!{PIN_DIALOG}?.shadowRoot.querySelector('dialog[open]')")
    assert page.evaluate("location.pathname + location.hash") == "/homesec/clips"
    assert client.state(alarm)["state"] != "disarmed"
    assert axe.findings(page) == []
    small = (
        f"[...{PIN_DIALOG}.shadowRoot.querySelectorAll('button, input')]"
        ".map(e => e.getBoundingClientRect()).filter(r => r.width < 44 || r.height < 44).length"
    )
    assert page.evaluate(small) == 0
    type_pin(page, "000000")
    page.wait_for_text("This PIN is wrong")
    type_pin(page, PIN)
    client.wait_for_state(alarm, "disarmed")
    page.wait_for(f"!{PIN_DIALOG}")
    page.open("/homesec#disarm")  # there is nothing to disarm
    page.wait_for_text("Disarmed")
    assert not page.evaluate(f"!!{PIN_DIALOG}")


@pytest.mark.parametrize("dark", [False, True])
def test_axe_reports_nothing_serious(owner: Owner, *, dark: bool) -> None:
    page = owner.page
    page.resize(DESKTOP)
    newest = owner.list_clips(limit=1)["clips"][0]["id"]
    found = []
    for path, text in (
        ("/homesec", CAMERA_NAME),
        ("/homesec/clips", "clips"),
        (f"/homesec/clip/{newest}", "Download"),
        (f"/homesec/zones/{owner.camera_id}", "Draw zone"),
        ("/homesec/insight", "Storage"),
    ):
        page.show(path)
        page.wait_for_text(text)
        choose_theme(page, dark=dark)
        found += [f"{path}: {each}" for each in axe.findings(page)]
    assert found == []


def choose_theme(page: Browser, *, dark: bool) -> None:
    detail = json.dumps({"detail": {"theme": "default", "dark": dark}})
    page.evaluate(
        "document.querySelector('home-assistant')"
        f".dispatchEvent(new CustomEvent('settheme', {detail})) && null"
    )
    time.sleep(0.5)


def test_read_only_user_has_no_controls_and_is_refused(ha: HomeAssistant) -> None:
    guest = ha.add_user("guest", "guest", group="system-read-only")
    alarm = entity_id(ha.client, "alarm_control_panel")
    with Browser(size=DESKTOP) as page:
        page.log_in(ha.url, guest.token)
        page.open("/homesec")
        page.wait_for_text(CAMERA_NAME)
        text = page.text()
        assert not any(word in text.splitlines() for word in ("Away", "Disarm", "Night"))
        assert not page.evaluate("deepDom.matching('a[href^=\"/homesec/zones/\"]')")
        page.show("/homesec/clips")
        page.wait_for_text("clips")
        page.wait_for("!!deepDom.matching('a.clip')")
        assert "Select" not in page.text().splitlines()
        clip = ha.client.command("homesec/clips/list", limit=1)["clips"][0]["id"]
        for command in (
            {"type": "homesec/clips/delete", "ids": [clip]},
            {"type": "homesec/clips/protect", "ids": [clip], "protected": True},
            {"type": "homesec/zones/save", "camera_id": camera_of(ha), "zones": []},
        ):
            assert refusal(page, f"callWS({json.dumps(command)})") == "unauthorized"
        target = json.dumps({"entity_id": alarm})
        act = f"callService('alarm_control_panel', 'alarm_arm_away', {{}}, {target})"
        assert refusal(page, act) != "allowed"
        assert ha.client.state(alarm)["state"] == "disarmed"
        page.show(f"/homesec/clip/{clip}")
        page.wait_for(f"{VIDEO}?.readyState >= 2", timeout_s=60)
        assert "Delete" not in page.text().splitlines()


def refusal(page: Browser, call: str) -> str:
    return page.evaluate(
        f"document.querySelector('home-assistant').hass.{call}"
        ".then(() => 'allowed', error => error.code)"
    )


def test_browser_and_log_have_no_errors(owner: Owner, tmp_path: Path) -> None:
    # A camera that starts or was just switched off has no picture.
    odd = [error for error in owner.page.errors if "/api/camera_proxy/" not in error]
    assert odd == []
    # Home Assistant logs refused actions under HomeSec's name.
    found = [str(record) for record in owner.ha.log_findings().ours]
    assert [line for line in found if "can't be reached" not in line] == []
    owner.ha.stop()
    assert PIN not in owner.ha.log.read_text()
