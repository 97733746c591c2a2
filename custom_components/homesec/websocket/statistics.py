"""Commands for the page's charts: a timeline of clips, and visits by day and hour."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import probatio

from ..access import Permission
from ..const import DOMAIN
from .decorators import command
from .filter import NAMES, TIME, read_names, read_span

if TYPE_CHECKING:
    from homeassistant.components.websocket_api import ActiveConnection
    from homeassistant.helpers.typing import VolDictType

    from ..runtime import HomeSecData
    from .decorators import Message

DAY_S: Final = 86_400
MAX_TIMELINE_S: Final = 32 * DAY_S
MAX_STATISTICS_S: Final = 3 * 366 * DAY_S
_SPAN: Final[VolDictType] = {probatio.Required("from"): TIME, probatio.Required("to"): TIME}


@command("homesec/timeline", Permission.READ, _SPAN)
async def _timeline(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    since, until = _bounded_span(msg, MAX_TIMELINE_S)
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


@command(
    "homesec/insight",
    Permission.READ,
    {**_SPAN, probatio.Optional("cameras"): NAMES, probatio.Optional("labels"): NAMES},
)
async def _visit_statistics(runtime: HomeSecData, _: ActiveConnection, msg: Message) -> Message:
    since, until = _bounded_span(msg, MAX_STATISTICS_S)
    visits, tz = runtime.host.engine.catalog.visits, dt_util.get_default_time_zone()
    chosen = {key: read_names(msg, key) for key in ("cameras", "labels")}
    found = await runtime.host.async_run(lambda: visits.statistics(since, until, tz, **chosen))
    return {
        "days": [
            {"day": day.isoformat(), "camera_id": camera_id, "label": label, "count": count}
            for (day, camera_id, label), count in sorted(found.days.items())
        ],
        "hours": [list(hours) for hours in found.hours],
    }


def _bounded_span(msg: dict[str, Any], max_s: float) -> tuple[float, float]:
    """Return begin and end in UTC epoch seconds. Raises ``ServiceValidationError``."""
    read_span(msg)
    since, until = msg["from"], msg["to"]
    if until - since > max_s:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="time_span_long",
            translation_placeholders={"days": str(int(max_s // DAY_S))},
        )
    return since, until


COMMANDS = (_timeline, _visit_statistics)
