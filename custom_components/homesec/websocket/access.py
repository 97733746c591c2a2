"""Who may ask what over the websocket, and how a command that cannot be done is answered."""

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized

from ..access import async_get_runtime, check_permission
from ..exceptions import EngineNotRunningError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from homeassistant.components.websocket_api import ActiveConnection
    from homeassistant.components.websocket_api.const import WebSocketCommandHandler

    from ..access import Permission
    from ..runtime import HomeSecData

    type Answer = Callable[
        [HomeSecData, ActiveConnection, dict[str, Any]], Awaitable[dict[str, Any]]
    ]

_NOT_FOUND: Final = ("clip_not_found", "camera_not_found")


def answers(right: Permission) -> Callable[[Answer], WebSocketCommandHandler]:
    """Make a command of what takes the house, who asks, and the message."""

    def decorate(answer: Answer) -> WebSocketCommandHandler:
        @websocket_api.async_response
        @wraps(answer)
        async def handle(
            hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
        ) -> None:
            try:
                if (runtime := async_get_runtime(hass)) is None:
                    raise EngineNotRunningError
                check_permission(connection.user, runtime, right)
                result = await answer(runtime, connection, msg)
            except Unauthorized:
                raise
            except HomeAssistantError as err:
                # Told to whoever asked; in the log it would be noise.
                send_error(connection, msg["id"], err)
            else:
                connection.send_result(msg["id"], result)

        return handle

    return decorate


@callback
def send_error(connection: ActiveConnection, msg_id: int, err: HomeAssistantError) -> None:
    """Answer that something cannot be done, in words that the page can translate."""
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
