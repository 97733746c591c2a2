"""Texts while the disk under the index takes nothing: real ones, mounted for the test."""

import logging
import math
import sqlite3

import pytest
from small_disks import full_disk, worn_card
from text_house import TextHouse
from texting import ANNA, account, message
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
"""For what comes after: a worn card does not recover."""


@pytest.fixture
def house(disk, twilio, monkeypatch):
    # The server tells its own times.
    monkeypatch.setattr(twilio_api, "MAX_CLOCK_SKEW_S", math.inf)
    made = TextHouse(disk.folder)
    # Its log has no room left that it could use again, as if it had just been written back.
    made.catalog.database.query("PRAGMA wal_checkpoint(TRUNCATE)")
    yield made
    made.close()


def sent(house):
    return [event.message_id for event in house.of(TextSent)]


def rows(house):
    database = house.catalog.database
    return [tuple(row) for row in database.query("SELECT recipient_id, message_id FROM texts")]


def test_the_disk_really_takes_nothing(house, disk):
    disk.fail()
    with pytest.raises(sqlite3.OperationalError):
        house.catalog.jobs.add(JobKind.TIDY, "x" * 8192)


def test_a_text_is_sent_all_the_same_and_once(house, disk, twilio, caplog):
    disk.fail()
    for _ in range(2):
        first = house.add(1)
        assert house.anna.state.waiting in (0, 1)
        house.run()
        house.add(1)
        house.run()
    assert twilio.bodies() == [first.body]
    assert sent(house) == ["alert-1"]
    assert (house.anna.state.waiting, house.anna.state.last_sent_at) == (0, house.clock.now())
    assert caplog.text.count("sending them from memory") == 1


def test_what_waited_before_the_disk_failed_is_sent_too(house, disk, twilio):
    waiting = [house.add(n, still=b"jpeg" * n) for n in (1, 2)]
    disk.fail()
    waiting.append(house.add(3))
    house.run()
    assert twilio.bodies() == [each.body for each in waiting]
    assert house.waiting() == 0


@passing
def test_once_the_disk_is_back_it_knows_what_was_sent(house, disk, twilio, caplog):
    house.add(1)
    disk.fail()
    house.add(2)
    house.run()
    disk.heal()
    house.later(RETRY_S)
    assert rows(house) == [("anna", "alert-1"), ("anna", "alert-2")]
    assert house.jobs() == 0
    assert "stores messages again" in caplog.text
    house.restart()
    for number in (1, 2):
        house.add(number)
    house.run()
    assert len(twilio.messages) == 2


@passing
def test_once_the_disk_is_back_it_has_what_still_waits(house, disk, twilio):
    twilio.refuse(20003, status=401)
    disk.fail()
    made = house.add(1, still=b"jpeg")
    house.run()
    assert house.anna.paused
    disk.heal()
    house.later(RETRY_S)
    assert house.jobs() == 1
    assert house.messages.still("alert-1") == b"jpeg"
    house.restart()
    house.run()
    assert twilio.bodies() == [made.body]


def test_what_may_have_been_sent_is_looked_up_before_it_is_sent_again(house, disk, twilio):
    disk.fail()
    house.add(1)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    house.run()
    assert house.waiting() == 1
    house.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1
    assert sent(house) == ["alert-1"]


def test_what_was_begun_before_the_disk_failed_is_looked_up_too(house, disk, twilio):
    house.add(1)
    twilio.add(Fault(kind=Kind.ACCEPT_RESET))
    house.run()
    disk.fail()
    house.later(sms_worker.SETTLE_S)
    assert len(twilio.messages) == len(twilio.asked("POST")) == 1
    assert sent(house) == ["alert-1"]


@passing
def test_what_was_being_sent_when_the_disk_came_back_is_noted_there(house, disk, monkeypatch):
    disk.fail()
    house.add(1)

    def meanwhile(*_, **__):
        disk.heal()
        house.clock.advance(RETRY_S)
        house.messages.flush()
        return "SM1"

    monkeypatch.setattr(sms_worker, "send_message", meanwhile)
    house.run()
    assert sent(house) == ["alert-1"]
    assert (rows(house), house.jobs()) == ([("anna", "alert-1")], 0)


def test_what_is_too_old_is_dropped(house, disk, twilio):
    twilio.refuse(20003, status=401)
    disk.fail()
    house.add(1, lasts_s=60)
    house.run()
    house.later(61)
    assert [(e.message_id, e.error) for e in house.of(TextDropped)] == [("alert-1", "text_expired")]
    assert twilio.messages == []


def test_one_that_does_not_arrive_is_told(house, disk, twilio):
    disk.fail()
    house.add(1)
    twilio.account.fates[ANNA] = ("undelivered", 30003)
    house.run()
    house.later(20)
    assert [e.error for e in house.of(TextDropped)] == ["text_undelivered"]
    assert house.messages.awaiting_delivery("anna") == []


def test_a_new_login_is_tried_at_once(house, disk, twilio):
    house.add(1)
    twilio.add(Fault(status=400, code=29999))
    house.run()
    assert house.waiting() == 1
    disk.fail()
    house.anna.resume()
    house.run()
    assert sent(house) == ["alert-1"]


def test_who_is_removed_gets_nothing_more(house, disk, twilio):
    disk.fail()
    house.add(1)
    house.messages.forget("anna")
    house.run()
    assert twilio.messages == []


@passing
def test_two_recipients_of_one_alert_each_get_it(house, disk, twilio):
    bert = house.worker("bert")
    disk.fail()
    house.add(1)
    house.add(1, "bert")
    house.run()
    house.run(bert)
    assert len(twilio.messages) == 2
    disk.heal()
    house.later(RETRY_S, bert)
    assert rows(house) == [("anna", "alert-1"), ("bert", "alert-1")]


def test_a_closed_index_is_the_end_and_no_bad_disk(house, twilio):
    house.add(1)
    house.catalog.close()
    with pytest.raises(sqlite3.ProgrammingError):
        house.add(2)
    with pytest.raises(sqlite3.ProgrammingError):
        house.anna.step()
    assert twilio.messages == []


def test_what_the_disk_does_not_take_to_the_end_is_said(house, disk, caplog):
    disk.fail()
    house.add(1)
    house.run()
    house.messages.close()
    assert "The state of messages could not be stored" in caplog.text


@passing
def test_at_the_end_it_is_written_down_if_the_disk_is_back(house, disk):
    disk.fail()
    house.add(1)
    house.run()
    disk.heal()
    house.messages.close()
    assert rows(house) == [("anna", "alert-1")]
    assert house.jobs(JobKind.DELIVERY) == 1


def test_no_log_tells_a_secret(house, disk, caplog):
    caplog.set_level(logging.DEBUG)
    disk.fail()
    house.add(1)
    house.run()
    assert AUTH_TOKEN not in caplog.text
    assert ANNA[1:] not in caplog.text
    assert account().to == ANNA
    assert message(1, at=0.0).body not in caplog.text
