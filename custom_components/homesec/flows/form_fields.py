"""Form fields and a step decorator that the flows share."""

from functools import wraps
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import UnknownSubEntry
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult


def choice(
    options: Iterable[str],
    translation_key: str,
    *,
    multiple: bool = False,
    mode: SelectSelectorMode = SelectSelectorMode.DROPDOWN,
) -> SelectSelector:
    """Return a choice whose labels Home Assistant translates."""
    return SelectSelector(
        SelectSelectorConfig(
            options=list(options), translation_key=translation_key, multiple=multiple, mode=mode
        )
    )


def named_choice(options: Mapping[str, str], *, multiple: bool = False) -> SelectSelector:
    """Return a choice with its own labels; ``options`` maps values to labels."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[SelectOptionDict(value=value, label=text) for value, text in options.items()],
            multiple=multiple,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def number(low: float, high: float, *, unit: str, step: float = 1) -> NumberSelector:
    """Return a number field with a text box."""
    return NumberSelector(
        NumberSelectorConfig(
            min=low, max=high, step=step, unit_of_measurement=unit, mode=NumberSelectorMode.BOX
        )
    )


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
