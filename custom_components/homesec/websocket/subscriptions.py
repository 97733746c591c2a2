"""The page's subscriptions: the house at a glance, and clips that come, change and go.

They outlive a reload of the entry: the house is told to be away, and told again when it is back.
"""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
import probatio

from ..const import DOMAIN
from ..loaded import loaded_house
from ..rights import Permission, has
from .access import check
from .feeds import status_message

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.components.websocket_api import ActiveConnection

    from ..coordinator import HomeSecCoordinator

_SIGNAL: Final = f"{DOMAIN}_house"
"""With the coordinator that has come; with None when it goes."""


@callback
def async_setup_live_commands(hass: HomeAssistant) -> None:
    """Register them."""
    for command in (_house, _clips):
        websocket_api.async_register_command(hass, command)


@callback
def async_announce_coordinator(hass: HomeAssistant, coordinator: HomeSecCoordinator | None) -> None:
    """Tell open pages that the house is there, or that it goes."""
    async_dispatcher_send(hass, _SIGNAL, coordinator)


@callback
@websocket_api.websocket_command({probatio.Required("type"): "homesec/house/subscribe"})
def _house(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    def attach(coordinator: HomeSecCoordinator) -> CALLBACK_TYPE:
        @callback
        def send(house: dict[str, Any]) -> None:
            user = {
                "may_control": has(connection.user, coordinator, Permission.CONTROL),
                "is_admin": connection.user.is_admin,
            }
            connection.send_event(msg["id"], {**house, "user": user})

        send(status_message(coordinator))
        return coordinator.status_feed.async_subscribe(send)

    async_follow(hass, connection, msg["id"], attach)


@callback
@websocket_api.websocket_command({probatio.Required("type"): "homesec/clips/subscribe"})
def _clips(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    def attach(coordinator: HomeSecCoordinator) -> CALLBACK_TYPE:
        @callback
        def send(news: dict[str, Any]) -> None:
            connection.send_event(msg["id"], news)

        return coordinator.clip_feed.async_subscribe(send)

    async_follow(hass, connection, msg["id"], attach)


@callback
def async_follow(
    hass: HomeAssistant,
    connection: ActiveConnection,
    msg_id: int,
    attach: Callable[[HomeSecCoordinator], CALLBACK_TYPE],
) -> None:
    """Subscribe to the house of the moment, and to each that comes after it.

    ``{"unavailable": true}`` says that it went, ``{"unavailable": false}`` that one came back and
    what was shown may be out of date.
    """
    detach: CALLBACK_TYPE | None = None

    @callback
    def follow(coordinator: HomeSecCoordinator | None, *, first: bool = False) -> None:
        nonlocal detach
        if detach is not None:
            detach()
            detach = None
        if coordinator is None:
            connection.send_event(msg_id, {"unavailable": True})
            return
        try:
            check(connection.user, coordinator, Permission.LOOK)
        except Unauthorized:
            return
        if not first:
            connection.send_event(msg_id, {"unavailable": False})
        detach = attach(coordinator)

    now = loaded_house(hass)
    if now is not None:
        check(connection.user, now, Permission.LOOK)
    unfollow = async_dispatcher_connect(hass, _SIGNAL, follow)

    @callback
    def unsubscribe() -> None:
        unfollow()
        if detach is not None:
            detach()

    connection.subscriptions[msg_id] = unsubscribe
    connection.send_result(msg_id)
    follow(now, first=True)
