"""Send texts until killed: `sms_process.py FOLDER`.

For each line ``NUMBER KILL_AT`` of its input, it forks a child that sends text NUMBER and kills
itself at that line of the code (0: never), and prints the child's exit code.
"""

import os
from pathlib import Path
import random
import signal
import sys
import threading
import time

from sms_factories import account, message

from custom_components.homesec.engine.core import deadline as limited
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.db import database, job_queue as jobs, worker as job_worker
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.sms import service, twilio_api, worker as sms_worker
from custom_components.homesec.engine.sms.service import SmsService

WATCHED = {module.__file__ for module in (database, job_worker, jobs, limited)}
SETTLE_S = 1.0


class Killer:
    """Counts the lines that run for texts, in all threads, and kills the process at one."""

    def __init__(self, kill_at):
        self.kill_at = kill_at
        self.lines = 0
        self.armed = False

    def watch(self):
        threading.settrace(self.calls)
        sys.settrace(self.calls)

    def calls(self, frame, *_):
        path = Path(frame.f_code.co_filename)
        if path.parent.name == "sms" or str(path) in WATCHED:
            return self.line
        return None

    def line(self, frame, event, _):
        if event == "line" and self.armed:
            self.lines += 1
            if self.lines == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.line


def send_text(folder, number, killer):
    """Send one text; return once none waits."""
    sms_worker.SETTLE_S = SETTLE_S
    killer.watch()
    with Catalog(folder / "clips.db") as catalog:
        sms = SmsService(
            cloud=lambda: None, on_event=lambda _: None, clock=SystemClock(), rng=random.Random(1)
        )
        sms.start(catalog.database, catalog.jobs)
        killer.armed = True
        sms.set_recipients({"anna": account()})
        sms.send(message(number, at=time.time()))
        while sms.states()["anna"].waiting:
            killer.armed, armed = False, killer.armed
            time.sleep(0.01)
            killer.armed = armed
        killer.armed = False
        sms.close()


def main():
    folder = Path(sys.argv[1])
    twilio_api.import_library()
    assert service
    for line in sys.stdin:
        number, kill_at = map(int, line.split())
        child = os.fork()
        if child == 0:
            killer = Killer(kill_at)
            send_text(folder, number, killer)
            (folder / "lines").write_text(f"{killer.lines}")
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
