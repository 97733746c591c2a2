"""Recipients, text messages, and the events about them."""

from dataclasses import dataclass, field

from ..core.events import EngineEvent

BODY_LIMIT = 1600  # characters that Twilio takes, in the units of their encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class TextAccount:
    """A recipient's number, and the Twilio account that pays for texts to it."""

    account_sid: str  # ``AC…``
    api_key_sid: str | None = None  # ``SK…``; without one, ``secret`` is the account's auth token
    secret: str = field(repr=False)
    sender: str | None = field(default=None, repr=False)
    """A number in E.164, a short code, or an alphanumeric name."""
    messaging_service_sid: str | None = None  # ``MG…``, which chooses the sender
    to: str = field(repr=False)  # in E.164, see ``phone_numbers.py``


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage:
    """A text to one recipient."""

    id: str  # the alert's: however often it is sent to a recipient, it arrives once
    recipient_id: str
    body: str = field(repr=False)  # what is beyond ``BODY_LIMIT`` is cut off
    created_at: float
    expires_at: float  # when it is too old to be of use (UTC epoch seconds)
    still: bytes | None = field(default=None, repr=False)
    """A JPEG, sent along if the bucket can sign a link to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientState:
    """How texts to one recipient are doing."""

    error: str | None = None
    """Key of the error for which they wait, or for which the last one did not arrive."""
    waiting: int = 0  # texts that were not sent yet
    last_sent_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSent(EngineEvent):
    """Twilio has taken a text."""

    recipient_id: str
    message_id: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDropped(EngineEvent):
    """A text will not arrive: it expired, or the phone's network refused it."""

    recipient_id: str
    message_id: str
    error: str  # ``text_expired``, or ``text_undelivered`` after it was sent


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientChanged(EngineEvent):
    """A recipient's state has changed."""

    recipient_id: str
    error: str | None
    waiting: int
