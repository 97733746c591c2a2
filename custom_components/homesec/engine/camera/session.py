"""One camera: the parts in the order in which a packet travels through them.

source -> ring (+ recording) -> lookout -> detector's mailbox -> tracker -> presence -> event
"""

from __future__ import annotations

from contextlib import closing
import logging
import math
from threading import Event
from typing import TYPE_CHECKING

from ..capture import CameraSource
from ..core.errors import CameraNotRunning, HomeSecError
from ..core.events import (
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
    HealthChanged,
    SnapshotTaken,
)
from ..core.types import Activity, CameraHealth, CameraStats, SourceKind
from ..media.jpeg import draw_boxes, encode_jpeg, still_quality
from ..media.packet_buffer import PreRollBuffer
from ..media.rate_meter import RateMeter
from ..recording.controller import RecordingController
from ..tracking.presence import Step
from .command_queue import CommandQueue
from .detection_loop import DetectionLoop
from .frame_sampler import FrameSampler

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from random import Random

    from ..capture import SourceFeed
    from ..core.clock import Clock
    from ..core.events import EventSink
    from ..core.types import CameraConfig, Presence, Track
    from ..detection.pool import DetectionPool
    from ..media.decoder import Frame
    from ..media.packets import MediaPacket
    from ..recording.writer import ClipSink, ClipWriter
    from ..tracking.presence import PresenceChange
    from .frame_sampler import SampledFrame

_LOGGER = logging.getLogger(__name__)

RING_MARGIN_S = 4.0
"""The ring reaches back further than the pre-roll: recognising somebody takes a moment."""
WATCHED_S = 5.0
"""Full frame rate goes on for this long after the last live picture was asked for."""
SNAPSHOT_GAIN = 0.08
"""A new snapshot is sent when its score is better by this much…"""
SNAPSHOT_GAP_S = 1.0
"""…and the last one is this old."""
RESTART_S = 10.0


class CameraSession:
    """Runs one camera on the thread that calls ``run``, until ``stop``."""

    def __init__(
        self,
        config: CameraConfig,
        activity: Activity,
        *,
        feed: SourceFeed | None,
        pool: DetectionPool,
        catalog: ClipSink,
        clips_dir: Path,
        on_event: EventSink,
        on_recorder: Callable[[ClipWriter], None],
        clock: Clock,
        rng: Random,
    ) -> None:
        self.config = config
        self.wanted = config
        """What ``config`` becomes as soon as the camera's thread comes to it."""
        self.activity = activity
        self._on_event = on_event
        self._clock = clock
        self._stop = Event()
        lossless = config.source.kind is SourceKind.FILE and not config.source.paced
        self._source = CameraSource(
            config.source,
            feed=feed,
            clock=clock,
            rng=rng,
            stop=self._stop,
            on_health=self._health_changed,
        )
        self._ring = PreRollBuffer(config.pre_roll_s + RING_MARGIN_S)
        self._lookout = FrameSampler(config, self._ring)
        self._watcher = DetectionLoop(
            config,
            pool,
            lossless=lossless,
            on_look=self._looked,
            on_change=self._presence_changed,
            on_zone=on_event,
            on_stir=self._stirred,
        )
        self._recording = RecordingController(
            config,
            self._ring,
            clips_dir=clips_dir,
            catalog=catalog,
            on_event=on_event,
            on_recorder=on_recorder,
            lossless=lossless,
        )
        self._commands = CommandQueue()
        self._connection = 0
        self._now = (0.0, clock.now())
        """``t`` and ``at`` of the newest packet."""
        self._watched_until = -math.inf
        self._snapshot_score = 0.0
        self._snapshot_t = -math.inf
        self._video_codec = ""
        self._arriving = RateMeter()
        self._decoding = RateMeter()
        self.health = CameraHealth.CONNECTING
        self._reported: tuple[CameraHealth, str | None] | None = None

    # --- for other threads --------------------------------------------------------------------

    def stop(self) -> None:
        """Ask ``run`` to come to its end; returns at once."""
        self._stop.set()
        self._watcher.forget()

    def adopt(self, config: CameraConfig, activity: Activity) -> None:
        """Go on with another configuration of the same source: nothing is interrupted."""
        self.wanted = config
        self.activity = activity

    def jpeg(self, *, width: int | None = None) -> bytes | None:
        """Encode the newest picture; None if there is none yet."""
        frame = self.newest()
        return None if frame is None else encode_jpeg(frame.picture, width=width)

    def newest(self) -> Frame | None:
        """Return the newest picture; those that follow are decoded for a while."""
        self._watched_until = self._clock.monotonic() + WATCHED_S
        return self._lookout.latest

    def record(self, duration_s: float | None) -> str:
        """Begin a clip by hand, full length for None; returns its id.

        Raises ``CameraNotRunning``.
        """
        return self._command(lambda: self._record(duration_s))

    def stop_record(self) -> None:
        """End what ``record`` began, unless somebody is here. Raises ``CameraNotRunning``."""
        self._command(self._recording.stop_record)

    def _command[T](self, action: Callable[[], T]) -> T:
        if self.health is not CameraHealth.RUNNING:
            raise CameraNotRunning
        return self._commands.ask(action)

    def stats(self) -> CameraStats:
        """Return the figures of this moment."""
        frame = self._lookout.latest
        running = self.health is CameraHealth.RUNNING
        return CameraStats(
            fps=self._arriving.rate() if running else 0.0,
            decoded_fps=self._decoding.rate() if running else 0.0,
            keyframe_interval_s=self._lookout.keyframe_interval_s,
            width=frame.width if frame else 0,
            height=frame.height if frame else 0,
            video_codec=self._video_codec,
            reconnects=max(0, self._source.connections - 1),
        )

    # --- the camera's thread ------------------------------------------------------------------

    def run(self) -> None:
        """Work until ``stop``, or until a file that is played once has ended."""
        self._health_changed(CameraHealth.CONNECTING, None)
        try:
            while not self._stop.is_set():
                try:
                    self._run()
                except Exception:
                    # A defect must not cost the camera: say so, and begin anew.
                    _LOGGER.exception("The camera %s failed and starts again", self.config.name)
                else:
                    return
                self._lost()
                self._health_changed(CameraHealth.LOST, HomeSecError.key)
                self._stop.wait(RESTART_S)
        finally:
            self._finish()

    def _run(self) -> None:
        with closing(self._source.packets()) as packets:
            for packet in packets:
                self._commands.run()
                self._adopt(self.wanted)
                self._watcher.take()
                if packet is None:
                    self._lost()
                    self._watcher.tick(self._source.timeline.now)
                else:
                    self._take(packet)
        self._watcher.wait(self._stop)

    def _adopt(self, config: CameraConfig) -> None:
        if config is self.config:
            return
        self.config = config
        self._ring.set_seconds(config.pre_roll_s + RING_MARGIN_S)
        self._lookout.adopt(config)
        self._recording.adopt(config)
        self._watcher.adopt(config)

    def _finish(self) -> None:
        self._watcher.end()
        self._recording.end()
        self._commands.refuse()
        self._health_changed(CameraHealth.OFF, None)

    def _health_changed(self, health: CameraHealth, error: str | None) -> None:
        """Report a change; trying again to connect to a lost camera is none."""
        if (health, error) == self._reported:
            return
        self._reported = (health, error)
        self.health = health
        self._on_event(HealthChanged(camera_id=self.config.id, health=health, error=error))

    def _record(self, duration_s: float | None) -> str:
        clip_id = self._recording.record(*self._now, duration_s)
        if (frame := self._lookout.latest) is not None:
            self._recording.offer_still(frame, 0.0)
        return clip_id

    # --- packets ------------------------------------------------------------------------------

    def _take(self, packet: MediaPacket) -> None:
        if self._connection != self._source.connections:
            self._connection = self._source.connections
            self._lost()
        self._now = (packet.t, packet.at)
        self._ring.push(packet)
        self._recording.feed(packet)
        if not packet.is_video:
            return
        self._video_codec = packet.format.codec
        self._arriving.count(packet.t)
        looks = self._lookout.feed(
            packet,
            present=bool(self._watcher.present),
            watched=self._clock.monotonic() < self._watched_until,
        )
        for look in looks:
            self._watcher.ask(look)
        self._decoding.set_total(packet.t, self._lookout.decoded)
        self._watcher.pass_time(packet.t)

    def _lost(self) -> None:
        """Forget what was, since what comes does not continue it."""
        self._recording.end()
        self._recording.audio = None
        self._ring.clear()
        self._lookout.reconnected()

    # --- what is seen -------------------------------------------------------------------------

    def _looked(self, look: SampledFrame, tracks: list[Track], evident: list[int]) -> None:
        self._keep_recording(seen=bool(tracks))
        self._recording.add_tracks(look.frame.t, tracks, self._recorded, evident)
        self._picture(look.frame, [track for track in tracks if track.moved])

    def _stirred(self, look: SampledFrame) -> None:
        """Something moves and no detector can tell what: better a clip of a cat than none."""
        if self.activity is not Activity.RECORD:
            return
        self._recording.motion(look.frame.t, look.frame.at)
        self._recording.offer_still(look.frame, 0.0)

    def _keep_recording(self, *, seen: bool) -> None:
        """See that a clip is open while somebody is here: also after a break, once seen again."""
        if self.activity is not Activity.RECORD:
            self._recording.release()
        elif seen and (present := self._recorded):
            self._recording.present(present[0], *self._now)

    @property
    def _recorded(self) -> list[Presence]:
        """Who is here and is to be recorded."""
        return [x for x in self._watcher.present if self.config.rule(x.label).records]

    def _presence_changed(self, change: PresenceChange) -> None:
        presence = change.presence
        match change.step:
            case Step.ENTERED:
                self._snapshot_score = 0.0
                records = self.config.rule(presence.label).records
                if records and self.activity is Activity.RECORD:
                    self._recording.present(presence, change.t, presence.first_seen_at)
                self._on_event(DetectionStarted(presence=presence, clip_id=self._recording.clip_id))
            case Step.UPDATED:
                self._on_event(DetectionUpdated(presence=presence))
            case Step.LEFT:
                clip_id = self._recording.clip_id
                if not self._recorded:
                    self._recording.leave(self._now[0])
                self._on_event(DetectionEnded(presence=presence, clip_id=clip_id))

    def _picture(self, frame: Frame, tracks: list[Track]) -> None:
        """Keep the best picture for the clip, and send one that is clearly better."""
        if not tracks or not self._watcher.present:
            return
        best = max(tracks, key=lambda track: track.score)
        self._recording.offer_still(frame, max(still_quality(track) for track in tracks))
        fresh = best.score >= self._snapshot_score + SNAPSHOT_GAIN
        if fresh and frame.t - self._snapshot_t >= SNAPSHOT_GAP_S:
            self._snapshot_score, self._snapshot_t = best.score, frame.t
            jpeg = encode_jpeg(draw_boxes(frame, [track.box for track in tracks]))
            self._on_event(SnapshotTaken(camera_id=self.config.id, at=frame.at, jpeg=jpeg))
