"""Twilio's Messages resource: create a message, find one again, fetch its status.

https://www.twilio.com/docs/messaging/api/message-resource. Works with the ``twilio`` package from
6.32, which Home Assistant's own integration pins, to 9. Importing it takes a moment.
"""

from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
import re
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.deadline import DeadlineExceeded, run_with_deadline
from .errors import TextUnreachable
from .sms_text import to_sms
from .twilio_errors import error_from_response
from .types import BODY_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from threading import Event

    from .twilio_http import TwilioTransport
    from .types import TextAccount

REQUEST_LIMIT_S = 16.0  # somewhat more than connecting and reading may take
SEARCH_LIMIT_S = 30.0
SEARCH_LIMIT = 500  # how many messages to a number are searched, the newest first
MAX_CLOCK_SKEW_S = 3600.0  # how far our clock may have been ahead of Twilio's
REDACTED_S = 300.0
"""An account may have its messages' bodies removed; one that was sent so soon is taken for ours."""
UNDELIVERED_STATUSES = frozenset({"failed", "undelivered"})
FINAL_STATUSES = UNDELIVERED_STATUSES | {"delivered", "read", "canceled"}


class Status(NamedTuple):
    """What became of a message."""

    name: str  # ``queued``, ``sent``, ``delivered``…
    code: int | None = None  # of the error, if it was not delivered


type Untyped = Any
"""Of the library, which has no types."""


def send_message(
    account: TextAccount, body: str, *, media_url: str | None = None, stop: Event | None = None
) -> str:
    """Send one message; return its SID.

    Raises TextError. If its ``maybe_sent`` is set, only ``find_message`` knows.
    """

    def send(client: Untyped) -> str:
        fields: dict[str, Any] = {"to": account.to, "body": to_sms(body, BODY_LIMIT)}
        if account.sender:
            fields["from_"] = account.sender
        if account.messaging_service_sid:
            fields["messaging_service_sid"] = account.messaging_service_sid
        if media_url:
            fields["media_url"] = [media_url]
        return str(client.messages.create(**fields).sid)

    return _call(account, send, REQUEST_LIMIT_S, stop, sending=True)


def find_message(
    account: TextAccount,
    body: str,
    *,
    since: float,
    known: Collection[str] = (),
    stop: Event | None = None,
) -> str | None:
    """Return the SID of a message that may have been sent at ``since`` (UTC epoch seconds).

    ``known`` are SIDs of other ones. Raises TextError.
    """

    # Not by DateSent: that is null while a message is queued, and such messages are not found.
    def search(client: Untyped) -> str | None:
        for message in client.messages.stream(to=account.to, limit=SEARCH_LIMIT, page_size=50):
            at = _epoch_s(message.date_created)
            if at < since - MAX_CLOCK_SKEW_S:
                return None
            if message.sid not in known and _matches(message, body, at - since):
                return str(message.sid)
        return None

    return _call(account, search, SEARCH_LIMIT_S, stop)


def fetch_status(account: TextAccount, sid: str, *, stop: Event | None = None) -> Status:
    """Return a message's status. Raises TextError."""

    def fetch(client: Untyped) -> Status:
        message = client.messages(sid).fetch()
        return Status(str(message.status), message.error_code)

    return _call(account, fetch, REQUEST_LIMIT_S, stop)


def import_library() -> None:
    """Import what takes a moment, so that the first text does not wait for it."""
    for module in ("twilio.rest", "twilio.rest.api.v2010.account.message"):
        import_module(module)


def _call[T](
    account: TextAccount,
    call: Callable[[Untyped], T],
    limit_s: float,
    stop: Event | None,
    *,
    sending: bool = False,
) -> T:
    """Call Twilio's client, for a limited time."""
    from .twilio_http import TwilioTransport

    if stop is not None and stop.is_set():
        raise TextUnreachable
    transport = TwilioTransport()

    def work() -> T:
        from twilio.rest import Client

        with _translate_errors(transport):
            client = Client(
                account.api_key_sid or account.account_sid,
                account.secret,
                account.account_sid,
                http_client=transport,
                # Variables of the real environment are meant for other programs.
                environment={"TWILIO_REGION": ""},
            )
            return call(client)

    try:
        return run_with_deadline(limit_s, work, name="homesec-twilio", stop=stop)
    except DeadlineExceeded:
        raise TextUnreachable(maybe_sent=sending) from None


@contextmanager
def _translate_errors(transport: TwilioTransport) -> Iterator[None]:
    """Turn what the library raises into TextError, without its message: that contains numbers."""
    from twilio.base.exceptions import TwilioException

    try:
        yield
    except TwilioException as err:
        code = getattr(err, "code", None)
        raise error_from_response(
            transport.status,
            code if isinstance(code, int) else None,
            transport.headers,
            time.time(),
        ) from None
    except ValueError, TypeError, KeyError, AttributeError:
        # The answer is not Twilio's, or not what its documentation says.
        raise TextUnreachable("The answer is not one of Twilio's", maybe_sent=True) from None


def _epoch_s(date: datetime | None) -> float:
    """Return a message's time; one that has none yet is of this moment."""
    if date is None:
        return time.time()
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _matches(message: Untyped, body: str, later_s: float) -> bool:
    if message.direction == "inbound" or message.status == "canceled":
        return False
    if not message.body:
        return abs(later_s) < REDACTED_S
    # A trial account puts a sentence in front, and a messaging service may replace typographic
    # characters by plain ones.
    ours = _letters(to_sms(body, BODY_LIMIT))
    return ours in _letters(message.body) if ours else body.strip() == message.body.strip()


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text)
