"""The engine starts whatever is in its folders, and has the healthy clips among it.

Each example is made from its seed: ``damaged_video(whole, SEED)``,
``damaged_database(whole, SEED)``, and ``change_rows(path, SEED)`` make it again.
"""

import shutil
import time

from disk_store import DeadStore
from engine_rig import EngineRig, media_packets
from file_damage import change_rows, damaged_database, damaged_video
from library_rig import clip_row
from partial_files import G711, record, with_audio
import pytest
from sms_factories import account

from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.db.job_queue import JobKind
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.retention_policy import RetentionRules
from custom_components.homesec.engine.recording.finalize import finalize

pytestmark = pytest.mark.long

FILMS, FILMS_A_START = 1000, 100
DATABASES, DATABASES_A_TEST = 200, 20


@pytest.fixture(scope="module")
def intact_files(make_video, tmp_path_factory):
    """Partial and final files: H.264 with audio, and H.265."""
    folder = tmp_path_factory.mktemp("wholes")
    h264 = with_audio(media_packets(make_video(seconds=4)), [n * 0.02 for n in range(200)])
    h265 = media_packets(make_video(seconds=3, codec="libx265", size=(640, 384)))
    made = []
    for name, packets, audio in (("h264", h264, G711), ("h265", h265, None)):
        final = folder / f"{name}.mp4"
        record(partial_path(final), packets, audio=audio)
        partial = partial_path(final).read_bytes()
        finalize(final)
        made += [(partial_path, partial), (lambda final: final, final.read_bytes())]
    return made


class Filled:
    """A clip folder with damaged clips, and healthy ones between them."""

    def __init__(self, folder, intact_files, seeds):
        self.folder = folder
        self.clips_dir = folder / "clips"
        self.healthy = set()
        self.seeds = {}
        now = time.time() - 3600
        for seed in seeds:
            path_of, whole = intact_files[seed % len(intact_files)]
            clip = self._lay(now + seed, path_of, damaged_video(whole, seed))
            self.seeds[clip.id] = seed
            if seed % 3 == 0:  # some have a still already
                still = (self.clips_dir / clip.path).with_suffix(".jpg")
                still.write_bytes(damaged_video(b"\xff\xd8" + whole[:999], seed))
            if seed % 10 == 0:
                self.healthy.add(self._lay(now + seed + 0.5, path_of, whole).id)
        self.before = {path.name for path in self.clips_dir.rglob("*.mp4")}

    def _lay(self, at, path_of, data):
        clip = clip_row(at)
        final = self.clips_dir / clip.path
        final.parent.mkdir(parents=True, exist_ok=True)
        path_of(final).write_bytes(data)
        return clip

    def start(self):
        with EngineRig(self.folder) as rig:
            rig.engine.library._adopting.join()
            self.rows = {clip.id for clip in rig.engine.catalog.queries.page(limit=9999)}
            self.failed = {c.id for c in rig.engine.catalog.queries.in_state(ClipState.FAILED)}

    def lost(self):
        """Return the seeds with neither a clip nor a file that was set aside."""
        left = {path.name for path in self.clips_dir.rglob("*.mp4*")}
        # A file that ended before its first fragment has nothing to keep.
        known = self.rows | self.failed
        gone = {n for n in self.before if n[:26] not in known and f"{n}.damaged" not in left}
        return {self.seeds[name[:26]] for name in gone}


@pytest.mark.parametrize("first", range(0, FILMS, FILMS_A_START))
def test_engine_starts_with_damaged_clips(tmp_path, intact_files, first):
    seeds = range(first, first + FILMS_A_START)
    filled = Filled(tmp_path / "all", intact_files, seeds)
    try:
        filled.start()
    except Exception:
        for seed in seeds:
            try:
                Filled(tmp_path / f"{seed}", intact_files, [seed]).start()
            except Exception as err:
                raise AssertionError(f"the engine does not start with seed {seed}") from err
        raise
    assert filled.healthy <= filled.rows, f"seeds from {first} on"
    assert filled.lost() == set()


# --- databases ---


@pytest.fixture(scope="module")
def folders(intact_files, tmp_path_factory):
    """Folders as the last run left them: some clips, and all kinds of rows."""
    folder = tmp_path_factory.mktemp("folders")
    now = time.time() - 20 * 86400
    (folder / "data").mkdir()
    with Catalog(folder / "data" / "clips.db", upload=True) as catalog:
        for number in range(150):
            here = number % 30 == 0
            failed = number % 7 == 3 and not here
            stored = not here and not failed
            clip = clip_row(
                now + number * 4000,
                state=ClipState.FAILED if failed else ClipState.SAVED,
                zones=("Drive", "Lawn")[: number % 3],
                local=not stored,
                cloud=CloudState.STORED if stored else CloudState.NONE,
                cloud_bytes=100 if stored else 0,
                camera_id=f"door{number % 3}",
            )
            if here:
                final = folder / "clips" / clip.path
                final.parent.mkdir(parents=True, exist_ok=True)
                final.write_bytes(intact_files[1][1])
                final.with_suffix(".jpg").write_bytes(b"still")
            catalog.save(clip, b"tracks" * (number % 40))
            catalog.visits.begin("door", "person", now + number, clip.id)
        for number in range(40):
            catalog.jobs.add(JobKind.DELETE, f"{number}", {"names": [f"door/{number}.mp4"]})
            catalog.jobs.add(
                JobKind.TEXT,
                f"anna/{number}",
                {"id": f"{number}", "body": "hi", "created_at": now, "expires_at": now + 60},
            )
            catalog.database.query(
                "INSERT INTO texts VALUES (?, ?, ?, ?)", ("anna", f"t{number}", "SM1", now)
            )
        catalog.database.query("INSERT INTO text_stills VALUES ('1', x'ffd8')")
        catalog.database.query("INSERT INTO elsewhere VALUES ('gs://old', 'x', 5)")
        catalog.set_value("cloud_place", "disk://here")
        catalog.set_value("looked_at", f"{now}")
    return folder


def start_with(tmp_path, folders, seed):
    """Start on a damaged copy of the folders; return the ids of clips that have their file."""
    folder = tmp_path / f"{seed}"
    shutil.copytree(folders, folder, symlinks=True)
    path = folder / "data" / "clips.db"
    if seed % 4 == 3:
        change_rows(path, seed)
    else:
        path.write_bytes(damaged_database(path.read_bytes(), seed))
    if seed % 10 == 5:
        path.with_name("clips.db-wal").write_bytes(damaged_database(path.read_bytes(), seed))
    rules = RetentionRules(min_free_bytes=0)
    with EngineRig(folder, retention=rules, cloud=DeadStore(folder / "cloud")) as rig:
        if seed % 4 == 3:
            rig.engine.sms.set_recipients({"anna": account()})
        rig.engine.library._adopting.join()
        clips = rig.engine.catalog.queries.page(limit=9999)
        return {clip.id for clip in clips if clip.local}


@pytest.mark.parametrize("first", range(0, DATABASES, DATABASES_A_TEST))
def test_engine_starts_with_damaged_database(tmp_path, folders, first):
    here = {path.stem for path in folders.glob("clips/*/*/*.mp4")}
    assert len(here) == 5
    for seed in range(first, first + DATABASES_A_TEST):
        try:
            found = start_with(tmp_path, folders, seed)
        except Exception as err:
            raise AssertionError(f"the engine does not start with seed {seed}") from err
        assert found == here, f"seed {seed}"
