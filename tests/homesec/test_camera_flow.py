"""Adding a camera, with the engine's real look through it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_dialog import SETTINGS, STREAM, URL, answer, begin, suggested
from homeassistant.data_entry_flow import FlowResultType
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.engine.capture import Probe
from custom_components.homesec.engine.core import errors
from custom_components.homesec.flows.webcams import Webcam

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import entity_registry as er
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

SOURCE_ERRORS = [
    error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, errors.SourceError)
]


# --- adding ------------------------------------------------------------------------------------


async def test_a_video_file_is_looked_at_and_becomes_a_camera(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    object.__setattr__(entry, "subentries", {})
    await set_up(hass, entry)
    flow = await begin(hass, entry)
    assert flow["step_id"] == "user"
    shown = await answer(hass, flow, {"kind": "file", "file": str(video)})
    assert shown["step_id"] == "settings", shown["errors"]
    placeholders = shown["description_placeholders"]
    assert placeholders["facts"].startswith("640 x 272 · H.264")
    assert suggested(shown)["name"] == "bikes"
    assert suggested(shown)["labels"] == ["person"]

    [signed] = re.findall(r"!\[\]\((.*)\)", placeholders["picture"])
    stranger = await hass_client_no_auth()
    picture = await stranger.get(signed)
    assert picture.status == 200
    assert (await picture.read()).startswith(b"\xff\xd8")
    path = signed.partition("?")[0]
    assert (await stranger.get(path)).status == 401

    done = await answer(hass, shown, SETTINGS)
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
        "pre_roll_s": 5.0,
        "post_roll_s": 6.0,
        "threshold": 0.6,
        "grace_s": 2.5,
        "detect_fps": 4.0,
        "max_clip_s": 90.0,
        "watch": "prompt",
        "rules": [{"label": "cat", "threshold": 0.35, "min_height": 0.05}],
        "zones": [
            {
                "name": "Drive",
                "kind": "required",
                "polygon": [[0.1, 0.2], [0.605, 0.2], [0.605, 0.9], [0.1, 0.9]],
                "labels": ["person"],
                "loiter_s": 2.5,
            }
        ],
    }
    client = await hass_client()
    assert (await client.get(path)).status == 404


async def test_a_login_inside_the_url_is_taken_out_of_it(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    flow = await begin(hass, entry)
    given = {"kind": "stream", "url": "rtsp://ann:p%40ss:word@192.0.2.7:554/stream1"}
    shown = await answer(hass, flow, given)
    config, feed = probe.call_args.args
    assert (config.location, config.username, config.password) == (URL, "ann", "p@ss:word")
    assert feed is None
    assert shown["description_placeholders"]["facts"] == "1920 x 1080 · H.264 · 25 fps · AAC"
    assert shown["description_placeholders"]["note"] == ""
    await answer(hass, shown, SETTINGS)
    [camera] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    assert camera.data["url"] == URL
    assert camera.data["username"] == "ann"
    assert camera.data["password"] == "p@ss:word"
    assert camera.unique_id.startswith("camera:")
    for part in ("192.0.2.7", "ann", "stream1", "p@ss"):
        assert part not in camera.unique_id


async def test_the_fields_go_before_the_url(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    flow = await begin(hass, entry)
    given = {
        "kind": "stream",
        "url": "RTSP://ann:old@192.0.2.7/1",
        "username": "bob",
        "password": "new",
    }
    await answer(hass, flow, given)
    config, _ = probe.call_args.args
    assert (config.username, config.password) == ("bob", "new")


async def test_a_source_that_has_to_be_encoded_is_said_so(
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
    with patch(
        "custom_components.homesec.flows.camera_flow.find_webcams",
        return_value=[Webcam("/dev/video0", "Desk cam")],
    ):
        flow = await begin(hass, entry)
        shown = await answer(hass, flow, {"kind": "webcam", "device": "/dev/video0"})
    assert shown["description_placeholders"]["facts"] == "640 x 480 · MJPEG"
    assert "encoded" in shown["description_placeholders"]["note"]
    assert suggested(shown)["name"] == "Desk cam"


@pytest.mark.parametrize("known", [True, False])
async def test_a_camera_of_home_assistant_is_asked_through_its_entity(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, *, known: bool
) -> None:
    await set_up(hass, entry)
    if known:
        hass.states.async_set("camera.drive", "idle", {"friendly_name": "Drive"})
    flow = await begin(hass, entry)
    shown = await answer(hass, flow, {"kind": "entity", "entity_id": "camera.drive"})
    _, feed = probe.call_args.args
    assert feed is not None
    assert suggested(shown)["name"] == ("Drive" if known else "")
    done = await answer(hass, shown, SETTINGS)
    assert done["type"] is FlowResultType.CREATE_ENTRY


# --- what can go wrong -------------------------------------------------------------------------


@pytest.mark.parametrize("error", SOURCE_ERRORS, ids=lambda error: error.__name__)
async def test_each_failed_look_says_what_to_do_and_may_be_repeated(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    probe: Any,
    error: type[errors.SourceError],
) -> None:
    await set_up(hass, entry)
    probe.side_effect = error()
    flow = await begin(hass, entry)
    again = await answer(hass, flow, {**STREAM, "username": "ann", "password": "secret"})
    assert again["step_id"] == "user"
    assert again["errors"] == {"url": error.key}
    assert suggested(again)["url"] == URL
    assert "secret" not in str(suggested(again))
    probe.side_effect = None
    # The password need not be typed again.
    shown = await answer(hass, again, {**STREAM, "username": "ann"})
    assert shown["step_id"] == "settings"
    assert probe.call_args.args[0].password == "secret"


async def test_a_look_that_breaks_is_logged_and_told(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up(hass, entry)
    probe.side_effect = ZeroDivisionError
    again = await answer(hass, await begin(hass, entry), STREAM)
    assert again["errors"] == {"base": "unknown"}
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"kind": "stream", "url": "file:///etc/passwd"}, {"url": "invalid_source"}),
        ({"kind": "stream", "url": "rtsp://[::1"}, {"url": "invalid_source"}),
        ({"kind": "stream", "url": "rtsp://ann:pa#ss@192.0.2.7/1"}, {"url": "invalid_source"}),
        ({"kind": "webcam", "device": "/etc/passwd"}, {"device": "device_missing"}),
        ({"kind": "webcam", "device": "/dev/../etc/passwd"}, {"device": "device_missing"}),
        ({"kind": "file", "file": "/etc/passwd"}, {"file": "path_not_allowed"}),
    ],
)
async def test_what_cannot_be_right_is_refused_without_a_look(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    probe: Any,
    given: dict[str, str],
    error: dict[str, str],
) -> None:
    await set_up(hass, entry)
    again = await answer(hass, await begin(hass, entry), given)
    assert again["errors"] == error
    probe.assert_not_called()


async def test_a_file_that_is_not_there_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, house: Path
) -> None:
    await set_up(hass, entry)
    given = {"kind": "file", "file": str(house / "media" / "no.mp4")}
    again = await answer(hass, await begin(hass, entry), given)
    assert again["errors"] == {"file": "file_missing"}


async def test_a_camera_of_our_own_is_neither_offered_nor_taken(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    await set_up(hass, entry)
    form = await begin(hass, entry)
    selector = form["data_schema"].schema["entity_id"]
    assert selector.config["exclude_entities"] == ["camera.front_door"]
    # The registry's own id names it too.
    own = entity_registry.async_get("camera.front_door").id
    again = await answer(hass, form, {"kind": "entity", "entity_id": own})
    assert again["errors"] == {"entity_id": "own_camera"}


async def test_the_same_source_twice_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    await answer(hass, await answer(hass, await begin(hass, entry), STREAM), SETTINGS)
    given = {"kind": "stream", "url": f"rtsp://other:login@{URL.removeprefix('rtsp://')}"}
    again = await answer(hass, await begin(hass, entry), given)
    assert again["type"] is FlowResultType.ABORT
    assert again["reason"] == "already_configured"


async def test_a_camera_needs_a_name_and_something_to_look_for(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    shown = await answer(hass, await begin(hass, entry), STREAM)
    again = await answer(hass, shown, {**SETTINGS, "name": " ", "labels": []})
    assert again["errors"] == {"name": "name_missing", "labels": "labels_missing"}
    again = await answer(hass, again, {**SETTINGS, "labels": ["person"]})
    assert again["errors"] == dict.fromkeys(("alarm_labels", "alert_labels"), "label_not_chosen")
    again = await answer(hass, again, {**SETTINGS, "record_labels": ["dog"]})
    assert again["errors"] == {"record_labels": "label_not_chosen"}
    assert suggested(again)["pre_roll_s"] == 5.0
    done = await answer(hass, again, SETTINGS)
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_a_house_that_does_not_run_takes_no_camera(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    flow = await begin(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    gone = await answer(hass, flow, STREAM)
    assert gone["reason"] == "not_loaded"
    assert (await begin(hass, entry))["reason"] == "not_loaded"


async def test_closing_the_dialog_drops_the_picture(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    shown = await answer(hass, await begin(hass, entry), STREAM)
    assert entry.runtime_data.previews
    hass.config_entries.subentries.async_abort(shown["flow_id"])
    assert not entry.runtime_data.previews
