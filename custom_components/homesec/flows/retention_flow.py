"""The step that asks how long clips are kept."""

from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from ..const import CONF_RETENTION, SUBENTRY_CAMERA
from .retention_form import (
    camera_names,
    read_retention,
    retention_errors,
    retention_schema,
    shown_retention,
)


class RetentionSteps(ConfigFlow):
    """Part of the house's flow: retention."""

    async def async_step_retention(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change it; nothing is started again for that."""
        entry = self._get_reconfigure_entry()
        cameras = entry.get_subentries_of_type(SUBENTRY_CAMERA)
        names = camera_names({camera.subentry_id: camera.title for camera in cameras})
        errors: dict[str, str] = {}
        if user_input is not None:
            if not (errors := retention_errors(user_input)):
                kept = read_retention(user_input, names)
                return self.async_update_and_abort(entry, data_updates={CONF_RETENTION: kept})
            shown = user_input
        else:
            shown = shown_retention(entry.data.get(CONF_RETENTION, {}), names)
        return self.async_show_form(
            step_id="retention",
            data_schema=self.add_suggested_values_to_schema(retention_schema(names), shown),
            errors=errors,
        )
