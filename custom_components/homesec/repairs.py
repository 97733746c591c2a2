"""What a person can do about a camera that is lost, or a detector that this system lacks."""

from typing import TYPE_CHECKING, Any

from homeassistant.components.repairs import ConfirmRepairFlow, RepairsFlow, RepairsFlowResult
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import SOURCE_RECONFIGURE, SubentryFlowContext

from .alerts.recipient_repairs import RecipientRepairFlow
from .cloud.issues import ISSUE_STORAGE, StorageRepairFlow
from .const import CONF_DETECTOR, CONF_MODEL, SUBENTRY_CAMERA
from .engine.detection import DEFAULT, OPENCV
from .issues import ISSUE_OPENCV

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant


class CameraRepairFlow(RepairsFlow):
    """Ends in the camera's own flow; the issue goes away by itself when the camera runs."""

    def __init__(self, entry_id: str, camera_id: str, name: str) -> None:
        self._entry_id = entry_id
        self._camera_id = camera_id
        self._name = name

    async def async_step_init(self, _input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Say what is the matter, then open the camera's settings."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or self._camera_id not in entry.subentries:
            return self.async_abort(reason="camera_gone")
        if user_input is None:
            return self.async_show_form(
                step_id="confirm", description_placeholders={"camera": self._name}
            )
        flow = await self.hass.config_entries.subentries.async_init(
            (self._entry_id, SUBENTRY_CAMERA),
            context=SubentryFlowContext(source=SOURCE_RECONFIGURE, subentry_id=self._camera_id),
        )
        return self.async_abort(
            reason="opens_settings",
            next_flow=(FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"]),
        )


class DetectorRepairFlow(ConfirmRepairFlow):
    """Store the default detector in place of the one that this system lacks."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Change the entry once the user agrees; HomeSec then reloads."""
        if user_input is not None:
            entry = self.hass.config_entries.async_get_known_entry(self._entry_id)
            data = {**entry.data, CONF_DETECTOR: DEFAULT}
            if entry.data.get(CONF_DETECTOR) == OPENCV:
                data.pop(CONF_MODEL, None)  # a model that was chosen for OpenCV
            self.hass.config_entries.async_update_entry(entry, data=data)
        return await super().async_step_confirm(user_input)


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow of an issue; those that only tell something need just be read."""
    entry_id = str((data or {})["entry_id"])
    if recipient_id := (data or {}).get("recipient_id"):
        entry = hass.config_entries.async_get_entry(entry_id)
        return RecipientRepairFlow(entry, str(recipient_id))
    if issue_id == ISSUE_STORAGE:
        return StorageRepairFlow(entry_id)
    if issue_id == ISSUE_OPENCV:
        return DetectorRepairFlow(entry_id)
    if (camera_id := (data or {}).get("camera_id")) is None:
        return ConfirmRepairFlow()
    entry = hass.config_entries.async_get_entry(entry_id)
    subentry = entry.subentries.get(str(camera_id)) if entry else None
    return CameraRepairFlow(entry_id, str(camera_id), subentry.title if subentry else "")
