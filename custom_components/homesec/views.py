"""What is served over HTTP, to people who are logged in: clips, their stills, a flow's preview."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, override

from aiohttp import hdrs, web
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.core import HomeAssistant, callback

from .access import async_get_runtime
from .alerts.stills import alert_stills
from .clips.cache import STILL_WIDTHS, get_caches, scale_still
from .clips.files import ClipMedia, ClipNotFoundError, CloudFile, async_find_clip
from .clips.naming import content_disposition
from .cloud.streaming import async_serve_video, http_error
from .engine.cloud.errors import StorageError
from .engine.core.clip_id import is_clip_id
from .exceptions import EngineNotRunningError
from .urls import ALERT_STILL_URL, CLIP_URL, PREVIEW_URL, STILL_URL

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .runtime import HomeSecData

# A finished clip never changes, but it is private: kept by the browser, by nothing in between.
_CACHED: Final[Mapping[str, str]] = {hdrs.CACHE_CONTROL: "private, max-age=86400"}
_NOT_CACHED: Final[Mapping[str, str]] = {hdrs.CACHE_CONTROL: "no-store"}


@callback
def async_setup_views(hass: HomeAssistant) -> None:
    """Register the views."""
    for view in (ClipView, StillView, AlertStillView, PreviewView):
        hass.http.register_view(view)


def _runtime(request: web.Request) -> HomeSecData:
    """Return the one loaded entry's runtime; 503 if there is none."""
    if (runtime := async_get_runtime(request.app[KEY_HASS])) is None:
        raise web.HTTPServiceUnavailable
    return runtime


async def _find(request: web.Request, clip_id: str, *, in_progress: bool = False) -> ClipMedia:
    try:
        return await async_find_clip(_runtime(request).host, clip_id, in_progress=in_progress)
    except EngineNotRunningError:
        raise web.HTTPServiceUnavailable from None
    except ClipNotFoundError:
        raise web.HTTPNotFound from None


class _FileView(HomeAssistantView):
    """A file of a clip."""

    async def head(self, request: web.Request, clip_id: str) -> web.StreamResponse:
        """Tell cast and DLNA players what GET would give."""
        return await self.get(request, clip_id)

    async def get(self, request: web.Request, clip_id: str) -> web.StreamResponse:
        """Serve the file or a part of it."""
        raise NotImplementedError


class ClipView(_FileView):
    """A clip's video; of one that is being recorded, what there is of it.

    With ``?download=1`` it has a name, under which a browser saves it.
    """

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
    """A clip's still; with ``?width=`` (one of ``STILL_WIDTHS``) no wider than that.

    Never a redirect: the frontend fetches it with a script, to which the bucket would not answer.
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
    """Return the width that was asked for; 400 if there is no such."""
    wanted = request.query.get("width")
    if wanted is None:
        return None
    for width in STILL_WIDTHS:
        if wanted == str(width):
            return width
    raise web.HTTPBadRequest(text=f"width is one of {', '.join(map(str, STILL_WIDTHS))}")


def _file(
    path: Path, content_type: str, headers: Mapping[str, str] | None = None
) -> web.FileResponse:
    """``FileResponse`` answers ranges, off the event loop."""
    return web.FileResponse(
        path, headers={hdrs.CONTENT_TYPE: content_type, **_CACHED, **(headers or {})}
    )


class AlertStillView(HomeAssistantView):
    """The picture that an alert carries, for a day."""

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


class PreviewView(HomeAssistantView):
    """What a camera sees, before it is saved."""

    url = PREVIEW_URL
    name = "api:homesec:preview"

    async def get(self, request: web.Request, flow_id: str) -> web.Response:
        """Serve the JPEG that the flow's probe took."""
        if (jpeg := _runtime(request).previews.get(flow_id)) is None:
            raise web.HTTPNotFound
        return web.Response(
            body=jpeg, content_type="image/jpeg", status=HTTPStatus.OK, headers=_NOT_CACHED
        )
