"""Cameras that are dark although it's day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from homesec_fixtures import CAMERA_ID
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.homesec.cameras import daylight
from custom_components.homesec.cameras.daylight import Daylight, daylight_store
from custom_components.homesec.cameras.state import CameraState
from custom_components.homesec.engine.core.events import TamperChanged
from custom_components.homesec.engine.core.types import CameraHealth, TamperKind

if TYPE_CHECKING:
    from typing import Any

    from freezegun.api import FrozenDateTimeFactory
    from homeassistant.core import HomeAssistant

NOON, MIDNIGHT, NEXT_NOON = "2026-06-21 20:00:00", "2026-06-22 08:00:00", "2026-06-22 20:00:00"
"""In UTC, at 117 degrees west."""
DARK = TamperChanged(camera_id=CAMERA_ID, kind=TamperKind.DARK, at=1.0)
WELL = TamperChanged(camera_id=CAMERA_ID, kind=None, at=2.0)


class Home:
    """One camera, and the clock."""

    def __init__(self, hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> None:
        self.hass, self.freezer = hass, freezer
        self.state = CameraState(health=CameraHealth.RUNNING, tamper_known=True)
        self.late: list[TamperChanged] = []
        cameras: Any = {CAMERA_ID: self.state}
        self.daylight = Daylight(hass, cameras=cameras, on_tamper=self.late.append)
        self.stop = self.daylight.async_start()

    async def wait(self, minutes: int) -> None:
        for _ in range(minutes):
            self.freezer.tick(timedelta(minutes=1))
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done()

    def dark(self) -> TamperKind | None:
        """Return what a camera that has become dark is."""
        kind = self.daylight.async_judge(DARK).kind
        self.state.tamper = kind
        return kind


@pytest.fixture
def home(hass: HomeAssistant, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch):
    """A camera at noon, which has to be bright for ten minutes until that is expected."""
    monkeypatch.setattr(daylight, "NEEDED_S", 600.0)
    monkeypatch.setattr(daylight, "DELAY_S", 300.0)
    hass.config.latitude, hass.config.longitude = 32.9, -117.2
    freezer.move_to(NOON)
    home = Home(hass, freezer)
    yield home
    home.stop()


async def test_camera_that_was_always_bright_by_day_should_be(home: Home) -> None:
    assert home.dark() is None
    home.daylight.async_judge(WELL)
    await home.wait(12)
    assert home.dark() is TamperKind.DARK


async def test_camera_that_is_dark_now_and_then_by_day_may_be(home: Home) -> None:
    home.dark()
    await home.wait(2)
    home.daylight.async_judge(WELL)
    await home.wait(20)
    assert home.dark() is None
    await home.wait(10)
    assert home.late == []


async def test_darkness_is_no_tampering_by_night(home: Home) -> None:
    await home.wait(12)
    home.freezer.move_to(MIDNIGHT)
    assert home.dark() is None
    await home.wait(20)
    assert home.late == []


async def test_camera_that_stays_dark_in_the_morning_is_reported_once(home: Home) -> None:
    await home.wait(12)
    home.freezer.move_to(MIDNIGHT)
    assert home.dark() is None
    home.freezer.move_to(NEXT_NOON)
    await home.wait(4)
    assert home.late == []
    await home.wait(4)
    assert home.late == [DARK]


@pytest.mark.parametrize("kind", [each for each in TamperKind if each is not TamperKind.DARK])
async def test_other_kinds_need_no_day(home: Home, kind: TamperKind) -> None:
    home.freezer.move_to(MIDNIGHT)
    event = TamperChanged(camera_id=CAMERA_ID, kind=kind, at=1.0)
    assert home.daylight.async_judge(event) is event


async def test_camera_that_is_off_or_unknown_learns_nothing(home: Home) -> None:
    home.state.health = CameraHealth.LOST
    await home.wait(12)
    home.state.health, home.state.tamper_known = CameraHealth.RUNNING, False
    await home.wait(12)
    assert home.dark() is None


async def test_what_was_learned_outlasts_a_restart(
    home: Home, hass: HomeAssistant, hass_storage: dict[str, Any]
) -> None:
    await home.wait(12)
    await home.wait(16)
    stored = hass_storage[daylight.STORAGE_KEY]["data"]
    assert stored["seconds"][CAMERA_ID][0] >= 600
    again = Home(hass, home.freezer)
    again.stop()
    await again.daylight.async_load()
    assert again.dark() is TamperKind.DARK


@pytest.mark.parametrize(
    "data", [{}, {"seconds": 3}, {"seconds": {"a": [1]}}, {"seconds": {"a": ["x", 1]}}]
)
async def test_damaged_store_is_learned_again(
    home: Home, hass: HomeAssistant, hass_storage: dict[str, Any], data: dict[str, Any]
) -> None:
    hass_storage[daylight.STORAGE_KEY] = {"version": 1, "key": daylight.STORAGE_KEY, "data": data}
    await home.daylight.async_load()
    assert home.dark() is None
    await daylight_store(hass).async_remove()
