"""Write one clip on a thread of its own, from its first packet to the finalized file.

A slow disk must not hold up the camera, so the camera's thread only puts packets into a queue.
"""

from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
import logging
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import av.error

from ..core.activity_board import BOARD, Work
from ..core.clip_files import partial_path, recording_error, saved_clip
from ..core.clip_metadata import dump_comment
from ..core.damaged_files import DamagedFiles, error_reason
from ..core.errors import RecordingError, RowRefused
from ..core.events import ClipFailed, ClipSaved, ClipStarted
from ..core.track_log import TrackLog
from ..core.types import ClipState
from ..media.jpeg import STILL_WIDTH, encode_jpeg, read_keyframe, read_picture
from .finalize import discard_empty, finalize
from .muxer import FragmentedMp4

if TYPE_CHECKING:
    from pathlib import Path

    from ..core.clip_sink import ClipSink
    from ..core.events import EventSink
    from ..core.types import Clip
    from ..media.decoder import Frame
    from ..media.packets import MediaFormat, MediaPacket

_LOGGER = logging.getLogger(__name__)

QUEUE_BYTES = 64 * 1024 * 1024
"""Packets that may wait for a slow disk; more are left out, up to a random access point."""
SYNC_S = 5.0  # the file is written to the disk this often; left alone, Linux takes up to 30 s
RESULT_TIMEOUT_S = 30.0
"""A failed clip waits this long for the camera to provide its ``ClipResult``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipResult:
    """What is known of a clip when it ends."""

    label: str | None = None
    score: float | None = None
    sensor: str | None = None  # that reported the label
    still: Frame | None = None
    still_s: float = 0.0  # when it's in the clip


class ClipWriter:
    """Writes one clip.

    ``feed`` and ``end`` come from the camera's thread and never wait for the disk, unless
    ``lossless``: a file that is read faster than real time waits rather than leaving packets out.
    """

    def __init__(
        self,
        clip: Clip,
        *,
        audio: MediaFormat | None,
        clips_dir: Path,
        catalog: ClipSink,
        on_event: EventSink,
        track_log: TrackLog | None = None,
        lossless: bool = False,
    ) -> None:
        """``track_log`` is filled by the camera's thread while the clip is recorded."""
        self.clip = clip  # as it was begun
        self.failed = False  # whether it couldn't be written: no more packets are taken
        self._track_log = track_log or TrackLog()
        self._audio = audio
        self._clips_dir = clips_dir
        self._catalog = catalog
        self._on_event = on_event
        self._lossless = lossless
        self._packets: deque[MediaPacket] = deque()
        self._bytes = 0
        self._skipping = False
        self._result: ClipResult | None = None
        self._changed = threading.Condition()
        # A daemon, since a share that hangs must not keep the process from ending.
        self._thread = threading.Thread(
            target=self._run, name=f"homesec-clip-{clip.id[-6:]}", daemon=True
        )

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def feed(self, packet: MediaPacket) -> None:
        """Append a packet."""
        with self._changed:
            if self._lossless:
                self._changed.wait_for(lambda: self._bytes < QUEUE_BYTES or self.failed)
            if self.failed or (not self._lossless and self._must_skip(packet)):
                return
            self._packets.append(packet)
            self._bytes += packet.size
            self._changed.notify_all()

    def end(self, result: ClipResult) -> None:
        """Finalize the file in the background; no more packets come."""
        with self._changed:
            self._result = result
            self._changed.notify_all()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait until the clip is finalized; return whether it is."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _must_skip(self, packet: MediaPacket) -> bool:
        """Whether to leave a packet out, up to a random access point: the disk is too slow."""
        has_room = self._bytes < QUEUE_BYTES
        if self._skipping and has_room and packet.is_video and packet.random_access:
            self._skipping = False
        elif not has_room and not self._skipping:
            self._skipping = True
            _LOGGER.warning("The disk is too slow for %s: skipping a part", self.clip.id)
        return self._skipping

    def _run(self) -> None:
        BOARD.bind(self.clip.camera_id)
        final = self._clips_dir / self.clip.path
        error: RecordingError | None = None
        try:
            self._put(self.clip)
            final.parent.mkdir(parents=True, exist_ok=True)
            self._write(final)
        except Exception as err:
            # What was written is finalized like any other clip.
            error = recording_error(err)
            defect = not isinstance(err, (OSError, av.error.FFmpegError))
            _LOGGER.error(
                "Recording clip %s stopped: %s (%s)",
                self.clip.id, error, error_reason(err), exc_info=defect,
            )  # fmt: skip
            self._abort()
        with self._changed:
            # After a failure, the camera's thread notices at its next packet and ends the clip.
            self._changed.wait_for(lambda: self._result is not None, timeout=RESULT_TIMEOUT_S)
            result = self._result or ClipResult()
        with BOARD.working(Work.MUX):
            self._finalize(final, result, error)

    def _write(self, final: Path) -> None:
        if (packet := self._next()) is None:
            return
        comment = dump_comment(self.clip)
        file = FragmentedMp4(partial_path(final), packet.format, self._audio, comment=comment)
        synced = time.monotonic()
        try:
            self._on_event(ClipStarted(clip=self.clip))
            while packet is not None:
                with BOARD.working(Work.MUX):
                    file.write(packet)
                if time.monotonic() - synced > SYNC_S:
                    file.sync()
                    self._save_track_log()
                    synced = time.monotonic()
                packet = self._next()
        finally:
            with BOARD.working(Work.MUX):
                file.close()

    def _next(self) -> MediaPacket | None:
        """Wait for the next packet; return None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._packets or self._result is not None)
            if not self._packets:
                return None
            packet = self._packets.popleft()
            self._bytes -= packet.size
            self._changed.notify_all()
            return packet

    def _abort(self) -> None:
        with self._changed:
            self.failed = True
            self._packets.clear()
            self._bytes = 0
            self._changed.notify_all()

    def _finalize(self, final: Path, result: ClipResult, error: RecordingError | None) -> None:
        """Finalize the file, write the still and the row, and send the events."""
        clip = replace(
            self.clip,
            label=result.label,
            score=result.score,
            sensor=result.sensor,
            zones=self._track_log.zones,
        )
        try:
            info = finalize(final, dump_comment(clip))
        except Exception as err:  # noqa: BLE001 - whatever it is, the clip must not stay open
            failure = error or recording_error(err)
            if error is None:
                _LOGGER.error("Clip %s could not be finalized: %s", clip.id, failure)
            if isinstance(err, RecordingError):
                discard_empty(final)
            clip = replace(clip, state=ClipState.FAILED, error=failure.key)
            self._put(clip)
            self._on_event(ClipFailed(clip=clip))
            return
        if info.damaged:  # the disk lost part of what was written
            damaged = DamagedFiles(self._clips_dir)
            damaged.set_aside(partial_path(final), "a part of it cannot be read")
            damaged.report(self._on_event)
        clip = replace(
            saved_clip(clip, info),
            still_path=write_still(self._clips_dir, clip, result.still, result.still_s),
            error=None if error is None else error.key,
        )
        try:
            clip = self._catalog.save(clip, self._track_log.pack())
        except (RowRefused, sqlite3.Error) as err:
            _LOGGER.error("Clip %s could not be stored in the catalog: %s", clip.id, err)
        self._on_event(ClipSaved(clip=clip))
        if error is not None:
            self._on_event(ClipFailed(clip=clip))

    def _save_track_log(self) -> None:
        """Store the tracks so far: after a power cut, the video alone doesn't contain them."""
        log = self._track_log
        try:
            self._catalog.save_track_log(self.clip.id, log.zones, log.pack())
        except (RowRefused, sqlite3.Error) as err:
            _LOGGER.debug("The tracks of clip %s could not be stored: %s", self.clip.id, err)

    def _put(self, clip: Clip) -> None:
        """Store the row; recovery finds a clip without one by its file."""
        try:
            self._catalog.put(clip)
        except (RowRefused, sqlite3.Error) as err:
            _LOGGER.error("Clip %s could not be stored in the catalog: %s", clip.id, err)


def write_still(
    clips_dir: Path, clip: Clip, best: Frame | None = None, best_s: float = 0.0
) -> str | None:
    """Write the still of a finalized clip, by default its keyframe at the event.

    In place of a frame of the detect stream, it's the clip's own picture at ``best_s``.
    """
    video = clips_dir / clip.path
    still = video.with_suffix(".jpg")
    if best is None:
        picture = read_keyframe(video, clip.pre_roll_s)
    elif best.of_detect_stream:
        picture = read_picture(video, best_s) or best.picture
    else:
        picture = best.picture
    if picture is None:
        return None
    try:
        still.write_bytes(encode_jpeg(picture, width=STILL_WIDTH))
    except Exception as err:  # noqa: BLE001 - whatever a damaged video makes FFmpeg raise
        _LOGGER.warning("The still of clip %s is missing: %s", clip.id, err)
        with suppress(OSError):
            still.unlink()
        return None
    return still.relative_to(clips_dir).as_posix()
