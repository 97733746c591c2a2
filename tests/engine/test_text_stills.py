"""Stills that go with texts, by links into a bucket."""

from datetime import UTC, datetime
import logging
from threading import Event
import time
from urllib.parse import parse_qs, urlsplit

from engine_rig import LONG_S
from fault_proxy import Fault, Kind
from gcs_fixtures import store
from google_key import service_account
from library_rig import NOON, LibraryRig
import pytest
from text_house import TextHouse
from texting import BERT
from twilio_server import Fault as TwilioFault

from custom_components.homesec.engine.cloud.encrypted_store import EncryptedStore
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.errors import KeyRevoked, StorageDenied
from custom_components.homesec.engine.cloud.object_names import ALERT_ENTRY
from custom_components.homesec.engine.cloud.object_store import BytesContent, Upload
from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.sms import mms_media as stills

JPEG = b"\xff\xd8 a still \xff\xd9"
DAY = f"{datetime.fromtimestamp(NOON, UTC):%Y/%m/%d}"


@pytest.fixture
def bucket(gcs):
    with store(gcs, key=service_account(gcs)) as made:
        yield made


@pytest.fixture
def house(tmp_path, twilio, bucket):
    made = TextHouse(tmp_path, cloud=bucket)
    yield made
    made.close()


def names(bucket):
    return [obj.name for obj in bucket.list()]


def test_a_still_goes_with_its_text_by_a_link_for_a_day(house, twilio, gcs, bucket):
    house.add(1, still=JPEG)
    house.run()
    (sent,) = twilio.messages
    (link,) = sent["_media"]
    url = urlsplit(link)
    assert url.path == f"/{gcs.bucket}/house/alerts/{DAY}/alert-1.jpg"
    assert parse_qs(url.query)["X-Goog-Expires"] == ["86400"]
    assert names(bucket) == [f"house/alerts/{DAY}/alert-1.jpg"]
    assert b"".join(bucket.read(names(bucket)[0])) == JPEG
    assert bucket.find(names(bucket)[0]).content_type == "image/jpeg"
    assert house.catalog.database.query("SELECT * FROM text_stills") == []


def test_two_recipients_share_a_still(house, twilio, bucket):
    bert = house.worker("bert", to=BERT)
    for recipient_id in ("anna", "bert"):
        house.add(1, recipient_id, still=JPEG)
    house.run()
    assert house.messages.still("alert-1") == JPEG
    house.run(bert)
    assert [len(m["_media"]) for m in twilio.messages] == [1, 1]
    assert len(names(bucket)) == 1
    assert house.messages.still("alert-1") is None


def test_a_text_without_a_still_asks_no_bucket(house, twilio, gcs):
    house.add(1)
    house.run()
    assert [m["_media"] for m in twilio.messages] == [[]]
    assert gcs.faults.seen == []


def test_a_sealed_bucket_lends_nothing_and_gets_nothing(house, twilio, bucket):
    house.cloud = EncryptedStore(bucket, encrypt_with=EncryptionKey.generate().text)
    house.add(1, still=JPEG)
    house.run()
    assert [m["_media"] for m in twilio.messages] == [[]]
    assert names(bucket) == []


def test_a_bucket_that_only_opens_sealed_clips_of_before_lends(house, twilio, bucket):
    house.cloud = EncryptedStore(bucket, decrypt_with=[EncryptionKey.generate().text])
    house.add(1, still=JPEG)
    house.run()
    assert [len(m["_media"]) for m in twilio.messages] == [1]


def test_a_login_that_cannot_sign_lends_nothing(house, twilio, gcs):
    with store(gcs) as plain:
        house.cloud = plain
        house.add(1, still=JPEG)
        house.run()
        assert names(plain) == []
    assert [m["_media"] for m in twilio.messages] == [[]]


def test_a_bucket_that_hangs_or_refuses_costs_the_still_only(
    house, twilio, gcs, monkeypatch, caplog
):
    monkeypatch.setattr(stills, "UPLOAD_LIMIT_S", 0.3)
    gcs.faults.add(Fault(kind=Kind.HANG))
    house.add(1, still=JPEG)
    began = time.monotonic()
    house.run()
    assert time.monotonic() - began < LONG_S / 2
    assert "took too long" in caplog.text
    monkeypatch.setattr(stills, "UPLOAD_LIMIT_S", LONG_S)
    gcs.faults.add(Fault(kind=Kind.STATUS, status=403, times=9))
    house.add(2, still=JPEG)
    house.run()
    assert "storage_key_revoked" in caplog.text
    assert [m["_media"] for m in twilio.messages] == [[], []]


def test_what_twilio_does_not_take_with_a_still_it_gets_without(house, twilio):
    house.add(1, still=JPEG)
    twilio.refuse(21620)
    house.run()
    assert [m["_media"] for m in twilio.messages] == [[]]
    house.add(2, still=JPEG)
    twilio.refuse(21610, times=2)
    house.run()
    assert house.anna.paused
    assert [job.resume for job in house.messages.waiting("anna")] == [None]


def test_a_busy_twilio_is_not_asked_again_without_the_still(house, twilio):
    house.add(1, still=JPEG)
    twilio.refuse(20429, status=429)
    house.run()
    assert len(twilio.asked("POST")) == 1
    house.later(2)
    assert [len(m["_media"]) for m in twilio.messages] == [1]


def test_the_link_is_in_no_log_and_no_event(house, twilio, caplog):
    caplog.set_level(logging.DEBUG)
    for fault in (TwilioFault(code=21620), TwilioFault(code=20429, status=429)):
        twilio.add(fault)
        house.add(f"{fault.code}", still=JPEG)
        house.run()
        house.later(60)
    assert "X-Goog-Signature" in twilio.asked("POST")[0]["MediaUrl"]
    assert "X-Goog" not in caplog.text + repr(house.events)


# --- a week later ---


def put(bucket, name, metadata):
    content = BytesContent(data=b"x")
    bucket.upload(
        Upload(name=name, content=content, content_type="image/jpeg", metadata=metadata),
        stop=Event(),
    )


def test_the_stills_of_more_than_a_week_ago_are_deleted(tmp_path, twilio, bucket):
    clips = LibraryRig(tmp_path, store=bucket)
    clips.catalog.close()
    house = TextHouse(tmp_path, cloud=bucket)
    kept = ["house/alerts/2027/01/09/b.jpg", "house/alerts/2026/12/01/clip.jpg"]
    for name in ("house/alerts/2027/01/07/a.jpg", "house/alerts/2026/12/01/a.jpg", kept[0]):
        put(bucket, name, {ALERT_ENTRY: "1"})
    put(bucket, kept[1], {"a camera": "called alerts"})
    house.add(1)
    house.run()
    house.close()
    again = LibraryRig(tmp_path, store=bucket)
    again.clock.wall = NOON
    assert again.jobs.backlog([JobKind.TIDY]).jobs == 1
    again.run()
    assert again.jobs.backlog([JobKind.TIDY]).jobs == 0
    assert sorted(names(bucket)) == sorted(kept)
    again.close()


def test_that_is_looked_after_every_day(house):
    done = 0
    for _ in range(3):
        house.run()
        for job in house.catalog.jobs.for_subject(JobKind.TIDY, ""):
            house.catalog.jobs.remove(job.id)
            done += 1
        house.run()
        assert house.jobs(JobKind.TIDY) == 0
        house.clock.advance(stills.DAY_S)
    assert done == 3


def test_without_a_bucket_nothing_is_to_be_tidied(house):
    house.cloud = None
    house.run()
    assert house.jobs(JobKind.TIDY) == 0


def test_a_bucket_that_forbids_deleting_is_left_in_peace(tmp_path):
    house = LibraryRig(tmp_path)

    def listed(error):
        def refuse(*_, **__):
            raise error

        house.store.list = refuse

    house.jobs.add(JobKind.TIDY, ALERT_ENTRY, {"before": "2027/01/08"})
    listed(StorageDenied())
    house.run()
    assert house.jobs.backlog([JobKind.TIDY]).jobs == 0
    house.jobs.add(JobKind.TIDY, ALERT_ENTRY, {"before": "2027/01/08"})
    listed(KeyRevoked())
    house.run()
    assert house.outbox.paused
    assert house.jobs.backlog([JobKind.TIDY]).jobs == 1
    house.close()


def test_a_stop_ends_the_tidying(tmp_path, bucket):
    put(bucket, "house/alerts/2026/12/01/a.jpg", {ALERT_ENTRY: "1"})
    house = LibraryRig(tmp_path, store=bucket)
    house.jobs.add(JobKind.TIDY, ALERT_ENTRY, {"before": "2027/01/08"})
    house.outbox.halt()
    house.outbox.step()
    assert len(names(bucket)) == 1
    assert house.jobs.backlog([JobKind.TIDY]).jobs == 1
    house.close()
