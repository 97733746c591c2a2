"""The delivery of texts that Twilio has accepted."""

import math

import pytest
from sms_factories import ANNA
from sms_fixtures import SmsSetup

from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.sms import twilio_api
from custom_components.homesec.engine.sms.types import RecipientChanged, TextDropped


@pytest.fixture
def sms(tmp_path, twilio, monkeypatch):
    # The server uses its own clock.
    monkeypatch.setattr(twilio_api, "MAX_CLOCK_SKEW_S", math.inf)
    made = SmsSetup(tmp_path)
    yield made
    made.close()


def reported(sms):
    return [(e.error, e.waiting) for e in sms.of(RecipientChanged)]


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (30003, "text_undelivered"),
        (None, "text_undelivered"),
        (30006, "text_bad_number"),
        (30034, "text_sender_refused"),
        (30004, "text_blocked"),
    ],
)
def test_undelivered_text_is_reported_until_one_arrives(sms, twilio, code, key):
    sms.add(1)
    twilio.account.fates[ANNA] = ("undelivered", code)
    sms.run()
    assert sms.of(TextDropped) == []
    sms.later(20)
    (dropped,) = sms.of(TextDropped)
    assert (dropped.message_id, dropped.error) == ("alert-1", "text_undelivered")
    assert reported(sms)[-1] == (key, 0)
    assert not sms.anna.paused
    twilio.account.fates.clear()
    sms.add(2)
    sms.run()
    assert len(twilio.messages) == 2
    assert reported(sms)[-1] == (key, 0)
    sms.later(20)
    assert reported(sms)[-1] == (None, 0)


def test_delivery_is_checked_until_text_arrives(sms, twilio):
    sms.add(1)
    twilio.account.fates[ANNA] = ("queued", None)
    sms.run()
    for wait_s in (20, 60, 240):
        sms.later(wait_s)
    asked = len(twilio.asked("GET"))
    twilio.account.fates.clear()
    sms.later(900)
    assert len(twilio.asked("GET")) == asked + 1
    assert sms.jobs(JobKind.DELIVERY) == 0
    assert sms.of(TextDropped) == []


def test_delivery_checks_end(sms, twilio):
    sms.add(1)
    twilio.account.fates[ANNA] = ("sent", None)
    sms.run()
    for _ in range(9):
        sms.later(900)
    assert len(twilio.asked("GET")) == 4
    assert sms.jobs(JobKind.DELIVERY) == 0


def test_failed_delivery_check_stops_nothing(sms, twilio):
    sms.add(1)
    sms.run()
    twilio.refuse(20003, status=401, method="GET")
    sms.later(20)
    assert not sms.anna.paused
    sms.later(60)
    assert sms.jobs(JobKind.DELIVERY) == 0


def test_resume_clears_undelivered_error(sms, twilio):
    twilio.account.fates[ANNA] = ("failed", 30008)
    sms.add(1)
    sms.run()
    sms.later(20)
    assert reported(sms)[-1] == ("text_undelivered", 0)
    sms.anna.resume()
    sms.anna._report_state()
    assert reported(sms)[-1] == (None, 0)
