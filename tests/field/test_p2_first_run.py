"""The first minutes in a real browser and a real Home Assistant: rows P2, P7, and P8.

One home for all tests, which run in order: it has one camera, which is off while the alarm is
disarmed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
import json
import re
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from custom_components.homesec.condition import CONDITIONS
from custom_components.homesec.trigger import TRIGGERS
from homesec_dev import footage
from homesec_dev.bootstrap import paths
from homesec_dev.browser import Browser
from homesec_dev.demo_setup import add_homesec, camera_form, save_camera, suggested
from homesec_dev.ha import HomeAssistant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [
    *(pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(400)),
]

DESKTOP, PHONE = (1280, 900), (360, 740)
BOTH = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
FINGER = 44  # CSS pixels that a finger needs
TEXTS = json.loads((paths.COMPONENT / "translations" / "en.json").read_text())
ERRORS = TEXTS["config_subentries"]["camera"]["error"]
OFF_CAMERA = "deepDom.matching('homesec-last-picture')"
SEEN_ALERTS = """
[...deepDom.elements()].filter(e => e.localName === 'ha-alert' && deepDom.isShown(e)).filter(e => {
  const box = e.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight
    && deepDom.isHitAt(e, box.x + box.width / 2, box.y + 8)
    && deepDom.isHitAt(e, box.x + box.width / 2, box.bottom - 8);
}).map(e => e.textContent.trim()).join(' ')
"""
"""The texts of all errors that a person sees without scrolling."""


@dataclass
class Home:
    """The browser of an administrator, and the Home Assistant that it shows."""

    ha: HomeAssistant
    page: Browser
    entry_id: str
    film: Path

    def open_form(self, size: tuple[int, int]) -> None:
        """Open the form that adds a camera."""
        self.page.resize(size, mobile=size == PHONE)
        self.page.open("/config/integrations/integration/homesec")
        self.page.click("Add camera")
        self.page.wait_for("!!deepDom.matching('step-flow-form')", timeout_s=60)
        for _ in range(5):  # a dialog that is still opening may miss a click
            self.page.click("Enter the address")
            self.page.click("Next")
            with suppress(TimeoutError):
                self.page.wait_for(f"!!{field('url')}", timeout_s=10)
                return
        raise TimeoutError("the form doesn't ask for an address")

    def type_into(self, name: str, text: str) -> None:
        """Replace the text of a field."""
        self.page.wait_for(
            f"{field(name)} && ({field(name)}.focus(), {field(name)}.select(), true)"
        )
        self.page.type_text(text)

    def scroll_to_end(self) -> None:
        """Scroll whatever scrolls to its end, as someone who reads all of a form does."""
        self.page.evaluate(
            "[...deepDom.elements()].forEach(e => { e.scrollTop = e.scrollHeight; })"
        )

    def see_error(self, key: str) -> None:
        """Wait until the text of an error is in view."""
        text = re.split(r"[{}]", ERRORS[key])[0]
        self.page.wait_for(f"({SEEN_ALERTS}).includes({json.dumps(text)})")


MOVING_PICTURE = (
    "[...deepDom.elements()].find(e => e.localName === 'img' && e.src.includes('/tryout/'))"
)
DRAWN = f"""(image => {{
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 64;
    canvas.getContext('2d').drawImage(image, 0, 0, 64, 64);
    return canvas.toDataURL();
}})({MOVING_PICTURE})"""
"""What the browser shows of it at the moment."""


def field(name: str) -> str:
    """Return the expression of a form field's input."""
    return (
        "(s => s && [...deepDom.elements(s.shadowRoot)].find(e => e.localName === 'input'))"
        "([...deepDom.elements()]"
        f".find(e => e.localName === 'ha-selector' && e.name === '{name}'))"
    )


def click_until(page: Browser, text: str, is_so: Callable[[], bool]) -> None:
    """Click what has this text; again, if a dialog that is still opening missed it."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline, f"{text} does nothing"
        page.click(text)
        time.sleep(1)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("ha")
    film = folder / "media" / "walk.mp4"
    film.parent.mkdir()
    shutil.copyfile(footage.small_demo(), film)
    with HomeAssistant(folder) as ha, Browser(size=DESKTOP) as page:
        entry_id = add_homesec(ha.client)
        form = camera_form(ha.client, entry_id).answer(kind="file", file=str(film))
        settings = suggested(form) | {"name": "Front door"}
        settings["response"] |= {"disarmed": "off"}
        save_camera(form, settings)
        page.log_in(ha.url, ha.client.token)
        yield Home(ha, page, entry_id, film)


@BOTH
def test_camera_that_is_off_shows_last_picture_its_age_and_button(
    home: Home, size: tuple[int, int]
) -> None:
    page = home.page
    page.resize(size, mobile=size == PHONE)
    page.show("/homesec")
    page.wait_for_text("Last picture: ")
    page.wait_for(
        f"{OFF_CAMERA}.shadowRoot.querySelector('homesec-still').shadowRoot"
        ".querySelector('img')?.naturalWidth > 0"
    )
    box = f"{OFF_CAMERA}.shadowRoot.querySelector('button').getBoundingClientRect()"
    assert page.evaluate(f"{box}.height") >= FINGER
    assert page.evaluate(f"{box}.right") < size[0]
    assert page.evaluate(
        f"(t => {box}.bottom <= t.bottom && {box}.top >= t.top)"
        f"({OFF_CAMERA}.getBoundingClientRect())"
    )


def test_button_turns_camera_on(home: Home) -> None:
    home.page.click("Turn on")
    home.page.wait_for("!!deepDom.matching('homesec-live')")
    home.page.wait_for(f"!{OFF_CAMERA}")
    assert home.ha.client.state("camera.front_door")["state"] == "streaming"
    assert home.ha.client.command("homesec/clips/list")["clips"] == []
    # The tests that follow need no camera, and a running one takes a fifth of a processor.
    [camera] = home.ha.client.subscribe("homesec/house/subscribe").next()["cameras"]
    home.ha.client.command("homesec/cameras/detection", camera_id=camera["id"], on=False)


@BOTH
def test_error_of_source_is_in_view(home: Home, size: tuple[int, int]) -> None:
    home.open_form(size)
    home.type_into("url", "ftp://192.0.2.1/stream")
    home.scroll_to_end()
    home.page.click("Next")
    home.see_error("invalid_source")
    home.page.click("Connection")
    home.type_into("tls_fingerprint", "not hexadecimal")
    home.type_into("url", "rtsps://192.0.2.1/stream")
    home.scroll_to_end()
    home.page.click("Next")
    home.see_error("invalid_fingerprint")
    # The section with the field at fault is open.
    home.page.wait_for(f"deepDom.isShown({field('tls_fingerprint')})")


@BOTH
def test_kept_password_is_said_to_be_saved(home: Home, size: tuple[int, int]) -> None:
    home.open_form(size)
    home.type_into("username", "guard")
    home.type_into("password", "s3cret")
    home.type_into("url", "http:/nothing")
    assert "Password saved." not in home.page.text()
    home.page.click("Next")
    home.see_error("invalid_source")
    home.page.wait_for_text("Password saved.")
    assert home.page.evaluate(f"{field('password')}.value") == ""


@BOTH
def test_error_of_settings_is_in_view(home: Home, size: tuple[int, int]) -> None:
    home.open_form(size)
    home.page.click("Video file")
    film = home.film.with_name(f"other-{size[0]}.mp4")
    home.type_into("file", str(film))
    home.page.click("Next")
    home.see_error("file_missing")
    shutil.copyfile(home.film, film)
    home.page.click("Next")
    home.page.wait_for_text("Objects to detect")
    home.type_into("name", " ")
    home.scroll_to_end()
    home.page.click("Next")
    home.see_error("name_missing")


def test_form_ends_with_a_moving_picture_and_a_walk_test(home: Home) -> None:
    home.open_form(DESKTOP)
    home.page.click("Video file")
    film = home.film.with_name("street.mp4")
    shutil.copyfile(footage.sample("bikes"), film)
    home.type_into("file", str(film))
    home.page.click("Next")
    home.page.wait_for_text("Objects to detect")
    home.page.click("Next")
    home.page.wait_for_text("Test: walk past it")
    home.page.wait_for(f"{MOVING_PICTURE}?.naturalWidth > 0")
    home.page.evaluate(f"window.firstPicture = {DRAWN}, true")
    home.page.wait_for(f"{DRAWN} !== window.firstPicture")
    home.page.click("Test: walk past it")
    home.page.wait_for_text("Walk past the camera now")
    home.page.wait_for(f"{MOVING_PICTURE}?.naturalWidth > 0")
    home.page.wait_for_text("Person seen after", timeout_s=120)
    home.page.wait_for_text("Nothing was saved yet.")


def test_button_for_another_entry_shows_the_settings(home: Home) -> None:
    home.page.open("/config/integrations/integration/homesec")
    home.page.click("HomeSec settings")
    home.page.click("Alarm delays")
    home.page.wait_for_text("Away")


@pytest.mark.parametrize("kind", ["trigger", "condition", "action"])
def test_search_finds_all_of_homesec(home: Home, kind: str) -> None:
    page = home.page
    names = {
        "trigger": {TEXTS["triggers"][key]["name"] for key in TRIGGERS},
        "condition": {TEXTS["conditions"][key]["name"] for key in CONDITIONS},
        "action": {f"HomeSec: {each['name']}" for each in TEXTS["services"].values()},
    }[kind]
    page.resize((1280, 3000))
    page.open("/config/automation/edit/new")
    page.click(f"Add {kind}")
    page.wait_for("!!deepDom.matching('ha-input-search, search-input')")
    page.evaluate("deepDom.matching('ha-input-search, search-input').focus()")
    page.type_text("homesec")
    page.wait_for_text(r"\d+ more |Alerts are snoozed")
    shown = names.intersection(page.text().splitlines())
    assert shown
    more = re.search(r"(\d+) more \w+\.\.\.", page.text())
    # The list has only the first few, and says how many more it found.
    assert len(shown) + int(more[1] if more else 0) == len(names)


def test_docs_name_the_way_to_homesec(home: Home) -> None:
    page = home.page
    docs = (paths.REPOSITORY / "docs" / "automations.md").read_text()
    assert "**Add trigger → By type → HomeSec**" in docs
    assert "**Settings → Tools → Actions**" in docs
    page.open("/config/automation/edit/new")
    page.click("Add trigger")
    click_until(page, "By type", lambda: "Select a trigger" in page.text())
    page.wait_for_text("(?m)^Integrations\n(.*\n)*HomeSec")
    page.open("/config/dashboard")
    page.click("Tools")
    page.wait_for_text("(?m)^Actions$")
    page.wait_for_text("(?m)^Events$")
