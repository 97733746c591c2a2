"""Attempts without a known result: Twilio's list is searched before a text is sent again."""

import math

from library_rig import NOON
import pytest
from sms_factories import saying
from sms_fixtures import SmsSetup
from twilio_server import Fault, Kind

from custom_components.homesec.engine.sms import twilio_api, worker as sms_worker
from custom_components.homesec.engine.sms.types import RecipientChanged, TextDropped, TextSent


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
    "fault",
    [
        Fault(kind=Kind.ACCEPT_RESET),
        Fault(kind=Kind.ACCEPT_GARBAGE),
        Fault(kind=Kind.ACCEPT_REFUSE, status=500),
        Fault(kind=Kind.ACCEPT_REFUSE, status=503, code=20503),
    ],
    ids=lambda fault: f"{fault.kind} {fault.status}",
)
def test_text_accepted_without_answer_is_not_sent_again(sms, twilio, fault):
    sms.add(1)
    twilio.add(fault)
    sms.run()
    assert reported(sms)[-1] == ("text_unreachable", 1)
    sms.later(2)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1
    assert len(sms.of(TextSent)) == 1
    assert reported(sms)[-1] == (None, 0)


def test_text_not_accepted_is_resent_after_settle_time(sms, twilio):
    sms.add(1)
    twilio.add(Fault(kind=Kind.RESET))
    sms.run()
    sms.later(2)
    assert len(twilio.asked("GET")) == 1
    sms.later(sms_worker.SETTLE_S - 3)
    assert len(twilio.asked("POST")) == 1
    sms.later(2)
    assert len(twilio.asked("GET")) == 2
    assert len(twilio.messages) == 1


def test_attempt_is_durable_before_request(sms, twilio, monkeypatch):
    """Checks SQLite's setting at the write, since no test can cut the power."""
    seen = []
    real, save = sms_worker.send_message, sms.catalog.jobs.save

    def noted(job):
        if job.resume is not None:
            ((level,),) = sms.catalog.database.query("PRAGMA synchronous")
            seen.append(("noted", level))
        save(job)

    def sending(*args, **values):
        seen.append(("sent", None))
        return real(*args, **values)

    monkeypatch.setattr(sms.catalog.jobs, "save", noted)
    monkeypatch.setattr(sms_worker, "send_message", sending)
    sms.add(1)
    sms.run()
    full = 2
    assert seen == [("noted", full), ("sent", None)]


def test_text_arriving_late_at_twilio_is_not_sent_again(sms, twilio):
    sms.add(1)
    twilio.add(Fault(kind=Kind.LATE, after_s=0.05))
    sms.run()
    sms.later(2)
    twilio.wait_for(1)
    sms.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1


def test_text_listed_late_is_not_sent_again(sms, twilio):
    sms.add(1)
    twilio.account.hidden = 1
    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    sms.run()
    sms.later(2)
    twilio.account.hidden = 0
    sms.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == 1


def test_resume_does_not_resend_before_settle_time(sms, twilio):
    sms.add(1)
    twilio.add(Fault(kind=Kind.RESET))
    sms.run()
    for _ in range(3):
        sms.anna.resume()
        sms.later(1)
    assert len(twilio.asked("POST")) == 1


def test_unreadable_list_prevents_resend(sms, twilio):
    sms.add(1)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET), Fault(kind=Kind.RESET, method="GET", times=5))
    sms.run()
    for _ in range(8):
        sms.later(60)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1
    assert len(sms.of(TextSent)) == 1


def test_unresolved_attempt_is_dropped_when_expired(sms, twilio):
    sms.add(1, lasts_s=60)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET), Fault(kind=Kind.RESET, method="GET", times=99))
    sms.run()
    for _ in range(5):
        sms.later(60)
    assert len(twilio.asked("POST")) == 1
    assert [e.error for e in sms.of(TextDropped)] == ["text_expired"]
    assert sms.waiting() == 0


def test_unresolved_attempt_is_not_overtaken(sms, twilio):
    sms.add(1)
    twilio.add(Fault(kind=Kind.RESET))
    sms.run()
    sms.add(2)
    sms.later(2)
    assert twilio.messages == []
    sms.later(sms_worker.SETTLE_S)
    assert [m.message_id for m in sms.of(TextSent)] == ["alert-1", "alert-2"]


def test_known_text_with_same_words_is_not_mistaken(sms, twilio):
    for message_id in ("a", "b"):
        sms.messages.add(saying("The door is open", message_id, at=NOON))
    sms.run()
    sms.messages.add(saying("The door is open", "c", at=NOON))
    twilio.add(Fault(kind=Kind.RESET))
    sms.run()
    sms.later(2)
    sms.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == 3


def test_workers_with_same_words_resolve_to_different_texts(sms, twilio, monkeypatch):
    """The same number is in two recipients."""
    second = sms.worker("also anna")
    for worker in (sms.anna, second):
        sms.messages.add(saying("Hello", "x", worker.id, at=NOON))
    twilio.add(Fault(kind=Kind.ACCEPT_RESET), Fault(kind=Kind.RESET))
    sms.run()
    sms.run(second)
    real = sms_worker.find_message

    def both_at_once(*args, **values):
        sid = real(*args, **values)
        monkeypatch.setattr(sms_worker, "find_message", real)
        sms.run(second)
        return sid

    sms.clock.advance(2)
    monkeypatch.setattr(sms_worker, "find_message", both_at_once)
    sms.run()
    for _ in range(4):
        sms.later(sms_worker.SETTLE_S)
        sms.run(second)
    assert len(twilio.messages) == 2
    assert len(sms.of(TextSent)) == 2


def test_clock_set_back_restarts_settle_time(sms, twilio):
    sms.add(1, lasts_s=20_000)
    twilio.add(Fault(kind=Kind.RESET))
    sms.run()
    sms.clock.wall -= 7200
    sms.later(2)
    assert twilio.messages == []
    sms.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == 1


def test_clock_set_forward_expires_nothing(sms, twilio):
    """As after the boot of a machine without a clock of its own."""
    sms.add(1)
    sms.clock.wall += 86_400
    sms.run()
    assert len(twilio.messages) == 1


def test_wall_clock_decides_expiry_after_restart(sms, twilio):
    sms.add(1, lasts_s=100)
    sms.restart()
    sms.clock.wall += 101
    sms.run()
    assert twilio.messages == []
    assert [e.error for e in sms.of(TextDropped)] == ["text_expired"]
