"""Each text arrives exactly once, wherever the process is killed."""

import os
from pathlib import Path
import random
import signal
import subprocess

import pytest
from sms_factories import message
from twilio_server import Fault, Kind

from homesec_dev import engine_only

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
KILLS = int(os.environ.get("HOMESEC_TEXT_KILLS", "30"))


class Zygote:
    """A process that forks the children to be killed, so that each needs no imports."""

    def __init__(self, folder):
        self.folder = folder
        paths = (HERE, HERE.parent, HERE.parents[1], HERE.parents[1] / "script")
        self.process = subprocess.Popen(
            [*engine_only.command(HERE / "sms_process.py"), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": ":".join(map(str, paths))},
        )

    def ask(self, number, kill_at=0):
        self.process.stdin.write(f"{number} {kill_at}\n")
        self.process.stdin.flush()

    def answer(self):
        return int(self.process.stdout.readline())

    def run(self, number, kill_at=0):
        self.ask(number, kill_at)
        return self.answer()

    def children(self):
        told = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in told.split()]

    def close(self):
        for child in self.children():
            os.kill(child, signal.SIGKILL)
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def zygote(tmp_path, twilio):
    made = Zygote(tmp_path)
    yield made
    made.close()


@pytest.mark.timeout(1200)
def test_text_arrives_once_wherever_process_is_killed(zygote, twilio, tmp_path):
    assert zygote.run(0) == 0
    lines = int((tmp_path / "lines").read_text())
    assert lines > 100
    rng = random.Random(7)
    for number in range(1, KILLS + 1):
        # Evenly distributed over all lines.
        kill_at = 1 + int((number - rng.random()) * lines / KILLS)
        # It may end before, since the order of the threads varies.
        assert zygote.run(number, kill_at) in (0, -signal.SIGKILL)
        # The next start may be killed too, while it searches.
        assert zygote.run(number, rng.randint(1, lines)) in (0, -signal.SIGKILL)
        assert zygote.run(number) == 0
        assert twilio.bodies().count(message(number, at=0).body) == 1, (number, kill_at, lines)
    assert len(twilio.messages) == KILLS + 1


@pytest.mark.parametrize("kind", [Kind.ACCEPT_HANG, Kind.HANG])
def test_text_arrives_once_when_killed_during_request(zygote, twilio, kind):
    """After Twilio has accepted the text, and before."""
    twilio.add(Fault(kind=kind))
    zygote.ask(1)
    while not twilio.asked("POST"):
        twilio.released.wait(0.02)
    if kind is Kind.ACCEPT_HANG:
        twilio.wait_for(1)
    (child,) = zygote.children()
    os.kill(child, signal.SIGKILL)
    assert zygote.answer() == -signal.SIGKILL
    assert zygote.run(1) == 0
    assert len(twilio.messages) == 1


def test_text_arrives_once_when_killed_during_search(zygote, twilio):
    twilio.add(Fault(kind=Kind.ACCEPT_HANG), Fault(kind=Kind.HANG, method="GET"))
    for method in ("POST", "GET"):
        zygote.ask(1)
        while not twilio.asked(method):
            twilio.released.wait(0.02)
        (child,) = zygote.children()
        os.kill(child, signal.SIGKILL)
        assert zygote.answer() == -signal.SIGKILL
    assert zygote.run(1) == 0
    assert len(twilio.messages) == 1
