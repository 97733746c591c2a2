"""Texts to all recipients, each with a worker of their own."""

from dataclasses import replace
import random
import sqlite3
import threading
import time

from engine_rig import LONG_S
import pytest
from texting import ANNA, BERT, account, message, saying
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


class OpenAlert:
    """Texts that run, and what they tell."""

    def __init__(self, folder):
        self.folder = folder
        self.events = []
        self.told = threading.Condition()
        self.start()

    def start(self):
        self.catalog = Catalog(self.folder / "clips.db")
        self.texts = SmsService(
            cloud=lambda: None, on_event=self._hear, clock=SystemClock(), rng=random.Random(1)
        )
        self.texts.start(self.catalog.database, self.catalog.jobs)

    def stop(self):
        self.texts.close()
        self.catalog.close()
        left = [t.name for t in threading.enumerate() if t.name == "homesec-texts"]
        assert not left

    def _hear(self, event):
        with self.told:
            self.events.append(event)
            self.told.notify_all()

    def of(self, kind):
        return [e for e in self.events if isinstance(e, kind)]

    def wait(self, condition):
        with self.told:
            assert self.told.wait_for(condition, LONG_S), self.events

    def send(self, number=1, recipient_id="anna", **values):
        self.texts.send(message(number, recipient_id, at=time.time(), **values))


@pytest.fixture
def running(tmp_path, twilio):
    made = OpenAlert(tmp_path)
    yield made
    made.stop()


def test_a_text_is_sent_at_once(running, twilio):
    running.texts.set_recipients(BOTH)
    running.send(1)
    twilio.wait_for(1)
    running.wait(lambda: running.of(TextSent))
    assert running.texts.states()["anna"].waiting == 0
    assert running.texts.states()["anna"].last_sent_at == pytest.approx(time.time(), abs=LONG_S)
    assert running.texts.states()["bert"] == RecipientState()


def test_one_recipient_does_not_wait_for_another(running, twilio):
    running.texts.set_recipients(BOTH)
    twilio.add(Fault(kind=Kind.HANG, to=ANNA))
    running.send(1, "anna")
    running.send(2, "bert")
    twilio.wait_for(1)
    assert [m["to"] for m in twilio.messages] == [BERT]
    assert running.texts.states()["anna"].waiting == 1


def test_what_is_given_before_there_is_anybody_waits(running, twilio):
    running.send(1)
    running.texts.set_recipients(BOTH)
    twilio.wait_for(1)


def test_recipients_may_be_named_before_it_runs(tmp_path, twilio):
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


def test_a_new_login_is_tried_at_once(running, twilio):
    wrong = replace(BOTH["anna"], secret="wrong")
    running.texts.set_recipients({"anna": wrong})
    running.send(1)
    running.wait(lambda: stopped(running, "text_denied"))
    running.texts.set_recipients({"anna": wrong})
    assert running.texts.states()["anna"] == RecipientState(error="text_denied", waiting=1)
    running.texts.set_recipients(BOTH)
    twilio.wait_for(1)
    running.wait(lambda: running.of(TextSent))
    assert running.texts.states()["anna"].error is None


def stopped(running, error):
    return any(e.error == error for e in running.of(RecipientChanged))


def test_somebody_may_say_that_it_is_cured(running, twilio):
    running.texts.set_recipients(BOTH)
    twilio.refuse(21610)
    running.send(1)
    running.wait(lambda: stopped(running, "text_blocked"))
    running.texts.retry("anna")
    twilio.wait_for(1)


def test_who_is_forgotten_gets_nothing_more(running, twilio):
    running.texts.set_recipients(BOTH)
    twilio.refuse(21610)
    running.send(1)
    running.wait(lambda: stopped(running, "text_blocked"))
    running.texts.forget("anna")
    assert running.texts.states().keys() == {"bert"}
    running.texts.set_recipients(BOTH)
    running.send(2)
    twilio.wait_for(1)
    assert [m["body"] for m in twilio.messages] == [message(2, at=0).body]


def test_who_is_not_there_any_more_keeps_what_waits_until_it_is_too_old(running, twilio):
    running.texts.set_recipients(BOTH)
    running.texts.set_recipients({"bert": BOTH["bert"]})
    running.send(1)
    running.send(2, lasts_s=-1)
    running.texts.set_recipients({"bert": BOTH["bert"]})
    running.texts.set_recipients(BOTH)
    twilio.wait_for(1)
    assert [m["body"] for m in twilio.messages] == [message(1, at=0).body]
    assert running.of(TextDropped) == []


def test_what_waits_outlives_a_restart(running, twilio):
    twilio.refuse(20003, status=401)
    running.texts.set_recipients(BOTH)
    running.send(1)
    running.wait(lambda: stopped(running, "text_denied"))
    running.stop()
    running.start()
    running.texts.set_recipients(BOTH)
    twilio.wait_for(1)
    running.wait(lambda: running.of(TextSent))
    sent_at = running.texts.states()["anna"].last_sent_at
    running.stop()
    running.start()
    running.texts.set_recipients(BOTH)
    assert running.texts.states()["anna"].last_sent_at == sent_at


def test_a_stop_in_mid_send_is_quick_and_sends_it_once(running, twilio, monkeypatch):
    monkeypatch.setattr(sms_worker, "SETTLE_S", 0.2)
    twilio.add(Fault(kind=Kind.ACCEPT_HANG))
    running.texts.set_recipients(BOTH)
    running.send(1)
    twilio.wait_for(1)
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < LONG_S / 5
    running.start()
    running.texts.set_recipients(BOTH)
    running.wait(lambda: running.of(TextSent))
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1


def test_what_was_sent_long_ago_is_forgotten_but_for_the_last(running, twilio):
    running.texts.set_recipients(BOTH)
    for number in (1, 2):
        running.send(number)
        twilio.wait_for(number)
        running.wait(lambda number=number: len(running.of(TextSent)) == number)
    database = running.catalog.database
    database.query("UPDATE texts SET ended_at = ended_at - 1000000")
    running.texts.set_recipients(BOTH)
    assert [row[0] for row in database.query("SELECT message_id FROM texts")] == ["alert-2"]
    running.texts._cleaned_t -= 90_000
    running.texts._accounts = {}
    running.send(3)
    assert database.query("SELECT message_id FROM texts") == []


def test_what_was_dropped_long_ago_is_forgotten_even_if_nothing_was_ever_sent(running, twilio):
    running.texts.set_recipients(BOTH)
    twilio.refuse(20003, status=401)
    running.send(1)
    running.wait(lambda: stopped(running, "text_denied"))
    database = running.catalog.database
    for number in range(9):
        database.query(
            "INSERT INTO texts VALUES ('anna', ?, NULL, ?)", (f"old-{number}", time.time() - 1e6)
        )
    running.texts.set_recipients(BOTH)
    assert database.query("SELECT message_id FROM texts") == []


def test_a_disk_that_lets_nothing_be_forgotten_stops_no_text(running, twilio, monkeypatch, caplog):
    def refuse(*_):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(MessageStore, "delete_expired", refuse)
    running.texts.set_recipients(BOTH)
    running.texts._cleaned_t -= 90_000
    running.send(1)
    twilio.wait_for(1)
    assert "database or disk is full" in caplog.text


def test_a_library_that_does_not_load_at_once_is_no_end(running, twilio, monkeypatch):
    def missing():
        raise ImportError("twilio.rest")

    monkeypatch.setattr(sms_worker, "import_library", missing)
    running.texts.set_recipients(BOTH)
    running.send(1)
    twilio.wait_for(1)


def test_ids_may_be_anything(running, twilio):
    running.texts.set_recipients({"a/b%": account(ANNA), "a": account(BERT)})
    running.texts.send(saying("for a/b", "c", "a/b%", at=time.time()))
    twilio.wait_for(1)
    running.texts.send(saying("for a", "b%/c", "a", at=time.time()))
    twilio.wait_for(2)
    assert [(m["to"], m["body"]) for m in twilio.messages] == [(ANNA, "for a/b"), (BERT, "for a")]
