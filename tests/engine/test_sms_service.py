"""The service with a worker for each recipient."""

from dataclasses import replace
import random
import sqlite3
import threading
import time

from engine_rig import LONG_S
import pytest
from sms_factories import ANNA, BERT, account, message, saying
from twilio_server import Fault, Kind

from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.sms import worker as sms_worker
from custom_components.homesec.engine.sms.message_store import MessageStore
from custom_components.homesec.engine.sms.service import SmsService
from custom_components.homesec.engine.sms.types import (
    RecipientChanged,
    RecipientState,
    TextDropped,
    TextSent,
)

BOTH = {"anna": account(ANNA), "bert": account(BERT)}


class RunningSms:
    """A running service and its events."""

    def __init__(self, folder):
        self.folder = folder
        self.events = []
        self._changed = threading.Condition()
        self.start()

    def start(self):
        self.catalog = Catalog(self.folder / "clips.db")
        self.sms = SmsService(
            cloud=lambda: None,
            on_event=self._handle_event,
            clock=SystemClock(),
            rng=random.Random(1),
        )
        self.sms.start(self.catalog.database, self.catalog.jobs)

    def stop(self):
        self.sms.close()
        self.catalog.close()
        left = [t.name for t in threading.enumerate() if t.name == "homesec-texts"]
        assert not left

    def _handle_event(self, event):
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def of(self, kind):
        return [e for e in self.events if isinstance(e, kind)]

    def wait(self, condition):
        with self._changed:
            assert self._changed.wait_for(condition, LONG_S), self.events

    def send(self, number=1, recipient_id="anna", **values):
        self.sms.send(message(number, recipient_id, at=time.time(), **values))


@pytest.fixture
def running(tmp_path, twilio):
    made = RunningSms(tmp_path)
    yield made
    made.stop()


def test_text_is_sent_at_once(running, twilio):
    running.sms.set_recipients(BOTH)
    running.send(1)
    twilio.wait_for(1)
    running.wait(lambda: running.of(TextSent))
    assert running.sms.states()["anna"].waiting == 0
    assert running.sms.states()["anna"].last_sent_at == pytest.approx(time.time(), abs=LONG_S)
    assert running.sms.states()["bert"] == RecipientState()


def test_recipient_does_not_wait_for_another(running, twilio):
    running.sms.set_recipients(BOTH)
    twilio.add(Fault(kind=Kind.HANG, to=ANNA))
    running.send(1, "anna")
    running.send(2, "bert")
    twilio.wait_for(1)
    assert [m["to"] for m in twilio.messages] == [BERT]
    assert running.sms.states()["anna"].waiting == 1


def test_text_without_recipient_waits(running, twilio):
    running.send(1)
    running.sms.set_recipients(BOTH)
    twilio.wait_for(1)


def test_recipients_can_be_set_before_start(tmp_path, twilio):
    texts = SmsService(
        cloud=lambda: None, on_event=len_of, clock=SystemClock(), rng=random.Random(1)
    )
    with pytest.raises(RuntimeError):
        texts.send(message(1, at=time.time()))
    texts.set_recipients(BOTH)
    assert texts.states() == {"anna": RecipientState(), "bert": RecipientState()}
    texts.retry("anna")
    texts.forget("bert")
    with Catalog(tmp_path / "clips.db") as catalog:
        texts.start(catalog.database, catalog.jobs)
        texts.send(message(1, at=time.time()))
        twilio.wait_for(1)
        texts.close()


def len_of(_):
    pass


def test_changed_account_is_tried_at_once(running, twilio):
    wrong = replace(BOTH["anna"], secret="wrong")
    running.sms.set_recipients({"anna": wrong})
    running.send(1)
    running.wait(lambda: stopped(running, "text_denied"))
    running.sms.set_recipients({"anna": wrong})
    assert running.sms.states()["anna"] == RecipientState(error="text_denied", waiting=1)
    running.sms.set_recipients(BOTH)
    twilio.wait_for(1)
    running.wait(lambda: running.of(TextSent))
    assert running.sms.states()["anna"].error is None


def stopped(running, error):
    return any(e.error == error for e in running.of(RecipientChanged))


def test_retry_clears_pause(running, twilio):
    running.sms.set_recipients(BOTH)
    twilio.refuse(21610)
    running.send(1)
    running.wait(lambda: stopped(running, "text_blocked"))
    running.sms.retry("anna")
    twilio.wait_for(1)


def test_forgotten_recipient_gets_nothing(running, twilio):
    running.sms.set_recipients(BOTH)
    twilio.refuse(21610)
    running.send(1)
    running.wait(lambda: stopped(running, "text_blocked"))
    running.sms.forget("anna")
    assert running.sms.states().keys() == {"bert"}
    running.sms.set_recipients(BOTH)
    running.send(2)
    twilio.wait_for(1)
    assert [m["body"] for m in twilio.messages] == [message(2, at=0).body]


def test_texts_of_removed_recipient_wait_until_expired(running, twilio):
    running.sms.set_recipients(BOTH)
    running.sms.set_recipients({"bert": BOTH["bert"]})
    running.send(1)
    running.send(2, lasts_s=-1)
    running.sms.set_recipients({"bert": BOTH["bert"]})
    running.sms.set_recipients(BOTH)
    twilio.wait_for(1)
    assert [m["body"] for m in twilio.messages] == [message(1, at=0).body]
    assert running.of(TextDropped) == []


def test_waiting_text_survives_restart(running, twilio):
    twilio.refuse(20003, status=401)
    running.sms.set_recipients(BOTH)
    running.send(1)
    running.wait(lambda: stopped(running, "text_denied"))
    running.stop()
    running.start()
    running.sms.set_recipients(BOTH)
    twilio.wait_for(1)
    running.wait(lambda: running.of(TextSent))
    sent_at = running.sms.states()["anna"].last_sent_at
    running.stop()
    running.start()
    running.sms.set_recipients(BOTH)
    assert running.sms.states()["anna"].last_sent_at == sent_at


def test_stop_during_send_is_quick_and_sends_once(running, twilio, monkeypatch):
    monkeypatch.setattr(sms_worker, "SETTLE_S", 0.2)
    twilio.add(Fault(kind=Kind.ACCEPT_HANG))
    running.sms.set_recipients(BOTH)
    running.send(1)
    twilio.wait_for(1)
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < LONG_S / 5
    running.start()
    running.sms.set_recipients(BOTH)
    running.wait(lambda: running.of(TextSent))
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1


def test_old_sent_texts_are_deleted_except_last(running, twilio):
    running.sms.set_recipients(BOTH)
    for number in (1, 2):
        running.send(number)
        twilio.wait_for(number)
        running.wait(lambda number=number: len(running.of(TextSent)) == number)
    database = running.catalog.database
    database.query("UPDATE texts SET ended_at = ended_at - 1000000")
    running.sms.set_recipients(BOTH)
    assert [row[0] for row in database.query("SELECT message_id FROM texts")] == ["alert-2"]
    running.sms._cleaned_t -= 90_000
    running.sms._accounts = {}
    running.send(3)
    assert database.query("SELECT message_id FROM texts") == []


def test_old_dropped_texts_are_deleted(running, twilio):
    running.sms.set_recipients(BOTH)
    twilio.refuse(20003, status=401)
    running.send(1)
    running.wait(lambda: stopped(running, "text_denied"))
    database = running.catalog.database
    for number in range(9):
        database.query(
            "INSERT INTO texts VALUES ('anna', ?, NULL, ?)", (f"old-{number}", time.time() - 1e6)
        )
    running.sms.set_recipients(BOTH)
    assert database.query("SELECT message_id FROM texts") == []


def test_failing_cleanup_stops_no_text(running, twilio, monkeypatch, caplog):
    def refuse(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(MessageStore, "delete_expired", refuse)
    running.sms.set_recipients(BOTH)
    running.sms._cleaned_t -= 90_000
    running.send(1)
    twilio.wait_for(1)
    assert "database or disk is full" in caplog.text


def test_failing_import_does_not_end_worker(running, twilio, monkeypatch):
    def missing():
        raise ImportError("twilio.rest")

    monkeypatch.setattr(sms_worker, "import_library", missing)
    running.sms.set_recipients(BOTH)
    running.send(1)
    twilio.wait_for(1)


def test_ids_can_contain_any_characters(running, twilio):
    running.sms.set_recipients({"a/b%": account(ANNA), "a": account(BERT)})
    running.sms.send(saying("for a/b", "c", "a/b%", at=time.time()))
    twilio.wait_for(1)
    running.sms.send(saying("for a", "b%/c", "a", at=time.time()))
    twilio.wait_for(2)
    assert [(m["to"], m["body"]) for m in twilio.messages] == [(ANNA, "for a/b"), (BERT, "for a")]
