"""Shows a form again with its errors in view.

Home Assistant's forms scroll, and stay where they are when they come back with errors. An error at
a field above or below what's in view would look as if nothing had happened. After another step, a
form begins at its top: so a short one comes in between, and the top repeats the errors of fields
that may be too far below.
"""

import asyncio
from html import escape
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from homeassistant.core import HomeAssistant

CHECK: Final = "check"  # the step in between
PROBLEM: Final = "problem"
"""The placeholder at the top of a form's description."""
PAUSE_S: Final = 0.3  # so that a browser draws the step


class FormAgain[Result]:
    """The form that comes back with errors, of one flow."""

    def __init__(self) -> None:
        self._step = ""
        self._pause: asyncio.Task[None] | None = None
        self._errors: dict[str, str] = {}
        self._details: Mapping[str, str] = {}
        self._answer: Mapping[str, Any] | None = None

    def begin(
        self,
        hass: HomeAssistant,
        step_id: str,
        errors: Mapping[str, str] | None = None,
        *,
        details: Mapping[str, str] | None = None,
        answer: Mapping[str, Any] | None = None,
    ) -> None:
        """Leave for the step in between; ``pop`` returns the rest when the form is shown again."""
        self._step = step_id
        self._errors, self._details, self._answer = dict(errors or {}), details or {}, answer
        # Not eager: it must not end before the progress is shown.
        self._pause = hass.async_create_task(
            asyncio.sleep(PAUSE_S), "HomeSec form", eager_start=False
        )

    def pop(self) -> tuple[dict[str, str], Mapping[str, str], Mapping[str, Any] | None]:
        """Return the errors, the placeholders of their texts, and the answers to show, once."""
        popped = self._errors, self._details, self._answer
        self._errors, self._details, self._answer = {}, {}, None
        return popped

    def result(
        self,
        show_progress: Callable[[asyncio.Task[None]], Result],
        show_form: Callable[[str], Result],
    ) -> Result:
        """Return what the step in between shows."""
        if self._pause is not None and not self._pause.done():
            return show_progress(self._pause)
        self._pause = None
        return show_form(self._step)


class FormSteps(ConfigFlow):
    """Part of the config flow: forms that come back with errors."""

    def __init__(self) -> None:
        super().__init__()
        self._again = FormAgain[ConfigFlowResult]()

    async def _async_from_top(
        self,
        step_id: str,
        errors: Mapping[str, str] | None = None,
        answer: Mapping[str, Any] | None = None,
    ) -> ConfigFlowResult:
        """Show a form again, from its top; its step gets the rest from ``self._again``."""
        self._again.begin(self.hass, step_id, errors, answer=answer)
        return await self.async_step_check()

    async def async_step_check(self, _input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show for a moment that the form was read."""
        return self._again.result(
            lambda pause: self.async_show_progress(
                step_id=CHECK, progress_action=CHECK, progress_task=pause
            ),
            lambda step_id: self.async_show_progress_done(next_step_id=step_id),
        )


async def async_problem(
    hass: HomeAssistant,
    section: str,
    errors: Mapping[str, str],
    details: Mapping[str, str],
    *,
    near: Container[str] = (),
) -> str:
    """Return Markdown with the errors of all fields but those ``near`` the top of the form.

    ``section`` of the translations has the texts, ``details`` their placeholders.
    """
    keys = dict.fromkeys(key for field, key in errors.items() if field not in near)
    if not keys:
        return ""
    category = section.partition(".")[0]
    texts = await async_get_translations(hass, hass.config.language, category, {DOMAIN})
    lines = []
    for key in keys:
        text = texts.get(f"component.{DOMAIN}.{section}.error.{key}", key)
        for name, detail in details.items():
            text = text.replace(f"{{{name}}}", detail)
        lines.append(escape(text, quote=False))
    return f'<ha-alert alert-type="error">{" ".join(lines)}</ha-alert>\n\n'
