"""What a worker may change and say: only what recordings and cameras of its own can."""

from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
import sqlite3
from threading import Event

from hypothesis import given, strategies as st
from library_rig import NOON, clip_row
import pytest

from custom_components.homesec.engine.core.clip_id import new_clip_id
from custom_components.homesec.engine.core.errors import (
    EntityUnavailable,
    HomeSecError,
    RowRefused,
    WorkerError,
)
from custom_components.homesec.engine.core.events import (
    ClipSaved,
    ClipUploaded,
    DamagedFile,
    DetectionEnded,
    DetectionStarted,
    DetectorChanged,
    FilesSetAside,
    HealthChanged,
    SnapshotTaken,
    ZoneChanged,
)
from custom_components.homesec.engine.core.types import (
    Box,
    CameraConfig,
    CameraHealth,
    ClipState,
    CloudState,
    Presence,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.model_zoo.store import ModelStore
from custom_components.homesec.engine.worker.checks import check_clip, check_event
from custom_components.homesec.engine.worker.parent import EngineParent

JPEG = b"\xff\xd8\xff" + bytes(10)
ENTITY = "camera.garden"


def config(camera_id="door", location=""):
    source = SourceConfig(kind=SourceKind.ENTITY, location=location)
    return CameraConfig(id=camera_id, name="Front door", source=source)


def presence(camera_id="door", **values):
    values = {
        "label": "person",
        "score": 0.9,
        "track_id": 1,
        "box": Box(0.1, 0.1, 0.2, 0.3),
    } | values
    return Presence(camera_id=camera_id, first_seen_at=NOON, last_seen_at=NOON + 1, **values)


class Feed:
    def stream_url(self):
        return "rtsp://ann:secret@10.0.0.9/"

    def snapshot(self):
        return JPEG


class ParentRig:
    """A parent with a real catalog, and what it passes on."""

    def __init__(self, folder):
        self.catalog = Catalog(folder / "clips.db", upload=True)
        self.events, self.exits = [], []
        self.parent = EngineParent(
            rows=lambda: self.catalog,
            get_clip=self.catalog.get,
            models=ModelStore(folder=folder),
            on_event=self.events.append,
            on_exit=self.exits.append,
            stop=Event(),
        )
        self.parent.add_camera(config(), None)


@pytest.fixture
def rig(tmp_path):
    made = ParentRig(tmp_path)
    yield made
    made.catalog.close()


def recorded(**values):
    """Return a clip as a recording makes it."""
    return clip_row(state=ClipState.RECORDING, still_path=None, **values)


def hostile(clip):
    """Return clips that no recording of the camera makes."""
    day = clip.path.split("/")[1]
    return [
        replace(clip, path=f"../{clip.path}"),
        replace(clip, path=f"/etc/{day}/{clip.id}.mp4"),
        replace(clip, path=f"door/../door/{clip.id}.mp4"),
        replace(clip, path=f"door/{day}/x/{clip.id}.mp4"),
        replace(clip, path=f"door/{day}/{clip.id}.MP4"),
        replace(clip, path=f"door/{day}/{new_clip_id(NOON)}.mp4"),
        replace(clip, path=f"door/..{day}/{clip.id}.mp4"),
        replace(clip, path=f"garden/{day}/{clip.id}.mp4"),
        replace(clip, path=f"door/{day}/{clip.id}.mp4\0"),
        replace(clip, still_path="../../secrets.yaml"),
        replace(clip, still_path=f"door/{day}/{new_clip_id(NOON)}.jpg"),
        replace(clip, camera_id="garden", path=clip.path.replace("door", "garden")),
        replace(clip, camera_id="", path=clip.path.removeprefix("door")),
        replace(clip, id="x", path=f"door/{day}/x.mp4"),
        replace(clip, id="../x", path=f"door/{day}/../x.mp4"),
        replace(clip, state=ClipState.REMOVING),
        replace(clip, state=ClipState.MISSING),
        replace(clip, event_at=float("nan")),
        replace(clip, started_at=float("inf")),
        replace(clip, event_at=-1.0),
        replace(clip, event_at=1e300),
        replace(clip, bytes=-1),
        replace(clip, bytes=2**60),
        replace(clip, duration_s=-1.0),
        replace(clip, label="x" * 10_000),
        replace(clip, label="\ud800"),
        replace(clip, camera_name="a\0b"),
        replace(clip, zones=("x",) * 5000),
        replace(clip, video_codec="x" * 10_000),
    ]


def not_new(clip):
    """Return clips whose rows only other parts of the engine write."""
    return [
        replace(clip, protected=True),
        replace(clip, local=False),
        replace(clip, cloud=CloudState.STORED),
        replace(clip, cloud_bytes=5),
    ]


CLIP = recorded()


def test_clip_of_recording_is_stored(rig):
    rig.parent.put(CLIP)
    assert rig.catalog.get(CLIP.id) == CLIP
    row = rig.parent.save(replace(CLIP, state=ClipState.SAVED, bytes=10), b"tracks")
    assert (row.state, row.cloud) == (ClipState.SAVED, CloudState.WAITING)
    rig.parent.save_track_log(CLIP.id, ("Drive",), b"more")
    assert rig.catalog.get(CLIP.id).zones == ("Drive",)


@pytest.mark.parametrize("clip", [*hostile(CLIP), *not_new(CLIP)], ids=range(33))
def test_clip_of_no_recording_is_refused(rig, clip):
    for store in (rig.parent.put, rig.parent.save):
        with pytest.raises(RowRefused):
            store(clip)
    assert rig.catalog.get(clip.id) is None
    assert rig.catalog.get(CLIP.id) is None


def test_clip_of_another_camera_is_not_overwritten(rig):
    known = clip_row(camera_id="garden")
    rig.catalog.put(known)
    day = known.path.split("/")[1]
    stolen = replace(
        recorded(), id=known.id, path=f"door/{day}/{known.id}.mp4", state=ClipState.SAVED
    )
    with pytest.raises(RowRefused):
        rig.parent.save(stolen)
    with pytest.raises(RowRefused):
        rig.parent.save_track_log(known.id, (), b"")
    with pytest.raises(RowRefused):
        rig.parent.save_track_log(new_clip_id(NOON), (), b"")
    assert rig.catalog.get(known.id) == known


def test_catalog_error_is_refusal(rig, monkeypatch):
    def fail(*_):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(rig.catalog, "put", fail)
    with pytest.raises(RowRefused, match="disk I/O error"):
        rig.parent.put(CLIP)


EVENTS = [
    HealthChanged(camera_id="door", health=CameraHealth.RUNNING),
    DetectionStarted(presence=presence(), clip_id=None),
    ZoneChanged(camera_id="door", zone="Drive", label="person", occupied=True, at=NOON),
    SnapshotTaken(camera_id="door", at=NOON, jpeg=JPEG),
    ClipSaved(clip=clip_row()),
    DetectorChanged(ready=False, detector="ncnn", model="m", placeholders={"reason": "why"}),
    FilesSetAside(files=(DamagedFile(name="door/x", reason="cut", moved=True),)),
]
REFUSED = [
    HealthChanged(camera_id="garden", health=CameraHealth.RUNNING),
    HealthChanged(camera_id="door", health=CameraHealth.LOST, error="x" * 10_000),
    DetectionStarted(presence=presence("garden"), clip_id=None),
    DetectionStarted(presence=presence(score=float("nan")), clip_id=None),
    DetectionStarted(presence=presence(box=Box(float("inf"), 0, 1, 1)), clip_id=None),
    DetectionStarted(presence=presence(label="\ud800"), clip_id=None),
    SnapshotTaken(camera_id="door", at=NOON, jpeg=b"<svg>"),
    SnapshotTaken(camera_id="door", at=NOON, jpeg=JPEG + bytes(9 * 2**20)),
    DetectorChanged(ready=False, detector="ncnn", model="m", placeholders={"x": "y" * 10_000}),
    ClipUploaded(clip=clip_row()),
    *(ClipSaved(clip=clip) for clip in hostile(clip_row(state=ClipState.SAVED))),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_event_of_camera_is_passed_on(rig, event):
    rig.parent.handle_event(event)
    assert rig.events == [event]


@pytest.mark.parametrize("event", REFUSED, ids=range(len(REFUSED)))
def test_impossible_event_is_dropped_and_logged_once(rig, event, caplog):
    for _ in range(3):
        rig.parent.handle_event(event)
    assert rig.events == []
    assert caplog.text.count("was refused") == 1


texts = st.text(st.characters(codec=None), max_size=60)
numbers = st.floats() | st.integers()
paths = st.lists(st.sampled_from(["..", ".", "door", "2027-01-15", CLIP.id + ".mp4", "", "x"])).map(
    "/".join
)


@given(
    st.fixed_dictionaries({"path": paths | texts, "camera_id": st.sampled_from(["door", "..", ""])})
)
def test_accepted_path_is_below_its_cameras_folder(values):
    try:
        check_clip(replace(CLIP, **values), {"door"})
    except WorkerError:
        return
    path = Path(values["path"])
    assert path.parts[0] == values["camera_id"] == "door"
    assert len(path.parts) == 3
    assert ".." not in path.parts


@given(st.data())
def test_any_clip_passes_or_raises_worker_error(data):
    kinds = {float: numbers, str: texts, int: st.integers(), bool: st.booleans()}
    values = {}
    for field in fields(CLIP):
        if field.type in kinds and data.draw(st.booleans()):
            values[field.name] = data.draw(kinds[field.type])
    with suppress(WorkerError):
        check_event(ClipSaved(clip=replace(CLIP, **values)), {"door"})


def test_feeds_are_only_those_of_cameras_and_probes(rig):
    rig.parent.add_camera(config("yard", "camera.yard"), Feed())
    assert rig.parent.snapshot("camera.yard") == JPEG
    with pytest.raises(EntityUnavailable):
        rig.parent.stream_url(ENTITY)
    with rig.parent.lend_feed(ENTITY, Feed()):
        assert rig.parent.stream_url(ENTITY).startswith("rtsp://")
    with pytest.raises(EntityUnavailable):
        rig.parent.snapshot(ENTITY)
    with rig.parent.lend_feed("camera.yard", Feed()):
        pass
    assert rig.parent.snapshot("camera.yard") == JPEG


def test_exit_ends_presences_and_zones_of_its_cameras_only(rig):
    rig.parent.add_camera(config("yard"), None)
    for camera_id in ("door", "yard"):
        for event in (
            HealthChanged(camera_id=camera_id, health=CameraHealth.RUNNING),
            ZoneChanged(camera_id=camera_id, zone="Drive", label="person", occupied=True, at=NOON),
            DetectionStarted(presence=presence(camera_id), clip_id=None),
            DetectionStarted(presence=presence(camera_id, label="cat"), clip_id=None),
            DetectionEnded(presence=presence(camera_id, label="cat"), clip_id=None),
        ):
            rig.parent.handle_event(event)
    before = len(rig.events)
    rig.parent.handle_exit(frozenset({"door"}))
    assert rig.events[before:] == [
        ZoneChanged(camera_id="door", zone="Drive", label="person", occupied=False, at=NOON),
        DetectionEnded(presence=presence(), clip_id=None),
        HealthChanged(camera_id="door", health=CameraHealth.LOST, error=HomeSecError.key),
    ]
    assert rig.exits == [frozenset({"door"})]
    rig.parent.handle_exit(frozenset({"door"}))
    assert len(rig.events) == before + 4  # it's lost again, and nothing else


def test_exit_says_nothing_about_camera_that_is_off(rig):
    rig.parent.handle_event(HealthChanged(camera_id="door", health=CameraHealth.OFF))
    rig.parent.handle_exit(frozenset({"door"}))
    assert len(rig.events) == 1
