"""Work in its own namespaces leaves no process and no mount behind."""

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

from homesec_dev.bootstrap import paths

WORK = """
import signal, subprocess, sys
from homesec_dev.platforms import namespaces

# What runs in the background of a shell ignores it, and hands that on.
signal.signal(signal.SIGINT, signal.default_int_handler)

def work():
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", sys.argv[1]], check=True)
    waiting = subprocess.Popen(["sleep", sys.argv[2]], start_new_session=True)
    print("mounted", flush=True)
    return waiting.wait()

sys.exit(namespaces.run(work))
"""
UNIQUE_DURATION = "86399.{}"  # a duration unique on this machine


def sleepers(seconds):
    """Return the processes that sleep for this duration."""
    wanted = f"sleep\0{seconds}\0".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if line == wanted:
                found.append(int(folder.name))
    return found


def wait_for_sleeper(process, seconds):
    """Return once `sleep` runs: `Popen` returns while `/proc` still shows no arguments of it."""
    while not sleepers(seconds):
        assert process.poll() is None, "the work ended by itself"
        time.sleep(0.01)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make namespaces")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ended_work_leaves_no_mount_and_no_process(tmp_path, number):
    seconds = UNIQUE_DURATION.format(os.getpid())
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(tmp_path), seconds],
        env=os.environ | {"PYTHONPATH": str(paths.SCRIPTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            if process.stdout.readline() != "mounted\n":
                error = process.stderr.read()
                assert "Linux grants no namespaces here" in error
                pytest.skip(error[-500:])
            wait_for_sleeper(process, seconds)
            # Ctrl-C in a terminal reaches every process of the group.
            if number == signal.SIGINT:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
            assert process.wait(60) != 0
        finally:
            process.kill()  # a failed assertion must not leave it running
        # Ends when the last process closes it.
        process.stdout.read()
    assert not sleepers(seconds)
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
