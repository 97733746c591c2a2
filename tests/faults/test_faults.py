"""A short fault campaign; `script/faults` runs long ones."""

import json
import os
from pathlib import Path
import subprocess

import pytest

from homesec_dev import engine_only

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]
COUNT = 10
# The scripts' imports, in the order that `script/` sets up.
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'script'}:{REPOSITORY}"}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Run a few faults in random order, one against the full Home Assistant; return the report."""
    target = tmp_path_factory.mktemp("faults") / "report.json"
    command = [*engine_only.command("homesec_dev.faults"), f"--count={COUNT}", f"--json={target}"]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    # It contains the seed.
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(target.read_text())


def test_campaign_loses_doubles_and_damages_no_clip(report):
    wrong = ("lost", "duplicated", "unplayable", "stray")
    assert {key: report[key] for key in wrong} == dict.fromkeys(wrong, 0)


def test_campaign_caused_faults_and_recorded_clips(report):
    assert report["faults"] >= COUNT
    assert report["kinds"]["kill -9"] >= 2
    assert report["kinds"]["kill -9 of all of HA"] == 1
    assert any(kind.startswith("worker") for kind in report["kinds"])
    assert report["clips"] > 0
