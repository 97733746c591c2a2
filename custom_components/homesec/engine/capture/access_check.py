"""Find out what else is wrong with a camera's URL or login after one of them was refused.

Some cameras look for the path first, others ask for the login first, and say nothing about the
other one. With what's found here, a person can correct both at once. The login is sent once at
most, since cameras lock out those who guess.
"""

from http.client import HTTPException
import secrets
from threading import Event
import time
from typing import TYPE_CHECKING, Final

from ..core.errors import LoginRefused, SourceError, StreamNotFound
from ..core.source_url import source_url
from ..core.types import SourceKind
from .http_source import HttpAnswer
from .link import PinnedHost
from .login import Login, camera_login
from .rtsp_message import Message, MessageReader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..core.source_url import SourceUrl
    from ..core.types import SourceConfig
    from .link import Link

ASK_S: Final = 3.0  # time limit of each connection
_READ_BYTES: Final = 65536
_UNAUTHORIZED: Final = 401
_REFUSED: Final = frozenset({_UNAUTHORIZED, 403})
"""How cameras answer a wrong login; some don't ask for it again."""
_NOT_FOUND: Final = 404
LOGIN: Final = "login"
PATH: Final = "path"
"""Placeholders of the returned error: what is known about the other one."""
RIGHT, WRONG, UNKNOWN = "right", "wrong", "unknown"


def explain_refusal(error: SourceError, config: SourceConfig) -> SourceError:
    """Return the error of a refused stream, with what's known about the path or login.

    Blocks for some seconds at most. An error that has nothing to do with them stays as it is.
    """
    if config.kind is not SourceKind.STREAM:
        return error
    if type(error) is LoginRefused:
        return LoginRefused(str(error), **error.placeholders, **{PATH: _check_path(config)})
    if type(error) is StreamNotFound:
        return StreamNotFound(str(error), **error.placeholders, **{LOGIN: _check_login(config)})
    return error


def _check_path(config: SourceConfig) -> str:
    """Return whether the path of a camera that refused the login is known to be right.

    It is if the camera denies a path beside it, which can't exist, without asking for a login.
    """
    url = source_url(config).join(secrets.token_hex(8))
    try:
        return RIGHT if _Question(config, url).is_not_found() else UNKNOWN
    except SourceError, OSError, HTTPException, ValueError:
        return UNKNOWN


def _check_login(config: SourceConfig) -> str:
    """Return whether the login of a camera that doesn't know the path is right.

    If the camera asks for the login at this path, ours was accepted already. If not, ours hasn't
    been sent yet, and the camera may ask for it at ``/``. No login at all can't be wrong here.
    """
    url = source_url(config)
    try:
        if url.username is None and url.password is None:
            return RIGHT
        if not _Question(config, url).is_not_found():
            return RIGHT
        return _Question(config, url.join("/")).try_login(camera_login(config, url))
    except SourceError, OSError, HTTPException, ValueError:
        return UNKNOWN


class _Question:
    """A request for one path."""

    def __init__(self, config: SourceConfig, url: SourceUrl) -> None:
        self._pinned = PinnedHost(url, config)
        self._url = url

    def is_not_found(self) -> bool:
        """Return whether the camera says that there's no such path, without a login."""
        with self._connect() as link:
            status, _ = self._ask(link, None)
        return 400 <= status < 500 and status not in _REFUSED

    def try_login(self, login: Login) -> str:
        """Return whether the camera accepts the login, if it asks for one."""
        link = self._connect()
        try:
            status, challenges = self._ask(link, None)
            if status != _UNAUTHORIZED:
                return UNKNOWN
            login.accept(challenges, sent=False)
            if not self._is_rtsp:  # HTTP closes after each answer
                link.close()
                link = self._connect()
            status, challenges = self._ask(link, login)
        finally:
            link.close()
        if status < 400 or status == _NOT_FOUND:
            return RIGHT
        if status not in _REFUSED:
            return UNKNOWN  # a camera that is busy, say, may not have looked at the login
        try:
            login.accept(challenges, sent=True)
        except LoginRefused:
            return WRONG
        return UNKNOWN  # it asks again only because it took too long

    @property
    def _is_rtsp(self) -> bool:
        return self._url.scheme.startswith("rtsp")

    def _connect(self) -> Link:
        link = self._pinned.connect(ASK_S, Event())
        link.until_t = time.monotonic() + ASK_S
        return link

    def _ask(self, link: Link, login: Login | None) -> tuple[int, Iterable[str]]:
        """Return the status of the answer, and its questions for a login."""
        if not self._is_rtsp:
            path = self._url.target if self._url.target.startswith("/") else f"/{self._url.target}"
            header = None if login is None else login.header("GET", self._url.target)
            link.send(_request(f"GET {path} HTTP/1.1", header, Host=self._url.authority))
            response = HttpAnswer(link, self._url).response
            return response.status, response.headers.get_all("WWW-Authenticate", [])
        uri = self._url.without_login
        header = None if login is None else login.header("DESCRIBE", uri)
        cseq = "1" if login is None else "2"
        link.send(_request(f"DESCRIBE {uri} RTSP/1.0", header, CSeq=cseq, Accept="application/sdp"))
        answer = _read_response(link)
        return answer.status, answer.get_all("www-authenticate")


def _request(first_line: str, authorization: str | None, **headers: str) -> bytes:
    request = Message(first_line, [("User-Agent", "HomeSec")])
    return request.with_headers(**headers, Authorization=authorization).encode()


def _read_response(link: Link) -> Message:
    """Return the next final response. Raises ``SourceError``, OSError."""
    reader = MessageReader()
    while data := link.read(_READ_BYTES):
        reader.feed(data)
        while (item := reader.next()) is not None:
            if isinstance(item, Message) and item.is_response and item.status >= 200:
                return item
    raise SourceError
