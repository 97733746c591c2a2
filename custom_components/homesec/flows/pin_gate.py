"""The step that asks for a PIN before settings are saved while the alarm is armed.

It comes last, so that a form that was opened before arming is asked for one as well.
"""

from functools import partial
from typing import TYPE_CHECKING, Any, Final, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_CODE
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.selector import TextSelector, TextSelectorConfig, TextSelectorType
from probatio import Required, Schema

from ..access import async_get_runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

ENTER_PIN: Final = "enter_pin"  # the step's id
PIN_SCHEMA: Final = Schema(
    {
        Required(CONF_CODE): TextSelector(
            TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off")
        )
    }
)


class PinGate[Result]:
    """Holds back what a flow saves until a PIN is entered, if one is needed."""

    def __init__(self) -> None:
        self._held: Callable[[], Result] | None = None
        self._opened = False

    def hold(self, hass: HomeAssistant, save: Callable[[], Result]) -> bool:
        """Return whether a PIN is needed first; ``save`` is then called by ``async_enter``."""
        runtime = async_get_runtime(hass)
        if self._opened or runtime is None or not runtime.guard.asks_for_pin:
            return False
        self._held = save
        return True

    async def async_enter(
        self, hass: HomeAssistant, code: str
    ) -> tuple[str, dict[str, str]] | None:
        """Check the PIN; return the error and its placeholders, None if it's right."""
        runtime = async_get_runtime(hass)
        if runtime is not None and runtime.guard.asks_for_pin:
            try:
                await runtime.guard.async_check_form(code)
            except ServiceValidationError as err:
                key = err.translation_key or "wrong_code"
                return key, err.translation_placeholders or {}
        self._opened = True
        return None

    def save(self) -> Result:
        """Save what was held back."""
        if self._held is None:
            raise RuntimeError("nothing to save")
        held, self._held = self._held, None
        return held()


class PinSteps(ConfigFlow):
    """Part of the config flow: what changes the entry takes a PIN while the alarm is armed."""

    def __init__(self) -> None:
        super().__init__()
        self._gate = PinGate[ConfigFlowResult]()

    @override
    def async_update_and_abort(
        self,
        entry: ConfigEntry,
        **changes: Any,
    ) -> ConfigFlowResult:
        """Update the entry, after a PIN if one is needed."""
        save = partial(super().async_update_and_abort, entry, **changes)
        if self._gate.hold(self.hass, save):
            return self._show_pin({}, {})
        return save()

    async def async_step_enter_pin(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a PIN, and then save."""
        errors, placeholders = {}, {}
        if user_input is not None:
            error = await self._gate.async_enter(self.hass, user_input[CONF_CODE])
            if error is None:
                return self._gate.save()
            errors, placeholders = {CONF_CODE: error[0]}, error[1]
        return self._show_pin(errors, placeholders)

    def _show_pin(self, errors: dict[str, str], placeholders: dict[str, str]) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=ENTER_PIN,
            data_schema=PIN_SCHEMA,
            errors=errors,
            description_placeholders={"minutes": "", **placeholders},
        )
