"""Commands that show, preview, and save a camera's zones."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.const import CONF_NAME
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
import probatio

from ..access import Permission
from ..alarm.guard import Weakening
from ..cameras.config import camera_labels, stored_zones
from ..cameras.zones import ZoneError, check_zones, identify_zones, parse_zone, zone_id
from ..const import (
    CONF_FORMER_NAMES,
    CONF_KIND,
    CONF_LABELS,
    CONF_LOITER,
    CONF_POLYGON,
    CONF_ZONE_ID,
    CONF_ZONES,
    DOMAIN,
)
from ..engine.core.types import ZoneKind
from .cameras import check_cameras
from .decorators import command
from .filter import NAME, NAMES
from .pins import PIN_FIELD, async_guard
from .subscriptions import async_follow

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection
    from homeassistant.config_entries import ConfigSubentry
    from homeassistant.helpers.typing import VolDictType

    from ..engine.core.camera_reports import PreviewedDetection
    from ..runtime import HomeSecData
    from .decorators import Message

PREVIEW_PAUSE_S: Final = 0.7  # between two previews, so that the detector has time for the cameras
_FRACTION: Final = probatio.All(
    probatio.Any(int, float), probatio.Range(min=-1, max=2), probatio.Coerce(float)
)
_ZONES: Final = probatio.All(
    [
        probatio.Schema(
            {
                probatio.Optional(CONF_ZONE_ID): probatio.All(str, probatio.Length(max=200)),
                probatio.Required(CONF_NAME): probatio.All(str, probatio.Length(max=200)),
                probatio.Required(CONF_KIND): probatio.In([kind.value for kind in ZoneKind]),
                probatio.Required(CONF_POLYGON): probatio.All(
                    [probatio.ExactSequence([_FRACTION, _FRACTION])], probatio.Length(max=200)
                ),
                probatio.Optional(CONF_LABELS, default=list): NAMES,
                probatio.Optional(CONF_LOITER, default=0.0): probatio.All(
                    probatio.Any(int, float), probatio.Range(min=0, max=3600)
                ),
            }
        )
    ],
    probatio.Length(max=200),
)
_CAMERA_AND_ZONES: Final[VolDictType] = {
    probatio.Required("camera_id"): NAME,
    probatio.Required("zones"): _ZONES,
}


@command("homesec/zones/get", Permission.READ, {probatio.Required("camera_id"): NAME})
async def _get(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    camera = _get_camera(runtime, msg)
    entity_id = er.async_get(runtime.hass).async_get_entity_id(
        CAMERA_DOMAIN, DOMAIN, f"{camera.subentry_id}_camera"
    )
    return {
        "zones": [
            {
                **{key: value for key, value in each.items() if key != CONF_FORMER_NAMES},
                CONF_ZONE_ID: zone_id(each),
                CONF_LABELS: list(each.get(CONF_LABELS, ())),
                CONF_LOITER: each.get(CONF_LOITER, 0.0),
            }
            for each in stored_zones(camera.data)
        ],
        "labels": list(camera_labels(camera.data)),
        "picture": f"/api/camera_proxy/{entity_id}" if entity_id else None,
    }


@command("homesec/zones/save", Permission.ADMIN, {**_CAMERA_AND_ZONES, **PIN_FIELD})
async def _save(runtime: HomeSecData, connection: ActiveConnection, msg: Message) -> Message:
    camera = _get_camera(runtime, msg)
    zones = await _async_read_zones(runtime, camera, msg["zones"])
    before = stored_zones(camera.data)
    zones = identify_zones(zones, before)
    if zones != identify_zones(before, before):
        await async_guard(
            runtime, connection, msg, Weakening.CAMERA_ZONES, cameras=[camera.subentry_id]
        )
    # The entry's update listener applies a change to the running camera.
    runtime.hass.config_entries.async_update_subentry(
        runtime.entry, camera, data={**camera.data, CONF_ZONES: zones}
    )
    return {}


@command("homesec/zones/preview", Permission.ADMIN, _CAMERA_AND_ZONES)
async def _preview(runtime: HomeSecData, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    checked = await _async_read_zones(runtime, _get_camera(runtime, msg), msg["zones"])
    zones = tuple(map(parse_zone, checked))

    @callback
    def attach(runtime: HomeSecData) -> CALLBACK_TYPE:
        task = runtime.entry.async_create_background_task(
            runtime.hass, async_send_previews(runtime), "HomeSec zone preview"
        )

        @callback
        def detach() -> None:
            task.cancel()

        return detach

    async def async_send_previews(runtime: HomeSecData) -> None:
        while True:
            preview: dict[str, Any] = {"boxes": []}
            try:
                found = await runtime.host.async_run(
                    runtime.host.engine.preview_zones, msg["camera_id"], zones
                )
            except HomeAssistantError as err:
                # The camera is off or the detector isn't ready, which may change at any time.
                preview["error"] = err.translation_key
            else:
                preview["boxes"] = [_box(each) for each in found.detections]
                preview["live_t"] = round(found.live_t, 3)
            preview["at"] = dt_util.utcnow().timestamp()
            connection.send_event(msg["id"], preview)
            await asyncio.sleep(PREVIEW_PAUSE_S)

    async_follow(runtime.hass, connection, msg["id"], attach)


def _box(previewed: PreviewedDetection) -> dict[str, Any]:
    detection = previewed.detection
    box = detection.box
    return {
        "label": detection.label,
        "score": round(detection.score, 3),
        "box": [round(x, 4) for x in (box.x1, box.y1, box.x2, box.y2)],
        "counts": previewed.counts,
        "zones": list(previewed.zones),
    }


def _get_camera(runtime: HomeSecData, msg: dict[str, Any]) -> ConfigSubentry:
    """Return a command's camera. Raises ``ServiceValidationError``."""
    check_cameras(runtime, [msg["camera_id"]])
    return runtime.cameras.subentry(msg["camera_id"])


async def _async_read_zones(
    runtime: HomeSecData, camera: ConfigSubentry, given: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return zones as they are stored. Raises ``ServiceValidationError`` with the form's text."""
    zones = [
        {
            **({CONF_ZONE_ID: each[CONF_ZONE_ID]} if CONF_ZONE_ID in each else {}),
            CONF_NAME: each[CONF_NAME].strip(),
            CONF_KIND: each[CONF_KIND],
            CONF_POLYGON: [[round(x, 5), round(y, 5)] for x, y in each[CONF_POLYGON]],
            CONF_LABELS: list(dict.fromkeys(each[CONF_LABELS])),
            CONF_LOITER: float(each[CONF_LOITER]),
        }
        for each in given
    ]
    try:
        check_zones(zones, camera_labels(camera.data))
    except ZoneError as err:
        hass = runtime.hass
        texts = await async_get_translations(
            hass, hass.config.language, "config_subentries", {DOMAIN}
        )
        text = texts.get(f"component.{DOMAIN}.config_subentries.camera.error.{err.key}", err.key)
        text = text.replace("{zone}", err.zone).replace("{label}", err.label)
        raise ServiceValidationError(text) from err
    return zones


COMMANDS = (_get, _save, _preview)
