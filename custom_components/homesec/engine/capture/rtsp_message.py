"""Read and write RTSP messages and interleaved packets (RFC 2326)."""

from dataclasses import dataclass, field
import re

from ..core.errors import SourceError

MAGIC = ord("$")
_PACKET_HEADER = 4
_LONGEST_HEADER = 65536
_LONGEST_BODY = 1 << 20
SHORTEST_PACKET = 8
"""FFmpeg would read the content of a shorter one as messages."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(slots=True)
class Message:
    """A request or a response. No line of it has control characters, which could end it early."""

    first_line: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def is_response(self) -> bool:
        """Whether it answers a request."""
        return self.first_line.startswith("RTSP/")

    @property
    def status(self) -> int:
        """Status of a response; 0 if it has none."""
        word = self.first_line.split(" ", 2)[1:2]
        return int(word[0]) if word and word[0].isdecimal() else 0

    @property
    def method(self) -> str:
        """Method of a request."""
        return self.first_line.split(" ", 1)[0]

    @property
    def uri(self) -> str:
        """URI of a request."""
        return self.first_line.split(" ")[1] if self.first_line.count(" ") else ""

    def get(self, name: str) -> str | None:
        """Return the first header of a name."""
        return next((text for key, text in self.headers if key.lower() == name), None)

    def get_all(self, name: str) -> list[str]:
        """Return all headers of a name."""
        return [text for key, text in self.headers if key.lower() == name]

    def with_headers(self, **changed: str | None) -> Message:
        """Return a copy with some headers set, or removed if they are None."""
        names = {name.lower() for name in changed}
        kept = [(key, text) for key, text in self.headers if key.lower() not in names]
        added = [(name, text) for name, text in changed.items() if text is not None]
        return Message(self.first_line, [*added, *kept], self.body)

    def encode(self) -> bytes:
        """Return the message as it is sent."""
        lines = [self.first_line, *(f"{key}: {text}" for key, text in self.headers)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + self.body


class MessageReader:
    """Splits what one side sends into messages and packets."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes | memoryview) -> None:
        """Add received bytes."""
        self._buffer += data

    def next(self) -> Message | bytes | None:
        """Return a message, a run of whole packets, or None until there are more bytes.

        Raises ``SourceError`` if it's neither for too long.
        """
        self._skip_junk()
        if not self._buffer:
            return None
        if self._buffer[0] == MAGIC:
            return self._packets()
        return self._message()

    def _skip_junk(self) -> None:
        """Drop bytes up to a packet or message, as FFmpeg does: some cameras send too many."""
        buffer = self._buffer
        while buffer and buffer[0] != MAGIC and not 65 <= buffer[0] <= 90:
            marks = [n for mark in (b"$", b"RTSP/") if (n := buffer.find(mark)) >= 0]
            del buffer[: min(marks, default=len(buffer))]

    def _packets(self) -> bytes | None:
        end, buffer = 0, self._buffer
        short: list[tuple[int, int]] = []
        while end + _PACKET_HEADER <= len(buffer) and buffer[end] == MAGIC:
            size = buffer[end + 2] << 8 | buffer[end + 3]
            after = end + _PACKET_HEADER + size
            if after > len(buffer):
                break
            if size < SHORTEST_PACKET:
                short.append((end, after))
            end = after
        if not end:
            return None
        packets = buffer[:end]
        del buffer[:end]
        for start, after in reversed(short):
            del packets[start:after]
        return bytes(packets)

    def _message(self) -> Message | None:
        end = self._buffer.find(b"\r\n\r\n", 0, _LONGEST_HEADER)
        if end < 0:
            if len(self._buffer) > _LONGEST_HEADER:
                raise SourceError
            return None
        first_line, *lines = (
            _CONTROL.sub(" ", line) for line in self._buffer[:end].decode("latin-1").split("\r\n")
        )
        headers = [
            (name.strip(), text.strip())
            for name, colon, text in (line.partition(":") for line in lines)
            if colon
        ]
        message = Message(first_line, headers)
        length = message.get("content-length") or "0"
        size = int(length) if length.isdecimal() else 0
        if size > _LONGEST_BODY:
            raise SourceError
        start = end + 4
        if len(self._buffer) < start + size:
            return None
        message.body = bytes(self._buffer[start : start + size])
        del self._buffer[: start + size]
        return message
