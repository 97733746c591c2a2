"""The steps that ask for the alarm's delays and PINs; they apply without a reload."""

from dataclasses import replace
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_CODE, CONF_NAME
from homeassistant.util.ulid import ulid_now

from ..alarm.config import get_pins
from ..alarm.pins import MAX_PINS, Pin, PinKind, find_pin
from ..const import CONF_ALARM, CONF_PINS
from ..translations import async_options
from .alarm_form import (
    ALARM_SCHEMA,
    CONF_KIND,
    CONF_PIN,
    EDIT_SCHEMA,
    NEW_SCHEMA,
    format_alarm,
    lacks_full,
    pin_schema,
    read_alarm,
    remove_codes,
    validate_pin,
)


class AlarmSteps(ConfigFlow):
    """Part of the config flow: the alarm."""

    def __init__(self) -> None:
        super().__init__()
        self._pin_id = ""  # the PIN that is changed

    async def async_step_alarm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the delays of each mode."""
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            updates = {CONF_ALARM: read_alarm(user_input)}
            return self.async_update_and_abort(entry, data_updates=updates)
        shown = format_alarm(entry.data)
        return self.async_show_form(
            step_id="alarm", data_schema=self.add_suggested_values_to_schema(ALARM_SCHEMA, shown)
        )

    async def async_step_pins(self, _input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """List the PINs and offer to add, change, or remove one; without any, add the first."""
        titles = await self._async_titles()
        if not titles:
            return await self.async_step_add_pin()
        add = ["add_pin"] if len(titles) < MAX_PINS else []
        return self.async_show_menu(
            step_id="pins",
            menu_options=[*add, "change_pin", "remove_pin"],
            description_placeholders={"pins": "\n".join(f"- {each}" for each in titles.values())},
        )

    async def async_step_add_pin(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for a new PIN."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._async_errors(user_input)
            if not errors:
                return self._save(ulid_now(), await self._async_make(user_input))
        shown = remove_codes(user_input or {})
        return self.async_show_form(
            step_id="add_pin",
            data_schema=self.add_suggested_values_to_schema(NEW_SCHEMA, shown),
            errors=errors,
        )

    async def async_step_change_pin(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which PIN to change."""
        if user_input is not None:
            self._pin_id = user_input[CONF_PIN]
            return await self.async_step_edit_pin()
        schema = pin_schema(await self._async_titles())
        return self.async_show_form(step_id="change_pin", data_schema=schema, last_step=False)

    async def async_step_edit_pin(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the changes to a PIN."""
        if (pin := self._pins().get(self._pin_id)) is None:
            return self.async_abort(reason="pin_gone")
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._async_errors(user_input, pin_id=self._pin_id)
            if not errors:
                changed = await self._async_make(user_input, pin)
                if self._pin_id not in self._pins():  # removed in another tab meanwhile
                    return self.async_abort(reason="pin_gone")
                return self._save(self._pin_id, changed)
        shown = remove_codes(user_input or {CONF_NAME: pin.name, CONF_KIND: pin.kind.value})
        return self.async_show_form(
            step_id="edit_pin",
            data_schema=self.add_suggested_values_to_schema(EDIT_SCHEMA, shown),
            errors=errors,
        )

    async def async_step_remove_pin(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which PIN to remove."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if not lacks_full(*(pin.kind for pin in self._others(user_input[CONF_PIN]))):
                return self._save(user_input[CONF_PIN], None)
            errors = {CONF_PIN: "pin_full_missing"}
        return self.async_show_form(
            step_id="remove_pin",
            data_schema=self.add_suggested_values_to_schema(
                pin_schema(await self._async_titles()), user_input
            ),
            errors=errors,
        )

    def _pins(self) -> dict[str, Pin]:
        return get_pins(self._get_reconfigure_entry().data)

    def _others(self, pin_id: str | None) -> list[Pin]:
        return [pin for key, pin in self._pins().items() if key != pin_id]

    async def _async_errors(
        self, answer: dict[str, Any], *, pin_id: str | None = None
    ) -> dict[str, str]:
        others = self._others(pin_id)
        if errors := validate_pin(answer, others, new=pin_id is None):
            return errors
        code = answer.get(CONF_CODE)
        if code and await self.hass.async_add_executor_job(find_pin, others, code) is not None:
            # The same code twice would leave open whose it is, or whether it means duress.
            return {CONF_CODE: "pin_taken"}
        return {}

    async def _async_make(self, answer: dict[str, Any], pin: Pin | None = None) -> Pin:
        """Return a PIN for a form's answers; without a new code, ``pin`` keeps its own."""
        name, kind = answer[CONF_NAME].strip(), PinKind(answer[CONF_KIND])
        if pin is not None and not answer.get(CONF_CODE):
            return replace(pin, name=name, kind=kind)
        make = partial(Pin.make, answer[CONF_CODE], name=name, kind=kind)
        return await self.hass.async_add_executor_job(make)

    def _save(self, pin_id: str, pin: Pin | None) -> ConfigFlowResult:
        """Store a PIN, or remove it if None."""
        entry = self._get_reconfigure_entry()
        stored = dict(entry.data.get(CONF_PINS, {}))
        if pin is None:
            stored.pop(pin_id, None)
        else:
            stored[pin_id] = pin.as_dict()
        return self.async_update_and_abort(entry, data_updates={CONF_PINS: stored})

    async def _async_titles(self) -> dict[str, str]:
        """Return the name and kind of each PIN by its id."""
        kinds = await async_options(self.hass, "pin_kind")
        return {pin_id: f"{pin.name}: {kinds[pin.kind]}" for pin_id, pin in self._pins().items()}
