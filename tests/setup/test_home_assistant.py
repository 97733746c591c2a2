"""Home Assistant's wheel: the files that are installed, and the requirements found in it."""

import json
from zipfile import ZipFile

import pytest

from homesec_dev.bootstrap.home_assistant import is_unused, requirements, trim

PART = "homeassistant/components/camera"


@pytest.mark.parametrize(
    ("name", "unused"),
    [
        (f"{PART}/translations/de.json", True),
        (f"{PART}/translations/en.json", False),
        (f"{PART}/translations/en-GB.json", True),
        (f"{PART}/manifest.json", False),
        (f"{PART}/__init__.py", False),
        ("hass_frontend/frontend_latest/app.js", False),
        ("hass_frontend/frontend_latest/app.js.gz", True),
        ("hass_frontend/frontend_latest/app.js.map", True),
        ("hass_frontend/static/translations/de-1.json", False),
        ("other/app.js.gz", False),
    ],
)
def test_unused_files_are_translations_and_doubles(name, unused):
    assert is_unused(name) is unused


def test_trimmed_wheel_neither_holds_nor_lists_what_is_unused(tmp_path):
    kept, unused = f"{PART}/translations/en.json", f"{PART}/translations/de.json"
    record = "homeassistant-1.dist-info/RECORD"
    listing = f"{kept},sha256=a,2\n{unused},sha256=b,2\n{record},,\n"
    with ZipFile(tmp_path / "whole.whl", "w") as wheel:
        wheel.writestr(kept, "{}")
        wheel.writestr(unused, "{}")
        wheel.writestr(record, listing)
    trim(tmp_path / "whole.whl", tmp_path / "trimmed.whl")
    with ZipFile(tmp_path / "trimmed.whl") as wheel:
        assert wheel.namelist() == [kept, record]
        assert wheel.read(record).decode() == f"{kept},sha256=a,2\n{record},,\n"


def test_requirements_are_those_of_what_is_set_up_and_what_that_depends_on(tmp_path):
    manifests = {
        "homeassistant": {},
        "frontend": {"dependencies": ["http"], "requirements": ["home-assistant-frontend==1"]},
        "http": {"requirements": ["aiohttp_cors==1"], "after_dependencies": ["cloud"]},
        "cloud": {"requirements": ["hass-nabucasa==1"]},
        "isal": {}, "recorder": {"requirements": ["SQLAlchemy==1"]}, "system_log": {},
        "hassio": {}, "camera": {"requirements": ["PyTurboJPEG==1"]},
        "stream": {"requirements": ["av==1"]},
    }  # fmt: skip
    with ZipFile(tmp_path / "ha.whl", "w") as wheel:
        bootstrap = (
            'CORE_INTEGRATIONS = {"homeassistant"}\n'
            'DEFAULT_INTEGRATIONS = {"frontend", *(BASE_PLATFORMS - {"todo"})}\n'
        )
        wheel.writestr("homeassistant/bootstrap.py", bootstrap)
        platforms = 'class EntityPlatforms(StrEnum):\n    CAMERA = "camera"\n'
        wheel.writestr("homeassistant/generated/entity_platforms.py", platforms)
        for domain, manifest in manifests.items():
            path = f"homeassistant/components/{domain}/manifest.json"
            wheel.writestr(path, json.dumps(manifest))
    assert requirements(tmp_path / "ha.whl", ["stream"]) == {
        "PyTurboJPEG==1", "SQLAlchemy==1", "aiohttp_cors==1", "av==1", "home-assistant-frontend==1",
    }  # fmt: skip
