"""Everything that the code names has its text, icon, and description.

Home Assistant core checks this with hassfest, which doesn't run for custom integrations.
"""

from __future__ import annotations

from importlib import import_module
import json
import re
from typing import TYPE_CHECKING, Any

from homeassistant.util.yaml import load_yaml_dict
import pytest

from custom_components.homesec import const, event, issues, repairs, sensor
from custom_components.homesec.alerts.rule_check import Referenced
from custom_components.homesec.alerts.rules import AlertKind
from custom_components.homesec.cameras import sensor_check
from custom_components.homesec.clips.deletion import NOT_RESTORED, REMOVED_LATER
from custom_components.homesec.cloud import issues as storage_issues
from custom_components.homesec.cloud.state import error_keys
from custom_components.homesec.detector.state import DetectorStatus
from custom_components.homesec.engine.cloud.errors import StorageError
from custom_components.homesec.engine.core import errors
from custom_components.homesec.engine.core.discovery import EventKind
from custom_components.homesec.engine.core.types import TamperKind, Trigger
from custom_components.homesec.engine.sms.errors import TextError

if TYPE_CHECKING:
    from collections.abc import Iterator


from text_files import HACS, ICONS, MANIFEST, ROOT, SOURCE, TEXTS, VIDEO, WITHOUT_EXCEPTIONS


@pytest.mark.parametrize("module", sorted(SOURCE))
def test_module_can_be_imported(module: str) -> None:
    """Home Assistant imports some modules only on demand, such as diagnostics."""
    import_module(f"custom_components.homesec.{module}")


def test_alerts_have_all_texts() -> None:
    texts = TEXTS["selector"]["alert_text"]["options"]
    used = re.findall(r'"(\w+_title|\w+_title_unknown|sms|sms_clip)"', SOURCE["alerts.texts"])
    used += re.findall(r'"(\w+_message_\w+)"', SOURCE["alerts.texts"])
    used += [f"{kind}_title" for kind in (AlertKind.OFFLINE, AlertKind.TAMPER)]
    used += [f"{AlertKind.TAMPER}_message_{kind}" for kind in TamperKind]
    used += [f"{kind}_message" for kind in AlertKind if kind is not AlertKind.TAMPER]
    assert texts.keys() == {*used, "welcome"}


def entity_keys() -> dict[str, set[str]]:
    """Return the translation keys that entities use, by platform."""
    descriptions = (*sensor.CAMERA_SENSORS, *sensor.SYSTEM_SENSORS, *sensor.CLOUD_SENSORS)
    return {
        "binary_sensor": {*const.LABELS, "other"} | keys_in("binary_sensor"),
        "button": keys_in("button"),
        "event": keys_in("event"),
        "image": keys_in("image"),
        "sensor": {
            f"{label}_{key}"
            for label in (*const.LABELS, "other")
            for key in (description.key for description in sensor.LABEL_SENSORS)
        }
        | keys_in("sensor")
        | keys_in("stream_sensor")
        | keys_in("alert_sensor")
        | {description.translation_key for description in descriptions},
        "switch": keys_in("switch"),
    }


def keys_in(module: str) -> set[str]:
    return set(re.findall(r'_attr_translation_key = "(\w+)"', SOURCE[module]))


def test_entities_have_names_and_icons() -> None:
    assert {k: v.keys() for k, v in TEXTS["entity"].items()} == entity_keys()
    assert {k: v.keys() for k, v in ICONS["entity"].items()} == entity_keys()
    for platform in TEXTS["entity"].values():
        assert all(texts["name"] for texts in platform.values())
        names = [texts["name"] for texts in platform.values()]
        assert len(set(names)) == len(names)
    types = TEXTS["entity"]["event"]["activity"]["state_attributes"]["event_type"]["state"]
    assert list(types) == list(event.EVENT_TYPES.values())
    tamper = TEXTS["entity"]["binary_sensor"]["tamper"]["state_attributes"]["kind"]["state"]
    assert list(tamper) == list(TamperKind)
    assert list(TEXTS["entity"]["sensor"]["detector"]["state"]) == list(DetectorStatus)


def repair_reasons(issue: str) -> set[str]:
    """Return the abort reasons of an issue's repair flow."""
    if issue in issues.RECIPIENT_ISSUES:
        return set(repairs.ABORT_REASONS["recipient"])
    if issue.startswith("rule"):
        return set(re.findall(r'reason="(\w+)"', SOURCE["flows.rule_repair"]))
    if issue.startswith("camera"):
        return set(repairs.ABORT_REASONS["camera"])
    return set(re.findall(r'reason="(\w+)"', SOURCE["cloud.issues"]))


def test_issues_have_texts_and_known_placeholders() -> None:
    raised = set(
        re.findall(
            r'"(camera_[bdlmnprv]\w+)"',
            SOURCE["issues"] + SOURCE["camera_issues"] + SOURCE["video_issues"],
        )
    )
    engine_issues = error_keys(errors.StartFailed)
    rule_issues = {f"rule_{kind}_gone" for kind in Referenced}
    raised |= (
        {"engine_spare", "engine_folder_empty"}
        | rule_issues
        | engine_issues
        | issues.DETECTOR_ISSUES
        | issues.RECORDING_ISSUES
    )
    raised.add(sensor_check.ISSUE)
    raised |= {*issues.SECOND_ISSUES.values(), issues.SECOND_FAILED}
    tampering = {f"camera_tamper_{kind}" for kind in TamperKind}
    raised |= tampering
    raised |= storage_issues.STORAGE_ISSUES | {*storage_issues.STUCK_ISSUES.values()}
    shown_only = set(
        re.findall(
            r'"(disk_nearly_full|clips_dropped|catalog_rebuilt|files_damaged|objects_refused)"',
            SOURCE["cloud.issues"],
        )
    )
    shown_only |= set(re.findall(r'"(alarm_state_\w+)"', SOURCE["issues"]))
    shown_only |= set(re.findall(r'"(alerts?_\w+)"', SOURCE["alert_issues"]))
    raised |= {
        *shown_only,
        storage_issues.STUCK,
        storage_issues.ISSUE_OLD_KEY,
        issues.ISSUE_OPENCV,
    } | issues.RECIPIENT_ISSUES
    assert TEXTS["issues"].keys() == raised
    for key, issue in TEXTS["issues"].items():
        known = {
            "camera",
            "detector",
            "model",
            "sensors",
            *(VIDEO if key.startswith("camera") else ()),
        }
        if key.endswith("_unavailable"):
            known |= {"files", "folder"}
        if key in {*engine_issues, "engine_spare", "engine_folder_empty"}:
            known = {"folder", "reason", "spare"}
        if key in {*storage_issues.STORAGE_ISSUES, storage_issues.ISSUE_OLD_KEY}:
            known |= {"bucket"}
        elif key in issues.RECIPIENT_ISSUES:
            known = {"recipient"}
        elif key in rule_issues:
            known = {"name", "recipients"}
        elif key in shown_only or key.startswith("uploads_stuck"):
            known |= {"bucket", "clips", "free", "file", "files", "folder", "objects"}
            known |= {"name", "count"} if key.startswith("alert") else set()
        assert set(re.findall(r"{(\w+)}", json.dumps(issue))) <= known
        if key in issues.DETECTOR_ISSUES:
            assert "records all motion" in issue["description"]
        assert issue["title"]
        assert ("fix_flow" in issue) is not ("description" in issue)
        if "fix_flow" in issue:
            reasons = repair_reasons(key)
            # What only tells something is read, and that is all; so is what is confirmed.
            confirmed = {*shown_only, issues.ISSUE_OPENCV, "engine_folder_empty"}
            expected = set() if key in confirmed else reasons
            assert issue["fix_flow"].get("abort", {}).keys() == expected
            assert issue["fix_flow"]["step"].keys() == {"confirm"}


def test_exceptions_have_messages() -> None:
    used = {
        key
        for name, text in SOURCE.items()
        if name not in WITHOUT_EXCEPTIONS
        for key in re.findall(r'translation_key="(\w+)"', text)
    }
    used |= set(re.findall(r'_error\("(\w+)"', SOURCE["alarm.codes"]))
    used |= set(re.findall(r'"(guard_\w+)"', SOURCE["alarm.guard"]))
    used |= set(re.findall(r'_error\("(\w+)"', SOURCE["cameras.movement"]))
    used |= {"camera_not_running", "disk_full", "disk_read_only", "engine_failed"}
    used |= {errors.ClipNotFound.key, errors.ClipProtected.key, errors.PurgeHeld.key}
    used |= {REMOVED_LATER, NOT_RESTORED}
    used |= error_keys(StorageError) | error_keys(TextError)
    assert TEXTS["exceptions"].keys() == used


def test_actions_have_texts_and_icons() -> None:
    described = load_yaml_dict(str(ROOT / "services.yaml"))
    assert described.keys() == TEXTS["services"].keys() == ICONS["services"].keys()
    for name, action in described.items():
        texts = TEXTS["services"][name]
        assert texts["name"]
        assert texts["description"]
        fields = action["fields"] if action else {}
        assert fields.keys() == texts.get("fields", {}).keys()
        for field in texts.get("fields", {}).values():
            assert field["name"]
            assert field["description"]


@pytest.mark.parametrize("kind", ["trigger", "condition"])
def test_triggers_and_conditions_have_texts_and_icons(kind: str) -> None:
    described = load_yaml_dict(str(ROOT / f"{kind}s.yaml"))
    described = {key: value for key, value in described.items() if key[0] != "."}
    assert described.keys() == TEXTS[f"{kind}s"].keys() == ICONS[f"{kind}s"].keys()
    for name, parts in described.items():
        texts = TEXTS[f"{kind}s"][name]
        assert texts["name"]
        assert texts["description"]
        assert ICONS[f"{kind}s"][name][kind].startswith("mdi:")
        assert parts["fields"].keys() == texts.get("fields", {}).keys()
        for key, field in parts["fields"].items():
            assert texts["fields"][key]["name"]
            assert texts["fields"][key]["description"]
            select = field["selector"].get("select")
            if select is not None:
                known = TEXTS["selector"][select["translation_key"]]["options"]
                assert select["options"] == list(known)


def test_notes_and_clip_triggers_have_texts() -> None:
    notes = set(re.findall(r'note_key="(\w+)"', SOURCE["flows.camera_source"])) | {
        "encoded",
        "model_added",
        "single_pictures",
    }
    notes |= {"bucket_stored", "bucket_keeps", "old_format", "camera_events"}
    notes |= {"single_pictures", "password_saved", "key_saved", "secret_saved", "private_key_saved"}
    assert TEXTS["selector"]["note"]["options"].keys() == notes
    assert TEXTS["selector"]["trigger"]["options"].keys() == set(Trigger)
    assert TEXTS["selector"]["camera_event"]["options"].keys() == set(EventKind)


def test_manifest_meets_home_assistant_and_hacs_rules() -> None:
    assert list(MANIFEST)[:2] == ["domain", "name"]
    assert list(MANIFEST)[2:] == sorted(list(MANIFEST)[2:])
    assert MANIFEST["domain"] == const.DOMAIN
    # With it, Home Assistant would tell of no camera that has a new address.
    assert "single_config_entry" not in MANIFEST
    assert MANIFEST["config_flow"]
    # All requirements must install on Alpine Linux, which OpenCV doesn't.
    assert MANIFEST["requirements"] == [
        "google-cloud-storage>=3.17,<4",
        "ncnn==1.0.20261020",
        "phonenumberslite>=9.0.42",
        "twilio>=6.32.0",
    ]
    assert re.fullmatch(r"\d+\.\d+\.\d+", MANIFEST["version"])
    assert HACS["homeassistant"] == "2026.11.0"


def leaves(texts: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give all texts with their paths."""
    if isinstance(texts, str):
        yield path, texts
        return
    for key, value in texts.items():
        yield from leaves(value, f"{path}.{key}")


@pytest.mark.parametrize(
    "unwanted",
    [
        r"somebody|whoever|nobody is|any more\b",
        r"(leave|left)\b.*\bempty",
        r"\bfilm|user name|second opinion|\blooks?\b per",
        r"cannot|\b(do|does|did|is|are|was|were|could|should) not\b",
        r"colour|recognis|neighbour|behaviour|centre|favour",
        r"'\{",
    ],
)
def test_texts_avoid_unwanted_words(unwanted: str) -> None:
    """Texts use the glossary's terms, American English, and contractions."""
    found = [path for path, text in leaves(TEXTS) if re.search(unwanted, text, re.IGNORECASE)]
    assert found == []


def test_labels_are_short_and_in_sentence_case() -> None:
    for path, text in leaves({key: TEXTS[key] for key in ("config", "config_subentries")}):
        if ".data." not in path:
            continue
        assert len(text.split()) <= 4, path
        assert all(word.islower() or word.isupper() for word in text.split()[1:]), path


def test_modules_have_at_most_300_lines() -> None:
    for name, text in SOURCE.items():
        assert text.count("\n") <= 300, name


@pytest.mark.parametrize("kind", ["triggers", "conditions", "services"])
def test_everything_in_automation_editor_is_found_by_name(kind: str) -> None:
    """The editor searches names and descriptions."""
    for key, texts in TEXTS[kind].items():
        assert "HomeSec" in texts["name"] + texts["description"], key
