"""Move cameras: pan, tilt, and zoom, and positions that they have stored (ONVIF, PTZ service).

A camera that moves is always stopped: by the caller, else after the time that goes with each
movement. The camera itself gets that time, too, in case this process ends before.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
import logging
from threading import Lock, Thread
from typing import TYPE_CHECKING

from ..core.discovery import Movement, Position
from ..core.errors import (
    ConnectionRefused,
    HomeSecError,
    LoginRefused,
    MoveRefused,
    SourceTimeout,
)
from ..core.source_url import device_url
from .answers import clean_text, dig
from .device import read_addresses
from .media import MAX_TOKEN
from .soap import PTZ, Soap, Unsupported

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from ..core.discovery import MovableDevice

_LOGGER = logging.getLogger(__name__)

ORDER_S = 30.0
"""For one order to a camera; a small computer needs some seconds to read the definitions."""
MAX_MOVE_S = 30.0  # no camera moves longer than that for one order
MAX_DEVICES = 32  # whose connections are kept
MAX_POSITIONS = 64
STOP_TRIES = 3
STOP_AGAIN_S = 1.0
STILL = Movement()


class Movers:
    """All cameras that are moved. Any thread may call it; orders to one camera are in order."""

    def __init__(self) -> None:
        """Prepare; the thread and the connections begin with the first order."""
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._movers: dict[MovableDevice, _Mover] = {}  # of the loop's thread

    def move(self, device: MovableDevice, movement: Movement, seconds: float) -> None:
        """Begin to move a camera, until the next order, but no longer than that.

        No movement at all stops it. Raises ``SourceError``, ``DiscoveryError``, or ``MoveRefused``.
        """
        self._run(device, lambda mover: mover.move(movement, min(seconds, MAX_MOVE_S)))

    def go_to(self, device: MovableDevice, position: str) -> None:
        """Move a camera to the stored position with this token. Raises as ``move``."""
        self._run(device, lambda mover: mover.go_to(position))

    def read_positions(self, device: MovableDevice) -> list[Position]:
        """Return the positions that a camera has stored. Raises as ``move``."""
        return self._run(device, lambda mover: mover.read_positions())

    def close(self) -> None:
        """Stop what moves, and end the thread; a worker process just ends."""
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None:
            asyncio.run_coroutine_threadsafe(self._close(loop), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _run[T](
        self, device: MovableDevice, order: Callable[[_Mover], Coroutine[object, object, T]]
    ) -> T:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = Thread(target=_run_loop, args=(self._loop,), daemon=True)
                self._thread.start()
            loop = self._loop
        return asyncio.run_coroutine_threadsafe(self._order(device, order), loop).result()

    async def _order[T](
        self, device: MovableDevice, order: Callable[[_Mover], Coroutine[object, object, T]]
    ) -> T:
        # The one that was used last is the last one.
        mover = self._movers.pop(device, None) or _Mover(device)
        self._movers[device] = mover
        if len(self._movers) > MAX_DEVICES:
            await self._movers.pop(next(iter(self._movers))).close()
        return await order(mover)

    async def _close(self, loop: asyncio.AbstractEventLoop) -> None:
        movers = list(self._movers.values())
        self._movers.clear()
        await asyncio.gather(*(mover.close() for mover in movers))
        await loop.shutdown_default_executor()


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()


class _Mover:
    """One camera, on the loop's thread."""

    def __init__(self, device: MovableDevice) -> None:
        self._device = device
        self._lock = asyncio.Lock()  # orders are sent one after the other
        self._soap: Soap | None = None
        self._moving: asyncio.Task[None] | None = None  # ends the movement
        self._times = True  # whether the camera accepts how long to move

    async def move(self, movement: Movement, seconds: float) -> None:
        """See ``Movers``."""
        async with self._lock:
            self._forget_end()
            if movement != STILL:
                # At once: a camera whose answer is lost moves all the same.
                self._moving = asyncio.create_task(self._end_after(seconds))
            try:
                await self._send(lambda soap: self._move(soap, movement, seconds))
            except LoginRefused, MoveRefused, ConnectionRefused:
                self._forget_end()  # it surely doesn't move
                raise

    async def go_to(self, position: str) -> None:
        """See ``Movers``."""
        async with self._lock:
            self._forget_end()
            await self._send(
                lambda soap: soap.call(
                    PTZ, "GotoPreset", ProfileToken=self._device.profile, PresetToken=position
                )
            )

    async def read_positions(self) -> list[Position]:
        """See ``Movers``."""
        async with self._lock:
            answer = await self._send(
                lambda soap: soap.call(PTZ, "GetPresets", ProfileToken=self._device.profile)
            )
        found: dict[str, Position] = {}
        for each in answer if isinstance(answer, list) else []:
            token = dig(each, "token")
            if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
                continue
            name = clean_text(dig(each, "Name")) or clean_text(token)
            found.setdefault(token, Position(token=token, name=name))
        return list(found.values())[:MAX_POSITIONS]

    async def close(self) -> None:
        """Stop the camera if it moves, and close the connection."""
        async with self._lock:
            if self._forget_end():
                with suppress(HomeSecError):
                    await self._send(self._stop)
            await self._forget_soap()

    async def _end_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        for remaining in reversed(range(STOP_TRIES)):
            async with self._lock:
                try:
                    await self._send(self._stop)
                except HomeSecError as err:
                    _LOGGER.warning("A camera could not be stopped: %s", err)
                else:
                    return
            if remaining:
                await asyncio.sleep(STOP_AGAIN_S)

    def _forget_end(self) -> bool:
        """Cancel the end of the present movement; return whether there was one."""
        task, self._moving = self._moving, None
        return task is not None and task.cancel()

    async def _send(self, request: Callable[[Soap], Awaitable[object]]) -> object:
        """Send a request, and again over a new connection if the one before was an old one."""
        try:
            async with asyncio.timeout(ORDER_S):
                if (soap := self._soap) is not None:
                    try:
                        return await request(soap)
                    except HomeSecError:  # its clock or its address may be another now
                        await self._forget_soap()
                return await request(await self._open())
        except Unsupported as err:
            raise MoveRefused(str(err)) from None
        except TimeoutError:
            await self._forget_soap()
            raise SourceTimeout from None
        except HomeSecError:
            await self._forget_soap()
            raise

    async def _open(self) -> Soap:
        url = device_url(self._device.address)
        self._soap = soap = Soap(url, self._device.username, self._device.password)
        await soap.__aenter__()
        await read_addresses(soap)
        if PTZ not in soap.addresses:
            raise MoveRefused("the camera has no PTZ service")
        return soap

    async def _forget_soap(self) -> None:
        soap, self._soap = self._soap, None
        if soap is not None:
            await soap.__aexit__()

    async def _move(self, soap: Soap, movement: Movement, seconds: float) -> None:
        if movement == STILL:
            await self._stop(soap)
            return
        velocity: dict[str, dict[str, float]] = {}
        # Some cameras refuse a speed of what they can't do, even if it's 0.
        if movement.pan or movement.tilt:
            velocity["PanTilt"] = {"x": movement.pan, "y": movement.tilt}
        if movement.zoom:
            velocity["Zoom"] = {"x": movement.zoom}
        order = {"ProfileToken": self._device.profile, "Velocity": velocity}
        if self._times:
            try:
                timeout = timedelta(seconds=max(1, round(seconds)))
                await soap.call(PTZ, "ContinuousMove", **order, Timeout=timeout)
            except Unsupported:
                self._times = False
            else:
                return
        await soap.call(PTZ, "ContinuousMove", **order)

    async def _stop(self, soap: Soap) -> None:
        profile = self._device.profile
        try:
            await soap.call(PTZ, "Stop", ProfileToken=profile, PanTilt=True, Zoom=True)
        except Unsupported:
            # Some cameras know no other way to stop than a speed of 0.
            still = {"PanTilt": {"x": 0.0, "y": 0.0}}
            await soap.call(PTZ, "ContinuousMove", ProfileToken=profile, Velocity=still)
