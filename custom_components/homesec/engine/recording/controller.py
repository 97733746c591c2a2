"""When a camera's clips begin and end.

A clip begins with the pre-roll, goes on during a presence (or for a manual recording), and
ends after the post-roll. At its longest length it rolls over: the next clip begins with the
random access point at which it ended. While a GOP is larger than the pre-roll buffer, there is no
packet that a clip could begin with: it's encoded from the decoded frames then.
"""

from collections import deque
from datetime import UTC, datetime
import logging
import math
from typing import TYPE_CHECKING

from ..core.clip_id import new_clip_id
from ..core.errors import CameraNotRunning
from ..core.events import ClipsLimited
from ..core.track_log import TrackLog
from ..core.types import Clip, ClipState, Trigger
from ..media.jpeg import still_quality
from ..media.packets import TICKS
from .muxer import first_complete
from .open_clip import NextClip, OpenClip
from .raw_video import raw_format, raw_packet
from .writer import ClipResult, ClipWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from ..core.clip_sink import ClipSink
    from ..core.events import EventSink
    from ..core.types import CameraConfig, Presence, Track
    from ..media.decoder import Frame
    from ..media.packet_buffer import PreRollBuffer
    from ..media.packets import MediaFormat, MediaPacket

_LOGGER = logging.getLogger(__name__)

TRACKS_MARGIN_S = 4.0
"""Tracks are kept this much longer than the pre-roll, or as long as the buffer's packets, since a
presence is confirmed only after it began."""
MIN_CLIP_S = 2.0  # a clip whose format changes earlier isn't followed by another one at once
OVERTIME_S = 60.0  # a clip may be this much too long while no random access point comes
MAX_CLIPS, LIMIT_S = 10, 60.0  # no more clips of a camera begin within this time
RETRY_S = 30.0  # after the disk refused a clip, the next one begins no sooner


class RecordingController:
    """Opens and ends the clips of one camera; all calls come from the camera's thread.

    ``t`` is on the camera's timeline, ``at`` in UTC epoch seconds.
    """

    def __init__(
        self,
        config: CameraConfig,
        buffer: PreRollBuffer,
        *,
        clips_dir: Path,
        catalog: ClipSink,
        on_event: EventSink,
        on_writer: Callable[[ClipWriter], None],
        lossless: bool,
    ) -> None:
        """``on_writer`` is called with each new writer, so that its owner can wait for it."""
        self._config = config
        self._buffer = buffer
        self._clips_dir = clips_dir
        self._catalog = catalog
        self._on_event = on_event
        self._on_writer = on_writer
        self._lossless = lossless
        self._open: OpenClip | None = None
        self._present = False
        self._until_t = -math.inf  # end of the post-roll
        self._manual_until_t = -math.inf
        self._retry_t = -math.inf
        self._started: deque[float] = deque(maxlen=MAX_CLIPS)  # ``at`` of the last clips' starts
        self._limited = False
        self._next: NextClip | None = None
        self._frame: Frame | None = None  # the newest, while the buffer can't begin a clip
        self._recent_tracks: deque[tuple[float, tuple[Track, ...]]] = deque()
        """Of the last frames, since tracks in the pre-roll were seen before the clip began."""
        self._early_still: tuple[Frame, tuple[Track, ...]] | None = None
        """The last frame that was offered before a clip began: a presence is confirmed later."""
        self.audio: MediaFormat | None = None  # the audio of the present connection

    @property
    def clip_id(self) -> str | None:
        """The clip that is being recorded."""
        return self._open.writer.clip.id if self._open else None

    def reconfigure(self, config: CameraConfig) -> None:
        """Use another configuration; an open clip goes on."""
        self._config = config

    def presence_seen(self, presence: Presence, t: float, at: float) -> None:
        """Keep a clip open during a presence; begin one at ``t`` if none is open."""
        self._present = True
        if self._open is None and self._may_begin(t, at):
            self._begin(
                t,
                at,
                Trigger.PRESENCE,
                label=presence.label,
                score=presence.seen_score,
                sensor=presence.sensor,
            )
        if (clip := self._open) is None:
            return
        clip.describe(presence, self._config.labels)
        clip.track_log.include([presence.track_id])
        clip.track_log.add_zones(presence.zones)

    def presence_ended(self, t: float) -> None:
        """Begin the post-roll."""
        self._present = False
        self._until_t = max(self._until_t, t + self._config.post_roll_s)

    def ignore_presence(self) -> None:
        """End the clip without a post-roll, since presences aren't recorded anymore."""
        self._present = False
        self._next = None

    def motion_seen(self, t: float, at: float) -> None:
        """Record motion as long as it lasts; begin a clip if none is open."""
        if self._open is None and self._may_begin(t, at):
            self._begin(t, at, Trigger.MOTION)
        self._until_t = max(self._until_t, t + self._config.post_roll_s)

    def start_manual(self, t: float, at: float, duration_s: float | None) -> str:
        """Record for ``duration_s``, or up to the longest length for None; return the clip's id.

        Raises ``CameraNotRunning`` before the first picture has come.
        """
        if self._open is None:
            self._begin(t, at, Trigger.MANUAL)
        if self._open is None:
            raise CameraNotRunning
        full_t = self._open.start_t + self._config.max_clip_s
        until_t = full_t if duration_s is None else t + duration_s
        # A second request never shortens the first: only ``stop_manual`` does.
        self._manual_until_t = max(self._manual_until_t, until_t)
        return self._open.writer.clip.id

    def stop_manual(self) -> None:
        """End a manual recording; a presence keeps the clip open."""
        self._manual_until_t = -math.inf

    def add_tracks(
        self,
        t: float,
        tracks: Iterable[Track],
        present: Iterable[Presence],
        verified: Iterable[int],
    ) -> None:
        """Record track positions for the open clip, or for one that begins soon.

        ``verified``: ids of tracks that belong into the clip, from their first position on.
        """
        positions = tuple(tracks)
        self._recent_tracks.append((t, positions))
        kept_s = max(self._config.pre_roll_s + TRACKS_MARGIN_S, self._buffer.seconds)
        while t - self._recent_tracks[0][0] > kept_s:
            self._recent_tracks.popleft()
        if self._open is not None:
            self._open.track_log.add(t, positions)
            self._open.track_log.include(verified)
            self._open.track_log.add_zones(zone for each in present for zone in each.zones)

    def offer_still(self, frame: Frame, tracks: Iterable[Track] = ()) -> None:
        """Use a frame for the still if it shows the clip's label better than the last one."""
        if (clip := self._open) is None:
            self._early_still = frame, tuple(tracks)
            return
        shown = [x for x in tracks if clip.label in (None, x.label)]
        quality = max(map(still_quality, shown), default=0.0)
        if quality > clip.still_quality:
            clip.still, clip.still_quality = frame, quality
            named = shown if clip.label is not None else ()
            clip.still_score = max((x.score for x in named), default=None)

    def feed(self, packet: MediaPacket) -> None:
        """Process the newest packet, which is in the buffer already."""
        if not packet.is_video:
            self.audio = packet.format
        if (clip := self._open) is None:
            if packet.is_video and self._next is not None:
                self._begin_next(self._next, packet)
            return
        if clip.writer.failed:
            self._retry_t = packet.t + RETRY_S
            self.end()
        elif packet.is_video and self._is_over(packet.t) and clip.can_end_before(packet):
            self.end()
        elif packet.is_video and self._must_roll_over(clip, packet):
            self._roll_over(clip, packet)
        elif not (packet.is_video and clip.encoded):
            clip.feed(packet)

    def feed_frames(self, frames: list[Frame]) -> None:
        """Process what was decoded of the newest packet, for a clip that packets can't begin."""
        self._frame = frames[-1] if frames and self._buffer.overflowed else None
        if (clip := self._open) is not None and clip.encoded:
            for frame in frames:
                clip.feed(raw_packet(frame, clip.video))

    def end(self) -> None:
        """End the open clip now."""
        self._next = None
        if (clip := self._open) is None:
            return
        self._open = None
        # Both are shown together, so the confidence is that of the picture.
        score = clip.score if clip.still_score is None else clip.still_score
        still_s = 0.0 if clip.still is None else max(0.0, clip.still.t - clip.first_t)
        clip.writer.end(
            ClipResult(
                label=clip.label,
                score=score,
                sensor=clip.sensor,
                still=clip.still,
                still_s=still_s,
            )
        )

    def _may_begin(self, t: float, at: float) -> bool:
        """Return whether another clip may begin; report it when too many did in a short time.

        Counted by the wall clock: a camera can make its own clock run fast.
        """
        if t < self._retry_t:
            return False
        full = len(self._started) == MAX_CLIPS and 0 <= at - self._started[0] < LIMIT_S
        if full is not self._limited:
            self._limited = full
            if full:
                _LOGGER.warning(
                    "%s started %d clips within %.0f s, and has to wait",
                    self._config.name, MAX_CLIPS, LIMIT_S,
                )  # fmt: skip
            clips = MAX_CLIPS if full else 0
            self._on_event(ClipsLimited(camera_id=self._config.id, clips=clips))
        return not full

    def _is_over(self, t: float) -> bool:
        return not self._present and t >= max(self._until_t, self._manual_until_t)

    def _must_roll_over(self, clip: OpenClip, packet: MediaPacket) -> bool:
        if packet.random_access and packet.format is not clip.video:
            return True
        over_s = packet.t - clip.start_t - self._config.max_clip_s
        left_s = max(self._until_t, self._manual_until_t) - packet.t
        if not self._present and left_s < MIN_CLIP_S:
            return False  # it ends so soon that another clip would be too short
        if packet.random_access:
            return over_s >= 0
        return self._frame is not None and over_s >= (0 if clip.encoded else OVERTIME_S)

    def _roll_over(self, clip: OpenClip, packet: MediaPacket) -> None:
        """End the clip before this packet, and begin the next with it."""
        self.end()
        if packet.t - clip.start_t < MIN_CLIP_S:
            self._retry_t = packet.t + MIN_CLIP_S
        self._next = NextClip(
            packet.t, clip.writer.clip.trigger, clip.label, clip.score, clip.sensor
        )
        self._begin_next(self._next, packet)

    def _begin_next(self, following: NextClip, packet: MediaPacket) -> None:
        """Begin the clip that follows another one, unless clips get too many."""
        if packet.t - following.since_t > 2 * MIN_CLIP_S:
            self._next = None  # too many clips: a presence that is still there begins the next
        elif self._may_begin(packet.t, packet.at):
            self._begin(
                following.since_t,
                packet.at - (packet.t - following.since_t),
                following.trigger,
                pre_roll_s=0.0,
                label=following.label,
                score=following.score,
                sensor=following.sensor,
            )

    def _begin(
        self,
        event_t: float,
        event_at: float,
        trigger: Trigger,
        *,
        pre_roll_s: float | None = None,
        label: str | None = None,
        score: float | None = None,
        sensor: str | None = None,
    ) -> None:
        """Open a clip with the last packets that show ``pre_roll_s`` or more before the event.

        ``label``, ``score``, and ``sensor`` are in its row from the start, so that a power cut
        loses none of them.
        """
        since_t = event_t - (self._config.pre_roll_s if pre_roll_s is None else pre_roll_s)
        if self._next is not None:
            since_t = min(since_t, self._next.since_t)
        packets = self._buffered_packets(since_t) or self._newest_picture()
        if not packets:
            _LOGGER.debug("No packet yet to start a clip with")
            return
        self._next = None
        first = packets[0]
        first_t = ((first_complete(packets) or first).data.pts or 0) / TICKS
        # By the timeline: the wall clock may have been set in between.
        started_at = event_at - (event_t - first_t)
        track_log = TrackLog(first_t, self._config.zones)
        for t, tracks in self._recent_tracks:
            track_log.add(t, tracks)
        event_at = max(event_at, started_at)
        clip_id = new_clip_id(event_at)
        day = datetime.fromtimestamp(event_at, UTC).date().isoformat()
        clip = Clip(
            id=clip_id,
            camera_id=self._config.id,
            camera_name=self._config.name,
            state=ClipState.RECORDING,
            trigger=trigger,
            started_at=started_at,
            event_at=event_at,
            label=label,
            score=score,
            sensor=sensor,
            path=f"{self._config.id}/{day}/{clip_id}.mp4",
        )
        writer = ClipWriter(
            clip,
            audio=self.audio,
            clips_dir=self._clips_dir,
            catalog=self._catalog,
            on_event=self._on_event,
            track_log=track_log,
            lossless=self._lossless,
        )
        self._open = OpenClip(
            writer=writer,
            video=first.format,
            start_t=first.t,
            first_t=first_t,
            track_log=track_log,
            label=label,
            score=score,
            sensor=sensor,
        )
        self._started.append(event_at)
        writer.start()
        self._on_writer(writer)
        for packet in packets:
            self._open.feed(packet)
        early, self._early_still = self._early_still, None
        if label is not None and early is not None and event_t - early[0].t <= TRACKS_MARGIN_S:
            self.offer_still(*early)

    def _newest_picture(self) -> list[MediaPacket]:
        """Return the newest frame as a packet, while the buffer can't begin a clip."""
        frame = self._frame
        if frame is not None and self._next is not None and frame.t < self._next.since_t:
            return []  # it's in the last clip
        return [] if frame is None else [raw_packet(frame, raw_format(frame))]

    def _buffered_packets(self, since_t: float) -> list[MediaPacket]:
        """Return the packets since a keyframe, of the newest video format only."""
        packets = self._buffer.packets_since(since_t)
        newest = next((p.format for p in reversed(packets) if p.is_video), None)
        if newest is None:
            return []
        packets = [p for p in packets if not p.is_video or p.format is newest]
        return packets[next(i for i, p in enumerate(packets) if p.is_video) :]
