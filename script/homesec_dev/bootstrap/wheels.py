"""Wheels without the files that nobody asks for here: unpacking those takes longest of all."""

import csv
from fnmatch import fnmatch
import io
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from .console import progress, run
from .uv import run_uv

PIP = "pip==26.2"  # downloads a wheel as it is, which uv does not
# Three quarters of Home Assistant's files and most of its frontend's bytes. HA takes English where
# a language has no file, and serves the file itself where it has no compressed one; maps are for
# those who debug HA's frontend.
TRANSLATIONS = "homeassistant/components/*/translations/*.json"
ENGLISH = "*/en.json"
FRONTEND = "hass_frontend/"
FRONTEND_ENDINGS = (".map", ".br", ".gz")


def is_unused(name: str) -> bool:
    """Return whether a file of a wheel is left out."""
    if name.startswith(FRONTEND):
        return name.endswith(FRONTEND_ENDINGS)
    return fnmatch(name, TRANSLATIONS) and not fnmatch(name, ENGLISH)


def trimmed_wheel(requirement: str, folder: Path, *, python: Path) -> Path:
    """Download a package into a folder, and return its wheel without what is unused."""
    whole = folder / "whole"
    whole.mkdir(parents=True, exist_ok=True)
    advice = "Check that this machine reaches PyPI."
    with TemporaryDirectory(dir=folder) as pip:
        words = ["pip", "install", "--python", python, "--target", pip, PIP]
        run_uv(words, doing=f"Installing {PIP}", advice=advice)
        download = ["download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        run(
            [
                python,
                "-m",
                "pip",
                *download,
                "--only-binary",
                ":all:",
                "--dest",
                whole,
                requirement,
            ],
            doing=f"Downloading {requirement}",
            advice=advice,
            env={"PYTHONPATH": pip},
        )
    [wheel] = whole.iterdir()
    target = folder / wheel.name
    with progress(f"Leaving out what is not used of {requirement}"):
        trim(wheel, target)
    wheel.unlink()
    return target


def trim(wheel: Path, target: Path) -> None:
    """Write a copy of a wheel without its unused files, neither packed nor listed."""
    with ZipFile(wheel) as whole, ZipFile(target, "w") as copy:
        for entry in whole.infolist():
            if is_unused(entry.filename):
                continue
            content = whole.read(entry)
            if entry.filename.endswith(".dist-info/RECORD"):
                content = _record_without_unused(content)
            copy.writestr(entry, content)


def _record_without_unused(record: bytes) -> bytes:
    lines = csv.reader(io.StringIO(record.decode()))
    kept = io.StringIO()
    csv.writer(kept, lineterminator="\n").writerows(
        line for line in lines if not is_unused(line[0])
    )
    return kept.getvalue().encode()
