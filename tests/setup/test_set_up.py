"""The set-up of the development environment: what it prints, and what a failure leaves."""

from concurrent.futures import ThreadPoolExecutor
import json
import os
from pathlib import Path
import subprocess
import sys
from threading import Event
import time
from zipfile import ZipFile

import pytest

from homesec_dev.bootstrap import console, paths, virtualenv
from homesec_dev.bootstrap.console import CommandError

LONG_S = 60
# A set-up that is killed while it installs the tests' tools.
STUCK = """
import time
from homesec_dev.bootstrap import virtualenv

def stuck(self):
    (self._folder / "half.py").touch()
    print("installing", flush=True)
    time.sleep(600)

virtualenv._Installer.install_tests = stuck
virtualenv.add_tests()
"""


def toy(folder, name="toy", version="1.0"):
    """Write a package with one module; return its wheel."""
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with ZipFile(wheel, "w") as file:
        file.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        file.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(
            f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n"
        )
    return wheel


@pytest.fixture
def environment(tmp_path, monkeypatch):
    """An environment as `build` leaves it, but for Home Assistant."""
    monkeypatch.setenv("HOMESEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(paths, "TEST_REQUIREMENTS", tmp_path / "tests.txt")
    paths.TEST_REQUIREMENTS.write_text("")
    folder = paths.venv()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (folder / "bin" / "uv").symlink_to(Path(sys.prefix) / "bin" / "uv")
    (folder / virtualenv.BASE).write_text("")
    (folder / virtualenv.STAMP).write_text(json.dumps(virtualenv._fingerprints(tests=False)))
    return folder


def imports(module):
    """Say whether the environment has a module."""
    done = subprocess.run(
        [virtualenv.python(), "-c", f"import {module}"], stderr=subprocess.PIPE, check=False
    )
    return done.returncode == 0


def leftovers():
    return [each.name for each in paths.cache().glob("venv.*")]


def test_progress_prints_how_far_a_silent_step_is(monkeypatch, capsys):
    monkeypatch.setattr(console, "SILENCE_S", 0.01)
    printed = Event()

    def detail():
        printed.set()
        return "3 of 5"

    with console.progress("Laying eggs", detail):
        assert printed.wait(LONG_S)
    assert "Laying eggs: 0 s, 3 of 5\n" in capsys.readouterr().err


def test_progress_of_a_quick_step_prints_nothing(capsys):
    console.notice("Begun")
    with console.progress("Laying eggs"):
        pass
    assert capsys.readouterr().err == "    Begun\n"


def test_run_prints_the_last_line_of_a_program_that_takes_long(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(console, "SILENCE_S", 0.01)
    go_on = tmp_path / "go on"
    program = f"""
import pathlib, sys, time
print("first")
print("half way", flush=True)
while not pathlib.Path({str(go_on)!r}).exists():
    time.sleep(0.01)
print("done")
"""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(console.run, [sys.executable, "-c", program], doing="Walking")
        deadline = time.monotonic() + LONG_S
        while "half way" not in capsys.readouterr().err and time.monotonic() < deadline:
            time.sleep(0.01)
        assert time.monotonic() < deadline
        go_on.touch()
        assert running.result().splitlines() == ["first", "half way", "done"]


def test_run_says_what_a_program_that_fails_printed_last():
    program = "import sys; print('spam'); sys.exit('no eggs')"
    with pytest.raises(CommandError, match=r"(?s)Cooking failed .exit code 1.*spam.*no eggs"):
        console.run([sys.executable, "-c", program], doing="Cooking")


def test_tests_are_added_to_the_environment_that_is_there(environment, tmp_path):
    (environment / "lib" / "of the base").touch()
    assert virtualenv.is_ready(tests=False)
    paths.TEST_REQUIREMENTS.write_text(str(toy(tmp_path)))
    assert not virtualenv.is_ready(tests=True)
    virtualenv.add_tests()
    assert virtualenv.is_ready(tests=True)
    assert imports("toy")
    assert (environment / "lib" / "of the base").exists()


def test_a_change_of_the_tests_list_leaves_the_base_and_replaces_tools(environment, tmp_path):
    paths.TEST_REQUIREMENTS.write_text(str(toy(tmp_path)))
    virtualenv.add_tests()
    paths.TEST_REQUIREMENTS.write_text(str(toy(tmp_path, name="game")))
    assert virtualenv.is_ready(tests=False)
    assert not virtualenv.is_ready(tests=True)
    virtualenv.add_tests()
    assert imports("game")
    assert not imports("toy")


def test_a_package_of_the_base_keeps_its_version(environment, tmp_path):
    paths.TEST_REQUIREMENTS.write_text(str(toy(tmp_path)))
    virtualenv.add_tests()
    (environment / virtualenv.BASE).write_text("toy==1.0\n")
    wheels = tmp_path / "newer"
    wheels.mkdir()
    toy(wheels, version="2.0")
    paths.TEST_REQUIREMENTS.write_text(f"--no-index\n--find-links {wheels}\ntoy>=2\n")
    virtualenv.add_tests()
    assert imports("toy; assert toy.VERSION == '1.0'")


def test_a_failed_addition_leaves_the_environment_as_it_was(environment):
    paths.TEST_REQUIREMENTS.write_text("/no/such/wheel-1.0-py3-none-any.whl\n")
    with pytest.raises(CommandError):
        virtualenv.add_tests()
    assert virtualenv.is_ready(tests=False)
    assert not virtualenv.is_ready(tests=True)
    assert not leftovers()


def test_a_killed_addition_is_not_taken_for_a_complete_one(environment):
    command = [sys.executable, "-c", STUCK]
    path = os.pathsep.join(map(str, (paths.SCRIPTS, paths.REPOSITORY)))
    env = os.environ | {"PYTHONPATH": path}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "installing\n"
        process.kill()
    assert leftovers()
    assert virtualenv.is_ready(tests=False)
    assert not virtualenv.is_ready(tests=True)
    virtualenv.add_tests()
    assert virtualenv.is_ready(tests=True)
    assert not (environment / "half.py").exists()
    assert not leftovers()
