"""Twilio's answers as the engine's own errors.

https://www.twilio.com/docs/api/errors. Twilio adds codes over time; one that is not listed here is
judged by its HTTP status.
"""

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from .errors import (
    BadPhoneNumber,
    TextBlocked,
    TextBusy,
    TextCountryRefused,
    TextDenied,
    TextError,
    TextLimit,
    TextSenderRefused,
    TextUndelivered,
    TextUnreachable,
    TextUnsupported,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_CODES: Mapping[type[TextError], tuple[int, ...]] = {
    TextDenied: (
        *(20002, 20003, 20004, 20005, 20006, 20008),  # login, account closed, test credentials
        *(20403, 20404, 70051),  # an account or a right that this login does not have
        *(30002, 90010),  # the account is suspended or not active
    ),
    BadPhoneNumber: (
        *(21211, 21214, 21217, 21401, 21421, 21604),  # no number at all
        21265,  # a short code
        21266,  # its own sender
        21608,  # a trial account, and not verified
        *(21614, 21635),  # no mobile phone
        21646,  # a premium or an information service
        *(30005, 30006),  # unknown, or no mobile phone, according to the phone's network
    ),
    TextSenderRefused: (
        *(21212, 21603, 21606, 21607, 21609, 21618),
        *(21659, 21660, 21661, 21662),  # not Twilio's, not the account's, cannot text
        *(21267, 21636, 21637, 21643),  # alphanumeric names
        *(21701, 21703, 21704, 21705, 21707, 21712),  # messaging services
        *(30032, 30034, 63007),  # not registered for texts to this country
    ),
    TextBlocked: (21610, 30004),
    TextCountryRefused: (21408,),
    TextUnsupported: (21612, 21670),
    TextLimit: (30023, 63038),
    TextBusy: (14107, 20429, 21611, 30001, 30022, 63018),
}
_ERRORS = {code: error for error, codes in _CODES.items() for code in codes}
NEEDS_USER = (
    TextDenied,
    BadPhoneNumber,
    TextSenderRefused,
    TextBlocked,
    TextCountryRefused,
    TextUnsupported,
)
"""Trying again is of no use until the user has done something."""


def error_from_response(
    status: int, code: int | None, headers: Mapping[str, str], now: float
) -> TextError:
    """Return what an HTTP answer other than success means; ``now`` in UTC epoch seconds."""
    error = _ERRORS.get(code or 0)
    if error is not None and issubclass(error, TextBusy):
        return error(retry_after_s=_retry_after_s(headers, now))
    if status == 429:
        return TextBusy(retry_after_s=_retry_after_s(headers, now))
    if status >= 500 or status in (200, 201, 408):
        # It may have failed after the text was taken.
        return TextUnreachable(f"Twilio answers {status}", maybe_sent=True)
    if error is None and status in (401, 403, 404):
        error = TextDenied
    answer = f"HTTP {status}, code {code}"
    result = TextError(f"Twilio answers {answer}") if error is None else error(code=str(code))
    result.answer = answer
    return result


def delivery_error(code: int | None) -> TextError:
    """Return why the phone's network did not deliver a text."""
    return _ERRORS.get(code or 0, TextUndelivered)()


def _retry_after_s(headers: Mapping[str, str], now: float) -> float | None:
    value = headers.get("Retry-After", "")
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except ValueError:
        return None
