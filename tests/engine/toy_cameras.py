"""A worker's cameras in tests: the user name of a source says what its camera does."""

import ctypes
from pathlib import Path
import sys
import threading
import time

if "engine" in sys.modules:
    from engine.core.activity_board import BOARD, Work
    from engine.core.camera_reports import CameraReport, WorkerReport, ZonePreview
    from engine.core.events import (
        DetectionStarted,
        DetectorChanged,
        HealthChanged,
        SnapshotTaken,
        TamperChanged,
    )
    from engine.core.types import Activity, Box, CameraHealth, Presence
    from engine.worker import methods
    from engine.worker.proxy_parent import ProxyParent


class Cameras:
    def __init__(self, parent):
        self.parent = parent
        self.cameras = {}

    def start(self, settings, live_fd):
        self.settings = settings
        self.parent.handle_event(DetectorChanged(ready=True, detector="toy", model="toy"))

    def stop(self, timeout_s):
        pass

    def set_camera(self, config, activity):
        before = self.cameras.get(config.id)
        self.cameras[config.id] = (config, activity)
        if activity is Activity.OFF:
            self._health(config, CameraHealth.OFF)
            return
        self._health(config, CameraHealth.RUNNING)
        self.parent.handle_report(
            WorkerReport(cameras={x: CameraReport(health="running") for x in ()}, frame_count=3)
        )
        if before is None:
            threading.Thread(target=self._behave, args=(config,), daemon=True).start()

    def remove_camera(self, camera_id):
        del self.cameras[camera_id]

    def start_recording(self, camera_id, duration_s):
        return f"{camera_id} {duration_s} {self.parent.stream_url('x')}"

    def stop_recording(self, camera_id):
        crash(camera_id)

    def learn_scene(self, camera_id):
        learned = TamperChanged(camera_id=camera_id, kind=None, at=1.0)
        self.parent.handle_event(learned)

    def wake(self, camera_id, sensor, trusted):
        if camera_id in self.cameras:
            presence = Presence(
                camera_id=camera_id,
                label="person",
                score=1.0,
                track_id=0,
                box=Box(0, 0, 1, 1),
                first_seen_at=1.0,
                last_seen_at=1.0,
                confirmed=trusted,
                sensor=sensor,
            )
            self.parent.handle_event(DetectionStarted(presence=presence, clip_id=None))
            crashes = {"crash once": 1, "crash twice": 2}.get(sensor, 0)
            log = Path(self.cameras[camera_id][0].source.location)
            if crashes and (not log.exists() or log.stat().st_size < crashes):
                with log.open("a") as file:
                    file.write("x")
                crash(camera_id)

    def jpeg(self, camera_id, width, opens):
        return b"\xff\xd8\xff" + ",".join(sorted(self.cameras)).encode()

    def preview_zones(self, camera_id, zones):
        return ZonePreview(live_t=0.0, detections=())

    def _health(self, config, health):
        self.parent.handle_event(HealthChanged(camera_id=config.id, health=health))

    def _behave(self, config):  # noqa: C901 - a table of harm
        match config.source.username:
            case "crash":
                time.sleep(0.05)
                crash(config.id)
            case "crash once":
                flag = Path(config.source.location)
                if not flag.exists():
                    flag.touch()
                    crash(config.id)
            case "busy":
                while True:
                    with BOARD.working(Work.DECODE, config.id):
                        time.sleep(0.01)
            case "forge":
                self.parent.handle_event(SnapshotTaken(camera_id="other", at=1.0, jpeg=b""))
            case "flood":
                while True:
                    self._health(config, CameraHealth.RUNNING)
            case "grow":
                kept = []
                with BOARD.working(Work.OPEN, config.id):
                    while True:
                        kept.append(bytearray(b"x") * 2**20)
                        time.sleep(0.001)


def crash(camera_id):
    with BOARD.working(Work.DECODE, camera_id):
        ctypes.string_at(1)


def create_handlers(connection):
    cameras = Cameras(ProxyParent(connection))
    return {
        methods.START: cameras.start,
        methods.STOP: cameras.stop,
        methods.SET_CAMERA: cameras.set_camera,
        methods.REMOVE_CAMERA: cameras.remove_camera,
        methods.START_RECORDING: cameras.start_recording,
        methods.STOP_RECORDING: cameras.stop_recording,
        methods.WAKE: cameras.wake,
        methods.LEARN_SCENE: cameras.learn_scene,
        methods.JPEG: cameras.jpeg,
        methods.PREVIEW_ZONES: cameras.preview_zones,
    }
