"""The steps of the camera's flow that ask for a login, and find out which streams that opens."""

from typing import TYPE_CHECKING, Any, override

from homeassistant.const import CONF_PASSWORD, CONF_URL, CONF_USERNAME

from ..cameras.discovery import async_read_device
from ..cameras.known_device import KnownDevice
from ..cameras.makers import StreamPair, read_makers
from ..cameras.mover_search import movement_data
from ..cameras.presets import CameraPreset
from ..const import (
    CONF_CHANNEL,
    CONF_HOST,
    CONF_MAKER,
    CONF_PRESET,
    LOGGER,
    SECTION_CONNECTION,
)
from ..engine.core.discovery import DeviceDetails, EventKind, OnvifDevice
from ..engine.core.errors import (
    ConnectionRefused,
    DiscoveryError,
    HomeSecError,
    InvalidSource,
    LoginRefused,
    SourceError,
    StreamNotFound,
)
from ..engine.core.source_url import DEFAULT_PORTS
from ..translations import async_options
from .camera_source import TEXTS, CameraSourceSteps
from .found_form import (
    ANY_BY_ONVIF,
    Channel,
    channel_schema,
    channels,
    login_schema,
    maker_schema,
    stream_source,
)
from .problems import PROBLEM, async_problem
from .subentry_flow import abort_if_not_loaded

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from homeassistant.config_entries import SubentryFlowResult
    from probatio import Schema

    from ..cameras.announcements import AnnouncedCamera

_LOGIN, _MAKER = "login", "maker"  # steps
_NO_STREAMS = "no_streams"
_NO_PATHS = "maker_paths_missing"
_INVALID_ADDRESS = "invalid_address"
_NOT_IN_FORM = (SECTION_CONNECTION, "verify_tls")
"""Fields of the form with the whole source only, which an error can be about."""
_ONVIF_ONLY = (DiscoveryError, ConnectionRefused, LoginRefused)
"""What may be wrong with ONVIF alone."""


class CameraLoginSteps(CameraSourceSteps):
    """Part of the camera's flow: a device or a maker, and a login."""

    def __init__(self) -> None:
        super().__init__()
        self._chosen: OnvifDevice | None = None
        self._address = ""  # of the chosen device's service
        self._details = DeviceDetails()  # what the device told
        self._channels: dict[str, Channel] = {}  # by the value of their option
        self._read_task: asyncio.Task[DeviceDetails] | None = None
        self._answer: dict[str, Any] = {}  # to the form with the maker
        self._reported: list[EventKind] = []  # what the camera's own detection reports
        self._announced: AnnouncedCamera | None = None
        self._tries_paths = False  # those of the maker, not what the camera told

    async def _async_begin_with(self, camera: AnnouncedCamera) -> SubentryFlowResult:
        """Ask for the login of a camera that showed up by itself; for its maker if need be."""
        self._announced = camera
        if not camera.maker:
            self._answer = {CONF_HOST: camera.host, CONF_MAKER: ANY_BY_ONVIF}
            return await self.async_step_maker(None)
        self._address = camera.host
        self._chosen = OnvifDevice(
            id=camera.id,
            address=camera.host,
            host=camera.host,
            port=DEFAULT_PORTS["http"],
            name=camera.name or camera.maker,
            maker=camera.maker,
        )
        return await self.async_step_login(None)

    @abort_if_not_loaded
    async def async_step_login(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the login of a device that was found, and then what streams it has."""
        self._asked_by = _LOGIN
        if user_input is not None:
            self._preset = CameraPreset(user_input[CONF_PRESET])
            self._source = stream_source(user_input, self._source, "")
            self._errors, self._tries_paths = {}, False
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
        if self._errors and await self._async_try_paths(task.exception()):
            return self.async_show_progress_done(next_step_id="preview")
        if self._errors:
            return self.async_show_progress_done(next_step_id=self._asked_by)
        several = len(self._channels) > 1
        return self.async_show_progress_done(next_step_id=CONF_CHANNEL if several else "preview")

    async def _async_try_paths(self, failure: BaseException | None) -> bool:
        """Return whether to try the usual paths of an announced camera's maker.

        Many cameras have ONVIF turned off at first, or another login for it.
        """
        camera = self._announced
        if camera is None or self._asked_by != _LOGIN or not isinstance(failure, _ONVIF_ONLY):
            return False
        makers = await self.hass.async_add_executor_job(read_makers)
        self._pairs = makers[camera.maker].stream_pairs(camera.host)
        self._source = {**self._source, CONF_URL: self._pairs[0].main}
        self._device = KnownDevice(maker=camera.maker, mac=camera.mac)
        self._errors, self._error_placeholders, self._tries_paths = {}, {}, True
        return True

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
            missing = isinstance(error, StreamNotFound) and self._tries_paths
            self._errors = {"base": _NO_PATHS if missing else error.key}
        elif isinstance(error, StreamNotFound):
            self._errors = {CONF_MAKER: _NO_PATHS}
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
        self._details = details
        self._use_channel(next(iter(self._channels.values())))

    async def _async_reported(self) -> str:
        """Return what the camera reports itself, and how that can wake it."""
        if not self._reported:
            return ""
        names = await async_options(self.hass, "camera_event")
        text = (await async_options(self.hass, "note"))["camera_events"]
        return text.format(kinds=", ".join(names[kind] for kind in self._reported))

    @abort_if_not_loaded
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
        own = (x for x in self._details.profiles if x.source == channel.main.source)
        self._movement = movement_data(self._details.address, (channel.main, *own))

    @abort_if_not_loaded
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
        self._device, self._movement = KnownDevice(maker=maker.name), {}
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
