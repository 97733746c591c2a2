"""The steps of the camera's flow that ask for its source and open it for a preview."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID, CONF_PASSWORD, CONF_URL
from homeassistant.helpers import entity_registry as er

from ..cameras.config import (
    LOCATION_FIELD,
    SOURCE_FIELDS,
    detect_source_config,
    source_config,
    source_unique_id,
)
from ..cameras.known_device import KnownDevice
from ..cameras.presets import CameraPreset
from ..cameras.webcams import find_webcams, is_webcam_path
from ..const import (
    CONF_DETECT_URL,
    CONF_DEVICE,
    CONF_FILE,
    CONF_FINGERPRINT,
    CONF_KIND,
    CONF_PRESET,
    DOMAIN,
    LOGGER,
    SECTION_CONNECTION,
)
from ..engine.core.errors import DeviceMissing, FileMissing, HomeSecError, SourceError
from ..engine.core.source_url import is_fingerprint, source_url
from ..engine.core.types import SourceKind
from ..translations import async_options
from .camera_preview import (
    CameraPreview,
    async_preview_first,
    async_preview_running,
    async_preview_streams,
)
from .problems import PROBLEM, async_problem
from .source_errors import source_errors
from .source_form import format_source, read_source, source_schema
from .subentry_flow import HomeSecSubentryFlow, abort_if_removed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..cameras.makers import StreamPair

TEXTS = "config_subentries.camera"  # where the flow has its texts
SLOW_AFTER_S = 6.0  # a preview that takes longer says so
_NEAR_TOP = ("base", *LOCATION_FIELD.values())


class CameraSourceSteps(HomeSecSubentryFlow):
    """Part of the camera's flow: its source, and a preview of it."""

    def __init__(self) -> None:
        super().__init__()
        self._source: dict[str, Any] = {}
        self._preset = CameraPreset.INDOOR
        self._preview = CameraPreview()
        self._preview_task: asyncio.Task[CameraPreview] | None = None
        self._patience_task: asyncio.Task[None] | None = None
        self._errors: dict[str, str] = {}
        self._error_placeholders: dict[str, str] = {}  # where a refused stream leads
        self._asked_by = "source"  # the step that gets the errors of the preview
        self._pairs: list[StreamPair] = []  # to choose from; none if the source has its URL
        self._device = KnownDevice()
        self._movement: dict[str, Any] = {}  # how to move the camera, as it's stored

    @property
    @override
    def _first_step(self) -> str:
        return "reconfigure" if self._reconfiguring else "source"

    async def async_step_source(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for the source of a new camera."""
        return await self._async_ask_source(user_input)

    @abort_if_removed
    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a camera."""
        if not self._source:
            self._source = self._stored_source()
        return await self._async_ask_source(user_input)

    async def _async_ask_source(self, user_input: dict[str, Any] | None) -> SubentryFlowResult:
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        self._asked_by = self._first_step
        if user_input is not None:
            self._preset = CameraPreset(user_input.get(CONF_PRESET, self._preset))
            self._source = read_source(user_input, self._source)
            self._pairs, self._device, self._movement = [], KnownDevice(), {}
            self._errors, self._error_placeholders = await self._async_check_source(), {}
            if self._errors:
                return await self._async_from_top(self._first_step)
            if self._is_duplicate(source_unique_id(self._entry_id, self._source)):
                return self.async_abort(reason="already_configured")
            return await self.async_step_preview()
        webcams = await self._runtime.host.async_run(find_webcams)
        notes = await async_options(self.hass, "note")
        details = {"host": "?", **self._error_placeholders}
        return self.async_show_form(
            step_id=self._first_step,
            data_schema=self.add_suggested_values_to_schema(
                source_schema(
                    webcams,
                    self._own_entities(CAMERA_DOMAIN),
                    asks_preset=not self._reconfiguring,
                    opened=self._errors,
                ),
                {CONF_PRESET: self._preset.value, **format_source(self._source)},
            ),
            errors=self._errors,
            description_placeholders={
                **details,
                PROBLEM: await async_problem(
                    self.hass, TEXTS, self._errors, details, near=_NEAR_TOP
                ),
                "password_note": notes["password_saved"] if CONF_PASSWORD in self._source else "",
            },
            last_step=False,
        )

    def _own_entities(self, *domains: str) -> list[str]:
        entities = er.async_entries_for_config_entry(
            er.async_get(self.hass), self._get_entry().entry_id
        )
        return [each.entity_id for each in entities if each.domain in domains]

    async def _async_check_source(self) -> dict[str, str]:
        """Return the errors that can be found without opening the source."""
        match SourceKind(self._source[CONF_KIND]):
            case SourceKind.STREAM:
                return self._check_stream()
            case SourceKind.WEBCAM if not is_webcam_path(self._source[CONF_DEVICE]):
                return {CONF_DEVICE: DeviceMissing.key}
            case SourceKind.FILE:
                path = self._source[CONF_FILE]
                return await self._runtime.host.async_run(self._check_file, path)
            case SourceKind.ENTITY:
                registered = er.async_get(self.hass).async_get(self._source[CONF_ENTITY_ID])
                if registered is not None and registered.platform == DOMAIN:
                    return {CONF_ENTITY_ID: "own_camera"}
        return {}

    def _check_stream(self) -> dict[str, str]:
        try:
            source_url(source_config(self._source))
        except SourceError as err:
            return {CONF_URL: err.key}
        try:
            if (detect_source := detect_source_config(self._source)) is not None:
                source_url(detect_source)
        except SourceError:
            return {SECTION_CONNECTION: "invalid_detect_url"}
        if not is_fingerprint(self._source.get(CONF_FINGERPRINT, "0" * 64)):
            return {SECTION_CONNECTION: "invalid_fingerprint"}
        return {}

    def _check_file(self, path: str) -> dict[str, str]:
        if not self.hass.config.is_allowed_path(path):
            return {CONF_FILE: "path_not_allowed"}
        return {} if Path(path).is_file() else {CONF_FILE: FileMissing.key}

    async def async_step_preview(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Fetch a preview while the flow shows that it is working."""
        if self._preview_task is None:
            # Not eagerly: a task that ends at once would lead from the form straight to the next
            # step, with this form's answers as that step's.
            self._preview_task = self.hass.async_create_task(
                self._async_preview(), "HomeSec camera preview", eager_start=False
            )
            self._patience_task = self.hass.async_create_task(
                _async_wait(self._preview_task, SLOW_AFTER_S), "HomeSec slow camera"
            )
        if not self._preview_task.done():
            if self._patience_task is not None and not self._patience_task.done():
                return self.async_show_progress(
                    step_id="preview", progress_action="preview", progress_task=self._patience_task
                )
            return self.async_show_progress(
                step_id="preview", progress_action="preview_slow", progress_task=self._preview_task
            )
        task, self._preview_task = self._preview_task, None
        try:
            self._preview = task.result()
        except SourceError as err:
            self._refuse(err)
        except Exception:  # noqa: BLE001 - the flow goes on, and the log has the error
            LOGGER.exception("The preview of a camera failed")
            self._errors = {"base": HomeSecError.key}
        if self._errors and not self._source_unchanged():
            return self.async_show_progress_done(next_step_id=self._asked_by)
        if self._errors:
            # The settings of a camera that is offline can still be changed.
            self._preview = CameraPreview(note_key="not_reached")
            self._errors = {}
        return self.async_show_progress_done(next_step_id="settings")

    async def _async_preview(self) -> CameraPreview:
        running = None
        if self._source_unchanged():
            running = await async_preview_running(self._runtime, self._reconfigure_subentry_id)
        if running is not None and not self._may_trust():
            return running
        try:
            if self._pairs:
                return await self._async_preview_pair()
            return await async_preview_streams(self._runtime, self._source)
        except SourceError:
            if running is None:
                raise
            return running  # it may allow only one viewer

    async def _async_preview_pair(self) -> CameraPreview:
        """Find out which pair of streams the camera has. Raises ``SourceError``."""
        found, preview = await async_preview_first(self._runtime, self._source, self._pairs)
        self._source = {**self._source, CONF_URL: found.main}
        if found.low is not None:
            self._source[CONF_DETECT_URL] = found.low
        return preview

    def _refuse(self, error: SourceError) -> None:
        """Keep what to say about a source that can't be opened."""
        self._errors = source_errors(error, self._source)
        self._error_placeholders = error.placeholders

    def _may_trust(self) -> bool:
        """Return whether the camera has a certificate that isn't trusted yet."""
        url = self._source.get(CONF_URL, "").lower()
        return url.startswith(("https:", "rtsps:")) and CONF_FINGERPRINT not in self._source

    def _stored_source(self) -> dict[str, Any]:
        """Return the saved source; empty for a new or removed camera."""
        if not self._reconfiguring:
            return {}
        stored = self._get_entry().subentries.get(self._reconfigure_subentry_id)
        data: Mapping[str, Any] = {} if stored is None else stored.data
        return {key: data[key] for key in SOURCE_FIELDS if key in data}

    def _source_unchanged(self) -> bool:
        return bool(stored := self._stored_source()) and self._source == stored


async def _async_wait(task: asyncio.Task[CameraPreview], limit_s: float) -> None:
    """Wait for a task, but no longer than that; it goes on."""
    await asyncio.wait({task}, timeout=limit_s)
