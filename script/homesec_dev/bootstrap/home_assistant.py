"""Home Assistant's wheel and its frontend's, and what a plain start of it imports.

Both are downloaded and trimmed before anything is installed: most of their files are never asked
for here, and unpacking files takes longest of all.
"""

import ast
from collections.abc import Iterable
import csv
from dataclasses import dataclass
from fnmatch import fnmatch
import io
import json
from pathlib import Path
import re
from zipfile import ZipFile

from .console import progress
from .uv import run_pip

# Three quarters of Home Assistant's files and most of its frontend's bytes. HA takes English where
# a language has no file, and serves the file itself where it has no compressed one; maps are for
# those who debug HA's frontend.
TRANSLATIONS = "homeassistant/components/*/translations/*.json"
ENGLISH = "*/en.json"
FRONTEND = "hass_frontend/"
FRONTEND_ENDINGS = (".map", ".br", ".gz")
FRONTEND_PACKAGE = "home-assistant-frontend=="
PYTHON = "3.14.2"  # the oldest that Home Assistant runs on

BOOTSTRAP = ("CORE_INTEGRATIONS", "DEFAULT_INTEGRATIONS")  # sets in HA's bootstrap
# Set up by HA's own bootstrap, though in none of its lists of defaults.
ALWAYS = {"isal", "recorder", "system_log"}
# Imported by `analytics`, a default integration, even where there is no Supervisor.
IMPORTED = {"hassio"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAssistant:
    """What is to be installed, and in which versions."""

    wheels: tuple[Path, ...]
    requirements: tuple[str, ...]
    """Of the integrations; the frontend's is among the wheels."""
    constraints: Path


def fetch(version: str, integrations: Iterable[str], folder: Path) -> HomeAssistant:
    """Download Home Assistant into a folder, and read what these integrations import."""
    wheel = _trimmed(f"homeassistant=={version}", folder)
    needed = requirements(wheel, integrations)
    frontend = [each for each in needed if each.startswith(FRONTEND_PACKAGE)]
    constraints = folder / "package_constraints.txt"
    with ZipFile(wheel) as content:
        constraints.write_bytes(content.read(f"homeassistant/{constraints.name}"))
    return HomeAssistant(
        wheels=(wheel, *(_trimmed(each, folder) for each in frontend)),
        requirements=tuple(sorted(needed - set(frontend))),
        constraints=constraints,
    )


def requirements(wheel: Path, integrations: Iterable[str]) -> set[str]:
    """Return what a plain start imports, read from the manifests in Home Assistant's wheel.

    HA installs these when it first sets up each integration; the set-up does it beforehand, so that
    a start needs no network. Integrations that others are only set up after are not set up at all.
    """
    found: set[str] = set()
    with ZipFile(wheel) as content:
        todo = [*ALWAYS, *IMPORTED, *_defaults(content), *integrations]
        seen: set[str] = set()
        while todo:
            if (domain := todo.pop()) in seen:
                continue
            seen.add(domain)
            text = content.read(f"homeassistant/components/{domain}/manifest.json")
            manifest = json.loads(text)
            found.update(manifest.get("requirements", ()))
            todo += manifest.get("dependencies", [])
    return found


def _defaults(content: ZipFile) -> set[str]:
    """Return the integrations that HA's bootstrap always sets up, all entity platforms included."""
    platforms = ast.parse(content.read("homeassistant/generated/entity_platforms.py"))
    bootstrap = ast.parse(content.read("homeassistant/bootstrap.py"))
    # A string that stands in a set, or is assigned to a member of the enumeration.
    nodes = [node.value for node in ast.walk(platforms) if isinstance(node, ast.Assign)]
    for node in bootstrap.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Set(elts=elements)):
                nodes += elements if name in BOOTSTRAP else ()
    return {str(node.value) for node in nodes if isinstance(node, ast.Constant)}


def is_unused(name: str) -> bool:
    """Return whether a file of a wheel is left out."""
    if name.startswith(FRONTEND):
        return name.endswith(FRONTEND_ENDINGS)
    return fnmatch(name, TRANSLATIONS) and not fnmatch(name, ENGLISH)


def _trimmed(requirement: str, folder: Path) -> Path:
    """Download a package, and return its wheel without what is unused."""
    whole = folder / "whole"
    whole.mkdir(parents=True, exist_ok=True)
    fitting = ["--no-deps", "--only-binary", ":all:", "--python-version", PYTHON]
    run_pip(
        ["download", *fitting, "--dest", str(whole), requirement],
        doing=f"Downloading {requirement}",
        advice="Check that this machine reaches PyPI.",
    )
    [wheel] = whole.iterdir()
    target = folder / wheel.name
    with progress(f"Leaving out what is not used of {re.split('=', requirement)[0]}"):
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
            copy.writestr(entry, content, compress_type=0)


def _record_without_unused(record: bytes) -> bytes:
    lines = csv.reader(io.StringIO(record.decode()))
    kept = io.StringIO()
    csv.writer(kept, lineterminator="\n").writerows(
        line for line in lines if not is_unused(line[0])
    )
    return kept.getvalue().encode()
