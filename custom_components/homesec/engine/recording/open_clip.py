"""The clip that a camera records, and the one that follows it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.track_log import TrackLog
    from ..core.types import Presence, Trigger
    from ..media.decoder import Frame
    from ..media.packets import MediaFormat, MediaPacket
    from .writer import ClipWriter


@dataclass(frozen=True, slots=True)
class NextClip:
    """A clip that begins once another one may, with what came since the last one ended."""

    since_t: float
    trigger: Trigger
    label: str | None
    score: float | None
    sensor: str | None


@dataclass(slots=True)
class OpenClip:
    """A clip that is being recorded: its writer, and what it has shown so far."""

    writer: ClipWriter
    video: MediaFormat
    start_t: float
    first_t: float  # of the first complete picture: the file's zero
    track_log: TrackLog
    label: str | None = None
    score: float | None = None
    sensor: str | None = None  # that reported the label
    still: Frame | None = None
    still_quality: float = -1.0
    still_score: float | None = None  # the confidence in what the still shows
    last_pts: int = -1  # the latest presentation time of its pictures

    @property
    def encoded(self) -> bool:
        """Whether it's recorded from frames: no packet could begin it."""
        return self.video.codec == "rawvideo"

    def feed(self, packet: MediaPacket) -> None:
        """Write the newest packet."""
        if packet.is_video:
            self.last_pts = max(self.last_pts, packet.data.pts or 0)
        self.writer.feed(packet)

    def can_end_before(self, packet: MediaPacket) -> bool:
        """Whether no picture is missing without this packet: it's no B-frame."""
        return (packet.data.pts or 0) > self.last_pts

    def describe(self, presence: Presence, labels: Sequence[str]) -> None:
        """Name the clip for a presence that it shows, if none of its presences goes before."""
        # The first of the configured labels wins; one that was removed from them comes last.
        rank = [*labels, self.label].index
        if self.label is None or rank(presence.label) < rank(self.label):
            self.label, self.score = presence.label, presence.seen_score
            self.sensor = presence.sensor
            # What the still shows has another label.
            self.still_quality, self.still_score = min(self.still_quality, 0.0), None
        elif self.label == presence.label:
            self.score = max(self.score or 0.0, presence.score) or None
