"""A few faults of each sort; `script/faults` lets hundreds happen."""

import json
import os
from pathlib import Path
import subprocess
import sys

import pytest

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]
COUNT = 10
# What the scripts import, in the same order as `script/` sets it up.
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'script'}:{REPOSITORY}"}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What became of all clips after some faults in random order, one of them to all of HA."""
    target = tmp_path_factory.mktemp("faults") / "report.json"
    command = [sys.executable, "-m", "homesec_dev.faults", f"--count={COUNT}", f"--json={target}"]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    # The seed is in it.
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(target.read_text())


def test_no_clip_is_lost_doubled_or_spoilt(report):
    wrong = ("lost", "duplicated", "unplayable", "stray")
    assert {key: report[key] for key in wrong} == dict.fromkeys(wrong, 0)


def test_the_faults_have_really_happened_and_there_were_clips(report):
    assert report["faults"] >= COUNT
    assert report["kinds"]["kill -9"] >= 2
    assert report["kinds"]["kill -9 of all of HA"] == 1
    assert report["clips"] > 0
