"""Stills that go with texts, as links into a bucket."""

from datetime import UTC, datetime
import logging
from threading import Event
import time
from urllib.parse import parse_qs, urlsplit

from engine_rig import LONG_S
from fault_proxy import Fault, Kind
from gcs_fixtures import encrypted_store, store
from google_key import service_account
from library_rig import NOON, LibraryRig
import pytest
from sms_factories import BERT
from sms_fixtures import SmsSetup
from twilio_server import Fault as TwilioFault

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
def sms(tmp_path, twilio, bucket):
    made = SmsSetup(tmp_path, cloud=bucket)
    yield made
    made.close()


def names(bucket):
    return [obj.name for obj in bucket.list()]


def test_still_is_sent_as_link_for_a_day(sms, twilio, gcs, bucket):
    sms.add(1, still=JPEG)
    sms.run()
    (sent,) = twilio.messages
    (link,) = sent["_media"]
    url = urlsplit(link)
    assert url.path == f"/{gcs.bucket}/house/alerts/{DAY}/alert-1.jpg"
    assert parse_qs(url.query)["X-Goog-Expires"] == ["86400"]
    assert names(bucket) == [f"house/alerts/{DAY}/alert-1.jpg"]
    assert b"".join(bucket.read(names(bucket)[0])) == JPEG
    assert bucket.find(names(bucket)[0]).content_type == "image/jpeg"
    assert sms.catalog.database.query("SELECT * FROM text_stills") == []


def test_recipients_share_uploaded_still(sms, twilio, bucket):
    bert = sms.worker("bert", to=BERT)
    for recipient_id in ("anna", "bert"):
        sms.add(1, recipient_id, still=JPEG)
    sms.run()
    assert sms.messages.still("alert-1") == JPEG
    sms.run(bert)
    assert [len(m["_media"]) for m in twilio.messages] == [1, 1]
    assert len(names(bucket)) == 1
    assert sms.messages.still("alert-1") is None


def test_text_without_still_does_not_use_bucket(sms, twilio, gcs):
    sms.add(1)
    sms.run()
    assert [m["_media"] for m in twilio.messages] == [[]]
    assert gcs.faults.seen == []


def test_encrypting_bucket_gets_no_still(sms, twilio, bucket):
    sms.cloud = encrypted_store(bucket, EncryptionKey.generate().text)
    sms.add(1, still=JPEG)
    sms.run()
    assert [m["_media"] for m in twilio.messages] == [[]]
    assert names(bucket) == []


def test_bucket_with_earlier_key_signs_links(sms, twilio, bucket):
    sms.cloud = encrypted_store(bucket, decrypt_with=(EncryptionKey.generate().text,))
    sms.add(1, still=JPEG)
    sms.run()
    assert [len(m["_media"]) for m in twilio.messages] == [1]


def test_login_that_cannot_sign_gets_no_still(sms, twilio, gcs):
    with store(gcs) as plain:
        sms.cloud = plain
        sms.add(1, still=JPEG)
        sms.run()
        assert names(plain) == []
    assert [m["_media"] for m in twilio.messages] == [[]]


def test_failing_bucket_costs_only_the_still(sms, twilio, gcs, monkeypatch, caplog):
    monkeypatch.setattr(stills, "UPLOAD_LIMIT_S", 0.3)
    gcs.faults.add(Fault(kind=Kind.HANG))
    sms.add(1, still=JPEG)
    began = time.monotonic()
    sms.run()
    assert time.monotonic() - began < LONG_S / 2
    assert "took too long" in caplog.text
    monkeypatch.setattr(stills, "UPLOAD_LIMIT_S", LONG_S)
    gcs.faults.add(Fault(kind=Kind.STATUS, status=403, times=9))
    sms.add(2, still=JPEG)
    sms.run()
    assert "storage_key_revoked" in caplog.text
    assert [m["_media"] for m in twilio.messages] == [[], []]


def test_text_is_sent_without_refused_still(sms, twilio):
    sms.add(1, still=JPEG)
    twilio.refuse(21620)
    sms.run()
    assert [m["_media"] for m in twilio.messages] == [[]]
    sms.add(2, still=JPEG)
    twilio.refuse(21610, times=2)
    sms.run()
    assert sms.anna.paused
    assert [job.resume for job in sms.messages.waiting("anna")] == [None]


def test_busy_twilio_is_not_asked_without_still(sms, twilio):
    sms.add(1, still=JPEG)
    twilio.refuse(20429, status=429)
    sms.run()
    assert len(twilio.asked("POST")) == 1
    sms.later(2)
    assert [len(m["_media"]) for m in twilio.messages] == [1]


def test_link_is_in_no_log_or_event(sms, twilio, caplog):
    caplog.set_level(logging.DEBUG)
    for fault in (TwilioFault(code=21620), TwilioFault(code=20429, status=429)):
        twilio.add(fault)
        sms.add(f"{fault.code}", still=JPEG)
        sms.run()
        sms.later(60)
    assert "X-Goog-Signature" in twilio.asked("POST")[0]["MediaUrl"]
    assert "X-Goog" not in caplog.text + repr(sms.events)


# --- a week later ---


def put(bucket, name, metadata):
    content = BytesContent(data=b"x")
    bucket.upload(
        Upload(name=name, content=content, content_type="image/jpeg", metadata=metadata),
        stop=Event(),
    )


def test_stills_older_than_a_week_are_deleted(tmp_path, twilio, bucket):
    clips = LibraryRig(tmp_path, store=bucket)
    clips.catalog.close()
    sms = SmsSetup(tmp_path, cloud=bucket)
    kept = ["house/alerts/2027/01/09/b.jpg", "house/alerts/2026/12/01/clip.jpg"]
    for name in ("house/alerts/2027/01/07/a.jpg", "house/alerts/2026/12/01/a.jpg", kept[0]):
        put(bucket, name, {ALERT_ENTRY: "1"})
    put(bucket, kept[1], {"a camera": "called alerts"})
    sms.add(1)
    sms.run()
    sms.close()
    again = LibraryRig(tmp_path, store=bucket)
    again.clock.wall = NOON
    assert again.jobs.backlog([JobKind.TIDY]).jobs == 1
    again.run()
    assert again.jobs.backlog([JobKind.TIDY]).jobs == 0
    assert sorted(names(bucket)) == sorted(kept)
    again.close()


def test_cleanup_is_scheduled_daily(sms):
    done = 0
    for _ in range(3):
        sms.run()
        for job in sms.catalog.jobs.for_subject(JobKind.TIDY, ""):
            sms.catalog.jobs.remove(job.id)
            done += 1
        sms.run()
        assert sms.jobs(JobKind.TIDY) == 0
        sms.clock.advance(stills.DAY_S)
    assert done == 3


def test_cleanup_is_not_scheduled_without_bucket(sms):
    sms.cloud = None
    sms.run()
    assert sms.jobs(JobKind.TIDY) == 0


def test_cleanup_accepts_bucket_that_forbids_deleting(tmp_path):
    rig = LibraryRig(tmp_path)

    def listed(error):
        def refuse(*_, **__):
            raise error

        rig.store.list = refuse

    rig.jobs.add(JobKind.TIDY, ALERT_ENTRY, {"before": "2027/01/08"})
    listed(StorageDenied())
    rig.run()
    assert rig.jobs.backlog([JobKind.TIDY]).jobs == 0
    rig.jobs.add(JobKind.TIDY, ALERT_ENTRY, {"before": "2027/01/08"})
    listed(KeyRevoked())
    rig.run()
    assert rig.outbox.paused
    assert rig.jobs.backlog([JobKind.TIDY]).jobs == 1
    rig.close()


def test_stop_ends_cleanup(tmp_path, bucket):
    put(bucket, "house/alerts/2026/12/01/a.jpg", {ALERT_ENTRY: "1"})
    rig = LibraryRig(tmp_path, store=bucket)
    rig.jobs.add(JobKind.TIDY, ALERT_ENTRY, {"before": "2027/01/08"})
    rig.outbox.halt()
    rig.outbox.step()
    assert len(names(bucket)) == 1
    assert rig.jobs.backlog([JobKind.TIDY]).jobs == 1
    rig.close()
