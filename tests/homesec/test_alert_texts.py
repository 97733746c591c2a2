"""The texts of alerts, and whether they fit into an SMS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alert_factories import BY_HAND, NOW, alert
from homesec_fixtures import set_up
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.homesec.alerts.rules import AlertKind
from custom_components.homesec.alerts.texts import (
    MAX_SEGMENTS,
    AlertTexts,
    absolute_link,
    link_path,
)
from custom_components.homesec.engine.sms.sms_text import count_segments

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
TWO_PARTS = 306
"""Characters in two segments."""
FORCED = "was forced to disarm the alarm at 16:13:20. Don't call the house. Call the police."
CLIP_ID = "01K0C0FFEE0000000000000000"
DURESS: dict[str, Any] = {**BY_HAND, "kind": AlertKind.DURESS}


@pytest.fixture
async def texts(hass: HomeAssistant, entry: MockConfigEntry) -> AlertTexts:
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up(hass, entry)
    return await AlertTexts.async_load(hass)


@pytest.mark.parametrize(
    ("sightings", "title", "message"),
    [
        ([{"zones": ()}], "Person: Front door", "Seen at 16:13:20."),
        ([{}], "Person: Front door", "Seen at 16:13:20, Drive."),
        (
            [{}, {"camera": "Garden", "count": 2, "zones": ("Pool",)}],
            "Person (3): Front door, Garden",
            "Seen at 16:13:20, Drive, Pool.",
        ),
        (
            [{"camera": name, "label": "cat", "zones": ()} for name in "ABCDE"],
            "Cat (5): A, B, C +2",
            "Seen at 16:13:20.",
        ),
        ([{"label": "garden gnome", "zones": ()}], "Garden gnome: Front door", "Seen at 16:13:20."),
        ([{"kind": AlertKind.ALARM}], "ALARM! Person: Front door", "Triggered at 16:13:20."),
        ([{**BY_HAND, "by": "Ann"}], "ALARM! Triggered by Ann", "Triggered at 16:13:20."),
        ([BY_HAND], "ALARM", "Triggered at 16:13:20."),
        (
            [{**DURESS, "by": "Ann"}],
            "HELP! Disarmed under threat",
            f"Ann {FORCED}",
        ),
        (
            [DURESS],
            "HELP! Disarmed under threat",
            f"Someone {FORCED}",
        ),
        (
            [{**BY_HAND, "kind": AlertKind.TEST}],
            "Test alert",
            "Sent at 16:13:20. Everything works.",
        ),
    ],
)
async def test_alert_texts_say_what_where_and_when(
    texts: AlertTexts, sightings: list[dict[str, Any]], title: str, message: str
) -> None:
    sample = alert(*sightings)
    assert texts.title(sample) == title
    assert texts.message(sample) == message
    text = texts.sms(sample, f"homeassistant://navigate/homesec/clip/{CLIP_ID}")
    assert text.startswith(f"{title}. {message} homeassistant://")
    assert set(text) <= GSM7
    assert len(text) <= TWO_PARTS


async def test_sms_with_longest_names_fits_two_segments(texts: AlertTexts) -> None:
    sightings = [
        {"camera": f"{n} " + "very " * 20 + "long name", "zones": (f"{n}" + "z" * 80,), "at": NOW}
        for n in range(9)
    ]
    link = "https://" + "a" * 60 + f".ui.nabu.casa/homesec/clip/{CLIP_ID}"
    text = texts.sms(alert(*sightings), link)
    assert text.endswith(link)
    assert len(text) <= TWO_PARTS
    clip = texts.sms(alert(*sightings), link, clip=True)
    assert "The clip is ready." in clip
    assert len(clip) <= TWO_PARTS


NABU_CASA_LINK = f"https://{'a' * 32}.ui.nabu.casa/homesec/clip/{CLIP_ID}"
NAMES = st.text(
    st.one_of(
        st.characters(categories=("L", "M", "N", "P", "S", "Zs")),
        st.sampled_from("ażłñ бГ庫🐈🏽\u200d…"),
    ),
    min_size=1,
    max_size=40,
)
KINDS = st.sampled_from([{}, {"kind": AlertKind.ALARM}, {"count": 12}, {**DURESS, "by": "Аня"}])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=4), kind=KINDS)
async def test_sms_takes_two_segments_whatever_the_names(
    texts: AlertTexts, names: list[tuple[str, str]], kind: dict[str, Any]
) -> None:
    sightings = [{**kind, "camera": camera, "zones": (zone,)} for camera, zone in names]
    for clip in (False, True):
        text = texts.sms(alert(*sightings), NABU_CASA_LINK, clip=clip)
        assert text.endswith(f" {NABU_CASA_LINK}")
        assert count_segments(text) <= MAX_SEGMENTS


@pytest.mark.parametrize(
    ("camera", "shown"),
    [
        ("Гараж", "Garazh"),
        ("Αυλή, πίσω", "Aule piso"),
        ("🚗", "Automobile"),
        ("Задний двор 🐈", "Zadnii dvor"),
        ("Żółta brama", "Zolta brama"),
    ],
)
async def test_names_are_in_latin_letters_in_a_text_that_would_be_too_long(
    texts: AlertTexts, camera: str, shown: str
) -> None:
    sample = alert({"kind": AlertKind.ALARM, "camera": camera, "zones": ()})
    text = texts.sms(sample, NABU_CASA_LINK)
    assert text.startswith(f"ALARM! Person: {shown}. ")
    assert texts.title(sample) == f"ALARM! Person: {camera}"


async def test_link_uses_external_url_else_app(hass: HomeAssistant) -> None:
    path = link_path(alert({"clip_id": CLIP_ID}))
    assert path == f"/homesec/clip/{CLIP_ID}"
    assert link_path(alert({})) == "/homesec"
    # Without an external URL, only the app can open it, at home or by VPN.
    await hass.config.async_update(internal_url="http://192.0.2.3:8123")
    assert absolute_link(hass, path) == f"homeassistant://navigate{path}"
    await hass.config.async_update(external_url="https://house.example.org")
    assert absolute_link(hass, path) == f"https://house.example.org{path}"
    await hass.config.async_update(external_url="https://203.0.113.4:8123")
    assert absolute_link(hass, path) == f"https://203.0.113.4:8123{path}"
