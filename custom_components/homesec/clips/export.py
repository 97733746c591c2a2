"""Export of clips to a folder, from the clip folder or the cloud."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util, slugify

from ..const import DOMAIN
from ..exceptions import EngineNotRunningError
from .naming import MAX_NAME, file_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homeassistant.core import HomeAssistant
    from homeassistant.util.json import JsonObjectType

    from ..engine.core.types import Clip
    from ..engine.library.library import ClipLibrary
    from ..engine_host import EngineHost

EXPORTS = f"{DOMAIN}_exports"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """The result of an export."""

    files: list[JsonObjectType]
    failed: list[tuple[str, HomeAssistantError]]  # clip id and why


def export_folder(host: EngineHost, name: str | None) -> Path:
    """Return the folder of the panel's exports, which the media browser shows as well."""
    folder = slugify(name or "")[:MAX_NAME] or dt_util.now().date().isoformat()
    return host.folders.clips.parent / EXPORTS / folder


async def async_export(
    hass: HomeAssistant, host: EngineHost, clips: Iterable[Clip], folder: str
) -> Export:
    """Write the clips' videos into the folder, one after the other.

    A clip that fails doesn't keep the others from being exported.
    """
    try:
        target = await host.async_run(_prepare, hass, folder, host.clips_dir)
        export = Export(files=[], failed=[])
        for clip in clips:
            try:
                path = await host.async_run(_write, host.engine.library, clip, target)
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
    """Make the folder, and return it. Raises ``ServiceValidationError`` and ``OSError``."""
    try:
        # Resolved, since Home Assistant checks only the parent of a folder that doesn't exist.
        target = Path(folder).resolve()
        allowed = Path(folder).is_absolute() and not target.is_relative_to(clips_dir.resolve())
    except ValueError:
        allowed = False
    if not allowed or not hass.config.is_allowed_path(str(target)):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="folder_not_allowed",
            translation_placeholders={"folder": folder},
        )
    if any(target.is_relative_to(served) for served in _served_folders(hass)):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="folder_served",
            translation_placeholders={"folder": folder},
        )
    target.mkdir(parents=True, exist_ok=True)
    return target


def _served_folders(hass: HomeAssistant) -> list[Path]:
    """Return the folders whose files Home Assistant serves to anyone, without a login. Blocks.

    ``www`` is one from the next start on, even if it doesn't exist yet.
    """
    resources = [resource.get_info() for resource in list(hass.http.app.router.resources())]
    static = [str(info["directory"]) for info in resources if "directory" in info]
    return [Path(folder).resolve() for folder in (hass.config.path("www"), *static)]


def _write(library: ClipLibrary, clip: Clip, folder: Path) -> Path:
    """Write a video, first into a new folder of its own, which can't contain a link."""
    path = folder / file_name(clip)
    with TemporaryDirectory(prefix=".homesec-", dir=folder) as work:
        video = Path(work) / path.name
        library.download(clip, video)
        video.replace(path)
    return path
