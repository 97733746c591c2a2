"""What the alarm asks about the cameras."""

from typing import TYPE_CHECKING

from ..cameras.config import alarms_at_once, is_live, raises_alarm
from ..engine.core.types import CameraHealth
from .machine import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..cameras.registry import CameraRegistry
    from ..cameras.state import CameraState
    from .machine import AlarmMode


def _guards(cameras: CameraRegistry, mode: AlarmMode) -> Iterator[tuple[str, CameraState]]:
    """Return the cameras of a mode, but for one that is just being removed."""
    for camera_id, camera in cameras.items():
        if cameras.exists(camera_id) and is_live(cameras.subentry(camera_id).data, mode):
            yield camera_id, camera


def offline(cameras: CameraRegistry, mode: AlarmMode) -> tuple[str, ...]:
    """Return the cameras that are to guard the house in a mode, and cannot be reached."""
    lost = CameraHealth.LOST
    return tuple(each for each, camera in _guards(cameras, mode) if camera.health is lost)


def missing(cameras: CameraRegistry, mode: AlarmMode) -> tuple[str, ...]:
    """Return the cameras that are to guard the house in a mode, and do not, be it not yet."""
    return tuple(each for each, camera in _guards(cameras, mode) if not camera.watching)


def in_view(cameras: CameraRegistry, mode: AlarmMode) -> list[tuple[str, str]]:
    """Return who is before the cameras of a mode at the moment: cameras and labels."""
    return [
        (camera_id, label)
        for camera_id, camera in _guards(cameras, mode)
        for label in (camera.presences if camera.watching else ())
    ]


def intruder(
    cameras: CameraRegistry, mode: AlarmMode, camera_id: str, label: str
) -> tuple[Cause, bool] | None:
    """Return what an alarm would say of somebody, and whether it is not to wait for a PIN."""
    if not cameras.exists(camera_id):
        return None
    camera = cameras.subentry(camera_id)
    if not (raises_alarm(camera.data, label) and is_live(camera.data, mode)):
        return None
    cause = Cause(by=camera.title, camera_id=camera_id, label=label)
    return cause, alarms_at_once(camera.data)
