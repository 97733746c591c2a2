"""Serve the video of a clip that is only in the cloud.

If the bucket can sign URLs, the player is redirected to one that soon expires. Otherwise, and for
an encrypted video, Home Assistant reads any requested range, and keeps it for a while.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
from homeassistant.components.http import KEY_HASS
from homeassistant.helpers.translation import async_get_exception_message

from ..clips.cache import get_caches
from ..const import DOMAIN, LOGGER
from ..engine.cloud.errors import (
    EncryptionError,
    ObjectMissing,
    PrivateKeyElsewhere,
    StorageError,
    StorageUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..clips.files import CloudFile
    from ..engine_host import EngineHost

LINK_S: Final = 15 * 60
"""Players request the URL again for each seek, so it must outlive the playback of a clip."""


async def async_serve_video(
    host: EngineHost, request: web.Request, video: CloudFile, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Answer with a redirect, or with the video and these headers. Raises ``HTTPException``."""
    # A URL is signed for GET alone, and the bucket can't add our headers.
    if request.method == hdrs.METH_GET and not headers:
        url = await _async_call(host, video.store.signed_url, video.name, LINK_S)
        if url is not None:
            raise web.HTTPFound(url, headers={hdrs.CACHE_CONTROL: "no-store"})
    cache = get_caches(request.app[KEY_HASS]).videos
    info = await _async_call(host, cache.info, video)
    etag = f'"{info.generation}"'
    start, end, status = _requested_range(request, info.bytes, etag)
    response = web.StreamResponse(
        status=status,
        headers={
            hdrs.CONTENT_TYPE: "video/mp4",
            hdrs.CACHE_CONTROL: "private, max-age=86400",
            hdrs.ACCEPT_RANGES: "bytes",
            hdrs.ETAG: etag,
            **headers,
        },
    )
    response.content_length = end - start
    if status is HTTPStatus.PARTIAL_CONTENT:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{info.bytes}"
    if request.method == hdrs.METH_HEAD:
        await response.prepare(request)
        return response
    pieces = cache.read(video, info, start, end)  # a generator: blocks only in ``_next``
    # Read the first piece before the response begins, since an error has its own status.
    piece = await _async_call(host, _next, pieces)
    await response.prepare(request)
    while piece is not None:
        await response.write(piece)
        try:
            piece = await host.async_run_raw(_next, pieces)
        except StorageError as err:
            LOGGER.warning("A video could not be read to its end: %s", err.key)
            # The response is shorter than announced, so the player requests the rest.
            response.force_close()
            return response
    await response.write_eof()
    return response


def _requested_range(request: web.Request, size: int, etag: str) -> tuple[int, int, HTTPStatus]:
    """Return the requested bytes' start and end. Raises 416 if there are none."""
    not_satisfiable = web.HTTPRequestRangeNotSatisfiable(
        headers={hdrs.CONTENT_RANGE: f"bytes */{size}"}
    )
    if request.headers.get(hdrs.IF_RANGE, etag) != etag:
        return 0, size, HTTPStatus.OK
    try:
        requested = request.http_range
    except ValueError:
        raise not_satisfiable from None
    if requested.start is None and requested.stop is None:
        return 0, size, HTTPStatus.OK
    start, end, _ = requested.indices(size)
    if start >= end:
        raise not_satisfiable
    return start, end, HTTPStatus.PARTIAL_CONTENT


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


async def _async_call[*Ts, T](host: EngineHost, call: Callable[[*Ts], T], *args: *Ts) -> T:
    """Call the store in a thread. Raises ``HTTPException`` for its errors."""
    try:
        return await host.async_run_raw(call, *args)
    except StorageError as err:
        raise http_error(err) from err


def http_error(err: StorageError) -> web.HTTPException:
    """Return the HTTP status of an error, without its message."""
    match err:
        case ObjectMissing():
            return web.HTTPNotFound()
        case StorageUnreachable():
            return web.HTTPGatewayTimeout()
        case PrivateKeyElsewhere():
            return web.HTTPConflict(text=async_get_exception_message(DOMAIN, err.key))
        case EncryptionError():
            LOGGER.warning("An encrypted clip cannot be decrypted: %s", err.log_text)
        case _:
            LOGGER.warning("A clip cannot be downloaded from the cloud: %s", err.log_text)
    return web.HTTPBadGateway()
