"""Read what is stored below Home Assistant's ``.storage``; none of it is trusted.

Home Assistant renames a file that isn't JSON. JSON of another shape, or something that isn't a
file, raises in many ways: it's renamed here, and set-up goes on without it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeassistant.util import dt as dt_util

from .const import LOGGER
from .engine.core.clip_id import MAX_TIMESTAMP

if TYPE_CHECKING:
    from homeassistant.helpers.storage import Store


class UnreadableError(Exception):
    """A store is there but can't be read."""


async def async_load_store(store: Store[dict[str, Any]]) -> dict[str, Any] | None:
    """Return what is stored, None if nothing is. Raises ``UnreadableError``."""
    try:
        found = await store.async_load()
    except Exception as err:
        LOGGER.error("%s cannot be read: %s", store.key, type(err).__name__)
        await store.hass.async_add_executor_job(_rename_corrupt, Path(store.path))
        raise UnreadableError from err
    if found is not None and not isinstance(found, dict):
        raise UnreadableError
    return found


def _rename_corrupt(path: Path) -> None:
    try:
        path.rename(path.with_name(f"{path.name}.corrupt.{dt_util.utcnow().isoformat()}"))
    except OSError as err:
        LOGGER.error("%s cannot be renamed: %s", path.name, err.strerror)


def parse_seconds(value: object) -> float:
    """Return a time or duration in seconds. Raises ``ValueError``."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("not a number")
    # In this form the comparison fails for NaN, too.
    if not abs(value) < MAX_TIMESTAMP:
        raise ValueError("out of range")
    return float(value)


def parse_optional_text(value: object) -> str | None:
    """Return a string or None. Raises ``ValueError``."""
    if value is None or isinstance(value, str):
        return value
    raise ValueError("not a string")
