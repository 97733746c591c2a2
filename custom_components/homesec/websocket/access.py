"""Who may ask what over the websocket, and how a command that cannot be done is answered."""

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized

from ..exceptions import EngineNotRunningError
from ..loaded import loaded_house
from ..rights import has

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from homeassistant.auth.models import User
    from homeassistant.components.websocket_api import ActiveConnection
    from homeassistant.components.websocket_api.const import WebSocketCommandHandler

    from ..coordinator import HomeSecCoordinator
    from ..rights import Permission

    type Answer = Callable[
        [HomeSecCoordinator, ActiveConnection, dict[str, Any]], Awaitable[dict[str, Any]]
    ]

_NOT_FOUND: Final = ("clip_not_found", "camera_not_found")


@callback
def check(user: User, coordinator: HomeSecCoordinator, right: Permission) -> None:
    """Raise ``Unauthorized`` if the user has not that right."""
    if not has(user, coordinator, right):
        raise Unauthorized


def answers(right: Permission) -> Callable[[Answer], WebSocketCommandHandler]:
    """Make a command of what takes the house, who asks, and the message."""

    def decorate(answer: Answer) -> WebSocketCommandHandler:
        @websocket_api.async_response
        @wraps(answer)
        async def handle(
            hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]
        ) -> None:
            try:
                if (coordinator := loaded_house(hass)) is None:
                    raise EngineNotRunningError
                check(connection.user, coordinator, right)
                result = await answer(coordinator, connection, msg)
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
