"""The steps of the camera's flow that find a new camera, so that nobody has to know its URL."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID, CONF_PASSWORD, CONF_URL, CONF_USERNAME
from homeassistant.helpers.translation import async_get_translations

from ..cameras.config import CameraPreset
from ..cameras.discovery import FoundCameras, async_read_device, async_search
from ..cameras.known_device import KnownDevice, source_host
from ..cameras.makers import StreamPair, read_makers
from ..const import (
    CONF_CHANNEL,
    CONF_FOUND,
    CONF_HOST,
    CONF_MAKER,
    CONF_PRESET,
    LOGGER,
    SECTION_CONNECTION,
    SUBENTRY_CAMERA,
)
from ..engine.core.discovery import EventKind
from ..engine.core.errors import HomeSecError, InvalidSource, SourceError, StreamNotFound
from ..translations import async_options
from .camera_source import TEXTS, CameraSourceSteps
from .found_form import (
    AGAIN,
    ANY_BY_ONVIF,
    MAKER,
    Channel,
    Offer,
    channel_schema,
    channels,
    found_schema,
    login_schema,
    maker_schema,
    offers,
    stream_source,
)
from .problems import PROBLEM, async_problem

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from probatio import Schema

    from ..engine.core.discovery import DeviceDetails, OnvifDevice

_LOGIN, _MAKER = "login", "maker"  # steps
_NO_STREAMS = "no_streams"
_INVALID_ADDRESS = "invalid_address"
_NOT_IN_FORM = (SECTION_CONNECTION, "verify_tls")
"""Fields of the form with the whole source only, which an error can be about."""


class CameraSearchSteps(CameraSourceSteps):
    """Part of the camera's flow: what's there, and a login for it."""

    def __init__(self) -> None:
        super().__init__()
        self._search_task: asyncio.Task[FoundCameras] | None = None
        self._found = FoundCameras()
        self._offers: dict[str, Offer] = {}
        self._chosen: OnvifDevice | None = None
        self._address = ""  # of the chosen device's service
        self._channels: dict[str, Channel] = {}  # by the value of their option
        self._read_task: asyncio.Task[DeviceDetails] | None = None
        self._answer: dict[str, Any] = {}  # to the form with the maker
        self._reported: list[EventKind] = []  # what the camera's own detection reports

    async def async_step_user(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Search for cameras first."""
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
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
            return await self.async_step_maker()
        if self._chosen is not None:
            self._address = self._chosen.address
            return await self.async_step_login()
        self._source = {} if offer is None else dict(offer.source)
        return await self.async_step_source()

    async def async_step_login(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the login of a device that was found, and then what streams it has."""
        self._asked_by = _LOGIN
        if user_input is not None:
            self._preset = CameraPreset(user_input[CONF_PRESET])
            self._source = stream_source(user_input, self._source, "")
            self._errors = {}
            return await self.async_step_read()
        return await self._async_show(_LOGIN, login_schema(), {})

    async def async_step_read(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Ask the device while the flow shows that it is working."""
        if self._read_task is None:
            self._read_task = self.hass.async_create_task(
                self._async_read(), "HomeSec camera details", eager_start=False
            )
        if not self._read_task.done():
            return self.async_show_progress(
                step_id="read", progress_action="read", progress_task=self._read_task
            )
        task, self._read_task = self._read_task, None
        try:
            self._adopt(task.result())
        except SourceError as err:
            self._refuse(err)
        except HomeSecError as err:
            self._errors = {"base": err.key}
        except Exception:  # noqa: BLE001 - the flow goes on, and the log has the error
            LOGGER.exception("A camera couldn't be asked for its streams")
            self._errors = {"base": HomeSecError.key}
        if self._errors:
            return self.async_show_progress_done(next_step_id=self._asked_by)
        several = len(self._channels) > 1
        return self.async_show_progress_done(next_step_id=CONF_CHANNEL if several else "preview")

    async def _async_read(self) -> DeviceDetails:
        return await async_read_device(
            self.hass,
            self._runtime.host,
            self._address,
            self._source.get(CONF_USERNAME),
            self._source.get(CONF_PASSWORD),
        )

    @override
    def _refuse(self, error: SourceError) -> None:
        """Show an error where it can be corrected."""
        super()._refuse(error)
        if self._asked_by not in (_LOGIN, _MAKER):
            return
        if not self._errors.keys().isdisjoint(_NOT_IN_FORM):
            self._asked_by = self._first_step
            return
        if (password := self._errors.get(CONF_PASSWORD)) is not None:
            self._errors = {CONF_PASSWORD: password}
        elif self._asked_by == _LOGIN:
            self._errors = {"base": error.key}
        elif isinstance(error, StreamNotFound):
            self._errors = {CONF_MAKER: "maker_paths_missing"}
        else:
            is_none = isinstance(error, InvalidSource)
            self._errors = {CONF_HOST: _INVALID_ADDRESS if is_none else error.key}

    def _adopt(self, details: DeviceDetails) -> None:
        """Take over what a device told of itself."""
        self._channels = channels(details)
        if not self._channels:
            self._errors = {"base": _NO_STREAMS}
            return
        self._device = KnownDevice.reported(
            maker=details.maker,
            model=details.model,
            firmware=details.firmware,
            serial=details.serial,
            mac=details.mac or "",
        )
        kinds = {event.kind for event in details.events}
        self._reported = [kind for kind in EventKind if kind in kinds]
        self._use_channel(next(iter(self._channels.values())))

    async def _async_reported(self) -> str:
        """Return what the camera reports itself, and how that can wake it."""
        if not self._reported:
            return ""
        names = await async_options(self.hass, "camera_event")
        text = (await async_options(self.hass, "note"))["camera_events"]
        return text.format(kinds=", ".join(names[kind] for kind in self._reported))

    async def async_step_channel(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which of the cameras of a recorder, or of the lenses of a camera, to add."""
        if user_input is not None:
            self._use_channel(self._channels[user_input[CONF_CHANNEL]])
            return await self.async_step_preview()
        return self.async_show_form(
            step_id=CONF_CHANNEL, data_schema=channel_schema(self._channels), last_step=False
        )

    def _use_channel(self, channel: Channel) -> None:
        main, low = channel.main.url, None if channel.low is None else channel.low.url
        self._pairs = [StreamPair(main=main, low=low)]
        self._source = {**self._source, CONF_URL: main}

    async def async_step_maker(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for maker, address, and login, and then try the paths of that maker."""
        self._asked_by = _MAKER
        makers = await self.hass.async_add_executor_job(read_makers)
        if user_input is None:
            return await self._async_show(_MAKER, maker_schema(makers), self._answer)
        self._answer = {k: v for k, v in user_input.items() if k != CONF_PASSWORD}
        self._preset = CameraPreset(user_input[CONF_PRESET])
        if user_input[CONF_MAKER] == ANY_BY_ONVIF:
            self._address, self._errors = user_input[CONF_HOST], {}
            self._source = stream_source(user_input, self._source, "")
            return await self.async_step_read()
        maker, address = makers[user_input[CONF_MAKER]], user_input[CONF_HOST]
        try:
            self._pairs = maker.stream_pairs(address, int(user_input[CONF_CHANNEL]))
        except InvalidSource:
            self._errors = {CONF_HOST: _INVALID_ADDRESS}
            return await self._async_from_top(_MAKER)
        self._source = stream_source(user_input, self._source, self._pairs[0].main)
        self._device = KnownDevice(maker=maker.name)
        self._errors = {}
        return await self.async_step_preview()

    async def _async_show(
        self, step_id: str, schema: Schema, shown: Mapping[str, Any]
    ) -> SubentryFlowResult:
        device, notes = self._chosen, await async_options(self.hass, "note")
        errors, details = self._errors, {"host": "?", **self._error_placeholders}
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                schema,
                {
                    CONF_USERNAME: self._source.get(CONF_USERNAME),
                    CONF_PRESET: self._preset.value,
                    **shown,
                },
            ),
            errors=errors,
            description_placeholders={
                **details,
                "device": "" if device is None else device.host,
                "password_note": notes["password_saved"] if CONF_PASSWORD in self._source else "",
                PROBLEM: await async_problem(
                    self.hass, TEXTS, errors, details, near=(CONF_MAKER, CONF_HOST, CONF_PASSWORD)
                ),
            },
            last_step=False,
        )
