"""The steps of the camera's flow that find a new camera, so that nobody has to know its URL."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.const import CONF_ENTITY_ID
from homeassistant.core import callback
from homeassistant.helpers.translation import async_get_translations

from ..cameras.announcements import AnnouncedCamera
from ..cameras.discovery import FoundCameras, async_search
from ..cameras.known_device import source_host
from ..cameras.offers import async_get_offers
from ..const import CONF_FOUND, LOGGER, SUBENTRY_CAMERA
from ..engine.core.errors import HomeSecError
from ..translations import async_options
from .camera_login import CameraLoginSteps
from .found_form import AGAIN, MAKER, Offer, found_schema, offers
from .subentry_flow import abort_if_not_loaded

if TYPE_CHECKING:
    import asyncio

    from homeassistant.config_entries import SubentryFlowResult


class CameraSearchSteps(CameraLoginSteps):
    """Part of the camera's flow: a search, and what it found."""

    def __init__(self) -> None:
        super().__init__()
        self._search_task: asyncio.Task[FoundCameras] | None = None
        self._found = FoundCameras()
        self._offers: dict[str, Offer] = {}

    @abort_if_not_loaded
    async def async_step_user(
        self, announced: dict[str, Any] | AnnouncedCamera | None = None
    ) -> SubentryFlowResult:
        """Search for cameras first, or go on with one that showed up by itself."""
        if isinstance(announced, AnnouncedCamera):
            return await self._async_begin_with(announced)
        return await self.async_step_search()

    async def async_step_search(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Show that the search goes on, and then what it found."""
        if self._search_task is None:
            self._search_task = self.hass.async_create_task(
                self._async_search(), "HomeSec camera search", eager_start=False
            )
        if not self._search_task.done():
            return self.async_show_progress(
                step_id="search", progress_action="search", progress_task=self._search_task
            )
        self._found, self._search_task = self._search_task.result(), None
        return self.async_show_progress_done(next_step_id=CONF_FOUND)

    async def _async_search(self) -> FoundCameras:
        try:
            return await async_search(self.hass, self._runtime.host)
        except Exception:  # noqa: BLE001 - a camera can be added without it, and the log has it
            LOGGER.exception("The search for cameras failed")
            return FoundCameras(error=HomeSecError.key)

    @abort_if_not_loaded
    async def async_step_found(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which of the cameras to add."""
        if user_input is not None:
            return await self._async_choose(user_input[CONF_FOUND])
        domains = {camera.integration for camera in self._found.entities if camera.integration}
        titles = await async_get_translations(
            self.hass, self.hass.config.language, "title", domains
        )
        names = {domain: titles.get(f"component.{domain}.title", domain) for domain in domains}
        texts = await async_options(self.hass, "found_camera")
        self._offers = offers(self._found, names, self._used(), texts["added"])
        notes = await async_options(self.hass, "search_note")
        note = notes[self._found.error or "found"] if self._offers or self._found.error else ""
        return self.async_show_form(
            step_id=CONF_FOUND,
            data_schema=found_schema(self._offers, texts),
            description_placeholders={"note": note or notes["nothing"]},
            last_step=False,
        )

    def _used(self) -> set[str]:
        """Return the entities and hosts that cameras have already."""
        cameras = self._get_entry().get_subentries_of_type(SUBENTRY_CAMERA)
        entities = {each.data.get(CONF_ENTITY_ID, "") for each in cameras}
        return entities | {source_host(each.data) for each in cameras}

    async def _async_choose(self, value: str) -> SubentryFlowResult:
        offer = self._offers.get(value)
        self._chosen = None if offer is None else offer.device
        self._reported = []
        if value == AGAIN:
            return await self.async_step_search()
        if value == MAKER:
            return await self.async_step_maker(None)
        if self._chosen is not None:
            self._address = self._chosen.address
            return await self.async_step_login(None)
        self._source = {} if offer is None else dict(offer.source)
        return await self.async_step_source()

    @callback
    @override
    def async_remove(self) -> None:
        """Withdraw the offer of a camera that was added."""
        super().async_remove()
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is not None:
            async_get_offers(self.hass).async_withdraw_added(entry)
