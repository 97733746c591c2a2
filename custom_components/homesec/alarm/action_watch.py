"""Announces what Home Assistant's own actions do to an armed alarm, which HomeSec can't refuse.

- ``camera.snapshot``, ``camera.record``, and ``image.snapshot`` write any file of the media folder,
  also over a clip.
- ``automation.turn_off`` turns off the automations that notify of alerts.

Everyone may call them who may control these entities.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import (
    ATTR_SERVICE_DATA,
    EVENT_CALL_SERVICE,
    EVENT_STATE_CHANGED,
    STATE_OFF,
    STATE_ON,
)
from homeassistant.core import CALLBACK_TYPE, Event, EventOrigin, HomeAssistant, State, callback
from homeassistant.exceptions import TemplateError
from homeassistant.helpers.template import Template

from ..const import DOMAIN
from .actor import panel_entity_id
from .guard import Weakening
from .settings_change import SettingsChange

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Mapping

    from homeassistant.config_entries import ConfigEntry

    from .guard import Guard

ALERT_PAUSE_S: Final = 600.0
"""Between two alerts about the same: a repeated action mustn't keep other texts waiting."""
_FILENAME: Final = "filename"
_BLUEPRINTS: Final = f"{DOMAIN}/"
"""Where Home Assistant stores HomeSec's blueprints."""


class ActionWatch:
    """Announces files that others write to the clip folder, and automations that are turned off."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        guard: Guard,
        folder: Path,
        send: Callable[[list[SettingsChange]], Awaitable[None]],
    ) -> None:
        """``folder``: that of clips; ``send`` sends an alert about changes."""
        self._hass = hass
        self._entry = entry
        self._guard = guard
        self._folder = folder
        self._send = send
        self._alerted: dict[SettingsChange, float] = {}

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Listen; return what ends that."""
        listen = self._hass.bus.async_listen
        removes = (
            listen(EVENT_CALL_SERVICE, self._async_called),
            listen(EVENT_STATE_CHANGED, self._async_turned_off, event_filter=_is_automation_off),
        )

        @callback
        def remove() -> None:
            for each in removes:
                each()

        return remove

    @callback
    def _async_called(self, event: Event[Any]) -> None:
        if not self._guard.active or event.origin is not EventOrigin.local:
            return
        if (written := event.data[ATTR_SERVICE_DATA].get(_FILENAME)) is not None:
            self._async_run(self._async_check_file(written, event))

    async def _async_check_file(self, written: object, event: Event[Any]) -> None:
        template = written if isinstance(written, Template) else Template(str(written), self._hass)
        try:
            path = Path(template.async_render(parse_result=False))
        except TemplateError:
            return  # the action can't do it, either
        if await self._hass.async_add_executor_job(self._is_ours, path):
            await self._async_announce(Weakening.CLIPS_DELETED, event)

    def _is_ours(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._folder.resolve())
        except OSError, RuntimeError, ValueError:
            return False

    @callback
    def _async_turned_off(self, event: Event[Any]) -> None:
        state: State = event.data["new_state"]
        if self._guard.active and self._notifies(state.entity_id):
            announcing = self._async_announce(Weakening.AUTOMATION_OFF, event, name=state.name)
            self._async_run(announcing)

    def _notifies(self, entity_id: str) -> bool:
        """Return whether an automation uses a blueprint of HomeSec, or the alarm panel."""
        # Imported only where it's set up.
        from homeassistant.components import automation

        blueprint = automation.blueprint_in_automation(self._hass, entity_id) or ""
        panel = panel_entity_id(self._hass, self._entry.entry_id)
        return blueprint.startswith(_BLUEPRINTS) or (
            panel in automation.entities_in_automation(self._hass, entity_id)
        )

    def _async_run(self, task: Coroutine[Any, Any, None]) -> None:
        self._entry.async_create_task(self._hass, task, "HomeSec action watch")

    async def _async_announce(
        self, action: Weakening, event: Event[Any], *, name: str | None = None
    ) -> None:
        await self._guard.async_trace_weakened(event.context, action)
        change, now = SettingsChange(action=action, name=name), self._hass.loop.time()
        if now - self._alerted.get(change, -ALERT_PAUSE_S) >= ALERT_PAUSE_S:
            self._alerted[change] = now
            await self._send([change])


@callback
def _is_automation_off(data: Mapping[str, Any]) -> bool:
    """Return whether an automation was turned off; a forged event may hold anything."""
    old, new = data.get("old_state"), data.get("new_state")
    return (
        isinstance(old, State)
        and isinstance(new, State)
        and new.domain == "automation"
        and (old.state, new.state) == (STATE_ON, STATE_OFF)
    )
