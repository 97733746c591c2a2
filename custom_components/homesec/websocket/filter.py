"""Fields of commands, and the filter of clips that they make up."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.const import CONF_NAME
from homeassistant.exceptions import ServiceValidationError
import probatio

from ..cameras.config import stored_zones
from ..clips.naming import camera_name
from ..const import CONF_FORMER_NAMES, DOMAIN, SUBENTRY_CAMERA
from ..engine.core.clip_id import is_clip_id
from ..engine.library.queries import ClipFilter, Word
from ..translations import async_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.helpers.typing import VolDictType

    from ..runtime import HomeSecData

MAX_NAMES: Final = 100
MAX_NAME_LENGTH: Final = 200
MAX_TEXT_LENGTH: Final = 200
MAX_WORDS: Final = 8
MAX_TIME: Final = 253_402_300_799  # the last second of the year 9999, in UTC epoch seconds

NAME: Final = probatio.All(str, probatio.Length(min=1, max=MAX_NAME_LENGTH))
NAMES: Final = probatio.All([NAME], probatio.Length(max=MAX_NAMES))
TIME: Final = probatio.All(probatio.Any(int, float), probatio.Range(min=0, max=MAX_TIME))
CLIP_ID: Final = probatio.All(str, probatio.Length(max=64))

FILTER: Final[VolDictType] = {
    probatio.Optional("from"): TIME,
    probatio.Optional("to"): TIME,
    probatio.Optional("cameras"): NAMES,
    probatio.Optional("labels"): NAMES,
    probatio.Optional("zones"): NAMES,
    probatio.Optional("protected"): bool,
    probatio.Optional("text"): probatio.All(str, probatio.Length(max=MAX_TEXT_LENGTH)),
}


async def async_read_filter(runtime: HomeSecData, msg: dict[str, Any]) -> ClipFilter:
    """Return a command's filter. Raises ``ServiceValidationError``."""
    since, until = read_span(msg)
    return ClipFilter(
        since=since,
        until=until,
        cameras=read_names(msg, "cameras"),
        labels=read_names(msg, "labels"),
        zones=_with_former_names(runtime, read_names(msg, "zones")),
        protected=msg.get("protected"),
        words=await _async_words(runtime, msg.get("text", "")),
    )


def read_span(msg: dict[str, Any]) -> tuple[float | None, float | None]:
    """Return begin and end in UTC epoch seconds. Raises ``ServiceValidationError``."""
    since, until = msg.get("from"), msg.get("to")
    if since is not None and until is not None and since >= until:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_times")
    return since, until


def read_cursor(msg: dict[str, Any]) -> str | None:
    """Return the id of the last clip of the previous page. Raises ``ServiceValidationError``."""
    before: str | None = msg.get("cursor")
    if before is not None and not is_clip_id(before):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_cursor")
    return before


def read_names(msg: dict[str, Any], key: str) -> tuple[str, ...] | None:
    """Return the chosen names; None if none are chosen, which filters nothing."""
    return tuple(msg[key]) if msg.get(key) else None


def _with_former_names(
    runtime: HomeSecData, zones: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    """Return zones with the names that they had before: older clips have those."""
    if zones is None:
        return None
    stored = [
        zone
        for camera in runtime.entry.get_subentries_of_type(SUBENTRY_CAMERA)
        for zone in stored_zones(camera.data)
        if zone[CONF_NAME] in zones
    ]
    former = (name for zone in stored for name in zone.get(CONF_FORMER_NAMES, ()))
    return tuple(dict.fromkeys((*zones, *former)))


async def _async_words(runtime: HomeSecData, text: str) -> tuple[Word, ...]:
    """Return, for each word of a search, the ids of all names that contain it."""
    words = text.casefold().split()[:MAX_WORDS]
    if not words:
        return ()
    known = await runtime.host.async_run(runtime.host.engine.catalog.queries.vocabulary)
    cameras = {
        **{id_: camera_name(runtime.cameras, id_, name) for id_, name in known.cameras.items()},
        **{
            subentry.subentry_id: subentry.title
            for subentry in runtime.entry.get_subentries_of_type(SUBENTRY_CAMERA)
        },
    }
    texts = await async_options(runtime.hass, "label")
    labels = {label: f"{label} {texts.get(label, '')}" for label in known.labels}
    zones = {zone: zone for zone in known.zones}
    return tuple(
        Word(
            cameras=_matching(word, cameras.items()),
            labels=_matching(word, labels.items()),
            zones=_matching(word, zones.items()),
        )
        for word in words
    )


def _matching(word: str, names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(key for key, name in names if word in name.casefold())
