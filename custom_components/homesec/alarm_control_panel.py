"""The alarm as an alarm control panel."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.components.alarm_control_panel import (
    AlarmControlPanelEntity,
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
    CodeFormat,
)

from .alarm.machine import AlarmMode, AlarmState
from .bus_events import iso
from .entity import HomeSecEntity
from .event_bus import AlarmChanged

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

    from .runtime import HomeSecConfigEntry, HomeSecData

PARALLEL_UPDATES = 0

MODES = {
    AlarmMode.DISARMED: AlarmControlPanelState.DISARMED,
    AlarmMode.HOME: AlarmControlPanelState.ARMED_HOME,
    AlarmMode.AWAY: AlarmControlPanelState.ARMED_AWAY,
    AlarmMode.NIGHT: AlarmControlPanelState.ARMED_NIGHT,
    AlarmMode.VACATION: AlarmControlPanelState.ARMED_VACATION,
    AlarmMode.CUSTOM: AlarmControlPanelState.ARMED_CUSTOM_BYPASS,
}
STATES = {
    AlarmState.ARMING: AlarmControlPanelState.ARMING,
    AlarmState.PENDING: AlarmControlPanelState.PENDING,
    AlarmState.TRIGGERED: AlarmControlPanelState.TRIGGERED,
}
"""Of these, the state is shown instead of the mode."""


async def async_setup_entry(
    _hass: HomeAssistant,
    entry: HomeSecConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the panel."""
    async_add_entities([HomeSecAlarmPanel(runtime=entry.runtime_data)])


class HomeSecAlarmPanel(HomeSecEntity, AlarmControlPanelEntity):
    """Maps modes and actions; ``alarm/`` has the rules."""

    _attr_name = None
    _attr_supported_features = (
        AlarmControlPanelEntityFeature.ARM_HOME
        | AlarmControlPanelEntityFeature.ARM_AWAY
        | AlarmControlPanelEntityFeature.ARM_NIGHT
        | AlarmControlPanelEntityFeature.ARM_VACATION
        | AlarmControlPanelEntityFeature.ARM_CUSTOM_BYPASS
        | AlarmControlPanelEntityFeature.TRIGGER
    )
    listens_to = (AlarmChanged,)

    def __init__(self, *, runtime: HomeSecData) -> None:
        super().__init__(runtime=runtime, key="alarm")
        self._alarm = runtime.alarm

    @property
    @override
    def alarm_state(self) -> AlarmControlPanelState:
        return STATES.get(self._alarm.state) or MODES[self._alarm.mode]

    @property
    @override
    def changed_by(self) -> str | None:
        return self._alarm.snapshot.changed_by

    @property
    @override
    def code_format(self) -> CodeFormat | None:
        return CodeFormat.NUMBER if self._alarm.codes.has_pins else None

    @property
    @override
    def code_arm_required(self) -> bool:
        # As it is set up, whatever the state: voice assistants remove a panel that changes it.
        return self._alarm.codes.needed_to_arm

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        ends_at = self._alarm.delay_ends_at
        return {
            "mode": self._alarm.mode.value,
            "delay_ends_at": None if ends_at is None else iso(ends_at),
            "triggered_by": self._alarm.snapshot.triggered_by,
            "bypassed": self._alarm.bypassed,
        }

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        await self._alarm.async_disarm(
            principal=self._principal, code=code, by=await self._async_user_name()
        )

    @override
    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        await self.async_arm(AlarmMode.HOME, code=code)

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        await self.async_arm(AlarmMode.AWAY, code=code)

    @override
    async def async_alarm_arm_night(self, code: str | None = None) -> None:
        await self.async_arm(AlarmMode.NIGHT, code=code)

    @override
    async def async_alarm_arm_vacation(self, code: str | None = None) -> None:
        await self.async_arm(AlarmMode.VACATION, code=code)

    @override
    async def async_alarm_arm_custom_bypass(self, code: str | None = None) -> None:
        await self.async_arm(AlarmMode.CUSTOM, code=code)

    @override
    async def async_alarm_trigger(self, code: str | None = None) -> None:
        await self._alarm.async_trigger(by=await self._async_user_name())

    async def async_arm(
        self,
        mode: AlarmMode | str,
        *,
        code: str | None = None,
        force: bool = False,
        skip_delay: bool = False,
    ) -> None:
        """Arm; called by the action ``homesec.arm``, too."""
        await self._alarm.async_arm(
            AlarmMode(mode),
            principal=self._principal,
            code=self.code_or_default_code(code),
            by=await self._async_user_name(),
            force=force,
            skip_delay=skip_delay,
        )

    @property
    def _principal(self) -> str:
        """Return what a wrong PIN of this action is counted by."""
        return self._alarm.codes.principal(self._context)

    async def _async_user_name(self) -> str | None:
        """Return the name of the user who called the action; None for an automation."""
        if self._context is None or self._context.user_id is None:
            return None
        user = await self.hass.auth.async_get_user(self._context.user_id)
        return None if user is None else user.name
