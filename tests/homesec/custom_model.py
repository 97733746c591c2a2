"""The smallest network that ncnn runs, and the dialog that adds custom models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import FormData
from homeassistant.data_entry_flow import FlowResultType
import numpy as np

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

# The outputs of YOLOv8 for 64 x 64 pixels and one label: 84 cells of 4 sides and a score.
PARAM = b"""\
7767517
4 4
Input        in0   0 1 in0
Pooling      mean  1 1 in0 a 0=1 4=1
InnerProduct dense 1 1 a b 0=420 1=1 2=1260
Reshape      shape 1 1 b out0 0=84 1=5
"""
BIN = bytes(4) + np.zeros(1260 + 420, np.float32).tobytes()
METADATA = {
    "title": "Garden gnomes",
    "head": "yolov8",
    "width": 64,
    "height": 64,
    "labels": "Garden gnome\n",
    "threshold": 40,
}
NAME = "own:garden-gnomes"


async def choose(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> dict[str, Any]:
    """Open the settings menu and choose a step."""
    menu = await entry.start_reconfigure_flow(hass)
    assert menu["type"] is FlowResultType.MENU
    return await reply(hass, menu, {"next_step_id": step})


async def reply(
    hass: HomeAssistant, flow: dict[str, Any], user_input: dict[str, Any]
) -> dict[str, Any]:
    """Answer a form, and wait while a model is tested."""
    flows = hass.config_entries.flow
    result = await flows.async_configure(flow["flow_id"], user_input)
    if result["type"] is FlowResultType.SHOW_PROGRESS:
        assert result["step_id"] == result["progress_action"] in ("try_model", "check")
        await hass.async_block_till_done()
        result = await flows.async_configure(flow["flow_id"])
    return dict(result)


class Browser:
    """Uploads files as the frontend does."""

    def __init__(self, hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
        self._hass = hass
        self._hass_client = hass_client

    async def upload(self, name: str, content: bytes) -> str:
        form = FormData()
        form.add_field("file", content, filename=name)
        client = await self._hass_client()
        answer = await client.post("/api/file_upload", data=form)
        assert answer.status == 200
        return str((await answer.json())["file_id"])

    async def add_files(
        self, entry: MockConfigEntry, files: dict[str, bytes], step: str = "describe"
    ) -> dict[str, Any]:
        """Open the dialog and upload one or two files."""
        form = await choose(self._hass, entry, "add_model")
        assert form["step_id"] == "add_model"
        uploads = [await self.upload(name, content) for name, content in files.items()]
        fields = dict(zip(("file", "weights"), uploads, strict=False))
        shown = await reply(self._hass, form, fields)
        assert shown.get("step_id", "") == step, shown
        return shown
