"""Read JPEGs over HTTP: MJPEG in any dialect, or an address that gives one picture per request."""

from itertools import chain
import logging
import math
from typing import TYPE_CHECKING

from ..core.errors import (
    EntityUnavailable,
    LoginRefused,
    NoVideo,
    SourceError,
    SourceStalled,
    SourceTimeout,
    VideoDamaged,
)
from ..core.types import AudioStatus
from .jpeg_reader import SOI, JpegReader
from .snapshots import MIN_WAIT_S, PicturePackets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    from ..core.types import SourceConfig
    from ..media.packets import MediaFormat, MediaPacket
    from .http_source import HttpFile, HttpSource
    from .timeline import Timeline

_LOGGER = logging.getLogger(__name__)

_READ_BYTES = 65536
_SNIFFED_BYTES = 4096  # a picture has begun by then, after the header of its part
_TEXT = frozenset(b"\t\r\n" + bytes(range(32, 127)))
_PICTURE_TYPES = ("multipart/", "image/jpeg", "image/jpg", "image/pjpeg")
_MOST_FAILURES = 3  # requests in a row
_MOST_UNREADABLE = 50  # pictures in a row


def is_pictures(file: HttpFile) -> bool:
    """Return whether an answer has JPEGs in it, whatever type it says it has.

    Waits for the first bytes. Raises ``SourceError``.
    """
    if file.content_type.startswith(_PICTURE_TYPES):
        return True
    head = b""
    while len(head) < _SNIFFED_BYTES:
        more = file.peek(len(head) + 1)
        if len(more) == len(head):
            return False
        head = more
        before, found, _ = head.partition(SOI)
        if not _TEXT.issuperset(before.removesuffix(SOI[:1]).removesuffix(SOI[:2])):
            return False
        if found:
            return True
        if head.startswith((b"#EXTM3U", b"<")):
            return False
    return False


class HttpPictures:
    """Reads pictures as they come; asks again and again where an answer has only one."""

    audio = None
    audio_status = AudioStatus()

    def __init__(
        self,
        config: SourceConfig,
        source: HttpSource,
        file: HttpFile,
        timeline: Timeline,
        stop: Event,
    ) -> None:
        """Read the first picture. Raises ``SourceError``."""
        self._config = config
        self._timeline = timeline
        self._stop = stop
        self.network = source
        self._file = file
        self._interval_s = 1 / config.pictures_per_s
        self.single = False
        """Whether each answer has one picture."""
        self._pictures = self._read()
        try:
            self._first = next(self._pictures, b"")
            self._packets = PicturePackets(self._first, self._interval_s if self.single else None)
        except SourceError as err:
            source.close()
            if isinstance(err, SourceStalled):
                raise SourceTimeout from None
            raise (NoVideo() if isinstance(err, EntityUnavailable) else err) from None
        timeline.reconnect()

    @property
    def video(self) -> MediaFormat:
        """The format of the newest picture."""
        return self._packets.video

    def close(self) -> None:
        """Close all connections."""
        self.network.close()

    def packets(self) -> Iterator[MediaPacket]:
        """Yield pictures. Raises ``SourceError``."""
        unreadable = 0
        for picture in chain([self._first], self._pictures):
            try:
                packet = self._packets.packet(picture, self._timeline)
            except EntityUnavailable as err:
                _LOGGER.debug("A picture is left out: %s", err)
                unreadable += 1
                if unreadable > _MOST_UNREADABLE:
                    raise VideoDamaged from None
                continue
            unreadable = 0
            yield packet

    def _read(self) -> Iterator[bytes]:
        """Yield the pictures of the first answer, and those of further requests."""
        count = 0
        try:
            for picture in self._answered(self._file):
                count += 1
                # Some announce a length although they never stop.
                self.single = count == 1 and (self._file.size or math.inf) < 2 * len(picture)
                yield picture
                if self.single or self._stop.is_set():
                    break
                self.network.restart_limit(self._config.stall_s)
        except SourceStalled:
            # A camera that neither ends its answer nor sends a second picture has only one.
            if count != 1 or self._file.content_type.startswith("multipart/"):
                raise
            self.network.error = None
        if count == 1 and not self._stop.is_set():
            self.single = True
            self._packets.set_interval(self._interval_s)
            yield from self._poll()

    def _answered(self, file: HttpFile) -> Iterator[bytes]:
        """Yield the pictures of an answer. Raises ``SourceError`` if that has ended it."""
        reader = JpegReader()
        while data := file.read(_READ_BYTES):
            yield from reader.feed(data)
        if (rest := reader.rest()) is not None:
            yield rest
        if self.network.error is not None:
            raise self.network.error

    def _poll(self) -> Iterator[bytes]:
        failures = 0
        requested = self._timeline.elapsed
        self._file.close()
        while True:
            took_s = self._timeline.elapsed - requested
            if self._stop.wait(max(MIN_WAIT_S, self._interval_s - took_s)):
                return
            requested = self._timeline.elapsed
            try:
                picture = self._request()
            except LoginRefused:
                raise
            except SourceError:
                failures += 1
                if failures >= _MOST_FAILURES:
                    raise
            else:
                failures = 0
                yield picture

    def _request(self) -> bytes:
        self.network.restart_limit(self._config.stall_s)
        file = self.network.open()
        try:
            picture = next(self._answered(file), None)
        finally:
            self.network.error = None
            file.close()
        if picture is None:
            raise NoVideo
        return picture
