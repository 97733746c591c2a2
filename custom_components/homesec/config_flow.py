"""The config flow: set HomeSec up, or change what all cameras share."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import SelectSelectorMode
from probatio import Optional, Required, Schema

from .alarm.config import new_alarm
from .cloud.retention_config import CONF_DAYS, CONF_MIN_FREE_PERCENT, disk_space, new_retention
from .const import (
    CONF_ALARM,
    CONF_DETECTOR,
    CONF_MODEL,
    CONF_RETENTION,
    DOMAIN,
    SECTION_ADVANCED,
    SUBENTRY_CAMERA,
    SUBENTRY_RECIPIENT,
)
from .detector.model_choice import custom_model_titles, models_dir, offered_models
from .detector.setup import REMOVED_MODELS, async_opencv_offered
from .engine.core.errors import ModelUnknown
from .engine.library.retention_policy import Tier
from .engine.model_zoo.detectors import DEFAULT, OPENCV
from .engine_host import clips_dir
from .flows.alarm_flow import AlarmSteps
from .flows.camera_flow import CameraFlow
from .flows.camera_offer import CameraOfferSteps
from .flows.custom_model_flow import CustomModelSteps
from .flows.form_fields import choice, named_choice
from .flows.pin_gate import PinSteps
from .flows.problems import PROBLEM, async_problem
from .flows.recipient_flow import RecipientFlow
from .flows.retention_flow import RetentionSteps
from .flows.storage_flow import StorageSteps
from .translations import async_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TITLE = "HomeSec"
_CHOICE = (CONF_DETECTOR, CONF_MODEL)


def choice_schema(
    detectors: Sequence[str], titles: Mapping[str, str], *, collapsed: bool
) -> Schema:
    """Return the form that asks for detector and model; ``titles`` maps model names to titles."""
    return Schema(
        {
            Required(CONF_DETECTOR, default=DEFAULT): choice(
                detectors, "detector", mode=SelectSelectorMode.LIST
            ),
            Required(SECTION_ADVANCED): section(
                Schema({Optional(CONF_MODEL): named_choice(titles)}), {"collapsed": collapsed}
            ),
        }
    )


class HomeSecFlow(
    PinSteps,
    CustomModelSteps,
    StorageSteps,
    RetentionSteps,
    AlarmSteps,
    CameraOfferSteps,
    domain=DOMAIN,
):
    """The flow behind "Add integration"."""

    VERSION = 1
    MINOR_VERSION = 1

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the flows of cameras and recipients."""
        return {SUBENTRY_CAMERA: CameraFlow, SUBENTRY_RECIPIENT: RecipientFlow}

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for detector and model; the defaults suit any system.

        There's one entry only, whose settings are shown instead of a second one. The manifest can't
        say so: Home Assistant would then tell of no device that it sees on the network anymore.
        """
        if entries := self._async_current_entries(include_ignore=False):
            settings = await self.hass.config_entries.flow.async_init(
                DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entries[0].entry_id}
            )
            return self.async_abort(
                reason="single_instance_allowed",
                next_flow=(FlowType.CONFIG_FLOW, settings["flow_id"]),
            )
        return await self._async_choose_detector("user", user_input)

    async def async_step_reconfigure(
        self, _input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer a menu of what can be changed."""
        custom = await self.hass.async_add_executor_job(custom_model_titles, models_dir(self.hass))
        models = ["detector", "add_model", *(["remove_model"] if custom else [])]
        return self.async_show_menu(
            step_id="reconfigure", menu_options=["alarm", "pins", "cloud", "retention", *models]
        )

    async def async_step_detector(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change detector and model; the update listener then reloads the entry."""
        return await self._async_choose_detector("detector", user_input)

    async def _async_choose_detector(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        models = await self.hass.async_add_executor_job(offered_models, models_dir(self.hass))
        if user_input is not None:
            # Without a model, the detector's default is used.
            data = {CONF_DETECTOR: user_input[CONF_DETECTOR], **user_input[SECTION_ADVANCED]}
            name = data.get(CONF_MODEL)
            if name is None or (name in models and data[CONF_DETECTOR] in models[name].variants):
                if step_id == "user":
                    new = {CONF_ALARM: new_alarm(), CONF_RETENTION: await self._async_retention()}
                    return self.async_create_entry(title=TITLE, data=data | new)
                entry = self._get_reconfigure_entry()
                others = {k: v for k, v in entry.data.items() if k not in _CHOICE}
                return self.async_update_and_abort(entry, data=others | data)
            errors = {SECTION_ADVANCED: ModelUnknown.key}
            return await self._async_from_top(step_id, errors, user_input)
        errors, _, answer = self._again.pop()
        shown = answer or (None if step_id == "user" else self._current())
        titles = {name: model.title for name, model in models.items()}
        if chosen := (shown or {}).get(SECTION_ADVANCED, {}).get(CONF_MODEL):
            # A model that was removed is still shown, and refused with an error.
            titles.setdefault(chosen, chosen)
        detectors = [DEFAULT, *([OPENCV] if await async_opencv_offered(self.hass) else [])]
        schema = choice_schema(detectors, titles, collapsed=chosen is None)
        if shown is not None and shown[CONF_DETECTOR] not in detectors:
            shown = {**shown, CONF_DETECTOR: DEFAULT}
        notes = await async_options(self.hass, "note")
        retention = await self._async_retention()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={
                PROBLEM: await async_problem(self.hass, "config", errors, {}),
                "note": "" if self.added is None else notes["model_added"],
                "days": str(retention[CONF_DAYS[Tier.LOCAL]]),
                "percent": str(retention[CONF_MIN_FREE_PERCENT]),
            },
        )

    async def _async_retention(self) -> dict[str, Any]:
        """Return the retention rules of a new system, for the disk that it has."""
        space = await self.hass.async_add_executor_job(disk_space, clips_dir(self.hass))
        return new_retention(space)

    def _current(self) -> dict[str, Any]:
        """Return the answers to suggest: the model that was just added, or the one in use."""
        if self.added is not None and self.added.model is not None:
            [detector] = self.added.model.variants
            return {CONF_DETECTOR: detector, SECTION_ADVANCED: {CONF_MODEL: self.added.name}}
        data = self._get_reconfigure_entry().data
        model = data.get(CONF_MODEL)
        advanced = {} if model is None or model in REMOVED_MODELS else {CONF_MODEL: model}
        return {CONF_DETECTOR: data.get(CONF_DETECTOR, DEFAULT), SECTION_ADVANCED: advanced}

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Continue with adding the first camera."""
        flow = await self.hass.config_entries.subentries.async_init(
            (result["result"].entry_id, SUBENTRY_CAMERA),
            context=SubentryFlowContext(source=SOURCE_USER),
        )
        if "step_id" in flow:
            result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        return result
