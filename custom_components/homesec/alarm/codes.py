"""Who may arm and disarm: PINs are checked here, and wrong ones counted."""

import asyncio
from math import ceil
from typing import TYPE_CHECKING, Any

from homeassistant.exceptions import ServiceValidationError

from ..announcements import iso
from ..const import DOMAIN, EVENT_ALARM_REFUSED
from .config import needs_code_to_arm, pins
from .lockout import Lockout
from .pins import Pin, PinKind, pin_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping

    from homeassistant.core import HomeAssistant

    from .span import MonotonicClocks


class AlarmCodes:
    """Asks for a PIN where there are any; one try after the other, so that each is counted."""

    def __init__(
        self,
        hass: HomeAssistant,
        *,
        data: Callable[[], Mapping[str, Any]],
        clocks: MonotonicClocks,
        save: Callable[[], Awaitable[None]],
    ) -> None:
        self._hass = hass
        self._data = data
        self._save = save
        self._trying = asyncio.Lock()
        self.lockout = Lockout(clocks)

    @property
    def asked(self) -> bool:
        """Whether there are PINs at all."""
        return bool(pins(self._data()))

    @property
    def asked_to_arm(self) -> bool:
        """Whether a disarmed alarm takes one to be armed."""
        return self.asked and needs_code_to_arm(self._data())

    async def async_check(
        self, code: str | None, *, kinds: frozenset[PinKind], needed: bool
    ) -> Pin | None:
        """Return the PIN; None if none is needed, nor given. Raises what a person is told.

        One that may not do this is as wrong as any other: whoever guesses learns nothing from it.
        """
        if not self.asked or (not code and not needed):
            return None
        if not code:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="code_missing")
        async with self._trying:
            if self.lockout.remaining_s:
                self._refuse("locked_out")
                raise self._locked_out()
            known = list(pins(self._data()).values())
            pin = await self._hass.async_add_executor_job(pin_of, known, code)
            if pin is None or pin.kind not in kinds:
                self.lockout.fail()
                # On disk before anybody hears of it: pulling the plug does not give more tries.
                await self._save()
                self._refuse("wrong_code")
                if self.lockout.remaining_s:
                    raise self._locked_out()
                raise ServiceValidationError(
                    translation_domain=DOMAIN, translation_key="wrong_code"
                )
            if self.lockout.forgive():
                await self._save()
            return pin

    def refuse_cameras(self, names: Iterable[str]) -> ServiceValidationError:
        """Tell that cameras are offline that are to guard the house."""
        cameras = list(names)
        self._refuse("camera_offline", cameras)
        return ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="camera_offline",
            translation_placeholders={"cameras": ", ".join(cameras)},
        )

    def _refuse(self, reason: str, cameras: Iterable[str] = ()) -> None:
        until = self.lockout.until
        facts = {
            "reason": reason,
            "attempts": self.lockout.wrong,
            "locked_until": None if until is None else iso(until),
            "cameras": list(cameras),
        }
        self._hass.bus.async_fire(EVENT_ALARM_REFUSED, facts)

    def _locked_out(self) -> ServiceValidationError:
        minutes = ceil(self.lockout.remaining_s / 60)
        return ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="locked_out",
            translation_placeholders={"minutes": str(minutes)},
        )


def overtaken() -> ServiceValidationError:
    """Tell that something else happened while the cameras were being started."""
    return ServiceValidationError(translation_domain=DOMAIN, translation_key="arming_overtaken")
