"""Commands that arm and disarm.

Not with Home Assistant's actions: each action call is an event with all its data on Home
Assistant's bus, and the recorder stores it. A command stays between the page and HomeSec.
"""

from typing import TYPE_CHECKING

import probatio

from ..access import Permission
from ..alarm.machine import ARMED_MODES, AlarmMode
from .decorators import command
from .pins import PIN_FIELD, connection_principal, read_pin

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection

    from ..runtime import HomeSecData
    from .decorators import Message


@command(
    "homesec/alarm/arm",
    Permission.CONTROL,
    {
        probatio.Required("mode"): probatio.In([mode.value for mode in ARMED_MODES]),
        probatio.Optional("force", default=False): bool,
        probatio.Optional("skip_delay", default=False): bool,
        **PIN_FIELD,
    },
)
async def _arm(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    await runtime.alarm.async_arm(
        AlarmMode(msg["mode"]),
        principal=connection_principal(connection),
        code=read_pin(msg),
        by=connection.user.name,
        force=msg["force"],
        skip_delay=msg["skip_delay"],
    )
    return {}


@command("homesec/alarm/disarm", Permission.CONTROL, PIN_FIELD)
async def _disarm(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    await runtime.alarm.async_disarm(
        principal=connection_principal(connection),
        code=read_pin(msg),
        by=connection.user.name,
    )
    return {}


COMMANDS = (_arm, _disarm)
