"""The detector's library: installed when it is chosen, not with the integration.

OpenCV has no wheel for Alpine Linux, on which Home Assistant OS runs; as a requirement in the
manifest it would keep HomeSec from loading there at all.
"""

from typing import TYPE_CHECKING

from homeassistant.requirements import RequirementsNotFound, async_process_requirements
from packaging.tags import sys_tags

from .const import DOMAIN
from .engine.detectors import REQUIREMENTS, choose

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant


def is_musl() -> bool:
    """Tell whether this Python runs on Alpine's C library. Reads the interpreter's file."""
    return "musllinux" in next(sys_tags()).platform


async def async_prepare_detector(hass: HomeAssistant, kind: str) -> tuple[str, bool]:
    """Return the name of the detector to use and whether its library is installed.

    May take minutes the first time: not to be awaited while an entry is set up.
    """
    detector = choose(kind, musl=await hass.async_add_executor_job(is_musl))
    try:
        await async_process_requirements(hass, DOMAIN, [REQUIREMENTS[detector]], False)
    except RequirementsNotFound:
        return detector, False
    return detector, True
