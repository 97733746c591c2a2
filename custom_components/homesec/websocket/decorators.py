"""The decorator of the page's commands: permission, the loaded entry, and errors."""

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import probatio

from ..access import Permission, async_get_runtime, has_permission
from ..exceptions import EngineNotRunningError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from homeassistant.components.websocket_api import ActiveConnection
    from homeassistant.components.websocket_api.const import WebSocketCommandHandler
    from homeassistant.helpers.typing import VolDictType

    from ..runtime import HomeSecData

    type Message = dict[str, Any]
    type Handler = Callable[[HomeSecData, ActiveConnection, Message], Awaitable[Message | None]]

_NOT_FOUND: Final = ("clip_not_found", "camera_not_found")


def command(
    command_type: str,
    permission: Permission,
    fields: VolDictType,
    *,
    while_armed: Permission | None = None,
) -> Callable[[Handler], WebSocketCommandHandler]:
    """Turn a handler into a command.

    ``while_armed``: the permission that it takes instead while the alarm isn't disarmed.
    The handler's return value is the result; with None, it has already sent one. Errors are sent to
    the page only, since they would be noise in the log.
    """

    def decorate(handler: Handler) -> WebSocketCommandHandler:
        @websocket_api.websocket_command({probatio.Required("type"): command_type, **fields})
        @websocket_api.async_response
        @wraps(handler)
        async def handle(hass: HomeAssistant, connection: ActiveConnection, msg: Message) -> None:
            try:
                if (runtime := async_get_runtime(hass)) is None:
                    raise EngineNotRunningError
                needed = while_armed if while_armed and runtime.guard.active else permission
                if not has_permission(connection.user, runtime, needed):
                    if needed is not Permission.READ:
                        context = connection.context(msg)
                        await runtime.guard.async_trace_denied(context, command_type)
                    raise Unauthorized
                result = await handler(runtime, connection, msg)
            except Unauthorized:
                raise
            except HomeAssistantError as err:
                _send_error(connection, msg["id"], err)
            else:
                if result is not None:
                    connection.send_result(msg["id"], result)

        return handle

    return decorate


@callback
def _send_error(connection: ActiveConnection, msg_id: int, err: HomeAssistantError) -> None:
    if err.translation_key in _NOT_FOUND:
        code = websocket_api.ERR_NOT_FOUND
    elif isinstance(err, ServiceValidationError):
        code = websocket_api.ERR_SERVICE_VALIDATION_ERROR
    else:
        code = websocket_api.ERR_HOME_ASSISTANT_ERROR
    connection.send_error(
        msg_id,
        code,
        str(err),
        translation_key=err.translation_key,
        translation_domain=err.translation_domain,
        translation_placeholders=err.translation_placeholders,
    )
