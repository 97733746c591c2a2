"""Texts take one SMS where they can, whatever the cameras are called."""

# ruff: noqa: RUF001 - other alphabets are what this is about

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homesec_fixtures import CAMERA_ID, PERSON, call, until
import pytest
from recipient_fixtures import recipient, set_up_recipients

from custom_components.homesec.engine.sms.sms_text import count_segments

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homesec_fixtures import ScriptedDetector
    from pytest_homeassistant_custom_component.common import MockConfigEntry

URL = "https://abcdefghijklmnopqrstuvwxyz01234.ui.nabu.casa"


@pytest.mark.parametrize(
    ("name", "shown", "segments"),
    [
        ("Anna\u2019s \u201cgarden\u201d", 'Anna\'s "garden"', 1),
        ("Drive \u2013 street side\u2026", "Drive - street side...", 1),
        ("A camera with a very long name indeed", "A camera with a ver...", 1),
        ("Caf\u00e9 {east} [1] \u20ac", "Café {east} [1] €", 1),
        ("Żółta brama od ulicy", "Zolta brama od ulicy", 1),
        ("Kitten 🐈", "Kitten", 1),
        ("Anna\u2019s 🐈‍⬛ house", "Anna's house", 1),
        ("Jardín", "Jardin", 1),
        # An emoji that is all of a name stays, and so does another alphabet, up to two segments.
        ("🚗", "🚗", 2),
        ("Гараж у ворот", "Гараж у ворот", 2),
        ("Гараж со стороны улицы", "Garazh so storony u...", 1),
        ("Склад у ворот, второй", "Sklad u vorot vtoroi", 1),
    ],
)
async def test_text_of_an_alert_takes_few_segments(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    detector: ScriptedDetector,
    sent_texts: Any,
    name: str,
    shown: str,
    segments: int,
) -> None:
    await hass.config.async_update(external_url=URL)
    object.__setattr__(entry.subentries[CAMERA_ID], "title", name)
    await set_up_recipients(hass, entry, recipient())
    detector.sees = [PERSON]
    await until(hass, sent_texts)
    [text] = sent_texts()
    assert f"Person: {shown}. " in text
    assert text.rpartition(" ")[2].startswith(f"{URL}/homesec/clip/")
    assert count_segments(text) == segments


async def test_long_message_of_an_automation_is_cut_off_before_its_link(
    hass: HomeAssistant, entry: MockConfigEntry, sent_texts: Any
) -> None:
    await set_up_recipients(hass, entry, recipient())
    link = f"{URL}/lovelace/0"
    message = f"{'Who\u2019s there? ' * 200}{link}"
    await call(hass, "notify", "send_message", "notify.ann", message=message)
    await until(hass, sent_texts)
    [text] = sent_texts()
    assert text.startswith("Who's there? Who's")
    assert text.endswith(f"... {link}")
    assert 1580 < len(text) <= 1600
