"""Stores on a bucket on the loopback, and what to upload there."""

import base64
from contextlib import suppress
from dataclasses import replace
import hashlib
from threading import Event

from google_key import CANARY, pem_lines, service_account  # noqa: F401 - for those who use both

from custom_components.homesec.engine.cloud.encrypted_store import EncryptedStore
from custom_components.homesec.engine.cloud.encryption_settings import EncryptionSettings
from custom_components.homesec.engine.cloud.gcs import GcsSettings, GcsStore
from custom_components.homesec.engine.cloud.object_store import (
    FileContent,
    Rights,
    StoredObject,
    Upload,
)
from custom_components.homesec.engine.core.clip_id import new_clip_id
from custom_components.homesec.engine.core.types import Clip, ClipState, Trigger

KIB = 2**10
MIB = 2**20
CHUNK = 256 * KIB
NEVER = Event()
SEED = base64.b64encode(bytes(range(32, 64))).decode()


def store(
    gcs, *, key=None, prefix="house", limit=None, bucket=None, project=None, rights=None, **options
):
    settings = GcsSettings(
        bucket=bucket or gcs.bucket,
        prefix=prefix,
        key=key,
        upload_bytes_per_s=limit,
        billed_project=project,
        rights=rights or Rights(),
    )
    return GcsStore(settings, endpoint=gcs.url, **{"chunk_bytes": CHUNK, **options})


def content(path, size, seed=1):
    """Write bytes without a period, so that a shift is detected."""
    path.write_bytes(hashlib.shake_128(seed.to_bytes(8)).digest(size))
    return FileContent(path=path)


def upload(path, size=0, *, name="house/cam/clip.mp4", seed=1, metadata=None):
    made = content(path, size, seed) if size or not path.exists() else FileContent(path=path)
    return Upload(
        name=name, content=made, content_type="video/mp4", metadata=metadata or {"a": "b"}
    )


def clip(**resource):
    event_at = resource.pop("event_at", 1_800_000_000.25)
    made = Clip(
        id=resource.pop("id", None) or new_clip_id(event_at),
        camera_id="01cam",
        camera_name="Front door",
        state=ClipState.SAVED,
        trigger=Trigger.PRESENCE,
        started_at=event_at - 4,
        event_at=event_at,
        duration_s=21.5,
        label="person",
        score=0.83,
        bytes=1234,
        width=1920,
        height=1080,
        video_codec="h264",
        audio_codec="aac",
    )
    return replace(made, **resource)


def stored(name, metadata, size=1234):
    return StoredObject(name=name, bytes=size, generation=1, metadata=metadata)


def encrypted_store(inner, encrypt_with=None, **settings):
    """Return a store that encrypts with a key of either format."""
    if (encrypt_with or "").startswith("age"):
        settings.setdefault("seed", SEED)
    return EncryptedStore(inner, EncryptionSettings(encrypt_with=encrypt_with, **settings))


def cut_short(act):
    """Call something that may raise."""
    with suppress(Exception):
        act()


def put_bytes(gcs):
    """Return how many bytes of content were sent, repeated ones included."""
    return sum(size for method, path, size in gcs.faults.seen if method == "PUT")
