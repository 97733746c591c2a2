"""Phone numbers and senders as users write them."""

import pytest

from custom_components.homesec.engine.sms.errors import BadPhoneNumber, TextSenderRefused
from custom_components.homesec.engine.sms.phone_numbers import to_e164, to_sender


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+49 170 1234567", None, "+491701234567"),
        ("0170/1234567", "DE", "+491701234567"),
        ("0049 (170) 12 345-67", "DE", "+491701234567"),
        ("+49 (0) 170 1234567", "US", "+491701234567"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("011 49 170 1234567", "US", "+491701234567"),
        ("\u202f0664 1234567 ".strip("\u202f"), "AT", "+436641234567"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+1 500 555 0006", None, "+15005550006"),
    ],
)
def test_number_is_normalized_to_e164(text, country, number):
    assert to_e164(text, country) == number


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", "DE"),
        ("0170 1234567", None),
        ("0170 1234567", "XX"),
        ("112", "DE"),
        ("+1 202 555", None),
        ("+999 1234567", None),
        ("call +49 170 1234567", None),
        ("1-800-FLOWERS", "US"),
        ("+49 170 1234567 ext. 4", None),
        ("+49 170 1234567; rm", None),
        ("1" * 60, "US"),
    ],
)
def test_invalid_number_raises_without_repeating_it(text, country):
    with pytest.raises(BadPhoneNumber) as caught:
        to_e164(text, country)
    assert not text or text not in f"{caught.value} {caught.value.placeholders}"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("+1 (500) 555-0006", "+15005550006"),
        (" 12345 ", "12345"),
        ("HomeSec", "HomeSec"),
        ("0170 1234567", "+491701234567"),
    ],
)
def test_sender_is_number_short_code_or_name(text, sender):
    assert to_sender(text, "DE") == sender


@pytest.mark.parametrize("text", ["", "a name that is too long", "Käthe", "0 1"])
def test_other_sender_raises(text):
    with pytest.raises(TextSenderRefused):
        to_sender(text, "DE")
