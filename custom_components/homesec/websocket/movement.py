"""Commands that move a camera: for as long as a button is held, or to a stored position.

While the alarm is armed, that takes the right to disarm it. A PIN is good for some moves, since
nobody can hold a button and enter digits.
"""

from typing import TYPE_CHECKING, Final

import probatio

from ..access import Permission
from ..alarm.guard import Weakening
from ..alarm.move_permits import PERMIT_S
from ..cameras.movers import Direction
from .cameras import check_cameras
from .decorators import command
from .filter import NAME
from .pins import PIN_FIELD, async_guard, connection_principal

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection

    from ..runtime import HomeSecData
    from .decorators import Message

_CAMERA: Final = {probatio.Required("camera_id"): NAME, **PIN_FIELD}


@command(
    "homesec/cameras/move",
    Permission.READ,
    {**_CAMERA, probatio.Required("direction"): probatio.Coerce(Direction)},
    while_armed=Permission.CONTROL,
)
async def _move(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    """Move a camera until the subscription ends, but no longer than some seconds."""
    await _async_check(runtime, connection, msg)
    motion = runtime.movement.async_motion(msg["camera_id"], msg["direction"])
    # Before it starts: the connection may end at any time.
    connection.subscriptions[msg["id"]] = motion.async_end
    try:
        await motion.async_start()
    except BaseException:
        connection.subscriptions.pop(msg["id"], None)
        raise
    return {}


@command(
    "homesec/cameras/go_to",
    Permission.READ,
    {**_CAMERA, probatio.Required("position"): probatio.All(str, probatio.Length(max=200))},
    while_armed=Permission.CONTROL,
)
async def _go_to(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    """Move a camera to a stored position."""
    await _async_check(runtime, connection, msg)
    await runtime.movement.async_go_to(msg["camera_id"], msg["position"])
    return {}


@command("homesec/cameras/allow_moves", Permission.READ, _CAMERA, while_armed=Permission.CONTROL)
async def _allow_moves(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    """Check whether a camera may be moved now, which holds for a while."""
    await _async_check(runtime, connection, msg)
    return {"seconds": PERMIT_S}


@command("homesec/cameras/directions", Permission.READ, {probatio.Required("camera_id"): NAME})
async def _directions(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    """Return where a camera can move; nowhere if it can't be moved."""
    camera_id = msg["camera_id"]
    check_cameras(runtime, [camera_id])
    return {"directions": list(runtime.movement.async_directions(camera_id))}


@command("homesec/cameras/positions", Permission.READ, {probatio.Required("camera_id"): NAME})
async def _positions(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    """Return a camera's stored positions."""
    camera_id = msg["camera_id"]
    check_cameras(runtime, [camera_id])
    found = await runtime.movement.async_positions(camera_id)
    return {"positions": [{"id": id_, "name": name} for id_, name in found.items()]}


async def _async_check(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> None:
    """Take a PIN while the alarm is armed, unless there is a permit."""
    camera_id = msg["camera_id"]
    check_cameras(runtime, [camera_id])
    if not runtime.guard.active:
        return
    principal = connection_principal(connection)
    if not runtime.move_permits.has(principal, camera_id):
        await async_guard(runtime, connection, msg, Weakening.CAMERA_MOVED, cameras=[camera_id])
        runtime.move_permits.async_give(principal, camera_id)


COMMANDS = (_move, _go_to, _allow_moves, _directions, _positions)
