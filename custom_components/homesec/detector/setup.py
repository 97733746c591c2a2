"""Choose the detector: ncnn comes with HomeSec, OpenCV is installed on demand.

OpenCV has no wheel for Alpine Linux, on which Home Assistant OS and Container run. As a requirement
in the manifest it would keep HomeSec from loading there.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from homeassistant.requirements import RequirementsNotFound, async_process_requirements
from packaging.tags import sys_tags

from ..const import CONF_DETECTOR, CONF_MODEL, DETECTOR_AUTO, DOMAIN
from ..engine.model_zoo.detectors import DEFAULT, OPENCV, OPENCV_REQUIREMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from homeassistant.core import HomeAssistant
    from packaging.tags import Tag

REMOVED_MODELS = frozenset({"pedestrian-ssdlite"})
"""Models that an entry of an earlier version may still name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenDetector:
    """The detector and model to use on this system."""

    detector: str
    model: str | None  # none: the detector's default
    opencv_missing: bool = False
    """Whether the default replaces OpenCV, which this system doesn't have."""


def opencv_has_wheel(tags: Iterable[Tag]) -> bool:
    """Return whether OpenCV publishes wheels for an interpreter with these platform tags.

    Any musl tag will do: their order differs between versions of ``packaging``.
    """
    return not any(tag.platform.startswith("musllinux") for tag in tags)


async def async_opencv_offered(hass: HomeAssistant) -> bool:
    """Return whether OpenCV can be chosen on this system."""
    # sys_tags reads the interpreter's file.
    return await hass.async_add_executor_job(lambda: opencv_has_wheel(sys_tags()))


async def async_install_detector(hass: HomeAssistant, detector: str) -> bool:
    """Install a detector's library if need be; return whether it's there.

    Can take minutes the first time, so don't await it during an entry's setup.
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
    """Return the detector and model for an entry's settings; install OpenCV if need be."""
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
