"""HTTP views for logged-in users: clips, stills, and a camera's preview."""

from typing import TYPE_CHECKING, Final, override

from aiohttp import hdrs, web
from homeassistant.components.camera import async_get_still_stream
from homeassistant.components.http import KEY_HASS, KEY_HASS_USER, HomeAssistantView
from homeassistant.core import HomeAssistant, callback

from .access import Permission, async_get_runtime, has_permission
from .alerts.stills import alert_stills
from .cameras.tryout import PICTURE_INTERVAL_S
from .clips.cache import STILL_WIDTHS, get_caches, scale_still
from .clips.files import ClipMedia, ClipNotFoundError, CloudFile, async_find_clip
from .clips.naming import content_disposition
from .cloud.streaming import async_serve_video, http_error
from .engine.cloud.errors import StorageError
from .engine.core.clip_id import is_clip_id
from .exceptions import EngineNotRunningError
from .urls import ALERT_STILL_URL, CLIP_URL, LAST_PICTURE_URL, PREVIEW_URL, STILL_URL, TRYOUT_URL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .runtime import HomeSecData

# A saved clip never changes, but is private: browsers may cache it, proxies may not.
_CACHED: Final[Mapping[str, str]] = {hdrs.CACHE_CONTROL: "private, max-age=86400"}
_NOT_CACHED: Final[Mapping[str, str]] = {hdrs.CACHE_CONTROL: "no-store"}


@callback
def async_setup_views(hass: HomeAssistant) -> None:
    """Register the views."""
    for view in (ClipView, StillView, AlertStillView, LastPictureView, PreviewView, TryoutView):
        hass.http.register_view(view)


def _runtime(request: web.Request) -> HomeSecData:
    """Return the loaded entry's runtime; otherwise answer 503, or 403 to who may not see clips."""
    if (runtime := async_get_runtime(request.app[KEY_HASS])) is None:
        raise web.HTTPServiceUnavailable
    if not has_permission(request[KEY_HASS_USER], runtime, Permission.READ):
        raise web.HTTPForbidden
    return runtime


async def _find(request: web.Request, clip_id: str, *, in_progress: bool = False) -> ClipMedia:
    runtime = _runtime(request)
    # Those who may delete clips also see the deleted ones.
    deleted = has_permission(request[KEY_HASS_USER], runtime, Permission.CONTROL)
    try:
        return await async_find_clip(
            runtime.host, clip_id, in_progress=in_progress, deleted=deleted
        )
    except EngineNotRunningError:
        raise web.HTTPServiceUnavailable from None
    except ClipNotFoundError:
        raise web.HTTPNotFound from None


class _FileView(HomeAssistantView):
    """A file of a clip."""

    async def head(self, request: web.Request, clip_id: str) -> web.StreamResponse:
        """Return the headers of GET, for cast and DLNA players."""
        return await self.get(request, clip_id)

    async def get(self, request: web.Request, clip_id: str) -> web.StreamResponse:
        """Serve the file or a part of it."""
        raise NotImplementedError


class ClipView(_FileView):
    """A clip's video, also while it's recorded; with ``?download=1``, for saving it as a file."""

    url = CLIP_URL
    name = "api:homesec:clip"

    @override
    async def get(self, request: web.Request, clip_id: str) -> web.StreamResponse:
        found = await _find(request, clip_id, in_progress=True)
        headers: dict[str, str] = {}
        if request.query.get("download") == "1":
            headers[hdrs.CONTENT_DISPOSITION] = content_disposition(found.clip)
        if isinstance(found.video, CloudFile):
            return await async_serve_video(_runtime(request).host, request, found.video, headers)
        if found.in_progress:
            headers.update(_NOT_CACHED)
        return _file(found.video, "video/mp4", headers)


class StillView(_FileView):
    """A clip's still, scaled down with ``?width=`` (one of ``STILL_WIDTHS``).

    Never a redirect: the bucket doesn't answer to the frontend's script (CORS).
    """

    url = STILL_URL
    name = "api:homesec:still"

    @override
    async def get(self, request: web.Request, clip_id: str) -> web.StreamResponse:
        width = _width(request)
        still = (await _find(request, clip_id)).still
        if still is None:
            raise web.HTTPNotFound
        run = _runtime(request).host.async_run_raw
        if isinstance(still, CloudFile):
            cache = get_caches(request.app[KEY_HASS]).stills
            try:
                jpeg = await run(cache.get, clip_id, still)
            except StorageError as err:
                raise http_error(err) from err
            if width is not None:
                jpeg = await run(scale_still, jpeg, width)
        elif width is None:
            return _file(still, "image/jpeg")
        else:
            try:
                jpeg = await run(lambda: scale_still(still.read_bytes(), width))
            except OSError:  # deleted since it was found
                raise web.HTTPNotFound from None
        return web.Response(body=jpeg, content_type="image/jpeg", headers=_CACHED)


def _width(request: web.Request) -> int | None:
    """Return the requested width; answer 400 to others."""
    widths = {str(width): width for width in STILL_WIDTHS} | {None: None}
    if (width := request.query.get("width")) not in widths:
        raise web.HTTPBadRequest(text=f"width is one of {', '.join(map(str, STILL_WIDTHS))}")
    return widths[width]


def _file(
    path: Path, content_type: str, headers: Mapping[str, str] | None = None
) -> web.FileResponse:
    """Return a file or the requested range; aiohttp reads it off the event loop."""
    return web.FileResponse(
        path, headers={hdrs.CONTENT_TYPE: content_type, **_CACHED, **(headers or {})}
    )


class AlertStillView(HomeAssistantView):
    """The still of an alert, for a day."""

    url = ALERT_STILL_URL
    name = "api:homesec:alert"

    async def get(self, request: web.Request, alert_id: str) -> web.Response:
        """Serve the JPEG."""
        if not is_clip_id(alert_id):
            raise web.HTTPNotFound
        stills = alert_stills(request.app[KEY_HASS])
        jpeg = await _runtime(request).host.async_run_raw(stills.get, alert_id)
        if jpeg is None:
            raise web.HTTPNotFound
        return web.Response(body=jpeg, content_type="image/jpeg", headers=_CACHED)


class LastPictureView(HomeAssistantView):
    """The last picture of a camera that's off or lost."""

    url = LAST_PICTURE_URL
    name = "api:homesec:camera"

    async def get(self, request: web.Request, camera_id: str, at_ms: str) -> web.Response:  # noqa: ARG002
        """Serve the JPEG."""
        if (picture := await _runtime(request).pictures.async_find(camera_id)) is None:
            raise web.HTTPNotFound
        return web.Response(body=picture.jpeg, content_type="image/jpeg", headers=_CACHED)


class PreviewView(HomeAssistantView):
    """The picture of a camera that is being configured."""

    url = PREVIEW_URL
    name = "api:homesec:preview"

    async def get(self, request: web.Request, flow_id: str) -> web.Response:
        """Serve the JPEG from the flow's probe."""
        if (jpeg := _runtime(request).previews.get(flow_id)) is None:
            raise web.HTTPNotFound
        return web.Response(body=jpeg, content_type="image/jpeg", headers=_NOT_CACHED)


class TryoutView(HomeAssistantView):
    """The moving picture of a camera that is being configured, until its flow ends."""

    url = TRYOUT_URL
    name = "api:homesec:tryout"

    async def get(self, request: web.Request, token: str) -> web.StreamResponse:
        """Serve one JPEG after the other."""
        if (tryout := _runtime(request).tryouts.get(token)) is None:
            raise web.HTTPNotFound

        def is_watched() -> bool:
            return request.transport is not None and not request.transport.is_closing()

        return await async_get_still_stream(
            request, tryout.pictures(is_watched), "image/jpeg", PICTURE_INTERVAL_S
        )
