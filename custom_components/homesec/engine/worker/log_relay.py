"""A worker's log records in its parent's log, under the same names, and not too many of them."""

import logging
import re
from threading import local
import time
from typing import TYPE_CHECKING

from .boot import PACKAGE
from .method import Method
from .token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connection import Connection

LOG: Method[None] = Method(
    name="log",
    args={"name": str, "level": int, "text": str, "traceback": str | None},
    thread="log",
    droppable=True,
)
SET_LOG_LEVEL: Method[None] = Method(name="set_log_level", args={"level": int}, thread="log")
"""From the parent, which is where the user sets it."""

MAX_TEXT = 4000
BURST = 200
PER_S = 20.0
_ADDRESS = re.compile(r"\S*://\S*")
_PARENT = __name__.removesuffix(".worker.log_relay")
"""The engine's name in the parent; in the worker it's ``engine``."""


def redact(text: str) -> str:
    """Return a text of a library without addresses, which may contain passwords."""
    return _ADDRESS.sub("…", text)


class RelayHandler(logging.Handler):
    """The worker's end: sends each record. A record that's written meanwhile is left out."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self._sending = local()

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record."""
        if getattr(self._sending, "now", False):
            return
        self._sending.now = True
        try:
            traceback = None
            if record.exc_info:
                traceback = _clean(logging.Formatter().formatException(record.exc_info))
            self._connection.notify(
                LOG,
                name=_clean(record.name),
                level=record.levelno,
                text=_clean(record.getMessage()),
                traceback=traceback,
            )
        except Exception:  # noqa: BLE001 - logging must not fail, and there's nowhere to log it
            self.handleError(record)
        finally:
            self._sending.now = False


class LogReceiver:
    """The parent's end. A worker that was taken over may not fill the disk, nor forge a name."""

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        """``name`` of the worker is where records of other libraries go."""
        self._logger = logging.getLogger(f"{_PARENT}.worker.{name}")
        self._bucket = TokenBucket(burst=BURST, per_s=PER_S, clock=clock)
        self._skipped = 0

    def handle(self, name: str, level: int, text: str, traceback: str | None) -> None:
        """Log one record of the worker."""
        if not self._bucket.allow():
            self._skipped += 1
            return
        if self._skipped:
            self._logger.warning("%d more lines of the worker were left out", self._skipped)
            self._skipped = 0
        first, _, rest = name.partition(".")
        ours = first == PACKAGE and rest.replace(".", "").replace("_", "").isalnum()
        logger = logging.getLogger(f"{_PARENT}.{rest}") if ours else self._logger
        level = min(max(level, logging.DEBUG), logging.CRITICAL)
        if logger.isEnabledFor(level):
            line = text if traceback is None else f"{text}\n{traceback}"
            logger.log(level, "%s", line[: 2 * MAX_TEXT])


def wanted_level() -> int:
    """Return the lowest level that the parent logs of the engine."""
    return logging.getLogger(_PARENT).getEffectiveLevel()


def _clean(text: str) -> str:
    return text[:MAX_TEXT].encode(errors="replace").decode()
