"""Form fields that the flows share."""

from typing import TYPE_CHECKING

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
    from collections.abc import Iterable, Mapping


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
