"""Names and metadata of clips' objects, and clips made from them."""

from dataclasses import replace
import json
import string

from gcs_fixtures import clip, stored
from hypothesis import given, strategies as st
import pytest
import ulid_transform

from custom_components.homesec.engine.cloud.object_names import (
    CLIP_ENTRY,
    STILL,
    clip_from_object,
    clip_id_from_name,
    object_metadata,
    object_name,
)
from custom_components.homesec.engine.core.clip_id import new_clip_id
from custom_components.homesec.engine.core.clip_metadata import TEXT_LIMIT
from custom_components.homesec.engine.core.types import Clip, CloudState, Trigger

TEXTS = st.text(max_size=TEXT_LIMIT)
ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


def clip_id(event_at, chance):
    """Return a ULID whose random part is drawn by Hypothesis."""
    return ulid_transform.bytes_to_ulid(int(event_at * 1000).to_bytes(6) + chance.to_bytes(10))


def in_cloud(made):
    return replace(made, local=False, cloud=CloudState.STORED, cloud_bytes=made.bytes)


@st.composite
def clips(draw):
    event_at = draw(st.floats(0, 200_000_000_000))
    number = st.floats(0, 2**30)
    count = st.integers(0, 2**30)
    return clip(
        event_at=event_at,
        id=clip_id(event_at, draw(st.integers(0, 2**80 - 1))),
        camera_id=draw(st.text(min_size=1, max_size=TEXT_LIMIT)),
        camera_name=draw(TEXTS),
        trigger=draw(st.sampled_from(Trigger)),
        started_at=draw(st.floats(0, 200_000_000_000)),
        duration_s=draw(number),
        label=draw(st.none() | TEXTS),
        score=draw(st.none() | st.floats(0, 1)),
        bytes=draw(count),
        width=draw(count),
        height=draw(count),
        video_codec=draw(TEXTS),
        audio_codec=draw(st.none() | TEXTS),
    )


@given(clips(), st.sampled_from(["", "house", "a/b"]))
def test_clip_round_trips_through_object(made, prefix):
    obj = stored(object_name(made, prefix=prefix), object_metadata(made), made.bytes)
    assert clip_from_object(obj) == in_cloud(made)


@given(clips())
def test_object_name_is_valid_in_storage(made):
    name = object_name(made)
    parts = name.split("/")
    assert len(parts) == 5
    assert not {"", ".", ".."} & set(parts)
    assert set(name) <= set(string.ascii_letters + string.digits + "%-._~/")
    assert clip_id_from_name(name) == made.id


@given(clips())
def test_metadata_fits_storage_limit(made):
    (metadata,) = object_metadata(made).values()
    assert metadata.isascii()
    assert len(metadata) < 8 * 1024


def test_object_name_contains_camera_day_and_clip():
    made = clip(event_at=1_800_000_000.25)
    assert object_name(made, prefix="house") == f"house/01cam/2027/01/15/{made.id}.mp4"
    assert object_name(made, suffix=STILL) == f"01cam/2027/01/15/{made.id}.jpg"


def test_clip_from_object_has_no_local_copy():
    made = clip(path="x/y.mp4", still_path="x/y.jpg", error="disk_full")
    back = clip_from_object(stored(object_name(made), object_metadata(made), 99))
    assert back == in_cloud(replace(made, path="", still_path=None, error=None, bytes=99))


def test_long_camera_name_is_truncated():
    made = clip(camera_name="x" * 999)
    back = clip_from_object(stored(object_name(made), object_metadata(made)))
    assert back.camera_name == "x" * TEXT_LIMIT


@given(st.text())
def test_metadata_of_any_text_is_no_clip(text):
    assert clip_from_object(stored(object_name(clip()), {CLIP_ENTRY: text})) is None


@given(st.recursive(ATOMS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_metadata_of_any_json_is_no_clip(value):
    assert clip_from_object(stored(object_name(clip()), {CLIP_ENTRY: json.dumps(value)})) is None


@given(st.data())
def test_metadata_with_any_value_gives_valid_clip_or_none(data):
    metadata = json.loads(object_metadata(clip())[CLIP_ENTRY])
    metadata[data.draw(st.sampled_from(sorted(metadata)))] = data.draw(ATOMS | st.lists(ATOMS))
    back = clip_from_object(stored(object_name(clip()), {CLIP_ENTRY: json.dumps(metadata)}))
    if back is not None:
        assert isinstance(back, Clip)
        assert clip_from_object(stored(object_name(back), object_metadata(back), 1234)) == back


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("id", "01"),
        pytest.param("id", new_clip_id(5.0), id="id of another moment"),
        ("camera_id", ""),
        ("camera_id", "other"),
        ("camera_name", "x" * (TEXT_LIMIT + 1)),
        ("camera_name", "\ud800"),
        ("trigger", "nonsense"),
        ("started_at", -1),
        ("started_at", 1e15),
        ("started_at", float("inf")),
        ("event_at", float("nan")),
        ("event_at", True),
        ("event_at", 10**400),
        ("event_at", 0),
        ("duration_s", "5"),
        ("width", 1.5),
        ("score", []),
        ("label", 5),
        ("video_codec", None),
    ],
)
def test_metadata_with_impossible_value_is_no_clip(entry, value):
    metadata = json.loads(object_metadata(clip())[CLIP_ENTRY]) | {entry: value}
    assert clip_from_object(stored(object_name(clip()), {CLIP_ENTRY: json.dumps(metadata)})) is None


def test_deeply_nested_metadata_is_no_clip():
    deep = "[" * 100_000 + "]" * 100_000
    assert clip_from_object(stored(object_name(clip()), {CLIP_ENTRY: deep})) is None


@pytest.mark.parametrize(
    "missing", sorted(json.loads(object_metadata(clip())[CLIP_ENTRY]).keys() - {"v"})
)
def test_metadata_with_missing_value_is_no_clip(missing):
    metadata = json.loads(object_metadata(clip())[CLIP_ENTRY])
    del metadata[missing]
    assert clip_from_object(stored(object_name(clip()), {CLIP_ENTRY: json.dumps(metadata)})) is None


@pytest.mark.parametrize("name", ["x.mp4", "01cam/2027/01/15/x.mp4", "", "a/b"])
def test_metadata_on_other_object_is_no_clip(name):
    assert clip_from_object(stored(name, object_metadata(clip()))) is None


def test_still_object_is_no_clip():
    made = clip()
    assert clip_from_object(stored(object_name(made, suffix=STILL), object_metadata(made))) is None


@given(st.text())
def test_other_name_has_no_clip_id(name):
    assert clip_id_from_name(name) is None
    assert clip_id_from_name(f"{name}.mp4") is None
