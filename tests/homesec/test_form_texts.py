"""Every form has the texts of its fields, options, and errors."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import ObjectSelector, SelectSelector

from custom_components.homesec import config_flow, const
from custom_components.homesec.cloud.state import error_keys
from custom_components.homesec.engine.cloud.errors import StorageError
from custom_components.homesec.engine.core import errors
from custom_components.homesec.engine.core.camera_reports import WalkHint
from custom_components.homesec.engine.core.types import ZoneKind
from custom_components.homesec.engine.sms.errors import TextError, TextExpired
from custom_components.homesec.flows import (
    alarm_form,
    camera_end,
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
    import probatio

from text_files import CAMERA, GONE, PIN_ERRORS, RECIPIENT, SOURCE, TEXTS, VIDEO


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
    assert re.findall(r"{(\w+)}", json.dumps(steps["add_camera"])) == ["host"]
    assert re.findall(r"{(\w+)}", TEXTS["config"]["flow_title"]) == ["name"]
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
    one_line = SOURCE["config_flow"] + SOURCE["flows.camera_offer"]
    reasons |= set(re.findall(r'async_abort\(\s*reason="(\w+)"', one_line))
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
        settings_form.settings_schema(labels, kinds, offers_trust=True, suggests_sensors=True),
        CAMERA["step"]["settings"],
    )
    assert kinds.keys() == set(ZoneKind)
    assert len(set(kinds.values())) == len(kinds)
    for placeholder in re.findall(r"{(\w+)}", CAMERA["step"]["settings"]["description"]):
        assert placeholder == problems.PROBLEM or f'"{placeholder}":' in SOURCE["flows.camera_flow"]
    assert CAMERA["initiate_flow"].keys() == {"user", "reconfigure"}
    progress = {"search", "read", "preview", "preview_slow", "check", "walk"}
    assert CAMERA["progress"].keys() == progress
    for texts in ("menu_options", "menu_option_descriptions"):
        assert CAMERA["step"]["ready"][texts].keys() == set(camera_end.MENU)
    assert set(camera_end.MENU) == set(camera_end.TESTED_MENU)
    assert set(re.findall(r"{(\w+)}", CAMERA["step"]["ready"]["description"])) == {
        "result",
        "picture",
    }
    assert re.findall(r"{(\w+)}", CAMERA["progress"]["walk"]) == ["picture"]
    assert CAMERA["entry_type"]


def test_walk_tests_have_texts() -> None:
    results = TEXTS["selector"]["walk_result"]["options"]
    used = set(re.findall(r'(?:texts\[|_failure\()"(\w+)"', SOURCE["flows.camera_end"]))
    used |= set(re.findall(r"texts\['(\w+)'\]", SOURCE["flows.camera_end"]))
    assert results.keys() == used == {"seen", "unseen", "lost", "detector", "interrupted"}
    hints = TEXTS["selector"]["walk_hint"]["options"]
    assert hints.keys() == set(WalkHint)
    found = {hint for hint, text in hints.items() if re.search("{label}|{confidence}", text)}
    assert found == {WalkHint.OTHER_LABEL, WalkHint.UNSURE, WalkHint.TOO_SMALL, WalkHint.OUTSIDE}
    assert set(re.findall(r"{(\w+)}", json.dumps([results, hints]))) == {
        "label",
        "confidence",
        "seconds",
    }


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
