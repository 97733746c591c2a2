"""Texts while the database's disk refuses writes: real disks, mounted for the test."""

import logging
import math
import sqlite3

import pytest
from small_disks import full_disk, worn_card
from sms_factories import ANNA, account, message
from sms_fixtures import SmsSetup
from twilio_messages import AUTH_TOKEN
from twilio_server import Fault, Kind

from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.sms import twilio_api, worker as sms_worker
from custom_components.homesec.engine.sms.message_store import RETRY_S
from custom_components.homesec.engine.sms.types import TextDropped, TextSent

KINDS = {"full disk": full_disk, "worn card": worn_card}


@pytest.fixture(params=KINDS)
def disk(request, tmp_path):
    with KINDS[request.param](tmp_path / "disk") as disk:
        yield disk


passing = pytest.mark.parametrize("disk", ["full disk"], indirect=True)
"""For tests in which the disk recovers, which a worn card doesn't."""


@pytest.fixture
def sms(disk, twilio, monkeypatch):
    # The server uses its own clock.
    monkeypatch.setattr(twilio_api, "MAX_CLOCK_SKEW_S", math.inf)
    made = SmsSetup(disk.folder)
    # Leave no space in the write-ahead log that could be reused.
    made.catalog.database.query("PRAGMA wal_checkpoint(TRUNCATE)")
    yield made
    made.close()


def sent(sms):
    return [event.message_id for event in sms.of(TextSent)]


def rows(sms):
    database = sms.catalog.database
    return [tuple(row) for row in database.query("SELECT recipient_id, message_id FROM texts")]


def test_failed_disk_refuses_writes(sms, disk):
    disk.fail()
    with pytest.raises(sqlite3.OperationalError):
        sms.catalog.jobs.add(JobKind.TIDY, "x" * 8192)


def test_text_is_sent_once_while_disk_refuses(sms, disk, twilio, caplog):
    disk.fail()
    for _ in range(2):
        first = sms.add(1)
        assert sms.anna.state.waiting in (0, 1)
        sms.run()
        sms.add(1)
        sms.run()
    assert twilio.bodies() == [first.body]
    assert sent(sms) == ["alert-1"]
    assert (sms.anna.state.waiting, sms.anna.state.last_sent_at) == (0, sms.clock.now())
    assert caplog.text.count("sending them from memory") == 1


def test_text_added_before_disk_failure_is_sent(sms, disk, twilio):
    waiting = [sms.add(n, still=b"jpeg" * n) for n in (1, 2)]
    disk.fail()
    waiting.append(sms.add(3))
    sms.run()
    assert twilio.bodies() == [each.body for each in waiting]
    assert sms.waiting() == 0


@passing
def test_sent_texts_are_saved_when_disk_recovers(sms, disk, twilio, caplog):
    sms.add(1)
    disk.fail()
    sms.add(2)
    sms.run()
    disk.heal()
    sms.later(RETRY_S)
    assert rows(sms) == [("anna", "alert-1"), ("anna", "alert-2")]
    assert sms.jobs() == 0
    assert "stores messages again" in caplog.text
    sms.restart()
    for number in (1, 2):
        sms.add(number)
    sms.run()
    assert len(twilio.messages) == 2


@passing
def test_waiting_text_is_saved_when_disk_recovers(sms, disk, twilio):
    twilio.refuse(20003, status=401)
    disk.fail()
    made = sms.add(1, still=b"jpeg")
    sms.run()
    assert sms.anna.paused
    disk.heal()
    sms.later(RETRY_S)
    assert sms.jobs() == 1
    assert sms.messages.still("alert-1") == b"jpeg"
    sms.restart()
    sms.run()
    assert twilio.bodies() == [made.body]


def test_attempt_in_memory_is_searched_before_resend(sms, disk, twilio):
    disk.fail()
    sms.add(1)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    sms.run()
    assert sms.waiting() == 1
    sms.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1
    assert sent(sms) == ["alert-1"]


def test_attempt_before_disk_failure_is_searched_before_resend(sms, disk, twilio):
    sms.add(1)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    sms.run()
    disk.fail()
    sms.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1
    assert sent(sms) == ["alert-1"]


@passing
def test_text_being_sent_when_disk_recovers_is_saved(sms, disk, monkeypatch):
    disk.fail()
    sms.add(1)

    def meanwhile(*_, **__):
        disk.heal()
        sms.clock.advance(RETRY_S)
        sms.messages.flush()
        return "SM1"

    monkeypatch.setattr(sms_worker, "send_message", meanwhile)
    sms.run()
    assert sent(sms) == ["alert-1"]
    assert (rows(sms), sms.jobs()) == ([("anna", "alert-1")], 0)


def test_expired_text_is_dropped_while_disk_refuses(sms, disk, twilio):
    twilio.refuse(20003, status=401)
    disk.fail()
    sms.add(1, lasts_s=60)
    sms.run()
    sms.later(61)
    assert [(e.message_id, e.error) for e in sms.of(TextDropped)] == [("alert-1", "text_expired")]
    assert twilio.messages == []


def test_undelivered_text_is_reported_while_disk_refuses(sms, disk, twilio):
    disk.fail()
    sms.add(1)
    twilio.account.fates[ANNA] = ("undelivered", 30003)
    sms.run()
    sms.later(20)
    assert [e.error for e in sms.of(TextDropped)] == ["text_undelivered"]
    assert sms.messages.awaiting_delivery("anna") == []


def test_changed_account_is_tried_at_once(sms, disk, twilio):
    sms.add(1)
    twilio.add(Fault(status=400, code=29999))
    sms.run()
    assert sms.waiting() == 1
    disk.fail()
    sms.anna.resume()
    sms.run()
    assert sent(sms) == ["alert-1"]


def test_forgotten_recipient_gets_nothing_while_disk_refuses(sms, disk, twilio):
    disk.fail()
    sms.add(1)
    sms.messages.forget("anna")
    sms.run()
    assert twilio.messages == []


@passing
def test_alert_reaches_two_recipients_while_disk_refuses(sms, disk, twilio):
    bert = sms.worker("bert")
    disk.fail()
    sms.add(1)
    sms.add(1, "bert")
    sms.run()
    sms.run(bert)
    assert len(twilio.messages) == 2
    disk.heal()
    sms.later(RETRY_S, bert)
    assert rows(sms) == [("anna", "alert-1"), ("bert", "alert-1")]


def test_closed_database_raises(sms, twilio):
    sms.add(1)
    sms.catalog.close()
    with pytest.raises(sqlite3.ProgrammingError):
        sms.add(2)
    with pytest.raises(sqlite3.ProgrammingError):
        sms.anna.step()
    assert twilio.messages == []


def test_close_logs_unsaved_texts(sms, disk, caplog):
    disk.fail()
    sms.add(1)
    sms.run()
    sms.messages.close()
    assert "The state of messages could not be stored" in caplog.text


@passing
def test_close_saves_texts_if_disk_recovered(sms, disk):
    disk.fail()
    sms.add(1)
    sms.run()
    disk.heal()
    sms.messages.close()
    assert rows(sms) == [("anna", "alert-1")]
    assert sms.jobs(JobKind.DELIVERY) == 1


def test_log_has_no_secret_while_disk_refuses(sms, disk, caplog):
    caplog.set_level(logging.DEBUG)
    disk.fail()
    sms.add(1)
    sms.run()
    assert AUTH_TOKEN not in caplog.text
    assert ANNA[1:] not in caplog.text
    assert account().to == ANNA
    assert message(1, at=0.0).body not in caplog.text
