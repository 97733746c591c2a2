"""What calls an action where no user does: which automation or script a context belongs to.

A user who presses a button of a notification, switches something, or runs an automation by hand may
start an automation, whose context has no user. But its parent is the user's context.
"""

import asyncio
from collections import OrderedDict
from typing import Final

from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.const import ATTR_DOMAIN, ATTR_ENTITY_ID, EVENT_CALL_SERVICE
from homeassistant.core import CALLBACK_TYPE, Context, Event, HomeAssistant, callback

from ..const import DOMAIN

MAX_CONTEXTS: Final = 256  # an automation that takes longer than so many others has no name
MAX_USERS: Final = 4096  # contexts of users
FLOOD_S: Final = 3600.0
"""So much is done within this time by no finger, but to have some of it forgotten."""
STARTS: Final = ("automation_triggered", "script_started")
"""Events of automations and scripts that start, with the context of all that they do. The two
components aren't imported for them: neither has to be set up."""


EVENT_BUTTON: Final = "mobile_app_notification_action"
"""Fired by Home Assistant's app for a button of a notification, with the phone's user."""

OURS: Final = (ALARM_DOMAIN, DOMAIN)
"""Domains of actions that ask for the right to do what they do, by themselves. An automation that
follows from an armed alarm acts for nobody, whoever armed it."""


class ContextSources:
    """Remembers the automations and scripts that started last, and whose button started them."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._sources: OrderedDict[str, str] = OrderedDict()
        self._users: OrderedDict[str, tuple[str, float]] = OrderedDict()
        """By the ids of contexts, whose they are, and since when: of users, and what follows."""
        self._flood: tuple[str, float] | None = None
        """Who did so much that recent contexts were forgotten, and when."""

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
        if event.data.get(ATTR_DOMAIN) not in OURS:
            self._async_pressed(event)

    def _remember_user(self, context: Context, user_id: str) -> None:
        now = self._hass.loop.time()
        self._users[context.id] = user_id, now
        if len(self._users) > MAX_USERS:
            _, (_, pressed_at) = self._users.popitem(last=False)
            if now - pressed_at < FLOOD_S:
                self._flood = user_id, now

    async def async_starting_user(self, context: Context | None) -> str | None:
        """Return the id of the user who started the automation of a context; None without.

        After a flood, anything may have been started by something that was forgotten.
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
