"""The PIN in a command of the page, and what its wrong tries are counted by."""

from typing import TYPE_CHECKING, Final

from homeassistant.const import CONF_PASSWORD
import probatio

from ..alarm.codes import principal_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.components.websocket_api import ActiveConnection
    from homeassistant.helpers.typing import VolDictType

    from ..alarm.guard import Weakening
    from ..runtime import HomeSecData
    from .decorators import Message

PIN_FIELD: Final[VolDictType] = {probatio.Optional(CONF_PASSWORD): object}
"""The field for a PIN in any command.

By this name, Home Assistant leaves it out of its debug log and of errors. Any type is accepted
here, so that a number becomes a PIN too and no schema error repeats it.
"""


def read_pin(msg: Message) -> str | None:
    """Return the PIN of a command; None if there is none."""
    return None if (pin := msg.get(CONF_PASSWORD)) is None else str(pin)


def connection_principal(connection: ActiveConnection) -> str:
    """Return what wrong PINs on a connection are counted by."""
    return principal_of(connection.user.id, connection.refresh_token_id)


async def async_guard(
    runtime: HomeSecData,
    connection: ActiveConnection,
    msg: Message,
    action: Weakening,
    *,
    cameras: Iterable[str] = (),
    clips: int = 0,
) -> None:
    """Have a command take the right to disarm while the alarm is armed."""
    await runtime.guard.async_check(
        action,
        connection.context(msg),
        code=read_pin(msg),
        principal=connection_principal(connection),
        cameras=cameras,
        clips=clips,
    )
