"""A process that is killed while it saves, uploads, deletes, restores, and removes clips."""

import contextlib
import os
from pathlib import Path
import random
import signal
import subprocess
import time

from disk_store import DiskStore
from library_rig import LibraryRig
import pytest

from custom_components.homesec.engine.core.types import CloudState
from homesec_dev import engine_only

HERE = Path(__file__).parent
KILLS = 12


class Zygote:
    """A process that forks the children to be killed, so that each needs no imports."""

    def __init__(self, folder):
        paths = (HERE, HERE.parents[1], HERE.parents[1] / "script")
        self.process = subprocess.Popen(
            [*engine_only.command(HERE / "upload_process.py"), folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": ":".join(map(str, paths))},
        )

    def run(self, count, *, kill_after_s=None):
        """Run a child, kill it some time after it's ready, and return its output."""
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        ready, child = self._line()
        assert ready == "ready"
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            # Reaped only once it has ended, which it may have by itself.
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        return list(iter(self._line, ["ended"]))

    def _line(self):
        line = self.process.stdout.readline()
        assert line, "the process has ended"
        return line.split()

    def close(self):
        self.process.stdin.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def zygote(tmp_path):
    made = Zygote(tmp_path)
    yield made
    made.close()


def test_killed_process_loses_and_duplicates_no_clip(tmp_path, zygote):
    rng = random.Random(4)
    said = []
    for _ in range(KILLS):
        said += zygote.run(6, kill_after_s=rng.uniform(0.0, 0.15))
    said += zygote.run(1)
    assert said[-1] == ["done"]
    saved = {line[1] for line in said if line[0] == "saved"}
    removed = {line[1] for line in said if line[0] == "removed"}
    to_go = {line[1] for line in said if line[0] == "removing"}
    assert len(saved) > KILLS

    library = LibraryRig(tmp_path, store=DiskStore(tmp_path / "cloud"))
    queries = library.catalog.queries
    listed, deleted = queries.page(limit=1000), queries.deleted(limit=1000)
    clips = [*listed, *deleted]
    known = {clip.id for clip in clips}
    # Two of five clips are removed, perhaps without a report before the kill.
    gone = saved - removed - known
    assert gone <= to_go
    assert not known & removed
    assert {clip.cloud for clip in clips} == {CloudState.STORED}
    # Whether a clip is deleted is what was reported last, or was under way.
    steps = {}
    for what, *clip_id in said:
        steps.setdefault("".join(clip_id), []).append(what)
    for clip in listed:
        # It may have been killed before it reported the clip, or before it removed it.
        done = steps.get(clip.id, ["saved"])
        untouched = ("saved", "deleting", "restoring", "restored")
        assert done[-1] in untouched or done == ["saved", "removing"]
    for clip in deleted:
        assert steps[clip.id][-1] in ("deleting", "deleted", "restoring", "removing")
    markers = {path.stem for path in library.clips_dir.rglob("*.deleted")}
    assert markers == {clip.id for clip in deleted}
    videos = {Path(name).stem: name for name in library.store.names(".mp4")}
    assert videos.keys() == known
    assert len(library.store.names(".jpg")) == len(clips)
    for clip in clips:
        video = library.files(clip)[0].read_bytes()
        assert (library.store.objects / videos[clip.id]).read_bytes() == video
    assert library.outbox.backlog.jobs == 0
    library.close()
