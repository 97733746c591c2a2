"""The flow that adds a camera or changes one: source, preview, settings."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeassistant.const import CONF_ENTITY_ID, CONF_NAME, CONF_URL

from ..cameras.config import camera_labels, source_unique_id
from ..cameras.known_device import KnownDevice, find_mac, source_host
from ..cameras.presets import new_camera_settings
from ..cameras.suggested_sensors import async_suggest_sensors
from ..cameras.wake import SENSOR_DOMAINS
from ..cameras.webcams import find_webcams
from ..cameras.zones import ZoneError
from ..const import (
    CONF_DEVICE,
    CONF_DEVICE_INFO,
    CONF_DIGEST_ONLY,
    CONF_FILE,
    CONF_FINGERPRINT,
    CONF_KIND,
    CONF_LABELS,
    CONF_MODEL,
    CONF_MOVEMENT,
    CONF_TRUST,
    CONF_TRUSTED_SENSORS,
    CONF_USE_SUGGESTED,
    CONF_WAKE_SENSORS,
    LABELS,
    SECTION_ADVANCED,
    SECTION_SENSORS,
    SECTION_ZONES,
)
from ..detector.model_choice import custom_model_labels, models_dir
from ..engine.core.source_url import format_fingerprint
from ..engine.core.types import SourceKind
from ..translations import async_options
from .camera_end import CameraAnswers, CameraEndSteps
from .camera_source import TEXTS
from .problems import PROBLEM, async_problem
from .settings_form import format_settings, read_settings, settings_schema, validate_settings
from .subentry_flow import abort_if_removed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.config_entries import SubentryFlowResult

MAX_NAME = 40  # characters of a name that a device suggests


class CameraFlow(CameraEndSteps):
    """The flow behind "Add camera" and a camera's settings."""

    def __init__(self) -> None:
        super().__init__()
        self._given: dict[str, Any] = {}  # the settings that were given before a walk test
        self._suggested: list[str] = []  # sensors of the camera's device

    @abort_if_removed
    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the preview and ask for the settings."""
        stored = self._get_reconfigure_subentry().data if self._reconfiguring else {}
        unique_id = source_unique_id(self._entry_id, self._source)
        if self._is_duplicate(unique_id):
            return self.async_abort(reason="already_configured")
        labels = await self._async_labels(stored)
        zone_kinds = await async_options(self.hass, "zone_kind")
        if user_input is not None:
            details: Mapping[str, str] = {}
            errors = validate_settings(user_input)
            try:
                name, settings = read_settings(user_input, stored, zone_kinds)
            except ZoneError as err:
                if CONF_LABELS not in errors:
                    errors[SECTION_ADVANCED if err.in_rule else SECTION_ZONES] = err.key
                details = {"zone": err.zone, "label": labels.get(err.label, err.label)}
            if errors:
                return await self._async_from_top(
                    "settings", errors, details=details, answer=user_input
                )
            learned = self._learned(trusts=user_input.get(CONF_TRUST, False))
            if user_input.get(SECTION_SENSORS, {}).get(CONF_USE_SUGGESTED):
                chosen = settings.get(CONF_WAKE_SENSORS, ())
                settings[CONF_WAKE_SENSORS] = list(dict.fromkeys((*chosen, *self._suggested)))
            known = await self._async_known_device(stored)
            known |= self._known_movement(stored)
            self._given = user_input
            data = {**self._source, **learned, **known, **settings}
            return await self._async_end(CameraAnswers(name=name, data=data, unique_id=unique_id))
        self._suggested = await self._async_suggest(stored)
        initial = stored
        if not self._reconfiguring:
            initial = new_camera_settings(self._preset) | {CONF_WAKE_SENSORS: self._suggested}
        formats = await self._preview.async_formats(self.hass)
        if not initial.get(CONF_WAKE_SENSORS) and (reported := await self._async_reported()):
            formats = f"{formats}\n\n{reported}"
        errors, details, answer = self._again.pop()
        details = {"zone": "", "label": "", **details}
        shown = (
            answer or self._given or format_settings(await self._async_name(), initial, zone_kinds)
        )
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(
                settings_schema(
                    labels,
                    zone_kinds,
                    offers_trust=self._offered_fingerprint() is not None,
                    suggests_sensors=self._reconfiguring and bool(self._suggested),
                    own_sensors=self._own_entities(*SENSOR_DOMAINS),
                    opened=errors,
                ),
                shown,
            ),
            errors=errors,
            description_placeholders={
                "picture": self._async_still(self._preview.jpeg),
                "formats": formats,
                "fingerprint": format_fingerprint(self._offered_fingerprint() or ""),
                "sensors": ", ".join(map(self._sensor_name, self._suggested)),
                "note": await self._preview.async_advice(self.hass, {**initial, **self._source}),
                **details,
                PROBLEM: await async_problem(
                    self.hass, TEXTS, errors, details, near=(CONF_NAME, CONF_LABELS)
                ),
            },
            last_step=self._source_unchanged(),
        )

    async def _async_suggest(self, stored: Mapping[str, Any]) -> list[str]:
        """Return the sensors of the camera's device, unless it has some already.

        A camera that is there already may have been added before its device was known to Home
        Assistant, or by a version that had no sensors.
        """
        if stored.get(CONF_WAKE_SENSORS) or stored.get(CONF_TRUSTED_SENSORS):
            return []
        known = (await self._async_known_device(stored)).get(CONF_DEVICE_INFO, {})
        return async_suggest_sensors(
            self.hass,
            entity_id=self._source.get(CONF_ENTITY_ID),
            url=self._source.get(CONF_URL),
            mac=known.get("mac", ""),
        )

    def _sensor_name(self, entity_id: str) -> str:
        state = self.hass.states.get(entity_id)
        return entity_id if state is None else state.name

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

    async def _async_known_device(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is known of the camera's device, as it is stored."""
        known = self._device
        if source_host(stored) == source_host(self._source):
            known = KnownDevice.of(stored)
        if not known.mac and CONF_URL in self._source:
            mac = await self._runtime.host.async_run(find_mac, self._source[CONF_URL])
            known = replace(known, mac=mac)
        return {CONF_DEVICE_INFO: parts} if (parts := known.as_stored()) else {}

    def _known_movement(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return how to move the camera, as it's stored; of another URL, it may be another's."""
        if CONF_MOVEMENT in stored and stored.get(CONF_URL) == self._source.get(CONF_URL):
            return {CONF_MOVEMENT: stored[CONF_MOVEMENT]}
        return self._movement

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
        if self._chosen is not None:
            return (self._chosen.name or self._chosen.model)[:MAX_NAME]
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
