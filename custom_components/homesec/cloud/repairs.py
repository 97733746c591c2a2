"""What a person can do about a bucket that cannot be used: log in again, or name another one."""

from typing import TYPE_CHECKING, Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigFlowContext
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_STORAGE, DOMAIN
from ..engine.cloud.errors import BucketMissing

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry


class StorageRepairFlow(RepairsFlow):
    """Ends in the house's own flow; the issue goes away by itself when uploads go on."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id

    async def async_step_init(self, _input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Say what is the matter, then ask for what cures it."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or CONF_STORAGE not in entry.data:
            return self.async_abort(reason="storage_gone")
        if user_input is None:
            placeholders = {"bucket": entry.data[CONF_STORAGE]["bucket"]}
            return self.async_show_form(step_id="confirm", description_placeholders=placeholders)
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        if issue is not None and issue.translation_key == BucketMissing.key:
            flow_id = await self._async_bucket(entry)
        else:
            flow_id = await self._async_login(entry)
        return self.async_abort(reason="opens_storage", next_flow=(FlowType.CONFIG_FLOW, flow_id))

    async def _async_login(self, entry: ConfigEntry) -> str:
        for flow in entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
            return flow["flow_id"]
        return await self._async_open(entry, SOURCE_REAUTH)

    async def _async_bucket(self, entry: ConfigEntry) -> str:
        flow_id = await self._async_open(entry, SOURCE_RECONFIGURE)
        for step in ("cloud", "bucket"):
            await self.hass.config_entries.flow.async_configure(flow_id, {"next_step_id": step})
        return flow_id

    async def _async_open(self, entry: ConfigEntry, source: str) -> str:
        context = ConfigFlowContext(
            source=source, entry_id=entry.entry_id, title_placeholders={"name": entry.title}
        )
        flow = await self.hass.config_entries.flow.async_init(DOMAIN, context=context, data={})
        return flow["flow_id"]
