"""The clips in the media browser: camera, day, clip."""

import asyncio
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, override

from homeassistant.components.media_player import BrowseError, MediaClass, MediaType
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaImage,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.util import dt as dt_util

from .clip_files import ClipFile, ClipNotFoundError, async_find_clip
from .const import DOMAIN
from .engine.catalog import day_bounds
from .exceptions import EngineNotRunningError
from .media_ids import CAMERA, CLIP, is_clip_id
from .texts import async_options
from .views import CLIP_URL, STILL_URL

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

    from .coordinator import HomeSecCoordinator
    from .engine.models import Clip

MAX_CLIPS = 500
"""In one answer, which is not paged: what is beyond is told as ``not_shown``."""


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """Return HomeSec's media source."""
    return ClipSource(hass)


class ClipSource(MediaSource):
    """All clips of the house, also of cameras that are gone."""

    name = "HomeSec"

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(DOMAIN)
        self.hass = hass

    def _coordinator(self) -> HomeSecCoordinator:
        """Return the loaded entry's coordinator. Raises ``EngineNotRunningError``."""
        for entry in self.hass.config_entries.async_loaded_entries(DOMAIN):
            coordinator: HomeSecCoordinator = entry.runtime_data
            return coordinator
        raise EngineNotRunningError

    # --- browsing -----------------------------------------------------------------------------

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Open a folder."""
        try:
            match (item.identifier or "").split("/"):
                case [""]:
                    return await self._async_cameras()
                case ["camera", camera_id]:
                    return await self._async_days(camera_id)
                case ["camera", camera_id, day]:
                    return await self._async_clips(camera_id, date.fromisoformat(day))
        except EngineNotRunningError as err:
            raise BrowseError(
                translation_domain=DOMAIN, translation_key="engine_not_running"
            ) from err
        except ValueError:
            pass
        raise BrowseError(translation_domain=DOMAIN, translation_key="folder_not_found")

    async def _async_cameras(self) -> BrowseMediaSource:
        coordinator = self._coordinator()
        found = await coordinator.async_run(coordinator.engine.catalog.cameras)
        return _folder(
            None,
            self.name or DOMAIN,
            children=[
                _folder(f"{CAMERA}/{camera_id}", self._camera_name(coordinator, camera_id, name))
                for camera_id, name, _clips in found
            ],
        )

    async def _async_days(self, camera_id: str) -> BrowseMediaSource:
        coordinator = self._coordinator()
        catalog = coordinator.engine.catalog
        cameras, days = await asyncio.gather(
            coordinator.async_run(catalog.cameras),
            coordinator.async_run(catalog.days, camera_id, dt_util.get_default_time_zone()),
        )
        name = next((name for found_id, name, _clips in cameras if found_id == camera_id), "")
        return _folder(
            f"{CAMERA}/{camera_id}",
            self._camera_name(coordinator, camera_id, name) or camera_id,
            children=[
                _folder(f"{CAMERA}/{camera_id}/{day.isoformat()}", f"{day.isoformat()} ({count})")
                for day, count in days
            ],
        )

    async def _async_clips(self, camera_id: str, day: date) -> BrowseMediaSource:
        coordinator = self._coordinator()
        catalog = coordinator.engine.catalog
        zone = dt_util.get_default_time_zone()
        since, until = day_bounds(day, zone)

        def listing() -> tuple[list[Clip], int]:
            clips = catalog.page(camera_id=camera_id, since=since, until=until, limit=MAX_CLIPS)
            if len(clips) < MAX_CLIPS:
                return clips, len(clips)
            return clips, dict(catalog.days(camera_id, zone)).get(day, len(clips))

        clips, count = await coordinator.async_run(listing)
        labels = await async_options(self.hass, "label")
        triggers = await async_options(self.hass, "trigger")
        folder = _folder(
            f"{CAMERA}/{camera_id}/{day.isoformat()}",
            day.isoformat(),
            children=[_playable(clip, _title(clip, labels | triggers)) for clip in clips],
        )
        folder.children_media_class = MediaClass.VIDEO
        folder.not_shown = count - len(clips)
        return folder

    @staticmethod
    def _camera_name(coordinator: HomeSecCoordinator, camera_id: str, recorded_as: str) -> str:
        """Return a camera's name of today; of one that is gone, that of its last clip."""
        subentry = coordinator.entry.subentries.get(camera_id)
        return recorded_as if subentry is None else subentry.title

    # --- playing ------------------------------------------------------------------------------

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return what plays a clip."""
        clip_id, clip = await self._async_find(item)
        return PlayMedia(CLIP_URL.format(clip_id=clip_id), "video/mp4", path=clip.video)

    @override
    async def async_get_media_image(self, item: MediaSourceItem) -> MediaImage | None:
        """Return a clip's still."""
        _, clip = await self._async_find(item)
        if clip.still is None:
            return None
        content = await self._coordinator().async_run(clip.still.read_bytes)
        return MediaImage(content, "image/jpeg")

    async def _async_find(self, item: MediaSourceItem) -> tuple[str, ClipFile]:
        kind, _, clip_id = item.identifier.partition("/")
        try:
            if kind != CLIP or not is_clip_id(clip_id):
                raise ClipNotFoundError
            return clip_id, await async_find_clip(self._coordinator(), clip_id)
        except EngineNotRunningError as err:
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key="engine_not_running"
            ) from err
        except ClipNotFoundError as err:
            raise Unresolvable(translation_domain=DOMAIN, translation_key="clip_not_found") from err


def _folder(
    identifier: str | None, title: str, *, children: list[BrowseMediaSource] | None = None
) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type=MediaType.VIDEO,
        title=title,
        can_play=False,
        can_expand=True,
        children=children,
        children_media_class=MediaClass.DIRECTORY,
    )


def _playable(clip: Clip, title: str) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=f"{CLIP}/{clip.id}",
        media_class=MediaClass.VIDEO,
        media_content_type="video/mp4",
        title=title,
        can_play=True,
        can_expand=False,
        thumbnail=STILL_URL.format(clip_id=clip.id) if clip.still_path else None,
    )


def _title(clip: Clip, names: dict[str, str]) -> str:
    """Return when, what and how long, as ``14:03:21 Person, 12 s``: a card shows no more."""
    local = datetime.fromtimestamp(clip.event_at, UTC).astimezone(dt_util.get_default_time_zone())
    what = clip.label or clip.trigger.value
    what = names.get(what, what)
    return f"{local:%H:%M:%S} {what}, {clip.duration_s:.0f} s"
