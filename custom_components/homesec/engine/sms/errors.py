"""What can go wrong with a text message, each with a key that the user interface translates."""

# ruff: noqa: N818 - named for what happened; `TextError` says that they are errors

from ..core.errors import HomeSecError


class TextError(HomeSecError, key="text_failed"):
    """Twilio did not accept the text."""

    def __init__(self, message: str = "", *, maybe_sent: bool = False, **placeholders: str) -> None:
        """Set whether Twilio may have accepted it, so that it must not just be sent again."""
        super().__init__(message, **placeholders)
        self.maybe_sent = maybe_sent


class TextDenied(TextError, key="text_denied"):
    """Twilio refuses the login: correct the account SID, and the token or key."""


class BadPhoneNumber(TextError, key="text_bad_number"):
    """No text can be sent to this phone number."""


class TextSenderRefused(TextError, key="text_sender_refused"):
    """Twilio does not let the account send from this number or messaging service."""


class TextBlocked(TextError, key="text_blocked"):
    """The recipient has opted out: they have to text START to the sender's number."""


class TextCountryRefused(TextError, key="text_country_refused"):
    """The account may not text to this country: allow it in Twilio's console (geo permissions)."""


class TextUnsupported(TextError, key="text_unsupported"):
    """Nothing can be sent from this sender to this recipient: choose another sender."""


class TextUnreachable(TextError, key="text_unreachable"):
    """Twilio does not answer; texts are sent when it does."""


class TextBusy(TextError, key="text_busy"):
    """Twilio is busy; texts are sent later."""

    def __init__(
        self, message: str = "", *, retry_after_s: float | None = None, **placeholders: str
    ) -> None:
        """Set how long Twilio asks to wait, if it does."""
        super().__init__(message, maybe_sent=False, **placeholders)
        self.retry_after_s = retry_after_s


class TextLimit(TextBusy, key="text_limit"):
    """The account's limit of texts a day is reached; texts are tried again until they expire."""


class TextUndelivered(TextError, key="text_undelivered"):
    """Twilio accepted the text, but the phone's network did not deliver it."""


class TextExpired(TextError, key="text_expired"):
    """The text could not be sent before it expired."""
