"""What HomeSec encrypts is decrypted by age and by rage (`pyrage`), and the other way round."""

import base64
import hashlib
import platform
import subprocess

import pytest

if platform.libc_ver()[0] != "glibc":
    pytest.skip("pyrage has no wheel for musl", allow_module_level=True)

from gcs_fixtures import NEVER, clip, encrypted_store, service_account, store
import pyrage

from custom_components.homesec.engine.cloud import age
from custom_components.homesec.engine.cloud.age_keys import PrivateKey
from custom_components.homesec.engine.cloud.chunks import CHUNK_BYTES
from custom_components.homesec.engine.cloud.key_ring import KeyRing
from custom_components.homesec.engine.cloud.object_names import (
    CLIP_ENTRY,
    object_metadata,
    object_name,
)
from custom_components.homesec.engine.cloud.object_store import BytesContent, Upload

KEY = PrivateKey(bytes(range(32)))
RING = KeyRing((KEY,))
SIZES = (0, 1, 100, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 300_000)


def data(size):
    return hashlib.shake_128(b"film").digest(size)


def homesec_encrypt(plain):
    made = age.AgeContent(
        BytesContent(data=plain), public_key=KEY.public, seed=bytes(32), name="01J.mp4"
    )
    return made.open().read()


class Age:
    """Debian's `age`."""

    def __init__(self, folder):
        self.identity = folder / "key.txt"
        self.identity.write_text(KEY.text)

    def run(self, *arguments, content):
        return subprocess.run(
            ["age", *arguments], input=content, check=True, capture_output=True
        ).stdout

    def encrypt(self, plain):
        return self.run("--encrypt", "--recipient", KEY.public.text, content=plain)

    def decrypt(self, raw):
        return self.run("--decrypt", "--identity", self.identity, content=raw)


class Rage:
    """`pyrage`."""

    identity = pyrage.x25519.Identity.from_str(KEY.text)

    def __init__(self, _folder):
        pass

    def encrypt(self, plain):
        return pyrage.encrypt(plain, [self.identity.to_public()])

    def decrypt(self, raw):
        return pyrage.decrypt(raw, [self.identity])


@pytest.fixture(params=[Age, Rage])
def program(request, tmp_path):
    return request.param(tmp_path)


@pytest.mark.parametrize("size", SIZES)
def test_other_program_decrypts_what_homesec_encrypted(program, size):
    assert program.decrypt(homesec_encrypt(data(size))) == data(size)


@pytest.mark.parametrize("size", SIZES)
def test_homesec_decrypts_what_other_program_encrypted(program, size):
    assert age.decrypt(program.encrypt(data(size)), RING) == data(size)


def test_public_key_of_written_private_key_is_the_same(tmp_path):
    assert str(Rage.identity.to_public()) == KEY.public.text
    identity = Age(tmp_path).identity
    shown = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True)
    assert shown.stdout.decode().strip() == KEY.public.text


def test_homesec_accepts_keys_of_age_keygen():
    made = subprocess.run(["age-keygen"], check=True, capture_output=True).stdout.decode()
    comment, text = made.splitlines()[-2:]
    assert PrivateKey.from_text(text).public.text == comment.rpartition(" ")[2]


def test_object_and_metadata_in_bucket_are_decrypted_by_other_program(gcs, program):
    made = clip(camera_name="Bedroom")
    name = object_name(made, prefix="house")
    sent = Upload(
        name=name,
        content=BytesContent(data=data(200_000)),
        content_type="video/mp4",
        metadata=object_metadata(made),
    )
    with store(gcs, key=service_account(gcs)) as bucket:
        encrypted_store(bucket, KEY.public.text).upload(sent, stop=NEVER)
    assert program.decrypt(gcs.content(name)) == data(200_000)
    entry = gcs.objects()[name]["metadata"][age.METADATA_ENTRY]
    assert CLIP_ENTRY.encode() in program.decrypt(base64.b64decode(entry))


def test_object_that_other_program_encrypted_again_has_its_size(gcs, program):
    """Its header lacks the name, so it is refused, but its size is right."""
    raw = program.encrypt(data(200_000))
    metadata = {"homesec-sealed-by": KEY.public.id, "homesec-age": ""}
    gcs.put("house/cam/a.mp4", raw, metadata)
    with store(gcs, key=service_account(gcs)) as bucket:
        made = encrypted_store(bucket, KEY.public.text)
        assert made.find("house/cam/a.mp4").bytes == 200_000
