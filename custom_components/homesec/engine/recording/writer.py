"""One clip, from its first packet to the finished file, on a thread of its own.

A slow disk must not hold up the camera, so the camera's thread only puts packets into a queue.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
import errno
import logging
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Protocol

import av.error

from ..core.clip_metadata import dump_comment
from ..core.damaged_files import DamagedFiles
from ..core.errors import DiskFull, DiskReadOnly, RecordingError
from ..core.events import ClipFailed, ClipSaved, ClipStarted
from ..core.track_log import TrackLog
from ..core.types import ClipState
from ..media.jpeg import STILL_WIDTH, encode_jpeg, read_keyframe
from .finalize import discard_empty, finalize, partial_path
from .muxer import FragmentedMp4

if TYPE_CHECKING:
    from pathlib import Path

    from ..core.events import EventSink
    from ..core.types import Clip
    from ..media.decoder import Frame
    from ..media.packets import MediaFormat, MediaPacket
    from .finalize import ClipInfo

_LOGGER = logging.getLogger(__name__)

QUEUE_BYTES = 64 * 1024 * 1024
"""What may wait for a slow disk; more is left out, from the next keyframe on it goes on."""
SYNC_S = 5.0
"""The growing file is written to the disk this often; left alone, Linux takes up to 30 s."""
LAST_WORD_S = 30.0
"""A broken clip waits this long for its camera to tell what it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipResult:
    """What is known of a clip when it ends."""

    label: str | None = None
    score: float | None = None
    best: Frame | None = None
    """The picture for the still."""


def recording_error(error: Exception) -> RecordingError:
    """Return the engine's error for what the system said."""
    if isinstance(error, RecordingError):
        return error
    match getattr(error, "errno", None):
        case errno.ENOSPC | errno.EDQUOT:
            return DiskFull()
        case errno.EROFS | errno.EACCES | errno.EPERM:
            return DiskReadOnly()
        case _:
            return RecordingError()


class ClipSink(Protocol):
    """Where the rows of clips are stored; the catalog is one. Each raises ``sqlite3.Error``."""

    def put(self, clip: Clip) -> None:
        """Add a clip's row, or update what its recording knows."""

    def save(self, clip: Clip, tracks: bytes | None = None) -> Clip:
        """Store a finished clip with its packed tracks; return its row."""

    def save_track_log(self, clip_id: str, zones: tuple[str, ...], tracks: bytes | None) -> None:
        """Store zones and packed tracks of a clip that is being recorded."""


class ClipWriter:
    """Writes one clip.

    ``feed`` and ``end`` come from the camera's thread and never wait for the disk, unless
    ``lossless``: a file that is read faster than real time waits instead of leaving out.
    """

    def __init__(
        self,
        clip: Clip,
        *,
        audio: MediaFormat | None,
        clips_dir: Path,
        catalog: ClipSink,
        on_event: EventSink,
        sights: TrackLog | None = None,
        lossless: bool = False,
    ) -> None:
        """``sights`` tells at any time who was where in the clip until then."""
        self._clip = clip
        self._sights = sights or TrackLog()
        self._audio = audio
        self._clips_dir = clips_dir
        self._catalog = catalog
        self._on_event = on_event
        self._lossless = lossless
        self._packets: deque[MediaPacket] = deque()
        self._bytes = 0
        self._skipping = False
        self._ending: ClipResult | None = None
        self._broken = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=f"homesec-clip-{clip.id[-6:]}")

    @property
    def clip(self) -> Clip:
        """The clip as it was begun."""
        return self._clip

    @property
    def broken(self) -> bool:
        """Whether the disk refused it: nothing more is taken."""
        return self._broken

    def start(self) -> None:
        """Open the file, on the recorder's own thread."""
        self._thread.start()

    def feed(self, packet: MediaPacket) -> None:
        """Append a packet."""
        with self._changed:
            if self._lossless:
                self._changed.wait_for(lambda: self._bytes < QUEUE_BYTES or self._broken)
            if self._broken or (not self._lossless and self._full_for(packet)):
                return
            self._packets.append(packet)
            self._bytes += packet.size
            self._changed.notify_all()

    def end(self, ending: ClipResult) -> None:
        """No more packets come; the file is finished in the background."""
        with self._changed:
            self._ending = ending
            self._changed.notify_all()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until the file is finished; False if it is not."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _full_for(self, packet: MediaPacket) -> bool:
        """Whether to leave a packet out, since the disk is too slow."""
        room = self._bytes < QUEUE_BYTES
        if self._skipping and room and packet.is_video and packet.keyframe:
            self._skipping = False
        elif not room and not self._skipping:
            self._skipping = True
            _LOGGER.warning("The disk is too slow for %s: a part is left out", self._clip.id)
        return self._skipping

    # --- the recorder's thread ----------------------------------------------------------------

    def _run(self) -> None:
        final = self._clips_dir / self._clip.path
        error: RecordingError | None = None
        try:
            self._put(self._clip)
            final.parent.mkdir(parents=True, exist_ok=True)
            self._write(final)
        except Exception as err:
            # What was written until now is kept and finished like any other clip.
            error = recording_error(err)
            defect = not isinstance(err, (OSError, av.error.FFmpegError))
            _LOGGER.error("Recording clip %s stopped: %s", self._clip.id, error, exc_info=defect)
            self._break_off()
        self._complete(final, self._wait_for_end(), error)

    def _write(self, final: Path) -> None:
        if (packet := self._next()) is None:
            return
        comment = dump_comment(self._clip)
        file = FragmentedMp4(partial_path(final), packet.format, self._audio, comment=comment)
        synced = time.monotonic()
        try:
            self._on_event(ClipStarted(clip=self._clip))
            while packet is not None:
                file.write(packet)
                if time.monotonic() - synced > SYNC_S:
                    file.sync()
                    self._note_sights()
                    synced = time.monotonic()
                packet = self._next()
        finally:
            file.close()

    def _next(self) -> MediaPacket | None:
        """Return the next packet, None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._packets or self._ending is not None)
            if not self._packets:
                return None
            packet = self._packets.popleft()
            self._bytes -= packet.size
            self._changed.notify_all()
            return packet

    def _break_off(self) -> None:
        with self._changed:
            self._broken = True
            self._packets.clear()
            self._bytes = 0
            self._changed.notify_all()

    def _wait_for_end(self) -> ClipResult:
        with self._changed:
            # The camera's thread sees at its next packet that it is broken, and ends the clip.
            self._changed.wait_for(lambda: self._ending is not None, timeout=LAST_WORD_S)
            return self._ending or ClipResult()

    def _complete(self, final: Path, ending: ClipResult, error: RecordingError | None) -> None:
        """Finish the file, the still and the row, and tell how it went."""
        clip = replace(self._clip, label=ending.label, score=ending.score, zones=self._sights.zones)
        try:
            facts = finalize(final, dump_comment(clip))
        except Exception as err:  # noqa: BLE001 - whatever it is, the clip must not stay open
            failure = error or recording_error(err)
            if error is None:
                _LOGGER.error("Clip %s could not be finished: %s", clip.id, failure)
            if isinstance(err, RecordingError):
                discard_empty(final)
            clip = replace(clip, state=ClipState.FAILED, error=failure.key)
            self._put(clip)
            self._on_event(ClipFailed(clip=clip))
            return
        if facts.damaged:  # the disk has not kept what was written
            damaged = DamagedFiles(self._clips_dir)
            damaged.set_aside(partial_path(final), "a part of it cannot be read")
            damaged.report(self._on_event)
        clip = replace(
            saved(clip, facts),
            still_path=write_still(self._clips_dir, clip, ending.best),
            error=None if error is None else error.key,
        )
        clip = self._save(clip)
        self._on_event(ClipSaved(clip=clip))
        if error is not None:
            self._on_event(ClipFailed(clip=clip))

    def _save(self, clip: Clip) -> Clip:
        """Keep the finished clip's row and what is to be done with it."""
        try:
            return self._catalog.save(clip, self._sights.pack())
        except sqlite3.Error as err:
            _LOGGER.error("The clip index does not take clip %s: %s", clip.id, err)
            return clip

    def _note_sights(self) -> None:
        """Keep who was where until now: after a power cut the film alone would not tell."""
        try:
            self._catalog.save_track_log(self._clip.id, self._sights.zones, self._sights.pack())
        except sqlite3.Error as err:
            _LOGGER.debug("The clip index does not take who is in %s: %s", self._clip.id, err)

    def _put(self, clip: Clip) -> None:
        """Keep the row; a clip without a row is found again by its file."""
        try:
            self._catalog.put(clip)
        except sqlite3.Error as err:
            _LOGGER.error("The clip index does not take clip %s: %s", clip.id, err)


def saved(clip: Clip, facts: ClipInfo) -> Clip:
    """Return the clip as it is once its file is finished."""
    return replace(
        clip,
        state=ClipState.SAVED,
        duration_s=facts.duration_s,
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        video_codec=facts.video_codec,
        audio_codec=facts.audio_codec,
        error=None,
    )


def write_still(clips_dir: Path, clip: Clip, best: Frame | None = None) -> str | None:
    """Write the still of a finished clip and return its path, None if there is no picture for it.

    Without a ``best`` picture it shows what was there when it happened.
    """
    film = clips_dir / clip.path
    still = film.with_suffix(".jpg")
    picture = best.picture if best else read_keyframe(film, clip.pre_roll_s)
    if picture is None:
        return None
    try:
        still.write_bytes(encode_jpeg(picture, width=STILL_WIDTH))
    except Exception as err:  # noqa: BLE001 - whatever a damaged film makes FFmpeg raise
        _LOGGER.warning("The still of clip %s is missing: %s", clip.id, err)
        with suppress(OSError):
            still.unlink()
        return None
    return still.relative_to(clips_dir).as_posix()
