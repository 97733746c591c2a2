"""Errors of a call as they travel: the engine's by their key, the system's by their number."""

from typing import TYPE_CHECKING

from ..core.errors import HomeSecError, ProtocolError, WorkerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .framing import Json

MAX_TEXT = 500


def encode_error(err: BaseException) -> Json:
    """Return an error as JSON. Of one that isn't known, the type and first line are kept."""
    if isinstance(err, HomeSecError):
        placeholders: dict[str, Json] = {k: _clean(str(v)) for k, v in err.placeholders.items()}
        return _error(err, err.key, str(err), placeholders)
    if isinstance(err, OSError) and isinstance(err.errno, int) and 0 < err.errno < 4096:
        return _error(err, "", err.strerror or "", {}, errno=err.errno)
    # Only the type: FFmpeg's texts have the address of the source in them.
    return _error(WorkerError(), WorkerError.key, f"{type(err).__name__} in the worker", {})


def decode_error(raw: Json) -> Exception:
    """Return the error, of the class that has its key. Raises ``ProtocolError``."""
    match raw:
        case {
            "name": str(name),
            "key": str(key),
            "text": str(text),
            "placeholders": dict(placeholders),
            "errno": int(errno),
            **rest,
        } if not rest and all(isinstance(x, str) for x in placeholders.values()):
            if errno:
                return OSError(errno, _clean(text))
            texts = {_clean(k): _clean(str(v)) for k, v in placeholders.items()}
            return _class_of(name, key)(_clean(text), **texts)
    raise ProtocolError("no error in place of one")


def error_of(key: str, placeholders: Mapping[str, str]) -> HomeSecError:
    """Return an error of the class that has this key."""
    return _class_of("", key)("", **placeholders)


def _error(
    err: BaseException, key: str, text: str, placeholders: dict[str, Json], errno: int = 0
) -> Json:
    return {
        "name": type(err).__name__,
        "key": key,
        "text": _clean(text),
        "placeholders": placeholders,
        "errno": errno,
    }


def _clean(text: str) -> str:
    return text[:MAX_TEXT].encode(errors="replace").decode()


def _class_of(name: str, key: str) -> type[HomeSecError]:
    """Return the class of this name, or any with this key: it may not be imported here."""
    found = [each for each in _subclasses(HomeSecError) if each.key == key]
    return next((each for each in found if each.__name__ == name), (found or [WorkerError])[0])


def _subclasses(cls: type[HomeSecError]) -> Iterator[type[HomeSecError]]:
    yield cls
    for each in cls.__subclasses__():
        yield from _subclasses(each)
