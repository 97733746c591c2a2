"""Sends alerts: stores their still and their texts, then fires an event on Home Assistant's bus."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util

from ..const import EVENT_ALERT, EVENT_ALERT_UPDATED, LOGGER
from ..private_events import async_fire_private
from .delivery_filter import DeliveryFilter
from .event_data import alert_data
from .rules import CLIP, AlertKind
from .stills import alert_stills
from .texts import AlertTexts, absolute_link, link_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..alarm.controller import AlarmController
    from ..devices import Devices
    from ..engine_host import EngineHost
    from .alert_builder import OpenAlert, Revision
    from .evidence import Evidence, EvidenceLog
    from .recipients import Recipients
    from .rules import Cooldowns

STILL_TIMEOUT_S: Final = 0.4
"""The engine takes the picture with the boxes right after a detection; an alert goes without one
rather than late."""
CLIP_TIMEOUT_S: Final = 0.8
"""A camera that only detected begins a clip as soon as it's armed."""
HELD: Final = frozenset({"still"})
"""What is announced together with the clip, if that is being recorded."""

WITHOUT_STILL: Final = (AlertKind.TEST, AlertKind.OFFLINE, AlertKind.SETTINGS)


class AlertDispatcher:
    """Sends alerts, and what is new of them."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        host: EngineHost,
        alarm: AlarmController,
        devices: Devices,
        recipients: Recipients,
        cooldowns: Cooldowns,
        evidence: EvidenceLog,
        earlier: Callable[[OpenAlert], OpenAlert | None],
    ) -> None:
        """``earlier`` returns an earlier alert about the presence of an alert."""
        self._hass = hass
        self._host = host
        self._alarm = alarm
        self._devices = devices
        self._recipients = recipients
        self._filter = DeliveryFilter(cooldowns)
        self._evidence = evidence
        self._earlier = earlier
        self.stills = alert_stills(hass)

    async def async_dispatch(self, open_alert: OpenAlert) -> Revision:
        """Send an alert, or what is new of it; return how much of it was sent."""
        evidence = self._evidence.of(open_alert.alert.cause)
        if not open_alert.announced:
            await self._async_wait(open_alert, evidence)
        if not open_alert.has_boxes:
            await self._async_store_still(open_alert, evidence)
        open_alert.dispatched = True
        revision, alert = open_alert.revision, open_alert.shown
        summary = open_alert.summary
        texts = await AlertTexts.async_load(self._hass)
        await self._async_send_texts(open_alert, texts, await self._async_read_still(open_alert))
        data = alert_data(
            self._hass,
            alert,
            texts,
            alarm=self._alarm,
            devices=self._devices,
            has_still=open_alert.has_still,
        )
        data |= {"tag": open_alert.tag}
        if not open_alert.announced:
            self._async_announce(EVENT_ALERT, data)
            open_alert.announced = summary
            return revision
        changed = {key for key, new in summary.items() if open_alert.announced.get(key) != new}
        if changed and not (changed <= HELD and open_alert.clip_expected):
            data |= {
                "clip_ready": summary["clip_ready"],
                "changed": sorted(changed),
                "superseded": open_alert.superseded,
            }
            self._async_announce(EVENT_ALERT_UPDATED, data)
            open_alert.announced = summary
        return revision

    def _async_announce(self, event_type: str, data: dict[str, Any]) -> None:
        """Fire an event once Home Assistant has started: no automation would get it before."""

        @callback
        def fire(hass: HomeAssistant) -> None:
            if data["kind"] == AlertKind.DURESS:
                async_fire_private(hass, event_type, data)
            else:
                hass.bus.async_fire(event_type, data)

        async_at_started(self._hass, fire)

    async def _async_send_texts(
        self, open_alert: OpenAlert, texts: AlertTexts, still: bytes | None
    ) -> None:
        """Queue a text for each recipient who wants the alert, or its clip, and hasn't got it."""
        recipients = self._recipients
        for recipient_id, rules in list(recipients.rules.items()):
            local, now = dt_util.now().time(), dt_util.utcnow().timestamp()
            part = self._filter.new_part(recipient_id, rules, open_alert, local=local, now=now)
            if part is not None:
                body = texts.sms(part, absolute_link(self._hass, link_path(part)))
                shown = still
                if not part.cause.is_of(open_alert.alert.cause):
                    evidence = self._evidence.of(part.cause)
                    shown = None if evidence is None else evidence.jpeg
                if await recipients.async_send(recipient_id, open_alert.alert.id, body, shown):
                    open_alert.sent_to.add(recipient_id)
                    self._filter.start_cooldowns(recipient_id, part, now)
            part = self._filter.clip_part(recipient_id, rules, open_alert, local=local, now=now)
            if part is not None:
                body = texts.sms(part, absolute_link(self._hass, link_path(part)), clip=True)
                # By the clip's id: of two alerts with the same clip, the second sends no text.
                if await recipients.async_send(recipient_id, f"{part.clip_id}.{CLIP}", body):
                    open_alert.clip_sent_to.add(recipient_id)
                    self._filter.start_cooldowns(recipient_id, part, now)

    async def _async_wait(self, open_alert: OpenAlert, evidence: Evidence | None) -> None:
        """Wait a moment for what shows the cause, while it's in view."""
        if evidence is None:
            return
        await evidence.async_wait_for_picture(STILL_TIMEOUT_S)
        cause = open_alert.alert.cause
        if cause.clip_id is None and cause.seen_at is not None and cause.at > cause.seen_at:
            await evidence.async_wait_for_clip(CLIP_TIMEOUT_S)

    async def _async_store_still(self, open_alert: OpenAlert, evidence: Evidence | None) -> None:
        """Store the picture of an alert's cause: with the boxes, or what is known of it so far."""
        alert = open_alert.alert
        if alert.cause.camera_id is None or alert.kind in WITHOUT_STILL:
            return
        jpeg = None if evidence is None else evidence.jpeg
        has_boxes = jpeg is not None
        try:
            if jpeg is None and not open_alert.announced:
                jpeg = await self._async_picture(open_alert, evidence)
            if jpeg is None:
                return
            await self._host.async_run(self.stills.put, alert.id, jpeg)
        except (HomeAssistantError, OSError, RuntimeError) as err:  # RuntimeError: HA stops
            LOGGER.warning("An alert has no picture: %s", err)
            return
        open_alert.has_still, open_alert.has_boxes = True, has_boxes

    async def _async_picture(
        self, open_alert: OpenAlert, evidence: Evidence | None
    ) -> bytes | None:
        """Return the picture of an earlier alert about the same presence.

        Else what the camera shows now, but only while the presence lasts.
        """
        earlier = self._earlier(open_alert)
        if earlier is not None and earlier.has_still:
            found = await self._host.async_run(self.stills.get, earlier.alert.id)
            if found is not None:
                return found
        if open_alert.alert.kind is AlertKind.TAMPER and open_alert.alert.cause.camera_id:
            camera_id = open_alert.alert.cause.camera_id
            return await self._host.async_run(self._host.engine.jpeg, camera_id)
        if evidence is None or not evidence.lasting:
            return None
        return await self._host.async_run(self._host.engine.jpeg, evidence.camera_id)

    async def _async_read_still(self, open_alert: OpenAlert) -> bytes | None:
        if not open_alert.has_still or not self._recipients.rules:
            return None
        try:
            return await self._host.async_run(self.stills.get, open_alert.alert.id)
        except RuntimeError:  # Home Assistant stops
            return None
