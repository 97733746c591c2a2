"""Checks PINs and counts wrong ones."""

import asyncio
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from homeassistant.exceptions import ServiceValidationError

from ..bus_events import iso
from ..const import DOMAIN, EVENT_ALARM_REFUSED
from ..stored_data import parse_seconds
from .clock import Span
from .config import get_pins, needs_code_to_arm
from .pins import Pin, PinKind, find_pin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from ..cameras.registry import CameraRegistry
    from ..engine.core.clock import Clock

FREE_TRIES: Final = 5
FIRST_LOCKOUT_S: Final = 60.0
MAX_LOCKOUT_S: Final = 3600.0


def principal_of(context_user_id: str | None, source: str | None = None) -> str:
    """Return what wrong tries are counted by: the user, or what tries without one.

    ``source`` is a session of the user; without a user, the automation, device, or the like.
    """
    if context_user_id is None:
        return f"source:{source or 'unknown'}"
    return f"user:{context_user_id}" if source is None else f"user:{context_user_id}/{source}"


class Lockout:
    """Counts wrong tries; each one over ``FREE_TRIES`` doubles the time without any.

    It is measured as the alarm's delays are: neither setting the clock nor a restart ends it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.wrong_tries = 0
        self._since_last = Span(clock)

    @property
    def remaining_s(self) -> float:
        """Seconds until the next try is accepted; 0 if it is now."""
        if (over := self.wrong_tries - FREE_TRIES) < 0:
            return 0.0
        # The exponent is bounded first: a robot may have tried a million times.
        lasts_s = min(MAX_LOCKOUT_S, FIRST_LOCKOUT_S * 2.0 ** min(over, 10))
        return max(0.0, lasts_s - self._since_last.elapsed_s)

    @property
    def ends_at(self) -> float | None:
        """UTC epoch seconds; None if there is no lockout."""
        remaining_s = self.remaining_s
        return self._clock.now() + remaining_s if remaining_s else None

    def count(self) -> None:
        """Count a wrong try."""
        self.wrong_tries += 1
        self._since_last = Span(self._clock)

    def reset(self) -> bool:
        """Forget all wrong tries; return whether there were any."""
        had, self.wrong_tries = self.wrong_tries, 0
        return had > 0

    def as_dict(self) -> dict[str, Any]:
        """Return the count as JSON can hold it."""
        return {"wrong": self.wrong_tries, "last_at": self._since_last.began_at}

    def load(self, stored: Mapping[str, Any]) -> None:
        """Read what ``as_dict`` wrote. Raises ``KeyError``, ``TypeError``, or ``ValueError``."""
        tries, last_at = int(parse_seconds(stored["wrong"])), parse_seconds(stored["last_at"])
        self.wrong_tries, self._since_last = max(0, tries), Span(self._clock, began_at=last_at)


class AlarmCodes:
    """Asks for a PIN where there are any; one try after the other, so that each is counted."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        lockout: Lockout,
        save: Callable[[], Awaitable[None]],
    ) -> None:
        self._hass = hass
        self._entry = entry
        self.lockout = lockout
        self._save = save
        self._lock = asyncio.Lock()

    @property
    def has_pins(self) -> bool:
        """Whether there are any PINs."""
        return bool(get_pins(self._entry.data))

    @property
    def needed_to_arm(self) -> bool:
        """Whether arming a disarmed alarm takes a PIN."""
        return self.has_pins and needs_code_to_arm(self._entry.data)

    async def async_check(
        self,
        code: str | None,
        *,
        kinds: frozenset[PinKind],
        needed: bool,
        principal: str,  # noqa: ARG002 - wrong tries are to be counted by it
        attempt: Mapping[str, Any] | None = None,
    ) -> Pin | None:
        """Return the PIN of a code; None if there was no code and none is needed.

        ``principal`` is what ``principal_of`` returns for who tries; ``attempt`` describes what for
        in the event of a refusal. Raises ``ServiceValidationError``. A PIN that may not do this is
        as wrong as any other, so that guessing reveals nothing.
        """
        if not self.has_pins or (not code and not needed):
            return None
        if not code:
            raise _error("code_missing")
        async with self._lock:
            if self.lockout.remaining_s:
                self._announce_refusal("locked_out", attempt=attempt)
                raise self._locked_out_error()
            known = list(get_pins(self._entry.data).values())
            pin = await self._hass.async_add_executor_job(find_pin, known, code)
            if pin is None or pin.kind not in kinds:
                self.lockout.count()
                # Saved before it is answered, so that cutting the power gives no further tries.
                await self._save()
                self._announce_refusal("wrong_code", attempt=attempt)
                raise self._locked_out_error() if self.lockout.remaining_s else _error("wrong_code")
            if self.lockout.reset():
                await self._save()
            return pin

    def refuse_to_arm(
        self, cameras: CameraRegistry, camera_ids: tuple[str, ...]
    ) -> ServiceValidationError:
        """Announce that these cameras are offline or turned off; return the exception to raise."""
        names = cameras.names(camera_ids)
        all_off = all(map(cameras.is_off, camera_ids))
        self._announce_refusal("camera_off" if all_off else "camera_offline", names)
        listed = ", ".join(names)
        if all_off:
            return _error("camera_off", cameras=listed)
        return _error("camera_offline", cameras=listed)

    def _announce_refusal(
        self, reason: str, cameras: Iterable[str] = (), attempt: Mapping[str, Any] | None = None
    ) -> None:
        ends_at = self.lockout.ends_at
        data = {
            "reason": reason,
            "attempts": self.lockout.wrong_tries,
            "locked_until": None if ends_at is None else iso(ends_at),
            "cameras": list(cameras),
            **(attempt or {}),
        }
        self._hass.bus.async_fire(EVENT_ALARM_REFUSED, data)

    def _locked_out_error(self) -> ServiceValidationError:
        return _error("locked_out", minutes=str(ceil(self.lockout.remaining_s / 60)))


def overtaken_error() -> ServiceValidationError:
    """Return the exception for an alarm that changed while its cameras were being checked."""
    return _error("arming_overtaken")


def _error(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders or None,
    )
