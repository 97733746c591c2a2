"""Run work in its own namespaces, so that it leaves no mount and no process behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING

from ..bootstrap.console import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

PR_SET_PDEATHSIG = 1  # linux/prctl.h
ADVICE = "A container has to be allowed to mount (Docker's --privileged)."


def run(work: Callable[[], int]) -> int:
    """Run the work with its own mounts and processes; return its exit code."""
    try:
        os.unshare(os.CLONE_NEWNS | os.CLONE_NEWPID)
    except OSError as err:
        raise SetupError(
            f"Linux grants no namespaces here: {err.strerror}.", advice=ADVICE
        ) from err
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        os._exit(_work_as_first(work))
    return _wait(child)


def _work_as_first(work: Callable[[], int]) -> int:
    """Run as the namespace's first process."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGTERM, _stop)
    try:
        # Mounts stay in this namespace, and /proc shows its processes.
        for words in (["--make-rprivate", "/"], ["-t", "proc", "proc", "/proc"]):
            subprocess.run(["mount", *words], check=True)
        return work()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except SetupError as err:
        print(f"\nThis cannot be checked here: {err}\n{err.advice}".rstrip(), file=sys.stderr)
        return 1
    except BaseException:  # noqa: BLE001 - a fork must not go on as its parent would
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _stop(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _wait(child: int) -> int:
    """Wait for the child and forward signals to it."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    signal.signal(signal.SIGTERM, hand_on)
    # Ctrl-C reaches both, as they are in one process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)
