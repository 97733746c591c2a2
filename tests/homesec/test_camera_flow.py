"""The camera flow: source, preview, and settings, with the engine's real probe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY, patch

from camera_forms import (
    SETTINGS,
    STREAM,
    URL,
    start_adding,
    submit_subentry,
    suggested_values,
)
from homeassistant.data_entry_flow import FlowResultType
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.cameras.webcams import Webcam
from custom_components.homesec.engine.core import errors
from custom_components.homesec.engine.core.camera_reports import Probe

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import entity_registry as er
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

FIELDS = {
    errors.BasicRefused: "connection",
    errors.CertificateChanged: "connection",
    errors.CertificateRefused: "verify_tls",
    errors.LoginRefused: "password",
    errors.LoginUnsupported: "password",
    errors.OtherHostRefused: "connection",
}
"""The field at which an error is shown, if it isn't the URL's."""

SOURCE_ERRORS = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, errors.SourceError)
]


# --- adding ------------------------------------------------------------------------------------


async def test_video_file_is_previewed_and_added(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    object.__setattr__(entry, "subentries", {})
    await set_up(hass, entry)
    flow = await start_adding(hass, entry)
    assert flow["step_id"] == "source"
    shown = await submit_subentry(hass, flow, {"kind": "file", "file": str(video)})
    assert shown["step_id"] == "settings", shown["errors"]
    placeholders = shown["description_placeholders"]
    assert placeholders["formats"].startswith("640 x 272 · H.264")
    assert suggested_values(shown)["name"] == "bikes"
    assert suggested_values(shown)["labels"] == ["person"]
    assert suggested_values(shown)["response"]["disarmed"] == "detect"
    assert suggested_values(shown)["armed_modes"] == ["away", "vacation"]

    [signed] = re.findall(r"!\[\]\((.*)\)", placeholders["picture"])
    stranger = await hass_client_no_auth()
    picture = await stranger.get(signed)
    assert picture.status == 200
    assert (await picture.read()).startswith(b"\xff\xd8")
    path = signed.partition("?")[0]
    assert (await stranger.get(path)).status == 401

    done = await submit_subentry(hass, shown, SETTINGS)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    [camera] = entry.get_subentries_of_type("camera")
    assert camera.title == "Garden"
    assert dict(camera.data) == {
        "kind": "file",
        "file": str(video),
        "labels": ["person", "cat"],
        "record_labels": ["person"],
        "alarm_labels": ["person", "cat"],
        "alert_labels": ["cat"],
        "disarmed": "off",
        "armed_modes": ["away", "night"],
        "alarm_at_once": True,
        "detection": True,
        "recording": True,
        "pre_roll_s": 5.0,
        "post_roll_s": 6.0,
        "threshold": 0.6,
        "grace_s": 2.5,
        "detect_fps": 4.0,
        "max_clip_s": 90.0,
        "watch": "prompt",
        "wake_sensors": ["binary_sensor.hall"],
        "trusted_sensors": ["event.doorbell"],
        "tamper": "alarm",
        "rules": [{"label": "cat", "threshold": 0.35, "min_height": 0.05}],
        "zones": [
            {
                "name": "Drive",
                "id": ANY,
                "kind": "required",
                "polygon": [[0.1, 0.2], [0.605, 0.2], [0.605, 0.9], [0.1, 0.9]],
                "labels": ["person"],
                "loiter_s": 2.5,
            }
        ],
    }
    client = await hass_client()
    assert (await client.get(path)).status == 404


async def test_credentials_in_url_are_stored_apart_from_it(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    flow = await start_adding(hass, entry)
    given = {"kind": "stream", "url": "rtsp://ann:p%40ss:word@192.0.2.7:554/stream1"}
    shown = await submit_subentry(hass, flow, given)
    config, feed = probe.call_args.args
    assert (config.location, config.username, config.password) == (URL, "ann", "p@ss:word")
    assert feed is None
    assert shown["description_placeholders"]["formats"] == "1920 x 1080 · H.264 · 25 fps · AAC"
    assert shown["description_placeholders"]["note"] == ""
    await submit_subentry(hass, shown, SETTINGS)
    [camera] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    assert camera.data["url"] == URL
    assert camera.data["username"] == "ann"
    assert camera.data["password"] == "p@ss:word"
    assert camera.unique_id.startswith("camera:")
    for part in ("192.0.2.7", "ann", "stream1", "p@ss"):
        assert part not in camera.unique_id


async def test_credential_fields_override_those_in_url(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    flow = await start_adding(hass, entry)
    given = {
        "kind": "stream",
        "url": "RTSP://ann:old@192.0.2.7/1",
        "username": "bob",
        "password": "new",
    }
    await submit_subentry(hass, flow, given)
    config, _ = probe.call_args.args
    assert (config.username, config.password) == ("bob", "new")


async def test_source_that_needs_encoding_shows_note(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    probe.return_value = Probe(
        width=640,
        height=480,
        video_codec="mjpeg",
        audio_codec=None,
        fps=None,
        records_directly=False,
        jpeg=b"\xff\xd8",
    )
    await set_up(hass, entry)
    webcams = [Webcam("/dev/video0", "Desk cam")]
    flows = "custom_components.homesec.flows"
    with (
        patch(f"{flows}.camera_source.find_webcams", return_value=webcams),
        patch(f"{flows}.camera_flow.find_webcams", return_value=webcams),
    ):
        flow = await start_adding(hass, entry)
        shown = await submit_subentry(hass, flow, {"kind": "webcam", "device": "/dev/video0"})
    assert shown["description_placeholders"]["formats"] == "640 x 480 · MJPEG"
    assert "encodes" in shown["description_placeholders"]["note"]
    assert suggested_values(shown)["name"] == "Desk cam"


@pytest.mark.parametrize("known", [True, False])
async def test_entity_source_is_previewed_through_its_feed(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, *, known: bool
) -> None:
    await set_up(hass, entry)
    if known:
        hass.states.async_set("camera.drive", "idle", {"friendly_name": "Drive"})
    flow = await start_adding(hass, entry)
    shown = await submit_subentry(hass, flow, {"kind": "entity", "entity_id": "camera.drive"})
    _, feed = probe.call_args.args
    assert feed is not None
    assert suggested_values(shown)["name"] == ("Drive" if known else "")
    done = await submit_subentry(hass, shown, SETTINGS)
    assert done["type"] is FlowResultType.CREATE_ENTRY


# --- what can go wrong -------------------------------------------------------------------------


@pytest.mark.parametrize("error", SOURCE_ERRORS, ids=lambda error: error.__name__)
async def test_failed_preview_shows_error_and_can_be_repeated(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    probe: Any,
    error: type[errors.SourceError],
) -> None:
    await set_up(hass, entry)
    probe.side_effect = error()
    flow = await start_adding(hass, entry)
    again = await submit_subentry(hass, flow, {**STREAM, "username": "ann", "password": "secret"})
    assert again["step_id"] == "source"
    assert again["errors"] == {FIELDS.get(error, "url"): error.key}
    assert suggested_values(again)["url"] == URL
    assert "secret" not in str(suggested_values(again))
    probe.side_effect = None
    # The password needn't be typed again.
    shown = await submit_subentry(hass, again, {**STREAM, "username": "ann"})
    assert shown["step_id"] == "settings"
    assert probe.call_args.args[0].password == "secret"


async def test_unexpected_preview_error_is_logged_and_shown(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up(hass, entry)
    probe.side_effect = ZeroDivisionError
    again = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    assert again["errors"] == {"base": "unknown"}
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"kind": "stream", "url": "file:///etc/passwd"}, {"url": "invalid_source"}),
        ({"kind": "stream", "url": "rtsp://[::1"}, {"url": "invalid_source"}),
        ({"kind": "webcam", "device": "/etc/passwd"}, {"device": "device_missing"}),
        ({"kind": "webcam", "device": "/dev/../etc/passwd"}, {"device": "device_missing"}),
        ({"kind": "file", "file": "/etc/passwd"}, {"file": "path_not_allowed"}),
    ],
)
async def test_invalid_source_is_refused_without_opening_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    probe: Any,
    given: dict[str, str],
    error: dict[str, str],
) -> None:
    await set_up(hass, entry)
    again = await submit_subentry(hass, await start_adding(hass, entry), given)
    assert again["errors"] == error
    probe.assert_not_called()


async def test_missing_file_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, config_dir: Path
) -> None:
    await set_up(hass, entry)
    given = {"kind": "file", "file": str(config_dir / "media" / "no.mp4")}
    again = await submit_subentry(hass, await start_adding(hass, entry), given)
    assert again["errors"] == {"file": "file_missing"}


async def test_homesec_camera_entity_is_excluded_and_refused(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    await set_up(hass, entry)
    form = await start_adding(hass, entry)
    selector = form["data_schema"].schema["entity_id"]
    assert selector.config["exclude_entities"] == ["camera.front_door"]
    # The entity can also be given by the registry's own id.
    own = entity_registry.async_get("camera.front_door").id
    again = await submit_subentry(hass, form, {"kind": "entity", "entity_id": own})
    assert again["errors"] == {"entity_id": "own_camera"}


async def test_duplicate_source_aborts(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    await submit_subentry(
        hass, await submit_subentry(hass, await start_adding(hass, entry), STREAM), SETTINGS
    )
    given = {"kind": "stream", "url": f"rtsp://other:login@{URL.removeprefix('rtsp://')}"}
    again = await submit_subentry(hass, await start_adding(hass, entry), given)
    assert again["type"] is FlowResultType.ABORT
    assert again["reason"] == "already_configured"


async def test_settings_without_name_or_labels_show_errors(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    shown = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    again = await submit_subentry(hass, shown, {**SETTINGS, "name": " ", "labels": []})
    assert again["errors"] == {"name": "name_missing", "labels": "labels_missing"}
    again = await submit_subentry(hass, again, {**SETTINGS, "labels": ["person"]})
    assert again["errors"] == {
        "response": "label_not_chosen",
        "advanced": "rule_label_not_chosen",
    }
    response = {**SETTINGS["response"], "record_labels": ["dog"]}
    again = await submit_subentry(hass, again, {**SETTINGS, "response": response})
    assert again["errors"] == {"response": "label_not_chosen"}
    assert suggested_values(again)["response"]["pre_roll_s"] == 5.0
    done = await submit_subentry(hass, again, SETTINGS)
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_flow_without_loaded_entry_aborts(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    flow = await start_adding(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    aborted = await submit_subentry(hass, flow, STREAM)
    assert aborted["reason"] == "not_loaded"
    assert (await start_adding(hass, entry))["reason"] == "not_loaded"


async def test_aborted_flow_deletes_preview_picture(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    shown = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    assert entry.runtime_data.previews
    hass.config_entries.subentries.async_abort(shown["flow_id"])
    assert not entry.runtime_data.previews
