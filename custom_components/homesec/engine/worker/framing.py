"""One message as bytes: a length, a JSON header, and binary parts.

    u32 length of the rest | u32 length of the header | header | (u32 length | bytes) per part

All limits are checked before anything is parsed: the sender may be a process that a hostile stream
has taken over.
"""

import json
import re
from struct import Struct
from typing import TYPE_CHECKING

from ..core.errors import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    type Json = bool | int | float | str | list[Json] | dict[str, Json] | None

MAX_MESSAGE_BYTES = 48 * 2**20
"""More than one 8K picture as JPEG."""
MAX_HEADER_BYTES = 2**20
"""JSON takes some thirty times its size while it's parsed."""
MAX_PARTS = 4096
MAX_DEPTH = 32
MAX_INT = 2**63
"""SQLite's, and far from where converting digits becomes slow."""

LENGTH = Struct("!I")
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])', re.DOTALL)
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


def pack(header: Json, parts: Sequence[bytes] = ()) -> bytes:
    """Return a message, its length included. Raises ``ProtocolError`` if it's too large."""
    try:
        text = _ENCODER.encode(header).encode()
    except (TypeError, ValueError, RecursionError) as err:
        raise ProtocolError(f"can't be encoded: {type(err).__name__}") from None
    size = LENGTH.size + len(text) + sum(LENGTH.size + len(part) for part in parts)
    if len(text) > MAX_HEADER_BYTES or size > MAX_MESSAGE_BYTES or len(parts) > MAX_PARTS:
        raise ProtocolError("a message is too large")
    pieces = [LENGTH.pack(size), LENGTH.pack(len(text)), text]
    for part in parts:
        pieces += (LENGTH.pack(len(part)), part)
    return b"".join(pieces)


def body_length(prefix: bytes) -> int:
    """Return the length of what follows a message's first four bytes."""
    length: int = LENGTH.unpack(prefix)[0]
    if not LENGTH.size <= length <= MAX_MESSAGE_BYTES:
        raise ProtocolError("the length of a message is impossible")
    return length


def unpack(body: bytes | bytearray) -> tuple[Json, list[bytes]]:
    """Return header and parts of a message without its length. Raises ``ProtocolError``."""
    view = memoryview(body)
    header, at = _piece(view, 0)
    if len(header) > MAX_HEADER_BYTES:
        raise ProtocolError("the header of a message is too long")
    parts: list[bytes] = []
    while at < len(view):
        if len(parts) == MAX_PARTS:
            raise ProtocolError("a message has too many parts")
        part, at = _piece(view, at)
        parts.append(part)
    return _parse(header), parts


def _piece(view: memoryview, at: int) -> tuple[bytes, int]:
    begin = at + LENGTH.size
    if begin > len(view):
        raise ProtocolError("a message is incomplete")
    end = begin + LENGTH.unpack_from(view, at)[0]
    if end > len(view):
        raise ProtocolError("a message is incomplete")
    return bytes(view[begin:end]), end


def _parse(text: bytes) -> Json:
    _check_depth(text)
    try:
        return json.loads(  # type: ignore[no-any-return]
            text.decode(),
            parse_constant=_refuse,
            parse_int=_parse_int,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as err:
        raise ProtocolError(f"a header can't be read: {type(err).__name__}") from None


def _check_depth(text: bytes) -> None:
    """Refuse deep nesting before the parser recurses into it."""
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += (match[1] is not None) - (match[2] is not None)
        if depth > MAX_DEPTH:
            raise ProtocolError("a message is nested too deep")


def _refuse(name: str) -> Json:
    raise ValueError(name)


def _parse_int(digits: str) -> int:
    if len(digits) > 20 or not -MAX_INT <= (value := int(digits)) < MAX_INT:
        raise ValueError("number")
    return value


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found
