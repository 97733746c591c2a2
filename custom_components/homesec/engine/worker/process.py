"""One worker process: started, connected, watched, and ended.

The thread that starts it waits for its end, since Linux ends a child with the thread that started
it (``PR_SET_PDEATHSIG``).
"""

import json
import logging
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
from threading import Event, Thread
import time
from typing import TYPE_CHECKING, Any

from ..core.activity_board import BoardReader, Work, create_board
from .connection import ENDED, Connection
from .exit_report import ExitReport, StderrTail
from .log_relay import LOG, SET_LOG_LEVEL, LogReceiver, redact, wanted_level
from .memory import default_limit_bytes, is_stopped, rss_bytes
from .wire_types import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .method import Handler, Method

_LOGGER = logging.getLogger(__name__)

TICK_S = 0.5
HEARTBEAT_S = 10.0
START_S = 60.0
"""Heartbeats count only then, or after the first: a busy small computer starts slowly."""
NICE = 5
DATA_SLACK_BYTES = 2**30
"""The kernel's own limit (``RLIMIT_DATA``) is higher by this: stacks and memory that isn't touched
count there, 300 MB more than what is used with 16 cameras. It stops what grows faster than the
memory is watched."""
ENVIRONMENT = (
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"),
    *("LD_LIBRARY_PATH", "LD_PRELOAD", "MALLOC_CONF"),  # Home Assistant's allocator
    *("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
)
"""All that a worker gets of the environment: no token, no proxy, no password."""
NO_HEARTBEAT = "no heartbeat"
STUCK = "stuck"
STUCK_S = 60.0
"""No picture takes that long to decode; a source and a disk may be slow."""
KILLED = f"signal {signal.SIGKILL}"
LARGE_SHARE = 0.7
"""A worker that's killed with so much of its limit may have grown faster than it's watched."""
_BOOT = Path(__file__).with_name("boot.py")


class WorkerProcess:
    """A child that runs a service; ``run`` blocks until it has ended."""

    def __init__(
        self,
        *,
        service: str,
        handlers: Mapping[Method[Any], Handler],
        name: str,
        on_start: Callable[[WorkerProcess], None],
        memory_limit_bytes: int | None = None,
        data_slack_bytes: int = DATA_SLACK_BYTES,
        inherited: tuple[int, ...] = (),
    ) -> None:
        """``on_start`` is called by ``run`` once calls can be made, and must not block.

        ``service`` is the name of a module in the child; see ``main.py``. ``inherited`` are
        descriptors of open files that the child has, too, under the same numbers.
        """
        self.name = name
        self._service = service
        self._on_start = on_start
        self._limit_bytes = memory_limit_bytes or default_limit_bytes()
        self._data_slack_bytes = data_slack_bytes
        self._inherited = inherited
        self._log = LogReceiver(name)
        self._handlers = {**handlers, LOG: self._log.handle}
        self._wake = Event()
        self._reason: str | None = None
        self._expected = False
        self._stopped = False
        self._stderr = StderrTail()
        self._child: subprocess.Popen[bytes] | None = None
        self.rss_bytes: int | None = None
        ours, self._theirs = socket.socketpair()
        self.connection = Connection(
            ours, registry=REGISTRY, name=name, on_lost=lambda _: self._wake.set()
        )

    @property
    def pid(self) -> int | None:
        """The child's process id, while it runs."""
        return None if self._child is None else self._child.pid

    def kill(self, reason: str) -> None:
        """End the child at once."""
        self._reason = self._reason or reason
        self._wake.set()
        if self._child is not None:
            self._child.kill()

    def stop(self) -> None:
        """Let the child end: its connection is closed, and it's killed if that isn't enough."""
        self._expected = True
        self._reason = self._reason or "stopped"
        self.connection.close("stopped", flush_s=1.0)
        self._wake.set()

    def run(self) -> ExitReport:
        """Start the child, watch it, and return how it ended; on a thread that lives as long."""
        board_fd = create_board()
        board = BoardReader(board_fd)
        try:
            try:
                self._child = child = self._spawn(board_fd)
            finally:
                self._theirs.close()
                os.close(board_fd)
            reader = Thread(target=self._stderr.read, args=(child.stderr,), daemon=True)
            reader.start()
            self.connection.start(self._handlers)
            self._on_start(self)
            began = time.monotonic()
            self._watch(child, board)
            self._reap(child)
            reader.join(2.0)
            return self._report(child, board, time.monotonic() - began)
        except OSError as err:
            self.connection.close("not started")
            return ExitReport(reason=f"not started: {err.strerror}")
        finally:
            self.kill("a defect")  # it has ended, unless there was one
            board.close()

    def _spawn(self, board_fd: int) -> subprocess.Popen[bytes]:
        options = {
            "socket": self._theirs.fileno(),
            "board": board_fd,
            "parent_pid": os.getpid(),
            "nice": NICE,
            "data_limit_bytes": self._limit_bytes + self._data_slack_bytes,
            "log_level": wanted_level(),
            "service": self._service,
            "path": [each for each in sys.path if each],
        }
        flags = ["-I"] + ["-B"] * sys.dont_write_bytecode
        return subprocess.Popen(
            [sys.executable, *flags, str(_BOOT), json.dumps(options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={
                "OPENBLAS_NUM_THREADS": "1",  # NumPy's: it reserves memory for each
                **{name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
                "MALLOC_ARENA_MAX": "2",  # of glibc: each thread's own arena keeps what it freed
            },
            pass_fds=(self._theirs.fileno(), board_fd, *self._inherited),
            start_new_session=True,
        )

    def _watch(self, child: subprocess.Popen[bytes], board: BoardReader) -> None:
        """Return when the child ends, was asked to, or has to be killed."""
        silent = 0  # ticks since the last sign of life; a stopped parent has none
        allowed = START_S / TICK_S
        pongs = 0
        level = wanted_level()
        while not self._wake.wait(TICK_S):
            self.connection.ping()
            if self.connection.pongs != pongs:
                pongs, silent, allowed = self.connection.pongs, 0, HEARTBEAT_S / TICK_S
            elif (silent := silent + 1) > allowed:
                self._stopped = is_stopped(child.pid)
                self.kill(NO_HEARTBEAT)
                return
            self.rss_bytes = rss_bytes(child.pid)
            if self.rss_bytes is not None and self.rss_bytes > self._limit_bytes:
                self.kill("memory")
                return
            if is_stuck(board):
                self.kill(STUCK)
                return
            if (wanted := wanted_level()) != level:
                level = wanted
                self.connection.notify(SET_LOG_LEVEL, level=level)

    def _reap(self, child: subprocess.Popen[bytes]) -> None:
        """Wait for the child's end, and handle what it had sent."""
        if self.connection.reason not in (None, ENDED):
            self.kill(str(self.connection.reason))  # it broke the rules
        for limit_s in (3.0, 5.0):
            try:
                child.wait(limit_s)
                break
            except subprocess.TimeoutExpired:
                self.kill("it didn't end")
        else:
            _LOGGER.warning("A worker hangs in the system, and is left behind")
        self.connection.close(self._reason or "the worker has ended")
        self.connection.join(30.0)

    def _report(
        self, child: subprocess.Popen[bytes], board: BoardReader, lived_s: float
    ) -> ExitReport:
        code = child.returncode
        if self._reason is not None:
            reason = self._reason
        elif code is not None and code < 0:
            reason = f"signal {-code}"
        else:
            reason = f"exit code {code}"
        if not self._expected:
            self._log_exit(reason)
        return ExitReport(
            reason=reason,
            at=time.monotonic(),
            lived_s=lived_s,
            marks=board.read(),
            main_thread=board.main_thread,
            thread=self._stderr.thread,
            expected=self._expected,
            outside=self._stopped or (reason == KILLED and not self._was_large),
            hung=reason in (NO_HEARTBEAT, STUCK),
        )

    @property
    def _was_large(self) -> bool:
        """Whether the system may have ended it for its memory."""
        return (self.rss_bytes or 0) > LARGE_SHARE * self._limit_bytes

    def _log_exit(self, reason: str) -> None:
        _LOGGER.debug("The worker %s ended: %s", self.name, reason)
        for line in self._stderr.lines:
            _LOGGER.debug("%s: %s", self.name, redact(line))


def is_stuck(board: BoardReader) -> bool:
    """Return whether a thread hangs in native code that doesn't wait for anything."""
    now = time.monotonic()
    endless = (Work.DECODE, Work.DETECT)
    return any(mark.work in endless and now - mark.since > STUCK_S for mark in board.read())
