"""The whole engine with its real worker process: records, dies, and comes back."""

from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import urlsplit

import av
from camera_servers import closed_address
from engine_rig import EngineRig, file_camera, stream_camera
import pytest

from custom_components.homesec.engine.core.clip_id import new_clip_id
from custom_components.homesec.engine.core.errors import SourceError
from custom_components.homesec.engine.core.events import ClipSaved, ClipStarted
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraHealth,
    ClipState,
    DecodePolicy,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.model_zoo.manifest import BUNDLED_FOLDER, default_model
from custom_components.homesec.engine.model_zoo.store import ModelStore

pytestmark = pytest.mark.long

RUNNING, LOST = CameraHealth.RUNNING, CameraHealth.LOST
INTEGRATION = Path(__file__).parents[2] / "custom_components" / "homesec"


def children():
    """Return the ids of this process's workers."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            command = path.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"boot.py" in command:
            found.append(int(path.parent.name))
    return found


@pytest.fixture
def rigs(tmp_path):
    """Create engines on one folder, with worker processes."""
    made = []

    def create():
        made.append(EngineRig(tmp_path, create_cascade=None))
        return made[-1].__enter__()

    yield create
    for rig in made:
        rig.stop()
    assert children() == []


@pytest.fixture
def live(make_video):
    """Return a camera that never ends."""

    def create(camera_id="cam", **settings):
        return file_camera(
            make_video(seconds=6),
            id=camera_id,
            paced=True,
            loop=True,
            decode_policy=DecodePolicy.PROMPT,
            **settings,
        )

    return create


def playable_s(path):
    """Return the seconds of video in a file."""
    with av.open(str(path)) as container:
        return sum(float(p.duration * p.time_base) for p in container.demux(video=0) if p.size)


def test_camera_records_in_child(rigs, live):
    rig = rigs()
    rig.engine.set_camera(live(), Activity.DETECT)
    rig.wait_health(RUNNING)
    assert len(children()) == 1
    clip_id = rig.engine.start_recording("cam", 1.0)
    clip = rig.wait_for(ClipSaved).clip
    assert (clip.id, clip.state, clip.video_codec) == (clip_id, ClipState.SAVED, "h264")
    assert rig.engine.catalog.get(clip_id) == clip
    assert playable_s(rig.path(clip)) == pytest.approx(clip.duration_s, abs=0.2)
    assert (rig.clips_dir / clip.still_path).read_bytes().startswith(b"\xff\xd8\xff")
    assert rig.engine.jpeg("cam", width=160).startswith(b"\xff\xd8\xff")
    rig.wait(lambda: rig.engine.stats("cam").width and rig.engine.health("cam") is RUNNING)


def test_stop_finalizes_open_clip_in_child(rigs, live):
    rig = rigs()
    rig.engine.set_camera(live(), Activity.DETECT)
    rig.wait_health(RUNNING)
    clip_id = rig.engine.start_recording("cam")
    rig.wait_for(ClipStarted)
    rig.stop()
    again = rigs()
    assert again.engine.catalog.get(clip_id).state is ClipState.SAVED
    assert [clip.id for clip in rig.saved()] == [clip_id]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV])
def test_killed_child_loses_no_clip_and_camera_comes_back(rigs, live, how):
    rig = rigs()
    for camera_id in ("cam", "two"):
        rig.engine.set_camera(live(camera_id), Activity.DETECT)
        rig.wait_health(RUNNING, camera_id=camera_id)
    begun = {camera_id: rig.engine.start_recording(camera_id) for camera_id in ("cam", "two")}
    rig.wait_for(ClipStarted, count=2)
    time.sleep(1.5)
    (pid,) = children()
    os.kill(pid, how)
    for camera_id, clip_id in begun.items():
        rig.wait_health(LOST, camera_id=camera_id)
        rig.wait_health(RUNNING, camera_id=camera_id, count=2)
        clip = rig.wait_for(ClipSaved, camera_id=camera_id).clip
        assert clip.id == clip_id
        assert clip.duration_s > 1.0
        assert playable_s(rig.path(clip)) == pytest.approx(clip.duration_s, abs=0.3)
    assert rig.failed() == []
    # It still records.
    rig.engine.start_recording("cam", 0.5)
    rig.wait_for(ClipSaved, camera_id="cam", count=2)
    assert rig.engine.catalog.queries.in_state(ClipState.RECORDING) == []


def test_clip_that_nobody_finished_is_finalized_by_tools_at_start(rigs, live):
    rig = rigs()
    rig.engine.set_camera(live(), Activity.DETECT)
    rig.wait_health(RUNNING)
    clip_id = rig.engine.start_recording("cam")
    rig.wait_for(ClipStarted)
    time.sleep(1.0)
    clip = rig.engine.catalog.get(clip_id)
    part = rig.path(clip).with_name(f"{clip_id}.part.mp4").read_bytes()
    rig.stop()
    cut, garbage = (
        rig.path(clip).with_name(f"{new_clip_id(clip.event_at + n)}.part.mp4") for n in (1, 2)
    )
    cut.write_bytes(part)
    garbage.write_bytes(os.urandom(200_000))
    again = rigs()
    (saved,) = again.saved()
    assert cut.name == f"{saved.id}.part.mp4"
    assert playable_s(again.path(saved)) > 0
    assert garbage.with_name(f"{garbage.name}.damaged").exists()
    again.engine.set_camera(live(), Activity.DETECT)
    again.wait_health(RUNNING)


def test_probe_runs_in_child(rigs, make_video, tmp_path):
    rig = rigs()
    source = SourceConfig(kind=SourceKind.FILE, location=str(make_video()))
    found = rig.engine.probe(source)
    assert (found.video_codec, found.jpeg[:3]) == ("h264", b"\xff\xd8\xff")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(os.urandom(100_000))
    with pytest.raises(SourceError):
        rig.engine.probe(SourceConfig(kind=SourceKind.FILE, location=str(broken)))


def test_passwords_are_in_no_argument_environment_or_file(rigs, tmp_path, capfd):
    rig, canary = rigs(), "tweety-4b1c"
    url = f"rtsp://{closed_address()}/x?token={canary}"
    rig.engine.set_camera(stream_camera(url, username="bob", password=canary), Activity.RECORD)
    rig.wait_health(LOST)
    secrets = [canary, urlsplit(rig.engine.live_url("cam")).password]
    with pytest.raises(SourceError):
        rig.engine.probe(stream_camera(url, username="bob", password=canary).source)
    found = list(capfd.readouterr())
    files = [Path(f"/proc/{pid}/{x}") for pid in children() for x in ("cmdline", "environ")]
    files += [path for path in tmp_path.rglob("*") if path.is_file()]
    found += [path.read_bytes().decode(errors="replace") for path in files]
    assert len(found) > 4
    assert not [text for text in found for secret in secrets if secret in text]


def test_picture_of_camera_outside_of_engine_is_asked_of_parent(rigs, make_video):
    class Feed:
        def stream_url(self):
            return None

        def snapshot(self):
            return jpeg

    rig = rigs()
    jpeg = rig.engine.probe(SourceConfig(kind=SourceKind.FILE, location=str(make_video()))).jpeg
    source = SourceConfig(kind=SourceKind.ENTITY, location="camera.garden")
    assert rig.engine.probe(source, Feed()).video_codec == "mjpeg"
    with pytest.raises(SourceError):
        rig.engine.probe(source)


def test_bundled_model_is_tried_in_child(rigs, tmp_path):
    files = ModelStore(folder=BUNDLED_FOLDER).find(default_model("ncnn"), "ncnn")
    rigs().engine.try_model("ncnn", files)


SCRIPT = """
import pathlib, runpy, sys, threading
folder, video, integration = map(pathlib.Path, sys.argv[1:])
runpy.run_path(str(integration / "engine/worker/boot.py"))["load_engine"](integration / "engine")
from engine.core.events import ClipSaved
from engine.core.types import Activity, CameraConfig, CameraHealth, SourceConfig, SourceKind
from engine.engine import HomeSecEngine
saved, events = threading.Event(), []
def handle(event):
    if isinstance(event, ClipSaved):
        saved.set()
    if getattr(event, "health", None) is CameraHealth.RUNNING:
        threading.Thread(target=engine.start_recording, args=("cam", 1.0)).start()
engine = HomeSecEngine(
    clips_dir=folder / "clips", data_dir=folder, models_dir=folder / "models", on_event=handle
)
engine.start()
source = SourceConfig(kind=SourceKind.FILE, location=str(video))
engine.probe(source)
engine.set_camera(CameraConfig(id="cam", name="Door", source=source), Activity.RECORD)
assert saved.wait(60)
assert engine.jpeg("cam")
maps = pathlib.Path("/proc/self/maps").read_text()
engine.stop()
print(*(x for x in ("/av/", "av.libs", "numpy", "cv2", "ncnn", "libavcodec") if x in maps))
"""


def test_running_engine_has_no_native_media_library_in_its_memory(tmp_path, make_video):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path, make_video(seconds=6), INTEGRATION],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == []


def test_many_calls_at_once_are_answered(rigs, live):
    rig = rigs()
    rig.engine.set_camera(live(), Activity.DETECT)
    rig.wait_health(RUNNING)
    rig.wait(lambda: rig.engine.jpeg("cam") is not None)
    with ThreadPoolExecutor(16) as executor:
        pictures = list(executor.map(lambda _: rig.engine.jpeg("cam", width=320), range(64)))
    assert all(picture.startswith(b"\xff\xd8\xff") for picture in pictures)
    assert threading.active_count() < 60
