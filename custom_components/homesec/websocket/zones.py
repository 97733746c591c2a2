"""The page's drawing board: a camera's zones, what they would do, and saving them."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.components.camera import DOMAIN as CAMERA_DOMAIN
from homeassistant.const import CONF_NAME
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
import probatio

from ..access import Permission, async_get_runtime, check_permission
from ..cameras.config import DEFAULTS, camera_labels
from ..cameras.zones import ZoneError, check_zones, zone
from ..const import CONF_KIND, CONF_LABELS, CONF_LOITER, CONF_POLYGON, CONF_ZONES, DOMAIN
from ..engine.core.types import ZoneKind
from ..exceptions import EngineNotRunningError
from .access import answers, send_error
from .filter import NAME, NAMES
from .subscriptions import async_follow

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection
    from homeassistant.config_entries import ConfigSubentry

    from ..engine.camera.zone_preview import PreviewedDetection
    from ..runtime import HomeSecData

PREVIEW_PAUSE_S: Final = 0.7
"""Between two looks for a page; the cameras look, too."""
_SHARE: Final = probatio.All(
    probatio.Any(int, float), probatio.Range(min=-1, max=2), probatio.Coerce(float)
)
_ZONES: Final = probatio.All(
    [
        probatio.Schema(
            {
                probatio.Required(CONF_NAME): probatio.All(str, probatio.Length(max=200)),
                probatio.Required(CONF_KIND): probatio.In([kind.value for kind in ZoneKind]),
                probatio.Required(CONF_POLYGON): probatio.All(
                    [probatio.ExactSequence([_SHARE, _SHARE])], probatio.Length(max=200)
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


@callback
def async_setup_zone_commands(hass: HomeAssistant) -> None:
    """Register them."""
    for command in (_get, _save, _preview):
        websocket_api.async_register_command(hass, command)


@websocket_api.websocket_command(
    {probatio.Required("type"): "homesec/zones/get", probatio.Required("camera_id"): NAME}
)
@answers(Permission.READ)
async def _get(
    runtime: HomeSecData, _connection: ActiveConnection, msg: dict[str, Any]
) -> dict[str, Any]:
    camera = _camera(runtime, msg)
    entity_id = er.async_get(runtime.hass).async_get_entity_id(
        CAMERA_DOMAIN, DOMAIN, f"{camera.subentry_id}_camera"
    )
    return {
        "zones": [
            {
                **each,
                CONF_LABELS: list(each.get(CONF_LABELS, ())),
                CONF_LOITER: each.get(CONF_LOITER, 0.0),
            }
            for each in {**DEFAULTS, **camera.data}[CONF_ZONES]
        ],
        "labels": list(camera_labels(camera.data)),
        "picture": f"/api/camera_proxy/{entity_id}" if entity_id else None,
    }


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "homesec/zones/save",
        probatio.Required("camera_id"): NAME,
        probatio.Required("zones"): _ZONES,
    }
)
@answers(Permission.ADMIN)
async def _save(
    runtime: HomeSecData, _connection: ActiveConnection, msg: dict[str, Any]
) -> dict[str, Any]:
    camera = _camera(runtime, msg)
    zones = await _async_checked(runtime, camera, msg["zones"])
    # Told to the entry's listener, which starts just this camera anew, if there is a difference.
    runtime.hass.config_entries.async_update_subentry(
        runtime.entry, camera, data={**camera.data, CONF_ZONES: zones}
    )
    return {}


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "homesec/zones/preview",
        probatio.Required("camera_id"): NAME,
        probatio.Required("zones"): _ZONES,
    }
)
@websocket_api.async_response
async def _preview(hass: HomeAssistant, connection: ActiveConnection, msg: dict[str, Any]) -> None:
    try:
        if (runtime := async_get_runtime(hass)) is None:
            raise EngineNotRunningError
        check_permission(connection.user, runtime, Permission.ADMIN)
        zones = await _async_checked(runtime, _camera(runtime, msg), msg["zones"])
    except Unauthorized:
        raise
    except HomeAssistantError as err:
        send_error(connection, msg["id"], err)
        return
    looked = _Preview(connection, msg["id"], msg["camera_id"], zones)
    async_follow(hass, connection, msg["id"], looked.async_attach)


class _Preview:
    """Looks at a camera's live pictures for as long as somebody draws."""

    def __init__(
        self,
        connection: ActiveConnection,
        msg_id: int,
        camera_id: str,
        zones: list[dict[str, Any]],
    ) -> None:
        self._connection = connection
        self._msg_id = msg_id
        self._camera_id = camera_id
        self._zones = tuple(map(zone, zones))

    @callback
    def async_attach(self, runtime: HomeSecData) -> CALLBACK_TYPE:
        """Begin; returns what ends it."""
        task = runtime.entry.async_create_background_task(
            runtime.hass, self._async_run(runtime), "HomeSec zone preview"
        )

        @callback
        def end() -> None:
            task.cancel()

        return end

    async def _async_run(self, runtime: HomeSecData) -> None:
        while True:
            told: dict[str, Any] = {"boxes": []}
            try:
                looked = await runtime.host.async_run(
                    runtime.host.engine.preview_zones, self._camera_id, self._zones
                )
            except HomeAssistantError as err:
                # It is off, or the detector is not there yet: that may change while one draws.
                told["error"] = err.translation_key
            else:
                told["boxes"] = [_box(each) for each in looked]
            told["at"] = dt_util.utcnow().timestamp()
            self._connection.send_event(self._msg_id, told)
            await asyncio.sleep(PREVIEW_PAUSE_S)


def _box(judged: PreviewedDetection) -> dict[str, Any]:
    found = judged.detection
    return {
        "label": found.label,
        "score": round(found.score, 3),
        "box": [round(x, 4) for x in (found.box.x1, found.box.y1, found.box.x2, found.box.y2)],
        "counts": judged.counts,
        "zones": list(judged.zones),
    }


def _camera(runtime: HomeSecData, msg: dict[str, Any]) -> ConfigSubentry:
    """Return the camera that a command names. Raises ``ServiceValidationError``."""
    camera_id = msg["camera_id"]
    if camera_id not in runtime.cameras:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="camera_not_found",
            translation_placeholders={"camera": camera_id},
        )
    return runtime.cameras.subentry(camera_id)


async def _async_checked(
    runtime: HomeSecData, camera: ConfigSubentry, drawn: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return zones as they are stored. Raises ``ServiceValidationError`` in the user's words."""
    zones = [
        {
            CONF_NAME: each[CONF_NAME].strip(),
            CONF_KIND: each[CONF_KIND],
            CONF_POLYGON: [[round(x, 5), round(y, 5)] for x, y in each[CONF_POLYGON]],
            CONF_LABELS: list(dict.fromkeys(each[CONF_LABELS])),
            CONF_LOITER: float(each[CONF_LOITER]),
        }
        for each in drawn
    ]
    try:
        check_zones(zones, camera_labels(camera.data))
    except ZoneError as err:
        # The form's own texts.
        hass = runtime.hass
        texts = await async_get_translations(
            hass, hass.config.language, "config_subentries", {DOMAIN}
        )
        text = texts.get(f"component.{DOMAIN}.config_subentries.camera.error.{err.key}", err.key)
        text = text.replace("{zone}", err.zone).replace("{label}", err.label)
        raise ServiceValidationError(text) from err
    return zones
