"""Twilio's answers as errors."""

import pytest

from custom_components.homesec.engine.sms.errors import (
    BadPhoneNumber,
    TextBlocked,
    TextBusy,
    TextCountryRefused,
    TextDenied,
    TextError,
    TextSenderRefused,
    TextUnreachable,
    TextUnsupported,
)
from custom_components.homesec.engine.sms.twilio_errors import error_from_response

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 20003, TextDenied),
        (403, 20003, TextDenied),
        (404, 20404, TextDenied),
        (401, None, TextDenied),
        (400, 21211, BadPhoneNumber),
        (400, 21608, BadPhoneNumber),
        (400, 21614, BadPhoneNumber),
        (400, 21606, TextSenderRefused),
        (400, 21603, TextSenderRefused),
        (400, 21212, TextSenderRefused),
        (400, 21659, TextSenderRefused),
        (404, 21701, TextSenderRefused),
        (400, 21610, TextBlocked),
        (400, 21408, TextCountryRefused),
        (403, 21408, TextCountryRefused),
        (400, 21612, TextUnsupported),
        (429, 20429, TextBusy),
        (429, None, TextBusy),
        (400, 21611, TextBusy),
        (500, 20500, TextUnreachable),
        (503, None, TextUnreachable),
        (400, 29999, TextError),
    ],
)
def test_twilio_code_maps_to_error(status, code, kind):
    assert type(error_from_response(status, code, {}, NOW)) is kind


def test_only_server_error_may_have_been_sent():
    assert error_from_response(503, 20503, {}, NOW).maybe_sent
    for status, code in ((401, 20003), (429, 20429), (400, 21211), (400, 29999)):
        assert not error_from_response(status, code, {}, NOW).maybe_sent


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("", None),
        ("soon", None),
        ("Fri, 15 Jan 2027 08:01:00 GMT", 60.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
    ],
)
def test_busy_error_has_retry_after(header, seconds):
    assert error_from_response(429, 20429, {"Retry-After": header}, NOW).retry_after_s == seconds


def test_unknown_code_is_in_error():
    assert "29999" in str(error_from_response(400, 29999, {}, NOW))
