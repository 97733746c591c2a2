"""What calls an action where no user does: which automation or script a context belongs to.

A user who presses a button of a notification, or runs an automation by hand, starts an automation
whose context has no user.
"""

import asyncio
from collections import OrderedDict
from typing import Final

from homeassistant.const import ATTR_DOMAIN, ATTR_ENTITY_ID, ATTR_SERVICE, EVENT_CALL_SERVICE
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback

MAX_CONTEXTS: Final = 256  # an automation that takes longer than so many others has no name
FLOOD_S: Final = 3600.0
"""So many buttons within this time are pressed by no finger, but to have one of them forgotten."""
STARTS: Final = ("automation_triggered", "script_started")
"""Events of automations and scripts that start, with the context of all that they do. The two
components aren't imported for them: neither has to be set up."""


EVENT_BUTTON: Final = "mobile_app_notification_action"
"""Fired by Home Assistant's app for a button of a notification, with the phone's user."""

RUN: Final = ("automation", "trigger")
"""The action that runs an automation by hand."""


class ContextSources:
    """Remembers the automations and scripts that started last, and whose button started them."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._sources: OrderedDict[str, str] = OrderedDict()
        self._users: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """By the ids of contexts, who pressed a button, and when: its event, and what follows."""
        self._flood: tuple[str, float] | None = None
        """Who pressed so many buttons that recent ones were forgotten, and when."""

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen; return what ends that."""
        listen = self._hass.bus.async_listen
        removes = [listen(each, self._async_remember) for each in STARTS]
        removes.append(listen(EVENT_BUTTON, self._async_pressed))
        removes.append(listen(EVENT_CALL_SERVICE, self._async_called))

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
        if (pressed := self._users.get(event.context.parent_id or "")) is not None:
            self._remember_user(event.context, pressed[0])

    @callback
    def _async_pressed(self, event: Event) -> None:
        if event.context.user_id is not None:
            self._remember_user(event.context, event.context.user_id)

    @callback
    def _async_called(self, event: Event) -> None:
        if (event.data.get(ATTR_DOMAIN), event.data.get(ATTR_SERVICE)) == RUN:
            self._async_pressed(event)

    def _remember_user(self, context: Context, user_id: str) -> None:
        now = self._hass.loop.time()
        self._users[context.id] = user_id, now
        if len(self._users) > MAX_CONTEXTS:
            _, (_, pressed_at) = self._users.popitem(last=False)
            if now - pressed_at < FLOOD_S:
                self._flood = user_id, now

    async def async_button_user(self, context: Context | None) -> str | None:
        """Return the id of the user whose button started what has this context; None without.

        After a flood of buttons, anything may have been started by one that was forgotten.
        """
        if context is None or context.parent_id is None:
            return None
        # An automation may run before the event that started it has reached this listener.
        await asyncio.sleep(0)
        ids = (context.id, context.parent_id)
        if (pressed := next((self._users[x] for x in ids if x in self._users), None)) is not None:
            return pressed[0]
        if self._flood is None or self._hass.loop.time() - self._flood[1] > FLOOD_S:
            return None
        return self._flood[0]

    def source_of(self, context: Context) -> str | None:
        """Return the entity id of the automation or script of a context; None if unknown."""
        return self._sources.get(context.id)
