"""Requests to an RTSP camera that wait for their responses, and the login that it asks for."""

from typing import TYPE_CHECKING

from ..core.errors import StreamNotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from .login import Login
    from .rtp_over_udp import UdpTrack
    from .rtsp_message import Message

_MOST_TRIES = 6  # of one request, logins and redirects included
_MOST_PENDING = 16


class PendingRequest:
    """A request that waits for its response."""

    def __init__(self, request: Message, cseq: str, track: UdpTrack | None = None) -> None:
        self.request = request  # as FFmpeg means it, with the camera's URI
        self.cseq = cseq  # FFmpeg's
        self.track = track
        self.transport = request.get("transport") or ""  # as FFmpeg asked
        self.tries = 0
        self.login_tries = 0


class RtspRequests:
    """Numbers requests, adds the login to them, and finds what a response belongs to."""

    def __init__(self, login: Login, send: Callable[[bytes], None]) -> None:
        """``send`` sends to the camera; it may raise ``OSError``."""
        self._login = login
        self._send = send
        self._pending: dict[str, PendingRequest] = {}
        self._cseq = 0

    def send(self, pending: PendingRequest) -> None:
        """Send a request, for the first time or again. Raises ``StreamNotFound`` after too many."""
        pending.tries += 1
        if pending.tries > _MOST_TRIES or len(self._pending) >= _MOST_PENDING:
            raise StreamNotFound
        self._cseq += 1
        request = pending.request
        login = self._login.header(request.method, request.uri)
        sent = request.with_headers(CSeq=str(self._cseq), Authorization=login)
        self._pending[str(self._cseq)] = pending
        self._send(sent.encode())

    def match(self, response: Message) -> PendingRequest | None:
        """Return the request of a final response; None if there is none, or it isn't final."""
        cseq = response.get("cseq") or next(iter(self._pending), "")
        pending = self._pending.pop(cseq, None)
        if pending is not None and response.status < 200:
            self._pending[cseq] = pending  # 100 Continue
            return None
        return pending

    def log_in(self, pending: PendingRequest, refusal: Message) -> None:
        """Repeat a request with the login that its refusal asks for. Raises ``SourceError``."""
        self._login.accept(refusal.get_all("www-authenticate"), sent=pending.login_tries > 0)
        pending.login_tries += 1
        self.send(pending)

    def start_over(self, login: Login) -> None:
        """Forget what waits, since there's another connection, with a login of its own."""
        self._login = login
        self._pending.clear()
