"""What the config entry holds while it is set up: the parts of the integration, by name."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from homeassistant.config_entries import ConfigEntry

from .alarm.controller import AlarmController
from .alerts.controller import AlertController
from .cameras.reconciler import CameraReconciler
from .cameras.registry import CameraRegistry
from .cloud.monitor import StorageMonitor
from .coordinator import HomeSecCoordinator
from .detector.state import DetectorState
from .devices import Devices
from .engine_host import EngineHost
from .event_bus import EventBus
from .issues import Issues
from .visit_statistics import VisitCounts

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeSecData:
    """The parts; each gets those it uses as arguments, and none of them gets all."""

    hass: HomeAssistant
    entry: HomeSecConfigEntry
    host: EngineHost
    bus: EventBus
    devices: Devices
    cameras: CameraRegistry
    reconciler: CameraReconciler
    issues: Issues
    detector: DetectorState
    alarm: AlarmController
    alerts: AlertController
    storage: StorageMonitor
    visits: VisitCounts
    coordinator: HomeSecCoordinator
    previews: dict[str, bytes] = field(default_factory=dict)
    """By flow id, the JPEG that a camera flow shows before it saves."""

    @classmethod
    def create(cls, hass: HomeAssistant, entry: HomeSecConfigEntry) -> Self:
        """Create the parts of an entry; nothing is loaded or started yet."""
        bus, detector, host = EventBus(), DetectorState(), EngineHost(hass)
        issues = Issues(hass, entry.entry_id)
        devices = Devices(hass, entry)
        cameras = CameraRegistry(entry, devices)
        reconciler = CameraReconciler(hass, entry, host)
        alarm = AlarmController(
            hass,
            entry,
            host=host,
            bus=bus,
            cameras=cameras,
            issues=issues,
            reconciler=reconciler,
        )
        alerts = AlertController(
            hass,
            entry,
            host=host,
            bus=bus,
            alarm=alarm,
            cameras=cameras,
            devices=devices,
            issues=issues,
        )
        storage = StorageMonitor(hass, entry, host)
        coordinator = HomeSecCoordinator(
            hass,
            entry,
            host=host,
            bus=bus,
            cameras=cameras,
            issues=issues,
            detector=detector,
            alarm=alarm,
            alerts=alerts,
            storage=storage,
        )
        return cls(
            hass=hass,
            entry=entry,
            host=host,
            bus=bus,
            devices=devices,
            cameras=cameras,
            reconciler=reconciler,
            issues=issues,
            detector=detector,
            alarm=alarm,
            alerts=alerts,
            storage=storage,
            visits=VisitCounts(hass, entry, host=host, bus=bus, cameras=cameras),
            coordinator=coordinator,
        )


type HomeSecConfigEntry = ConfigEntry[HomeSecData]
