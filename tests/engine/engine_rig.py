"""A whole engine whose events are collected, and clocks that a test sets."""

import random
import threading
import time

from videos import FigureDetector

from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.events import ClipFailed, ClipSaved, HealthChanged
from custom_components.homesec.engine.core.types import (
    Activity,
    CameraConfig,
    CameraHealth,
    DecodePolicy,
    SourceConfig,
    SourceKind,
)
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.engine import HomeSecEngine

LONG_S = 60.0  # only failing tests wait this long


class FakeClock:
    """A clock that only ``advance`` moves."""

    def __init__(self, now=1_800_000_000.0):
        self.wall = now
        self.ticks = 1000.0

    def now(self):
        return self.wall

    def monotonic(self):
        return self.ticks

    def advance(self, seconds):
        self.wall += seconds
        self.ticks += seconds


def file_camera(path, **settings):
    """Return a camera that plays a video once, as fast as possible."""
    source = {k: settings.pop(k) for k in ("paced", "loop", "stall_s") if k in settings}
    source = {"paced": False, "loop": False, **source}
    return camera(SourceConfig(kind=SourceKind.FILE, location=str(path), **source), **settings)


_STREAM_OPTIONS = (
    *("username", "password", "stall_s", "verify_tls"),
    *("allow_other_hosts", "allow_basic", "digest_only", "tls_fingerprint", "pictures_per_s"),
)


def stream_camera(url, **settings):
    source = {key: settings.pop(key) for key in _STREAM_OPTIONS if key in settings}
    return camera(SourceConfig(kind=SourceKind.STREAM, location=url, **source), **settings)


def camera(source, **settings):
    """Return a camera with a short grace period and post-roll."""
    settings = {
        "id": "cam",
        "name": "Front door",
        "decode_policy": DecodePolicy.AUTO,
        "grace_s": 1.0,
        "pre_roll_s": 2.0,
        "post_roll_s": 1.0,
        **settings,
    }
    return CameraConfig(source=source, **settings)


class EngineRig:
    """A running engine that collects its events."""

    def __init__(self, folder, *, clips_dir=None, detector=None, **engine):
        self.clips_dir = clips_dir or folder / "clips"
        self.data_dir = folder / "data"
        self.events = []
        self._changed = threading.Condition()
        self.detector = detector or FigureDetector()
        engine.setdefault("create_cascade", lambda _stop: CascadeDetector(self.detector))
        if "engine_detector" in engine:
            engine["detector"] = engine.pop("engine_detector")
        engine.setdefault("rng", random.Random(1))
        self.engine = HomeSecEngine(
            clips_dir=self.clips_dir,
            data_dir=self.data_dir,
            models_dir=folder / "models",
            on_event=self._handle_event,
            **engine,
        )
        self._stopped = False
        self._others = set(threading.enumerate())  # what another test left is that test's fault

    def __enter__(self):
        self.engine.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Stop; no thread may be left."""
        if self._stopped:
            return
        self._stopped = True
        self.engine.stop()
        ours = set(threading.enumerate()) - self._others
        left = [thread.name for thread in ours if thread.name.startswith("homesec")]
        assert not left, left

    def _handle_event(self, event):
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def of(self, *kinds, camera_id=None):
        """Return the events of these kinds so far."""
        with self._changed:
            found = [e for e in self.events if isinstance(e, kinds)]
        if camera_id is not None:
            found = [e for e in found if camera_of(e) == camera_id]
        return found

    def wait(self, condition, timeout_s=LONG_S):
        """Wait until a condition holds; it's checked after each event, and often between them."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not condition():
                assert time.monotonic() < deadline, f"events so far: {self.events}"
                self._changed.wait(0.05)

    def wait_for(self, kind, *, count=1, camera_id=None, timeout_s=LONG_S):
        """Wait until there are ``count`` events of a kind; return the last of them."""
        self.wait(lambda: len(self.of(kind, camera_id=camera_id)) >= count, timeout_s)
        return self.of(kind, camera_id=camera_id)[count - 1]

    def each_saved(self, camera_ids):
        """Yield each of these cameras as soon as it has a clip, so that it can be removed."""
        left = set(camera_ids)
        while left:
            self.wait(lambda: left & {x.clip.camera_id for x in self.of(ClipSaved)})  # noqa: B023
            ready = left & {x.clip.camera_id for x in self.of(ClipSaved)}
            yield from ready
            left = left - ready

    def wait_health(self, health, *, error=None, camera_id="cam", count=1, timeout_s=LONG_S):
        """Wait until a camera's health was reported ``count`` times; return the event."""

        def reports():
            return [
                e
                for e in self.of(HealthChanged, camera_id=camera_id)
                if e.health is health and (error is None or e.error == error)
            ]

        self.wait(lambda: len(reports()) >= count, timeout_s)
        return reports()[count - 1]

    def play(self, config, activity=Activity.RECORD):
        """Play a file to its end; return its clips, finalized."""
        self.engine.set_camera(config, activity)
        self.wait_health(CameraHealth.OFF, camera_id=config.id)
        self.engine.remove_camera(config.id)
        for writer in self.engine.worker.writers:
            assert writer.join(LONG_S)
        return self.saved(config.id)

    def saved(self, camera_id=None):
        """Return the saved clips, oldest first: a short one may be saved before a long one."""
        clips = [e.clip for e in self.of(ClipSaved, camera_id=camera_id)]
        return sorted(clips, key=lambda clip: clip.id)

    def failed(self, camera_id=None):
        return [e.clip for e in self.of(ClipFailed, camera_id=camera_id)]

    def path(self, clip):
        return self.clips_dir / clip.path


def camera_of(event):
    """Return the id of the camera that an event is about."""
    for holder in (event, getattr(event, "presence", None), getattr(event, "clip", None)):
        if hasattr(holder, "camera_id"):
            return holder.camera_id
    return None


def media_packets(path, clock=None):
    """Return a file's packets as a camera's thread gets them."""
    config = file_camera(path).source
    timeline = Timeline(clock or FakeClock(), Pace.READ)
    connection = ContainerConnection(config, timeline, threading.Event())
    try:
        return list(connection.packets())
    finally:
        connection.close()


def split_video(packets):
    """Return the video packets and the audio packets."""
    return [p for p in packets if p.is_video], [p for p in packets if not p.is_video]
