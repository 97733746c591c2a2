"""When a camera's clip begins, goes on and ends.

A clip begins with the pre-roll before the first sight, goes on while somebody is here (or while
recording was asked for), and ends after the post-roll. What lasts longer than the longest clip goes
on in the next one, from the keyframe where the one before ended.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
import logging
import math
from typing import TYPE_CHECKING

from ..core.clip_id import new_clip_id
from ..core.errors import CameraNotRunning
from ..core.track_log import TrackLog
from ..core.types import Clip, ClipState, Trigger
from ..media.packets import TICKS
from .writer import ClipResult, ClipWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ..core.events import EventSink
    from ..core.types import CameraConfig, Presence, Track
    from ..media.decoder import Frame
    from ..media.packet_buffer import PreRollBuffer
    from ..media.packets import MediaFormat, MediaPacket
    from .writer import ClipSink

_LOGGER = logging.getLogger(__name__)

LOOK_BACK_S = 4.0
"""Looks are kept for so much longer than the pre-roll: recognising somebody takes a moment."""
RETRY_S = 30.0
"""After the disk refused a clip, the next one begins no sooner than this."""


@dataclass(slots=True)
class _Open:
    """The clip that is being recorded."""

    recorder: ClipWriter
    video: MediaFormat
    start_t: float
    sights: TrackLog
    label: str | None = None
    score: float | None = None
    best: Frame | None = None
    best_score: float = -1.0
    shown_pts: int = -1
    """When the picture is shown that is shown last of those until now."""

    def feed(self, packet: MediaPacket) -> None:
        """Append a packet."""
        if packet.is_video:
            self.shown_pts = max(self.shown_pts, packet.data.pts or 0)
        self.recorder.feed(packet)

    def is_in_order_before(self, packet: MediaPacket) -> bool:
        """Whether no picture is missing if the clip ends before this one: it is no B-frame."""
        return (packet.data.pts or 0) > self.shown_pts


class RecordingController:
    """The clips of one camera; all calls come from the camera's thread."""

    def __init__(
        self,
        config: CameraConfig,
        ring: PreRollBuffer,
        *,
        clips_dir: Path,
        catalog: ClipSink,
        on_event: EventSink,
        on_recorder: Callable[[ClipWriter], None],
        lossless: bool,
    ) -> None:
        """``on_recorder`` is told of each new recorder, so that its owner can wait for it."""
        self._config = config
        self._ring = ring
        self._clips_dir = clips_dir
        self._catalog = catalog
        self._on_event = on_event
        self._on_recorder = on_recorder
        self._lossless = lossless
        self._open: _Open | None = None
        self._present = False
        self._until_t = -math.inf
        """End of the post-roll."""
        self._manual_until_t = -math.inf
        self._retry_t = -math.inf
        self._seen: deque[tuple[float, tuple[Track, ...]]] = deque()
        """The last looks: whoever is in the pre-roll was seen before the clip began."""
        self.audio: MediaFormat | None = None
        """The sound of the present connection."""

    @property
    def clip_id(self) -> str | None:
        """The clip that is being recorded."""
        return self._open.recorder.clip.id if self._open else None

    def adopt(self, config: CameraConfig) -> None:
        """Go by another configuration from now on; a clip that is open goes on."""
        self._config = config

    # --- what makes a clip --------------------------------------------------------------------

    def present(self, presence: Presence, t: float, at: float) -> None:
        """Somebody is here, seen (first, or again) at ``t``; begins a clip if none is open."""
        self._present = True
        if self._open is None and t >= self._retry_t:
            self._begin(
                t,
                at,
                Trigger.PRESENCE,
                back_s=self._config.pre_roll_s,
                label=presence.label,
                score=presence.score,
            )
        self._describe(presence)

    def leave(self, t: float) -> None:
        """Nobody is here any more."""
        self._present = False
        self._until_t = max(self._until_t, t + self._config.post_roll_s)

    def release(self) -> None:
        """Who is here is not to be recorded any more: no post-roll."""
        self._present = False

    def motion(self, t: float, at: float) -> None:
        """Something moves, and nobody can tell what; begins a clip if none is open."""
        if self._open is None and t >= self._retry_t:
            self._begin(t, at, Trigger.MOTION, back_s=self._config.pre_roll_s)
        self._until_t = max(self._until_t, t + self._config.post_roll_s)

    def record(self, t: float, at: float, duration_s: float | None) -> str:
        """Record from now on for ``duration_s``, or until the clip is full; returns its id.

        Raises ``CameraNotRunning`` before the first picture has come.
        """
        if self._open is None:
            self._begin(t, at, Trigger.MANUAL, back_s=self._config.pre_roll_s)
        if self._open is None:
            raise CameraNotRunning
        full_t = self._open.start_t + self._config.max_clip_s
        self._manual_until_t = full_t if duration_s is None else t + duration_s
        return self._open.recorder.clip.id

    def stop_record(self) -> None:
        """Take back what ``record`` asked for."""
        self._manual_until_t = -math.inf

    def _describe(self, presence: Presence) -> None:
        """Keep what the clip shows: the label that comes first in the camera's choice wins."""
        if (clip := self._open) is None:
            return
        # One that was chosen before, and is not any more, comes last.
        rank = [*self._config.labels, clip.label].index
        if clip.label is None or rank(presence.label) < rank(clip.label):
            clip.label, clip.score = presence.label, presence.score
        elif clip.label == presence.label:
            clip.score = max(clip.score or 0.0, presence.score)
        clip.sights.include([presence.track_id])
        clip.sights.add_zones(presence.zones)

    def add_tracks(
        self,
        t: float,
        tracks: Iterable[Track],
        present: Iterable[Presence],
        evident: Iterable[int],
    ) -> None:
        """Keep who was seen where, for the clip that is open or the one that this begins.

        ``evident``: ids of the tracks that are to be in it, from their first look to their last.
        """
        seen = tuple(tracks)
        self._seen.append((t, seen))
        while t - self._seen[0][0] > self._config.pre_roll_s + LOOK_BACK_S:
            self._seen.popleft()
        if self._open is not None:
            self._open.sights.add(t, seen)
            self._open.sights.include(evident)
            self._open.sights.add_zones(zone for each in present for zone in each.zones)

    def offer_still(self, frame: Frame, worth: float) -> None:
        """Keep a picture for the still, if it is worth more than the one before."""
        if self._open is not None and worth > self._open.best_score:
            self._open.best, self._open.best_score = frame, worth

    # --- packets ------------------------------------------------------------------------------

    def feed(self, packet: MediaPacket) -> None:
        """Take the newest packet, which is in the ring already."""
        if not packet.is_video:
            self.audio = packet.format
        if (clip := self._open) is None:
            return
        if clip.recorder.broken:
            self._retry_t = packet.t + RETRY_S
            self.end()
            return
        if packet.is_video and self._is_over(packet.t) and clip.is_in_order_before(packet):
            self.end()
            return
        if packet.is_video and packet.keyframe:
            too_long = packet.t - clip.start_t >= self._config.max_clip_s
            if too_long or packet.format is not clip.video:
                self._go_on(clip, packet)
                return
        clip.feed(packet)

    def end(self) -> None:
        """End the clip now: the camera is lost, switched off, or the time is over."""
        if (clip := self._open) is None:
            return
        self._open = None
        clip.recorder.end(ClipResult(label=clip.label, score=clip.score, best=clip.best))

    def _is_over(self, t: float) -> bool:
        return not self._present and t >= max(self._until_t, self._manual_until_t)

    def _go_on(self, before: _Open, packet: MediaPacket) -> None:
        """End the clip at this keyframe and begin the next with it."""
        self.end()
        self._begin(
            packet.t,
            packet.at,
            before.recorder.clip.trigger,
            back_s=0.0,
            label=before.label,
            score=before.score,
        )

    def _begin(
        self,
        event_t: float,
        event_at: float,
        trigger: Trigger,
        *,
        back_s: float,
        label: str | None = None,
        score: float | None = None,
    ) -> None:
        """Open a clip that begins at the last keyframe ``back_s`` or more before the event.

        ``label`` and ``score`` are in its row from the start, lest a power cut loses them.
        """
        packets = self._kept(event_t - back_s)
        if not packets:
            _LOGGER.debug("No packet yet to begin a clip with")
            return
        first = packets[0]
        # Counted in film: between the two the wall clock may have been set.
        started_at = event_at - (event_t - (first.data.pts or 0) / TICKS)
        clip = self._clip(started_at, max(event_at, started_at), trigger, label, score)
        # Where the recorder begins the film: at the first packet's picture.
        sights = TrackLog((first.data.pts or 0) / TICKS, self._config.zones)
        for seen_t, tracks in self._seen:
            sights.add(seen_t, tracks)
        recorder = ClipWriter(
            clip,
            audio=self.audio,
            clips_dir=self._clips_dir,
            catalog=self._catalog,
            on_event=self._on_event,
            sights=sights,
            lossless=self._lossless,
        )
        self._open = _Open(
            recorder=recorder,
            video=first.format,
            start_t=first.t,
            sights=sights,
            label=label,
            score=score,
        )
        recorder.start()
        self._on_recorder(recorder)
        for packet in packets:
            self._open.feed(packet)

    def _kept(self, since_t: float) -> list[MediaPacket]:
        """Return the last packets, from a picture on; after a change of format, of the new one."""
        packets = self._ring.packets_since(since_t)
        newest = next((p.format for p in reversed(packets) if p.is_video), None)
        if newest is None:
            return []
        packets = [p for p in packets if not p.is_video or p.format is newest]
        return packets[next(i for i, p in enumerate(packets) if p.is_video) :]

    def _clip(
        self,
        started_at: float,
        event_at: float,
        trigger: Trigger,
        label: str | None,
        score: float | None,
    ) -> Clip:
        """Return a new clip, both times in UTC epoch seconds."""
        clip_id = new_clip_id(event_at)
        day = datetime.fromtimestamp(event_at, UTC).date().isoformat()
        return Clip(
            id=clip_id,
            camera_id=self._config.id,
            camera_name=self._config.name,
            state=ClipState.RECORDING,
            trigger=trigger,
            started_at=started_at,
            event_at=event_at,
            label=label,
            score=score,
            path=f"{self._config.id}/{day}/{clip_id}.mp4",
        )
