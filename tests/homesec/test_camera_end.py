"""The end of the camera's form: a moving picture, a walk test, and saving."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_forms import SETTINGS, STREAM, start_adding, start_reconfiguring, submit_subentry
from homeassistant.core import callback
from homeassistant.data_entry_flow import EVENT_DATA_ENTRY_FLOW_PROGRESS_UPDATE, FlowResultType
from homesec_fixtures import CAMERA_ID, PERSON, ScriptedDetector, set_up, until
import pytest

from custom_components.homesec.cameras import tryout as tryout_module
from custom_components.homesec.engine.core import errors
from custom_components.homesec.engine.core.camera_reports import WalkHint, WalkReport
from custom_components.homesec.engine.core.types import Box, Detection
from custom_components.homesec.flows import camera_end

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import StreamReader
    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
    from tryout_fixtures import ScriptedTryout

PLAIN = {**SETTINGS, "labels": ["person"], "zones": {"zones": []}}
PLAIN |= {
    "response": {**SETTINGS["response"], "alarm_labels": ["person"], "alert_labels": ["person"]},
    "advanced": {**SETTINGS["advanced"], "rules": []},
}
"""Settings with which people count everywhere."""


async def answer(hass: HomeAssistant, flow: dict[str, Any], step: str) -> Any:
    """Choose from the menu."""
    return await submit_subentry(hass, flow, {"next_step_id": step}, saves=False)


async def filled(
    hass: HomeAssistant, entry: MockConfigEntry, source: dict[str, Any] | None = None
) -> Any:
    """Fill in the forms of a new camera, up to the menu."""
    shown = await submit_subentry(hass, await start_adding(hass, entry), source or STREAM)
    ready = await submit_subentry(hass, shown, PLAIN, saves=False)
    assert (ready["type"], ready["step_id"]) == (FlowResultType.MENU, "ready")
    return ready


def signed_picture(flow: dict[str, Any]) -> str:
    [address] = re.findall(r"!\[\]\((.*)\)", flow["description_placeholders"]["picture"])
    return str(address)


def result(flow: dict[str, Any]) -> str:
    return str(flow["description_placeholders"]["result"])


async def next_jpeg(stream: StreamReader) -> bytes:
    """Read the next picture of a stream of pictures."""
    header = await stream.readuntil(b"\r\n\r\n")
    [size] = re.findall(rb"Content-Length: (\d+)", header)
    return await stream.readexactly(int(size))


# --- the real engine -----------------------------------------------------------------------------


async def test_camera_moves_sees_who_passes_and_is_saved(
    hass: HomeAssistant,
    bare_entry: MockConfigEntry,
    video: Path,
    detector: ScriptedDetector,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    await set_up(hass, bare_entry)
    ready = await filled(hass, bare_entry, {"kind": "file", "file": str(video)})
    assert list(ready["menu_options"]) == ["walk", "save", "settings"]
    assert result(ready) == ""
    stranger = await hass_client_no_auth()
    address = signed_picture(ready)
    assert (await stranger.get(address.partition("?")[0])).status == 401
    stream = await stranger.get(address)
    assert stream.status == 200
    assert stream.content_type == "multipart/x-mixed-replace"
    shown = set()
    async with asyncio.timeout(60):
        while len(shown) < 4:
            shown.add(await next_jpeg(stream.content))
    assert all(jpeg.startswith(b"\xff\xd8\xff") for jpeg in shown)

    detector.sees = [PERSON]
    seen = await answer(hass, ready, "walk")
    assert seen["step_id"] == "ready"
    assert list(seen["menu_options"]) == ["save", "walk", "settings"]
    assert re.search(
        r'<ha-alert alert-type="success">Person seen after \d+ s, 87% sure', result(seen)
    )
    picture = await stranger.get(signed_picture(seen))
    assert (await picture.read()).startswith(b"\xff\xd8\xff")
    assert not bare_entry.subentries

    done = await answer(hass, seen, "save")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    [camera] = bare_entry.get_subentries_of_type("camera")
    assert camera.title == "Garden"
    assert not bare_entry.runtime_data.tryouts
    assert not bare_entry.runtime_data.previews
    async with asyncio.timeout(60):
        await stream.content.read()  # the stream has ended
    assert (await stranger.get(address)).status == 404
    assert await bare_entry.runtime_data.pictures.async_find(camera.subentry_id)


async def test_nobody_is_seen_and_settings_can_be_changed(
    hass: HomeAssistant, bare_entry: MockConfigEntry, video: Path
) -> None:
    await set_up(hass, bare_entry)
    ready = await filled(hass, bare_entry, {"kind": "file", "file": str(video)})
    with patch.object(tryout_module, "WALK_S", 0.2):
        unseen = await answer(hass, ready, "walk")
    assert '<ha-alert alert-type="warning">No one was seen in 0 s. ' in result(unseen)
    assert list(unseen["menu_options"]) == ["walk", "save", "settings"]
    form = await answer(hass, unseen, "settings")
    assert form["step_id"] == "settings"
    suggested = {str(key): key.description for key in form["data_schema"].schema}
    assert suggested["name"] == {"suggested_value": "Garden"}
    again = await submit_subentry(hass, form, {**PLAIN, "name": "Yard"}, saves=False)
    assert (again["step_id"], result(again)) == ("ready", "")
    assert signed_picture(again) != signed_picture(ready)
    await answer(hass, again, "save")
    assert [each.title for each in bare_entry.subentries.values()] == ["Yard"]


# --- what can go wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.SourceStalled(), "camera couldn't be reached. The camera stopped sending video"),
        (errors.LoginUnsupported(schemes="<b>NTLM"), "doesn't support (&lt;b&gt;NTLM)"),
        (errors.ModelBroken(model="x", detector="y"), "person detection isn't available"),
        (errors.WorkerDied(), "its worker process ended"),
        (errors.WorkerMissing(), "its worker process ended"),
        (RuntimeError("a defect"), "its worker process ended"),
    ],
    ids=lambda each: type(each).__name__,
)
async def test_failed_test_says_what_to_do_and_the_camera_can_be_saved(
    hass: HomeAssistant,
    bare_entry: MockConfigEntry,
    probe: Any,
    scripted_tryout: ScriptedTryout,
    error: Exception,
    text: str,
) -> None:
    await set_up(hass, bare_entry)
    ready = await filled(hass, bare_entry)
    scripted_tryout.report = error
    failed = await answer(hass, ready, "walk")
    assert result(failed).startswith('<ha-alert alert-type="error">')
    assert text in result(failed)
    done = await answer(hass, failed, "save")
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert scripted_tryout.stopped == 1


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (WalkReport(seconds=60, hint=WalkHint.DARK), "No one was seen in 60 s. The picture is too"),
        (
            WalkReport(seconds=60, hint=WalkHint.UNSURE, found=Detection("cat", 0.3, PERSON.box)),
            "noticed something (Cat, 30% sure)",
        ),
        (
            WalkReport(
                seconds=60, hint=WalkHint.OTHER_LABEL, found=Detection("person", 0.8, PERSON.box)
            ),
            "There was a person (80% sure)",
        ),
        (
            WalkReport(
                seconds=60, hint=WalkHint.TOO_SMALL, found=Detection("drone", 0.8, Box(0, 0, 1, 1))
            ),
            "Drone was seen (80% sure)",
        ),
        (WalkReport(seconds=60), "No one was seen in 60 s. </ha-alert>"),
    ],
)
async def test_unseen_says_what_helps(
    hass: HomeAssistant,
    bare_entry: MockConfigEntry,
    probe: Any,
    scripted_tryout: ScriptedTryout,
    report: WalkReport,
    text: str,
) -> None:
    await set_up(hass, bare_entry)
    scripted_tryout.report = report
    assert text in result(await answer(hass, await filled(hass, bare_entry), "walk"))


async def test_seen_without_picture_shows_the_camera(
    hass: HomeAssistant, bare_entry: MockConfigEntry, probe: Any, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, bare_entry)
    scripted_tryout.report = WalkReport(label="person", seconds=1.0, found=PERSON)
    seen = await answer(hass, await filled(hass, bare_entry), "walk")
    assert "Person seen" in result(seen)
    assert "/tryout/" in signed_picture(seen)


async def test_walk_shows_its_progress(
    hass: HomeAssistant, bare_entry: MockConfigEntry, probe: Any, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, bare_entry)
    ready = await filled(hass, bare_entry)
    scripted_tryout.go_on.clear()
    drawn: asyncio.Queue[float] = asyncio.Queue()

    @callback
    def draw(event: Event) -> None:
        drawn.put_nowait(event.data["progress"])

    hass.bus.async_listen(EVENT_DATA_ENTRY_FLOW_PROGRESS_UPDATE, draw)
    with patch.object(camera_end, "PROGRESS_S", 0.01), patch.object(camera_end, "WALK_S", 0.03):
        shown = await hass.config_entries.subentries.async_configure(
            ready["flow_id"], {"next_step_id": "walk"}
        )
        assert (shown["type"], shown["progress_action"]) == (FlowResultType.SHOW_PROGRESS, "walk")
        assert "/tryout/" in signed_picture(shown)
        async with asyncio.timeout(60):
            shares = [await drawn.get() for _ in range(3)]
        scripted_tryout.go_on.set()
        await hass.async_block_till_done()
    assert 0 == shares[0] < shares[1] < shares[2] < 1


async def test_flow_that_is_closed_during_a_walk_closes_the_camera(
    hass: HomeAssistant, bare_entry: MockConfigEntry, probe: Any, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, bare_entry)
    ready = await filled(hass, bare_entry)
    scripted_tryout.go_on.clear()
    await hass.config_entries.subentries.async_configure(ready["flow_id"], {"next_step_id": "walk"})
    assert await hass.async_add_executor_job(scripted_tryout.walking.wait, 30)
    hass.config_entries.subentries.async_abort(ready["flow_id"])
    await until(hass, lambda: scripted_tryout.stopped)
    assert not bare_entry.runtime_data.tryouts


async def test_same_camera_saved_in_another_tab_is_not_saved_twice(
    hass: HomeAssistant, bare_entry: MockConfigEntry, probe: Any, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, bare_entry)
    first, second = await filled(hass, bare_entry), await filled(hass, bare_entry)
    assert (await answer(hass, first, "save"))["type"] is FlowResultType.CREATE_ENTRY
    assert (await answer(hass, second, "save"))["reason"] == "already_configured"
    assert len(bare_entry.subentries) == 1


async def test_reload_during_the_flow_begins_another_tryout(
    hass: HomeAssistant, bare_entry: MockConfigEntry, probe: Any, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, bare_entry)
    ready = await filled(hass, bare_entry)
    assert await hass.config_entries.async_reload(bare_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    seen = await answer(hass, ready, "walk")
    assert "Person seen" in result(seen)
    assert len(bare_entry.runtime_data.tryouts) == 1
    await answer(hass, seen, "save")
    assert len(bare_entry.subentries) == 1


async def test_another_engine_during_the_flow_begins_another_tryout(
    hass: HomeAssistant, bare_entry: MockConfigEntry, probe: Any, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, bare_entry)
    ready = await filled(hass, bare_entry)
    [first] = bare_entry.runtime_data.tryouts
    bare_entry.runtime_data.host.starts += 1  # as when a spare folder isn't needed anymore
    seen = await answer(hass, ready, "walk")
    assert "Person seen" in result(seen)
    [second] = bare_entry.runtime_data.tryouts
    assert second != first


async def test_flow_ends_when_homesec_stops(
    hass: HomeAssistant, bare_entry: MockConfigEntry, probe: Any, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, bare_entry)
    flows = [await filled(hass, bare_entry) for _ in range(3)]
    await bare_entry.runtime_data.host.async_stop()
    bare_entry.runtime_data.tryouts.clear()
    assert (await answer(hass, flows[0], "walk"))["reason"] == "not_loaded"
    await hass.config_entries.async_unload(bare_entry.entry_id)
    assert (await answer(hass, flows[1], "save"))["reason"] == "not_loaded"
    hass.config_entries.subentries.async_abort(flows[2]["flow_id"])
    await hass.async_block_till_done()


# --- changing ------------------------------------------------------------------------------------


async def test_camera_with_another_source_can_be_tested(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, entry)
    flow = await start_reconfiguring(hass, entry, CAMERA_ID)
    shown = await submit_subentry(hass, flow, STREAM)
    assert shown["last_step"] is False
    ready = await submit_subentry(hass, shown, PLAIN, saves=False)
    assert ready["step_id"] == "ready"
    seen = await answer(hass, ready, "walk")
    assert (await answer(hass, seen, "save"))["reason"] == "reconfigure_successful"
    assert entry.subentries[CAMERA_ID].data["url"] == STREAM["url"]


async def test_camera_with_the_same_source_is_saved_at_once(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, scripted_tryout: ScriptedTryout
) -> None:
    await set_up(hass, entry)
    flow = await start_reconfiguring(hass, entry, CAMERA_ID)
    shown = await submit_subentry(hass, flow, {"kind": "file", "file": str(video)})
    assert shown["last_step"] is True
    done = await submit_subentry(hass, shown, PLAIN, saves=False)
    assert done["reason"] == "reconfigure_successful"
