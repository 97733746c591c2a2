"""Objects go to the bucket and come back, whole and once."""

from datetime import UTC, datetime
import json
from threading import Event, Thread
import time
from urllib.parse import parse_qs, urlsplit

from fault_proxy import Fault, Kind
import pytest
from store_house import CHUNK, KIB, MIB, NEVER, service_account, store, upload

from custom_components.homesec.engine.errors import (
    BucketMissing,
    ChecksumMismatch,
    KeyInvalid,
    LoginMissing,
    ObjectConflict,
    ObjectMissing,
    StorageBusy,
    StorageUnreachable,
    TransferStopped,
)
from custom_components.homesec.engine.storage import gcs_upload
from custom_components.homesec.engine.storage.base import FileContent, ResumePoint, StoredObject
from custom_components.homesec.engine.storage.gcs import GcsSettings, GcsStore

NAME = "house/cam/clip.mp4"


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch):
    monkeypatch.setattr(gcs_upload, "PAUSE_S", 0.01)


@pytest.fixture
def bucket(gcs):
    with store(gcs) as made:
        yield made


def put_bytes(gcs):
    """Return how many bytes of content went through, again and again included."""
    return sum(size for method, path, size in gcs.faults.seen if method == "PUT")


# --- up ---------------------------------------------------------------------------------------


def test_an_upload_arrives_with_its_type_and_facts(gcs, bucket, tmp_path):
    sent = upload(tmp_path / "f", 3 * MIB + 17, metadata={"who": "Jürgen"})
    told = []
    result = bucket.upload(sent, stop=NEVER, tell=told.append)
    facts = gcs.objects()[NAME]
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()
    assert facts["contentType"] == "video/mp4"
    assert facts["metadata"] == {"who": "Jürgen"}
    assert result == StoredObject(
        name=NAME,
        bytes=3 * MIB + 17,
        generation=int(facts["generation"]),
        md5=facts["md5Hash"],
        content_type="video/mp4",
        metadata={"who": "Jürgen"},
    )
    assert told == sorted(told)
    assert told[-1] == 3 * MIB + 17


def test_an_empty_file_is_stored_too(gcs, bucket, tmp_path):
    (tmp_path / "f").write_bytes(b"")
    assert bucket.upload(upload(tmp_path / "f"), stop=NEVER).bytes == 0
    assert gcs.content(NAME) == b""


def test_nothing_is_made_public(gcs, bucket, tmp_path):
    bucket.upload(upload(tmp_path / "f", 10), stop=NEVER)
    paths = [path for method, path, _ in gcs.faults.seen if method == "POST"]
    assert paths
    assert not any("predefinedAcl" in path or "/acl" in path for path in paths)


def test_what_is_there_already_is_not_stored_again(gcs, bucket, tmp_path):
    first = bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    sent = put_bytes(gcs)
    assert bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER) == first
    assert put_bytes(gcs) == sent


def test_another_content_under_the_name_is_left_alone(gcs, bucket, tmp_path):
    gcs.put(NAME, b"mine")
    with pytest.raises(ObjectConflict):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.content(NAME) == b"mine"


def test_a_name_that_is_taken_during_the_upload_is_left_alone(gcs, bucket, tmp_path):
    def tell(there):
        if there == CHUNK:
            gcs.put(NAME, b"mine")

    with pytest.raises(ObjectConflict):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, tell=tell)
    assert gcs.content(NAME) == b"mine"


def test_what_vanishes_while_it_is_compared_is_tried_again_later(gcs, bucket, tmp_path):
    bucket.upload(upload(tmp_path / "f", 10), stop=NEVER)
    gcs.faults.add(Fault(kind=Kind.STATUS, status=404, method="GET"))
    with pytest.raises(StorageBusy):
        bucket.upload(upload(tmp_path / "f", 10), stop=NEVER)


@pytest.mark.parametrize("number", range(20))
def test_hostile_names_come_back_as_they_are(gcs, bucket, tmp_path, number):
    hostile = ["a b", "ä/ö", "50%", "a%2Fb", "a?b=c", "a#b", "a&b", "a+b", "'\"", "日本", "[*]"]
    hostile += ["a;b", "a\\b", "..a/b", "a,b", "😀", "{}", "~", "a=b", "a@b"]
    name = f"house/{hostile[number]}/x.mp4"
    bucket.upload(upload(tmp_path / "f", 10, name=name), stop=NEVER)
    assert list(gcs.objects()) == [name]
    assert [obj.name for obj in bucket.list()] == [name]
    assert bucket.find(name).name == name
    assert b"".join(bucket.read(name)) == (tmp_path / "f").read_bytes()
    assert bucket.delete(name)


# --- up, with faults --------------------------------------------------------------------------


def test_resets_in_the_middle_resume_and_do_not_restart(gcs, bucket, tmp_path):
    gcs.faults.add(
        Fault(kind=Kind.RESET, method="PUT", skip=2, after_bytes=100 * KIB),
        Fault(kind=Kind.RESET, method="PUT", skip=3, after_bytes=10 * KIB),
        Fault(kind=Kind.RESET, method="PUT", skip=5, after_bytes=200 * KIB),
    )
    bucket.upload(upload(tmp_path / "f", 4 * MIB), stop=NEVER)
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()
    assert gcs.faults.count("POST") == 1
    assert put_bytes(gcs) < 4 * MIB + 400 * KIB


def test_of_a_large_chunk_that_breaks_off_the_beginning_counts(gcs, tmp_path):
    gcs.faults.add(Fault(kind=Kind.RESET, method="PUT", after_bytes=1500 * KIB))
    with store(gcs, chunk_bytes=4 * MIB) as bucket:
        bucket.upload(upload(tmp_path / "f", 2 * MIB), stop=NEVER)
    assert put_bytes(gcs) < 2 * MIB + CHUNK + 16 * KIB


@pytest.mark.parametrize("skip", range(4))
def test_a_lost_answer_does_not_double_anything(gcs, bucket, tmp_path, skip):
    gcs.faults.add(Fault(kind=Kind.LOSE, method="PUT", skip=skip))
    result = bucket.upload(upload(tmp_path / "f", 4 * CHUNK), stop=NEVER)
    assert put_bytes(gcs) == 4 * CHUNK
    assert str(result.generation) == gcs.objects()[NAME]["generation"]


def test_when_nothing_arrives_it_is_left_to_the_outbox(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.RESET, method="PUT", times=99))
    kept = []
    with pytest.raises(StorageUnreachable):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, keep=kept.append)
    assert isinstance(kept[-1], ResumePoint)


def test_answers_without_progress_do_not_go_on_for_ever(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.STATUS, status=308, method="PUT", times=99))
    with pytest.raises(StorageUnreachable):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.faults.count("PUT") < 10


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_busy_storage_is_left_to_the_outbox_with_its_wish(gcs, bucket, tmp_path, status):
    gcs.faults.add(
        Fault(kind=Kind.STATUS, status=status, method="PUT", headers={"Retry-After": "17"})
    )
    with pytest.raises(StorageBusy) as raised:
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert raised.value.retry_after_s == 17


def test_a_damage_on_the_way_leaves_no_object(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.CORRUPT_REQUEST, method="PUT", skip=1))
    kept = []
    with pytest.raises(ChecksumMismatch):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, keep=kept.append)
    assert gcs.objects() == {}
    assert kept[-1] is None


def test_an_object_with_another_checksum_is_taken_away_again(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.CORRUPT_CHECKSUM, method="PUT", skip=3))
    with pytest.raises(ChecksumMismatch):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.objects() == {}
    bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def test_an_answer_without_a_generation_takes_nothing_away(gcs, bucket, tmp_path):
    gcs.put(NAME, b"mine")
    gcs.faults.add(Fault(kind=Kind.STATUS, status=200, body={"name": NAME}, method="PUT"))
    gcs.faults.add(Fault(kind=Kind.STATUS, status=200, method="POST", headers=_session(gcs)))
    with pytest.raises(ChecksumMismatch):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.content(NAME) == b"mine"


def _session(gcs):
    return {"Location": f"{gcs.url}/upload/x?upload_id=none"}


def test_an_answer_that_is_none_is_asked_for_again(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.STATUS, status=200, body=b"<html>", method="PUT"))
    gcs.faults.add(Fault(kind=Kind.STATUS, status=200, body=b"[]", method="PUT"))
    bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def test_a_file_that_becomes_shorter_is_noticed(gcs, bucket, tmp_path):
    def tell(there):
        if there == CHUNK:
            (tmp_path / "f").write_bytes(b"short")

    with pytest.raises(ChecksumMismatch):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, tell=tell)
    assert gcs.objects() == {}


def test_a_file_that_is_gone_is_the_disks_fault(bucket, tmp_path):
    (tmp_path / "f").write_bytes(b"x")
    gone = upload(tmp_path / "f")
    (tmp_path / "f").unlink()
    with pytest.raises(FileNotFoundError):
        bucket.upload(gone, stop=NEVER)


@pytest.mark.parametrize("fails", ["seek", "read"])
def test_a_disk_that_fails_in_the_middle_is_not_taken_for_the_network(
    gcs, bucket, tmp_path, monkeypatch, fails
):
    class Broken:
        def __init__(self, stream, broken):
            self._stream = stream
            self._broken = broken

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._stream.close()

        def seek(self, offset):
            if self._broken == "seek" and offset:
                raise OSError(5, "seek")
            return self._stream.seek(offset)

        def read(self, count):
            if self._broken == "read":
                raise OSError(5, "read")
            return self._stream.read(count)

    opened = []
    real = FileContent.open

    def open_it(self):
        opened.append(self)
        return Broken(real(self), fails if len(opened) > 1 else None)

    monkeypatch.setattr(FileContent, "open", open_it)
    with pytest.raises(OSError, match=fails):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)


# --- stop and restart -------------------------------------------------------------------------


def stopped_in_the_middle(bucket, sent, at):
    stop, kept = Event(), []

    def tell(there):
        if there >= at:
            stop.set()

    with pytest.raises(TransferStopped):
        bucket.upload(sent, stop=stop, keep=kept.append, tell=tell)
    return kept[-1]


def test_another_process_goes_on_where_the_last_one_stopped(gcs, bucket, tmp_path):
    point = stopped_in_the_middle(bucket, upload(tmp_path / "f", 4 * MIB), 2 * MIB)
    bucket.close()
    text = point.dump()
    before = put_bytes(gcs)
    told, kept = [], []
    with store(gcs) as other:
        other.upload(
            upload(tmp_path / "f"),
            stop=NEVER,
            resume=ResumePoint.load(text),
            keep=kept.append,
            tell=told.append,
        )
    assert told[0] == 2 * MIB
    assert kept == [None]
    # What the first process had sent and nobody had counted yet may be part of it.
    assert 2 * MIB <= put_bytes(gcs) - before < 3 * MIB
    assert gcs.faults.count("POST") == 1
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def test_an_upload_that_was_complete_before_the_restart_is_just_found(gcs, bucket, tmp_path):
    kept = []
    first = bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, keep=kept.append)
    sent = put_bytes(gcs)
    again = bucket.upload(upload(tmp_path / "f"), stop=NEVER, resume=kept[0])
    assert again == first
    assert put_bytes(gcs) == sent


@pytest.mark.parametrize("status", [404, 410, 400])
def test_an_upload_that_the_storage_forgot_begins_anew(gcs, bucket, tmp_path, status):
    point = stopped_in_the_middle(bucket, upload(tmp_path / "f", MIB), CHUNK)
    gcs.faults.add(Fault(kind=Kind.STATUS, status=status, method="PUT"))
    kept = []
    bucket.upload(upload(tmp_path / "f"), stop=NEVER, resume=point, keep=kept.append)
    assert [type(each) for each in kept] == [type(None), ResumePoint, type(None)]
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def test_an_upload_that_is_forgotten_at_once_is_left_to_the_outbox(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.STATUS, status=404, method="PUT"))
    kept = []
    with pytest.raises(StorageBusy):
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER, keep=kept.append)
    assert kept[-1] is None


def test_a_file_that_changed_is_not_mixed_with_its_former_self(gcs, bucket, tmp_path):
    point = stopped_in_the_middle(bucket, upload(tmp_path / "f", MIB), CHUNK)
    bucket.upload(upload(tmp_path / "f", MIB, seed=2), stop=NEVER, resume=point)
    assert gcs.content(NAME) == (tmp_path / "f").read_bytes()


def seconds_to_stop(bucket, sent, *, after):
    stop, ends = Event(), []

    def run():
        with pytest.raises(TransferStopped):
            bucket.upload(sent, stop=stop)
        ends.append(time.monotonic())

    thread = Thread(target=run)
    thread.start()
    after()
    began = time.monotonic()
    stop.set()
    thread.join(20)
    return ends[0] - began


def wait_for(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_stop_while_the_storage_hangs_takes_less_than_five_seconds(gcs, bucket, tmp_path):
    gcs.faults.add(Fault(kind=Kind.HANG, method="PUT", skip=1))
    sent = upload(tmp_path / "f", 4 * MIB)
    took = seconds_to_stop(bucket, sent, after=lambda: wait_for(lambda: put_bytes(gcs)))
    assert took < 5


def test_a_stop_in_a_slow_upload_is_immediate(gcs, tmp_path):
    with store(gcs, limit=64 * KIB, chunk_bytes=8 * MIB) as bucket:
        sent = upload(tmp_path / "f", 4 * MIB)
        took = seconds_to_stop(bucket, sent, after=lambda: time.sleep(0.5))
    assert took < 1


def test_a_stop_between_two_attempts_is_immediate(gcs, bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(gcs_upload, "PAUSE_S", 60)
    gcs.faults.add(Fault(kind=Kind.RESET, method="PUT", times=99))
    sent = upload(tmp_path / "f", MIB)
    took = seconds_to_stop(bucket, sent, after=lambda: wait_for(lambda: gcs.faults.count("PUT")))
    assert took < 1


def test_a_stop_that_was_there_before_sends_nothing(gcs, bucket, tmp_path):
    stop = Event()
    stop.set()
    (tmp_path / "e").write_bytes(b"")
    for sent in (upload(tmp_path / "f", MIB), upload(tmp_path / "e")):
        with pytest.raises(TransferStopped):
            bucket.upload(sent, stop=stop)
    assert gcs.faults.seen == []


def test_an_upload_keeps_to_its_limit(gcs, tmp_path):
    with store(gcs, limit=512 * KIB) as bucket:
        began = time.monotonic()
        bucket.upload(upload(tmp_path / "f", MIB), stop=NEVER)
        assert time.monotonic() - began > 1


# --- down -------------------------------------------------------------------------------------


@pytest.fixture
def film(gcs, tmp_path):
    content = bytes(range(256)) * 4 * KIB
    gcs.put(NAME, content)
    return content


@pytest.mark.parametrize(
    ("start", "end"),
    [
        *((0, None), (0, 1), (5, 5), (9, 3), (100, 300_000), (MIB - 1, None), (0, MIB)),
        *((7, 2 * MIB), (MIB, None), (MIB, MIB + 5), (MIB + 99, None), (256 * KIB, 512 * KIB)),
    ],
)
def test_a_range_is_what_slicing_gives(bucket, film, start, end):
    assert b"".join(bucket.read(NAME, start, end)) == film[start:end]


def test_blocks_grow_when_they_come_quickly(bucket, film):
    sizes = [len(block) for block in bucket.read(NAME)]
    assert sizes[:2] == [256 * KIB, 512 * KIB]


def test_nothing_is_asked_for_before_it_is_wanted(gcs, bucket, film):
    pieces = bucket.read(NAME)
    next(pieces)
    assert gcs.faults.count("GET") == 1
    pieces.close()


def test_a_film_that_is_cut_off_on_the_way_comes_whole_nevertheless(gcs, bucket, film):
    gcs.faults.add(Fault(kind=Kind.CUT_ANSWER, method="GET", skip=1))
    assert b"".join(bucket.read(NAME)) == film


def test_what_is_not_there_is_missing(bucket, tmp_path):
    assert bucket.find("house/none") is None
    assert not bucket.delete("house/none")
    with pytest.raises(ObjectMissing):
        list(bucket.read("house/none"))
    with pytest.raises(ObjectMissing):
        bucket.download("house/none", tmp_path / "x", stop=NEVER)


def test_a_download_appears_when_it_is_whole(bucket, film, tmp_path):
    path = tmp_path / "new" / "film.mp4"
    assert bucket.download(NAME, path, stop=NEVER).bytes == MIB
    assert path.read_bytes() == film
    assert [each.name for each in path.parent.iterdir()] == ["film.mp4"]


def test_a_damaged_download_does_not_appear(gcs, bucket, film, tmp_path):
    gcs.faults.add(Fault(kind=Kind.CORRUPT_ANSWER, path="alt=media"))
    with pytest.raises(ChecksumMismatch):
        bucket.download(NAME, tmp_path / "new" / "x", stop=NEVER)
    assert list((tmp_path / "new").iterdir()) == []


def test_a_download_stops(bucket, film, tmp_path):
    stop = Event()
    stop.set()
    with pytest.raises(TransferStopped):
        bucket.download(NAME, tmp_path / "x", stop=stop)


# --- the rest ---------------------------------------------------------------------------------


def test_a_listing_goes_over_pages(gcs, bucket, monkeypatch):
    monkeypatch.setattr("custom_components.homesec.engine.storage.gcs.PAGE_SIZE", 3)
    names = [f"house/a/{i:02}.mp4" for i in range(8)]
    for name in [*names, "other/a.mp4", "housework/b.mp4"]:
        gcs.put(name, b"x", {"n": name})
    found = list(bucket.list())
    assert [obj.name for obj in found] == names
    assert found[3].metadata == {"n": names[3]}
    assert found[3].bytes == 1
    assert found[3].md5
    assert gcs.faults.count("GET") == 3
    assert [obj.name for obj in bucket.list(after=names[4])] == names[5:]
    assert [obj.name for obj in bucket.list("a/0", after="house/a/06.mp4x")] == names[7:]
    assert list(bucket.list("b")) == []


def test_a_listing_without_a_prefix_is_of_the_whole_bucket(gcs):
    gcs.put("a", b"")
    gcs.put("b/c", b"")
    with store(gcs, prefix="") as bucket:
        assert bucket.prefix == ""
        assert [obj.name for obj in bucket.list()] == ["a", "b/c"]


def test_deleting_takes_away_just_that_one(gcs, bucket):
    gcs.put("house/a", b"x")
    gcs.put("house/b", b"x")
    assert bucket.delete("house/a")
    assert list(gcs.objects()) == ["house/b"]


def test_a_key_signs_links_that_end(gcs):
    with store(gcs, key=service_account(gcs)) as bucket:
        url = urlsplit(bucket.signed_url("house/a b.mp4", 300))
        longest = urlsplit(bucket.signed_url("house/a", 10**9))
    query = parse_qs(url.query)
    assert url.path == f"/{gcs.bucket}/house/a%20b.mp4"
    assert query["X-Goog-Expires"] == ["300"]
    assert query["X-Goog-Algorithm"] == ["GOOG4-RSA-SHA256"]
    assert query["X-Goog-Date"][0].startswith(f"{datetime.now(UTC):%Y%m%d}")
    assert parse_qs(longest.query)["X-Goog-Expires"] == [str(7 * 86_400)]
    assert gcs.faults.seen == []


def test_without_a_key_there_is_no_link(bucket):
    assert bucket.signed_url("house/a", 300) is None


def test_what_is_no_key_is_told(gcs):
    good = service_account(gcs)
    for bad in (
        {},
        {**good, "type": "authorized_user"},
        {**good, "private_key": "nonsense"},
        {**good, "private_key": 5},
        {k: v for k, v in good.items() if k != "client_email"},
        ["a", "list"],
        "text",
    ):
        with pytest.raises(KeyInvalid):
            store(gcs, key=bad)


def test_without_any_login_that_is_told(monkeypatch, tmp_path, socket_enabled):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(LoginMissing):
        GcsStore(GcsSettings(bucket="some-bucket"))


def test_the_machines_own_login_is_used(monkeypatch, tmp_path, socket_enabled, gcs):
    (tmp_path / "key.json").write_text(json.dumps(service_account(gcs)))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    with GcsStore(GcsSettings(bucket="some-bucket")) as made:
        assert made.signed_url("x", 60).startswith("https://storage.googleapis.com/some-bucket/x?")


def test_a_stand_in_for_the_storage_is_taken_from_the_environment(monkeypatch, gcs):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.url)
    with GcsStore(GcsSettings(bucket=gcs.bucket)) as made:
        made.probe()
    assert gcs.faults.seen


def test_a_name_that_no_bucket_can_have_is_missing(gcs):
    with pytest.raises(BucketMissing) as raised:
        store(gcs, bucket="-nonsense-")
    assert raised.value.placeholders == {"bucket": "-nonsense-"}


def test_a_resume_point_survives_as_text_and_nothing_else_does():
    point = ResumePoint(name="n", bytes=5, md5="m", session="https://x/?upload_id=1")
    assert ResumePoint.load(point.dump()) == point
    for text in (None, "", "{}", "[]", "nonsense", '{"name": 1}', "3"):
        assert ResumePoint.load(text) is None
