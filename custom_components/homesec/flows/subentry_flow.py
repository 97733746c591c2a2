"""What the flows of cameras and recipients have in common."""

from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
    UnknownSubEntry,
)
from homeassistant.const import CONF_CODE

from ..exceptions import EngineNotRunningError
from .pin_gate import ENTER_PIN, PIN_SCHEMA, PinGate
from .problems import CHECK, FormAgain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from ..runtime import HomeSecData


def abort_if_removed[F: ConfigSubentryFlow](
    step: Callable[[F, dict[str, Any] | None], Awaitable[SubentryFlowResult]],
) -> Callable[[F, dict[str, Any] | None], Awaitable[SubentryFlowResult]]:
    """Abort a step when its subentry was removed meanwhile, for example in another tab."""

    @wraps(step)
    async def guarded(flow: F, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        try:
            return await step(flow, user_input)
        except UnknownSubEntry:
            return flow.async_abort(reason="gone")

    return guarded


def abort_if_not_loaded[F: ConfigSubentryFlow](
    step: Callable[[F, dict[str, Any] | None], Awaitable[SubentryFlowResult]],
) -> Callable[[F, dict[str, Any] | None], Awaitable[SubentryFlowResult]]:
    """Abort a step while HomeSec doesn't run, for example because it was disabled meanwhile."""

    @wraps(step)
    async def guarded(flow: F, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        if flow._get_entry().state is not ConfigEntryState.LOADED:  # noqa: SLF001 - a flow's own step
            return flow.async_abort(reason="not_loaded")
        try:
            return await step(flow, user_input)
        except EngineNotRunningError:  # it stops right now
            return flow.async_abort(reason="not_loaded")

    return guarded


class HomeSecSubentryFlow(ConfigSubentryFlow):
    """Adds or changes a subentry of the loaded entry."""

    def __init__(self) -> None:
        super().__init__()
        self._gate = PinGate[SubentryFlowResult]()
        self._again = FormAgain[SubentryFlowResult]()

    async def _async_from_top(
        self,
        step_id: str,
        errors: Mapping[str, str] | None = None,
        *,
        details: Mapping[str, str] | None = None,
        answer: Mapping[str, Any] | None = None,
    ) -> SubentryFlowResult:
        """Show a form again, from its top; its step gets the rest from ``self._again``."""
        self._again.begin(self.hass, step_id, errors, details=details, answer=answer)
        return await self.async_step_check()

    async def async_step_check(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show for a moment that the form was read."""
        return self._again.result(
            lambda pause: self.async_show_progress(
                step_id=CHECK, progress_action=CHECK, progress_task=pause
            ),
            lambda step_id: self.async_show_progress_done(next_step_id=step_id),
        )

    @property
    def _runtime(self) -> HomeSecData:
        runtime: HomeSecData = self._get_entry().runtime_data
        return runtime

    @property
    def _reconfiguring(self) -> bool:
        return self.source == SOURCE_RECONFIGURE

    @property
    def _first_step(self) -> str:
        return "reconfigure" if self._reconfiguring else "user"

    def _is_duplicate(self, unique_id: str) -> bool:
        """Return whether another subentry has this unique id."""
        own_id = self.context.get("subentry_id")
        return any(
            subentry.unique_id == unique_id and subentry.subentry_id != own_id
            for subentry in self._get_entry().subentries.values()
        )

    def _save(self, title: str, data: dict[str, Any], unique_id: str) -> SubentryFlowResult:
        """Create the subentry or update the one that is changed; ends the flow."""
        if not self._reconfiguring:
            return self.async_create_entry(title=title, data=data, unique_id=unique_id)
        save = partial(
            self.async_update_and_abort,
            self._get_entry(),
            self._get_reconfigure_subentry(),
            title=title,
            data=data,
            unique_id=unique_id,
        )
        return self._show_pin({}, {}) if self._gate.hold(self.hass, save) else save()

    @abort_if_removed
    async def async_step_enter_pin(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a PIN, and then save."""
        errors, placeholders = {}, {}
        if user_input is not None:
            error = await self._gate.async_enter(self.hass, user_input[CONF_CODE])
            if error is None:
                return self._gate.save()
            errors, placeholders = {CONF_CODE: error[0]}, error[1]
        return self._show_pin(errors, placeholders)

    def _show_pin(self, errors: dict[str, str], placeholders: dict[str, str]) -> SubentryFlowResult:
        return self.async_show_form(
            step_id=ENTER_PIN,
            data_schema=PIN_SCHEMA,
            errors=errors,
            description_placeholders={"minutes": "", **placeholders},
        )
