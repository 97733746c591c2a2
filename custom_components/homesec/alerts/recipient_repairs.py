"""What a person can do about texts that do not arrive: look at the recipient's settings."""

from typing import TYPE_CHECKING, Any

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowContext

from ..const import SUBENTRY_RECIPIENT

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry


class RecipientRepairFlow(RepairsFlow):
    """Ends in the recipient's own flow, whose text tries again; the issue goes away by itself."""

    def __init__(self, entry: ConfigEntry | None, recipient_id: str) -> None:
        self._entry = entry
        self._recipient_id = recipient_id

    async def async_step_init(self, _input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Say what is the matter, then open the recipient's settings."""
        if self._entry is None or self._recipient_id not in self._entry.subentries:
            return self.async_abort(reason="recipient_gone")
        if user_input is None:
            name = self._entry.subentries[self._recipient_id].title
            return self.async_show_form(
                step_id="confirm", description_placeholders={"recipient": name}
            )
        flow = await self.hass.config_entries.subentries.async_init(
            (self._entry.entry_id, SUBENTRY_RECIPIENT),
            context=SubentryFlowContext(source=SOURCE_RECONFIGURE, subentry_id=self._recipient_id),
        )
        return self.async_abort(
            reason="opens_recipient", next_flow=(FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        )
