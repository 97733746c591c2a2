"""A camera that answers slowly, in the form."""

import asyncio
import threading
from typing import Any

from camera_forms import PROBED, STREAM, start_adding
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homesec_fixtures import set_up
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.homesec.flows import camera_source


async def test_form_says_that_it_waits_for_a_slow_camera(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    probe: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(camera_source, "SLOW_AFTER_S", 0.05)
    answers = threading.Event()
    probe.side_effect = lambda *_: answers.wait(20) and PROBED
    await set_up(hass, entry)
    flow = await start_adding(hass, entry)
    manager = hass.config_entries.subentries
    shown = await manager.async_configure(flow["flow_id"], STREAM)
    assert (shown["type"], shown["progress_action"]) == (FlowResultType.SHOW_PROGRESS, "preview")
    while shown["progress_action"] == "preview":
        await asyncio.sleep(0.02)
        shown = await manager.async_configure(flow["flow_id"])
    assert (shown["type"], shown["progress_action"]) == (
        FlowResultType.SHOW_PROGRESS,
        "preview_slow",
    )
    answers.set()
    await hass.async_block_till_done()
    shown = await manager.async_configure(flow["flow_id"])
    assert (shown["type"], shown["step_id"]) == (FlowResultType.FORM, "settings")
