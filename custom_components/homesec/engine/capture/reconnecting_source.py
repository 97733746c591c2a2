"""Read packets from a camera, and connect again when the connection is lost."""

from contextlib import closing
from dataclasses import replace
import logging
from typing import TYPE_CHECKING

from ..core.activity_board import BOARD, Work
from ..core.backoff import backoff_s
from ..core.errors import (
    EntityUnavailable,
    LoginRefused,
    NoVideo,
    SourceEnded,
    SourceError,
    SourceStalled,
    SourceTimeout,
)
from ..core.source_url import source_url
from ..core.types import AudioStatus, CameraHealth, SourceKind
from .container import ContainerConnection
from .http_pictures import HttpPictures, is_pictures
from .open import open_http
from .snapshots import SnapshotConnection
from .timeline import Pace, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from random import Random
    from threading import Event

    from ..core.clock import Clock
    from ..core.source_feed import SourceFeed
    from ..core.types import SourceConfig
    from ..media.packets import MediaPacket

    type Connection = ContainerConnection | HttpPictures | SnapshotConnection

_LOGGER = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
LOGIN_WAIT_S = 30.0  # least wait after a refused login, since cameras lock accounts after a few
PROVEN_S = 20.0  # the back-off starts again after a connection that lasted longer
_TICK_S = 0.5


def source_pace(config: SourceConfig) -> Pace:
    """Return what determines a source's time."""
    if config.kind is not SourceKind.FILE:
        return Pace.LIVE
    return Pace.PLAYED if config.paced else Pace.READ


def open_source(
    config: SourceConfig, feed: SourceFeed | None, timeline: Timeline, stop: Event
) -> Connection:
    """Open a source of any kind. Raises ``SourceError``."""
    if config.kind is not SourceKind.ENTITY:
        return _open_container_or_pictures(config, timeline, stop)
    if feed is None:
        raise EntityUnavailable
    if (url := feed.stream_url()) is None:
        return SnapshotConnection(feed, timeline, stop, interval_s=1 / config.pictures_per_s)
    config = replace(config, kind=SourceKind.STREAM, location=url)
    return _open_container_or_pictures(config, timeline, stop)


def _open_container_or_pictures(
    config: SourceConfig, timeline: Timeline, stop: Event
) -> Connection:
    if config.kind is not SourceKind.STREAM or not source_url(config).scheme.startswith("http"):
        return ContainerConnection(config, timeline, stop)
    source, file = open_http(config, stop)
    try:
        has_pictures = is_pictures(file)
    except SourceError as err:
        source.close()
        raise (SourceTimeout() if isinstance(err, SourceStalled) else err) from None
    if has_pictures:
        return HttpPictures(config, source, file, timeline, stop)
    return ContainerConnection(config, timeline, stop, http=(source, file))


class CameraSource:
    """Connects to a source, reads it, and reconnects with back-off."""

    def __init__(
        self,
        config: SourceConfig,
        *,
        feed: SourceFeed | None,
        clock: Clock,
        rng: Random,
        stop: Event,
        on_health: Callable[[CameraHealth, SourceError | None], None],
    ) -> None:
        """``on_health`` gets RUNNING, or LOST and an error."""
        self._config = config
        self._feed = feed
        self._rng = rng
        self._stop = stop
        self._on_health = on_health
        self.timeline = Timeline(clock, source_pace(config))
        self.connections = 0  # connections that sent a packet
        self._failures = 0  # connections in a row that didn't last
        self._refused: SourceError | None = None
        self._connection: Connection | None = None

    @property
    def audio_status(self) -> AudioStatus:
        """The audio of the present connection."""
        connection = self._connection
        return AudioStatus() if connection is None else connection.audio_status

    def packets(self) -> Generator[MediaPacket | None]:
        """Yield packets until stopped, or until the end of a file that isn't looped.

        Yields None about twice per second while there is no connection.
        """
        yield None
        while not self._stop.is_set():
            try:
                yield from self._connect_once()
            except SourceEnded:
                return
            except SourceError as err:
                if self._stop.is_set():
                    return
                _LOGGER.debug("Camera source lost: %s", err)
                yield None
                self._on_health(CameraHealth.LOST, err)
                yield from self._wait(err)

    def refuse(self, error: SourceError) -> None:
        """Close the connection, since what it sent is refused; call it between two packets."""
        self._refused = error

    def _connect_once(self) -> Iterator[MediaPacket | None]:
        first_t: float | None = None
        self._refused = None
        with BOARD.working(Work.OPEN):
            opened = open_source(self._config, self._feed, self.timeline, self._stop)
        with closing(opened) as connection:
            self._connection = connection
            for packet in connection.packets():
                if first_t is None:
                    first_t = packet.t
                    self.connections += 1
                    self._on_health(CameraHealth.RUNNING, None)
                elif packet.t - first_t > PROVEN_S:
                    self._failures = 0
                yield packet
                if self._refused is not None:
                    raise self._refused
        if self._stop.is_set():
            return
        if first_t is None:
            raise NoVideo
        if self._config.kind is not SourceKind.FILE:
            # A camera's video has no end: the server has closed the connection.
            raise SourceStalled
        if not self._config.loop:
            raise SourceEnded

    def _wait(self, error: SourceError) -> Iterator[None]:
        self._failures += 1
        left_s = backoff_s(self._failures, (FIRST_WAIT_S, LONGEST_WAIT_S), self._rng)
        if isinstance(error, LoginRefused):
            left_s = max(left_s, LOGIN_WAIT_S)
        while left_s > 0 and not self._stop.wait(min(_TICK_S, left_s)):
            left_s -= _TICK_S
            yield None
