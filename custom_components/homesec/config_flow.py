"""Set up the house; its cameras follow one by one."""

from typing import Any, override

from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
import probatio

from .camera_flow import CameraFlow
from .const import (
    CONF_DETECTOR,
    CONF_MODEL,
    DETECTOR_AUTO,
    DETECTORS,
    DOMAIN,
    SECTION_ADVANCED,
    SUBENTRY_CAMERA,
)
from .engine.detectors.catalogue import CATALOGUE
from .engine.errors import ModelUnknown

TITLE = "HomeSec"
SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_DETECTOR, default=DETECTOR_AUTO): SelectSelector(
            SelectSelectorConfig(
                options=list(DETECTORS),
                translation_key="detector",
                mode=SelectSelectorMode.LIST,
            )
        ),
        probatio.Required(SECTION_ADVANCED): section(
            probatio.Schema(
                {
                    probatio.Optional(CONF_MODEL): SelectSelector(
                        SelectSelectorConfig(
                            options=[
                                SelectOptionDict(value=model.name, label=model.title)
                                for model in CATALOGUE.values()
                            ],
                            mode=SelectSelectorMode.DROPDOWN,
                        )
                    )
                }
            ),
            {"collapsed": True},
        ),
    }
)


class HomeSecFlow(ConfigFlow, domain=DOMAIN):
    """The flow behind "Add integration"."""

    VERSION = 1
    MINOR_VERSION = 1

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what can be added to the house."""
        return {SUBENTRY_CAMERA: CameraFlow}

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask how people are to be detected; what is offered fits any machine."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = _read(user_input)
            if not (errors := _errors(data)):
                return self.async_create_entry(title=TITLE, data=data)
        return self._async_ask("user", user_input, errors)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the detector; the update listener then reloads the entry."""
        entry = self._get_reconfigure_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            data = _read(user_input)
            if not (errors := _errors(data)):
                return self.async_update_and_abort(entry, data=data)
        advanced = {CONF_MODEL: entry.data[CONF_MODEL]} if CONF_MODEL in entry.data else {}
        shown = {CONF_DETECTOR: entry.data[CONF_DETECTOR], SECTION_ADVANCED: advanced}
        return self._async_ask("reconfigure", user_input or shown, errors)

    def _async_ask(
        self, step_id: str, shown: dict[str, Any] | None, errors: dict[str, str]
    ) -> ConfigFlowResult:
        schema = self.add_suggested_values_to_schema(SCHEMA, shown)
        return self.async_show_form(step_id=step_id, data_schema=schema, errors=errors)

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on with the first camera straight away."""
        flow = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_CAMERA),
            context=SubentryFlowContext(source=SOURCE_USER),
        )
        if "step_id" in flow:
            result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        return result


def _read(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the entry's data; a model left empty is the detector's own choice."""
    return {CONF_DETECTOR: answer[CONF_DETECTOR], **answer[SECTION_ADVANCED]}


def _errors(data: dict[str, Any]) -> dict[str, str]:
    """Refuse a model that the detector cannot use; "auto" may become any detector."""
    detector, model = data[CONF_DETECTOR], data.get(CONF_MODEL)
    if model is None or detector in CATALOGUE[model].variants:
        return {}
    # An error cannot be placed at a field inside a section.
    return {"base": "model_needs_detector" if detector == DETECTOR_AUTO else ModelUnknown.key}
