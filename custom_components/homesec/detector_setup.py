"""Which detector runs: ncnn comes with HomeSec, OpenCV is installed where it is chosen and can be.

OpenCV has no wheel for Alpine Linux, on which Home Assistant OS and Container run; as a requirement
in the manifest it would keep HomeSec from loading there at all.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.requirements import RequirementsNotFound, async_process_requirements
from packaging.tags import sys_tags

from .const import CONF_DETECTOR, CONF_MODEL, DETECTOR_AUTO, DOMAIN
from .engine.detection import DEFAULT, OPENCV, OPENCV_REQUIREMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from homeassistant.core import HomeAssistant
    from packaging.tags import Tag

REMOVED_MODELS = frozenset({"pedestrian-ssdlite"})
"""Models that an entry of an earlier version may still name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenDetector:
    """What an entry's settings come to on this system."""

    detector: str
    model: str | None
    """None: the detector's default."""
    opencv_missing: bool = False
    """Whether the default stands in for OpenCV, which this system does not have."""


def opencv_has_wheel(tags: Iterable[Tag]) -> bool:
    """Return whether OpenCV publishes wheels for an interpreter with these platform tags.

    Alpine's musl is told by any of its tags: their order differs between versions of ``packaging``.
    """
    return not any(tag.platform.startswith("musllinux") for tag in tags)


async def async_opencv_offered(hass: HomeAssistant) -> bool:
    """Return whether OpenCV can be chosen on this system."""
    # The tags are read from the interpreter's file.
    return await hass.async_add_executor_job(lambda: opencv_has_wheel(sys_tags()))


async def async_install_detector(hass: HomeAssistant, detector: str) -> bool:
    """Return whether a detector's library is here, installed if need be.

    May take minutes the first time: not to be awaited while an entry is set up.
    """
    if detector != OPENCV:
        return True  # ncnn is a requirement of the manifest
    if not await async_opencv_offered(hass):
        return False
    try:
        await async_process_requirements(hass, DOMAIN, [OPENCV_REQUIREMENT], False)
    except RequirementsNotFound:
        return False
    return True


async def async_choose_detector(hass: HomeAssistant, data: Mapping[str, Any]) -> ChosenDetector:
    """Return the detector and the model for an entry's settings; OpenCV is installed if need be."""
    wanted, model = data.get(CONF_DETECTOR, DEFAULT), data.get(CONF_MODEL)
    if model in REMOVED_MODELS:
        model = None
    if wanted == DETECTOR_AUTO:
        # Stored by earlier versions, where it became OpenCV on most systems but Alpine.
        missing = not await async_opencv_offered(hass)
        return ChosenDetector(detector=DEFAULT, model=model, opencv_missing=missing)
    if await async_install_detector(hass, wanted):
        return ChosenDetector(detector=wanted, model=model)
    return ChosenDetector(detector=DEFAULT, model=None, opencv_missing=True)
