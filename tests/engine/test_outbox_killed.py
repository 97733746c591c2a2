"""A process that is killed while it saves, uploads, deletes, restores, and removes clips."""

import os
from pathlib import Path
import random
import signal
import subprocess
import sys
import time

from disk_store import DiskStore
from library_rig import LibraryRig
import pytest

from custom_components.homesec.engine.core.types import CloudState

pytestmark = pytest.mark.long

HERE = Path(__file__).parent
KILLS = 12


def run(folder, count, *, kill_after_s=None):
    """Run the process, kill it some time after it's ready, and return its output."""
    process = subprocess.Popen(
        [sys.executable, HERE / "upload_process.py", folder, f"{count}"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parents[1]}:{HERE.parents[1] / 'script'}"},
    )
    try:
        said = [process.stdout.readline().split()]
        assert said == [["ready"]]
        if kill_after_s is not None:
            time.sleep(kill_after_s)
            process.send_signal(signal.SIGKILL)
        said += [line.split() for line in process.stdout if line.endswith("\n")]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    return said[1:]


def test_killed_process_loses_and_duplicates_no_clip(tmp_path):
    rng = random.Random(4)
    said = []
    for _ in range(KILLS):
        said += run(tmp_path, 6, kill_after_s=rng.uniform(0.0, 0.15))
    said += run(tmp_path, 1)
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
        assert steps[clip.id][-1] in ("saved", "deleting", "restoring", "restored")
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
