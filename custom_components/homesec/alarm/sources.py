"""What calls an action where no user does: which automation or script a context belongs to."""

from collections import OrderedDict
from typing import Final

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback

MAX_CONTEXTS: Final = 256  # an automation that takes longer than so many others has no name
STARTS: Final = ("automation_triggered", "script_started")
"""Events of automations and scripts that start, with the context of all that they do. The two
components aren't imported for them: neither has to be set up."""


class ContextSources:
    """Remembers the automations and scripts that started last, by their contexts."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._sources: OrderedDict[str, str] = OrderedDict()

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen; return what ends that."""
        removes = [self._hass.bus.async_listen(each, self._async_remember) for each in STARTS]

        @callback
        def remove() -> None:
            for each in removes:
                each()

        return remove

    @callback
    def _async_remember(self, event: Event) -> None:
        # What an automation starts has its context: the first caller is the source.
        self._sources.setdefault(event.context.id, str(event.data.get(ATTR_ENTITY_ID)))
        if len(self._sources) > MAX_CONTEXTS:
            self._sources.popitem(last=False)

    def source_of(self, context: Context) -> str | None:
        """Return the entity id of the automation or script of a context; None if unknown."""
        return self._sources.get(context.id)
