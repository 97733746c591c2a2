"""Guards an armed alarm: whatever weakens it takes the right to disarm it, and leaves a trace."""

import contextlib
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import callback
from homeassistant.exceptions import ServiceValidationError

from ..const import DOMAIN, EVENT_ALARM_REFUSED, EVENT_ALARM_WEAKENED
from ..stored_data import UnreadableError, async_load_store
from .actor import SETTINGS_FORM, Actor, ActorKind, async_actor, form_principal, may_control
from .codes import principal_of
from .machine import AlarmMode, AlarmState
from .pins import DISARMING_KINDS
from .store import AlarmStore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import Context, HomeAssistant

    from ..cameras.registry import CameraRegistry
    from .controller import AlarmController


class Weakening(StrEnum):
    """What makes an armed alarm detect, record, keep, or report less; ``action`` in events."""

    DETECTION_OFF = "detection_off"
    RECORDING_OFF = "recording_off"
    RECORDING_ENDED = "recording_ended"
    SNOOZE = "snooze"
    CLIPS_DELETED = "clips_deleted"
    CLIPS_UNPROTECTED = "clips_unprotected"
    CAMERA_MOVED = "camera_moved"
    CAMERA_REMOVED = "camera_removed"
    CAMERA_DISABLED = "camera_disabled"
    CAMERA_SOURCE = "camera_source"
    CAMERA_MODES = "camera_modes"
    CAMERA_SETTINGS = "camera_settings"
    CAMERA_ZONES = "camera_zones"
    ENTITY_DISABLED = "entity_disabled"
    AUTOMATION_OFF = "automation_off"
    RECIPIENT_REMOVED = "recipient_removed"
    RECIPIENT_CHANGED = "recipient_changed"
    PINS = "pins"
    DELAYS = "delays"
    RETENTION = "retention"
    STORAGE = "storage"
    DETECTOR = "detector"
    SETTINGS = "settings"
    STOPPED = "stopped"  # HomeSec itself was disabled or removed


FORM_S: Final = 5.0
"""A form saves right after its PIN; what changes later was changed by someone else."""
CODE_MISSING: Final = "guard_code_missing"
NOT_ALLOWED: Final = "guard_not_allowed"
BY_VOICE: Final = "guard_by_voice"
BY_PHONE: Final = "guard_by_phone"
NO_FIELD: Final = {
    Weakening.DETECTION_OFF: "guard_detection_off",
    Weakening.RECORDING_OFF: "guard_recording_off",
    Weakening.RECORDING_ENDED: "guard_recording_ended",
}
"""The texts for switches: Home Assistant's own actions have no field for a PIN."""


class Guard:
    """Decides who may weaken an armed alarm, and announces each attempt.

    With PINs, users need one; without PINs, the right to control the alarm panel. Automations need
    neither, since only administrators can make them. But one that a user starts, such as with a
    button in a notification, may do what that user may, or anything if that is an administrator.
    While the alarm is disarmed, nothing is asked.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        alarm: AlarmController,
        cameras: CameraRegistry,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._alarm = alarm
        self._cameras = cameras
        self._announced: set[tuple[Weakening, str]] = set()
        """Changes of settings that were announced when they were allowed; by action and camera."""
        self._settings_by: tuple[str | None, float] = (None, 0.0)
        """Whose PIN a form was given, and when (the event loop's time)."""

    @property
    def active(self) -> bool:
        """Whether the alarm is armed or arming, pending, or triggered."""
        return self._alarm.armed or self._alarm.state is not AlarmState.DISARMED

    @property
    def asks_for_pin(self) -> bool:
        """Whether users need a PIN now."""
        return self.active and self._alarm.codes.has_pins

    async def async_check(
        self,
        action: Weakening,
        context: Context | None,
        *,
        code: str | None = None,
        principal: str | None = None,
        cameras: Iterable[str] = (),
        clips: int = 0,
    ) -> None:
        """Return if ``action`` may happen now. Raises ``ServiceValidationError``.

        ``principal``: what wrong PINs are counted by, if not by the context's user; ``cameras``:
        the ids of those concerned; ``clips``: how many.
        """
        if not self.active:
            return
        camera_ids = list(cameras)
        actor = await async_actor(self._hass, context, self._alarm.codes.sources)
        attempt = {
            "action": action.value,
            "cameras": self._cameras.names(camera_ids),
            "clips": clips,
            "source": actor.kind.value,
        }
        principal = principal or _principal(actor)
        by = await self._async_authorize(action, actor, code, principal, attempt)
        self._announced |= {(action, camera_id) for camera_id in camera_ids}
        self._async_announce(EVENT_ALARM_WEAKENED, attempt | {"by": by}, actor)

    async def _async_authorize(
        self,
        action: Weakening,
        actor: Actor,
        code: str | None,
        principal: str,
        attempt: dict[str, Any],
    ) -> str | None:
        """Return who may do it: a PIN's name or a user's. Raises ``ServiceValidationError``."""
        if actor.kind is ActorKind.AUTOMATION:
            return None
        if actor.kind is ActorKind.PHONE and actor.user is not None and actor.user.is_admin:
            return actor.name
        if self.asks_for_pin:
            if not code:
                self.async_refuse("code_missing", attempt, actor)
                by_phone = actor.kind is ActorKind.PHONE
                raise _error(BY_PHONE if by_phone else NO_FIELD.get(action, CODE_MISSING))
            return await self._async_check_pin(code, principal, attempt | {"by": actor.name})
        user = actor.user
        if actor.kind is ActorKind.VOICE and (user is None or user.system_generated):
            self.async_refuse("not_allowed", attempt, actor)
            raise _error(BY_VOICE)
        if user is None or not may_control(self._hass, self._entry.entry_id, user):
            self.async_refuse("not_allowed", attempt, actor)
            raise _error(NOT_ALLOWED)
        return user.name

    async def async_check_form(self, code: str) -> None:
        """Check the PIN of an administrator's settings form. Raises ``ServiceValidationError``."""
        attempt = {"action": Weakening.SETTINGS.value, "source": ActorKind.SETTINGS.value}
        by = await self._async_check_pin(code, form_principal(), attempt)
        self._settings_by = by, self._hass.loop.time()

    async def _async_check_pin(
        self, code: str, principal: str, attempt: dict[str, Any]
    ) -> str | None:
        """Return whose PIN this is, if it may disarm. Raises ``ServiceValidationError``."""
        pin = await self._alarm.codes.async_check(
            code, kinds=DISARMING_KINDS, needed=True, principal=principal, attempt=attempt
        )
        return None if pin is None else pin.name

    async def async_trace_denied(self, context: Context, action: str) -> None:
        """Announce that a user was denied an action because of lacking a right."""
        if self.active:
            actor = await async_actor(self._hass, context, self._alarm.codes.sources)
            attempt = {"action": action, "cameras": [], "clips": 0, "source": actor.kind.value}
            self.async_refuse("not_allowed", attempt, actor)

    async def async_trace_weakened(self, context: Context, action: Weakening) -> None:
        """Announce what Home Assistant lets users do without asking HomeSec."""
        if self.active:
            actor = await async_actor(self._hass, context, self._alarm.codes.sources)
            data: dict[str, Any] = {
                "action": action.value,
                "cameras": [],
                "clips": 0,
                "source": actor.kind.value,
                "by": actor.name,
            }
            self._async_announce(EVENT_ALARM_WEAKENED, data, actor)

    @callback
    def async_refuse(self, reason: str, attempt: dict[str, Any], actor: Actor) -> None:
        """Announce a refusal."""
        data = {"reason": reason, "attempts": 0, "locked_until": None, **attempt}
        self._async_announce(EVENT_ALARM_REFUSED, data | {"by": actor.name}, actor)

    @callback
    def async_announce_setting(
        self,
        action: Weakening,
        *,
        camera_id: str | None = None,
        camera: str | None = None,
        recipient: str | None = None,
    ) -> None:
        """Announce a changed setting, unless it was announced when it was allowed."""
        if camera_id is not None and (action, camera_id) in self._announced:
            self._announced.discard((action, camera_id))
            return
        by, given_at = self._settings_by
        data = {
            "action": action.value,
            "cameras": [] if camera is None else [camera],
            "clips": 0,
            "recipient": recipient,
            "source": ActorKind.SETTINGS.value,
            "by": by if self._hass.loop.time() - given_at < FORM_S else None,
        }
        self._async_announce(EVENT_ALARM_WEAKENED, data, SETTINGS_FORM)

    @callback
    def async_settings_compared(self) -> None:
        """Forget who changed settings: what follows is by someone else."""
        self._announced.clear()
        self._settings_by = None, 0.0

    @callback
    def _async_announce(self, event_type: str, data: dict[str, Any], actor: Actor) -> None:
        data = {"mode": self._alarm.mode.value, "recipient": None, **data}
        self._hass.bus.async_fire(event_type, data, context=actor.context)


def _principal(actor: Actor) -> str:
    """Return what wrong PINs are counted by: the user, with or without a voice; else the kind."""
    return principal_of(actor.user_id, None if actor.user_id else actor.kind.value)


def _error(key: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key)


async def async_announce_removal(hass: HomeAssistant) -> None:
    """Announce that HomeSec was removed if it was armed; only the stored state is left of it."""
    with contextlib.suppress(UnreadableError, AttributeError):
        stored = await async_load_store(AlarmStore(hass)) or {}
        mode = stored.get("facts", {}).get("mode", AlarmMode.DISARMED)
        if mode != AlarmMode.DISARMED:
            data = {
                "action": Weakening.STOPPED.value,
                "cameras": [],
                "clips": 0,
                "recipient": None,
                "source": ActorKind.SETTINGS.value,
                "by": None,
                "mode": mode,
            }
            hass.bus.async_fire(EVENT_ALARM_WEAKENED, data)
