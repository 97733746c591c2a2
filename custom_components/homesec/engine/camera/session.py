"""One camera: the parts that a packet passes, and the thread on which it does.

source -> pre-roll buffer (+ recording) -> frame sampler -> detection pool -> tracker -> presence

Another thread reads the source (``SourceReader``), so that it never waits for what happens here.
"""

from contextlib import closing
import logging
from threading import Event
from typing import TYPE_CHECKING

from ..capture.reconnecting_source import CameraSource
from ..capture.source_reader import HealthReport, Idle, SourceReader
from ..core.activity_board import BOARD, Work
from ..core.errors import CameraNotRunning, HomeSecError, SourceError
from ..core.events import (
    DetectionEnded,
    DetectionStarted,
    DetectionUpdated,
)
from ..core.types import (
    Activity,
    CameraHealth,
    DecodePolicy,
    SourceKind,
)
from ..live.output import LiveOutput
from ..media.packet_buffer import PreRollBuffer
from ..media.packets import MediaPacket
from ..recording.controller import RecordingController
from ..tracking.presence import Step
from .audio_log import AudioLog
from .camera_meters import CameraMeters
from .camera_pictures import CameraPictures
from .camera_sampler import CameraSampler
from .command_queue import CommandQueue
from .defects import Defects
from .detection_loop import DetectionLoop
from .health_reporter import HealthReporter
from .keyframe_check import KeyframeCheck
from .wake import Waker
from .watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from random import Random

    from ..capture.source_reader import Item
    from ..core.clip_sink import ClipSink
    from ..core.clock import Clock
    from ..core.events import EventSink
    from ..core.source_feed import SourceFeed
    from ..core.types import CameraConfig, CameraStats, Presence, Track
    from ..detection.pool import DetectionPool
    from ..media.decoder import Frame
    from ..recording.writer import ClipWriter
    from ..tracking.presence import PresenceChange
    from .frame_sampler import SampledFrame

_LOGGER = logging.getLogger(__name__)

BUFFER_MARGIN_S = 4.0
"""The buffer is longer than the pre-roll, since a presence is confirmed only after it began."""
BEHIND_S = 10.0  # a thread that is further behind its source skips pictures
UNKNOWN_INTERVAL_S = 60.0  # between keyframes, until it's measured


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
        on_writer: Callable[[ClipWriter], None],
        on_unwatched: Callable[[CameraSession], None],
        clock: Clock,
        rng: Random,
    ) -> None:
        """``on_writer`` is called with each new clip's writer.

        ``on_unwatched`` is called on the camera's thread, again and again, while the camera is off
        and has no viewers, so that nothing needs it.
        """
        self.config = config
        self.next_config = config  # becomes ``config`` between two packets
        self.activity = activity
        self._is_off = activity is Activity.OFF  # and only opened for viewers
        self._on_event = on_event
        self._on_unwatched = on_unwatched
        self._clock = clock
        self._stop = Event()
        lossless = config.source.kind is SourceKind.FILE and not config.source.paced
        self._reader = SourceReader(config.id, is_file=config.source.kind is SourceKind.FILE)
        self._source = CameraSource(
            config.source,
            feed=feed,
            clock=clock,
            rng=rng,
            stop=self._stop,
            on_health=self._reader.report_health,
        )
        self._buffer = PreRollBuffer(config.pre_roll_s + BUFFER_MARGIN_S)
        self._sampler = CameraSampler(
            config,
            self._buffer,
            reader=self._reader,
            timeline=self._source.timeline,
            on_event=on_event,
            clock=clock,
            rng=rng,
            stop=self._stop,
        )
        self._detection = DetectionLoop(
            config,
            pool,
            lossless=lossless,
            on_tracks=self._handle_tracks,
            on_presence=self._handle_presence,
            on_zone=on_event,
            on_unclassified_motion=self._handle_motion,
        )
        self._recording = RecordingController(
            config,
            self._buffer,
            clips_dir=clips_dir,
            catalog=catalog,
            on_event=on_event,
            on_writer=on_writer,
            lossless=lossless,
        )
        self._pictures = CameraPictures(config.id, self._sampler, self._recording, on_event, clock)
        source = self._source
        self.live = LiveOutput(
            self._buffer,
            clock,
            expects_audio=lambda: source.audio_status.is_recorded,
            for_viewers=activity is Activity.OFF,
        )
        self._keyframes = KeyframeCheck(config.id)
        self._commands = CommandQueue()
        self._waker = Waker(self._commands, self._sampler, self._detection, clock)
        self._is_behind = False
        self._watch = Watch(clock)
        self._reporter = HealthReporter(config, self._watch, on_event, is_off=self._is_off)
        self._now = (0.0, clock.now())  # ``t`` and ``at`` of the newest packet, or without one
        self._meters = CameraMeters(self._source, self._sampler)
        self._defects = Defects(clock, rng)
        self._audio_log = AudioLog()

    @property
    def health(self) -> CameraHealth:
        """The state of the connection, as reported last."""
        return self._reporter.health

    def stop(self) -> None:
        """Ask ``run`` to end, without waiting for that."""
        self._stop.set()
        self._detection.cancel()

    def reconfigure(self, config: CameraConfig, activity: Activity) -> None:
        """Use another configuration of the same source, without an interruption."""
        self.next_config = config
        self.activity = activity

    def jpeg(self, *, width: int | None = None) -> bytes | None:
        """Encode the newest frame; None if there is none yet."""
        return self._pictures.jpeg(width=width)

    def newest_frame(self) -> Frame | None:
        """Return the newest frame; for some seconds, all that follow are decoded."""
        return self._pictures.newest()

    def start_recording(self, duration_s: float | None) -> str:
        """Start a manual recording; return its clip's id. Raises ``CameraNotRunning``."""
        return self._run_command(lambda: self._start_recording(duration_s))

    def stop_recording(self) -> None:
        """End a manual recording; a presence keeps the clip open. Raises ``CameraNotRunning``."""
        self._run_command(self._recording.stop_manual)

    def wake(self, sensor: str, *, trusted: bool) -> None:
        """Look closely for some seconds, since a sensor reports something; from any thread."""
        if self.activity is not Activity.OFF:
            self._waker.submit(sensor, trusted=trusted, now=lambda: self._now)

    def learn_scene(self) -> None:
        """Learn the scene anew, since the camera is moved on purpose; from any thread."""
        self._commands.post(self._sampler.learn_scene)

    def _run_command[T](self, action: Callable[[], T]) -> T:
        if self.health is not CameraHealth.RUNNING:
            raise CameraNotRunning
        return self._commands.submit(action)

    def stats(self) -> CameraStats:
        """Return the current statistics."""
        return self._meters.stats(running=self.health is CameraHealth.RUNNING)

    def run(self) -> None:
        """Run the camera until ``stop``, or until a file that is played once has ended."""
        BOARD.bind(self.config.id)
        self._reporter.set_health(CameraHealth.CONNECTING, None)
        try:
            while not self._stop.is_set():
                try:
                    self._run()
                except Exception as err:  # noqa: BLE001 - logged: a defect must not cost the camera
                    wait_s = self._defects.log(err, self.config.name)
                else:
                    return
                self._handle_gap()
                self._reporter.set_health(CameraHealth.LOST, HomeSecError())
                self._stop.wait(wait_s)
        finally:
            self._detection.end()
            self._recording.end()
            self._commands.cancel_all()
            self.live.close()
            self._reporter.set_health(CameraHealth.OFF, None)

    def _run(self) -> None:
        items = self._reader.items(self._source.packets())
        with closing(self._sampler), closing(items):
            for item in items:
                with BOARD.working(Work.DECODE):
                    self._handle(item)
        self._detection.wait(self._stop)

    def _handle(self, item: Item) -> None:
        self._watch.handled()
        self._commands.run_pending()
        self._apply_config(self.next_config)
        self._apply_activity()
        self._detection.process_results()
        if not self._is_off and not self._stop.is_set():  # what waits is only recorded then
            self._sample_detect_stream()
        match item:
            case HealthReport():
                self._handle_gap()
                self._handle_connection(item)
            case Idle.DISCONNECTED:
                self._handle_gap()
                self._now = (self._source.timeline.now, self._clock.now())
                self._detection.tick(self._now[0])
            case MediaPacket():
                self._handle_or_refuse(item)
        self.check_watched()

    def _handle_connection(self, report: HealthReport) -> None:
        if report.health is CameraHealth.RUNNING:
            self._reporter.connect()
        else:
            self._reporter.set_health(report.health, report.error)

    def check_watched(self) -> None:
        """Report whether the connected camera is watched, too; from any thread."""
        only_keyframes = self.config.decode_policy is DecodePolicy.ECONOMY
        interval_s = self._sampler.looked_at_interval_s or UNKNOWN_INTERVAL_S
        self._reporter.check(interval_s if only_keyframes else 0.0)

    def _handle_or_refuse(self, packet: MediaPacket) -> None:
        try:
            self._handle_packet(packet)
        except SourceError as err:  # a decoded picture is one that no camera sends
            self._source.refuse(err)
            self._reader.refuse()

    def _apply_config(self, config: CameraConfig) -> None:
        if config is self.config:
            return
        self.config = self._reporter.config = config
        self._buffer.set_seconds(config.pre_roll_s + BUFFER_MARGIN_S)
        self._sampler.reconfigure(config)
        self._recording.reconfigure(config)
        self._detection.reconfigure(config)

    def _apply_activity(self) -> None:
        """Begin or end to detect; the connection stays while there are viewers."""
        is_off = self.activity is Activity.OFF
        if is_off and not self.live.is_wanted:
            self._on_unwatched(self)
        if is_off == self._is_off:
            return
        self._is_off = is_off
        self._sampler.reset()
        if is_off:
            self._detection.start_over()
            self._sampler.close()
            self._recording.end()
            self._commands.cancel_all()
        self._reporter.set_off(is_off=is_off)

    def _start_recording(self, duration_s: float | None) -> str:
        clip_id = self._recording.start_manual(*self._now, duration_s)
        if (frame := self._sampler.latest) is not None:
            self._recording.offer_still(frame)
        return clip_id

    def _handle_packet(self, packet: MediaPacket) -> None:
        self._now = (packet.t, packet.at)
        self._buffer.keep_since(self._detection.undecided_since(packet.t) - self.config.pre_roll_s)
        self._buffer.push(packet)
        self.live.feed(packet)
        if self._is_off:
            if packet.is_video:
                self._sampler.show(packet, watched=self._pictures.are_requested)
            return
        self._recording.feed(packet)
        self._meters.feed(packet)
        if not packet.is_video:
            return
        self._check_keyframes(packet)
        self._audio_log.update(self._source.audio_status, self.config.name)
        if not self._skips(packet):
            self._sample(packet)
        self._meters.count_decoded(packet.t)
        self._watch.observe(
            decoded=self._sampler.decoded,
            compared=self._sampler.compared,
            answers=self._detection.answers,
            is_waiting=self._detection.is_waiting,
        )
        self._detection.advance(packet.t)

    def _sample(self, packet: MediaPacket) -> None:
        frames = self._sampler.feed(
            packet,
            present=bool(self._detection.present),
            watched=self._pictures.are_requested,
        )
        self._submit(frames)
        self._recording.feed_frames(self._sampler.newest)

    def _sample_detect_stream(self) -> None:
        frames = self._sampler.feed_detect_stream(
            self._now[0],
            present=bool(self._detection.present),
            main_works=self._reporter.is_connected,
        )
        self._submit(frames)

    def _submit(self, frames: Iterable[SampledFrame]) -> None:
        for sampled in frames:
            self._commands.run_pending()  # a replayed frame may wait for the detector
            self._detection.submit(sampled)
        frame = self._sampler.latest
        if frame is not None and self._pictures.take_due(frame):
            self._show(frame)

    def _skips(self, packet: MediaPacket) -> bool:
        """Return whether a picture isn't decoded, since this thread is too far behind the source.

        Then only keyframes are, up to the newest; all packets are recorded nevertheless.
        """
        if packet.random_access:
            self._is_behind = False
        elif self._reader.newest_keyframe_t - packet.t > BEHIND_S:
            self._is_behind = True
        return self._is_behind

    def _check_keyframes(self, packet: MediaPacket) -> None:
        change = self._keyframes.update(
            packet.t, starts_gop=packet.random_access, overflowed=self._buffer.overflowed
        )
        if change is not None:
            if change.seconds:
                _LOGGER.warning(
                    "%s has sent no keyframe for %.0f s, so clips have no pre-roll",
                    self.config.name, change.seconds,
                )  # fmt: skip
            self._on_event(change)

    def _handle_gap(self) -> None:
        """Reset what must not continue after a gap in the video."""
        self._recording.end()
        self._recording.audio = None
        self.live.handle_gap()
        self._buffer.clear()
        self._keyframes.start_over()
        self._sampler.reset()
        self._meters.restart()

    def _handle_tracks(
        self, sampled: SampledFrame, tracks: list[Track], verified: list[int]
    ) -> None:
        recorded = self._recorded_presences
        if self.activity is not Activity.RECORD:
            self._recording.ignore_presence()
        elif tracks and recorded:
            # Opens a clip again after a gap, with the first track.
            self._recording.presence_seen(recorded[0], *self._now)
        self._recording.add_tracks(sampled.frame.t, tracks, recorded, verified)
        moved = [track for track in tracks if track.moved]
        self._pictures.offer(sampled.frame, moved, is_present=bool(self._detection.present))

    def _handle_motion(self, sampled: SampledFrame) -> None:
        """Record motion that no detector can classify: rather a clip of a cat than none."""
        if self.activity is not Activity.RECORD:
            return
        self._recording.motion_seen(sampled.frame.t, sampled.frame.at)
        self._recording.offer_still(sampled.frame)

    @property
    def _recorded_presences(self) -> list[Presence]:
        return [x for x in self._detection.present if self.config.rule(x.label).records]

    def _handle_presence(self, change: PresenceChange) -> None:
        presence = change.presence
        match change.step:
            case Step.ENTERED:
                self._pictures.begin(presence, change.t)
                records = self.config.rule(presence.label).records
                if records and self.activity is Activity.RECORD:
                    self._recording.presence_seen(presence, change.t, presence.first_seen_at)
                self._on_event(DetectionStarted(presence=presence, clip_id=self._recording.clip_id))
                if self._detection.verifies:
                    self._pictures.show_candidate(presence, change.t)
            case Step.UPDATED:
                self._on_event(DetectionUpdated(presence=presence))
            case Step.LEFT:
                self._pictures.end()
                clip_id = self._recording.clip_id
                if not self._recorded_presences:
                    self._recording.presence_ended(self._now[0])
                self._on_event(DetectionEnded(presence=presence, clip_id=clip_id))

    def _show(self, frame: Frame) -> None:
        """Show what there is at a sensor's word; record it, if the camera was lost until now."""
        if self.activity is Activity.RECORD and (recorded := self._recorded_presences):
            self._recording.presence_seen(recorded[0], *self._now)
        self._pictures.show(frame)
