"""Those who are texted: who they are, what they get, and whether it arrives."""

import asyncio
from collections import deque
from contextlib import suppress
import sqlite3
from typing import TYPE_CHECKING, Final

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from ..const import LOGGER, SUBENTRY_RECIPIENT
from ..engine.sms.types import RecipientChanged, RecipientState, TextMessage
from ..exceptions import EngineNotRunningError
from .due import DeliveryFilter
from .recipient_config import account, rules
from .recipient_issues import RecipientIssues
from .rules import CLIP, Rules
from .texts import absolute_link, link_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from ..devices import Devices
    from ..engine.core.events import EngineEvent
    from ..engine_host import EngineHost
    from .burst import OpenAlert
    from .rules import Sighting
    from .texts import Words

MOST_HELD: Final = 100
"""Texts. What is told before the engine runs is done by hand."""


class Recipients:
    """The recipients of one house; texts to them are the engine's business."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, *, host: EngineHost, devices: Devices
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._devices = devices
        self._issues = RecipientIssues(hass, entry.entry_id)
        self._due = DeliveryFilter()
        self.rules: dict[str, Rules] = {}
        """By the id of their subentry."""
        self.states: dict[str, RecipientState] = {}
        self._adders: list[Callable[[str], None]] = []
        self._applying = asyncio.Lock()
        self._held: deque[TextMessage] = deque(maxlen=MOST_HELD)
        """Texts of alerts from before the engine ran."""

    # --- who they are -------------------------------------------------------------------------

    @callback
    def async_sync(self) -> None:
        """Take over added, changed and removed subentries: rules, devices, entities."""
        wanted = {
            x.subentry_id: rules(x.data)
            for x in self._entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
        }
        gone = self.rules.keys() - wanted.keys()
        self.rules = wanted
        for recipient_id in gone:
            # Home Assistant itself removes the device and the entities.
            self._devices.async_forget(recipient_id)
            self.states.pop(recipient_id, None)
            self._issues.async_withdraw(recipient_id)
        for recipient_id in wanted:
            self._devices.async_register(recipient_id)
            for add in self._adders:
                add(recipient_id)

    async def async_apply(self) -> None:
        """Tell the engine, once it runs, who there is."""
        if self._host.ready:
            # Stopped meanwhile: the next start does it.
            with suppress(EngineNotRunningError):
                async with self._applying:
                    await self._async_apply()
                while self._held:
                    await self._async_keep(self._held.popleft())

    async def _async_apply(self) -> None:
        texts = self._host.engine.sms
        accounts = {
            x.subentry_id: account(x.data)
            for x in self._entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
        }
        for recipient_id in (await self._host.async_run(texts.states)).keys() - accounts.keys():
            try:
                await self._host.async_run(texts.forget, recipient_id)
            except sqlite3.Error as err:  # a full disk; nothing is sent to them all the same
                LOGGER.error("The messages of a removed recipient could not be deleted: %s", err)
        await self._host.async_run(texts.set_recipients, accounts)
        for recipient_id, state in (await self._host.async_run(texts.states)).items():
            self._async_take_state(recipient_id, state)

    @callback
    def async_on_recipient(self, add: Callable[[str], None]) -> None:
        """Have ``add`` called with each recipient, now and whenever one is added or changed."""
        self._adders.append(add)
        for recipient_id in self.rules:
            add(recipient_id)

    # --- whether it arrives -------------------------------------------------------------------

    @callback
    def async_handle(self, event: EngineEvent) -> None:
        """Take in how texts are doing."""
        if isinstance(event, RecipientChanged):
            state = RecipientState(error=event.error, waiting=event.waiting)
            self._async_take_state(event.recipient_id, state)

    def _async_take_state(self, recipient_id: str, state: RecipientState) -> None:
        subentry = self._entry.subentries.get(recipient_id)
        if subentry is not None:  # else the last words about one that was removed
            self.states[recipient_id] = state
            self._issues.async_state(recipient_id, subentry.title, state.error)

    def is_stuck(self, recipient_id: str) -> bool:
        """Tell whether something is in the way of texts to a recipient."""
        return self.states.get(recipient_id, RecipientState()).error is not None

    async def async_retry(self, recipient_id: str) -> None:
        """Try again at once what waits."""
        await self._host.async_run(self._host.engine.sms.retry, recipient_id)

    # --- what they get ------------------------------------------------------------------------

    def wanted(self, sighting: Sighting) -> bool:
        """Tell whether anybody wants to be told of this, cool-downs apart."""
        local = dt_util.now().time()
        return any(each.want(sighting, local) for each in self.rules.values())

    async def async_tell(self, running: OpenAlert, words: Words, still: bytes | None) -> None:
        """Text an alert to all who want it and have not got it; it is durable then."""
        hass, alert_id = self._hass, running.alert.id
        for recipient_id, each in list(self.rules.items()):
            local, now = dt_util.now().time(), dt_util.utcnow().timestamp()
            news = self._due.news(recipient_id, each, running, local=local, now=now)
            if news is not None:
                body = words.sms(news, absolute_link(hass, link_path(news)))
                shown = still if news.first.camera_id == running.alert.first.camera_id else None
                if await self.async_send(recipient_id, alert_id, body, shown):
                    running.told.add(recipient_id)
                    self._due.note(recipient_id, news, now)
            clip = self._due.clip(recipient_id, each, running, local=local, now=now)
            if clip is not None:
                body = words.sms(clip, absolute_link(hass, link_path(clip)), clip=True)
                # By the clip: of two alerts that it shows, the second brings no second text.
                if await self.async_send(recipient_id, f"{clip.clip_id}.{CLIP}", body):
                    running.told_clip.add(recipient_id)
                    self._due.note(recipient_id, clip, now)

    async def async_send(
        self, recipient_id: str, message_id: str, body: str, still: bytes | None = None
    ) -> bool:
        """Have a text sent, be it as soon as the engine runs; False if it could not be kept."""
        message = self._message(recipient_id, message_id, body, still)
        if self._host.starting:
            self._held.append(message)
            return True
        return await self._async_keep(message)

    def _message(
        self, recipient_id: str, message_id: str, body: str, still: bytes | None = None
    ) -> TextMessage:
        at = dt_util.utcnow().timestamp()
        return TextMessage(
            id=message_id,
            recipient_id=recipient_id,
            body=body,
            created_at=at,
            expires_at=at + self.rules.get(recipient_id, Rules()).max_age_s,
            still=still,
        )

    async def _async_keep(self, message: TextMessage) -> bool:
        try:
            await self._host.async_run(self._host.engine.sms.send, message)
        except (HomeAssistantError, RuntimeError, sqlite3.Error) as err:
            LOGGER.error("A message could not be stored for sending: %s", err)
            return False
        return True
