"""What moves a camera: HomeSec itself over ONVIF, or another integration of Home Assistant."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from homeassistant.components.button import DOMAIN as BUTTON_DOMAIN, SERVICE_PRESS
from homeassistant.components.select import (
    ATTR_OPTION,
    ATTR_OPTIONS,
    DOMAIN as SELECT_DOMAIN,
    SERVICE_SELECT_OPTION,
)
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.exceptions import HomeAssistantError

from ..engine.core.discovery import MovableDevice, Movement
from .discovery import ONVIF, async_install_libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from homeassistant.core import HomeAssistant

    from ..engine.engine import HomeSecEngine
    from ..engine_host import EngineHost

SPEED: Final = 0.5
"""Of the highest one; at that, most cameras are too fast to aim."""
ACTION_S: Final = 20.0  # how long an action of another integration may take


class Direction(StrEnum):
    """Where a camera moves."""

    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"


PANS: Final = (Direction.LEFT, Direction.RIGHT, Direction.UP, Direction.DOWN)
ZOOMS: Final = (Direction.ZOOM_IN, Direction.ZOOM_OUT)
MOVEMENTS: Final = {
    Direction.LEFT: Movement(pan=-SPEED),
    Direction.RIGHT: Movement(pan=SPEED),
    Direction.UP: Movement(tilt=SPEED),
    Direction.DOWN: Movement(tilt=-SPEED),
    Direction.ZOOM_IN: Movement(zoom=SPEED),
    Direction.ZOOM_OUT: Movement(zoom=-SPEED),
}


class Mover(Protocol):
    """What moves a camera. Its methods raise ``HomeAssistantError`` or the engine's errors."""

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Where the camera can move."""

    async def async_move(self, direction: Direction, seconds: float) -> None:
        """Begin to move; some end that after these seconds by themselves."""

    async def async_stop(self) -> None:
        """Stop to move."""

    async def async_positions(self) -> dict[str, str]:
        """Return the names of stored positions by their ids."""

    async def async_go_to(self, position: str) -> None:
        """Move to a stored position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifMover:
    """Moves a camera over ONVIF, in a process of the engine."""

    hass: HomeAssistant
    host: EngineHost
    device: MovableDevice
    directions: tuple[Direction, ...]

    async def async_move(self, direction: Direction, seconds: float) -> None:
        """Begin to move."""
        movement = MOVEMENTS[direction]
        await self._async_run(lambda engine: engine.move(self.device, movement, seconds))

    async def async_stop(self) -> None:
        """Stop to move."""
        await self._async_run(lambda engine: engine.move(self.device, Movement(), 0.0))

    async def async_positions(self) -> dict[str, str]:
        """Return the names of stored positions by their ids."""
        found = await self._async_run(lambda engine: engine.read_positions(self.device))
        return {each.token: each.name for each in found}

    async def async_go_to(self, position: str) -> None:
        """Move to a stored position."""
        await self._async_run(lambda engine: engine.go_to(self.device, position))

    async def _async_run[T](self, order: Callable[[HomeSecEngine], T]) -> T:
        await async_install_libraries(self.hass)
        return await self.host.async_run_raw(order, self.host.engine)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityMover:
    """Moves a camera with the actions of another integration."""

    hass: HomeAssistant

    async def _async_call(self, domain: str, action: str, entity_id: str, **data: object) -> None:
        try:
            async with asyncio.timeout(ACTION_S):
                await self.hass.services.async_call(
                    domain, action, {ATTR_ENTITY_ID: entity_id, **data}, blocking=True
                )
        except TimeoutError:
            raise HomeAssistantError(f"{domain}.{action} takes too long") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifEntityMover(EntityMover):
    """Moves a camera with the action of Home Assistant's ONVIF integration."""

    entity_id: str
    positions: tuple[str, ...] = ()

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Where the camera can move; the integration doesn't tell whether it can zoom."""
        return (*PANS, *ZOOMS)

    async def async_move(self, direction: Direction, seconds: float) -> None:
        """Begin to move."""
        del seconds  # the action takes one at most
        if direction in ZOOMS:
            where = {"zoom": direction.upper()}
        else:
            where = {"pan" if direction in PANS[:2] else "tilt": direction.upper()}
        await self._async_ptz("ContinuousMove", distance=SPEED, continuous_duration=0, **where)

    async def async_stop(self) -> None:
        """Stop to move."""
        await self._async_ptz("Stop")

    async def async_positions(self) -> dict[str, str]:
        """Return the names of stored positions by their ids, which is all that it tells."""
        return {each: each for each in self.positions}

    async def async_go_to(self, position: str) -> None:
        """Move to a stored position."""
        await self._async_ptz("GotoPreset", preset=position)

    async def _async_ptz(self, mode: str, **data: object) -> None:
        await self._async_call(ONVIF, "ptz", self.entity_id, move_mode=mode, **data)


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonMover(EntityMover):
    """Moves a camera with buttons, such as those of Reolink's integration."""

    buttons: Mapping[Direction, str]
    stop: str
    positions: str | None = None  # an entity to select one

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Where the camera can move."""
        return tuple(each for each in Direction if each in self.buttons)

    async def async_move(self, direction: Direction, seconds: float) -> None:
        """Begin to move."""
        del seconds
        await self._async_call(BUTTON_DOMAIN, SERVICE_PRESS, self.buttons[direction])

    async def async_stop(self) -> None:
        """Stop to move."""
        await self._async_call(BUTTON_DOMAIN, SERVICE_PRESS, self.stop)

    async def async_positions(self) -> dict[str, str]:
        """Return the names of stored positions by their ids, which are the same."""
        state = None if self.positions is None else self.hass.states.get(self.positions)
        options = [] if state is None else state.attributes.get(ATTR_OPTIONS, [])
        return {each: each for each in options if isinstance(each, str)}

    async def async_go_to(self, position: str) -> None:
        """Move to a stored position."""
        if self.positions is not None:
            await self._async_call(
                SELECT_DOMAIN, SERVICE_SELECT_OPTION, self.positions, **{ATTR_OPTION: position}
            )
