"""What a worker runs in tests: it does what it's asked, and that is mostly harm.

The test imports it, too, for the methods.
"""

import ctypes
import logging
import os
from pathlib import Path
import resource
import signal
import sys
import threading
import time

if "engine" in sys.modules:
    from engine.core.activity_board import BOARD, Work
    from engine.worker.method import Method
else:
    from custom_components.homesec.engine.core.activity_board import BOARD, Work
    from custom_components.homesec.engine.worker.method import Method

ECHO = Method(name="echo", args={"text": str}, result=str)
MODULES = Method(name="modules", result=list[str])
ENVIRONMENT = Method(name="environment", result=dict[str, str])
STATUS = Method(name="status", result=dict[str, str])
CRASH = Method(name="crash", args={"camera_id": str})
ABORT = Method(name="abort")
EXIT = Method(name="exit", args={"status": int})
GROW = Method(name="grow", args={"megabytes": int})
ALLOCATE = Method(name="allocate", args={"megabytes": int}, result=int)
STICK = Method(name="stick", args={"camera_id": str})
HOLD_GIL = Method(name="hold_gil", args={"seconds": float})
GARBAGE = Method(name="garbage")
FLOOD = Method(name="flood", args={"count": int})
LOG_LINES = Method(name="log_lines", args={"count": int, "level": int})
COMPLAIN = Method(name="complain", args={"text": str})
TOLD_TEXT = Method(name="text", args={"text": str}, thread="events")

_kept = []


def create_handlers(connection):
    def garbage():
        connection._socket.send(b"\xff" * 1000)

    def flood(count):
        for n in range(count):
            connection.notify(TOLD_TEXT, text=str(n))

    return {
        ECHO: lambda text: text,
        MODULES: lambda: sorted(sys.modules),
        ENVIRONMENT: lambda: dict(os.environ),
        STATUS: status,
        CRASH: crash,
        ABORT: os.abort,
        EXIT: os._exit,
        GROW: grow,
        ALLOCATE: lambda megabytes: len(bytearray(megabytes * 2**20)),
        STICK: stick,
        HOLD_GIL: hold_gil,
        GARBAGE: garbage,
        FLOOD: flood,
        LOG_LINES: log_lines,
        COMPLAIN: complain,
    }


def status():
    lines = Path("/proc/self/status").read_text().splitlines()
    found = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    found["nice"] = str(os.nice(0))
    found["core"] = str(resource.getrlimit(resource.RLIMIT_CORE)[0])
    found["oom"] = Path("/proc/self/oom_score_adj").read_text().strip()
    found["sigterm"] = str(signal.getsignal(signal.SIGTERM) is signal.SIG_IGN)
    group = Path("/proc/self/autogroup")
    found["group"] = group.read_text().split()[-1] if group.exists() else ""
    found["sid"] = str(os.getsid(0))
    found["fds"] = str(len(list(Path("/proc/self/fd").iterdir())) - 1)
    return found


def crash(camera_id):
    with BOARD.working(Work.DECODE, camera_id):
        ctypes.string_at(1)


def grow(megabytes):
    for _ in range(megabytes):
        _kept.append(os.urandom(16) * 2**16)
        time.sleep(0.001)
    threading.Event().wait()


def stick(camera_id):
    with BOARD.working(Work.DECODE, camera_id):
        threading.Event().wait()


def hold_gil(seconds):
    libc = ctypes.PyDLL(None)
    libc.usleep(int(seconds * 1e6))


def log_lines(count, level):
    for n in range(count):
        logging.getLogger("engine.camera.session").log(level, "line %d", n)


def complain(text):
    os.write(2, text.encode() + b"\n")
    os.abort()
