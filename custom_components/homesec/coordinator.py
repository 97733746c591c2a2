"""Keeps the engine in step with the config entry, and hands on its events."""

from typing import TYPE_CHECKING

from homeassistant.core import HomeAssistant, callback

from .alarm.machine import AlarmState
from .alerts.rule_check import RuleCheck
from .bus_events import bus_event
from .camera_issues import CameraIssueEvent, async_camera_event, async_forget_camera_events
from .cameras.daylight import Daylight
from .cameras.sensor_check import SensorCheck
from .detector.setup import async_choose_detector
from .engine.core.errors import DiskReadOnly, HomeSecError, RecordingError, StartFailed
from .engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipsLimited,
    ClipsRemoved,
    ClipStarted,
    ClipUploaded,
    DetectionEnded,
    DetectionPaused,
    DetectorChanged,
    DetectStreamChanged,
    EngineEvent,
    HealthChanged,
    KeyframesMissing,
    ModelProgress,
    TamperChanged,
    ZoneChanged,
)
from .engine.core.types import CameraHealth, EngineStats
from .engine_start import EngineStart
from .event_bus import AlarmChanged, CameraChanged, EventBus, StatsUpdated, camera_of

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

    from .alarm.controller import AlarmController
    from .alerts.controller import AlertController
    from .cameras.movement import CameraMovement
    from .cameras.registry import CameraRegistry
    from .cloud.monitor import StorageMonitor
    from .detector.state import DetectorState
    from .engine_host import EngineHost
    from .issues import Issues


FOLDER_ERRORS = frozenset({DiskReadOnly.key, RecordingError.key})
"""Of clips that failed, perhaps since their folder can't be used anymore."""


class HomeSecCoordinator:
    """Starts and stops the engine, and passes what it reports to the parts of the integration."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        *,
        host: EngineHost,
        bus: EventBus,
        cameras: CameraRegistry,
        issues: Issues,
        detector: DetectorState,
        alarm: AlarmController,
        alerts: AlertController,
        movement: CameraMovement,
        storage: StorageMonitor,
    ) -> None:
        self._hass = hass
        self._entry = entry
        self._host = host
        self._bus = bus
        self._cameras = cameras
        self._issues = issues
        self._detector = detector
        self._alarm = alarm
        self._alerts = alerts
        self._movement = movement
        self._storage = storage
        self._rule_check = RuleCheck(hass, entry, cameras)
        self._sensor_check = SensorCheck(hass, entry, cameras)
        self._start = EngineStart(
            hass,
            entry,
            host,
            cloud=storage.cloud,
            purge_held=lambda: alarm.state is AlarmState.TRIGGERED,
            on_event=self.async_handle_event,
            on_started=self._async_engine_started,
            on_failed=self._async_engine_failed,
            on_spare=self._async_engine_spare,
        )
        self.daylight = Daylight(hass, cameras=cameras, on_tamper=self._async_handle_tamper)
        self.engine_stats = EngineStats()  # as last read

    @property
    def start_error(self) -> StartFailed | None:
        """Why the engine's last start failed; None before the first ended, and once it runs."""
        return self._start.error

    async def async_start(self) -> None:
        """Start the engine; run in the background, as it may have to install a library first."""
        chosen = await async_choose_detector(self._hass, self._entry.data)
        self._issues.async_opencv_missing(missing=chosen.opencv_missing)
        await self._start.async_begin(chosen)

    @callback
    def async_accept_empty_folder(self) -> None:
        """Use the clip folder although the clips that should be in it aren't."""
        self._host.empty_accepted = True
        self._start.async_retry()

    async def _async_engine_started(self) -> None:
        self._detector.engine_failed = False
        self._issues.async_engine(None)
        await self._alerts.async_engine_started()
        await self._alarm.async_reconcile()
        self.async_update_stats()
        if self._host.ready:
            await self._storage.async_start()

    async def _async_engine_spare(self, error: StartFailed) -> None:
        """Go on with an engine that uses the spare folder; ``error`` is why."""
        await self._async_engine_started()
        self._issues.async_engine(error, spare=str(self._host.clips_dir))

    @callback
    def _async_engine_failed(self, error: StartFailed) -> None:
        self._detector.engine_failed = True
        self._issues.async_engine(error)
        self._bus.async_dispatch(StatsUpdated())

    async def async_stop(self) -> None:
        """Stop everything, on unload or when Home Assistant stops, whichever comes first."""
        self._start.async_stop()
        await self._alarm.async_stop()
        await self._alerts.async_stop()
        await self._movement.async_stop()
        self._issues.async_stop()
        await self._host.async_stop()

    async def async_apply_settings(self) -> None:
        """Apply what can change while the engine runs."""
        self._storage.async_apply_retention()
        self.async_sync_cameras()
        self._bus.async_dispatch(AlarmChanged())
        await self._alerts.recipients.async_apply()
        await self._alarm.async_reconcile()
        await self._storage.async_forget_limits()

    @callback
    def async_sync_cameras(self) -> None:
        """Take over added, changed, and removed subentries: states, devices, entities."""
        for camera_id in self._cameras.async_sync():
            self._issues.async_forget_camera(camera_id)
            async_forget_camera_events(self._hass, camera_id)
        self._alerts.async_sync()
        self._rule_check.async_update()
        self._sensor_check.async_update()
        for camera_id in self._cameras:
            self._cameras.async_announce(camera_id)
            self._bus.async_dispatch(CameraChanged(camera_id=camera_id))

    async def async_start_recording(self, camera_id: str, duration_s: float | None) -> str:
        """Start a manual recording; return the clip's id."""
        host = self._host
        clip_id = await host.async_run(host.engine.start_recording, camera_id, duration_s)
        self._async_set_manual(camera_id, manual=True)
        return clip_id

    async def async_stop_recording(self, camera_id: str) -> None:
        """End the manual recording of a camera."""
        await self._host.async_run(self._host.engine.stop_recording, camera_id)
        self._async_set_manual(camera_id, manual=False)

    def _async_set_manual(self, camera_id: str, *, manual: bool) -> None:
        if (camera := self._cameras.get(camera_id)) is not None:  # else it was removed meanwhile
            camera.manual_requested = manual
            self._bus.async_dispatch(CameraChanged(camera_id=camera_id))

    @callback
    def async_handle_event(self, event: EngineEvent) -> None:
        """Pass an event of the engine to all parts that it concerns."""
        camera_id = camera_of(event)
        if isinstance(event, TamperChanged):
            event = self.daylight.async_judge(event)
        self._async_handle(event, camera_id)

    @callback
    def _async_handle_tamper(self, event: TamperChanged) -> None:
        if self._cameras.exists(event.camera_id):
            self._async_handle(event, event.camera_id)

    def _async_handle(self, event: EngineEvent, camera_id: str | None) -> None:
        if camera_id is not None:
            if self._cameras.exists(camera_id):
                self._cameras[camera_id].apply(event)
            elif not _outlasts_camera(event):
                return
            self._async_fire(event, camera_id)
        match event:
            case (
                HealthChanged()
                | ClipsLimited()
                | DetectionPaused()
                | DetectStreamChanged()
                | KeyframesMissing()
                | TamperChanged()
            ):
                self._async_check_camera(event)
            case DetectorChanged():
                self._detector.apply(event)
                self._issues.async_detector(event)
            case ModelProgress():
                self._detector.apply(event)
            case ClipSaved():
                self._issues.async_recording(None)
            case ClipFailed():
                self._async_clip_failed(event.clip.error or HomeSecError.key)
        self._storage.async_handle(event)
        # Before the alarm: what a camera sees and the alarm that it triggers are one alert.
        self._alerts.async_handle_event(event)
        self._alarm.async_handle_event(event)
        self._bus.async_dispatch(event)
        if isinstance(event, HealthChanged | ClipSaved | ClipUploaded | ClipsRemoved):
            self.async_update_stats()

    def _async_clip_failed(self, error: str) -> None:
        self._issues.async_recording(error)
        if error in FOLDER_ERRORS:
            self._async_check_folders(mount_only=False)

    def _async_check_folders(self, *, mount_only: bool) -> None:
        check = self._start.async_check_folders(mount_only=mount_only)
        self._entry.async_create_background_task(self._hass, check, "HomeSec folder check")

    def _async_fire(self, event: EngineEvent, camera_id: str) -> None:
        """Announce what concerns automations on Home Assistant's bus."""
        if (announced := bus_event(event)) is not None:
            name, data = announced
            camera = self._cameras.event_data(camera_id, _recorded_as(event))
            self._hass.bus.async_fire(name, camera | data)

    def _async_check_camera(self, event: HealthChanged | CameraIssueEvent) -> None:
        if self._host.stopped:
            return
        camera_id = event.camera_id
        name = self._cameras.subentry(camera_id).title
        if not isinstance(event, HealthChanged):
            async_camera_event(self._hass, self._entry.entry_id, name, event)
            return
        state = self._cameras[camera_id]
        self._issues.async_camera_health(
            camera_id, name, state.health, state.error, state.error_placeholders
        )
        if state.health is CameraHealth.OFF:
            async_forget_camera_events(self._hass, camera_id)

    @callback
    def async_update_stats(self, _now: object = None) -> None:
        """Read the statistics again; the engine holds them in memory, so nothing blocks."""
        if not self._host.ready:
            return
        if _now is not None:  # now and then
            self._async_check_folders(mount_only=True)
        engine = self._host.engine
        self.engine_stats = engine.engine_stats()
        self._storage.async_check_backlog()
        for camera_id, state in self._cameras.items():
            state.stats = engine.stats(camera_id)
        self._bus.async_dispatch(StatsUpdated())


def _outlasts_camera(event: EngineEvent) -> bool:
    """Return whether an event matters after its camera was removed.

    Clips stay, and are still saved and uploaded; and what was announced before has to end.
    """
    match event:
        case ClipStarted() | ClipSaved() | ClipFailed() | ClipUploaded() | DetectionEnded():
            return True
        case ZoneChanged():
            return not event.occupied
    return False


def _recorded_as(event: EngineEvent) -> str | None:
    """Return the name that a clip's camera had; None for other events."""
    match event:
        case ClipStarted() | ClipSaved() | ClipFailed() | ClipUploaded():
            return event.clip.camera_name
    return None
