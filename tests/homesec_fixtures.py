"""Building blocks for tests of the Home Assistant side."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, override

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.helpers import entity_registry as er

from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.engine.detection.detector import Detector

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

CAMERA_ID = "01K0CAMERA0000000000000001"
PERSON = Detection("person", 0.87, Box(0.4, 0.2, 0.6, 0.9))
CAT = Detection("cat", 0.71, Box(0.1, 0.7, 0.3, 0.95))
DRIVE = {
    "name": "Drive",
    "kind": "noted",
    "polygon": [[0.3, 0.5], [0.7, 0.5], [0.7, 1], [0.3, 1]],
    "labels": ["person"],
    "loiter_s": 0,
}
"""Where ``PERSON`` stands."""
ROAD = {
    "name": "Road",
    "kind": "mask",
    "polygon": [[0, 0], [1, 0], [1, 0.1]],
    "labels": [],
    "loiter_s": 0,
}


class ScriptedDetector(Detector):
    """Detects what ``sees`` holds in every picture."""

    def __init__(self) -> None:
        self.sees: list[Detection] = []
        self.frame_count = 0

    @property
    @override
    def name(self) -> str:
        return "ncnn"

    @property
    @override
    def model(self) -> str:
        return "scripted"

    @property
    @override
    def threshold(self) -> float:
        return 0.5

    @property
    @override
    def labels(self) -> tuple[str, ...]:
        return ("person", "cat")

    @override
    def fit(self, width: int, height: int) -> tuple[int, int]:
        # The picture keeps its size, so there are no crops.
        return width, height

    @property
    @override
    def crop_px(self) -> int:
        return 320

    @override
    def detect(self, picture: Any) -> list[Detection]:
        # Moves to and fro: a static object is never a presence.
        self.frame_count += 1
        sway = (-0.7, -0.2, 0.3, 0.7, 0.2, -0.3)[self.frame_count % 6]
        return [replace(each, box=_moved(each.box, sway)) for each in self.sees]

    @override
    def close(self) -> None:
        """Hold no resources."""


def _moved(box: Box, widths: float) -> Box:
    step = widths * box.width
    return Box(box.x1 + step, box.y1, box.x2 + step, box.y2)


def camera_data(video: Path, **settings: Any) -> dict[str, Any]:
    """Return a camera's settings: a looped video with short times."""
    return {
        "kind": "file",
        "file": str(video),
        "labels": ["person"],
        "disarmed": "off",
        "armed_modes": ["home", "away", "night", "vacation", "custom"],
        "detection": True,
        "pre_roll_s": 1,
        "post_roll_s": 0,
        "grace_s": 0.5,
        "max_clip_s": 30,
        "detect_fps": 10,
        "watch": "prompt",
        **settings,
    }


def camera(
    name: str, video: Path, *, camera_id: str, unique_id: str | None = None, **settings: Any
) -> ConfigSubentryDataWithId:
    """Return a camera subentry."""
    return ConfigSubentryDataWithId(
        subentry_id=camera_id,
        subentry_type="camera",
        title=name,
        unique_id=unique_id or f"camera:{camera_id}",
        data=camera_data(video, **settings),
    )


async def set_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Set the entry up and wait for its engine."""
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def until(
    hass: HomeAssistant, condition: Callable[[], object], what: str = "", timeout_s: float = 60.0
) -> None:
    """Wait until a condition holds, set by an engine thread."""
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)
            await hass.async_block_till_done()


async def pictures(hass: HomeAssistant, entry: MockConfigEntry, camera_id: str = CAMERA_ID) -> None:
    """Wait until a camera has a picture."""
    runtime = entry.runtime_data
    async with asyncio.timeout(60):
        while not await runtime.host.async_run(  # noqa: ASYNC110 - nothing tells of a picture
            runtime.host.engine.jpeg, camera_id
        ):
            await asyncio.sleep(0.02)
    await hass.async_block_till_done()


def entity_id(hass: HomeAssistant, domain: str, key: str, owner_id: str = CAMERA_ID) -> str:
    """Return the entity with this key of a camera, or of the alarm by the entry's id."""
    found = er.async_get(hass).async_get_entity_id(domain, DOMAIN, f"{owner_id}_{key}")
    assert found is not None, f"{domain} {key} of {owner_id}"
    return found


def state(hass: HomeAssistant, domain: str, key: str, owner_id: str = CAMERA_ID) -> str:
    """Return the state of such an entity."""
    found = hass.states.get(entity_id(hass, domain, key, owner_id))
    assert found is not None
    return found.state


async def call(hass: HomeAssistant, domain: str, service: str, target: str, **data: Any) -> None:
    """Call an action on an entity and wait for it."""
    await hass.services.async_call(domain, service, {"entity_id": target, **data}, blocking=True)
    await hass.async_block_till_done()


async def arm(hass: HomeAssistant, entry: MockConfigEntry, mode: str = "arm_away") -> None:
    """Arm, or disarm with ``disarm``."""
    panel = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    await call(hass, "alarm_control_panel", f"alarm_{mode}", panel)


async def guard(hass: HomeAssistant, entry: MockConfigEntry, **settings: Any) -> None:
    """Set up with these camera settings, arm, and wait for the first picture."""
    subentry = entry.subentries[CAMERA_ID]
    object.__setattr__(subentry, "data", {**subentry.data, **settings})
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
