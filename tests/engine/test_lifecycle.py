"""The states of clips, and who writes them."""

import ast
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
import re

from hypothesis import given, settings, strategies as st
from library_rig import NOON, LibraryRig, clip_row
import pytest

from custom_components.homesec.engine.core.errors import ClipNotFound, ClipProtected
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.library import lifecycle
from custom_components.homesec.engine.library.bucket_change import apply_bucket_change
from custom_components.homesec.engine.library.lifecycle import (
    LEGAL,
    TRANSITIONS,
    Change,
    Status,
    nearest_legal,
)
from custom_components.homesec.engine.library.recovery import finish_open_clips
from custom_components.homesec.engine.library.retention_policy import (
    Limits,
    RetentionRules,
    TierRules,
)
from custom_components.homesec.engine.worker.media_tools import LocalMediaTools

ENGINE = Path(lifecycle.__file__).parents[1]
COLUMNS = ("state", "local", "cloud", "deleted_at", "deleted_by")
EVERY = [
    Status(state, local, cloud)
    for state in ClipState
    for local in (False, True)
    for cloud in CloudState
]


# --- the table ---


def test_transitions_cover_every_change_and_only_legal_statuses():
    assert TRANSITIONS.keys() == set(Change)
    for steps in TRANSITIONS.values():
        assert steps.keys() <= LEGAL
        assert set(steps.values()) <= LEGAL


def test_every_finished_status_can_be_removed():
    recording = {status for status in LEGAL if status.state is ClipState.RECORDING}
    removing = {status for status in LEGAL if status.state is ClipState.REMOVING}
    assert TRANSITIONS[Change.REMOVING].keys() == LEGAL - recording - removing


@pytest.mark.parametrize("status", EVERY)
def test_nearest_legal_status_is_legal_and_keeps_legal_ones(status):
    assert nearest_legal(status) in LEGAL
    assert status not in LEGAL or nearest_legal(status) == status


@pytest.mark.parametrize("change", Change)
def test_apply_changes_exactly_what_the_table_says(tmp_path, change):
    library = LibraryRig(tmp_path)
    rows = {
        clip_row(NOON + n, state=s, local=local, cloud=c): Status(s, local, c)
        for n, (s, local, c) in enumerate(sorted(LEGAL))
    }
    for row in rows:
        library.catalog.put(row)
    changed = lifecycle.apply(library.catalog.database, change, "id > ?", ("",), cloud_bytes=7)
    assert [clip_id for clip_id, _ in changed] == [
        row.id for row, old in rows.items() if old in TRANSITIONS[change]
    ]
    for row, old in rows.items():
        now = library.row(row)
        assert status_of(now) == TRANSITIONS[change].get(old, old)
        if old in TRANSITIONS[change]:
            assert now.cloud_bytes == (7 if now.cloud is CloudState.STORED else 0)
    library.close()


@pytest.mark.parametrize("status", sorted(set(EVERY) - LEGAL))
def test_put_refuses_an_illegal_status(tmp_path, status):
    library = LibraryRig(tmp_path)
    state, local, cloud = status
    with pytest.raises(ValueError, match="a clip can't be"):
        library.catalog.put(clip_row(state=state, local=local, cloud=cloud))
    library.close()


@pytest.mark.parametrize("status", sorted(LEGAL))
@pytest.mark.parametrize("ending", [ClipState.SAVED, ClipState.FAILED])
def test_put_ends_only_what_is_recording_or_failed(tmp_path, status, ending):
    library = LibraryRig(tmp_path)
    state, local, cloud = status
    row = clip_row(state=state, local=local, cloud=cloud)
    library.catalog.put(row)
    library.catalog.put(
        replace(row, state=ending, local=True, cloud=CloudState.NONE, duration_s=9.0)
    )
    ends = state in (ClipState.RECORDING, ClipState.FAILED)
    assert status_of(library.row(row)) == (status._replace(state=ending) if ends else status)
    assert library.row(row).duration_s == 9.0
    library.close()


@pytest.mark.parametrize("status", sorted(LEGAL))
def test_delete_and_undelete_apply_to_finished_clips_only(tmp_path, status):
    library = LibraryRig(tmp_path)
    state, local, cloud = status
    row = clip_row(state=state, local=local, cloud=cloud)
    library.catalog.put(row)
    finished = state not in (ClipState.RECORDING, ClipState.REMOVING)
    database = library.catalog.database
    assert lifecycle.delete(database, row.id, at=NOON, by="Ann") is finished
    assert library.row(row) == (
        replace(row, deleted_at=NOON, deleted_by="Ann") if finished else row
    )
    assert not lifecycle.delete(database, row.id, at=NOON + 1, by="Bob")
    assert lifecycle.undelete(database, row.id) is finished
    assert library.row(row) == row
    assert not lifecycle.undelete(database, row.id)
    library.close()


@pytest.mark.parametrize("change", Change)
def test_deleted_clips_change_as_all_others(tmp_path, change):
    library = LibraryRig(tmp_path)
    for n, (state, local, cloud) in enumerate(sorted(LEGAL)):
        row = clip_row(NOON + n, state=state, local=local, cloud=cloud)
        library.catalog.put(row)
        deleted = lifecycle.delete(library.catalog.database, row.id, at=NOON, by="Ann")
        lifecycle.apply(library.catalog.database, change, "id = ?", (row.id,))
        now = library.row(row)
        old = Status(state, local, cloud)
        assert status_of(now) == TRANSITIONS[change].get(old, old)
        assert now.deleted_at == (NOON if deleted else None)
    library.close()


def test_put_refuses_a_deleted_recording(tmp_path):
    library = LibraryRig(tmp_path)
    with pytest.raises(ValueError, match="can't be deleted"):
        library.catalog.put(clip_row(state=ClipState.RECORDING, deleted_at=NOON))
    library.close()


def test_put_keeps_deletion(tmp_path):
    library = LibraryRig(tmp_path)
    clip = library.deleted()
    library.catalog.put(replace(clip, deleted_at=None, deleted_by=None, duration_s=9.0))
    assert library.row(clip) == replace(clip, duration_s=9.0)
    library.close()


# --- the writers ---


def sql_of(path):
    """Yield every text of a module, with ``{}`` for each value in an f-string."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(x.value if isinstance(x, ast.Constant) else "{}" for x in node.values)


def writes_status(sql):
    if re.search(r"\b(INSERT|REPLACE)\b[^(]*\bINTO clips\b", sql):
        return True
    update = re.search(r"\bUPDATE (?:OR \w+ )?clips SET (.*?)(?: WHERE | FROM |$)", sql, re.DOTALL)
    return bool(update) and (
        "{}" in update[1] or bool(re.search(rf"\b({'|'.join(COLUMNS)})\b *(?:,|=|\))", update[1]))
    )


def test_only_lifecycle_writes_state_copies_and_deletion():
    writers = {
        path.relative_to(ENGINE).as_posix()
        for path in ENGINE.rglob("*.py")
        if any(writes_status(sql) for sql in sql_of(path))
    }
    assert writers == {"library/lifecycle.py"}


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO clips (id) VALUES (?)",
        "INSERT OR REPLACE INTO clips VALUES (?)",
        "UPDATE clips SET local = 1 WHERE id = ?",
        "UPDATE clips SET cloud_bytes = 0, cloud = ?",
        "UPDATE clips SET (state, error) = (?, ?)",
        "UPDATE clips SET deleted_at = NULL",
        "UPDATE clips SET {} WHERE id = ?",
    ],
)
def test_writer_of_status_is_found(sql):
    assert writes_status(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE clips SET zones = ? WHERE state = ?",
        "INSERT INTO clip_zones VALUES (?)",
        "UPDATE clips SET cloud_bytes = 0 WHERE cloud = ?",
    ],
)
def test_other_writers_are_not_found(sql):
    assert not writes_status(sql)


# --- any sequence of operations ---


class Actions(LibraryRig):
    """Operations on clips; the number selects the clip or the variant."""

    def __init__(self, folder):
        super().__init__(folder)
        self.count = 0

    def some(self, number):
        rows = self.catalog.queries.page(limit=99)
        rows += self.catalog.queries.in_state(ClipState.MISSING)
        return rows[number % len(rows)] if rows else None

    def record(self, number):
        self.count += 1
        clip = clip_row(NOON + self.count, state=ClipState.RECORDING)
        self.catalog.put(clip)
        endings = (ClipState.SAVED, ClipState.FAILED, None)
        if (ending := endings[number % 3]) is ClipState.SAVED:
            self.saved(NOON + self.count, id=clip.id, size=100)
        elif ending is not None:
            self.catalog.put(replace(clip, state=ending, error="disk_full"))

    def save(self, _number):
        self.count += 1
        self.saved(NOON + self.count)

    def upload(self, _number):
        self.clock.advance(901)
        self.run()

    def lose_file(self, number):
        if clip := self.some(number):
            self.files(clip)[0].unlink(missing_ok=True)

    def restore_file(self, number):
        if clip := self.some(number):
            self.write(clip)

    def verify(self, _number):
        self.copies.verify_files()

    def change_bucket(self, number):
        self.store.bucket_uri = f"gs://bucket{number % 3}"
        apply_bucket_change(self.catalog, self.store.bucket_uri)

    def protect(self, number):
        if clip := self.some(number):
            self.copies.protect(clip.id, protected=number % 2 == 0)

    def delete(self, number):
        if clip := self.some(number):
            self.copies.remove(clip)

    def move_to_recently_deleted(self, number):
        if (clip := self.some(number)) and not clip.protected:
            with suppress(ClipNotFound):
                self.recently_deleted.delete(clip.id, by=None)

    def restore(self, number):
        if deleted := self.catalog.queries.deleted(limit=99):
            self.recently_deleted.restore(deleted[number % len(deleted)].id)

    def purge(self, number):
        if deleted := self.catalog.queries.deleted(limit=99):
            with suppress(ClipProtected):
                self.recently_deleted.purge(deleted[number % len(deleted)].id)

    def retain(self, number):
        one = TierRules(total_bytes=100)
        rules = (RetentionRules(local=one), RetentionRules(cloud=one))[number % 2]
        self.make_retention(rules, uploading=True).apply()

    def expire(self, _number):
        old = TierRules(each=Limits(max_age_s=-9.0))
        self.make_retention(RetentionRules(cloud=old)).apply()

    def queue(self, _number):
        self.copies.upload_existing()

    def restart(self, _number):
        finish_open_clips(self.catalog, self.clips_dir, LocalMediaTools(), self.events.append)
        self.copies.finish_removals()
        self.copies.verify_files()


ACTIONS = [name for name in vars(Actions) if not name.startswith("_") and name != "some"]


def status_of(clip):
    return Status(clip.state, clip.local, clip.cloud)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9)), max_size=25))
def test_any_sequence_of_operations_reaches_legal_statuses_only(tmp_path_factory, actions):
    folder = tmp_path_factory.mktemp("house")
    library = Actions(folder)
    apply_bucket_change(library.catalog, library.store.bucket_uri)
    try:
        for name, number in actions:
            getattr(library, name)(number)
            rows = [c for state in ClipState for c in library.catalog.queries.in_state(state)]
            assert {status_of(clip) for clip in rows} <= LEGAL, name
    finally:
        library.close()
