"""Phone numbers as people write them, and as Twilio wants them.

The first call for a country reads that country's rules from a file.
"""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from .errors import BadPhoneNumber, TextSenderRefused

# The library would find the number in any text around it, and read letters as a keypad does.
_WRITTEN = re.compile(r"\s*\+?[\d\s()./\-\N{NO-BREAK SPACE}\N{EN DASH}]{4,40}")
_SHORT_CODE = re.compile(r"\d{3,8}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
"""An alphanumeric sender, as Twilio allows it."""


def to_e164(text: str, country: str | None = None) -> str:
    """Return a number as ``+4917012345678``.

    ``country`` (ISO 3166, two letters) is where one without a country code is meant to be.
    Raises BadPhoneNumber for what no number can be; whether there is a phone, only Twilio knows.
    """
    if not _WRITTEN.fullmatch(text):
        raise BadPhoneNumber
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        # No cause: a number is nobody's business but its owner's.
        raise BadPhoneNumber from None
    if not phonenumbers.is_possible_number(number):
        raise BadPhoneNumber
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def to_sender(text: str, country: str | None = None) -> str:
    """Return what Twilio can send from: a number, a short code or a name.

    Raises TextSenderRefused for anything else.
    """
    text = text.strip()
    if _SHORT_CODE.fullmatch(text) or _NAME.fullmatch(text):
        return text
    try:
        return to_e164(text, country)
    except BadPhoneNumber:
        raise TextSenderRefused from None
