"""Wheels without what is not used here: what stays can be installed, what goes is not listed."""

from zipfile import ZipFile

import pytest

from homesec_dev.bootstrap.wheels import is_unused, trim

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
