"""The page's subscriptions to status and clips; they survive a reload of the entry."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.util.hass_dict import HassKey
import probatio

from ..access import Permission, async_get_runtime, check_permission, has_permission
from ..const import DOMAIN
from .feeds import ClipFeed
from .problems import visible_problems
from .status import StatusFeed

if TYPE_CHECKING:
    from collections.abc import Callable

    from homeassistant.components.websocket_api import ActiveConnection

    from ..runtime import HomeSecData

_SIGNAL: Final = f"{DOMAIN}_runtime"
"""Sent with the parts of an entry that was set up, and with None when it is unloaded."""


@dataclass(frozen=True, slots=True)
class _Feeds:
    status: StatusFeed
    clips: ClipFeed


_FEEDS: HassKey[_Feeds] = HassKey(f"{DOMAIN}_feeds")


@callback
def async_start_feeds(hass: HomeAssistant, runtime: HomeSecData) -> CALLBACK_TYPE:
    """Feed open pages from an entry that was set up; return a function that stops it."""
    feeds = hass.data[_FEEDS] = _Feeds(StatusFeed(runtime), ClipFeed(runtime))
    async_dispatcher_send(hass, _SIGNAL, runtime)

    @callback
    def stop() -> None:
        feeds.clips.async_stop()
        feeds.status.async_stop()

    @callback
    def stop_with_home_assistant(_event: Event) -> None:
        if hass.is_stopping:  # each user can fire the event
            stop()

    cancel = hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, stop_with_home_assistant)

    @callback
    def unload() -> None:
        cancel()
        async_dispatcher_send(hass, _SIGNAL, None)
        stop()
        hass.data.pop(_FEEDS)

    return unload


@callback
@websocket_api.websocket_command({probatio.Required("type"): "homesec/house/subscribe"})
def _status(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    def attach(runtime: HomeSecData) -> CALLBACK_TYPE:
        @callback
        def send(status: dict[str, Any]) -> None:
            user = {
                "may_control": has_permission(connection.user, runtime, Permission.CONTROL),
                "is_admin": connection.user.is_admin,
            }
            problems = visible_problems(status["problems"], connection.user)
            connection.send_event(msg["id"], {**status, "problems": problems, "user": user})

        feed = hass.data[_FEEDS].status
        send(feed.message)
        return feed.async_subscribe(send)

    async_follow(hass, connection, msg["id"], attach)


@callback
@websocket_api.websocket_command({probatio.Required("type"): "homesec/clips/subscribe"})
def _clips(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    def attach(_runtime: HomeSecData) -> CALLBACK_TYPE:
        return hass.data[_FEEDS].clips.async_subscribe(partial(connection.send_event, msg["id"]))

    async_follow(hass, connection, msg["id"], attach)


@callback
def async_follow(
    hass: HomeAssistant,
    connection: ActiveConnection,
    msg_id: int,
    attach: Callable[[HomeSecData], CALLBACK_TYPE],
) -> None:
    """Attach a subscription to the entry that is loaded, and to each that is loaded later.

    ``{"unavailable": true}`` is sent when it is unloaded, ``{"unavailable": false}`` when one is
    loaded again, after which everything may have changed.
    """
    detach: CALLBACK_TYPE | None = None

    @callback
    def follow(runtime: HomeSecData | None, *, first: bool = False) -> None:
        nonlocal detach
        if detach is not None:
            detach()
            detach = None
        if runtime is None:
            connection.send_event(msg_id, {"unavailable": True})
            return
        try:
            check_permission(connection.user, runtime, Permission.READ)
        except Unauthorized:
            return
        if not first:
            connection.send_event(msg_id, {"unavailable": False})
        detach = attach(runtime)

    loaded = async_get_runtime(hass)
    if loaded is not None:
        check_permission(connection.user, loaded, Permission.READ)
    unfollow = async_dispatcher_connect(hass, _SIGNAL, follow)

    @callback
    def unsubscribe() -> None:
        unfollow()
        if detach is not None:
            detach()

    connection.subscriptions[msg_id] = unsubscribe
    connection.send_result(msg_id)
    follow(loaded, first=True)


COMMANDS = (_status, _clips)
