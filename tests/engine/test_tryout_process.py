"""A camera that runs before it's saved, in a worker process of its own."""

from dataclasses import replace
import os
from pathlib import Path
import signal
import threading

from engine_rig import file_camera
import pytest
from worker_pairs import wait_until

from custom_components.homesec.engine.core.errors import (
    EntityUnavailable,
    LoginRefused,
    WorkerDied,
    WorkerMissing,
)
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.engine.worker.checks import UnexpectedValue
from custom_components.homesec.engine.worker.interface import WorkerSettings
from custom_components.homesec.engine.worker.process_tryout import ProcessTryout

pytestmark = pytest.mark.long

WALK_S = 60.0


@pytest.fixture
def home(tmp_path):
    """An engine as Home Assistant has it, without cameras."""
    events = []
    engine = HomeSecEngine(
        clips_dir=tmp_path / "clips",
        data_dir=tmp_path,
        models_dir=tmp_path / "models",
        on_event=events.append,
    )
    engine.start()
    yield engine
    engine.stop()


def looped(video):
    return file_camera(video, paced=True, loop=True)


def test_person_in_a_street_is_seen_by_the_real_networks(home, bikes):
    tryout = home.try_camera(looped(bikes))
    wait_until(lambda: tryout.jpeg(640))
    report = tryout.walk(WALK_S)
    assert (report.label, report.hint) == ("person", None)
    assert report.found.score > 0.4
    assert report.jpeg.startswith(b"\xff\xd8\xff")
    assert home.engine_stats().clips == 0


def test_walk_whose_process_ends_says_so(home, bunny):
    tryout = home.try_camera(looped(bunny))
    wait_until(lambda: tryout.jpeg(640))
    died = []

    def walk():
        try:
            tryout.walk(WALK_S)
        except WorkerDied as err:
            died.append(err)

    thread = threading.Thread(target=walk)
    thread.start()

    def is_over():
        if (pid := tryout.pid) is not None:  # until the walk has met a process that ends
            os.kill(pid, signal.SIGKILL)
        return not thread.is_alive()

    wait_until(is_over)
    assert died
    with pytest.raises(WorkerMissing):
        tryout.jpeg(640)


def test_engine_that_stops_ends_its_tryouts(home, bunny):
    tryout = home.try_camera(looped(bunny))
    wait_until(lambda: tryout.jpeg(640))
    pid = tryout.pid
    home.stop()
    wait_until(lambda: not Path(f"/proc/{pid}").exists())
    with pytest.raises(WorkerMissing):
        home.try_camera(looped(bunny)).jpeg(640)


@pytest.fixture
def toy(tmp_path):
    """Make tryouts in whose process a toy answers: ``toy("crash")``."""
    made = []

    class Parent:
        obtain_model = find_verifier = None

    def make(name, feed=None, **settings):
        config = replace(file_camera("x", **settings), name=name)
        made.append(
            ProcessTryout(
                config,
                feed,
                settings=WorkerSettings(clips_dir=tmp_path, detector="ncnn", model="x"),
                parent=Parent(),
                limit_bytes=2**30,
                service="toy_tryout",
            )
        )
        return made[-1]

    yield make
    for each in made:
        each.stop(5.0)
    # That of a process that crashed ends by itself.
    wait_until(lambda: not [t for t in threading.enumerate() if t.name.startswith("homesec")])


def test_answers_of_the_process_arrive(toy):
    tryout = toy("fine")
    assert tryout.jpeg(640) == b"\xff\xd8\xff a picture"
    assert tryout.walk(7.0).seconds == 7.0
    assert tryout.rss_bytes is None or tryout.rss_bytes > 0


def test_errors_of_the_source_arrive_and_pictures_go_on(toy):
    tryout = toy("locked")
    with pytest.raises(LoginRefused):
        tryout.walk(1.0)
    assert tryout.jpeg(640)


@pytest.mark.parametrize(("name", "what"), [("text", "jpeg"), ("text", "walk"), ("label", "walk")])
def test_answer_that_can_not_be_right_is_refused(toy, name, what):
    with pytest.raises(UnexpectedValue):
        getattr(toy(name), what)(640)


def test_process_that_crashed_is_only_started_by_another_test(toy):
    tryout = toy("crash")
    with pytest.raises(WorkerDied):
        tryout.jpeg(640)
    with pytest.raises(WorkerMissing):
        tryout.jpeg(640)
    with pytest.raises(WorkerDied):
        tryout.walk(1.0)


def test_camera_outside_of_the_engine_is_asked_by_the_real_process(home):
    class Feed:
        def __init__(self):
            self.asked = []

        def stream_url(self):
            self.asked.append("stream")

        def snapshot(self):
            self.asked.append("snapshot")
            raise EntityUnavailable

    feed = Feed()
    source = SourceConfig(kind=SourceKind.ENTITY, location="camera.yard")
    config = replace(file_camera("x"), source=source)
    with pytest.raises(EntityUnavailable):
        home.try_camera(config, feed).walk(WALK_S)
    assert feed.asked[:2] == ["stream", "snapshot"]
    with pytest.raises(EntityUnavailable):
        home.try_camera(config).walk(WALK_S)
