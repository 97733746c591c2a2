"""Pictures of a camera: requested ones, snapshots of who is there, and stills of clips."""

import math
from typing import TYPE_CHECKING

from ..core.events import SnapshotTaken
from ..media.jpeg import draw_boxes, encode_jpeg

if TYPE_CHECKING:
    from ..core.clock import Clock
    from ..core.events import EventSink
    from ..core.types import Presence, Track
    from ..media.decoder import Frame
    from ..recording.controller import RecordingController
    from .camera_sampler import CameraSampler

WATCHED_S = 5.0  # every frame is decoded for this long after the last picture was requested
SNAPSHOT_GAIN = 0.08  # a new snapshot is sent when its confidence is higher by this much…
SNAPSHOT_GAP_S = 1.0  # …and the last one is this old


class CameraPictures:
    """Gives pictures of one camera to who asks, sends snapshots, and offers stills to its clip."""

    def __init__(
        self,
        camera_id: str,
        sampler: CameraSampler,
        recording: RecordingController,
        on_event: EventSink,
        clock: Clock,
    ) -> None:
        """``on_event`` gets a ``SnapshotTaken`` for each snapshot."""
        self._camera_id = camera_id
        self._sampler = sampler
        self._recording = recording
        self._on_event = on_event
        self._clock = clock
        self._requested_until = -math.inf
        self._score = 0.0  # the confidence of the last snapshot
        self._t = -math.inf  # its time
        self._due_t = math.inf  # from when on to show what a sensor's word is about
        self._candidate: tuple[Frame, list[Track]] | None = None
        """The last picture before a presence was confirmed."""

    def jpeg(self, *, width: int | None) -> bytes | None:
        """Encode the newest frame; None if there is none yet. From any thread, as ``newest``."""
        frame = self._sampler.small_frame(width) or self.newest()
        return None if frame is None else encode_jpeg(frame.picture, width=width)

    def newest(self) -> Frame | None:
        """Return the newest frame; for ``WATCHED_S``, all that follow are decoded."""
        self._requested_until = self._clock.monotonic() + WATCHED_S
        return self._sampler.latest

    @property
    def are_requested(self) -> bool:
        """Whether a picture was requested a moment ago."""
        return self._clock.monotonic() < self._requested_until

    def begin(self, presence: Presence, t: float) -> None:
        """Let the first picture of a new presence be a snapshot."""
        self._score = 0.0
        self._due_t = math.inf if presence.sensor is None else t

    def show_candidate(self, presence: Presence, t: float) -> None:
        """Send the picture that a new presence was verified by, if it was seen there since ``t``.

        An alert may be sent before the next picture was looked at.
        """
        candidate, self._candidate = self._candidate, None
        if presence.sensor is None and candidate is not None and candidate[0].t >= t:
            self._offer_snapshot(*candidate)

    def end(self) -> None:
        """Show no picture of a presence that has ended."""
        self._due_t = math.inf

    def take_due(self, frame: Frame) -> bool:
        """Return, once, whether a sensor's word waits for this picture."""
        is_due = frame.t >= self._due_t
        if is_due:
            self._due_t = math.inf
        return is_due

    def show(self, frame: Frame) -> None:
        """Send what there is at a sensor's word, and offer it to the clip."""
        self._recording.offer_still(frame)
        jpeg = encode_jpeg(self._sampler.best_picture(frame).picture)
        self._on_event(SnapshotTaken(camera_id=self._camera_id, at=frame.at, jpeg=jpeg))

    def offer(self, frame: Frame, tracks: list[Track], *, is_present: bool) -> None:
        """Offer a still to the clip, and send a snapshot that is clearly better than the last.

        ``is_present``: a presence is confirmed. Before that, there is a still at most.
        """
        if not tracks:
            return
        if not is_present:
            self._candidate = frame, tracks
            if self._recording.clip_id is None:  # perhaps its candidate is confirmed
                self._recording.offer_still(frame, tracks)
            return
        self._recording.offer_still(frame, tracks)
        self._offer_snapshot(frame, tracks)

    def _offer_snapshot(self, frame: Frame, tracks: list[Track]) -> None:
        best = max(tracks, key=lambda track: track.score)
        better = best.score >= self._score + SNAPSHOT_GAIN
        if better and frame.t - self._t >= SNAPSHOT_GAP_S:
            self._score, self._t = best.score, frame.t
            picture = self._sampler.best_picture(frame)
            jpeg = encode_jpeg(draw_boxes(picture, [track.box for track in tracks]))
            self._on_event(SnapshotTaken(camera_id=self._camera_id, at=frame.at, jpeg=jpeg))
