"""Clips as files in a folder of somebody's choice, from wherever they are kept."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util, slugify

from ..const import DOMAIN
from ..exceptions import EngineNotRunningError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.core import HomeAssistant
    from homeassistant.util.json import JsonObjectType

    from ..coordinator import HomeSecCoordinator
    from ..engine.core.types import Clip
    from ..engine.library.library import ClipLibrary

EXPORTS = f"{DOMAIN}_exports"
NAME_LIMIT = 60
"""Characters of a camera's name in a file's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What became of the clips."""

    files: list[JsonObjectType]
    failed: list[tuple[str, HomeAssistantError]]
    """By clip id, why."""


class FolderNotAllowedError(ServiceValidationError):
    """Home Assistant may not write there, or it is the clips' own folder."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            translation_domain=DOMAIN,
            translation_key="folder_not_allowed",
            translation_placeholders={"folder": folder},
        )


def export_folder(coordinator: HomeSecCoordinator, name: str | None) -> Path:
    """Return where the page's exports go: a folder that the media browser shows, too.

    ``name`` is what somebody called it.
    """
    folder = slugify(name or "")[:NAME_LIMIT] or dt_util.now().date().isoformat()
    return coordinator.clips_dir.parent / EXPORTS / folder


async def async_export(
    hass: HomeAssistant, coordinator: HomeSecCoordinator, clips: Iterable[Clip], folder: str
) -> Export:
    """Write the clips' films into the folder, one after the other.

    One that has no copy left, or that the cloud does not give out, is told and the others go on.
    """
    try:
        target = await coordinator.async_run(_prepare, hass, folder, coordinator.clips_dir)
        export = Export(files=[], failed=[])
        for clip in clips:
            try:
                path = await coordinator.async_run(_write, coordinator.engine.library, clip, target)
            except EngineNotRunningError:
                raise
            except HomeAssistantError as err:
                export.failed.append((clip.id, err))
            else:
                export.files.append({"clip_id": clip.id, "path": str(path)})
    except OSError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="export_failed",
            translation_placeholders={"folder": folder, "error": err.strerror or ""},
        ) from err
    return export


def _prepare(hass: HomeAssistant, folder: str, clips_dir: Path) -> Path:
    """Return the folder, made if need be. Raises ``FolderNotAllowedError`` and ``OSError``."""
    try:
        path = Path(folder)
        # Without links and "..": of a folder that is not there, Home Assistant checks the parent.
        target = path.resolve()
    except ValueError as err:
        raise FolderNotAllowedError(folder) from err
    ours = target.is_relative_to(clips_dir.resolve())
    if not path.is_absolute() or ours or not hass.config.is_allowed_path(str(target)):
        raise FolderNotAllowedError(folder)
    target.mkdir(parents=True, exist_ok=True)
    return target


def _write(library: ClipLibrary, clip: Clip, folder: Path) -> Path:
    """Write one film. It goes into a folder of its own first, where no link can lie in wait."""
    path = folder / file_name(clip)
    with TemporaryDirectory(prefix=".homesec-", dir=folder) as work:
        film = Path(work) / path.name
        library.fetch(clip, film)
        film.replace(path)
    return path


def file_name(clip: Clip) -> str:
    """Return when, where and which: ``2026-11-21_14-03-21_front_door_01K….mp4``."""
    local = datetime.fromtimestamp(clip.event_at, UTC).astimezone(dt_util.get_default_time_zone())
    camera = slugify(clip.camera_name)[:NAME_LIMIT] or "camera"
    return f"{local:%Y-%m-%d_%H-%M-%S}_{camera}_{clip.id}.mp4"
