"""Repair flows: open the settings of a camera or recipient, or replace a missing detector."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowContext
from homeassistant.helpers import issue_registry as ir

from .alerts.rule_check import Referenced
from .cloud.issues import ISSUE_OLD_KEY, ISSUE_STORAGE, StorageRepairFlow
from .const import CONF_DETECTOR, CONF_MODEL, DOMAIN, SUBENTRY_CAMERA, SUBENTRY_RECIPIENT
from .engine.model_zoo.detectors import DEFAULT, OPENCV
from .flows.rule_repair import RuleRepairFlow
from .issues import ISSUE_ENGINE, ISSUE_OPENCV

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

ABORT_REASONS: Final = {
    SUBENTRY_CAMERA: ("camera_gone", "opens_settings"),
    SUBENTRY_RECIPIENT: ("recipient_gone", "opens_recipient"),
}
"""By subentry type: the reasons when it was removed, and when its settings open."""


class SubentryRepairFlow(RepairsFlow):
    """Opens the settings of a camera or recipient; its issue is deleted when it works again."""

    def __init__(self, entry_id: str, subentry_type: str, subentry_id: str) -> None:
        self._entry_id = entry_id
        self._type = subentry_type
        self._subentry_id = subentry_id

    async def async_step_init(self, _input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Start with the only step."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Describe the problem, then open the settings."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        removed, opens = ABORT_REASONS[self._type]
        if entry is None or self._subentry_id not in entry.subentries:
            return self.async_abort(reason=removed)
        if user_input is None:
            name = entry.subentries[self._subentry_id].title
            return self.async_show_form(
                step_id="confirm",
                description_placeholders={**self._issue_placeholders(), self._type: name},
            )
        flow = await self.hass.config_entries.subentries.async_init(
            (self._entry_id, self._type),
            context=SubentryFlowContext(source=SOURCE_RECONFIGURE, subentry_id=self._subentry_id),
        )
        next_flow = (FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        return self.async_abort(reason=opens, next_flow=next_flow)

    def _issue_placeholders(self) -> dict[str, str]:
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return dict(issue.translation_placeholders or {}) if issue else {}


class DetectorRepairFlow(ConfirmRepairFlow):
    """Replaces a detector that this system lacks by the default one."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Change the entry once you agree; its update listener then reloads it."""
        if user_input is not None:
            entry = self.hass.config_entries.async_get_known_entry(self._entry_id)
            data = {**entry.data, CONF_DETECTOR: DEFAULT}
            if entry.data.get(CONF_DETECTOR) == OPENCV:
                data.pop(CONF_MODEL, None)  # a model that was chosen for OpenCV
            self.hass.config_entries.async_update_entry(entry, data=data)
        return await super().async_step_confirm(user_input)


class EmptyFolderRepairFlow(ConfirmRepairFlow):
    """Uses the clip folder although it's empty."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Start in the folder once you say that the clips are gone."""
        if user_input is not None:
            entry = self.hass.config_entries.async_get_known_entry(self._entry_id)
            entry.runtime_data.coordinator.async_accept_empty_folder()
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    hass: HomeAssistant,  # noqa: ARG001
    issue_id: str,
    data: dict[str, str | int | float | None] | None,
) -> RepairsFlow:
    """Return the flow of an issue; one that only informs just needs to be confirmed."""
    data = data or {}
    entry_id = str(data["entry_id"])
    if issue_id in (ISSUE_STORAGE, ISSUE_OLD_KEY):
        return StorageRepairFlow(entry_id)
    if (kind := data.get("rule_kind")) is not None:
        return RuleRepairFlow(entry_id, Referenced(str(kind)), str(data["reference"]))
    if issue_id == ISSUE_ENGINE:
        return EmptyFolderRepairFlow(entry_id)
    if issue_id == ISSUE_OPENCV:
        return DetectorRepairFlow(entry_id)
    for subentry_type in ABORT_REASONS:
        if (subentry_id := data.get(f"{subentry_type}_id")) is not None:
            return SubentryRepairFlow(entry_id, subentry_type, str(subentry_id))
    return ConfirmRepairFlow()
