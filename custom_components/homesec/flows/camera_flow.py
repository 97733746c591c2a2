"""The flow that adds a camera or changes one: source, preview, settings."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.components.http.auth import async_sign_path
from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.const import CONF_ENTITY_ID, CONF_URL
from homeassistant.core import callback
from homeassistant.helpers import entity_registry as er

from ..cameras.config import (
    LOCATION_FIELD,
    SOURCE_FIELDS,
    camera_labels,
    source_config,
    source_unique_id,
)
from ..cameras.zones import ZoneError
from ..const import (
    CONF_DEVICE,
    CONF_DIGEST_ONLY,
    CONF_FILE,
    CONF_FINGERPRINT,
    CONF_KIND,
    CONF_MODEL,
    CONF_TRUST,
    DOMAIN,
    LABELS,
    LOGGER,
)
from ..detector.model_choice import custom_model_labels, models_dir
from ..engine.core.errors import DeviceMissing, FileMissing, HomeSecError, SourceError
from ..engine.core.source_url import format_fingerprint, is_fingerprint, source_url
from ..engine.core.types import SourceKind
from ..translations import async_options
from ..urls import PREVIEW_URL
from .camera_preview import CameraPreview, async_preview_running, async_preview_source
from .settings_form import format_settings, read_settings, settings_schema, validate_settings
from .source_form import find_webcams, format_source, is_webcam_path, read_source, source_schema
from .subentry_flow import HomeSecSubentryFlow, abort_if_removed

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

PREVIEW_LIFETIME = timedelta(minutes=30)


class CameraFlow(HomeSecSubentryFlow):
    """The flow behind "Add camera" and a camera's settings."""

    def __init__(self) -> None:
        super().__init__()
        self._source: dict[str, Any] = {}
        self._preview = CameraPreview()
        self._preview_task: asyncio.Task[CameraPreview] | None = None
        self._errors: dict[str, str] = {}
        self._error_placeholders: dict[str, str] = {}  # where a refused stream leads

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a camera."""
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
        if user_input is not None:
            self._source = read_source(user_input, self._source)
            self._errors = await self._async_check_source()
            if not self._errors:
                if self._is_duplicate(source_unique_id(self._entry_id, self._source)):
                    return self.async_abort(reason="already_configured")
                return await self.async_step_preview()
        webcams = await self._runtime.host.async_run(find_webcams)
        return self.async_show_form(
            step_id=self._first_step,
            data_schema=self.add_suggested_values_to_schema(
                source_schema(webcams, self._homesec_cameras()), format_source(self._source)
            ),
            errors=self._errors,
            description_placeholders={"host": "?", **self._error_placeholders},
            last_step=False,
        )

    def _homesec_cameras(self) -> list[str]:
        entities = er.async_entries_for_config_entry(
            er.async_get(self.hass), self._get_entry().entry_id
        )
        return [each.entity_id for each in entities if each.domain == CAMERA_DOMAIN]

    async def _async_check_source(self) -> dict[str, str]:
        """Return the errors that can be found without opening the source."""
        match SourceKind(self._source[CONF_KIND]):
            case SourceKind.STREAM:
                try:
                    source_url(source_config(self._source))
                except SourceError as err:
                    return {CONF_URL: err.key}
                if not is_fingerprint(self._source.get(CONF_FINGERPRINT, "0" * 64)):
                    # An error cannot be shown at a field inside a section.
                    return {"base": "invalid_fingerprint"}
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
        if not self._preview_task.done():
            return self.async_show_progress(
                step_id="preview", progress_action="preview", progress_task=self._preview_task
            )
        task, self._preview_task = self._preview_task, None
        try:
            self._preview = task.result()
        except SourceError as err:
            kind = SourceKind(self._source[CONF_KIND])
            self._errors = {LOCATION_FIELD[kind]: err.key}
            self._error_placeholders = err.placeholders
        except Exception:  # noqa: BLE001 - the flow goes on, and the log has the error
            LOGGER.exception("The preview of a camera failed")
            self._errors = {"base": HomeSecError.key}
        if self._errors and not self._source_unchanged():
            return self.async_show_progress_done(next_step_id=self._first_step)
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
            return await async_preview_source(self._runtime, self._source)
        except SourceError:
            if running is None:
                raise
            return running  # it may allow only one viewer

    def _may_trust(self) -> bool:
        """Return whether the camera has a certificate that isn't trusted yet."""
        url = self._source.get(CONF_URL, "").lower()
        return url.startswith(("https:", "rtsps:")) and CONF_FINGERPRINT not in self._source

    @abort_if_removed
    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the preview and ask for the settings."""
        stored = self._get_reconfigure_subentry().data if self._reconfiguring else {}
        labels = await self._async_labels(stored)
        zone_kinds = await async_options(self.hass, "zone_kind")
        errors: dict[str, str] = {}
        error_placeholders = {"zone": "", "label": ""}
        if user_input is not None:
            errors = validate_settings(user_input)
            try:
                name, settings = read_settings(user_input, stored, zone_kinds)
            except ZoneError as err:
                # An error cannot be shown at a field inside a section.
                errors = errors or {"base": err.key}
                label = labels.get(err.label, err.label)
                error_placeholders = {"zone": err.zone, "label": label}
            if not errors:
                unique_id = source_unique_id(self._entry_id, self._source)
                learned = self._learned(trusts=user_input.get(CONF_TRUST, False))
                return self._save(name, {**self._source, **learned, **settings}, unique_id)
        shown = user_input or format_settings(await self._async_name(), stored, zone_kinds)
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(
                settings_schema(
                    labels, zone_kinds, offers_trust=self._offered_fingerprint() is not None
                ),
                shown,
            ),
            errors=errors,
            description_placeholders={
                "picture": self._async_picture(),
                "formats": await self._preview.async_formats(self.hass),
                "fingerprint": format_fingerprint(self._offered_fingerprint() or ""),
                "note": await self._preview.async_note(self.hass),
                **error_placeholders,
            },
            last_step=True,
        )

    def _offered_fingerprint(self) -> str | None:
        """Return the fingerprint of a certificate that isn't trusted yet."""
        return None if CONF_FINGERPRINT in self._source else self._preview.tls_fingerprint

    def _learned(self, *, trusts: bool) -> dict[str, Any]:
        """Return what the connection showed of the source, as it is stored."""
        learned: dict[str, Any] = {}
        if trusts and (fingerprint := self._offered_fingerprint()):
            learned[CONF_FINGERPRINT] = fingerprint
        if self._preview.asks_digest and self._source[CONF_KIND] == SourceKind.STREAM:
            learned[CONF_DIGEST_ONLY] = True
        return learned

    async def _async_labels(self, stored: Mapping[str, Any]) -> dict[str, str]:
        """Return the labels to choose from, with names: built in, the model's, the camera's."""
        names = await async_options(self.hass, "label")
        model = self._get_entry().data.get(CONF_MODEL)
        custom = await self._runtime.host.async_run(
            custom_model_labels, models_dir(self.hass), model
        )
        offered = (*LABELS, *custom, *camera_labels(stored))
        return {label: names.get(label, label.capitalize()) for label in offered}

    async def _async_name(self) -> str:
        """Return the camera's name, or a suggestion; never from a URL, which may be secret."""
        if self._reconfiguring:
            return self._get_reconfigure_subentry().title
        match SourceKind(self._source[CONF_KIND]):
            case SourceKind.ENTITY:
                state = self.hass.states.get(self._source[CONF_ENTITY_ID])
                return "" if state is None else state.name
            case SourceKind.FILE:
                return Path(self._source[CONF_FILE]).stem
            case SourceKind.WEBCAM:
                webcams = await self._runtime.host.async_run(find_webcams)
                device = self._source[CONF_DEVICE]
                return next((w.name for w in webcams if w.device == device), "")
        return ""

    @callback
    def _async_picture(self) -> str:
        """Store the preview's picture for its URL, and return Markdown that shows it."""
        if self._preview.jpeg is None:
            return ""
        self._runtime.previews[self.flow_id] = self._preview.jpeg
        path = PREVIEW_URL.format(flow_id=self.flow_id)
        return f"![]({async_sign_path(self.hass, path, PREVIEW_LIFETIME)})"

    @callback
    @override
    def async_remove(self) -> None:
        """Delete the picture when the flow ends or is aborted."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is not None and entry.state is ConfigEntryState.LOADED:
            self._runtime.previews.pop(self.flow_id, None)

    def _stored_source(self) -> dict[str, Any]:
        """Return the saved source; empty for a new or removed camera."""
        if not self._reconfiguring:
            return {}
        stored = self._get_entry().subentries.get(self._reconfigure_subentry_id)
        data: Mapping[str, Any] = {} if stored is None else stored.data
        return {key: data[key] for key in SOURCE_FIELDS if key in data}

    def _source_unchanged(self) -> bool:
        return bool(stored := self._stored_source()) and self._source == stored
