"""Everything that the code names has its text, its icon and its description.

Core has hassfest for this; for a custom integration nobody else looks.
"""

from __future__ import annotations

from importlib import import_module
import json
from pathlib import Path
import re
from typing import TYPE_CHECKING, Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectSelector
from homeassistant.util.yaml import load_yaml_dict
import pytest

import custom_components.homesec
from custom_components.homesec import (
    camera_form,
    config_flow,
    const,
    event,
    issues,
    sensor,
)
from custom_components.homesec.engine import errors

if TYPE_CHECKING:
    import probatio

ROOT = Path(custom_components.homesec.__file__).parent
TEXTS: dict[str, Any] = json.loads((ROOT / "translations/en.json").read_text())
ICONS: dict[str, Any] = json.loads((ROOT / "icons.json").read_text())
MANIFEST: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text())
HACS: dict[str, Any] = json.loads((ROOT.parents[1] / "hacs.json").read_text())
CAMERA = TEXTS["config_subentries"]["camera"]
MODULES = sorted(path.stem for path in ROOT.glob("*.py") if path.stem != "__init__")
SOURCE = {path.stem: path.read_text() for path in ROOT.glob("*.py")}


@pytest.mark.parametrize("module", MODULES)
def test_every_module_can_be_imported(module: str) -> None:
    """Home Assistant loads some of them only when somebody asks for diagnostics, say."""
    import_module(f"custom_components.homesec.{module}")


def fields(schema: probatio.Schema) -> dict[str, Any]:
    return {str(key): value for key, value in schema.schema.items()}


def check_form(schema: probatio.Schema, step: dict[str, Any]) -> None:
    """Check that a form's fields, sections and choices have their texts, and no others."""
    plain = {k: v for k, v in fields(schema).items() if not isinstance(v, section)}
    sections = {k: v for k, v in fields(schema).items() if isinstance(v, section)}
    assert step["data"].keys() == plain.keys()
    assert step.get("data_description", {}).keys() <= plain.keys()
    assert step.get("sections", {}).keys() == sections.keys()
    for name, part in sections.items():
        assert step["sections"][name]["name"]
        check_form(part.schema, step["sections"][name])
    for selector in plain.values():
        if isinstance(selector, SelectSelector) and "translation_key" in selector.config:
            texts = TEXTS["selector"][selector.config["translation_key"]]["options"]
            assert texts.keys() == set(selector.config["options"])


def test_the_forms_of_the_house_are_labelled() -> None:
    for step in ("user", "reconfigure"):
        check_form(config_flow.SCHEMA, TEXTS["config"]["step"][step])
    used = re.findall(r'"(model_\w+)"', SOURCE["config_flow"])
    assert TEXTS["config"]["error"].keys() == {*used, errors.ModelUnknown.key}


def test_the_forms_of_a_camera_are_labelled() -> None:
    for step in ("user", "reconfigure"):
        check_form(camera_form.source_schema([]), CAMERA["step"][step])
    check_form(camera_form.settings_schema(), CAMERA["step"]["settings"])
    for placeholder in re.findall(r"{(\w+)}", CAMERA["step"]["settings"]["description"]):
        assert f'"{placeholder}":' in SOURCE["camera_flow"]
    assert CAMERA["initiate_flow"].keys() == {"user", "reconfigure"}
    assert CAMERA["progress"].keys() == {"look"}
    assert CAMERA["entry_type"]


def test_every_error_of_a_source_says_what_to_do() -> None:
    keys = {
        error.key
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.SourceError)
    }
    used = re.findall(r'"(\w+_missing|own_camera|path_not_allowed)"', SOURCE["camera_form"])
    used += re.findall(r': "(own_camera|path_not_allowed)"', SOURCE["camera_flow"])
    assert CAMERA["error"].keys() == keys | {*used, errors.HomeSecError.key}
    for text in CAMERA["error"].values():
        assert "{" not in text


def test_every_end_of_a_flow_has_its_reason() -> None:
    reasons = set(re.findall(r'async_abort\(reason="(\w+)"', SOURCE["camera_flow"]))
    assert CAMERA["abort"].keys() == reasons | {"reconfigure_successful"}


def entity_keys() -> dict[str, set[str]]:
    """Return the translation keys that entities use, by platform."""
    descriptions = (*sensor.CAMERA_SENSORS, *sensor.HOUSE_SENSORS)
    return {
        "binary_sensor": set(const.LABELS),
        "event": keys_in("event"),
        "image": keys_in("image"),
        "sensor": {f"{label}_count" for label in const.LABELS}
        | {description.translation_key for description in descriptions},
        "switch": keys_in("switch"),
    }


def keys_in(module: str) -> set[str]:
    return set(re.findall(r'_attr_translation_key = "(\w+)"', SOURCE[module]))


def test_every_entity_has_a_name_and_an_icon() -> None:
    assert {k: v.keys() for k, v in TEXTS["entity"].items()} == entity_keys()
    assert {k: v.keys() for k, v in ICONS["entity"].items()} == entity_keys()
    for platform in TEXTS["entity"].values():
        assert all(texts["name"] for texts in platform.values())
        names = [texts["name"] for texts in platform.values()]
        assert len(set(names)) == len(names)
    types = TEXTS["entity"]["event"]["activity"]["state_attributes"]["event_type"]["state"]
    assert list(types) == list(event.EVENT_TYPES.values())


def test_every_issue_is_described() -> None:
    raised = set(re.findall(r'"(camera_l\w+|engine_failed)"', SOURCE["issues"]))
    assert TEXTS["issues"].keys() == raised | issues.DETECTOR_ISSUES | issues.RECORDING_ISSUES
    known = {"camera", "detector", "model"}
    for issue in TEXTS["issues"].values():
        assert set(re.findall(r"{(\w+)}", json.dumps(issue))) <= known
        assert issue["title"]
        assert ("fix_flow" in issue) is not ("description" in issue)
        if "fix_flow" in issue:
            reasons = re.findall(r'reason="(\w+)"', SOURCE["repairs"])
            assert issue["fix_flow"]["abort"].keys() == set(reasons)
            assert issue["fix_flow"]["step"].keys() == {"confirm"}


def test_every_exception_has_a_message() -> None:
    used = {
        key
        for name, text in SOURCE.items()
        if name not in ("issues", "sensor", "camera_form", "config_flow")
        for key in re.findall(r'translation_key="(\w+)"', text)
    }
    used |= {"camera_not_running", "disk_full", "disk_read_only", "engine_failed"}
    assert TEXTS["exceptions"].keys() == used


def test_the_action_is_described() -> None:
    described = load_yaml_dict(str(ROOT / "services.yaml"))
    assert described.keys() == TEXTS["services"].keys() == ICONS["services"].keys() == {"record"}
    for name, action in described.items():
        texts = TEXTS["services"][name]
        assert texts["name"]
        assert texts["description"]
        assert action["fields"].keys() == texts["fields"].keys()


def test_the_notes_and_triggers_have_texts() -> None:
    notes = set(re.findall(r'note="(\w+)"', SOURCE["camera_flow"])) | {"encoded"}
    assert TEXTS["selector"]["note"]["options"].keys() == notes
    assert TEXTS["selector"]["trigger"]["options"].keys() == {"presence", "manual"}


def test_the_manifest_is_what_home_assistant_and_hacs_expect() -> None:
    assert list(MANIFEST)[:2] == ["domain", "name"]
    assert list(MANIFEST)[2:] == sorted(list(MANIFEST)[2:])
    assert MANIFEST["domain"] == const.DOMAIN
    assert MANIFEST["single_config_entry"]
    assert MANIFEST["config_flow"]
    # Anything here has to install on Alpine Linux too; detectors are installed when chosen.
    assert MANIFEST["requirements"] == []
    assert re.fullmatch(r"\d+\.\d+\.\d+", MANIFEST["version"])
    assert HACS["homeassistant"] == "2026.11.0"


def test_no_file_of_this_half_is_too_long() -> None:
    for name, text in SOURCE.items():
        assert text.count("\n") <= 300, name
