"""Phone numbers as users write them, normalized for Twilio.

The first call for a country reads that country's rules from a file.
"""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from .errors import BadPhoneNumber, TextSenderRefused

# The library would also accept text around the number, and letters as on a keypad.
_WRITTEN = re.compile(r"\s*\+?[\d\s()./\-\N{NO-BREAK SPACE}\N{EN DASH}]{4,40}")
_SHORT_CODE = re.compile(r"\d{3,8}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
"""An alphanumeric sender, as Twilio allows it."""


def to_e164(text: str, country: str | None = None) -> str:
    """Return a number as ``+4917012345678``.

    ``country`` (ISO 3166, two letters) is that of numbers without a country code. Raises
    BadPhoneNumber for what can't be a number; whether it is in use, only Twilio knows.
    """
    if not _WRITTEN.fullmatch(text):
        raise BadPhoneNumber
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        # Without a cause, whose message would contain the number.
        raise BadPhoneNumber from None
    if not phonenumbers.is_possible_number(number):
        raise BadPhoneNumber
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def to_sender(text: str, country: str | None = None) -> str:
    """Return a sender that Twilio knows: a number, a short code, or a name.

    Raises TextSenderRefused for anything else.
    """
    text = text.strip()
    if _SHORT_CODE.fullmatch(text) or _NAME.fullmatch(text):
        return text
    try:
        return to_e164(text, country)
    except BadPhoneNumber:
        raise TextSenderRefused from None
