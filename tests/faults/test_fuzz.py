"""A short campaign of damaged bytes; `script/fuzz` runs long ones."""

import json
import os
from pathlib import Path
import subprocess

import pytest

from homesec_dev import engine_only

pytestmark = pytest.mark.long

REPOSITORY = Path(__file__).parents[2]
CASES = 100
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'script'}:{REPOSITORY}"}


def test_damaged_bytes_end_no_process_but_a_worker_and_lose_no_clip(tmp_path):
    target = tmp_path / "report.json"
    command = [*engine_only.command("homesec_dev.fuzz"), f"--cases={CASES}", "--minutes=3"]
    done = subprocess.run(
        [*command, f"--json={target}"],
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    # It contains the seed.
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(target.read_text())
    wrong = ("ha_crashes", "unrecovered", "hangs", "over_budget", "healthy_clips_lost", "defects")
    assert {key: report[key] for key in wrong} == dict.fromkeys(wrong, 0)
    assert report["cases"] == CASES
    assert report["healthy_clips"] > 0
