"""What is served over HTTP, to people who are logged in: clips, their stills, a flow's preview."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import hdrs, web
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.core import HomeAssistant, callback

from .clip_files import ClipFile, ClipNotFoundError, async_find_clip
from .const import DOMAIN
from .exceptions import EngineNotRunningError

if TYPE_CHECKING:
    from pathlib import Path

    from .coordinator import HomeSecCoordinator

CLIP_URL = f"/api/{DOMAIN}/clip/{{clip_id}}.mp4"
STILL_URL = f"/api/{DOMAIN}/clip/{{clip_id}}.jpg"
PREVIEW_URL = f"/api/{DOMAIN}/flow/{{flow_id}}.jpg"

# A finished clip never changes, but it is private: kept by the browser, by nothing in between.
_CACHED = {hdrs.CACHE_CONTROL: "private, max-age=86400"}
_NOT_CACHED = {hdrs.CACHE_CONTROL: "no-store"}


@callback
def async_setup_views(hass: HomeAssistant) -> None:
    """Register the views."""
    for view in (ClipView, StillView, PreviewView):
        hass.http.register_view(view)


def _coordinator(request: web.Request) -> HomeSecCoordinator:
    """Return the one loaded entry's coordinator; 503 if there is none."""
    for entry in request.app[KEY_HASS].config_entries.async_loaded_entries(DOMAIN):
        coordinator: HomeSecCoordinator = entry.runtime_data
        return coordinator
    raise web.HTTPServiceUnavailable


async def _find(request: web.Request, clip_id: str) -> ClipFile:
    try:
        return await async_find_clip(_coordinator(request), clip_id)
    except EngineNotRunningError:
        raise web.HTTPServiceUnavailable from None
    except ClipNotFoundError:
        raise web.HTTPNotFound from None


def _file(path: Path | None, content_type: str, *, finished: bool) -> web.FileResponse:
    """Serve a file; ``FileResponse`` answers ranges and HEAD, and reads in an executor."""
    if path is None:
        raise web.HTTPNotFound
    headers = _CACHED if finished else _NOT_CACHED
    return web.FileResponse(path, headers={hdrs.CONTENT_TYPE: content_type, **headers})


class ClipView(HomeAssistantView):
    """A clip's video, also while it is being recorded."""

    url = CLIP_URL
    name = "api:homesec:clip"

    async def get(self, request: web.Request, clip_id: str) -> web.FileResponse:
        """Serve the video, or a part of it."""
        clip = await _find(request, clip_id)
        return _file(clip.video, "video/mp4", finished=clip.finished)

    async def head(self, request: web.Request, clip_id: str) -> web.FileResponse:
        """Tell cast and DLNA players what GET would give."""
        return await self.get(request, clip_id)


class StillView(HomeAssistantView):
    """A clip's still."""

    url = STILL_URL
    name = "api:homesec:still"

    async def get(self, request: web.Request, clip_id: str) -> web.FileResponse:
        """Serve the JPEG."""
        clip = await _find(request, clip_id)
        return _file(clip.still, "image/jpeg", finished=clip.finished)

    async def head(self, request: web.Request, clip_id: str) -> web.FileResponse:
        """Tell what GET would give."""
        return await self.get(request, clip_id)


class PreviewView(HomeAssistantView):
    """What a camera sees, before it is saved."""

    url = PREVIEW_URL
    name = "api:homesec:preview"

    async def get(self, request: web.Request, flow_id: str) -> web.Response:
        """Serve the JPEG that the flow's probe took."""
        if (jpeg := _coordinator(request).previews.get(flow_id)) is None:
            raise web.HTTPNotFound
        return web.Response(
            body=jpeg, content_type="image/jpeg", status=HTTPStatus.OK, headers=_NOT_CACHED
        )
