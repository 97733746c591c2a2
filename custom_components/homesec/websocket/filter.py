"""Which clips a command means: bounds for what it may name, and how that is looked for."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.exceptions import ServiceValidationError
import probatio

from ..clips.naming import camera_name
from ..const import DOMAIN, SUBENTRY_CAMERA
from ..engine.core.clip_id import is_clip_id
from ..engine.library.queries import ClipFilter, Word
from ..texts import async_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..runtime import HomeSecData

MOST_NAMES: Final = 100
LONGEST_NAME: Final = 200
LONGEST_TEXT: Final = 200
MOST_WORDS: Final = 8
LATEST: Final = 253_402_300_799
"""The end of the year 9999."""

NAME: Final = probatio.All(str, probatio.Length(min=1, max=LONGEST_NAME))
NAMES: Final = probatio.All([NAME], probatio.Length(max=MOST_NAMES))
TIME: Final = probatio.All(probatio.Any(int, float), probatio.Range(min=0, max=LATEST))
CLIP_ID: Final = probatio.All(str, probatio.Length(max=64))

FILTER: Final[dict[str | probatio.Marker, Any]] = {
    probatio.Optional("from"): TIME,
    probatio.Optional("to"): TIME,
    probatio.Optional("cameras"): NAMES,
    probatio.Optional("labels"): NAMES,
    probatio.Optional("zones"): NAMES,
    probatio.Optional("protected"): bool,
    probatio.Optional("text"): probatio.All(str, probatio.Length(max=LONGEST_TEXT)),
}


async def async_filter(runtime: HomeSecData, msg: dict[str, Any]) -> ClipFilter:
    """Read a command's filter. Raises ``ServiceValidationError``."""
    since, until = span(msg)
    return ClipFilter(
        since=since,
        until=until,
        cameras=names(msg, "cameras"),
        labels=names(msg, "labels"),
        zones=names(msg, "zones"),
        protected=msg.get("protected"),
        words=await _async_words(runtime, msg.get("text", "")),
    )


def span(msg: dict[str, Any]) -> tuple[float | None, float | None]:
    """Return from when to when. Raises ``ServiceValidationError``."""
    since, until = msg.get("from"), msg.get("to")
    if since is not None and until is not None and since >= until:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_times")
    return since, until


def cursor(msg: dict[str, Any]) -> str | None:
    """Return behind which clip the page begins. Raises ``ServiceValidationError``."""
    before: str | None = msg.get("cursor")
    if before is not None and not is_clip_id(before):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_cursor")
    return before


def names(msg: dict[str, Any], key: str) -> tuple[str, ...] | None:
    """Return what was chosen; choosing nothing is the same as no choice."""
    return tuple(msg[key]) if msg.get(key) else None


async def _async_words(runtime: HomeSecData, text: str) -> tuple[Word, ...]:
    """Return what each word of a search is found in: names as people read them."""
    words = text.casefold().split()[:MOST_WORDS]
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
            cameras=_holding(word, cameras.items()),
            labels=_holding(word, labels.items()),
            zones=_holding(word, zones.items()),
        )
        for word in words
    )


def _holding(word: str, names: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(key for key, name in names if word in name.casefold())
