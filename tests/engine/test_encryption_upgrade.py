"""A catalog and a bucket with objects in the format before age, as an earlier version left them."""

import base64
from contextlib import contextmanager
import json
from pathlib import Path
import random
import sqlite3
import time

from fake_gcs import Session
from gcs_fixtures import NEVER, encrypted_store, store
from library_rig import NOON, clip_row
import pytest

from custom_components.homesec.engine.cloud.age_keys import PrivateKey
from custom_components.homesec.engine.cloud.errors import UnencryptedObject
from custom_components.homesec.engine.cloud.object_names import object_name
from custom_components.homesec.engine.cloud.object_store import BytesContent, Upload
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.core.events import ObjectRefused
from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.db.schema import SCHEMA_VERSION
from custom_components.homesec.engine.library.library import ClipLibrary
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools

SAVED = json.loads((Path(__file__).parent / "old_encryption.json").read_text())
CLIPS, SIZES, OLD_KEY = SAVED["clips"], SAVED["sizes"], SAVED["key"]
KEY = PrivateKey(bytes(range(32)))
TIMEOUT_S = 60


def film(which):
    return random.Random(CLIPS[which]).randbytes(SIZES[which])


@pytest.fixture
def folder(tmp_path, gcs):
    """Unpack what the earlier version left, into a folder and the bucket."""
    database = sqlite3.connect(tmp_path / "clips.db")
    database.executescript("\n".join(SAVED["sql"]).replace("http://127.0.0.1:35523", gcs.url))
    session = SAVED["session"]
    ((text,),) = database.execute("SELECT resume FROM jobs")
    resume = json.loads(text)
    resume["session"] = f"{gcs.url}/upload/{resume['session'].partition('/upload/')[2]}"
    database.execute("UPDATE jobs SET resume = ?", (json.dumps(resume),))
    database.execute(f"PRAGMA user_version = {SAVED['version']}")
    database.commit()
    database.close()
    gcs.front.sessions[session["id"]] = Session(
        gcs.bucket, session["resource"], session["total"], only_new=True
    )
    for name, saved in SAVED["objects"].items():
        gcs.put(name, base64.b64decode(saved["content"]), saved["metadata"])
    video = tmp_path / "clips" / "door" / "2027-01-15" / f"{CLIPS['half']}.mp4"
    video.parent.mkdir(parents=True)
    video.write_bytes(film("half"))
    video.with_suffix(".jpg").write_bytes(b"still of " + CLIPS["half"].encode())
    return tmp_path


@contextmanager
def started(folder, cloud, events=None):
    library = ClipLibrary(
        path=folder / "clips.db",
        clips_dir=folder / "clips",
        cloud=cloud,
        rules=None,
        on_event=(events if events is not None else []).append,
        clock=SystemClock(),
        rng=random.Random(1),
        tools=LocalMediaTools(),
    )
    library.start()
    try:
        yield library
    finally:
        library.close()


def until(condition):
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def idle(library):
    """Return whether no job waits."""
    return library.catalog.database.query("SELECT count(*) FROM jobs")[0][0] == 0


def played(library, which):
    clip = library.catalog.get(CLIPS[which])
    name = object_name(clip, prefix="house")
    return b"".join(library.cloud.read(name))


def test_upgraded_catalog_goes_on_with_the_old_key(folder, gcs):
    with store(gcs) as bucket, started(folder, encrypted_store(bucket, OLD_KEY)) as library:
        until(lambda: idle(library))
        assert library.catalog.database.query("PRAGMA user_version")[0][0] == SCHEMA_VERSION
        for which in CLIPS:
            assert played(library, which) == film(which)
            assert library.catalog.get(CLIPS[which]).cloud is CloudState.STORED
        # The upload that had begun was finished, not begun again.
        assert gcs.faults.count("POST", f"{CLIPS['half']}.mp4") == 0
        uri = library.cloud.bucket_uri
        keys = {which: library.catalog.object_key(uri, CLIPS[which]) for which in CLIPS}
        old_id = "4f8438d2c319c347"
        assert keys == {"plain": "", "encrypted": old_id, "half": old_id}


def test_upgraded_catalog_refuses_replaced_object(folder, gcs):
    events = []
    with store(gcs) as bucket, started(folder, encrypted_store(bucket, OLD_KEY), events) as library:
        until(lambda: idle(library))
        name = object_name(library.catalog.get(CLIPS["encrypted"]), prefix="house")
        gcs.put(name, b"a film of an empty yard")
        for _ in range(2):
            with pytest.raises(UnencryptedObject):
                played(library, "encrypted")
        assert [event for event in events if isinstance(event, ObjectRefused)] == [
            ObjectRefused(name=name)
        ]
        assert library.rebuild().refused == 1


def test_new_key_encrypts_new_clips_and_old_ones_still_play(folder, gcs):
    with store(gcs) as bucket, started(folder, encrypted_store(bucket, OLD_KEY)) as library:
        until(lambda: idle(library))
    with store(gcs) as bucket:
        cloud = encrypted_store(bucket, KEY.public.text, decrypt_with=(OLD_KEY,), since=NOON)
        with started(folder, cloud) as library:
            for which in CLIPS:
                assert played(library, which) == film(which)
            new = clip_row(NOON + 300)
            name = object_name(new, prefix="house")
            sent = Upload(name=name, content=BytesContent(data=b"new"), content_type="video/mp4")
            library.cloud.upload(sent, stop=NEVER)
            assert gcs.content(name).startswith(b"age-encryption.org/v1\n")


def test_rebuild_after_change_of_format_finds_clips_of_both(folder, gcs):
    with store(gcs) as bucket, started(folder, encrypted_store(bucket, OLD_KEY)) as library:
        until(lambda: idle(library))
    (folder / "clips.db").unlink()
    with store(gcs) as bucket:
        cloud = encrypted_store(bucket, KEY.public.text, decrypt_with=(OLD_KEY,))
        with started(folder, cloud) as library:
            assert library.rebuild().from_cloud == 2  # the third's file is here
            for which in ("plain", "encrypted"):
                assert played(library, which) == film(which)
