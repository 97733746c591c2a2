"""The logbook's entries about attempts to weaken an armed alarm, refused and allowed ones."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN, EVENT_ALARM_REFUSED, EVENT_ALARM_WEAKENED

if TYPE_CHECKING:
    from collections.abc import Callable

NAME: Final = "HomeSec"


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event[Any]], dict[str, str]]], None],
) -> None:
    """Describe the events; who was it, the logbook knows from their context."""

    @callback
    def describe(event: Event[Any]) -> dict[str, str]:
        data = event.data
        what = [_text(hass, "alarm_action", data.get("action"))]
        if event.event_type == EVENT_ALARM_REFUSED:
            what.append(_text(hass, "refusal", data.get("reason")))
        names = [*data.get("cameras", ()), data.get("recipient")]
        parts = [*what, ", ".join(name for name in names if name), data.get("by")]
        return {
            LOGBOOK_ENTRY_NAME: NAME,
            LOGBOOK_ENTRY_MESSAGE: " · ".join(part for part in parts if part),
        }

    for event_type in (EVENT_ALARM_REFUSED, EVENT_ALARM_WEAKENED):
        async_describe_event(DOMAIN, event_type, describe)


def _text(hass: HomeAssistant, selector: str, key: str | None) -> str:
    """Return an option's text in Home Assistant's language, or the option."""
    if key is None:
        return ""
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    return texts.get(f"component.{DOMAIN}.selector.{selector}.options.{key}", key)
