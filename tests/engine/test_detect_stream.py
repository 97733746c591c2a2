"""A camera with a detect stream: what is looked at, recorded, and shown, and what if it's lost."""

import av
from engine_rig import file_camera
import pytest
from videos import FigureDetector, content

from custom_components.homesec.engine.camera import detect_stream
from custom_components.homesec.engine.core.events import (
    DetectionStarted,
    DetectStreamChanged,
    HealthChanged,
    SnapshotTaken,
)
from custom_components.homesec.engine.core.types import (
    CameraHealth,
    DecodePolicy,
    SourceConfig,
    SourceKind,
)

MAIN = {"seconds": 26, "size": (640, 384), "gop_s": 10.0, "walks": ((12.3, 14.1),)}
DETECT = {**MAIN, "size": (320, 192), "gop_s": 2.0}


class SizeDetector(FigureDetector):
    """Remembers the sizes of the pictures that it gets, as ``fit`` is asked for them."""

    def __init__(self):
        super().__init__()
        self.sizes = set()

    def fit(self, width, height):
        self.sizes.add((width, height))
        return super().fit(width, height)


def detect_file(path, **settings):
    settings = {"paced": False, "loop": False, **settings}
    return SourceConfig(kind=SourceKind.FILE, location=str(path), **settings)


@pytest.fixture
def films(make_video):
    return make_video(**MAIN), make_video(**DETECT)


def size_of(jpeg):
    with av.open(str(jpeg)) as file:
        return file.streams.video[0].width


def test_walk_between_keyframes_is_only_found_in_detect_stream(rigs, films):
    main, low = films
    economy = {"decode_policy": DecodePolicy.ECONOMY}
    rig = rigs()
    rig.play(file_camera(main, id="alone", **economy))
    assert rig.of(DetectionStarted) == []
    rig.play(file_camera(main, id="both", detect_source=detect_file(low)))
    (started,) = rig.of(DetectionStarted)
    assert started.presence.camera_id == "both"


def test_detector_gets_small_pictures_and_clip_has_large_ones(rigs, films):
    main, low = films
    detector = SizeDetector()
    rig = rigs(detector=detector)
    (clip,) = rig.play(file_camera(main, detect_source=detect_file(low)))
    assert detector.sizes == {(320, 192)}
    recorded = content(rig.path(clip))
    assert recorded.size == (640, 384)
    assert recorded.numbers[0] <= 123 - 20  # the pre-roll
    assert recorded.numbers[-1] >= 141


def test_still_and_snapshots_are_pictures_of_the_main_stream(rigs, films):
    main, low = films
    rig = rigs()
    (clip,) = rig.play(file_camera(main, detect_source=detect_file(low)))
    assert size_of(rig.clips_dir / clip.still_path) == 640
    snapshots = rig.of(SnapshotTaken)
    assert snapshots
    for each in snapshots:
        assert each.jpeg


def test_missing_detect_stream_is_reported_and_replaced_by_main_stream(
    rigs, films, tmp_path, monkeypatch
):
    monkeypatch.setattr(detect_stream, "REPORT_S", 0.0)
    main, _ = films
    rig = rigs()
    rig.play(file_camera(main, detect_source=detect_file(tmp_path / "nothing.mp4")))
    assert rig.of(DetectionStarted)
    (lost,) = rig.of(DetectStreamChanged)
    assert lost.error is not None
    assert CameraHealth.LOST not in [event.health for event in rig.of(HealthChanged)]
