"""Everything that the code names has its text, icon, and description.

Home Assistant core checks this with hassfest, which doesn't run for custom integrations.
"""

from __future__ import annotations

from importlib import import_module
import json
from pathlib import Path
import re
from typing import TYPE_CHECKING, Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import ObjectSelector, SelectSelector
from homeassistant.util.yaml import load_yaml_dict
import pytest

import custom_components.homesec
from custom_components.homesec import config_flow, const, event, issues, repairs, sensor
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
from custom_components.homesec.engine.core.types import TamperKind, Trigger, ZoneKind
from custom_components.homesec.engine.sms.errors import TextError, TextExpired
from custom_components.homesec.flows import (
    alarm_form,
    custom_model_form,
    encryption_form,
    found_form,
    pin_gate,
    problems,
    recipient_flow,
    recipient_form,
    retention_flow,
    settings_form,
    source_form,
    storage_flow,
    storage_form,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import probatio

ROOT = Path(custom_components.homesec.__file__).parent
TEXTS: dict[str, Any] = json.loads((ROOT / "translations/en.json").read_text())
ICONS: dict[str, Any] = json.loads((ROOT / "icons.json").read_text())
MANIFEST: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text())
HACS: dict[str, Any] = json.loads((ROOT.parents[1] / "hacs.json").read_text())
CAMERA = TEXTS["config_subentries"]["camera"]
RECIPIENT = TEXTS["config_subentries"]["recipient"]
SOURCE = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text()
    for path in ROOT.rglob("*.py")
    if path.stem != "__init__" and "engine" not in path.relative_to(ROOT).parts
}
"""By module; the engine has tests of its own."""
WITHOUT_EXCEPTIONS = {
    *(
        "binary_sensor",
        "issues",
        "video_issues",
        "sensor",
        "stream_sensor",
        "flows.retention_flow",
        "flows.zone_form",
    ),
}
"""Modules whose translation keys belong to entities, issues, and fields, not to exceptions."""
PIN_ERRORS = {"wrong_code", "locked_out", "code_missing"}
"""Of the step that asks for a PIN before settings of an armed alarm are saved."""
VIDEO = {"width", "height", "references", "needed", "limit", "size", "seconds", "changes", "clips"}
"""Placeholders of texts about video that is refused."""
GONE = set(re.findall(r'reason="(\w+)"', SOURCE["flows.subentry_flow"]))


@pytest.mark.parametrize("module", sorted(SOURCE))
def test_module_can_be_imported(module: str) -> None:
    """Home Assistant imports some modules only on demand, such as diagnostics."""
    import_module(f"custom_components.homesec.{module}")


def fields(schema: probatio.Schema) -> dict[str, Any]:
    return {str(key): value for key, value in schema.schema.items()}


def check_form(schema: probatio.Schema, step: dict[str, Any]) -> None:
    """Check that exactly the form's fields, sections, and options have texts."""
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
        if isinstance(selector, ObjectSelector):
            texts = TEXTS["selector"][selector.config["translation_key"]]["fields"]
            assert texts.keys() == selector.config["fields"].keys()


def test_config_flow_forms_have_all_texts() -> None:
    steps = TEXTS["config"]["step"]
    for step in ("user", "detector"):
        check_form(config_flow.choice_schema(["ncnn", "opencv"], {}, collapsed=True), steps[step])
    check_form(custom_model_form.FILES_SCHEMA, steps["add_model"])
    check_form(custom_model_form.DESCRIPTION_SCHEMA, steps["describe"])
    check_form(custom_model_form.removal_schema({}), steps["remove_model"])
    for step, schema in (
        ("bucket", storage_form.BUCKET_SCHEMA.extend(storage_form.PROJECT_FIELD)),
        ("reauth_confirm", storage_form.LOGIN_SCHEMA),
        ("seal", encryption_form.seal_schema(has_key=False)),
        ("encryption", encryption_form.PRIVATE_KEY_SCHEMA),
        ("retention", retention_flow.retention_schema([])),
        ("alarm", alarm_form.ALARM_SCHEMA),
        ("add_pin", alarm_form.NEW_SCHEMA),
        ("edit_pin", alarm_form.EDIT_SCHEMA),
        ("change_pin", alarm_form.pin_schema({})),
        ("remove_pin", alarm_form.pin_schema({})),
        ("enter_pin", pin_gate.PIN_SCHEMA),
    ):
        check_form(schema, steps[step])
    menu = {"bucket", "encryption", "cloud_off"}
    assert steps["cloud"]["menu_options"].keys() == menu
    assert steps["cloud"]["menu_option_descriptions"].keys() == menu
    assert steps["pins"]["menu_options"].keys() == {"add_pin", "change_pin", "remove_pin"}
    assert re.findall(r"{(\w+)}", json.dumps(steps["pins"])) == ["pins"]
    known = {*storage_flow.NO_DETAILS, "account", "key", "note", "problem"}
    known |= {"key_note", "earlier_note"}
    for step in ("bucket", "cloud_off", "reauth_confirm", "seal"):
        assert set(re.findall(r"{(\w+)}", json.dumps(steps[step]))) <= known
    menu = set(
        re.findall(r'"(detector|alarm|pins|cloud|retention|\w+_model)"', SOURCE["config_flow"])
    )
    assert steps["reconfigure"]["menu_options"].keys() == menu
    assert steps["reconfigure"]["menu_option_descriptions"].keys() == menu


def test_config_flow_errors_have_texts() -> None:
    used = set(re.findall(r'"(model_needs_\w+)"', SOURCE["config_flow"]))
    used |= set(re.findall(r': "(own_\w+)"', SOURCE["flows.custom_model_flow"]))
    used |= set(
        re.findall(r'"(\w+_(?:failed|unfit|unreadable))"', SOURCE["flows.custom_model_flow"])
    )
    used |= {f"own_{field}_refused" for field in custom_model_form.FIELDS}
    used |= {errors.ModelUnknown.key, errors.DetectorMissing.key, errors.HomeSecError.key}
    used |= {*error_keys(StorageError), "key_missing", "camera_twice"}
    used |= set(re.findall(r': "(\w*key\w*)"}', SOURCE["flows.encryption_form"]))
    used |= set(
        re.findall(r'"(pin_\w+)"', SOURCE["flows.alarm_form"] + SOURCE["flows.alarm_flow"])
    ) - {"pin_kind", "pin_gone"}
    assert TEXTS["config"]["error"].keys() == used | PIN_ERRORS
    flows = ("flows.custom_model_flow", "flows.storage_flow", "flows.alarm_flow")
    reasons = set(re.findall(r'reason="(\w+)"', "".join(SOURCE[flow] for flow in flows)))
    reasons |= set(re.findall(r'async_abort\(\s*reason="(\w+)"', SOURCE["config_flow"]))
    assert TEXTS["config"]["abort"].keys() == reasons
    assert TEXTS["config"]["progress"].keys() == {"try_model", "probe_bucket", "check"}
    for group in ("error", "abort"):
        placeholders = re.findall(r"{(\w+)}", json.dumps(TEXTS["config"][group]))
        assert set(placeholders) <= {"reason", "files", "minutes", *storage_flow.NO_DETAILS}


def test_camera_forms_have_all_texts() -> None:
    for step in ("source", "reconfigure"):
        schema = source_form.source_schema([], asks_preset=step == "source")
        check_form(schema, CAMERA["step"][step])
    otherwise = TEXTS["selector"]["found_camera"]["options"]
    check_form(found_form.found_schema({}, otherwise), CAMERA["step"]["found"])
    check_form(found_form.channel_schema({}), CAMERA["step"]["channel"])
    check_form(found_form.login_schema(), CAMERA["step"]["login"])
    check_form(found_form.maker_schema([]), CAMERA["step"]["maker"])
    assert otherwise.keys() == {*found_form.OTHERWISE, "added"}
    failed = {errors.DiscoveryError, *errors.DiscoveryError.__subclasses__(), errors.HomeSecError}
    notes = {each.key for each in failed - {errors.OnvifMissing}} | {"found", "nothing"}
    assert TEXTS["selector"]["search_note"]["options"].keys() == notes
    kinds = TEXTS["selector"]["zone_kind"]["options"]
    labels = dict.fromkeys(const.LABELS, "")
    check_form(
        settings_form.settings_schema(labels, kinds, offers_trust=True), CAMERA["step"]["settings"]
    )
    assert kinds.keys() == set(ZoneKind)
    assert len(set(kinds.values())) == len(kinds)
    for placeholder in re.findall(r"{(\w+)}", CAMERA["step"]["settings"]["description"]):
        assert placeholder == problems.PROBLEM or f'"{placeholder}":' in SOURCE["flows.camera_flow"]
    assert CAMERA["initiate_flow"].keys() == {"user", "reconfigure"}
    assert CAMERA["progress"].keys() == {"search", "read", "preview", "preview_slow", "check"}
    assert CAMERA["entry_type"]


def test_camera_errors_have_texts() -> None:
    keys = {
        error.key
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.SourceError)
    }
    used = re.findall(r'"(\w+_missing|\w+_not_chosen)"', SOURCE["flows.settings_form"])
    used += re.findall(
        r'ZoneError\(\s*"(\w+)"', SOURCE["cameras.zones"] + SOURCE["flows.zone_form"]
    )
    used += re.findall(
        r': "(own_camera|path_not_allowed|invalid_\w+)"', SOURCE["flows.camera_source"]
    )
    used += re.findall(r': "(\w+_unchecked)"', SOURCE["flows.source_errors"])
    used += re.findall(r'(?::|=) "(invalid_\w+|no_\w+|maker_\w+)"', SOURCE["flows.camera_login"])
    used += [each.key for each in errors.DiscoveryError.__subclasses__()]
    used += [errors.DiscoveryError.key]
    assert CAMERA["error"].keys() == keys | {*used, errors.HomeSecError.key} | PIN_ERRORS
    for key, text in CAMERA["error"].items():
        if key in PIN_ERRORS:
            continue
        placeholders = set(re.findall(r"{(\w+)}", text))
        known = {"zone", "label"} if key.startswith(("zone", "rule")) else set()
        own = {errors.OtherHostRefused.key: {"host"}, errors.LoginUnsupported.key: {"schemes"}}
        assert placeholders <= own.get(key, known) | VIDEO


def test_camera_abort_reasons_have_texts() -> None:
    reasons = set(re.findall(r'async_abort\(reason="(\w+)"', SOURCE["flows.camera_source"]))
    assert "already_configured" in SOURCE["flows.camera_flow"]
    assert CAMERA["abort"].keys() == reasons | GONE | {"reconfigure_successful"}


def test_recipient_forms_have_all_texts() -> None:
    schema = recipient_form.recipient_schema({}, {}, {})
    assert RECIPIENT["step"].keys() == {"user", "reconfigure", "enter_pin"}
    for step in ("user", "reconfigure"):
        check_form(schema, RECIPIENT["step"][step])
    for texts in (RECIPIENT, CAMERA):
        check_form(pin_gate.PIN_SCHEMA, texts["step"]["enter_pin"])
    assert RECIPIENT["initiate_flow"].keys() == {"user", "reconfigure"}
    assert RECIPIENT["progress"].keys() == {"send", "check"}
    assert RECIPIENT["entry_type"]
    placeholders = set(re.findall(r"{(\w+)}", json.dumps(RECIPIENT)))
    assert placeholders == {"minutes", "problem", "secret_note"}
    reasons = set(re.findall(r'reason="(\w+)"', SOURCE["flows.recipient_flow"]))
    assert RECIPIENT["abort"].keys() == reasons | GONE | {"reconfigure_successful"}


def test_recipient_errors_have_texts() -> None:
    used = {error.key for error in (TextError, *TextError.__subclasses__())}
    used -= {TextExpired.key}
    used |= set(
        re.findall(r'"(\w+_(?:missing|invalid|incomplete))"', SOURCE["flows.recipient_form"])
    )
    used |= set(re.findall(r'"(number_known)"', SOURCE["flows.recipient_flow"]))
    assert RECIPIENT["error"].keys() == used | {errors.HomeSecError.key} | PIN_ERRORS
    assert {error.key for error in recipient_flow.FIELDS} <= used


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
