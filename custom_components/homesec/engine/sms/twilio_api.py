"""Twilio's Messages resource: create one, find one again, ask what became of it.

https://www.twilio.com/docs/messaging/api/message-resource. Works with the ``twilio`` package from
6.32, which Home Assistant's own integration pins, to 9. Importing that takes a moment.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.deadline import DeadlineExceeded, run_with_deadline
from .errors import TextUnreachable
from .twilio_errors import refused
from .types import BODY_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from threading import Event

    from .twilio_http import Transport
    from .types import TextAccount

LIMIT_S = 16.0
"""For one request, whatever happens: somewhat more than connecting and reading may take."""
SEARCH_LIMIT_S = 30.0
SEARCHED = 500
"""Messages to this number, the newest first, among which one is looked for."""
EARLIER_S = 3600.0
"""How far our clock may have been ahead of Twilio's."""
REDACTED_S = 300.0
"""An account may have the bodies of its messages removed; then only the time tells which it is."""
NOT_DELIVERED = frozenset({"failed", "undelivered"})
IN_THE_END = NOT_DELIVERED | {"delivered", "read", "canceled"}


class Status(NamedTuple):
    """What became of a text."""

    name: str
    """``queued``, ``sent``, ``delivered``…"""
    code: int | None = None
    """Of the error, if it was not delivered."""


type Untyped = Any
"""Of the library, which has no types."""


def send_now(
    account: TextAccount, body: str, *, media_url: str | None = None, stop: Event | None = None
) -> str:
    """Send one text, and return its SID at Twilio.

    Raises TextError. Where that says ``maybe_sent``, ``find_sent`` tells.
    """

    def send(client: Untyped) -> str:
        fields = {"to": account.to, "body": fitting(body)}
        if account.sender:
            fields["from_"] = account.sender
        if account.messaging_service_sid:
            fields["messaging_service_sid"] = account.messaging_service_sid
        if media_url:
            fields["media_url"] = [media_url]  # type: ignore[assignment]
        return str(client.messages.create(**fields).sid)

    return _asked(account, send, LIMIT_S, stop, sending=True)


def find_sent(
    account: TextAccount,
    body: str,
    *,
    since: float,
    known: Collection[str] = (),
    stop: Event | None = None,
) -> str | None:
    """Return the SID of a text that was perhaps sent at ``since`` (UTC epoch seconds).

    ``known`` are SIDs of other ones. Raises TextError.
    """

    # Not by DateSent: that is null, and so never found, as long as a text is queued at Twilio.
    def search(client: Untyped) -> str | None:
        for message in client.messages.stream(to=account.to, limit=SEARCHED, page_size=50):
            at = _time(message.date_created)
            if at < since - EARLIER_S:
                return None
            if message.sid not in known and _same(message, body, at - since):
                return str(message.sid)
        return None

    return _asked(account, search, SEARCH_LIMIT_S, stop)


def ask_status(account: TextAccount, sid: str, *, stop: Event | None = None) -> Status:
    """Return what became of a text. Raises TextError."""

    def ask(client: Untyped) -> Status:
        message = client.messages(sid).fetch()
        return Status(str(message.status), message.error_code)

    return _asked(account, ask, LIMIT_S, stop)


def fitting(body: str) -> str:
    """Return as much of a text as Twilio takes."""
    return body if len(body) <= BODY_LIMIT else body[: BODY_LIMIT - 1] + "…"


def warm_up() -> None:
    """Import what takes a moment, so that the first text does not wait for it."""
    for module in ("twilio.rest", "twilio.rest.api.v2010.account.message"):
        import_module(module)


def _asked[T](
    account: TextAccount,
    ask: Callable[[Untyped], T],
    limit_s: float,
    stop: Event | None,
    *,
    sending: bool = False,
) -> T:
    """Let Twilio's client do something, for a limited time."""
    from .twilio_http import Transport

    if stop is not None and stop.is_set():
        raise TextUnreachable
    transport = Transport()

    def work() -> T:
        with _told_apart(transport):
            return ask(_client(account, transport))

    try:
        return run_with_deadline(limit_s, work, name="homesec-twilio", stop=stop)
    except DeadlineExceeded:
        raise TextUnreachable(maybe_sent=sending) from None


def _client(account: TextAccount, transport: Transport) -> Untyped:
    from twilio.rest import Client

    return Client(
        account.api_key_sid or account.account_sid,
        account.secret,
        account.account_sid,
        http_client=transport,
        # What it would take from the environment is for other programs.
        environment={"TWILIO_REGION": ""},
    )


@contextmanager
def _told_apart(transport: Transport) -> Iterator[None]:
    """Turn what the library raises into TextError, without its text: numbers stand in that."""
    from twilio.base.exceptions import TwilioException

    try:
        yield
    except TwilioException as err:
        code = getattr(err, "code", None)
        raise refused(
            transport.status,
            code if isinstance(code, int) else None,
            transport.headers,
            time.time(),
        ) from None
    except ValueError, TypeError, KeyError, AttributeError:
        # Something that is not Twilio has answered, or Twilio something else than it documents.
        raise TextUnreachable("This is no answer of Twilio's", maybe_sent=True) from None


def _time(date: datetime | None) -> float:
    """Return a message's time; one that has none yet is of this moment."""
    if date is None:
        return time.time()
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _same(message: Untyped, body: str, later_s: float) -> bool:
    if message.direction == "inbound" or message.status == "canceled":
        return False
    if not message.body:
        return abs(later_s) < REDACTED_S
    # A trial account has a sentence put before it, a messaging service may replace typographic
    # characters by plain ones.
    ours = _plain(fitting(body))
    return ours in _plain(message.body) if ours else body.strip() == message.body.strip()


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text)
