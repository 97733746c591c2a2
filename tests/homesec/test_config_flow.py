"""The config flow: first set-up, and changing detector and model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from custom_model import choose
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, FlowType
from homeassistant.data_entry_flow import FlowResultType
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.cloud.retention_config import DiskSpace
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.library.retention_policy import GIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

NEW = {
    "alarm": {"delays": {"away": {"exit_s": 30, "entry_s": 30, "trigger_s": 180}}},
    "retention": {"local_days": 30, "min_free_percent": 20},
}
"""What a new entry starts with."""


@pytest.fixture(autouse=True)
def disk() -> Iterator[Any]:
    """A disk that is half full."""
    space = DiskSpace(total=100 * GIB, free=50 * GIB)
    with patch("custom_components.homesec.config_flow.disk_space", return_value=space) as disk:
        yield disk


async def test_user_step_creates_entry_and_continues_with_first_camera(hass: HomeAssistant) -> None:
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert flow["type"] is FlowResultType.FORM
    assert flow["step_id"] == "user"
    done = await hass.config_entries.flow.async_configure(flow["flow_id"], {"advanced": {}})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "HomeSec"
    assert done["data"] == {"detector": "ncnn", **NEW}
    assert done["result"].state is ConfigEntryState.LOADED
    kind, flow_id = done["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    following = hass.config_entries.subentries.async_get(flow_id)
    assert following["step_id"] == "search"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_user_step_without_loaded_entry_starts_no_camera_flow(hass: HomeAssistant) -> None:
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    with patch("custom_components.homesec.async_setup_entry", side_effect=OSError):
        done = await hass.config_entries.flow.async_configure(
            flow["flow_id"], {"detector": "opencv", "advanced": {"model": "yolox-nano"}}
        )
    assert done["data"] == {"detector": "opencv", "model": "yolox-nano", **NEW}
    assert "next_flow" not in done


async def test_user_step_with_existing_entry_aborts(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert flow["type"] is FlowResultType.ABORT
    assert flow["reason"] == "single_instance_allowed"


async def test_user_step_stores_chosen_model(hass: HomeAssistant) -> None:
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    done = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"detector": "ncnn", "advanced": {"model": "nanodet-plus-m"}}
    )
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["data"] == {"detector": "ncnn", "model": "nanodet-plus-m", **NEW}
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_detector_step_changes_detector_and_model(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    flow = await choose(hass, entry, "detector")
    assert flow["step_id"] == "detector"
    done = await hass.config_entries.flow.async_configure(
        flow["flow_id"], {"detector": "ncnn", "advanced": {"model": "yolox-nano"}}
    )
    assert done["reason"] == "reconfigure_successful"
    assert entry.data == {"detector": "ncnn", "model": "yolox-nano"}
    await hass.async_block_till_done(wait_background_tasks=True)
    flow = await choose(hass, entry, "detector")
    [section] = [value for key, value in flow["data_schema"].schema.items() if key == "advanced"]
    [model] = section.schema.schema
    assert model.description == {"suggested_value": "yolox-nano"}
