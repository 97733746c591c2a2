"""Moves cameras on request, and sees to it that each movement ends.

Whoever begins a movement ends it. If nobody does, it ends after some seconds: a page may be gone,
or a finger's release may never have come. A camera that is moved learns its scene anew, so that it
doesn't count as turned away by someone else.
"""

import asyncio
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN, LOGGER
from ..engine.core.errors import HomeSecError, LoginRefused, MoveRefused
from .mover_search import async_find_mover

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from homeassistant.config_entries import ConfigEntry

    from ..engine_host import EngineHost
    from .movers import Direction, Mover
    from .registry import CameraRegistry

MAX_MOVE_S: Final = 10.0
SLACK_S: Final = 2.0  # how much later a camera stops by itself, if Home Assistant ends before
STOP_TRIES: Final = 3
STOP_AGAIN_S: Final = 1.0
END_S: Final = 5.0  # how long the end of the integration waits for cameras to stop


class MovableCamera:
    """One camera: its orders go out one after the other."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, host: EngineHost, camera_id: str
    ) -> None:
        self.hass = hass
        self.entry = entry
        self.camera_id = camera_id
        self.lock = asyncio.Lock()
        self.motion: Motion | None = None
        self._host = host

    @property
    def name(self) -> str:
        """The camera's name."""
        subentry = self.entry.subentries.get(self.camera_id)
        return "" if subentry is None else subentry.title

    async def async_learn_scene(self) -> None:
        """Have the camera learn its scene anew. Raises ``EngineNotRunningError``."""
        await self._host.async_run(self._host.engine.learn_scene, self.camera_id)

    async def async_finish(self) -> None:
        """Stop the present movement, if there's one; the caller has the lock."""
        motion, self.motion = self.motion, None
        if motion is None:
            return
        motion.async_cancel()
        for remaining in reversed(range(STOP_TRIES)):
            try:
                await motion.mover.async_stop()
                await self.async_learn_scene()
            except (HomeSecError, HomeAssistantError) as err:
                if not remaining or isinstance(err, LoginRefused):
                    LOGGER.warning("The camera %s could not be stopped: %s", self.name, err)
                    return
                await asyncio.sleep(STOP_AGAIN_S)
            else:
                return

    async def async_order[T](self, order: Awaitable[T]) -> T:
        """Carry out an order. Raises ``HomeAssistantError`` that says what's wrong."""
        try:
            return await order
        except MoveRefused as err:
            raise self._error("move_refused") from err
        except LoginRefused as err:
            raise self._error("move_login_refused") from err
        except HomeSecError as err:
            LOGGER.warning("The camera %s could not be moved: %s", self.name, err.log_text)
            raise self._error("move_failed") from err

    def _error(self, key: str) -> HomeAssistantError:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"camera": self.name},
        )


class Motion:
    """A movement of a camera, from ``async_start`` to its end."""

    def __init__(
        self, camera: MovableCamera, mover: Mover, direction: Direction, seconds: float
    ) -> None:
        self.mover = mover
        self._camera = camera
        self._direction = direction
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False

    async def async_start(self) -> None:
        """Begin to move, unless it was ended before. Raises ``HomeAssistantError``."""
        camera = self._camera
        async with camera.lock:
            await camera.async_finish()
            if self._ended:
                return
            await camera.async_learn_scene()
            camera.motion = self
            # At once: a camera whose answer is lost moves all the same.
            self._timer = camera.hass.loop.call_later(self._seconds, self.async_end)
            order = self.mover.async_move(self._direction, self._seconds + SLACK_S)
            try:
                await camera.async_order(order)
            except HomeAssistantError as err:
                if isinstance(err.__cause__, LoginRefused | MoveRefused):
                    self.async_cancel()
                    camera.motion = None
                else:
                    self.async_end()
                raise

    @callback
    def async_cancel(self) -> None:
        """Forget the time at which it ends."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()

    @callback
    def async_end(self) -> None:
        """End it in the background; once, and only if no other movement has begun."""
        if self._ended:
            return
        self.async_cancel()
        camera = self._camera
        camera.entry.async_create_background_task(
            camera.hass, self.async_finish(), "HomeSec camera stop"
        )

    async def async_finish(self) -> None:
        """End it, and wait for that."""
        async with self._camera.lock:
            if self._camera.motion is self:
                await self._camera.async_finish()


class CameraMovement:
    """Begins the movements of all cameras."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, *, host: EngineHost, cameras: CameraRegistry
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._cameras = cameras
        self._moved: dict[str, MovableCamera] = {}

    @callback
    def async_directions(self, camera_id: str) -> tuple[Direction, ...]:
        """Return where a camera can move; () if it can't."""
        mover = self._find(camera_id)
        return () if mover is None else mover.directions

    @callback
    def async_motion(
        self, camera_id: str, direction: Direction, seconds: float = MAX_MOVE_S
    ) -> Motion:
        """Return a movement that ends after some seconds, if it isn't ended before.

        Raises ``ServiceValidationError`` if the camera can't move there.
        """
        mover = self._find(camera_id)
        if mover is None or direction not in mover.directions:
            raise self._not_movable(camera_id)
        return Motion(self._camera(camera_id), mover, direction, min(seconds, MAX_MOVE_S))

    async def async_positions(self, camera_id: str) -> dict[str, str]:
        """Return the names of stored positions by their ids. Raises ``HomeAssistantError``."""
        if (mover := self._find(camera_id)) is None:
            raise self._not_movable(camera_id)
        return await self._camera(camera_id).async_order(mover.async_positions())

    async def async_go_to(self, camera_id: str, position: str) -> None:
        """Move a camera to a stored position. Raises ``HomeAssistantError``."""
        if (mover := self._find(camera_id)) is None:
            raise self._not_movable(camera_id)
        camera = self._camera(camera_id)
        async with camera.lock:
            await camera.async_finish()
            await camera.async_learn_scene()
            await camera.async_order(mover.async_go_to(position))

    async def async_stop(self) -> None:
        """Stop all cameras that move; called before the engine stops."""
        motions = [each.motion for each in self._moved.values() if each.motion is not None]
        stopping = [self._hass.async_create_task(each.async_finish()) for each in motions]
        if stopping:
            await asyncio.wait(stopping, timeout=END_S)

    def _find(self, camera_id: str) -> Mover | None:
        if not self._cameras.exists(camera_id):  # it was removed meanwhile
            return None
        data = self._cameras.subentry(camera_id).data
        return async_find_mover(self._hass, self._host, data)

    def _camera(self, camera_id: str) -> MovableCamera:
        if camera_id not in self._moved:
            self._moved[camera_id] = MovableCamera(self._hass, self._entry, self._host, camera_id)
        return self._moved[camera_id]

    def _not_movable(self, camera_id: str) -> ServiceValidationError:
        return ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="camera_not_movable",
            translation_placeholders={"camera": self._cameras.name(camera_id) or ""},
        )
