"""Twilio's API with the ``twilio`` that Home Assistant itself pins: both share one of it."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

from homesec_dev import core_twilio

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
TESTS = "test_twilio_api.py"
"""Tests all that HomeSec uses of the library."""


def test_api_tests_pass_with_twilio_of_core():
    folder = core_twilio.folder()
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", "import twilio; print(twilio.__file__, twilio.__version__)"]
    output = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout.split()
    assert output[0].startswith(str(folder))
    assert f"twilio=={output[1]}" == core_twilio.requirement()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS],
        env=environment,
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout
