"""What a worker gives up at its very beginning."""

from contextlib import suppress
import ctypes
import logging
import os
from pathlib import Path
import resource
import signal
import sys

_LOGGER = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
OOM_SCORE = 600
"""When the whole system runs out of memory, Linux ends the worker rather than Home Assistant."""
_OOM_FILE = Path("/proc/self/oom_score_adj")
_GROUP_FILE = Path("/proc/self/autogroup")


def harden(*, parent_pid: int, nice: int, data_limit_bytes: int | None) -> None:
    """Lower this process's priority and rights, and let it end with its parent.

    What the system refuses is left out: each is a second line.
    """
    # Ctrl+C and the end of the system are the parent's to handle: it lets clips end first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent_pid:  # it ended before
        sys.exit(0)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    with suppress(OSError):
        os.nice(nice)
    if os.getsid(0) == os.getpid():
        # Where Linux shares time among sessions, priorities count within a session only.
        with suppress(OSError):
            _GROUP_FILE.write_text(str(nice))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if data_limit_bytes is not None:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (data_limit_bytes, data_limit_bytes))
    with suppress(OSError):
        _OOM_FILE.write_text(str(OOM_SCORE))


def _prctl(option: int, value: int) -> None:
    """Call ``prctl``, which glibc and musl both have."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    except (OSError, AttributeError) as err:
        _LOGGER.debug("prctl %d failed: %s", option, err)
