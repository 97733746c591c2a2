"""The live video of one camera: gives its packets to those who watch, and to no one else."""

import math
from threading import Lock
from typing import TYPE_CHECKING

from .viewer import Viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..core.clock import Clock
    from ..media.packet_buffer import PreRollBuffer
    from ..media.packets import MediaPacket

MAX_VIEWERS = 8
LINGER_S = 5.0
"""A camera that is off stays open for this long after the last viewer, who may come back."""


class LiveOutput:
    """Viewers of one camera. ``feed`` and ``handle_gap`` are called on the camera's thread only.

    While nobody watches, a packet costs nothing.
    """

    def __init__(
        self,
        buffer: PreRollBuffer,
        clock: Clock,
        *,
        expects_audio: Callable[[], bool],
        for_viewers: bool = True,
    ) -> None:
        """``expects_audio``: whether the camera announces audio, from any thread.

        ``for_viewers``: the camera was opened for them, so they come in a moment.
        """
        self._buffer = buffer
        self._clock = clock
        self._expects_audio = expects_audio
        self._waits = False  # for a random access point
        self._lock = Lock()
        # The lock guards everything below.
        self._joining: list[tuple[Viewer, float]] = []
        self._viewers: list[Viewer] = []
        self._wanted_until = clock.monotonic() + LINGER_S if for_viewers else -math.inf
        self._ended = False

    @property
    def is_wanted(self) -> bool:
        """Whether there are viewers, or were a moment ago."""
        return self.viewers > 0 or self._clock.monotonic() < self._wanted_until

    @property
    def viewers(self) -> int:
        """How many there are."""
        with self._lock:
            return sum(not each.closed for each in self._all)

    @property
    def _all(self) -> list[Viewer]:
        return [*self._viewers, *(viewer for viewer, _ in self._joining)]

    def want(self, seconds: float) -> None:
        """Keep a camera that is off open for some time."""
        with self._lock:
            self._wanted_until = max(self._wanted_until, self._clock.monotonic() + seconds)

    def attach(self, lead_s: float = 0.0) -> Viewer | None:
        """Return a new viewer; None if there are too many, or the camera has ended.

        It begins with the random access point ``lead_s`` ago, or with the one before.
        """
        with self._lock:
            if self._ended or sum(not each.closed for each in self._all) >= MAX_VIEWERS:
                return None
            viewer = Viewer(expects_audio=self._expects_audio)
            self._joining.append((viewer, lead_s))
            return viewer

    def detach(self, viewer: Viewer) -> None:
        """Forget a viewer that has gone."""
        viewer.close()
        with self._lock:
            self._joining = [each for each in self._joining if each[0] is not viewer]
            self._viewers = [each for each in self._viewers if each is not viewer]
        self.want(LINGER_S)

    def feed(self, packet: MediaPacket) -> None:
        """Give the newest packet, which is in the buffer already, to all viewers."""
        if not self._joining and not self._viewers:
            self._waits = False
            return
        if self._waits:
            if not (packet.is_video and packet.random_access):
                return
            self._waits = False
        with self._lock:
            watching, joining = list(self._viewers), list(self._joining)
        for viewer in watching:
            viewer.put(packet)
        if joining:
            self._begin(joining, packet.t)

    def _begin(self, joining: list[tuple[Viewer, float]], t: float) -> None:
        """Let new viewers begin with a random access point, if there is one in the buffer."""
        begun = []
        for viewer, lead_s in joining:
            if packets := self._buffer.packets_since(t - lead_s):
                begun.append(viewer)
                viewer.begin(packets)
        with self._lock:
            joined = [viewer for viewer, _ in self._joining if viewer in begun]
            self._joining = [each for each in self._joining if each[0] not in joined]
            self._viewers += joined

    def handle_gap(self) -> None:
        """Go on with the next random access point: what comes doesn't continue what came."""
        self._waits = True

    def close(self) -> None:
        """End all viewers: the camera ends."""
        with self._lock:
            self._ended = True
            viewers = self._all
            self._viewers, self._joining = [], []
        for viewer in viewers:
            viewer.close()
