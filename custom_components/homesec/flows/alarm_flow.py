"""The steps that ask for the alarm's delays and PINs; they apply without a reload."""

from functools import partial
from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_CODE, CONF_NAME
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.ulid import ulid_now

from ..access import async_get_runtime
from ..alarm.actor import form_principal
from ..alarm.config import get_pins
from ..alarm.pins import MAX_PINS, Pin, PinKind, find_pin, house_salt
from ..const import CONF_ALARM, CONF_PINS
from ..translations import async_options
from .alarm_form import (
    ALARM_SCHEMA,
    CONF_CURRENT,
    CONF_KIND,
    CONF_PIN,
    EDIT_SCHEMA,
    NEW_SCHEMA,
    change_pin,
    format_alarm,
    lacks_full,
    pin_schema,
    read_alarm,
    remove_codes,
    validate_pin,
)
from .problems import PROBLEM, FormSteps, async_problem

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigFlowResult
    from probatio import Schema


class AlarmSteps(FormSteps):
    """Part of the config flow: the alarm."""

    def __init__(self) -> None:
        super().__init__()
        self._pin_id = ""  # the PIN that is changed
        self._entered_kind: PinKind | None = None
        """What it really is, if it was entered."""
        self._entered = ""  # its code, likewise

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
        self._entered_kind, self._entered = None, ""
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
        if user_input is not None:
            errors = await self._async_errors(user_input)
            if errors:
                return await self._async_from_top("add_pin", errors, user_input)
            return self._save(ulid_now(), await self._async_make(user_input))
        errors, _, answer = self._again.pop()
        shown = remove_codes(answer or {})
        return self.async_show_form(
            step_id="add_pin",
            data_schema=self.add_suggested_values_to_schema(NEW_SCHEMA, shown),
            errors=errors,
            description_placeholders={PROBLEM: await self._async_pin_problem(errors)},
        )

    async def async_step_change_pin(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which PIN to change."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._async_identify(user_input)
            if not errors:
                self._pin_id = user_input[CONF_PIN]
                return await self.async_step_edit_pin()
        return self.async_show_form(
            step_id="change_pin",
            data_schema=await self._async_pin_schema(user_input),
            errors=errors,
            last_step=False,
        )

    async def async_step_edit_pin(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the changes to a PIN; what it really is, is shown if it was entered."""
        if (pin := self._pins().get(self._pin_id)) is None:
            return self.async_abort(reason="pin_gone")
        if user_input is not None:
            errors = await self._async_errors(user_input, pin_id=self._pin_id)
            if errors:
                return await self._async_from_top("edit_pin", errors, user_input)
            changed = await self._async_make(user_input, pin)
            if self._pin_id not in self._pins():  # removed in another tab meanwhile
                return self.async_abort(reason="pin_gone")
            return self._save(self._pin_id, changed)
        errors, _, answer = self._again.pop()
        kind = self._entered_kind or pin.kind
        shown = remove_codes(answer or {CONF_NAME: pin.name, CONF_KIND: kind.value})
        return self.async_show_form(
            step_id="edit_pin",
            data_schema=self.add_suggested_values_to_schema(EDIT_SCHEMA, shown),
            errors=errors,
            description_placeholders={PROBLEM: await self._async_pin_problem(errors)},
        )

    async def async_step_remove_pin(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which PIN to remove."""
        errors: dict[str, str] = {}
        if user_input is not None:
            errors = await self._async_identify(user_input)
            if not errors and lacks_full(
                *(x.kind for x in self._others(user_input[CONF_PIN]).values())
            ):
                errors = {CONF_PIN: "pin_full_missing"}
            if not errors:
                return self._save(user_input[CONF_PIN], None)
        return self.async_show_form(
            step_id="remove_pin",
            data_schema=await self._async_pin_schema(user_input),
            errors=errors,
        )

    async def _async_pin_problem(self, errors: dict[str, str]) -> str:
        return await async_problem(
            self.hass, "config", errors, {}, near=(CONF_NAME, CONF_KIND, CONF_CODE)
        )

    async def _async_identify(self, answer: dict[str, Any]) -> dict[str, str]:
        """Remember what the chosen PIN really is, if it was entered; return the form's errors."""
        self._entered_kind, self._entered = None, ""
        if not (code := answer.get(CONF_CURRENT, "")):
            return {}
        if (runtime := async_get_runtime(self.hass)) is None:
            return {CONF_CURRENT: "pin_unchecked"}
        try:
            found = await runtime.alarm.codes.async_identify(code, principal=form_principal())
        except ServiceValidationError as err:
            locked_out = err.translation_key == "locked_out"
            return {CONF_CURRENT: "pin_locked_out" if locked_out else "pin_wrong"}
        if found.id != answer[CONF_PIN]:
            return {CONF_CURRENT: "pin_wrong"}
        self._entered_kind, self._entered = found.kind, code
        return {}

    def _pins(self) -> dict[str, Pin]:
        return get_pins(self._get_reconfigure_entry().data)

    def _others(self, pin_id: str | None) -> dict[str, Pin]:
        return {key: pin for key, pin in self._pins().items() if key != pin_id}

    async def _async_errors(
        self, answer: dict[str, Any], *, pin_id: str | None = None
    ) -> dict[str, str]:
        others = self._others(pin_id)
        new = pin_id is None
        if errors := validate_pin(answer, others.values(), new=new, known=self._entered_kind):
            return errors
        code = answer.get(CONF_CODE)
        if code and await self.hass.async_add_executor_job(find_pin, others, code) is not None:
            # The same code twice would leave open whose it is, or whether it means duress.
            return {CONF_CODE: "pin_taken"}
        return {}

    async def _async_make(self, answer: dict[str, Any], pin: Pin | None = None) -> Pin:
        """Return a PIN for a form's answers; without a new code, ``pin`` keeps its own."""
        name, kind = answer[CONF_NAME].strip(), PinKind(answer[CONF_KIND])
        code = answer.get(CONF_CODE) or self._entered
        if pin is not None and not code:
            return change_pin(pin, name=name, kind=kind)
        salt = house_salt(self._pins().values())
        make = partial(Pin.make, code, name=name, kind=kind, salt=salt)
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

    async def _async_pin_schema(self, answer: dict[str, Any] | None) -> Schema:
        schema = pin_schema(await self._async_titles())
        return self.add_suggested_values_to_schema(schema, remove_codes(answer or {}))

    async def _async_titles(self) -> dict[str, str]:
        """Return the name of each PIN by its id, and what it may do as anyone may know it."""
        kinds = await async_options(self.hass, "pin_kind")
        return {pin_id: f"{pin.name}: {kinds[pin.kind]}" for pin_id, pin in self._pins().items()}
