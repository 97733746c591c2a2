"""HomeSec: a security recorder and alarm that detects people."""

from typing import TYPE_CHECKING, Any

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.event import async_track_time_interval

from .alarm.guard import Weakening, async_announce_removal
from .alarm.store import AlarmStore
from .alerts.snooze import snooze_store
from .alerts.store import alert_store
from .cameras.daylight import daylight_store
from .cameras.last_pictures import remove_pictures
from .cameras.offers import async_get_offers
from .clips.cache import async_trim_caches, get_caches
from .const import CONF_ALARM, CONF_PINS, CONF_RETENTION, DOMAIN, PLATFORMS, STATS_INTERVAL
from .issues import async_withdraw_issues
from .panel import async_hide_panel, async_serve_panel, async_show_panel
from .runtime import HomeSecConfigEntry, HomeSecData
from .services import async_setup_services
from .views import async_setup_views
from .websocket.commands import async_setup_websocket
from .websocket.subscriptions import async_start_feeds

if TYPE_CHECKING:
    from homeassistant.helpers.typing import ConfigType

APPLIED_KEYS = {CONF_ALARM, CONF_PINS, CONF_RETENTION}
"""Data of the entry that is applied without a reload."""

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Register what doesn't depend on the entry."""
    async_setup_services(hass)
    async_setup_views(hass)
    async_setup_websocket(hass)
    await async_serve_panel(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: HomeSecConfigEntry) -> None:
    """Set up the entry; the engine starts in the background."""
    entry.runtime_data = runtime = HomeSecData(hass, entry)
    coordinator = runtime.coordinator
    entry.async_on_unload(runtime.issues.async_withdraw_all)
    entry.async_on_unload(coordinator.async_stop)
    entry.async_on_unload(_stop_with_home_assistant(hass, runtime))
    await runtime.alarm.async_load()
    await coordinator.daylight.async_load()
    await runtime.alerts.async_load()
    runtime.devices.async_register(None)
    entry.async_on_unload(runtime.devices.async_follow_names())
    coordinator.async_sync_cameras()
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    entry.async_on_unload(
        async_track_time_interval(
            hass,
            coordinator.async_update_stats,
            STATS_INTERVAL,
            name="HomeSec statistics",
            cancel_on_shutdown=True,
        )
    )
    await async_show_panel(hass)
    entry.async_on_unload(async_trim_caches(hass, runtime.host))
    entry.async_on_unload(runtime.visits.async_track_midnight())
    _subscribe_to_changes(entry)
    entry.async_on_unload(runtime.alarm.codes.async_start())
    entry.async_on_unload(runtime.alarm.async_start())
    entry.async_on_unload(runtime.alerts.async_start())
    entry.async_on_unload(coordinator.daylight.async_start())
    entry.async_on_unload(runtime.wake_sensors.async_start())
    entry.async_create_background_task(hass, coordinator.async_start(), "HomeSec engine start")
    entry.async_on_unload(runtime.settings.async_start())
    entry.async_on_unload(runtime.actions.async_start())
    entry.async_on_unload(runtime.lost_cameras.async_start())
    entry.async_on_unload(async_start_feeds(hass, runtime))
    async_get_offers(hass).async_offer_waiting()


@callback
def _stop_with_home_assistant(hass: HomeAssistant, runtime: HomeSecData) -> CALLBACK_TYPE:
    """Stop when Home Assistant stops, which unloads no entry; return what cancels that.

    The event alone isn't enough: Home Assistant's app lets each user fire any event.
    """

    async def stop(event: Event) -> None:
        if hass.is_stopping:
            await runtime.coordinator.async_stop()
        else:
            await runtime.guard.async_trace_denied(event.context, Weakening.STOPPED.value)

    return hass.bus.async_listen(EVENT_HOMEASSISTANT_STOP, stop)


async def async_unload_entry(hass: HomeAssistant, entry: HomeSecConfigEntry) -> None:
    """Remove the entities; the engine is stopped afterwards."""
    if entry.disabled_by is not None:
        await entry.runtime_data.settings.async_stopped()
    await hass.config_entries.async_unload_platforms_or_raise(entry, PLATFORMS)
    if entry.disabled_by is not None:
        async_hide_panel(hass)


async def async_remove_entry(hass: HomeAssistant, _entry: HomeSecConfigEntry) -> None:
    """Delete caches, issues, and stored states; the clips are yours and stay."""
    await hass.async_add_executor_job(get_caches(hass).clear)
    await hass.async_add_executor_job(remove_pictures, hass)
    async_hide_panel(hass)
    async_get_offers(hass).async_withdraw_all()
    async_withdraw_issues(hass, persistent=True)
    await async_announce_removal(hass)
    await AlarmStore(hass).async_remove()
    await snooze_store(hass).async_remove()
    await daylight_store(hass).async_remove()
    await alert_store(hass).async_remove()


@callback
def _subscribe_to_changes(entry: HomeSecConfigEntry) -> None:
    """Apply changed settings; reload the entry only if the engine has to be started again."""
    running = _engine_settings(entry)
    runtime = entry.runtime_data  # the entry may be unloaded meanwhile, and has none then

    async def changed(hass: HomeAssistant, entry: HomeSecConfigEntry) -> None:
        await runtime.settings.async_compare()
        if _engine_settings(entry) != running:
            hass.config_entries.async_schedule_reload(entry.entry_id)
            return
        await runtime.coordinator.async_apply_settings()
        await runtime.pictures.async_forget_others()

    entry.async_on_unload(entry.add_update_listener(changed))


def _engine_settings(entry: HomeSecConfigEntry) -> tuple[dict[str, Any], str]:
    """Return the settings that can't change while the engine runs."""
    return {key: value for key, value in entry.data.items() if key not in APPLIED_KEYS}, entry.title
