"""The steps of the config flow that offer to add a camera that showed up on the network.

Home Assistant can't show the form of a new camera as a card. So the card is a flow of the entry,
which only asks whether to add the camera, and then leads to that form.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast, override

from homeassistant.config_entries import (
    SOURCE_IGNORE,
    SOURCE_USER,
    ConfigEntryState,
    ConfigFlow,
    ConfigFlowResult,
    FlowType,
    SubentryFlowContext,
)
from homeassistant.core import callback

from ..cameras.announcements import (
    AnnouncedCamera,
    complete,
    is_added,
    of_dhcp,
    of_ssdp,
    of_zeroconf,
)
from ..cameras.offers import OFFERED, async_get_offers
from ..const import SUBENTRY_CAMERA

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry
    from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
    from homeassistant.helpers.service_info.ssdp import SsdpServiceInfo
    from homeassistant.helpers.service_info.zeroconf import ZeroconfServiceInfo

_ADD_CAMERA = "add_camera"  # the step's id


class CameraOfferSteps(ConfigFlow):
    """Part of the config flow: a card for each camera that isn't one of HomeSec's yet."""

    def __init__(self) -> None:
        super().__init__()
        self._announced: AnnouncedCamera | None = None
        self._opened = False  # whether the camera's form was

    @override
    async def async_step_zeroconf(self, discovery_info: ZeroconfServiceInfo) -> ConfigFlowResult:
        """Offer a camera that announced a service."""
        return await self._async_offer(of_zeroconf(discovery_info))

    @override
    async def async_step_ssdp(self, discovery_info: SsdpServiceInfo) -> ConfigFlowResult:
        """Offer a camera that announced a UPnP device."""
        return await self._async_offer(of_ssdp(discovery_info))

    @override
    async def async_step_dhcp(self, discovery_info: DhcpServiceInfo) -> ConfigFlowResult:
        """Offer a camera that got an address, or follow one of HomeSec's to its new address."""
        return await self._async_offer(of_dhcp(discovery_info), by_dhcp=True)

    @override
    async def async_step_integration_discovery(
        self, discovery_info: dict[str, Any]
    ) -> ConfigFlowResult:
        """Offer a camera that had to wait, or whose form was closed."""
        return await self._async_offer(discovery_info[OFFERED])

    async def _async_offer(
        self, camera: AnnouncedCamera | None, *, by_dhcp: bool = False
    ) -> ConfigFlowResult:
        if camera is None:
            return self.async_abort(reason="not_a_camera")
        camera = await self.hass.async_add_executor_job(complete, camera)
        camera = replace(camera, key=self.context.get("discovery_key"))
        offers, entry = async_get_offers(self.hass), self._entry()
        # What a device says of itself by the other ways isn't enough to follow it.
        if by_dhcp and entry is not None and entry.state is ConfigEntryState.LOADED:
            entry.runtime_data.addresses.async_seen(camera.mac, camera.host)
        if (entry is not None and is_added(self.hass, entry, camera)) or self._is_ignored(camera):
            return self.async_abort(reason="already_configured")
        if by_dhcp and not camera.maker:
            return self.async_abort(reason="not_a_camera")
        if offers.async_has(camera):
            return self.async_abort(reason="already_in_progress")
        if entry is None or offers.is_full:
            offers.async_wait(camera)
            return self.async_abort(reason="not_offered_yet")
        await self.async_set_unique_id(camera.unique_ids[0])
        self._announced = camera
        offers.async_open(self.flow_id, camera)
        label = camera.maker or camera.name
        name = f"{camera.host} ({label})" if label else camera.host
        self.context["title_placeholders"] = {"name": name}
        return await self.async_step_add_camera()

    async def async_step_add_camera(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask whether to add the camera, and open its form."""
        camera, entry = self._announced, self._entry()
        if camera is None or entry is None:
            return self.async_abort(reason="not_loaded")
        if user_input is None:
            return self.async_show_form(
                step_id=_ADD_CAMERA, description_placeholders={"host": camera.host}
            )
        if is_added(self.hass, entry, camera):
            return self.async_abort(reason="already_configured")
        self._close_earlier_forms(camera)
        form = await self.hass.config_entries.subentries.async_init(
            (entry.entry_id, SUBENTRY_CAMERA),
            context=SubentryFlowContext(source=SOURCE_USER),
            data=camera,
        )
        if "step_id" not in form:
            return self.async_abort(reason="not_loaded")
        self._opened = True
        opened = self.async_abort(reason="form_opened")
        # `async_abort` takes flows of entries only, but the frontend opens these as well, if it
        # gets the entry that they belong to.
        opened["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, form["flow_id"])
        opened["result"] = cast("Any", entry.as_json_fragment)  # which has no settings in it
        return opened

    @callback
    @override
    def async_remove(self) -> None:
        """Make room for another offer, or stay until the camera is added.

        The frontend doesn't say when a form is closed that another one led to.
        """
        super().async_remove()
        offers = async_get_offers(self.hass)
        offers.async_close(self.flow_id)
        if self._announced is not None and self._opened:
            offers.async_offer(self._announced)

    @callback
    def _close_earlier_forms(self, camera: AnnouncedCamera) -> None:
        """Close the forms that this offer led to before."""
        forms = self.hass.config_entries.subentries
        for form in forms.async_progress_by_init_data_type(
            AnnouncedCamera, camera.is_same, include_uninitialized=True
        ):
            forms.async_abort(form["flow_id"])

    def _entry(self) -> ConfigEntry | None:
        """Return the entry that cameras are added to; None without one, or if it's disabled."""
        entries = self._async_current_entries(include_ignore=False)
        return next((each for each in entries if each.disabled_by is None), None)

    def _is_ignored(self, camera: AnnouncedCamera) -> bool:
        """Return whether a person ignored the camera, however it's announced now."""
        key = camera.key
        return any(
            each.unique_id in camera.unique_ids
            or (key is not None and key in each.discovery_keys.get(key.domain, ()))
            for each in self._async_current_entries(include_ignore=True)
            if each.source == SOURCE_IGNORE
        )
