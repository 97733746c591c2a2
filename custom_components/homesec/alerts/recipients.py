"""The recipients of alerts: their rules, their texts, and whether those arrive."""

import asyncio
from collections import deque
from contextlib import suppress
import sqlite3
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..const import LOGGER, SUBENTRY_CAMERA, SUBENTRY_RECIPIENT
from ..engine.sms.types import (
    RecipientChanged,
    RecipientState,
    TextDropped,
    TextMessage,
    TextSent,
)
from ..exceptions import EngineNotRunningError
from .recipient_config import parse_account, parse_rules
from .rules import Rules
from .undelivered import KIND_RECIPIENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.config_entries import ConfigEntry

    from ..devices import Devices
    from ..engine.core.events import EngineEvent
    from ..engine_host import EngineHost
    from ..issues import Issues
    from .rules import Sighting
    from .undelivered import Undelivered

MAX_HELD_TEXTS: Final = 100  # those that wait for the engine to start
TEXT_NOT_KEPT: Final = "text_not_kept"


class Recipients:
    """Keeps the engine's recipients in step with the entry, and gives it their texts."""

    def __init__(
        self,
        entry: ConfigEntry,
        *,
        host: EngineHost,
        devices: Devices,
        issues: Issues,
        undelivered: Undelivered,
    ) -> None:
        self._entry = entry
        self._host = host
        self._devices = devices
        self._issues = issues
        self._undelivered = undelivered
        self.rules: dict[str, Rules] = {}  # by the id of their subentry
        self.states: dict[str, RecipientState] = {}
        self._on_recipient: list[Callable[[str], None]] = []
        self._lock = asyncio.Lock()
        self._held: deque[TextMessage] = deque()

    @callback
    def async_sync(self) -> None:
        """Take over added, changed, and removed subentries: rules, devices, entities."""
        subentries = self._entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
        cameras = {
            x.subentry_id: x.data for x in self._entry.get_subentries_of_type(SUBENTRY_CAMERA)
        }
        wanted = {x.subentry_id: parse_rules(x.data, cameras) for x in subentries}
        removed = self.rules.keys() - wanted.keys()
        self.rules = wanted
        for recipient_id in removed:
            # Home Assistant itself removes the device and the entities.
            self._devices.async_forget(recipient_id)
            self.states.pop(recipient_id, None)
            self._issues.async_forget_recipient(recipient_id)
            self._undelivered.async_delivered(recipient_id)
        for recipient_id in wanted:
            self._devices.async_register(recipient_id)
            for on_recipient in self._on_recipient:
                on_recipient(recipient_id)

    async def async_apply(self) -> None:
        """Give the engine, if it runs, the accounts and the texts that waited for it."""
        if self._host.ready:
            # If it stops meanwhile, this is done at its next start.
            with suppress(EngineNotRunningError):
                async with self._lock:
                    await self._async_apply()
                while self._held:
                    await self._async_queue(self._held.popleft())

    async def _async_apply(self) -> None:
        run, sms = self._host.async_run, self._host.engine.sms
        subentries = self._entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
        accounts = {x.subentry_id: parse_account(x.data) for x in subentries}
        for recipient_id in (await run(sms.states)).keys() - accounts.keys():
            try:
                await run(sms.forget, recipient_id)
            except sqlite3.Error as err:  # a full disk; nothing is sent to them anyway
                LOGGER.error("The messages of a removed recipient could not be deleted: %s", err)
        await run(sms.set_recipients, accounts)
        for recipient_id, state in (await run(sms.states)).items():
            self._async_set_state(recipient_id, state)

    @callback
    def async_subscribe(self, on_recipient: Callable[[str], None]) -> None:
        """Call ``on_recipient`` with each recipient, now and when one is added or changed."""
        self._on_recipient.append(on_recipient)
        for recipient_id in self.rules:
            on_recipient(recipient_id)

    @callback
    def async_handle_event(self, event: EngineEvent) -> None:
        """Update whether a recipient's texts arrive."""
        match event:
            case RecipientChanged():
                state = RecipientState(error=event.error, waiting=event.waiting)
                self._async_set_state(event.recipient_id, state)
            case TextSent():
                self._undelivered.async_delivered(event.recipient_id)
            case TextDropped():
                self._async_lost(event.recipient_id, event.message_id, event.error)

    def _async_lost(self, recipient_id: str, message_id: str, error: str) -> None:
        """Count a text that won't arrive."""
        if (subentry := self._entry.subentries.get(recipient_id)) is not None:
            self._undelivered.async_add(
                recipient_id,
                kind=KIND_RECIPIENT,
                name=subentry.title,
                error=error,
                alert_id=message_id,
            )

    def _async_set_state(self, recipient_id: str, state: RecipientState) -> None:
        subentry = self._entry.subentries.get(recipient_id)
        if subentry is not None:  # else it was removed
            self.states[recipient_id] = state
            self._issues.async_recipient(recipient_id, subentry.title, state.error)
            self._undelivered.async_show(recipient_id)

    def is_stuck(self, recipient_id: str) -> bool:
        """Return whether an error keeps texts from a recipient."""
        return self.states.get(recipient_id, RecipientState()).error is not None

    async def async_retry(self, recipient_id: str) -> None:
        """Send at once what waits for a recipient."""
        await self._host.async_run(self._host.engine.sms.retry, recipient_id)

    def want(self, sighting: Sighting) -> bool:
        """Return whether any recipient wants a sighting, cooldowns apart."""
        local = dt_util.now().time()
        return any(each.allow(sighting, local) for each in self.rules.values())

    async def async_send(
        self, recipient_id: str, message_id: str, body: str, still: bytes | None = None
    ) -> bool:
        """Queue a text; return whether it is stored, or waits for the engine to start."""
        at = dt_util.utcnow().timestamp()
        message = TextMessage(
            id=message_id,
            recipient_id=recipient_id,
            body=body,
            created_at=at,
            expires_at=at + self.rules.get(recipient_id, Rules()).max_age_s,
            still=still,
        )
        if self._host.starting:
            if len(self._held) == MAX_HELD_TEXTS:
                oldest = self._held.popleft()
                self._async_lost(oldest.recipient_id, oldest.id, TEXT_NOT_KEPT)
            self._held.append(message)
            return True
        return await self._async_queue(message)

    async def _async_queue(self, message: TextMessage) -> bool:
        try:
            await self._host.async_run(self._host.engine.sms.send, message)
        except (HomeAssistantError, RuntimeError, sqlite3.Error) as err:
            LOGGER.error("A message could not be stored for sending: %s", err)
            self._async_lost(message.recipient_id, message.id, TEXT_NOT_KEPT)
            return False
        return True
