"""A bucket on the loopback and clips to put there."""

from contextlib import suppress
from dataclasses import replace
from functools import cache
from threading import Event

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from custom_components.homesec.engine.catalog import new_clip_id
from custom_components.homesec.engine.models import Clip, ClipState, Trigger
from custom_components.homesec.engine.storage.base import FileContent, StoredObject, Upload
from custom_components.homesec.engine.storage.gcs import GcsSettings, GcsStore

KIB = 2**10
MIB = 2**20
CHUNK = 256 * KIB
NEVER = Event()
CANARY = "tweety-7f3a"


def store(gcs, *, key=None, prefix="house", limit=None, bucket=None, **options):
    settings = GcsSettings(
        bucket=bucket or gcs.bucket, prefix=prefix, key=key, upload_bytes_per_s=limit
    )
    return GcsStore(settings, endpoint=gcs.url, **{"chunk_bytes": CHUNK, **options})


def content(path, size, seed=1):
    """Write bytes that differ everywhere, so that a shift is noticed."""
    path.write_bytes(b"".join((i * seed).to_bytes(8) for i in range(size // 8 + 1))[:size])
    return FileContent(path=path)


def upload(path, size=0, *, name="house/cam/clip.mp4", seed=1, metadata=None):
    made = content(path, size, seed) if size or not path.exists() else FileContent(path=path)
    return Upload(
        name=name, content=made, content_type="video/mp4", metadata=metadata or {"a": "b"}
    )


def clip(**facts):
    event_at = facts.pop("event_at", 1_800_000_000.25)
    made = Clip(
        id=facts.pop("id", None) or new_clip_id(event_at),
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
    return replace(made, **facts)


def stored(name, metadata, size=1234):
    return StoredObject(name=name, bytes=size, generation=1, metadata=metadata)


@cache
def _pem():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def service_account(gcs):
    """Return a key whose login is asked of our own server."""
    return {
        "type": "service_account",
        "project_id": "project",
        "private_key_id": CANARY,
        "private_key": _pem(),
        "client_email": "homesec@project.iam.gserviceaccount.com",
        "token_uri": f"{gcs.url}/token",
    }


def pem_lines():
    """Return what of a private key is secret."""
    return [line for line in _pem().splitlines() if not line.startswith("-")]


def cut_short(act):
    """Do something that may be stopped or refused."""
    with suppress(Exception):
        act()
