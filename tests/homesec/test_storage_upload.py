"""Recorded clips are uploaded, with events and sensors about it."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

from google_key import service_account
from homeassistant.helpers import entity_registry as er
from homesec_fixtures import CAMERA_ID, arm, call, entity_id, pictures, set_up, state, until
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from storage_fixtures import add_storage, patch_storage, storage, submit

from custom_components.homesec import const
from custom_components.homesec.cloud.store import cloud_store
from custom_components.homesec.engine.cloud import gcs_client
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.cloud.errors import KeyInvalid, StorageError
from custom_components.homesec.engine.cloud.gcs_client import GcsClient
from custom_components.homesec.engine.cloud.object_store import FileContent, Upload
from custom_components.homesec.engine.cloud.old_format import OldHeader
from custom_components.homesec.engine.cloud.transfer import download

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_gcs import FakeGcs
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

pytestmark = pytest.mark.long

NEVER = Event()


@pytest.fixture(autouse=True)
def google(gcs: FakeGcs) -> Iterator[None]:
    with patch_storage(gcs):
        yield


async def record(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Record two seconds; return the event about the saved clip."""
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    await arm(hass, entry)
    await pictures(hass, entry)
    await call(hass, "homesec", "record", entity_id(hass, "camera", "camera"), duration=2)
    await until(hass, lambda: saved)
    return dict(saved[0].data)


async def test_recorded_clip_is_uploaded(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, config_dir: Path
) -> None:
    uploaded = async_capture_events(hass, const.EVENT_CLIP_UPLOADED)
    add_storage(entry, storage(gcs, key=service_account(gcs)))
    await set_up(hass, entry)
    assert state(hass, "sensor", "uploads_waiting", entry.entry_id) == "0"
    clip = await record(hass, entry)
    await until(hass, lambda: uploaded)
    assert uploaded[0].data == {
        "camera_id": CAMERA_ID,
        "camera": "Front door",
        "device_id": ANY,
        "clip_id": clip["clip_id"],
        "trigger": "manual",
        "label": None,
        "score": None,
        "started": clip["started"],
        "event": clip["event"],
        "media_content_id": clip["media_content_id"],
    }
    activity = hass.states.get(entity_id(hass, "event", "activity"))
    assert activity.attributes["event_type"] == "clip_uploaded"
    name = next(n for n in gcs.objects() if n.endswith(f"{clip['clip_id']}.mp4"))
    assert name.startswith(f"homesec/{CAMERA_ID}/")
    assert gcs.content(name) == (config_dir / "media" / "homesec" / clip["path"]).read_bytes()
    await until(hass, lambda: state(hass, "sensor", "uploads_waiting", entry.entry_id) == "0")
    assert float(state(hass, "sensor", "cloud_used", entry.entry_id)) > 0
    assert state(hass, "sensor", "uploads_age", entry.entry_id) == "0.0"


async def test_clip_is_encrypted_with_key(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, config_dir: Path
) -> None:
    uploaded = async_capture_events(hass, const.EVENT_CLIP_UPLOADED)
    add_storage(entry, storage(gcs, seal_key=EncryptionKey.generate().text))
    await set_up(hass, entry)
    clip = await record(hass, entry)
    await until(hass, lambda: uploaded)
    name = next(n for n in gcs.objects() if n.endswith(".mp4"))
    assert OldHeader.load(gcs.content(name)) is not None
    film = b"".join(
        await hass.async_add_executor_job(list, entry.runtime_data.storage.cloud.read(name))
    )
    assert film == (config_dir / "media" / "homesec" / clip["path"]).read_bytes()


@pytest.mark.parametrize("other_key", [False, True])
async def test_refused_clip_is_uploaded_after_login(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    issue_registry: Any,
    other_key: bool,
) -> None:
    uploaded = async_capture_events(hass, const.EVENT_CLIP_UPLOADED)
    key = service_account(gcs)
    add_storage(entry, storage(gcs, key={**key, "project_id": "old"} if other_key else key))
    gcs.front.denied = {"storage.objects.create"}
    await set_up(hass, entry)
    clip = await record(hass, entry)
    await until(hass, lambda: issue_registry.async_get_issue("homesec", "storage"))
    issue = issue_registry.async_get_issue("homesec", "storage")
    assert issue.translation_key == "storage_denied"
    gcs.front.denied = set()
    flow = dict(await entry.start_reauth_flow(hass))
    done = await submit(hass, flow, {"login": "key", "key": json.dumps(key)})
    assert done["reason"] == "reauth_successful"
    await until(hass, lambda: uploaded)
    assert uploaded[0].data["clip_id"] == clip["clip_id"]
    await until(hass, lambda: not issue_registry.async_get_issue("homesec", "storage"))
    assert len(gcs.objects()) == 2


async def test_earlier_clips_are_uploaded(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    await record(hass, entry)
    assert gcs.objects() == {}
    uploaded = async_capture_events(hass, const.EVENT_CLIP_UPLOADED)
    data = {**entry.data, "storage": storage(gcs)}
    hass.config_entries.async_update_entry(entry, data=data)
    await hass.async_block_till_done(wait_background_tasks=True)
    await until(hass, lambda: uploaded)
    assert len(gcs.objects()) == 2


async def test_earlier_clips_are_not_uploaded_unless_chosen(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    await record(hass, entry)
    data = {**entry.data, "storage": storage(gcs, upload_rest=False)}
    hass.config_entries.async_update_entry(entry, data=data)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.host.engine.library.uploads.backlog.jobs == 0
    assert gcs.objects() == {}


async def test_sensors_of_turned_off_cloud_are_removed(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    found = entity_id(hass, "sensor", "uploads_waiting", entry.entry_id)
    hass.config_entries.async_update_entry(entry, data={"detector": "ncnn"})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert er.async_get(hass).async_get(found) is None
    assert hass.states.get(found) is None


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"key": {"type": "nonsense"}}, KeyInvalid.key),
        ({"bucket": 5}, StorageError.key),
        ({"seal_key": "nonsense"}, StorageError.key),
    ],
)
async def test_unusable_cloud_does_not_prevent_recording(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    issue_registry: Any,
    wrong: dict[str, Any],
    error: str,
) -> None:
    add_storage(entry, storage(gcs, **wrong))
    await set_up(hass, entry)
    assert entry.runtime_data.host.ready
    assert issue_registry.async_get_issue("homesec", "storage").translation_key == error
    await record(hass, entry)
    assert issue_registry.async_get_issue("homesec", "storage").translation_key == error
    # The upload waits until the cloud can be used.
    await until(hass, lambda: state(hass, "sensor", "uploads_waiting", entry.entry_id) == "1")


async def test_store_logs_in_when_used_and_retries(
    gcs: FakeGcs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def log_in(*args: Any, **kwargs: Any) -> GcsClient:
        tries.append(1)
        if len(tries) == 1:
            raise ZeroDivisionError("a piece of the key")
        return GcsClient(*args, **kwargs)

    monkeypatch.setattr(gcs_client, "GcsClient", log_in)
    store = cloud_store({"storage": storage(gcs, prefix="homesec/")})
    assert store is not None
    store.close()
    assert store.prefix == "homesec"
    assert tries == []
    with pytest.raises(StorageError) as caught:
        store.check_access()
    assert "key" not in str(caught.value)
    store.check_access()
    (tmp_path / "a").write_bytes(b"film")
    sent = Upload(
        name="homesec/a", content=FileContent(path=tmp_path / "a"), content_type="video/mp4"
    )
    stored = store.upload(sent, stop=NEVER)
    assert store.find("homesec/a") == stored
    assert stored in list(store.list())
    assert b"".join(store.read("homesec/a")) == b"film"
    download(store, "homesec/a", tmp_path / "b", stop=NEVER)
    assert (tmp_path / "b").read_bytes() == b"film"
    assert store.signed_url("homesec/a", 60) is None
    assert store.delete("homesec/a")
    assert len(tries) == 2
    store.close()


def test_cloud_store_is_none_without_storage() -> None:
    assert cloud_store({"detector": "auto"}) is None
