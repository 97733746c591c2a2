"""Read a source on a thread of its own, which waits for bytes only.

However long a packet is decoded, detected in, or written, the source is read in the meantime: no
camera is lost for that reason, and each packet's arrival time is true.
"""

from collections import deque
from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto
import logging
import math
from threading import Condition, Thread
from typing import TYPE_CHECKING

from ..core.activity_board import BOARD, Work
from ..media.packets import MediaPacket

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ..core.errors import SourceError
    from ..core.types import CameraHealth

_LOGGER = logging.getLogger(__name__)

LIMIT_BYTES = 32 * 1024 * 1024  # of packets that wait; several seconds of an 8K camera
FILE_PACKETS = 8  # a file is read no further ahead than this
IDLE_S = 0.5


class Idle(Enum):
    """What comes while nothing comes."""

    DISCONNECTED = auto()  # about twice per second while there is no connection
    WAITING = auto()  # the same while there is one, but no packet


class _End(Enum):
    END = auto()


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The state of the connection from here on: RUNNING, or LOST with an error."""

    health: CameraHealth
    error: SourceError | None


type Item = MediaPacket | HealthReport | Idle


class SourceReader:
    """A queue between the thread that reads a camera and the one that handles what was read."""

    def __init__(
        self,
        camera_id: str,
        *,
        is_file: bool,
        limit_bytes: int = LIMIT_BYTES,
        idle_s: float = IDLE_S,
        on_item: Callable[[], None] = lambda: None,
    ) -> None:
        """``is_file``: reading waits for the queue; nothing is lost.

        ``items`` yields ``Idle.WAITING`` after ``idle_s`` without an item. ``on_item`` is called on
        the reading thread after each item.
        """
        self._camera_id = camera_id
        self._is_file = is_file
        self._limit_bytes = limit_bytes
        self._idle_s = idle_s
        self._on_item = on_item
        self._changed = Condition()
        # The condition's lock guards everything below.
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._skips = False  # up to the next keyframe, since packets were dropped
        self._refuses = False  # everything up to the end of the connection
        self._error: BaseException | None = None
        self._ended = False
        self._closed = False
        self.dropped = 0  # packets so far
        self.newest_keyframe_t = -math.inf  # ``t`` where decoding could begin anew

    def report_health(self, health: CameraHealth, error: SourceError | None) -> None:
        """Pass on the state of the connection, after the packets before it."""
        with self._changed:
            self._refuses = False
            self._items.append(HealthReport(health, error))
            self._changed.notify_all()

    @property
    def has_packets(self) -> bool:
        """Whether packets wait."""
        return self._bytes > 0

    def wake(self) -> None:
        """Let ``items`` yield at once, since its thread has other work."""
        with self._changed:
            if not self._items:
                self._items.append(Idle.WAITING)
                self._changed.notify_all()

    def refuse(self) -> None:
        """Drop what the present connection has sent and still sends."""
        with self._changed:
            self._refuses = True
            self._drop_packets()

    def items(self, packets: Generator[MediaPacket | None]) -> Generator[Item]:
        """Read ``packets`` on another thread, and yield what it reads, until the end.

        Raises what reading raised. Closing it closes ``packets``.
        """
        with self._changed:
            self._items.clear()
            self._bytes = 0
            self._ended = self._closed = self._skips = self._refuses = False
            self._error = None
        name = f"homesec-source-{self._camera_id[-6:]}"
        thread = Thread(target=self._read, args=(packets,), name=name, daemon=True)
        thread.start()
        try:
            while (item := self._next()) is not None:
                yield item
            if self._error is not None:
                raise self._error
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            thread.join()

    def _next(self) -> Item | None:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._ended, self._idle_s)
            if not self._items:
                return None if self._ended else Idle.WAITING
            item = self._items.popleft()
            if isinstance(item, MediaPacket):
                self._bytes -= item.size
            self._changed.notify_all()
            return item

    def _read(self, packets: Generator[MediaPacket | None]) -> None:
        BOARD.bind(self._camera_id)
        try:
            with closing(packets):
                while not self._closed:
                    with BOARD.working(Work.READ):
                        packet = next(packets, _End.END)
                    if isinstance(packet, _End):
                        break
                    self._put(packet)
                    self._on_item()
        except BaseException as err:  # noqa: BLE001 - raised on the camera's own thread
            self._error = err
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _put(self, packet: MediaPacket | None) -> None:
        with self._changed:
            if self._is_file:
                self._changed.wait_for(lambda: len(self._items) < FILE_PACKETS or self._closed)
            if packet is None:
                if not self._items:
                    self._items.append(Idle.DISCONNECTED)
            elif self._accepts(packet):
                self._items.append(packet)
                self._bytes += packet.size
                if packet.is_video and packet.random_access:
                    self.newest_keyframe_t = packet.t
            self._changed.notify_all()

    def _accepts(self, packet: MediaPacket) -> bool:
        """Return whether a packet is passed on; when too many wait, none is up to a keyframe."""
        if not self._is_file and self._bytes + packet.size > self._limit_bytes:
            if not self._skips:
                level = logging.DEBUG if self.dropped else logging.WARNING  # once is enough
                message = "Packets of camera %s are dropped: too many wait"
                _LOGGER.log(level, message, self._camera_id)
            self._skips = True
            self._drop_packets()
        if self._skips and packet.is_video and packet.random_access:
            self._skips = False
        if self._skips or self._refuses:
            self.dropped += 1
            return False
        return True

    def _drop_packets(self) -> None:
        kept = [item for item in self._items if not isinstance(item, MediaPacket)]
        self.dropped += len(self._items) - len(kept)
        self._items = deque(kept)
        self._bytes = 0
