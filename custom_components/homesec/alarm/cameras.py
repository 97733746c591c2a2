"""What the alarm asks about the cameras."""

from typing import TYPE_CHECKING

from ..cameras.config import alarms_at_once, is_live, raises_alarm
from ..engine.core.types import CameraHealth
from .machine import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..cameras.state import CameraState
    from ..coordinator import HomeSecCoordinator
    from .machine import AlarmMode


def _guards(house: HomeSecCoordinator, mode: AlarmMode) -> Iterator[tuple[str, CameraState]]:
    """Return the cameras of a mode, but for one that is just being removed."""
    for camera_id, camera in house.cameras.items():
        subentry = house.entry.subentries.get(camera_id)
        if subentry is not None and is_live(subentry.data, mode):
            yield camera_id, camera


def offline(house: HomeSecCoordinator, mode: AlarmMode) -> tuple[str, ...]:
    """Return the cameras that are to guard the house in a mode, and cannot be reached."""
    lost = CameraHealth.LOST
    return tuple(each for each, camera in _guards(house, mode) if camera.health is lost)


def missing(house: HomeSecCoordinator, mode: AlarmMode) -> tuple[str, ...]:
    """Return the cameras that are to guard the house in a mode, and do not, be it not yet."""
    return tuple(each for each, camera in _guards(house, mode) if not camera.watching)


def in_view(house: HomeSecCoordinator, mode: AlarmMode) -> list[tuple[str, str]]:
    """Return who is before the cameras of a mode at the moment: cameras and labels."""
    return [
        (camera_id, label)
        for camera_id, camera in _guards(house, mode)
        for label in (camera.presences if camera.watching else ())
    ]


def intruder(
    house: HomeSecCoordinator, mode: AlarmMode, camera_id: str, label: str
) -> tuple[Cause, bool] | None:
    """Return what an alarm would say of somebody, and whether it is not to wait for a PIN."""
    camera = house.entry.subentries.get(camera_id)
    if camera is None or not (raises_alarm(camera.data, label) and is_live(camera.data, mode)):
        return None
    cause = Cause(by=camera.title, camera_id=camera_id, label=label)
    return cause, alarms_at_once(camera.data)
