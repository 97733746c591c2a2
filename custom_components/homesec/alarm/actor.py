"""Who asks for a change: a user, a voice, an automation, or an administrator in a settings form."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.alarm_control_panel import DOMAIN as ALARM_DOMAIN
from homeassistant.components.http import KEY_HASS_USER
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.http import current_request
from homeassistant.helpers.script import script_stack_cv

from ..const import DOMAIN
from .codes import principal_of

if TYPE_CHECKING:
    from homeassistant.auth.models import User
    from homeassistant.core import Context, HomeAssistant

    from .sources import ContextSources

EVENT_HOMEKIT: Final = "homekit_state_change"
"""Home Assistant's HomeKit bridge fires it first for each command of Siri or the Home app."""

CLOUD_USER: Final = "Home Assistant Cloud"
"""The user of Alexa and Google Assistant: an administrator, although anyone may speak to them."""


class ActorKind(StrEnum):
    """How a change was asked for."""

    USER = "user"
    VOICE = "voice"  # with or without a user: anyone nearby may have spoken
    PHONE = "phone"  # an automation that a user started: a button in a notification, a switch
    AUTOMATION = "automation"  # an automation, a script that it runs, or another integration
    SETTINGS = "settings"  # Home Assistant asks for an administrator, but doesn't say which


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks for a change, as far as Home Assistant knows."""

    kind: ActorKind
    context: Context | None = None
    user: User | None = None

    @property
    def name(self) -> str | None:
        """The user's name."""
        return None if self.user is None else self.user.name

    @property
    def user_id(self) -> str | None:
        """The user's id."""
        if self.user is not None:
            return self.user.id
        return None if self.context is None else self.context.user_id


SETTINGS_FORM: Final = Actor(kind=ActorKind.SETTINGS)


def form_principal() -> str:
    """Return what wrong PINs in a settings form are counted by: the user of the HTTP request."""
    request = current_request.get()
    user: User | None = None if request is None else request.get(KEY_HASS_USER)
    if user is None:
        return principal_of(None, ActorKind.SETTINGS.value)
    return principal_of(user.id)


async def async_actor(
    hass: HomeAssistant, context: Context | None, sources: ContextSources
) -> Actor:
    """Return who is behind the context of an action, or of a command.

    A script that a user runs has that user's context, so it gives nobody more rights. What an
    automation does has no user; nor have the commands of voice satellites and of HomeKit. But an
    automation that a user starts acts for that user: with a button in a notification, by switching
    something, or by hand.
    """
    in_script = bool(script_stack_cv.get())
    user_id = None if context is None else context.user_id
    if not in_script and (_in_conversation(hass) or _from_homekit(context)):
        kind = ActorKind.VOICE
    elif user_id is None and (user_id := await sources.async_starting_user(context)) is not None:
        kind = ActorKind.PHONE
    else:
        kind = ActorKind.AUTOMATION if user_id is None else ActorKind.USER
    user = None if user_id is None else await hass.auth.async_get_user(user_id)
    if user is not None and user.system_generated and user.name == CLOUD_USER:
        kind = ActorKind.VOICE
    return Actor(kind=kind, context=context, user=user)


def _in_conversation(hass: HomeAssistant) -> bool:
    """Return whether Assist runs the current task."""
    if "conversation" not in hass.config.components:
        return False
    # Imported only where it's set up: its requirements aren't installed everywhere.
    from homeassistant.components.conversation.chat_log import current_chat_log

    return current_chat_log.get() is not None


def _from_homekit(context: Context | None) -> bool:
    origin = None if context is None else context.origin_event
    return origin is not None and origin.event_type == EVENT_HOMEKIT


@callback
def panel_entity_id(hass: HomeAssistant, entry_id: str) -> str | None:
    """Return the id of the alarm panel's entity, which users may rename."""
    return er.async_get(hass).async_get_entity_id(ALARM_DOMAIN, DOMAIN, f"{entry_id}_alarm")


@callback
def may_control(hass: HomeAssistant, entry_id: str, user: User) -> bool:
    """Return whether a user may arm and disarm, as far as that takes no PIN."""
    if user.is_admin:
        return True
    entity_id = panel_entity_id(hass, entry_id)
    return entity_id is not None and user.permissions.check_entity(entity_id, POLICY_CONTROL)
