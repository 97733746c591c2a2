"""Which text is sent next, and what becomes of one that fails."""

import logging
import math

from library_rig import NOON
import pytest
from text_house import TextHouse
from texting import ANNA, account, saying
from twilio_messages import AUTH_TOKEN, SENDER
from twilio_server import Fault, Kind

from custom_components.homesec.engine.sms import twilio_api, worker as sms_worker
from custom_components.homesec.engine.sms.errors import TextDenied
from custom_components.homesec.engine.sms.types import RecipientChanged, TextDropped, TextSent


@pytest.fixture
def house(tmp_path, twilio, monkeypatch):
    # The server tells its own times.
    monkeypatch.setattr(twilio_api, "MAX_CLOCK_SKEW_S", math.inf)
    made = TextHouse(tmp_path)
    yield made
    made.close()


def told(house):
    return [(e.error, e.waiting) for e in house.of(RecipientChanged)]


# --- what goes well ---


def test_each_text_is_sent_once_the_oldest_first(house, twilio):
    sent = [house.add(n) for n in (1, 2, 3)]
    house.run()
    assert twilio.bodies() == [m.body for m in sent]
    assert [e.message_id for e in house.of(TextSent)] == ["alert-1", "alert-2", "alert-3"]
    assert house.waiting() == 0
    assert house.anna.state.last_sent_at == NOON


def test_a_message_that_is_given_again_is_not_sent_again(house, twilio):
    for _ in range(2):
        house.add(1)
        house.add(1)
        house.run()
    assert len(twilio.messages) == 1


def test_a_message_that_was_dropped_does_not_come_back(house, twilio):
    house.add(1, lasts_s=10)
    house.later(11)
    house.add(1)
    house.run()
    assert twilio.messages == []


def test_no_longer_text_is_kept_than_twilio_takes(house, twilio):
    house.messages.add(saying("x" * 2000, "x", at=NOON))
    house.run()
    assert [len(body) for body in twilio.bodies()] == [1600]


# --- a person is needed ---


@pytest.mark.parametrize(
    ("code", "status", "key"),
    [
        (20003, 401, "text_denied"),
        (21211, 400, "text_bad_number"),
        (21614, 400, "text_bad_number"),
        (21606, 400, "text_sender_refused"),
        (21610, 400, "text_blocked"),
        (21408, 403, "text_country_refused"),
        (21612, 400, "text_unsupported"),
    ],
)
def test_what_only_a_person_can_cure_stops_the_recipient(house, twilio, code, status, key):
    house.add(1)
    house.add(2)
    twilio.refuse(code, status=status)
    house.run()
    assert house.anna.paused
    assert told(house)[-1] == (key, 2)
    house.later(300)
    assert len(twilio.asked("POST")) == 1
    house.anna.resume()
    house.run()
    assert len(twilio.messages) == 2
    assert told(house)[-1] == (None, 0)
    assert twilio.asked("GET") == []


def test_what_waits_for_somebody_is_dropped_when_it_is_too_old(house, twilio):
    house.add(1, lasts_s=100)
    twilio.refuse(20003, status=401)
    assert house.run() == 100
    house.add(2, lasts_s=500)
    house.later(100)
    assert [(e.message_id, e.error) for e in house.of(TextDropped)] == [("alert-1", "text_expired")]
    house.anna.resume()
    house.run()
    assert [m.message_id for m in house.of(TextSent)] == ["alert-2"]


# --- Twilio is away ---


def test_it_waits_longer_each_time_up_to_a_minute(house, twilio):
    house.add(1, lasts_s=3600)
    twilio.add(Fault(kind=Kind.REFUSE, status=429, code=20429, times=8))
    waits = []
    house.run()
    for _ in range(8):
        waits.append(house.anna._delay_s())
        house.clock.advance(waits[-1])
        house.run()
    assert len(twilio.messages) == 1
    for n, wait_s in enumerate(waits):
        longest = min(2.0 * 2**n, 120.0)
        assert min(longest / 2, 60.0) <= wait_s <= min(longest, 60.0)
    assert ("text_busy", 1) in told(house)
    assert told(house)[-1] == (None, 0)


def test_it_waits_as_long_as_it_is_asked_to(house, twilio):
    house.add(1)
    twilio.refuse(20429, status=429, headers={"Retry-After": "77"})
    assert house.run() == 77
    house.later(77)
    assert len(twilio.messages) == 1


def test_what_could_not_be_sent_in_time_is_dropped_rather_than_sent_late(house, twilio):
    twilio.add(Fault(kind=Kind.REFUSE, status=429, times=100))
    house.add(1, lasts_s=300)
    for _ in range(30):
        house.later(20)
    twilio.clear()
    house.later(120)
    assert twilio.messages == []
    assert [e.error for e in house.of(TextDropped)] == ["text_expired"]
    assert told(house)[-1][1] == 0


def test_one_texts_own_trouble_does_not_hold_up_the_others(house, twilio):
    house.add(1)
    house.add(2)
    twilio.refuse(29999)
    house.run()
    assert [m.message_id for m in house.of(TextSent)] == ["alert-2"]
    house.later(2)
    assert len(twilio.messages) == 2


def test_an_error_of_our_own_does_not_end_it(house, twilio, monkeypatch, caplog):
    house.add(1)

    def broken(*_, **__):
        raise ZeroDivisionError(f"{ANNA} {AUTH_TOKEN}")

    with monkeypatch.context() as patched:
        patched.setattr(sms_worker, "send_message", broken)
        house.run()
    assert told(house)[-1] == ("unknown", 1)
    assert "ZeroDivisionError" in caplog.text
    assert ANNA not in caplog.text
    assert AUTH_TOKEN not in caplog.text
    house.later(40)  # whether it was sent, nobody knew
    assert len(twilio.messages) == 1


def test_a_login_that_is_corrected_while_the_old_one_is_tried_is_tried_next(
    house, twilio, monkeypatch
):
    house.add(1)
    real = sms_worker.send_message

    def corrected_meanwhile(*_, **__):
        monkeypatch.setattr(sms_worker, "send_message", real)
        house.anna.resume()
        raise TextDenied

    monkeypatch.setattr(sms_worker, "send_message", corrected_meanwhile)
    house.run()
    assert not house.anna.paused
    assert len(twilio.messages) == 1


def test_a_text_that_nobody_can_look_for_does_not_hold_up_the_others_for_ever(
    house, twilio, monkeypatch
):
    house.add(1, lasts_s=60)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    house.run()

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(sms_worker, "find_message", broken)
    house.later(30)
    house.later(60)
    assert [e.message_id for e in house.of(TextDropped)] == ["alert-1"]
    house.add(2)
    house.run()
    assert [m.message_id for m in house.of(TextSent)] == ["alert-2"]


# --- the rest ---


def test_a_stop_leaves_it_for_the_next_start(house, twilio):
    house.add(1)
    house.anna.halt()
    house.anna.step()
    assert house.waiting() == 1
    again = house.worker()
    house.run(again)
    house.later(sms_worker.SETTLE_S, again)
    assert len(twilio.messages) == 1


def test_who_is_replaced_in_mid_preparation_does_not_undo_what_the_next_one_noted(
    house, twilio, monkeypatch
):
    house.add(1, still=b"jpeg")
    again = house.worker()

    def replaced_meanwhile(*_, **__):
        monkeypatch.setattr(house.stills, "publish", lambda *_, **__: None)
        house.anna.halt()
        again.step()

    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    monkeypatch.setattr(house.stills, "publish", replaced_meanwhile)
    house.anna.step()
    house.later(sms_worker.SETTLE_S, again)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1


def test_neither_a_secret_nor_a_number_is_told_or_logged(house, twilio, caplog):
    caplog.set_level(logging.DEBUG)
    for fault in (
        Fault(code=21211),
        Fault(code=29999),
        Fault(status=500),
        Fault(status=401, code=20003),
    ):
        twilio.add(fault)
        house.add(f"{fault.code}")
        house.run()
        house.anna.resume()
        house.later(sms_worker.SETTLE_S)
    rows = "".join(str(tuple(row)) for row in house.catalog.database.query("SELECT * FROM jobs"))
    everything = caplog.text + repr(house.events) + repr(house.anna.account) + rows
    for canary in (AUTH_TOKEN, ANNA[1:], SENDER[1:]):
        assert canary not in everything
    assert account().secret == AUTH_TOKEN
