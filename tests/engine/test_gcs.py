"""Read, list, delete, and link objects, and log in."""

from datetime import UTC, datetime
import json
from pathlib import Path
import subprocess
import sys
from threading import Event
from urllib.parse import parse_qs, urlsplit

from fault_proxy import Fault, Kind
from gcs_fixtures import KIB, MIB, NEVER, service_account, store
import pytest

from custom_components.homesec.engine.cloud import gcs_upload
from custom_components.homesec.engine.cloud.errors import (
    BucketMissing,
    ChecksumMismatch,
    KeyInvalid,
    LoginMissing,
    ObjectMissing,
    TransferStopped,
)
from custom_components.homesec.engine.cloud.gcs import GcsSettings, GcsStore
from custom_components.homesec.engine.cloud.gcs_client import SCOPES, credentials_from_key
from custom_components.homesec.engine.cloud.object_store import ResumePoint
from custom_components.homesec.engine.cloud.transfer import download

NAME = "house/cam/clip.mp4"
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch):
    monkeypatch.setattr(gcs_upload, "PAUSE_S", 0.01)


@pytest.fixture
def bucket(gcs):
    with store(gcs) as made:
        yield made


# --- read ---------------------------------------------------------------------------------------


@pytest.fixture
def content(gcs, tmp_path):
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
def test_read_range_equals_slice(bucket, content, start, end):
    assert b"".join(bucket.read(NAME, start, end)) == content[start:end]


def test_read_doubles_block_size_when_blocks_arrive_quickly(bucket, content):
    sizes = [len(block) for block in bucket.read(NAME)]
    assert sizes[:2] == [256 * KIB, 512 * KIB]


def test_read_requests_next_block_only_when_needed(gcs, bucket, content):
    pieces = bucket.read(NAME)
    next(pieces)
    assert gcs.faults.count("GET") == 1
    pieces.close()


def test_read_continues_after_truncated_response(gcs, bucket, content):
    gcs.faults.add(Fault(kind=Kind.CUT_ANSWER, method="GET", skip=1))
    assert b"".join(bucket.read(NAME)) == content


def test_missing_object_is_reported_by_every_call(bucket, tmp_path):
    assert bucket.find("house/none") is None
    assert not bucket.delete("house/none")
    with pytest.raises(ObjectMissing):
        list(bucket.read("house/none"))
    with pytest.raises(ObjectMissing):
        download(bucket, "house/none", tmp_path / "x", stop=NEVER)


def test_download_appears_only_when_complete(bucket, content, tmp_path):
    path = tmp_path / "new" / "film.mp4"
    assert download(bucket, NAME, path, stop=NEVER).bytes == MIB
    assert path.read_bytes() == content
    assert [each.name for each in path.parent.iterdir()] == ["film.mp4"]


def test_download_with_wrong_checksum_leaves_no_file(gcs, bucket, content, tmp_path):
    gcs.faults.add(Fault(kind=Kind.CORRUPT_ANSWER, path="alt=media"))
    with pytest.raises(ChecksumMismatch):
        download(bucket, NAME, tmp_path / "new" / "x", stop=NEVER)
    assert list((tmp_path / "new").iterdir()) == []


def test_download_raises_after_stop(bucket, content, tmp_path):
    stop = Event()
    stop.set()
    with pytest.raises(TransferStopped):
        download(bucket, NAME, tmp_path / "x", stop=stop)


# --- the rest -----------------------------------------------------------------------------------


def test_list_follows_pages_and_start_offset(gcs, bucket, monkeypatch):
    monkeypatch.setattr("custom_components.homesec.engine.cloud.gcs.PAGE_SIZE", 3)
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


def test_list_without_prefix_covers_whole_bucket(gcs):
    gcs.put("a", b"")
    gcs.put("b/c", b"")
    with store(gcs, prefix="") as bucket:
        assert bucket.prefix == ""
        assert [obj.name for obj in bucket.list()] == ["a", "b/c"]


def test_delete_removes_only_named_object(gcs, bucket):
    gcs.put("house/a", b"x")
    gcs.put("house/b", b"x")
    assert bucket.delete("house/a")
    assert list(gcs.objects()) == ["house/b"]


def test_signed_url_has_limited_lifetime(gcs):
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


def test_signed_url_is_none_without_key(bucket):
    assert bucket.signed_url("house/a", 300) is None


def test_import_of_store_does_not_import_google_library():
    code = "from custom_components.homesec.engine.cloud.gcs import GcsStore; import sys"
    code += "; print('google.cloud.storage' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_connect_raises_for_invalid_key(gcs):
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
            store(gcs, key=bad).connect()


def test_each_login_with_a_key_is_its_own(gcs):
    first = credentials_from_key(service_account(gcs))
    first.token = "granted"
    second = credentials_from_key(service_account(gcs))
    assert second.token is None
    assert second.scopes == first.scopes == SCOPES


def test_connect_raises_without_any_login(monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(LoginMissing):
        GcsStore(GcsSettings(bucket="some-bucket")).connect()


def test_machine_login_is_used_without_key(monkeypatch, tmp_path, gcs):
    (tmp_path / "key.json").write_text(json.dumps(service_account(gcs)))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    with GcsStore(GcsSettings(bucket="some-bucket")) as made:
        assert made.signed_url("x", 60).startswith("https://storage.googleapis.com/some-bucket/x?")


def test_emulator_address_is_read_from_environment(monkeypatch, gcs):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.url)
    with GcsStore(GcsSettings(bucket=gcs.bucket)) as made:
        made.check_access()
    assert gcs.faults.seen


def test_connect_raises_for_impossible_bucket_name(gcs):
    with pytest.raises(BucketMissing) as raised:
        store(gcs, bucket="-nonsense-").connect()
    assert raised.value.placeholders == {"bucket": "-nonsense-"}


def test_resume_point_round_trips_and_rejects_other_text():
    point = ResumePoint(name="n", bytes=5, md5="m", session="https://x/?upload_id=1")
    assert ResumePoint.load(point.dump()) == point
    for text in (None, "", "{}", "[]", "nonsense", '{"name": 1}', "3"):
        assert ResumePoint.load(text) is None
