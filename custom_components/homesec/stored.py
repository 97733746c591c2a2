"""Reads what is stored below Home Assistant's ``.storage``; none of it is trusted.

Home Assistant itself renames a file that is no JSON. What is JSON of another shape, or no file at
all, raises in many ways: it is renamed here, and the house goes on without it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeassistant.util import dt as dt_util

from .const import LOGGER
from .engine.core.clip_id import MAX_TIMESTAMP

if TYPE_CHECKING:
    from homeassistant.helpers.storage import Store


class UnreadableError(Exception):
    """A store is there, but cannot be read."""


async def async_load_stored(store: Store[dict[str, Any]]) -> dict[str, Any] | None:
    """Return what is stored, None if nothing is. Raises ``UnreadableError``."""
    try:
        found = await store.async_load()
    except Exception as err:
        LOGGER.error("%s cannot be read: %s", store.key, type(err).__name__)
        await store.hass.async_add_executor_job(_move_aside, Path(store.path))
        raise UnreadableError from err
    if found is not None and not isinstance(found, dict):
        raise UnreadableError
    return found


def _move_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}.corrupt.{dt_util.utcnow().isoformat()}")
    try:
        path.rename(aside)
    except OSError as err:
        LOGGER.error("%s cannot be renamed: %s", path.name, err.strerror)


def moment(value: object) -> float:
    """Return a time, or a length of time, in seconds. Raises ``ValueError``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("no number")
    # Written so that it holds for what is not even a number, too.
    if not abs(value) < MAX_TIMESTAMP:
        raise ValueError("out of range")
    return float(value)


def text_or_none(value: object) -> str | None:
    """Return a text or None. Raises ``ValueError``."""
    if value is None or isinstance(value, str):
        return value
    raise ValueError("no text")
