"""Clips of workers that die soon after another: each is finished once, and none is lost."""

from functools import partial
import random
import threading
import time

from engine_rig import LONG_S, FakeClock, media_packets
from hypothesis import HealthCheck, given, settings, strategies as st
from library_rig import clip_row
from partial_files import record
import pytest

from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.core.damaged_files import is_damage
from custom_components.homesec.engine.core.events import ClipFailed, ClipSaved, FilesSetAside
from custom_components.homesec.engine.core.types import ClipState
from custom_components.homesec.engine.library.library import ClipLibrary
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools

CAMERAS = ("door", "yard", "garage")


class SlowTools(LocalMediaTools):
    """Media tools on a slow disk: each step takes some milliseconds."""

    def __init__(self, rng):
        super().__init__()
        self._rng = rng

    def finalize(self, final, comment):
        time.sleep(self._rng.uniform(0.0, 0.02))
        return super().finalize(final, comment)


class Home:
    """A library with clips that nothing records any more."""

    def __init__(self, folder, seed):
        rng = random.Random(seed)
        self.folder = folder
        self.events = []
        self.library = ClipLibrary(
            path=folder / "clips.db",
            clips_dir=folder / "clips",
            tools=SlowTools(rng),
            cloud=None,
            rules=None,
            on_event=self.events.append,
            clock=FakeClock(time.time()),
            rng=rng,
        )
        self.library.start()

    def open_clip(self, partial_file, camera_id):
        clip = clip_row(time.time(), camera_id=camera_id, state=ClipState.RECORDING)
        final = self.folder / "clips" / clip.path
        final.parent.mkdir(parents=True)
        partial_path(final).write_bytes(partial_file)
        self.library.catalog.put(clip)
        return clip

    def all(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    def wait(self):
        for thread in threading.enumerate():
            if thread.name == "homesec-finish":
                thread.join(LONG_S)


@pytest.fixture(scope="module")
def partial_file(make_video, tmp_path_factory):
    path = partial_path(tmp_path_factory.mktemp("open") / "clip.mp4")
    record(path, media_packets(make_video(seconds=2)))
    return path.read_bytes()


@given(
    deaths=st.lists(st.sets(st.sampled_from(CAMERAS)), min_size=2, max_size=6),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_deaths_in_any_order_lose_and_double_no_clip(tmp_path_factory, partial_file, deaths, seed):
    home = Home(tmp_path_factory.mktemp("home"), seed)
    try:
        clips = [home.open_clip(partial_file, each) for each in CAMERAS]
        for camera_ids in [*deaths, CAMERAS]:
            home.library.finish_interrupted(camera_ids)
        home.wait()
        saved = sorted(event.clip.id for event in home.all(ClipSaved))
        assert saved == sorted(clip.id for clip in clips)
        assert home.all(ClipFailed) == home.all(FilesSetAside) == []
        for clip in clips:
            row = home.library.catalog.get(clip.id)
            assert row.state is ClipState.SAVED
            assert (home.folder / "clips" / row.path).is_file()
    finally:
        home.library.close(LONG_S)


def test_file_that_is_there_is_not_damaged_because_another_is_missing(tmp_path):
    there, link = tmp_path / "there.mp4", tmp_path / "link.mp4"
    there.touch()
    link.symlink_to("nothing")
    missing = partial(FileNotFoundError, 2, "No such file or directory")
    assert not is_damage(missing(), there)
    assert is_damage(missing(), link)
