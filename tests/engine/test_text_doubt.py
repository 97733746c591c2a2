"""A text may have been sent, and nobody knows: it is looked for before it is sent again."""

import math

from library_rig import NOON
import pytest
from text_house import TextHouse
from texting import saying
from twilio_server import Fault, Kind

from custom_components.homesec.engine.sms import twilio_api, worker as sms_worker
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


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=Kind.ACCEPT_RESET),
        Fault(kind=Kind.ACCEPT_GARBAGE),
        Fault(kind=Kind.ACCEPT_REFUSE, status=500),
        Fault(kind=Kind.ACCEPT_REFUSE, status=503, code=20503),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
def test_what_was_taken_without_an_answer_is_found_and_not_sent_again(house, twilio, fault):
    house.add(1)
    twilio.add(fault)
    house.run()
    assert told(house)[-1] == ("text_unreachable", 1)
    house.later(2)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1
    assert len(house.of(TextSent)) == 1
    assert told(house)[-1] == (None, 0)


def test_what_was_not_taken_is_sent_again_but_not_before_that_is_sure(house, twilio):
    house.add(1)
    twilio.add(Fault(kind=Kind.RESET))
    house.run()
    house.later(2)
    assert len(twilio.asked("GET")) == 1
    house.later(sms_worker.SETTLE_S - 3)
    assert len(twilio.asked("POST")) == 1
    house.later(2)
    assert len(twilio.asked("GET")) == 2
    assert len(twilio.messages) == 1


def test_not_even_a_power_cut_undoes_that_a_text_may_have_been_sent(house, twilio, monkeypatch):
    """What SQLite is told when it commits; the cut itself no test can make."""
    seen = []
    real, save = sms_worker.send_message, house.catalog.jobs.save

    def noted(job):
        if job.resume is not None:
            ((level,),) = house.catalog.database.query("PRAGMA synchronous")
            seen.append(("noted", level))
        save(job)

    def sending(*args, **values):
        seen.append(("sent", None))
        return real(*args, **values)

    monkeypatch.setattr(house.catalog.jobs, "save", noted)
    monkeypatch.setattr(sms_worker, "send_message", sending)
    house.add(1)
    house.run()
    full = 2
    assert seen == [("noted", full), ("sent", None)]


def test_what_arrives_at_twilio_late_is_found_too(house, twilio):
    house.add(1)
    twilio.add(Fault(kind=Kind.LATE, after_s=0.05))
    house.run()
    house.later(2)
    twilio.wait_for(1)
    house.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1


def test_what_twilio_does_not_list_at_once_is_found_too(house, twilio):
    house.add(1)
    twilio.account.hidden = 1
    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    house.run()
    house.later(2)
    twilio.account.hidden = 0
    house.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == 1


def test_trying_again_by_hand_does_not_make_it_sure(house, twilio):
    house.add(1)
    twilio.add(Fault(kind=Kind.RESET))
    house.run()
    for _ in range(3):
        house.anna.resume()
        house.later(1)
    assert len(twilio.asked("POST")) == 1


def test_as_long_as_twilios_list_cannot_be_read_nothing_is_sent_again(house, twilio):
    house.add(1)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET), Fault(kind=Kind.RESET, method="GET", times=5))
    house.run()
    for _ in range(8):
        house.later(60)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1
    assert len(house.of(TextSent)) == 1


def test_when_that_takes_too_long_it_is_dropped_and_still_not_sent_again(house, twilio):
    house.add(1, lasts_s=60)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET), Fault(kind=Kind.RESET, method="GET", times=99))
    house.run()
    for _ in range(5):
        house.later(60)
    assert len(twilio.asked("POST")) == 1
    assert [e.error for e in house.of(TextDropped)] == ["text_expired"]
    assert house.waiting() == 0


def test_nothing_overtakes_what_may_have_been_sent(house, twilio):
    house.add(1)
    twilio.add(Fault(kind=Kind.RESET))
    house.run()
    house.add(2)
    house.later(2)
    assert twilio.messages == []
    house.later(sms_worker.SETTLE_S)
    assert [m.message_id for m in house.of(TextSent)] == ["alert-1", "alert-2"]


def test_another_text_of_the_same_words_does_not_pass_for_it(house, twilio):
    for message_id in ("a", "b"):
        house.messages.add(saying("The door is open", message_id, at=NOON))
    house.run()
    house.messages.add(saying("The door is open", "c", at=NOON))
    twilio.add(Fault(kind=Kind.RESET))
    house.run()
    house.later(2)
    house.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == 3


def test_two_that_look_for_texts_of_the_same_words_do_not_take_the_same(house, twilio, monkeypatch):
    """Somebody is there twice, with other rules."""
    second = house.worker("also anna")
    for worker in (house.anna, second):
        house.messages.add(saying("Hello", "x", worker.id, at=NOON))
    twilio.add(Fault(kind=Kind.ACCEPT_RESET), Fault(kind=Kind.RESET))
    house.run()
    house.run(second)
    real = sms_worker.find_message

    def both_at_once(*args, **values):
        sid = real(*args, **values)
        monkeypatch.setattr(sms_worker, "find_message", real)
        house.run(second)
        return sid

    house.clock.advance(2)
    monkeypatch.setattr(sms_worker, "find_message", both_at_once)
    house.run()
    for _ in range(4):
        house.later(sms_worker.SETTLE_S)
        house.run(second)
    assert len(twilio.messages) == 2
    assert len(house.of(TextSent)) == 2


def test_a_clock_that_is_set_back_only_costs_the_wait_once_more(house, twilio):
    house.add(1, lasts_s=20_000)
    twilio.add(Fault(kind=Kind.RESET))
    house.run()
    house.clock.wall -= 7200
    house.later(2)
    assert twilio.messages == []
    house.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == 1


def test_a_clock_that_is_set_right_makes_no_news_old(house, twilio):
    """As it is just after boot, on a machine that keeps no time while it is off."""
    house.add(1)
    house.clock.wall += 86_400
    house.run()
    assert len(twilio.messages) == 1


def test_after_a_restart_the_clock_on_the_wall_tells_what_is_old(house, twilio):
    house.add(1, lasts_s=100)
    house.restart()
    house.clock.wall += 101
    house.run()
    assert twilio.messages == []
    assert [e.error for e in house.of(TextDropped)] == ["text_expired"]
