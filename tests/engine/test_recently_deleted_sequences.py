"""Any sequence of deletes, restores, purges, uploads, and crashes keeps what it must."""

from contextlib import contextmanager, suppress
from pathlib import Path
import sqlite3

from hypothesis import given, settings, strategies as st
from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.core.errors import ClipNotFound, HomeSecError, PurgeHeld
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.db.database import Database
from custom_components.homesec.engine.library.queries import ClipFilter
from custom_components.homesec.engine.library.recovery import finish_open_clips
from custom_components.homesec.engine.library.retention_policy import RetentionRules, TierRules
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools

DAY = 86400.0
KEPT_S = 7 * DAY
ROOMY = RetentionRules(min_free_bytes=0)
FULL = RetentionRules(min_free_bytes=10**15, local=TierRules(total_bytes=1))
EVERYTHING = ClipFilter()


class Killed(BaseException):
    """Stands for the end of the process."""


@contextmanager
def killed_after(operations):
    """End the process, as it were, after so many writes to the database or the disk."""
    left = iter(range(operations))

    def counted(real):
        def call(*args, **options):
            if next(left, None) is None:
                raise Killed
            return real(*args, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            *((Database, name) for name in ("query", "change")),
            *((Path, name) for name in ("unlink", "replace", "open")),
        ):
            patch.setattr(owner, name, counted(getattr(owner, name)))
        yield


class House:
    """A library, and what should be in it: each clip's deletion, or None."""

    def __init__(self, folder):
        self.folder = folder
        self.library = LibraryRig(folder)
        self.count = 0
        self.listed = set()
        self.deleted = {}

    @property
    def all(self):
        return sorted(self.listed | self.deleted.keys())

    def some(self, number, ids):
        ids = sorted(ids)
        return ids[number % len(ids)] if ids else None

    # --- steps ---

    def save(self, _number):
        self.count += 1
        self.listed.add(self.library.saved(NOON + self.count).id)

    def upload(self, _number):
        self.library.clock.advance(901)
        self.library.run()

    def delete(self, number):
        if clip_id := self.some(number, self.listed):
            deleted = self.library.recently_deleted.delete(clip_id, by="Ann")
            self.listed.remove(clip_id)
            self.deleted[clip_id] = deleted.deleted_at

    def restore(self, number):
        if clip_id := self.some(number, self.deleted):
            self.library.recently_deleted.restore(clip_id)
            self.listed.add(clip_id)
            del self.deleted[clip_id]

    def purge(self, number):
        if clip_id := self.some(number, self.deleted):
            if self.library.triggered:
                with pytest.raises(PurgeHeld):
                    self.library.recently_deleted.purge(clip_id)
                return
            self.library.recently_deleted.purge(clip_id)
            del self.deleted[clip_id]

    def purge_listed(self, number):
        if clip_id := self.some(number, self.listed):
            with pytest.raises(ClipNotFound):
                self.library.recently_deleted.purge(clip_id)

    def retain(self, number):
        retention = self.library.make_retention(ROOMY)
        self.library.clock.advance(number * DAY / 2)
        now = self.library.clock.now()
        retention.apply()
        if not self.library.triggered:
            self.deleted = {x: at for x, at in self.deleted.items() if now - at < KEPT_S}

    def retain_on_full_disk_while_triggered(self, _number):
        """Nothing deleted goes; anything else may, and what has disappeared is forgotten."""
        was, self.library.triggered = self.library.triggered, True
        self.library.make_retention(FULL, free=0).apply()
        self.library.triggered = was
        self.listed = {x for x in self.listed if self.library.catalog.get(x) is not None}

    def trigger(self, number):
        self.library.triggered = number % 2 == 0

    def restart(self, _number):
        library = self.library
        library.catalog.close()
        self.library = LibraryRig(self.folder, store=library.store)
        self.library.clock, self.library.triggered = library.clock, library.triggered
        self.library.catalog._clock = library.clock
        finish_open_clips(
            self.library.catalog,
            self.library.clips_dir,
            LocalMediaTools(),
            self.library.events.append,
        )
        self.library.copies.finish_removals()
        self.library.copies.verify_files()

    def crash(self, name, number, operations):
        """Start a step that is killed somewhere, and restart."""
        listed, deleted = set(self.listed), dict(self.deleted)
        with suppress(Killed, sqlite3.OperationalError, HomeSecError), killed_after(operations):
            getattr(self, name)(number)
        self.restart(0)
        self.adopt(listed, deleted, name)

    def adopt(self, listed, deleted, name):
        """Accept for each clip the state before the step or the one after it, and nothing else."""
        rows = {x: self.library.catalog.get(x) for x in listed | self.listed | deleted.keys()}
        removable = name in ("purge", "retain") and not self.library.triggered
        for clip_id, row in rows.items():
            if row is None:
                new = clip_id not in listed | deleted.keys()
                assert new or (removable and clip_id in deleted), (name, clip_id)
        self.listed = {x for x, row in rows.items() if row is not None and row.deleted_at is None}
        self.deleted = {
            x: row.deleted_at for x, row in rows.items() if row is not None and row.deleted_at
        }
        changed = (listed & self.deleted.keys()) | (deleted.keys() & self.listed)
        assert len(changed) <= (name in ("delete", "restore")), name

    # --- what always holds ---

    def check(self):
        queries = self.library.catalog.queries
        listed = [clip.id for clip in queries.page(EVERYTHING, limit=999)]
        deleted = [clip.id for clip in queries.deleted(limit=999)]
        assert sorted(listed) == sorted(self.listed)
        assert sorted(deleted) == sorted(self.deleted)
        assert not self.library.catalog.queries.in_state(ClipState.REMOVING)
        for clip_id in self.all:
            row = self.library.catalog.get(clip_id)
            video = self.library.clips_dir / row.path
            assert video.is_file() is row.local
            assert row.local or row.cloud is CloudState.STORED
            assert row.deleted_at == self.deleted.get(clip_id)
            if row.cloud is CloudState.STORED:
                assert [x for x in self.library.store.names(".mp4") if clip_id in x]
        stems = {name.partition(".")[0] for name in self.library.left()}
        assert stems <= set(self.all)


STEPS = [
    *("save", "upload", "delete", "restore", "purge", "purge_listed", "retain"),
    *("retain_on_full_disk_while_triggered", "trigger", "restart"),
]
KILLABLE = ["upload", "delete", "restore", "purge", "retain"]
steps = st.tuples(st.sampled_from(STEPS), st.integers(0, 20))
crashes = st.tuples(st.sampled_from(KILLABLE), st.integers(0, 20), st.integers(0, 30))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(steps, steps, crashes), max_size=25))
def test_any_sequence_loses_nothing_early_and_purges_nothing_while_triggered(
    tmp_path_factory, sequence
):
    house = House(tmp_path_factory.mktemp("house"))
    for number in range(3):
        house.save(number)
    try:
        for name, *numbers in sequence:
            if len(numbers) > 1:
                house.crash(name, *numbers)
            else:
                getattr(house, name)(*numbers)
            house.check()
    finally:
        house.library.close()


@pytest.mark.parametrize("name", KILLABLE)
@pytest.mark.parametrize("operations", range(24))
def test_step_killed_at_any_operation_is_done_or_not(tmp_path, name, operations):
    house = House(tmp_path)
    for number in range(3):
        house.save(number)
    house.upload(0)
    house.save(0)
    house.delete(0)
    house.delete(2)
    house.crash(name, 20, operations)
    house.check()
    house.library.close()
