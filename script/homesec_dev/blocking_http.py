"""HTTP and WebSocket calls that block: aiohttp for scripts that read top to bottom."""

import asyncio
from dataclasses import dataclass
import json
from typing import TYPE_CHECKING, Any, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from types import TracebackType

type Parsed = Any  # parsed JSON, whose shape the other side decides

MESSAGE_LIMIT = 64 * 1024 * 1024  # bytes; a screenshot or a list of clips arrives as one message


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """An HTTP answer, read in full."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Parsed:
        """Return the body parsed as JSON."""
        return json.loads(self.body)


class Http:
    """A client session with an event loop of its own that runs only during a call.

    It starts no thread, so tests that count threads find none.
    """

    def __init__(self) -> None:
        """Open the session."""
        self._runner = asyncio.Runner(loop_factory=asyncio.SelectorEventLoop)
        self._session = self._runner.run(_open_session())

    def wait[T](self, work: Coroutine[Any, Any, T], *, timeout_s: float) -> T:
        """Run a coroutine; raises TimeoutError after `timeout_s`."""

        async def bounded() -> T:
            async with asyncio.timeout(timeout_s):
                return await work

        return self._runner.run(bounded())

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: Parsed = None,
        timeout_s: float = 60,
    ) -> Response:
        """Send a request and return the answer, whatever its status; raises OSError without one."""

        async def send() -> Response:
            async with self._session.request(
                method, url, headers=headers, data=data, allow_redirects=False
            ) as answer:
                body = await answer.read()
                return Response(status=answer.status, headers=answer.headers, body=body)

        return self.wait(send(), timeout_s=timeout_s)

    def websocket(self, url: str, *, timeout_s: float = 30) -> WebSocket:
        """Open a websocket that carries JSON."""

        async def connect() -> aiohttp.ClientWebSocketResponse:
            return await self._session.ws_connect(url, max_msg_size=MESSAGE_LIMIT)

        return WebSocket(self, self.wait(connect(), timeout_s=timeout_s))

    def close(self) -> None:
        """Close the session and all its connections."""
        self.wait(self._session.close(), timeout_s=10)
        self._runner.close()

    def __enter__(self) -> Self:
        """Close at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


class WebSocket:
    """JSON messages over a WebSocket."""

    def __init__(self, http: Http, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Use a connected socket."""
        self._http = http
        self._socket = socket

    @property
    def closed(self) -> bool:
        """Whether the connection is closed."""
        return self._socket.closed

    def send(self, message: object) -> None:
        """Send one message."""
        self._http.wait(self._socket.send_json(message), timeout_s=30)

    def receive(self, *, timeout_s: float) -> Parsed:
        """Return the next message; raises TimeoutError or ConnectionError."""
        message = self._http.wait(self._socket.receive(), timeout_s=timeout_s)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError("the websocket was closed by the other side")
        return json.loads(message.data)

    def close(self) -> None:
        """Close it."""
        self._http.wait(self._socket.close(), timeout_s=10)


async def _open_session() -> aiohttp.ClientSession:
    # Without the environment's proxy: every server here is on the loopback.
    return aiohttp.ClientSession(trust_env=False)
