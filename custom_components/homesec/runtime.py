"""What the config entry holds while it is set up: the parts of the integration, by name."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry

from .alarm.action_watch import ActionWatch
from .alarm.controller import AlarmController
from .alarm.guard import Guard
from .alarm.lost_cameras import LostCameras
from .alarm.move_permits import MovePermits
from .alarm.settings_watch import SettingsWatch
from .alerts.controller import AlertController
from .cameras.address_follower import AddressFollower
from .cameras.last_pictures import LastPictures
from .cameras.movement import CameraMovement
from .cameras.reconciler import CameraReconciler
from .cameras.registry import CameraRegistry
from .cameras.wake import WakeSensors
from .cloud.monitor import StorageMonitor
from .coordinator import HomeSecCoordinator
from .detector.state import DetectorState
from .devices import Devices
from .engine_host import EngineHost, clips_dir
from .event_bus import EventBus
from .issues import Issues
from .visit_statistics import VisitCounts

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from .cameras.tryout import CameraTryout


@dataclass(slots=True, eq=False)
class HomeSecData:
    """The parts; each gets those it uses as arguments, and none of them gets all."""

    hass: HomeAssistant
    entry: HomeSecConfigEntry
    bus: EventBus = field(default_factory=EventBus)
    detector: DetectorState = field(default_factory=DetectorState)
    previews: dict[str, bytes] = field(default_factory=dict)
    """By flow id, the JPEG that a camera flow shows before it saves."""
    tryouts: dict[str, CameraTryout] = field(default_factory=dict)
    """By the token in the address of its picture, what a camera flow tries before it saves."""
    host: EngineHost = field(init=False)
    issues: Issues = field(init=False)
    devices: Devices = field(init=False)
    cameras: CameraRegistry = field(init=False)
    pictures: LastPictures = field(init=False)
    addresses: AddressFollower = field(init=False)
    reconciler: CameraReconciler = field(init=False)
    wake_sensors: WakeSensors = field(init=False)
    movement: CameraMovement = field(init=False)
    alarm: AlarmController = field(init=False)
    guard: Guard = field(init=False)
    move_permits: MovePermits = field(init=False)
    alerts: AlertController = field(init=False)
    settings: SettingsWatch = field(init=False)
    actions: ActionWatch = field(init=False)
    lost_cameras: LostCameras = field(init=False)
    storage: StorageMonitor = field(init=False)
    visits: VisitCounts = field(init=False)
    coordinator: HomeSecCoordinator = field(init=False)

    def __post_init__(self) -> None:
        """Create the parts; nothing is loaded or started yet."""
        hass, entry, bus = self.hass, self.entry, self.bus
        self.host = host = EngineHost(hass)
        self.issues = issues = Issues(hass, entry.entry_id)
        self.devices = devices = Devices(hass, entry)
        self.cameras = cameras = CameraRegistry(hass, entry, devices)
        self.pictures = pictures = LastPictures(hass, entry, bus=bus)
        self.addresses = AddressFollower(hass, entry, bus=bus, cameras=cameras)
        self.reconciler = CameraReconciler(hass, entry, host, pictures)
        self.wake_sensors = WakeSensors(hass, entry, host=host, cameras=cameras)
        self.movement = CameraMovement(hass, entry, host=host, cameras=cameras)
        self.storage = StorageMonitor(hass, entry, host)
        self.visits = VisitCounts(hass, entry, host=host, bus=bus, cameras=cameras)
        self.alarm = AlarmController(
            hass,
            entry,
            host=host,
            bus=bus,
            cameras=cameras,
            issues=issues,
            reconciler=self.reconciler,
        )
        self.guard = Guard(hass, entry, alarm=self.alarm, cameras=cameras)
        self.move_permits = MovePermits(hass, bus=bus, alarm=self.alarm)
        self.alerts = AlertController(
            hass,
            entry,
            host=host,
            bus=bus,
            alarm=self.alarm,
            cameras=cameras,
            devices=devices,
            issues=issues,
        )
        self.settings = SettingsWatch(
            hass,
            entry,
            alarm=self.alarm,
            guard=self.guard,
            bus=bus,
            cameras=cameras,
            send=self.alerts.async_send_changes,
        )
        self.lost_cameras = LostCameras(hass, bus=bus, alarm=self.alarm, cameras=cameras)
        self.actions = ActionWatch(
            hass,
            entry,
            guard=self.guard,
            folder=clips_dir(hass),
            send=self.alerts.async_send_changes,
        )
        self.coordinator = HomeSecCoordinator(
            hass,
            entry,
            host=host,
            bus=bus,
            cameras=cameras,
            issues=issues,
            detector=self.detector,
            alarm=self.alarm,
            alerts=self.alerts,
            movement=self.movement,
            storage=self.storage,
        )


type HomeSecConfigEntry = ConfigEntry[HomeSecData]
