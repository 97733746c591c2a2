"""Keeps the engine in step with the entry and the alarm, and hands on what it reports."""

import asyncio
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError

from .alarm.control import AlarmController
from .alerts.control import AlertController
from .announcements import announcement
from .cameras.config import camera_config
from .cameras.source_feed import EntityFeed
from .cameras.state import CameraState
from .cloud.monitor import StorageMonitor
from .const import (
    LOGGER,
    SUBENTRY_CAMERA,
)
from .detector_setup import async_choose_detector
from .detector_state import DetectorState
from .devices import Devices
from .engine.core.errors import HomeSecError, StartFailed
from .engine.core.events import (
    ClipFailed,
    ClipSaved,
    ClipsDropped,
    ClipUploaded,
    DetectorChanged,
    EngineEvent,
    HealthChanged,
    ModelProgress,
)
from .engine.core.types import Activity, CameraConfig, EngineStats, SourceKind
from .engine_host import EngineHost
from .engine_start import EngineStart
from .event_bus import (
    AlarmChanged,
    CameraChanged,
    CamerasMissing,
    EventBus,
    StatsUpdated,
    camera_of,
)
from .issues import Issues
from .visit_statistics import VisitCounts
from .websocket.feeds import ClipFeed, StatusFeed

if TYPE_CHECKING:
    from collections.abc import Callable

type HomeSecConfigEntry = ConfigEntry[HomeSecCoordinator]


class HomeSecCoordinator(EngineHost):
    """The house: its engine, its cameras' states and its alarm."""

    def __init__(self, hass: HomeAssistant, entry: HomeSecConfigEntry) -> None:
        super().__init__(hass, on_event=self._async_handle)
        self.hass = hass
        self.entry = entry
        self.alarm = AlarmController(self)
        self.cameras: dict[str, CameraState] = {}
        self.detector = DetectorState()
        self.devices = Devices(hass, entry)
        self.engine_stats = EngineStats()
        self.issues = Issues(hass, entry.entry_id)
        self.listeners = EventBus()
        self.clip_feed = ClipFeed(self)
        self.status_feed = StatusFeed(self)
        self.visits = VisitCounts(self)
        self.listeners.async_subscribe_all(
            self.clip_feed.async_handle_event, kinds=ClipFeed.listens_to
        )
        self.listeners.async_subscribe_all(
            self.status_feed.async_handle_event, kinds=StatusFeed.listens_to
        )
        self.storage = StorageMonitor(self)
        self.alerts = AlertController(self)
        self.start = EngineStart(self)
        self.previews: dict[str, bytes] = {}
        """By flow id: the picture that a camera flow shows before it saves."""
        self._reconciling = asyncio.Lock()
        self._running: dict[str, tuple[CameraConfig, Activity]] = {}
        self._camera_adders: list[Callable[[str], None]] = []

    async def async_bring_up(self) -> None:
        """Start all; awaited by nobody, since it may have to install a library first."""
        chosen = await async_choose_detector(self.hass, self.entry.data)
        self.issues.async_opencv_missing(missing=chosen.opencv_missing)
        await self.start.async_begin(chosen)

    async def async_engine_started(self) -> None:
        """Take up work with the engine that runs now."""
        self.detector.engine_failed = False
        self.issues.async_engine(None)
        await self.alerts.recipients.async_apply()
        await self.async_reconcile()
        self.async_read_figures()
        if self.ready:
            await self.storage.async_bring_up()

    @callback
    def async_engine_failed(self, error: StartFailed) -> None:
        """Show that the engine does not run, and why."""
        self.detector.engine_failed = True
        self.issues.async_engine(error)
        self.listeners.async_dispatch(StatsUpdated())

    async def async_shut_down(self, _event: object = None) -> None:
        """End all; on unload and when Home Assistant stops, whichever comes first."""
        self.start.async_stop()
        await self.alarm.async_stop()
        self.clip_feed.async_stop()
        self.status_feed.async_stop()
        self.alerts.async_stop()
        self.issues.async_stop()
        await self.async_stop()

    @property
    def starting(self) -> bool:
        """Whether the engine does not run yet; it is started until it does."""
        return not (self.ready or self.stopped)

    # --- keeping the engine in step -----------------------------------------------------------

    def subentry(self, camera_id: str) -> ConfigSubentry:
        """Return the settings of a camera."""
        return self.entry.subentries[camera_id]

    def camera_name(self, camera_id: str) -> str | None:
        """Return what a camera is called; None for one that was removed."""
        subentry = self.entry.subentries.get(camera_id)
        return None if subentry is None else subentry.title

    def camera_facts(self, camera_id: str | None) -> dict[str, str | None]:
        """Return what every event about a camera says of it; nothing of none."""
        if camera_id is None or camera_id not in self.entry.subentries:
            return {}
        return {
            "camera_id": camera_id,
            "camera": self.camera_name(camera_id),
            "device_id": self.devices.id_of(camera_id),
        }

    async def async_reconcile(self) -> None:
        """Make the engine's cameras what entry and alarm say they are; touch only what differs."""
        async with self._reconciling:
            if not self.ready:
                return
            wanted = {
                s.subentry_id: (camera_config(s), self.alarm.activity(s.data))
                for s in self.entry.get_subentries_of_type(SUBENTRY_CAMERA)
            }
            await asyncio.gather(
                *(
                    self._async_reconcile_camera(camera_id, wanted.get(camera_id))
                    for camera_id in wanted.keys() | self._running.keys()
                    if wanted.get(camera_id) != self._running.get(camera_id)
                )
            )

    async def _async_reconcile_camera(
        self, camera_id: str, wanted: tuple[CameraConfig, Activity] | None
    ) -> None:
        running = self._running.pop(camera_id, None)
        try:
            if wanted is None:
                await self.async_run(self.engine.remove_camera, camera_id)
                return
            config, what = wanted
            if running is not None and running[0] == config:
                await self.async_run(self.engine.set_activity, camera_id, what)
            else:
                feed = self._feed(config)
                await self.async_run(self.engine.set_camera, config, what, feed)
            self._running[camera_id] = wanted
        except HomeAssistantError as err:
            LOGGER.error("Camera %s could not be set up: %s", camera_id, err)

    def _feed(self, config: CameraConfig) -> EntityFeed | None:
        if config.source.kind is not SourceKind.ENTITY:
            return None
        return EntityFeed(self.hass, config.source.location)

    @callback
    def async_sync_cameras(self) -> None:
        """Take over added, changed and removed subentries: devices, states, entities."""
        subentries = self.entry.get_subentries_of_type(SUBENTRY_CAMERA)
        wanted = dict.fromkeys(s.subentry_id for s in subentries)  # in the order of the settings
        for camera_id in self.cameras.keys() - wanted.keys():
            # Home Assistant itself removes the device and the entities.
            del self.cameras[camera_id]
            self.devices.async_forget(camera_id)
            self.issues.async_forget_camera(camera_id)
        self.alerts.async_sync()
        for camera_id in wanted:
            self.cameras.setdefault(camera_id, CameraState())
            self.devices.async_register(camera_id)
            for add in self._camera_adders:
                add(camera_id)
            self.listeners.async_dispatch(CameraChanged(camera_id=camera_id))

    @callback
    def async_on_camera(self, add: Callable[[str], None]) -> None:
        """Have ``add`` called with each camera, now and whenever one is added or changed."""
        self._camera_adders.append(add)
        for camera_id in self.cameras:
            add(camera_id)

    async def async_record(self, camera_id: str, duration_s: float | None) -> str:
        """Record by hand; returns the clip's id."""
        clip_id = await self.async_run(self.engine.start_recording, camera_id, duration_s)
        self._async_ask_to_record(camera_id, asked=True)
        return clip_id

    async def async_end_record(self, camera_id: str) -> None:
        """Take back what ``async_record`` asked for."""
        await self.async_run(self.engine.stop_recording, camera_id)
        self._async_ask_to_record(camera_id, asked=False)

    def _async_ask_to_record(self, camera_id: str, *, asked: bool) -> None:
        if (camera := self.cameras.get(camera_id)) is not None:  # else it was removed meanwhile
            camera.asked_to_record = asked
            self.listeners.async_dispatch(CameraChanged(camera_id=camera_id))

    # --- what happens -------------------------------------------------------------------------

    @callback
    def _async_handle(self, event: EngineEvent) -> None:
        camera_id = camera_of(event)
        if camera_id is not None:
            if camera_id not in self.cameras or camera_id not in self.entry.subentries:
                return  # the last words of a camera that was removed
            self.cameras[camera_id].apply(event)
            self._async_announce(event, camera_id)
        match event:
            case HealthChanged():
                self._async_check_health(event.camera_id)
            case DetectorChanged():
                self.detector.apply(event)
                self.issues.async_detector(event)
            case ModelProgress():
                self.detector.apply(event)
            case ClipSaved():
                self.issues.async_recording(None)
            case ClipFailed():
                self.issues.async_recording(event.clip.error or HomeSecError.key)
        self.storage.async_handle(event)
        self.alerts.async_handle(event)  # before the alarm: who sets it off is one alert
        self.alarm.async_handle(event)
        self.listeners.async_dispatch(event)
        if isinstance(event, HealthChanged | ClipSaved | ClipUploaded | ClipsDropped):
            self.async_read_figures()

    def _async_announce(self, event: EngineEvent, camera_id: str) -> None:
        if (told := announcement(event)) is not None:
            name, facts = told
            self.hass.bus.async_fire(name, self.camera_facts(camera_id) | facts)

    def _async_check_health(self, camera_id: str) -> None:
        if not self.stopped:
            state = self.cameras[camera_id]
            name = self.subentry(camera_id).title
            self.issues.async_camera_health(camera_id, name, state.health, state.error)

    @callback
    def async_alarm_changed(self) -> None:
        """Show it, and have the cameras do what they do from now on."""
        self.listeners.async_dispatch(AlarmChanged())
        if not self.stopped:
            self.entry.async_create_task(self.hass, self.async_reconcile(), "HomeSec alarm mode")

    @callback
    def async_cameras_missing(self, camera_ids: tuple[str, ...]) -> None:
        """Tell people that the house is armed without these."""
        for camera_id in camera_ids:
            name, error = self.subentry(camera_id).title, self.cameras[camera_id].error
            self.issues.async_camera_missing(camera_id, name, error)
        self.listeners.async_dispatch(CamerasMissing(camera_ids=camera_ids))

    @callback
    def async_read_figures(self, _now: object = None) -> None:
        """Read the diagnostic figures anew; the engine keeps them, nothing blocks."""
        if not self.ready:
            return
        self.engine_stats = self.engine.engine_stats()
        self.storage.async_look()
        for camera_id, state in self.cameras.items():
            state.stats = self.engine.stats(camera_id)
        self.listeners.async_dispatch(StatsUpdated())
