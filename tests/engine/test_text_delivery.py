"""What becomes of a text that Twilio has taken."""

import math

import pytest
from text_house import TextHouse
from texting import ANNA

from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.sms import twilio_api
from custom_components.homesec.engine.sms.types import RecipientChanged, TextDropped


@pytest.fixture
def house(tmp_path, twilio, monkeypatch):
    # The server tells its own times.
    monkeypatch.setattr(twilio_api, "MAX_CLOCK_SKEW_S", math.inf)
    made = TextHouse(tmp_path)
    yield made
    made.close()


def told(house):
    return [(e.error, e.waiting) for e in house.of(RecipientChanged)]


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
def test_a_text_that_does_not_arrive_is_told_until_one_does(house, twilio, code, key):
    house.add(1)
    twilio.account.fates[ANNA] = ("undelivered", code)
    house.run()
    assert house.of(TextDropped) == []
    house.later(20)
    (dropped,) = house.of(TextDropped)
    assert (dropped.message_id, dropped.error) == ("alert-1", "text_undelivered")
    assert told(house)[-1] == (key, 0)
    assert not house.anna.paused
    twilio.account.fates.clear()
    house.add(2)
    house.run()
    assert len(twilio.messages) == 2
    assert told(house)[-1] == (key, 0)
    house.later(20)
    assert told(house)[-1] == (None, 0)


def test_a_text_that_arrives_late_is_asked_for_until_it_has(house, twilio):
    house.add(1)
    twilio.account.fates[ANNA] = ("queued", None)
    house.run()
    for wait_s in (20, 60, 240):
        house.later(wait_s)
    asked = len(twilio.asked("GET"))
    twilio.account.fates.clear()
    house.later(900)
    assert len(twilio.asked("GET")) == asked + 1
    assert house.jobs(JobKind.DELIVERY) == 0
    assert house.of(TextDropped) == []


def test_nobody_asks_for_ever(house, twilio):
    house.add(1)
    twilio.account.fates[ANNA] = ("sent", None)
    house.run()
    for _ in range(9):
        house.later(900)
    assert len(twilio.asked("GET")) == 4
    assert house.jobs(JobKind.DELIVERY) == 0


def test_not_to_know_what_became_of_it_stops_nothing(house, twilio):
    house.add(1)
    house.run()
    twilio.refuse(20003, status=401, method="GET")
    house.later(20)
    assert not house.anna.paused
    house.later(60)
    assert house.jobs(JobKind.DELIVERY) == 0


def test_somebody_may_say_that_they_arrive_again(house, twilio):
    twilio.account.fates[ANNA] = ("failed", 30008)
    house.add(1)
    house.run()
    house.later(20)
    assert told(house)[-1] == ("text_undelivered", 0)
    house.anna.resume()
    house.anna._report_state()
    assert told(house)[-1] == (None, 0)
