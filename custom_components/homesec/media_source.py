"""Clips in the media browser, by camera, day, and if there are many, by hour."""

import asyncio
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, override

from homeassistant.components.media_player import (
    BrowseError,
    MediaClass,
    MediaType,
    SearchMedia,
    SearchMediaQuery,
)
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaImage,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.components.websocket_api import current_connection
from homeassistant.util import dt as dt_util

from .access import Permission, async_get_runtime, check_permission
from .clips import media_search, naming
from .clips.cache import get_caches
from .clips.files import ClipMedia, ClipNotFoundError, CloudFile, async_find_clip
from .clips.media_folders import ClipFolder, folder_title, read_folder
from .clips.naming import CLIP
from .const import DOMAIN
from .engine.cloud.errors import PrivateKeyElsewhere, StorageError
from .engine.core.clip_id import is_clip_id
from .exceptions import EngineNotRunningError
from .urls import CLIP_URL, STILL_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from homeassistant.core import HomeAssistant

    from .engine.core.types import Clip
    from .runtime import HomeSecData

_TILE_WIDTH = 480  # twice the width of a tile in the media browser, for high-resolution screens


async def async_get_media_source(hass: HomeAssistant) -> MediaSource:
    """Return HomeSec's media source."""
    return ClipSource(hass)


class ClipSource(MediaSource):
    """The clips of all cameras, including removed ones."""

    name = "HomeSec"

    def __init__(self, hass: HomeAssistant) -> None:
        super().__init__(DOMAIN)
        self.hass = hass

    def _runtime(self) -> HomeSecData:
        """Return the loaded entry's runtime.

        Raises ``EngineNotRunningError``, or ``Unauthorized`` for who may not see clips.
        """
        if (runtime := async_get_runtime(self.hass)) is None:
            raise EngineNotRunningError
        # Home Assistant asks without a user, but in the task of a user's command.
        if (connection := current_connection.get()) is not None:
            check_permission(connection.user, runtime, Permission.READ)
        return runtime

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return a folder with its children."""
        with _browse_errors():
            folder = _parse(item.identifier)
            if folder.camera_id is None:
                return await self._async_cameras()
            if folder.day is None:
                return await self._async_days(folder.camera_id)
            return await self._async_clips(folder)

    @override
    async def async_search_media(
        self, item: MediaSourceItem, query: SearchMediaQuery
    ) -> SearchMedia:
        """Search the clips of a folder and its children."""
        classes = query.media_filter_classes
        if classes and MediaClass.VIDEO not in classes:
            return SearchMedia(result=[])
        within = _parse(item.identifier).filter
        with _browse_errors():
            runtime = self._runtime()
            names = await self._async_camera_names(runtime)
            reasons = await naming.async_reason_names(self.hass)
            search = partial(media_search.search, cameras=names, reasons=reasons, within=within)
            queries = runtime.host.engine.catalog.queries
            clips = await runtime.host.async_run(search, queries, query.search_query)
        return SearchMedia(
            result=[
                _playable(
                    runtime,
                    clip,
                    f"{names.get(clip.camera_id, clip.camera_name)},"
                    f" {naming.local_time(clip):%Y-%m-%d} {naming.title(clip, reasons)}",
                )
                for clip in clips
            ]
        )

    @staticmethod
    async def _async_camera_names(runtime: HomeSecData) -> dict[str, str]:
        """Return the names of all cameras with clips by id, in alphabetical order."""
        found = await runtime.host.async_run(runtime.host.engine.catalog.queries.vocabulary)
        names = {
            camera_id: naming.camera_name(runtime.cameras, camera_id, name)
            for camera_id, name in found.cameras.items()
        }
        return dict(sorted(names.items(), key=lambda x: (x[1].casefold(), x[0])))

    async def _async_cameras(self) -> BrowseMediaSource:
        runtime = self._runtime()
        names = await self._async_camera_names(runtime)
        queries = runtime.host.engine.catalog.queries
        newest = await runtime.host.async_run(lambda: [queries.newest(id_) for id_ in names])
        children = [_folder(ClipFolder(camera_id=id_), name) for id_, name in names.items()]
        for clip, folder in zip(newest, children, strict=True):
            folder.thumbnail = None if clip is None else _still(clip)
        return _folder(ClipFolder(), self.name or DOMAIN, children=children)

    async def _async_days(self, camera_id: str) -> BrowseMediaSource:
        runtime = self._runtime()
        queries = runtime.host.engine.catalog.queries
        names, days = await asyncio.gather(
            self._async_camera_names(runtime),
            runtime.host.async_run(queries.days, camera_id, dt_util.get_default_time_zone()),
        )
        return _folder(
            ClipFolder(camera_id=camera_id),
            names.get(camera_id) or naming.camera_name(runtime.cameras, camera_id, camera_id),
            children=[
                _folder(ClipFolder(camera_id=camera_id, day=day), f"{day.isoformat()} ({count})")
                for day, count in days
            ],
        )

    async def _async_clips(self, folder: ClipFolder) -> BrowseMediaSource:
        runtime = self._runtime()
        queries = runtime.host.engine.catalog.queries
        contents = await runtime.host.async_run(read_folder, queries, folder)
        reasons = await naming.async_reason_names(self.hass)
        shown = _folder(
            folder,
            folder_title(folder),
            children=[
                *(_folder(each, title) for each, title in contents.folders),
                *(_playable(runtime, clip, naming.title(clip, reasons)) for clip in contents.clips),
            ],
        )
        if not contents.folders:
            shown.children_media_class = MediaClass.VIDEO
        return shown

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return a clip's URL, and the path of a local file."""
        media = await self._async_find(item)
        if media.locked:
            raise Unresolvable(translation_domain=DOMAIN, translation_key=PrivateKeyElsewhere.key)
        path = None if isinstance(media.video, CloudFile) else media.video
        return PlayMedia(CLIP_URL.format(clip_id=media.clip.id), "video/mp4", path=path)

    @override
    async def async_get_media_image(self, item: MediaSourceItem) -> MediaImage | None:
        """Return a clip's still."""
        media = await self._async_find(item)
        still, host = media.still, self._runtime().host
        if still is None:
            return None
        if not isinstance(still, CloudFile):
            return MediaImage(await host.async_run(still.read_bytes), "image/jpeg")
        get = get_caches(self.hass).stills.get
        try:
            content = await host.async_run_raw(get, media.clip.id, still)
        except StorageError:
            return None
        return MediaImage(content, "image/jpeg")

    async def _async_find(self, item: MediaSourceItem) -> ClipMedia:
        kind, _, clip_id = item.identifier.partition("/")
        try:
            if kind != CLIP or not is_clip_id(clip_id):
                raise ClipNotFoundError
            return await async_find_clip(self._runtime().host, clip_id)
        except EngineNotRunningError as err:
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key="engine_not_running"
            ) from err
        except ClipNotFoundError as err:
            raise Unresolvable(translation_domain=DOMAIN, translation_key="clip_not_found") from err


@contextmanager
def _browse_errors() -> Iterator[None]:
    try:
        yield
    except EngineNotRunningError as err:
        raise BrowseError(translation_domain=DOMAIN, translation_key="engine_not_running") from err


def _parse(identifier: str | None) -> ClipFolder:
    """Return the folder with this identifier. Raises ``BrowseError``."""
    try:
        return ClipFolder.parse(identifier)
    except ValueError as err:
        raise BrowseError(translation_domain=DOMAIN, translation_key="folder_not_found") from err


def _folder(
    folder: ClipFolder, title: str, *, children: list[BrowseMediaSource] | None = None
) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=folder.identifier,
        media_class=MediaClass.DIRECTORY,
        media_content_type=MediaType.VIDEO,
        title=title,
        can_play=False,
        can_expand=True,
        can_search=True,
        children=children,
        children_media_class=MediaClass.DIRECTORY,
    )


def _playable(runtime: HomeSecData, clip: Clip, title: str) -> BrowseMediaSource:
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=f"{CLIP}/{clip.id}",
        media_class=MediaClass.VIDEO,
        media_content_type="video/mp4",
        title=title,
        can_play=clip.local or runtime.host.engine.library.cloud is not None,
        can_expand=False,
        thumbnail=_still(clip),
    )


def _still(clip: Clip) -> str | None:
    if not clip.still_path:
        return None
    return f"{STILL_URL.format(clip_id=clip.id)}?width={_TILE_WIDTH}"
