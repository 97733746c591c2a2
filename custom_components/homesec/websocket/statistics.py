"""The page's drawings: a day's recordings by camera, and when who comes how often."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import probatio

from ..access import Permission
from ..const import DOMAIN
from .access import answers
from .filter import NAMES, TIME, names, span

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection

    from ..runtime import HomeSecData

DAY_S: Final = 86_400
LONGEST_TIMELINE_S: Final = 32 * DAY_S
LONGEST_INSIGHT_S: Final = 3 * 366 * DAY_S


@callback
def async_setup_figure_commands(hass: HomeAssistant) -> None:
    """Register them."""
    for command in (_timeline, _insight):
        websocket_api.async_register_command(hass, command)


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "homesec/timeline",
        probatio.Required("from"): TIME,
        probatio.Required("to"): TIME,
    }
)
@answers(Permission.READ)
async def _timeline(
    runtime: HomeSecData, _connection: ActiveConnection, msg: dict[str, Any]
) -> dict[str, Any]:
    since, until = _bounded(msg, LONGEST_TIMELINE_S)
    queries = runtime.host.engine.catalog.queries
    now = dt_util.utcnow().timestamp()
    cameras: dict[str, list[dict[str, Any]]] = {}
    for each in await runtime.host.async_run(queries.timeline, since, until):
        ended = max(now, each.started_at) if each.ended_at is None else each.ended_at
        cameras.setdefault(each.camera_id, []).append(
            {
                "id": each.id,
                "started": each.started_at,
                "ended": ended,
                "label": each.label,
                "state": each.state.value,
            }
        )
    return {"cameras": [{"camera_id": id_, "spans": spans} for id_, spans in cameras.items()]}


@websocket_api.websocket_command(
    {
        probatio.Required("type"): "homesec/insight",
        probatio.Required("from"): TIME,
        probatio.Required("to"): TIME,
        probatio.Optional("cameras"): NAMES,
        probatio.Optional("labels"): NAMES,
    }
)
@answers(Permission.READ)
async def _insight(
    runtime: HomeSecData, _connection: ActiveConnection, msg: dict[str, Any]
) -> dict[str, Any]:
    since, until = _bounded(msg, LONGEST_INSIGHT_S)
    visits, tz = runtime.host.engine.catalog.visits, dt_util.get_default_time_zone()
    chosen = {key: names(msg, key) for key in ("cameras", "labels")}
    found = await runtime.host.async_run(lambda: visits.statistics(since, until, tz, **chosen))
    return {
        "days": [
            {"day": day.isoformat(), "camera_id": camera_id, "label": label, "count": count}
            for (day, camera_id, label), count in sorted(found.days.items())
        ],
        "hours": [list(hours) for hours in found.hours],
    }


def _bounded(msg: dict[str, Any], longest_s: float) -> tuple[float, float]:
    """Return from when to when. Raises ``ServiceValidationError``."""
    span(msg)
    since, until = msg["from"], msg["to"]
    if until - since > longest_s:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="time_span_long",
            translation_placeholders={"days": str(int(longest_s // DAY_S))},
        )
    return since, until
