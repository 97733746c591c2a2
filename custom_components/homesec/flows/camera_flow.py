"""Add a camera, or change one: where it is, a look through it, what to do with what it sees."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, override

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.components.http.auth import async_sign_path
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
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
    CONF_FILE,
    CONF_KIND,
    CONF_MODEL,
    DOMAIN,
    LABELS,
    LOGGER,
    SUBENTRY_CAMERA,
)
from ..engine.capture import stream_url
from ..engine.core.errors import DeviceMissing, FileMissing, HomeSecError, SourceError
from ..engine.core.types import SourceKind
from ..model_choice import models_dir, own_labels
from ..texts import async_options
from ..urls import PREVIEW_URL
from .camera_preview import CameraPreview, async_look, async_seen_by_engine
from .form_fields import abort_if_removed
from .settings_form import read_settings, settings_errors, settings_schema, shown_settings
from .source_form import read_source, shown_source, source_schema
from .webcams import find_webcams, is_webcam_path

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from ..coordinator import HomeSecCoordinator

PREVIEW_LIFETIME = timedelta(minutes=30)


class CameraFlow(ConfigSubentryFlow):
    """The flow behind "Add camera" and a camera's gear."""

    def __init__(self) -> None:
        self._source: dict[str, Any] = {}
        self._seen = CameraPreview()
        self._errors: dict[str, str] = {}
        self._look: asyncio.Task[CameraPreview] | None = None

    # --- where it is --------------------------------------------------------------------------

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Add a camera."""
        return await self._async_ask_source("user", user_input)

    @abort_if_removed
    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Change a camera."""
        if not self._source:
            self._source = self._stored_source()
        return await self._async_ask_source("reconfigure", user_input)

    async def _async_ask_source(
        self, step_id: str, user_input: dict[str, Any] | None
    ) -> SubentryFlowResult:
        if self._get_entry().state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        if user_input is not None:
            self._source = read_source(user_input, self._source)
            self._errors = await self._async_check_source()
            if not self._errors:
                if self._is_known():
                    return self.async_abort(reason="already_configured")
                return await self.async_step_look()
        webcams = await self._coordinator.async_run(find_webcams)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                source_schema(webcams, self._own_cameras()), shown_source(self._source)
            ),
            errors=self._errors,
            last_step=False,
        )

    def _own_cameras(self) -> list[str]:
        entities = er.async_entries_for_config_entry(
            er.async_get(self.hass), self._get_entry().entry_id
        )
        return [each.entity_id for each in entities if each.domain == CAMERA_DOMAIN]

    async def _async_check_source(self) -> dict[str, str]:
        """Find out what is wrong with the source without opening it."""
        match SourceKind(self._source[CONF_KIND]):
            case SourceKind.STREAM:
                try:
                    stream_url(source_config(self._source))
                except SourceError as err:
                    return {CONF_URL: err.key}
            case SourceKind.WEBCAM if not is_webcam_path(self._source[CONF_DEVICE]):
                return {CONF_DEVICE: DeviceMissing.key}
            case SourceKind.FILE:
                path = self._source[CONF_FILE]
                return await self._coordinator.async_run(self._check_file, path)
            case SourceKind.ENTITY:
                registered = er.async_get(self.hass).async_get(self._source[CONF_ENTITY_ID])
                if registered is not None and registered.platform == DOMAIN:
                    return {CONF_ENTITY_ID: "own_camera"}
        return {}

    def _check_file(self, path: str) -> dict[str, str]:
        if not self.hass.config.is_allowed_path(path):
            return {CONF_FILE: "path_not_allowed"}
        return {} if Path(path).is_file() else {CONF_FILE: FileMissing.key}

    def _is_known(self) -> bool:
        """Whether another camera has this source."""
        own_id = self.context.get("subentry_id")
        unique_id = source_unique_id(self._entry_id, self._source)
        return any(
            subentry.unique_id == unique_id and subentry.subentry_id != own_id
            for subentry in self._get_entry().get_subentries_of_type(SUBENTRY_CAMERA)
        )

    # --- a look through it --------------------------------------------------------------------

    async def async_step_look(self, _input: dict[str, Any] | None = None) -> SubentryFlowResult:
        """Open the source and take a picture, while the person sees that something is going on."""
        if self._look is None:
            # Not eagerly: a look that is over at once would lead from the form straight to the next
            # step, with this form's answers as that step's.
            self._look = self.hass.async_create_task(
                self._async_look(), "HomeSec camera look", eager_start=False
            )
        if not self._look.done():
            return self.async_show_progress(
                step_id="look", progress_action="look", progress_task=self._look
            )
        look, self._look = self._look, None
        try:
            self._seen = look.result()
        except SourceError as err:
            kind = SourceKind(self._source[CONF_KIND])
            self._errors = {LOCATION_FIELD[kind]: err.key}
        except Exception:  # noqa: BLE001 - whatever it is, the flow goes on and the log has it
            LOGGER.exception("The look through a camera failed")
            self._errors = {"base": HomeSecError.key}
        if self._errors and not self._source_unchanged():
            step_id = "reconfigure" if self.source == SOURCE_RECONFIGURE else "user"
            return self.async_show_progress_done(next_step_id=step_id)
        if self._errors:
            # A camera that is away just now must not keep its settings from being changed.
            self._seen = CameraPreview(note="not_reached")
            self._errors = {}
        return self.async_show_progress_done(next_step_id="settings")

    async def _async_look(self) -> CameraPreview:
        if self._source_unchanged():
            seen = await async_seen_by_engine(self._coordinator, self._reconfigure_subentry_id)
            if seen is not None:
                return seen
        return await async_look(self._coordinator, self._source)

    # --- what to do with what it sees ---------------------------------------------------------

    @abort_if_removed
    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the picture and ask for the settings."""
        changing = self.source == SOURCE_RECONFIGURE
        stored = self._get_reconfigure_subentry().data if changing else {}
        labels = await self._async_labels(stored)
        zone_kinds = await async_options(self.hass, "zone_kind")
        errors: dict[str, str] = {}
        about = {"zone": "", "label": ""}
        if user_input is not None:
            errors = settings_errors(user_input)
            try:
                name, settings = read_settings(user_input, stored, zone_kinds)
            except ZoneError as err:
                # An error cannot be placed at a field inside a section.
                errors = errors or {"base": err.key}
                about = {"zone": err.zone, "label": labels.get(err.label, err.label)}
            if not errors:
                return self._save(name, {**self._source, **settings})
        shown = user_input or shown_settings(await self._async_name(), stored, zone_kinds)
        schema = settings_schema(labels, zone_kinds)
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(schema, shown),
            errors=errors,
            description_placeholders={
                "picture": self._async_picture(),
                "facts": self._seen.facts,
                "note": (await async_options(self.hass, "note")).get(self._seen.note, ""),
                **about,
            },
            last_step=True,
        )

    def _save(self, name: str, data: dict[str, Any]) -> SubentryFlowResult:
        unique_id = source_unique_id(self._entry_id, self._source)
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(title=name, data=data, unique_id=unique_id)
        return self.async_update_and_abort(
            self._get_entry(),
            self._get_reconfigure_subentry(),
            title=name,
            data=data,
            unique_id=unique_id,
        )

    async def _async_labels(self, stored: Mapping[str, Any]) -> dict[str, str]:
        """Return what may be looked for, with texts: what is known, and what a model adds to it."""
        texts = await async_options(self.hass, "label")
        model = self._get_entry().data.get(CONF_MODEL)
        own = await self._coordinator.async_run(own_labels, models_dir(self.hass), model)
        offered = (*LABELS, *own, *camera_labels(stored))
        return {label: texts.get(label, label.capitalize()) for label in offered}

    async def _async_name(self) -> str:
        """Return the camera's name, or one to begin with; never one that a URL betrays."""
        if self.source == SOURCE_RECONFIGURE:
            return self._get_reconfigure_subentry().title
        match SourceKind(self._source[CONF_KIND]):
            case SourceKind.ENTITY:
                state = self.hass.states.get(self._source[CONF_ENTITY_ID])
                return "" if state is None else state.name
            case SourceKind.FILE:
                return Path(self._source[CONF_FILE]).stem
            case SourceKind.WEBCAM:
                webcams = await self._coordinator.async_run(find_webcams)
                device = self._source[CONF_DEVICE]
                return next((w.name for w in webcams if w.device == device), "")
        return ""

    @callback
    def _async_picture(self) -> str:
        """Keep the picture for our view, and return the Markdown that shows it."""
        if self._seen.jpeg is None:
            return ""
        self._coordinator.previews[self.flow_id] = self._seen.jpeg
        path = PREVIEW_URL.format(flow_id=self.flow_id)
        return f"![]({async_sign_path(self.hass, path, PREVIEW_LIFETIME)})"

    # --- helpers of all steps -----------------------------------------------------------------

    @callback
    @override
    def async_remove(self) -> None:
        """Drop the picture: the flow is over, however it ended."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is not None and entry.state is ConfigEntryState.LOADED:
            self._coordinator.previews.pop(self.flow_id, None)

    @property
    def _coordinator(self) -> HomeSecCoordinator:
        coordinator: HomeSecCoordinator = self._get_entry().runtime_data
        return coordinator

    def _stored_source(self) -> dict[str, Any]:
        """Return the source as it is saved; empty for a new camera, and one that is gone."""
        if self.source != SOURCE_RECONFIGURE:
            return {}
        stored = self._get_entry().subentries.get(self._reconfigure_subentry_id)
        data: Mapping[str, Any] = {} if stored is None else stored.data
        return {key: data[key] for key in SOURCE_FIELDS if key in data}

    def _source_unchanged(self) -> bool:
        return bool(stored := self._stored_source()) and self._source == stored
