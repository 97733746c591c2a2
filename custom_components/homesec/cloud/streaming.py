"""A film that is only in the cloud, to somebody who is logged in to Home Assistant.

Where a key can sign, the player is sent to a link of its own, which soon expires. Of an encrypted
film, and with a login that cannot sign, every byte comes through here, any range of it,
and is kept for a while.
"""

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import hdrs, web
from homeassistant.components.http import KEY_HASS

from ..clips.cache import get_caches
from ..const import LOGGER
from ..engine.cloud.errors import EncryptionError, ObjectMissing, StorageError, StorageUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..clips.files import CloudFile
    from ..clips.video_cache import VideoInfo
    from ..engine_host import EngineHost

LINK_S: Final = 15 * 60
"""Players come back to the link for each jump, so it outlives a long look at a clip of minutes."""


async def async_serve_film(
    host: EngineHost,
    request: web.Request,
    film: CloudFile,
    headers: Mapping[str, str],
) -> web.StreamResponse:
    """Answer with a redirect or with the film and these headers. Raises ``HTTPException``."""
    # A link is signed for GET alone, and the bucket knows no headers of ours.
    if request.method == hdrs.METH_GET and not headers:
        link = await _async_ask(host, film.store.signed_url, film.name, LINK_S)
        if link is not None:
            raise web.HTTPFound(link, headers={hdrs.CACHE_CONTROL: "no-store"})
    cache = get_caches(request.app[KEY_HASS]).videos
    found = await _async_ask(host, cache.info, film)
    read = partial(cache.read, film, found)
    return await _async_stream(host, request, found, read, headers)


async def _async_stream(
    host: EngineHost,
    request: web.Request,
    found: VideoInfo,
    read: Callable[[int, int], Iterator[bytes]],
    headers: Mapping[str, str],
) -> web.StreamResponse:
    etag = f'"{found.generation}"'
    start, end, status = _span(request, found.bytes, etag)
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
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{found.bytes}"
    if request.method == hdrs.METH_HEAD:
        await response.prepare(request)
        return response
    pieces = read(start, end)  # nothing is done before the first is taken, in a thread
    # The first one before the answer, so that what fails has its status.
    piece = await _async_ask(host, _next, pieces)
    await response.prepare(request)
    while piece is not None:
        await response.write(piece)
        try:
            piece = await host.async_run_raw(_next, pieces)
        except StorageError as err:
            LOGGER.warning("A video could not be read to its end: %s", err.key)
            # Shorter than was said: the player notices, and asks for the rest.
            response.force_close()
            return response
    await response.write_eof()
    return response


def _span(request: web.Request, size: int, etag: str) -> tuple[int, int, HTTPStatus]:
    """Return which bytes are asked for; 416 if there are none such."""
    if request.headers.get(hdrs.IF_RANGE, etag) != etag:
        return 0, size, HTTPStatus.OK
    try:
        asked = request.http_range
    except ValueError:
        raise _not_satisfiable(size) from None
    if asked.start is None and asked.stop is None:
        return 0, size, HTTPStatus.OK
    start, end, _ = asked.indices(size)
    if start >= end:
        raise _not_satisfiable(size)
    return start, end, HTTPStatus.PARTIAL_CONTENT


def _not_satisfiable(size: int) -> web.HTTPException:
    headers = {hdrs.CONTENT_RANGE: f"bytes */{size}"}
    return web.HTTPRequestRangeNotSatisfiable(headers=headers)


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)


async def _async_ask[*Ts, T](host: EngineHost, job: Callable[[*Ts], T], *args: *Ts) -> T:
    """Ask the cloud; what it refuses becomes a status."""
    try:
        return await host.async_run_raw(job, *args)
    except StorageError as err:
        raise http_error(err) from err


def http_error(err: StorageError) -> web.HTTPException:
    """Return a status for what the cloud said, without a word of it."""
    match err:
        case ObjectMissing():
            return web.HTTPNotFound()
        case StorageUnreachable():
            return web.HTTPGatewayTimeout()
        case EncryptionError():
            LOGGER.warning("An encrypted clip cannot be decrypted: %s", err.key)
        case _:
            LOGGER.warning("A clip cannot be downloaded from the cloud: %s", err.key)
    return web.HTTPBadGateway()
