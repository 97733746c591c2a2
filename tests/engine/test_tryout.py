"""A camera that runs before it's saved, in this process: its picture, and who walks past."""

from fractions import Fraction
import io
from threading import Event, Thread

import av
from camera_servers import launch_line
from engine_rig import LONG_S, camera, file_camera, stream_camera
import numpy as np
import pytest
from videos import FigureDetector, frame_of
from worker_pairs import clip, wait_until

from custom_components.homesec.engine.core.camera_reports import WalkHint
from custom_components.homesec.engine.core.errors import (
    EntityUnavailable,
    FileMissing,
    ModelBroken,
    RowRefused,
    SourceError,
)
from custom_components.homesec.engine.core.events import DetectorChanged
from custom_components.homesec.engine.core.types import (
    Box,
    Detection,
    LabelRule,
    SourceConfig,
    SourceKind,
    Zone,
    ZoneKind,
)
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.worker import tryout as tryout_module
from custom_components.homesec.engine.worker.tryout import find_hint
from custom_components.homesec.engine.worker.tryout_parent import TryoutParent

ALWAYS = tuple((at, at + 2.0) for at in range(0, 12, 2))
"""The figure walks all the time."""
SHORT_S = 1.5  # of a test in which nothing is to be seen
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
PERSON = Detection("person", 0.6, Box(0.1, 0.2, 0.3, 0.8))
"""On the left."""


class BlindDetector(FigureDetector):
    """Recognizes nothing."""

    def detect(self, picture):
        return []


def looped(video, **settings):
    return file_camera(video, paced=True, loop=True, **settings)


def picture(jpeg):
    with av.open(io.BytesIO(jpeg)) as file:
        return next(file.decode(video=0)).to_ndarray(format="rgb24")


def black_video(path):
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=10, width=320, height=192, pix_fmt="yuv420p")
        stream.codec_context.time_base = Fraction(1, 10)
        for index in range(40):
            frame = frame_of(np.full((192, 320), 8, np.uint8))
            frame.pts, frame.time_base = index, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def test_picture_comes_and_moves(rig, make_video):
    tryout = rig.engine.try_camera(looped(make_video(seconds=8, walks=ALWAYS)))
    shown = set()

    def moves():
        if (jpeg := tryout.jpeg(320)) is not None:
            shown.add(jpeg)
        return len(shown) > 2

    wait_until(moves)
    assert rig.engine.worker.sessions == {}


def test_walk_reports_who_is_seen_with_the_box(rig, make_video):
    report = rig.engine.try_camera(looped(make_video(walks=ALWAYS))).walk(LONG_S)
    assert (report.label, report.found.label, report.hint) == ("person", "person", None)
    assert 0 < report.seconds < LONG_S
    colors = np.ptp(picture(report.jpeg).astype(int), axis=2)
    assert (colors > 60).sum() > 50  # the video is gray, and the box isn't


def test_walk_is_neither_recorded_nor_reported(rig, make_video):
    config = looped(make_video(walks=ALWAYS))
    assert rig.engine.try_camera(config).walk(LONG_S).label
    assert len(rig.events) == len(rig.of(DetectorChanged))
    assert [*rig.clips_dir.rglob("*.mp4")] == []
    assert rig.engine.engine_stats().clips == 0


def test_walk_can_be_repeated(rig, make_video):
    tryout = rig.engine.try_camera(looped(make_video(walks=ALWAYS)))
    assert tryout.walk(LONG_S).label == tryout.walk(LONG_S).label == "person"


def test_walk_without_motion_says_so(rig, make_video):
    report = rig.engine.try_camera(looped(make_video(seconds=8, walks=()))).walk(SHORT_S)
    assert (report.label, report.found, report.hint) == (None, None, WalkHint.NOTHING_MOVED)
    assert report.seconds >= SHORT_S
    assert picture(report.jpeg).shape == (192, 320, 3)


def test_walk_of_what_is_not_recognized_says_so(rigs, make_video, monkeypatch):
    monkeypatch.setattr(tryout_module, "SETTLE_S", 0.0)
    rig = rigs(create_cascade=lambda _stop: CascadeDetector(BlindDetector()))
    report = rig.engine.try_camera(looped(make_video(walks=ALWAYS))).walk(2 * SHORT_S)
    assert (report.found, report.hint) == (None, WalkHint.NOT_RECOGNIZED)


def test_walk_in_the_dark_says_so(rig, tmp_path):
    report = rig.engine.try_camera(looped(black_video(tmp_path / "black.mp4"))).walk(SHORT_S)
    assert report.hint is WalkHint.DARK


def test_walk_of_who_is_too_small_says_so(rig, make_video):
    rules = (LabelRule(label="person", min_height=0.9),)
    config = looped(make_video(walks=ALWAYS), rules=rules)
    report = rig.engine.try_camera(config).walk(2 * SHORT_S)
    assert (report.hint, report.found.label) == (WalkHint.TOO_SMALL, "person")


def test_walk_without_source_raises_its_error(rig, tmp_path):
    with pytest.raises(FileMissing):
        rig.engine.try_camera(looped(tmp_path / "nothing.mp4")).walk(LONG_S)


def test_walk_without_detector_raises_its_error(rigs, make_video):
    def fail(_stop):
        raise ModelBroken(model="small", detector="ncnn")

    rig = rigs(create_cascade=fail)
    with pytest.raises(ModelBroken) as raised:
        rig.engine.try_camera(looped(make_video())).walk(LONG_S)
    assert raised.value.placeholders == {"model": "small", "detector": "ncnn"}


def test_walk_whose_detector_never_comes_raises(rigs, make_video, monkeypatch):
    monkeypatch.setattr(tryout_module, "DETECTOR_S", 0.1)
    leave = Event()

    def load(_stop):
        leave.wait(LONG_S)
        return CascadeDetector(FigureDetector())

    rig = rigs(create_cascade=load)
    tryout = rig.engine.try_camera(looped(make_video()))
    with pytest.raises(tryout_module.DetectorMissing):
        tryout.walk(LONG_S)
    leave.set()


def test_camera_that_is_lost_during_a_walk_ends_it(rig, rtsp_server, make_video, monkeypatch):
    monkeypatch.setattr(tryout_module, "LOST_S", 0.2)
    server = rtsp_server({"/cam": launch_line(make_video(seconds=60, walks=()))})
    tryout = rig.engine.try_camera(stream_camera(server.url("/cam"), stall_s=1.0))
    wait_until(lambda: tryout.jpeg(320))
    Thread(target=server.kill).start()
    with pytest.raises(SourceError):
        tryout.walk(LONG_S)


def test_picture_and_walk_take_one_connection(rig, rtsp_server, make_video, tmp_path):
    video = make_video(seconds=40, walks=tuple((at, at + 2.0) for at in range(0, 40, 2)))
    server = rtsp_server({"/cam": launch_line(video)}, count=tmp_path / "clients")
    tryout = rig.engine.try_camera(stream_camera(server.url("/cam")))
    wait_until(lambda: tryout.jpeg(320))
    assert tryout.walk(LONG_S).label == "person"
    assert tryout.jpeg(320)
    assert server.clients == (1, 1)
    tryout.stop(5.0)
    wait_until(lambda: server.clients == (1, 0))


def test_walk_of_a_camera_outside_of_the_engine_asks_its_feed(rig):
    class Feed:
        def stream_url(self):
            return None

        def snapshot(self):
            raise EntityUnavailable

    source = SourceConfig(kind=SourceKind.ENTITY, location="camera.yard")
    with pytest.raises(EntityUnavailable):
        rig.engine.try_camera(camera(source), Feed()).walk(LONG_S)


def test_parent_asks_for_a_camera_without_feed():
    class Parent:
        def stream_url(self, location):
            return f"rtsp://{location}"

        def snapshot(self, location):
            return location.encode()

    parent = TryoutParent(Parent())
    assert (parent.stream_url("a"), parent.snapshot("b")) == ("rtsp://a", b"b")


def test_parent_stores_nothing():
    parent = TryoutParent(None)
    for store in (
        lambda: parent.put(clip()),
        lambda: parent.save(clip()),
        lambda: parent.save_track_log("c1", (), None),
    ):
        with pytest.raises(RowRefused):
            store()
    parent.handle_exit(frozenset())


def config(**settings):
    return file_camera("x", **settings)


@pytest.mark.parametrize(
    ("settings", "best", "state", "expected"),
    [
        ({}, [], {"moved": True}, (None, WalkHint.NOT_RECOGNIZED)),
        ({}, [], {"moved": False}, (None, WalkHint.NOTHING_MOVED)),
        ({}, [], {"dark": True}, (None, WalkHint.DARK)),
        ({}, [PERSON], {"threshold": 0.7}, (PERSON, WalkHint.UNSURE)),
        ({"threshold": 0.7}, [PERSON], {}, (PERSON, WalkHint.UNSURE)),
        ({}, [PERSON], {}, (PERSON, WalkHint.UNSURE)),
        (
            {"rules": (LabelRule(label="person", min_height=0.7),)},
            [PERSON],
            {},
            (PERSON, WalkHint.TOO_SMALL),
        ),
        (
            {"zones": (Zone(name="R", polygon=RIGHT, kind=ZoneKind.REQUIRED),)},
            [PERSON],
            {},
            (PERSON, WalkHint.OUTSIDE),
        ),
        ({"labels": ("cat",)}, [PERSON], {}, (PERSON, WalkHint.OTHER_LABEL)),
        (
            {},
            [Detection("dog", 0.9, PERSON.box)],
            {"moved": True},
            (None, WalkHint.NOT_RECOGNIZED),
        ),
    ],
)
def test_hint_names_what_is_missing(settings, best, state, expected):
    state = {"threshold": 0.5, "moved": True, "dark": False, **state}
    assert find_hint(config(**settings), {each.label: each for each in best}, **state) == expected
