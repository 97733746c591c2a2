"""Entries, forms, and steps for a bucket on the loopback."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from custom_model import choose
from homeassistant.data_entry_flow import FlowResultType

from custom_components.homesec.engine.cloud.gcs import GcsStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_gcs import FakeGcs
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry


@contextmanager
def patch_storage(gcs: FakeGcs) -> Iterator[None]:
    """Use the loopback as Google Cloud Storage, with short waits."""
    store = partial(GcsStore, endpoint=gcs.url, chunk_bytes=256 * 1024)
    with (
        patch("custom_components.homesec.cloud.store.GcsStore", store),
        patch("custom_components.homesec.engine.cloud.gcs_upload.PAUSE_S", 0.01),
    ):
        yield


def storage(gcs: FakeGcs, **settings: Any) -> dict[str, Any]:
    """Return an entry's storage data; without a key, the emulator needs no login."""
    return {"bucket": gcs.bucket, "prefix": "homesec", "upload_rest": True, **settings}


def add_storage(entry: MockConfigEntry, kept: dict[str, Any]) -> None:
    """Add storage data to an entry that is not set up yet."""
    object.__setattr__(entry, "data", {**entry.data, "storage": kept})


def form_values(gcs: FakeGcs, **answers: Any) -> dict[str, Any]:
    """Return values for the form of the bucket."""
    return {
        "login": "own",
        "bucket": gcs.bucket,
        "prefix": "homesec",
        "upload_rest": True,
        "encrypt": False,
        **answers,
    }


async def open_bucket(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Open the form of the bucket."""
    flow = await choose(hass, entry, "cloud")
    if flow["type"] is FlowResultType.MENU:
        flow = await submit(hass, flow, {"next_step_id": "bucket"})
    assert flow["step_id"] == "bucket"
    return flow


async def submit(
    hass: HomeAssistant, flow: dict[str, Any], answer: dict[str, Any]
) -> dict[str, Any]:
    """Submit a step, and wait for the check of the bucket, if there is one."""
    flows = hass.config_entries.flow
    result = await flows.async_configure(flow["flow_id"], answer)
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        assert result["step_id"] == result["progress_action"] in ("probe_bucket", "check")
        await hass.async_block_till_done()
        result = await flows.async_configure(flow["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    return dict(result)
