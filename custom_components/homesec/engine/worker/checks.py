"""Checks of what a worker sends: one that fell to a hostile stream may send anything.

The codec has checked the types. These check the values: sizes, names, and paths.
"""

from collections.abc import Mapping
import dataclasses
from datetime import date
from enum import Enum
import math
from typing import TYPE_CHECKING

from ..core.clip_id import MAX_TIMESTAMP, clip_time
from ..core.errors import InvalidSource, WorkerError
from ..core.events import (
    ClipFailed,
    ClipSaved,
    ClipsLimited,
    ClipStarted,
    DetectionEnded,
    DetectionPaused,
    DetectionStarted,
    DetectionUpdated,
    DetectorChanged,
    DetectStreamChanged,
    FilesSetAside,
    HealthChanged,
    KeyframesMissing,
    SnapshotTaken,
    TamperChanged,
    ZoneChanged,
)
from ..core.source_url import parse_source_url
from ..core.types import ClipState, CloudState

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..core.discovery import DeviceDetails, OnvifDevice
    from ..core.events import EngineEvent
    from ..core.types import Clip

MAX_NUMBER = 2**53  # larger than any size, and exact as a float
MAX_TEXT = 2000  # characters: the reason of an error has most
MAX_ITEMS = 1000
MAX_BYTES = 8 * 2**20  # a JPEG of a whole 8K picture
_RECORDED = frozenset({ClipState.RECORDING, ClipState.SAVED, ClipState.FAILED})


class UnexpectedValue(WorkerError, key="worker_failed"):  # noqa: N818 - named for what happened
    """The worker sent a value that can't be right."""


def check_values(value: object) -> None:
    """Check all numbers, texts, and sizes in a value. Raises ``UnexpectedValue``."""
    match value:
        case None | bool() | Enum():
            return
        case int() | float():
            valid = math.isfinite(value) and abs(value) <= MAX_NUMBER
        case str():
            valid = len(value) <= MAX_TEXT and "\0" not in value and _is_text(value)
        case bytes():
            valid = len(value) <= MAX_BYTES
        case tuple() | list():
            valid = len(value) <= MAX_ITEMS
            _check_each(value)
        case Mapping():
            valid = len(value) <= MAX_ITEMS
            _check_each([*value, *value.values()])
        case _ if dataclasses.is_dataclass(value):
            valid = True
            _check_each([getattr(value, each.name) for each in dataclasses.fields(value)])
        case _:
            valid = False
    if not valid:
        raise UnexpectedValue(f"a {type(value).__name__} is too large or no value")


def _check_each(values: Collection[object]) -> None:
    if len(values) <= 2 * MAX_ITEMS:
        for each in values:
            check_values(each)


def _is_text(value: str) -> bool:
    """Return whether a text can be stored: SQLite refuses lone surrogates."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


def check_clip(clip: Clip, camera_ids: Collection[str]) -> None:
    """Check that a clip is one of these cameras', and in its place. Raises ``UnexpectedValue``."""
    check_values(clip)
    camera, _, name = clip.path.partition("/")
    day, _, file = name.partition("/")
    stem = clip.path.removesuffix(".mp4")
    valid = (
        clip.camera_id in camera_ids
        and clip_time(clip.id) is not None
        and (camera, file) == (clip.camera_id, f"{clip.id}.mp4")
        and _is_day(day)
        and clip.still_path in (None, f"{stem}.jpg")
        and clip.state in _RECORDED
        and all(0 <= at < MAX_TIMESTAMP for at in (clip.started_at, clip.event_at))
        and min(clip.bytes, clip.width, clip.height, clip.duration_s) >= 0
    )
    if not valid:
        raise UnexpectedValue("a clip is not where the clips of its camera are")


def check_new_clip(clip: Clip, camera_ids: Collection[str]) -> None:
    """Check a clip that is to be stored, too. Raises ``UnexpectedValue``."""
    check_clip(clip, camera_ids)
    if clip.protected or not clip.local or clip.cloud is not CloudState.NONE or clip.cloud_bytes:
        raise UnexpectedValue("a clip is something that no recording makes of it")


def check_event(event: EngineEvent, camera_ids: Collection[str]) -> None:
    """Check that an event is one that a worker has, and about its cameras.

    Raises ``UnexpectedValue``.
    """
    match event:
        case ClipStarted(clip=clip) | ClipSaved(clip=clip) | ClipFailed(clip=clip):
            check_clip(clip, camera_ids)
        case DetectionStarted() | DetectionUpdated() | DetectionEnded():
            _check_camera(event.presence.camera_id, camera_ids)
        case HealthChanged() | ZoneChanged() | SnapshotTaken() | TamperChanged():
            _check_camera(event.camera_id, camera_ids)
        case DetectionPaused() | DetectStreamChanged() | ClipsLimited() | KeyframesMissing():
            _check_camera(event.camera_id, camera_ids)
        case DetectorChanged() | FilesSetAside():
            pass
        case _:
            raise UnexpectedValue(f"a worker has no event {type(event).__name__}")
    check_values(event)
    if isinstance(event, SnapshotTaken) and not event.jpeg.startswith(b"\xff\xd8\xff"):
        raise UnexpectedValue("a snapshot is no JPEG")


def check_devices(devices: Collection[OnvifDevice]) -> None:
    """Check that devices have the addresses that they were found at. Raises ``UnexpectedValue``."""
    check_values(devices)
    for each in devices:
        _check_host(each.address, each.host)


def check_details(details: DeviceDetails, host: str) -> None:
    """Check that a device's streams are its own: they get the login. Raises ``UnexpectedValue``."""
    check_values(details)
    if details.address:
        _check_host(details.address, host)
    for each in details.profiles:
        _check_host(each.url, host)


def _check_host(url: str, host: str) -> None:
    try:
        parsed = parse_source_url(url)
    except InvalidSource:
        raise UnexpectedValue("the address of a device is none") from None
    if parsed.host != host or parsed.username or parsed.password:
        raise UnexpectedValue("the address of a device is another's")


def _check_camera(camera_id: str, camera_ids: Collection[str]) -> None:
    if camera_id not in camera_ids:
        raise UnexpectedValue("there is no such camera")


def _is_day(name: str) -> bool:
    try:
        return date.fromisoformat(name).isoformat() == name
    except ValueError:
        return False
