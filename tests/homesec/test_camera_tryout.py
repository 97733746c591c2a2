"""The pictures of a camera that isn't saved yet."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

from homesec_fixtures import set_up
import pytest

from custom_components.homesec.cameras import tryout as tryout_module
from custom_components.homesec.cameras.source_feed import EntityFeed
from custom_components.homesec.cameras.tryout import CameraTryout, create_tryout
from custom_components.homesec.engine.core import errors
from custom_components.homesec.engine.engine import HomeSecEngine

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from tryout_fixtures import ScriptedTryout


@pytest.fixture
async def camera_tryout(
    hass: HomeAssistant, bare_entry: MockConfigEntry, scripted_tryout: ScriptedTryout
) -> CameraTryout:
    """A tryout that isn't shown yet."""
    await set_up(hass, bare_entry)
    return CameraTryout(bare_entry.runtime_data.host, scripted_tryout, b"still")


def always() -> bool:
    return True


async def pictures(tryout: CameraTryout, is_watched: Callable[[], bool] = always) -> list[bytes]:
    """Return all pictures, to the end."""
    show, found = tryout.pictures(is_watched), []
    while (jpeg := await show()) is not None:
        found.append(jpeg)
    return found


async def test_pictures_begin_with_the_still_and_end_with_the_process(
    camera_tryout: CameraTryout, scripted_tryout: ScriptedTryout
) -> None:
    camera_tryout.extend()
    scripted_tryout.pictures = [None, b"one", b"two", errors.WorkerDied()]
    with patch.object(tryout_module, "PICTURE_INTERVAL_S", 0.0):
        assert await pictures(camera_tryout) == [b"still", b"one", b"two"]


async def test_pictures_end_when_nobody_watches(
    camera_tryout: CameraTryout, scripted_tryout: ScriptedTryout
) -> None:
    camera_tryout.extend()
    scripted_tryout.pictures = [b"one", b"two"]
    assert await pictures(camera_tryout, lambda: len(scripted_tryout.pictures) > 1) == [
        b"still",
        b"one",
    ]


async def test_pictures_end_after_a_while(camera_tryout: CameraTryout) -> None:
    assert await pictures(camera_tryout) == [b"still"]  # since nothing has extended it


async def test_pictures_end_when_it_is_stopped(
    camera_tryout: CameraTryout, scripted_tryout: ScriptedTryout
) -> None:
    camera_tryout.extend()
    await camera_tryout.async_stop()
    assert await pictures(camera_tryout) == [b"still"]
    assert scripted_tryout.stopped == 1


async def test_tryout_without_still_begins_with_the_camera(
    hass: HomeAssistant, bare_entry: MockConfigEntry, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, bare_entry)
    tryout = CameraTryout(bare_entry.runtime_data.host, scripted_tryout, None)
    tryout.extend()
    scripted_tryout.pictures = [b"one", errors.WorkerDied()]
    assert await pictures(tryout) == [b"one"]


async def test_camera_of_another_integration_gets_its_pictures(
    hass: HomeAssistant, bare_entry: MockConfigEntry
) -> None:
    await set_up(hass, bare_entry)
    data = {"kind": "entity", "entity_id": "camera.yard"}
    with patch.object(HomeSecEngine, "try_camera") as try_camera:
        create_tryout(hass, bare_entry.runtime_data.host, "Yard", data, still=None)
    config, feed = try_camera.call_args.args
    assert (config.name, config.source.location) == ("Yard", "camera.yard")
    assert isinstance(feed, EntityFeed)
