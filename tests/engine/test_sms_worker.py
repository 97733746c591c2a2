"""The order of a recipient's texts, and failures."""

import logging
import math

from library_rig import NOON
import pytest
from sms_factories import ANNA, account, saying
from sms_fixtures import SmsSetup
from twilio_messages import AUTH_TOKEN, SENDER
from twilio_server import Fault, Kind

from custom_components.homesec.engine.sms import twilio_api, worker as sms_worker
from custom_components.homesec.engine.sms.errors import TextDenied
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


# --- success ---


def test_texts_are_sent_once_oldest_first(sms, twilio):
    sent = [sms.add(n) for n in (1, 2, 3)]
    sms.run()
    assert twilio.bodies() == [m.body for m in sent]
    assert [e.message_id for e in sms.of(TextSent)] == ["alert-1", "alert-2", "alert-3"]
    assert sms.waiting() == 0
    assert sms.anna.state.last_sent_at == NOON


def test_repeated_message_is_not_sent_again(sms, twilio):
    for _ in range(2):
        sms.add(1)
        sms.add(1)
        sms.run()
    assert len(twilio.messages) == 1


def test_dropped_message_is_not_sent_when_repeated(sms, twilio):
    sms.add(1, lasts_s=10)
    sms.later(11)
    sms.add(1)
    sms.run()
    assert twilio.messages == []


def test_stored_text_is_truncated(sms, twilio):
    sms.messages.add(saying("x" * 2000, "x", at=NOON))
    sms.run()
    assert [len(body) for body in twilio.bodies()] == [1600]


# --- errors that need the user ---


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
def test_error_that_needs_user_pauses_worker(sms, twilio, code, status, key):
    sms.add(1)
    sms.add(2)
    twilio.refuse(code, status=status)
    sms.run()
    assert sms.anna.paused
    assert reported(sms)[-1] == (key, 2)
    sms.later(300)
    assert len(twilio.asked("POST")) == 1
    sms.anna.resume()
    sms.run()
    assert len(twilio.messages) == 2
    assert reported(sms)[-1] == (None, 0)
    assert twilio.asked("GET") == []


def test_paused_worker_drops_expired_text(sms, twilio):
    sms.add(1, lasts_s=100)
    twilio.refuse(20003, status=401)
    assert sms.run() == 100
    sms.add(2, lasts_s=500)
    sms.later(100)
    assert [(e.message_id, e.error) for e in sms.of(TextDropped)] == [("alert-1", "text_expired")]
    sms.anna.resume()
    sms.run()
    assert [m.message_id for m in sms.of(TextSent)] == ["alert-2"]


# --- errors that pass ---


def test_backoff_grows_to_a_minute(sms, twilio):
    sms.add(1, lasts_s=3600)
    twilio.add(Fault(kind=Kind.REFUSE, status=429, code=20429, times=8))
    waits = []
    sms.run()
    for _ in range(8):
        waits.append(sms.anna._delay_s())
        sms.clock.advance(waits[-1])
        sms.run()
    assert len(twilio.messages) == 1
    for n, wait_s in enumerate(waits):
        longest = min(2.0 * 2**n, 120.0)
        assert min(longest / 2, 60.0) <= wait_s <= min(longest, 60.0)
    assert ("text_busy", 1) in reported(sms)
    assert reported(sms)[-1] == (None, 0)


def test_backoff_respects_retry_after(sms, twilio):
    sms.add(1)
    twilio.refuse(20429, status=429, headers={"Retry-After": "77"})
    assert sms.run() == 77
    sms.later(77)
    assert len(twilio.messages) == 1


def test_text_expired_during_backoff_is_dropped(sms, twilio):
    twilio.add(Fault(kind=Kind.REFUSE, status=429, times=100))
    sms.add(1, lasts_s=300)
    for _ in range(30):
        sms.later(20)
    twilio.clear()
    sms.later(120)
    assert twilio.messages == []
    assert [e.error for e in sms.of(TextDropped)] == ["text_expired"]
    assert reported(sms)[-1][1] == 0


def test_failing_text_does_not_delay_others(sms, twilio):
    sms.add(1)
    sms.add(2)
    twilio.refuse(29999)
    sms.run()
    assert [m.message_id for m in sms.of(TextSent)] == ["alert-2"]
    sms.later(2)
    assert len(twilio.messages) == 2


def test_unexpected_error_does_not_end_worker(sms, twilio, monkeypatch, caplog):
    sms.add(1)

    def broken(*_, **__):
        raise ZeroDivisionError(f"{ANNA} {AUTH_TOKEN}")

    with monkeypatch.context() as patched:
        patched.setattr(sms_worker, "send_message", broken)
        sms.run()
    assert reported(sms)[-1] == ("unknown", 1)
    assert "ZeroDivisionError" in caplog.text
    assert ANNA not in caplog.text
    assert AUTH_TOKEN not in caplog.text
    sms.later(40)  # the attempt had an unknown result
    assert len(twilio.messages) == 1


def test_resume_during_failing_request_prevents_pause(sms, twilio, monkeypatch):
    sms.add(1)
    real = sms_worker.send_message

    def corrected_meanwhile(*_, **__):
        monkeypatch.setattr(sms_worker, "send_message", real)
        sms.anna.resume()
        raise TextDenied

    monkeypatch.setattr(sms_worker, "send_message", corrected_meanwhile)
    sms.run()
    assert not sms.anna.paused
    assert len(twilio.messages) == 1


def test_unsearchable_text_is_dropped_when_expired(sms, twilio, monkeypatch):
    sms.add(1, lasts_s=60)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    sms.run()

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(sms_worker, "find_message", broken)
    sms.later(30)
    sms.later(60)
    assert [e.message_id for e in sms.of(TextDropped)] == ["alert-1"]
    sms.add(2)
    sms.run()
    assert [m.message_id for m in sms.of(TextSent)] == ["alert-2"]


# --- the rest ---


def test_halt_leaves_text_for_next_start(sms, twilio):
    sms.add(1)
    sms.anna.halt()
    sms.anna.step()
    assert sms.waiting() == 1
    again = sms.worker()
    sms.run(again)
    sms.later(sms_worker.SETTLE_S, again)
    assert len(twilio.messages) == 1


def test_replaced_worker_does_not_undo_attempt_of_successor(sms, twilio, monkeypatch):
    sms.add(1, still=b"jpeg")
    again = sms.worker()

    def replaced_meanwhile(*_, **__):
        monkeypatch.setattr(sms.stills, "publish", lambda *_, **__: None)
        sms.anna.halt()
        again.step()

    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    monkeypatch.setattr(sms.stills, "publish", replaced_meanwhile)
    sms.anna.step()
    sms.later(sms_worker.SETTLE_S, again)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1


def test_worker_reveals_no_secret_or_number(sms, twilio, caplog):
    caplog.set_level(logging.DEBUG)
    for fault in (
        Fault(code=21211),
        Fault(code=29999),
        Fault(status=500),
        Fault(status=401, code=20003),
    ):
        twilio.add(fault)
        sms.add(f"{fault.code}")
        sms.run()
        sms.anna.resume()
        sms.later(sms_worker.SETTLE_S)
    rows = "".join(str(tuple(row)) for row in sms.catalog.database.query("SELECT * FROM jobs"))
    everything = caplog.text + repr(sms.events) + repr(sms.anna.account) + rows
    for canary in (AUTH_TOKEN, ANNA[1:], SENDER[1:]):
        assert canary not in everything
    assert account().secret == AUTH_TOKEN
