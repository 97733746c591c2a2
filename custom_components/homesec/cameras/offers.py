"""The offers to add cameras that show up on the network; Home Assistant shows each as a card."""

from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigFlowContext
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.helpers.singleton import singleton

from ..const import DOMAIN
from .announcements import is_added

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

    from .announcements import AnnouncedCamera

MAX_OFFERS: Final = 8
"""Cards at a time: anything can announce itself, and a person reads each of them."""
MAX_WAITING: Final = 64
OFFERED: Final = "camera"  # key in the data of a flow that HomeSec itself starts


class CameraOffers:
    """Cameras that are offered, and those that aren't yet."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._open: dict[str, AnnouncedCamera] = {}  # by the id of their flow
        self._waiting: dict[str, AnnouncedCamera] = {}  # by their own id

    @property
    def is_full(self) -> bool:
        """Whether there are as many offers as a person should see at a time."""
        return len(self._open) >= MAX_OFFERS

    @callback
    def async_has(self, camera: AnnouncedCamera) -> bool:
        """Return whether a camera is offered already."""
        return any(camera.is_same(each) for each in self._open.values())

    @callback
    def async_open(self, flow_id: str, camera: AnnouncedCamera) -> None:
        """Note that a flow offers a camera."""
        self._open[flow_id] = camera

    @callback
    def async_close(self, flow_id: str) -> None:
        """Note that a flow has ended; if it was an offer, there's room for others."""
        if self._open.pop(flow_id, None) is not None:
            self.async_offer_waiting()

    @callback
    def async_wait(self, camera: AnnouncedCamera) -> None:
        """Offer a camera later: it tells of itself only once."""
        if len(self._waiting) < MAX_WAITING:
            self._waiting[camera.id] = camera

    @callback
    def async_offer_waiting(self) -> None:
        """Offer the cameras that had to wait; those for which there's no room wait again."""
        waiting, self._waiting = self._waiting, {}
        for camera in waiting.values():
            self.async_offer(camera)

    @callback
    def async_offer(self, camera: AnnouncedCamera) -> None:
        """Offer a camera, unless it's one of HomeSec's."""
        context = ConfigFlowContext(source=SOURCE_INTEGRATION_DISCOVERY)
        discovery_flow.async_create_flow(
            self._hass, DOMAIN, context, {OFFERED: camera}, discovery_key=camera.key
        )

    @callback
    def async_withdraw_added(self, entry: ConfigEntry) -> None:
        """Withdraw the offers of cameras that were added meanwhile."""
        for flow_id, camera in list(self._open.items()):
            if is_added(self._hass, entry, camera):
                self._hass.config_entries.flow.async_abort(flow_id)

    @callback
    def async_withdraw_all(self) -> None:
        """Withdraw all offers until HomeSec is set up again."""
        for flow_id, camera in list(self._open.items()):
            self.async_wait(camera)
            self._open.pop(flow_id)
            self._hass.config_entries.flow.async_abort(flow_id)


@singleton(f"{DOMAIN}_camera_offers")
@callback
def async_get_offers(hass: HomeAssistant) -> CameraOffers:
    """Return the offers, which are there before HomeSec is set up, and after it's removed."""
    return CameraOffers(hass)
