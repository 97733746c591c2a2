"""Checks PINs, and counts wrong ones for who tried them."""

import asyncio
from collections import defaultdict
from math import ceil
from typing import TYPE_CHECKING, Any, Final, NoReturn

from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError

from ..bus_events import iso
from ..const import CONF_PINS, DOMAIN, EVENT_ALARM_REFUSED
from .config import get_pins, needs_code_to_arm
from .lockout import Lockouts, Principal
from .machine import Arming
from .pins import ARMING_KINDS, DISARMING_KINDS, FoundPin, Pin, PinKind, find_pin
from .sources import ContextSources

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from homeassistant.config_entries import ConfigEntry

    from ..cameras.registry import CameraRegistry
    from ..engine.core.clock import Clock

_USER: Final = "user:"
_SOURCE: Final = "source:"
_UNKNOWN: Final = "unknown"

ALL_KINDS: Final = frozenset(PinKind)
FORGIVING_KINDS: Final = frozenset({PinKind.FULL, PinKind.DURESS})
"""No other PIN can do more. With a lesser one in between, a better one could be guessed forever."""


def principal_of(context_user_id: str | None, source: str | None = None) -> str:
    """Return what wrong tries are counted by: the user, or what tries without one.

    ``source`` is a session of the user; without a user, the automation, device, or the like.
    """
    if context_user_id is None:
        return f"{_SOURCE}{source or _UNKNOWN}"
    session = "" if source is None else f"/{source}"
    return f"{_USER}{context_user_id}{session}"


def _user_of(principal: str) -> str | None:
    """Return the user's id of what ``principal_of`` returned; None if there is no user."""
    if not principal.startswith(_USER):
        return None
    return principal.removeprefix(_USER).partition("/")[0]


class AlarmCodes:
    """Asks for a PIN where there are any; one try after the other, so that each is counted."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        clock: Clock,
        lockouts: Lockouts,
        save: Callable[[], Awaitable[None]],
        on_duress: Callable[[str], None],
    ) -> None:
        """``on_duress`` is called with the name of a duress PIN that was used."""
        self._hass = hass
        self._entry = entry
        self._clock = clock
        self._lockouts = lockouts
        self._save = save
        self._on_duress = on_duress
        self._queues: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """By principal, so that one who sends many tries doesn't keep others waiting."""
        self.sources = ContextSources(hass)
        self._hashing = asyncio.Lock()  # one hash at a time: it takes memory and a processor core

    @property
    def has_pins(self) -> bool:
        """Whether there are any PINs."""
        return bool(get_pins(self._entry.data))

    @property
    def code_format(self) -> str | None:
        """What a PIN is made of; None while there are no PINs."""
        return "number" if self.has_pins else None

    @property
    def needed_to_arm(self) -> bool:
        """Whether arming a disarmed alarm takes a PIN."""
        return self.has_pins and needs_code_to_arm(self._entry.data)

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen for the automations that try PINs; return what ends that."""
        return self.sources.async_start()

    def principal(self, context: Context | None) -> str:
        """Return what the wrong PINs of an action with this context are counted by."""
        if context is None:
            return principal_of(None)
        if context.user_id is not None:
            return principal_of(context.user_id)
        return principal_of(None, self.sources.source_of(context))

    async def async_check(
        self,
        code: str | None,
        *,
        kinds: frozenset[PinKind],
        needed: bool,
        principal: str,
        attempt: Mapping[str, Any] | None = None,
    ) -> Pin | None:
        """Return the PIN of a code; None if there was no code and none is needed.

        ``principal`` is what ``principal_of`` returns for who tries; ``attempt`` describes what for
        in the event of a refusal. Raises ``ServiceValidationError``. A PIN that may not do this is
        as wrong as any other, so that guessing reveals nothing. A duress PIN looks like any other
        to the caller, too. A wrong code that isn't needed is ignored: voice assistants send one
        along.
        """
        if not self.has_pins or (not code and not needed):
            return None
        if code and not needed:
            return await self._async_recognize(code, kinds, await self._async_principal(principal))
        if not code:
            self._announce_refusal("code_missing", await self._async_principal(principal), attempt)
            raise _error("code_missing")
        found = await self._async_try(code, kinds, await self._async_principal(principal), attempt)
        if found.kind is PinKind.DURESS:
            self._on_duress(found.pin.name)
        return found.pin

    async def async_check_arming(
        self, code: str | None, arming: Arming, *, changes: bool, principal: str
    ) -> Pin | None:
        """Return the PIN for arming; ``changes``: another mode than the present one.

        None if none is needed and none was recognized. Raises ``ServiceValidationError``.
        """
        disarms = arming in (Arming.CHANGE, Arming.RESTART)
        kinds = ARMING_KINDS & DISARMING_KINDS if disarms else ARMING_KINDS
        # The same mode again is no wish to disarm, unless there is a code.
        asks = disarms and (changes or bool(code))
        needed = self.needed_to_arm or (self.has_pins and asks)
        return await self.async_check(code, kinds=kinds, needed=needed, principal=principal)

    async def async_identify(self, code: str, *, principal: str) -> FoundPin:
        """Return the PIN of a code and what it really is, for who changes it in the form.

        Uses the PIN for nothing. Raises ``ServiceValidationError``.
        """
        return await self._async_try(code, ALL_KINDS, await self._async_principal(principal))

    async def _async_recognize(
        self, code: str, kinds: frozenset[PinKind], principal: Principal
    ) -> Pin | None:
        """Return the PIN of a code that isn't needed, if it is one; nothing is counted.

        A right one forgives nothing either: that would show that it is right, at no risk.
        """
        async with self._queues[principal.key], self._hashing:
            if self._lockouts.remaining_s(principal):
                return None
            pins = get_pins(self._entry.data)
            found = await self._hass.async_add_executor_job(find_pin, pins, code)
        if found is None or found.kind not in kinds:
            return None
        self._renew(found)
        if found.kind is PinKind.DURESS:
            self._on_duress(found.pin.name)
        return found.pin

    async def _async_try(
        self,
        code: str,
        kinds: frozenset[PinKind],
        principal: Principal,
        attempt: Mapping[str, Any] | None = None,
    ) -> FoundPin:
        async with self._queues[principal.key]:
            self._check_lockout(principal, attempt)
            async with self._hashing:
                self._check_lockout(principal, attempt)  # others may have used up what is shared
                pins = get_pins(self._entry.data)
                found = await self._hass.async_add_executor_job(find_pin, pins, code)
                if found is None or found.kind not in kinds:
                    await self._async_refuse(principal, attempt)
                await self._async_accept(found, principal)
                return found

    def _check_lockout(self, principal: Principal, attempt: Mapping[str, Any] | None) -> None:
        if self._lockouts.remaining_s(principal):
            self._announce_refusal("locked_out", principal, attempt)
            raise self._locked_out_error(principal)

    async def _async_refuse(
        self, principal: Principal, attempt: Mapping[str, Any] | None
    ) -> NoReturn:
        self._lockouts.count(principal)
        # Saved before it is answered, so that cutting the power gives no further tries.
        await self._save()
        self._announce_refusal("wrong_code", principal, attempt)
        if self._lockouts.remaining_s(principal):
            raise self._locked_out_error(principal)
        raise _error("wrong_code")

    async def _async_accept(self, found: FoundPin, principal: Principal) -> None:
        forgive, known = found.kind in FORGIVING_KINDS, found.kind in DISARMING_KINDS
        if self._lockouts.accept(principal, forgive=forgive, known=known):
            await self._save()
        self._renew(found)

    def _renew(self, found: FoundPin) -> None:
        """Store a PIN of an earlier version with its new hash."""
        stored = self._entry.data.get(CONF_PINS, {})
        if found.renewed is not None and found.id in stored:
            pins = {**stored, found.id: found.renewed.as_dict()}
            self._hass.config_entries.async_update_entry(
                self._entry, data={**self._entry.data, CONF_PINS: pins}
            )

    async def _async_principal(self, principal: str) -> Principal:
        """Return what tries are counted by: an administrator's session, else the whole user."""
        if (user_id := _user_of(principal)) is None:
            source = principal.removeprefix(_SOURCE)
            return Principal(principal, None if source == _UNKNOWN else source)
        if (user := await self._hass.auth.async_get_user(user_id)) is None:
            return Principal(principal_of(user_id))
        if user.is_admin:
            return Principal(principal, user.name, admin_id=user_id)
        return Principal(principal_of(user_id), user.name)

    def refuse_to_arm(
        self, cameras: CameraRegistry, camera_ids: tuple[str, ...]
    ) -> ServiceValidationError:
        """Announce that these cameras are offline or turned off; return the exception to raise."""
        names = cameras.names(camera_ids)
        all_off = all(map(cameras.is_off, camera_ids))
        reason = "camera_off" if all_off else "camera_offline"
        self._announce_refusal(reason, None, {"cameras": names})
        listed = ", ".join(names)
        if all_off:
            return _error("camera_off", cameras=listed)
        return _error("camera_offline", cameras=listed)

    def _announce_refusal(
        self, reason: str, principal: Principal | None, attempt: Mapping[str, Any] | None = None
    ) -> None:
        remaining_s = 0.0 if principal is None else self._lockouts.remaining_s(principal)
        data = {
            "reason": reason,
            "attempts": 0 if principal is None else self._lockouts.wrong_tries(principal),
            "locked_until": iso(self._clock.now() + remaining_s) if remaining_s else None,
            "cameras": [],
            **({} if principal is None else {"by": principal.name}),
            **(attempt or {}),
        }
        self._hass.bus.async_fire(EVENT_ALARM_REFUSED, data)

    def _locked_out_error(self, principal: Principal) -> ServiceValidationError:
        minutes = ceil(self._lockouts.remaining_s(principal) / 60)
        return _error("locked_out", minutes=str(max(1, minutes)))


def overtaken_error() -> ServiceValidationError:
    """Return the exception for an alarm that changed while its cameras were being checked."""
    return _error("arming_overtaken")


def not_over_error() -> ServiceValidationError:
    """Return the exception for arming another mode while the alarm is pending or triggered."""
    return _error("arming_not_over")


def _error(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders or None,
    )
