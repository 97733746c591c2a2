"""Deleted clips that are purged: by an administrator, or by retention."""

from dataclasses import replace

from library_rig import NOON, LibraryRig, clip_row
import pytest

from custom_components.homesec.engine.core.errors import ClipNotFound, PurgeHeld
from custom_components.homesec.engine.core.events import (
    ClipsRemoved,
    RemovalReason,
)
from custom_components.homesec.engine.core.types import ClipState, CloudState
from custom_components.homesec.engine.library.catalog import LAST_RUN_KEY
from custom_components.homesec.engine.library.deletion_marker import marker_path
from custom_components.homesec.engine.library.retention_policy import (
    DELETED_KEPT_S,
    Limits,
    RetentionRules,
    TierRules,
)

DAY = 86400.0


@pytest.fixture
def library(tmp_path):
    made = LibraryRig(tmp_path)
    yield made
    made.close()


def marker(library, clip):
    return marker_path(library.clips_dir / clip.path)


def apply_after(library, seconds, rules=None, **options):
    """Let time pass, and apply retention; return the ids of the deleted clips that are left."""
    retention = library.make_retention(rules, **options)
    library.clock.advance(seconds)
    retention.apply()
    return [clip.id for clip in library.catalog.queries.deleted(limit=99)]


# --- purged ---


def test_purge_removes_files_and_objects(library):
    clip = library.deleted()
    library.recently_deleted.purge(clip.id)
    library.run()
    assert library.row(clip) is None
    assert (library.left(), library.store.names()) == ([], [])


def test_purge_of_clip_that_is_not_deleted_raises(library):
    clip = library.saved()
    with pytest.raises(ClipNotFound):
        library.recently_deleted.purge(clip.id)
    assert library.row(clip) == clip


def test_purge_while_triggered_raises(library):
    clip = library.deleted()
    library.triggered = True
    with pytest.raises(PurgeHeld):
        library.recently_deleted.purge(clip.id)
    assert library.row(clip) == clip


def test_purge_of_clip_restored_meanwhile_keeps_it(library):
    clip = library.deleted()
    library.recently_deleted.restore(clip.id)
    assert not library.copies.remove(clip)
    assert library.row(clip).deleted_at is None
    assert library.files(clip)[0].exists()


# --- retention ---


def test_deleted_clip_is_purged_after_its_time_only(library):
    clip = library.deleted()
    assert apply_after(library, DELETED_KEPT_S - 1) == [clip.id]
    assert apply_after(library, 1) == []
    library.run()
    assert (library.left(), library.store.names()) == ([], [])
    assert library.of(ClipsRemoved) == [
        ClipsRemoved(count=1, bytes=100, reason=RemovalReason.DELETED, last_copies=1)
    ]


@pytest.mark.parametrize("state", [ClipState.FAILED, ClipState.MISSING])
def test_deleted_clip_without_copies_is_purged_after_its_time(library, state):
    clip = clip_row(NOON - 90 * DAY, state=state)
    library.catalog.put(clip)
    library.recently_deleted.delete(clip.id, by=None)
    assert apply_after(library, DELETED_KEPT_S - 1) == [clip.id]
    assert apply_after(library, 1) == []


def test_nothing_deleted_is_purged_while_triggered(library):
    clip = library.deleted()
    library.triggered = True
    assert apply_after(library, 30 * DAY) == [clip.id]
    library.triggered = False
    assert apply_after(library, 0) == []


def test_age_limit_does_not_apply_to_deleted_clip(library):
    clip = library.deleted(NOON - 29.5 * DAY)
    month = TierRules(each=Limits(max_age_s=30 * DAY))
    rules = RetentionRules(local=month, cloud=month)
    assert apply_after(library, DAY, rules) == [clip.id]
    assert library.row(clip) == clip


def test_size_limit_removes_deleted_clips_first(library):
    old = library.saved(NOON, cloud=CloudState.NONE)
    new = library.saved(NOON + 9, cloud=CloudState.NONE)
    library.recently_deleted.delete(new.id, by=None)
    limit = RetentionRules(local=TierRules(total_bytes=150))
    assert apply_after(library, 0, limit, uploading=False) == []
    assert library.row(old)


def test_full_disk_removes_deleted_clips_first(library):
    stored = library.stored(NOON)
    new = library.deleted(NOON + 9)
    library.make_retention(RetentionRules(min_free_bytes=150), free=100).apply()
    assert library.row(stored).local
    assert (library.row(new).local, library.row(new).cloud) == (False, CloudState.STORED)
    assert not marker(library, new).exists()


def test_full_disk_removes_deleted_clip_that_waits_for_upload_after_those_in_the_cloud(library):
    waiting = library.saved(NOON)
    library.recently_deleted.delete(waiting.id, by=None)
    stored = replace(waiting, id=clip_row(NOON + 9).id, cloud=CloudState.STORED)
    library.write(stored)
    library.catalog.put(stored)
    library.make_retention(RetentionRules(min_free_bytes=150), free=100).apply()
    assert not library.row(stored).local
    assert library.row(waiting).local


@pytest.mark.parametrize(
    ("rules", "free"),
    [
        (RetentionRules(min_free_bytes=10**6), 0),
        (RetentionRules(local=TierRules(total_bytes=1), cloud=TierRules(total_bytes=1)), 10**12),
        (RetentionRules(deleted_kept_s=0.0), 10**12),
    ],
)
def test_filling_the_disk_while_triggered_purges_nothing(library, rules, free):
    clip = library.deleted()
    library.triggered = True
    library.saved(NOON + 9)
    apply_after(library, 0, rules, free=free)
    assert library.row(clip) == clip
    assert library.files(clip)[0].exists()


def test_size_limit_while_triggered_removes_nothing_in_place_of_deleted_clips(library):
    old = library.saved(NOON, cloud=CloudState.NONE)
    new = library.saved(NOON + 9, cloud=CloudState.NONE)
    library.recently_deleted.delete(new.id, by=None)
    library.triggered = True
    limit = RetentionRules(local=TierRules(total_bytes=150))
    apply_after(library, 0, limit, uploading=False)
    assert library.row(old)
    assert library.row(new)


def test_clip_deleted_with_a_clock_that_is_years_behind_is_kept_for_its_time(library):
    library.catalog.set_value(LAST_RUN_KEY, f"{NOON}")
    library.clock.wall -= 20 * 365 * DAY
    clip = library.deleted()
    assert clip.deleted_at == NOON
    library.clock.wall += 20 * 365 * DAY
    assert apply_after(library, 6 * DAY) == [clip.id]


def test_full_disk_while_triggered_removes_other_clips_only(library):
    old = library.saved(NOON, cloud=CloudState.NONE)
    new = library.saved(NOON + 9, cloud=CloudState.NONE)
    library.recently_deleted.delete(new.id, by=None)
    library.triggered = True
    library.make_retention(RetentionRules(min_free_bytes=150), free=100, uploading=False).apply()
    assert library.row(old) is None
    assert library.row(new).deleted_at == NOON


def test_alarm_triggered_during_a_run_ends_its_purges(library):
    clips = [library.deleted(NOON + n) for n in range(3)]
    was_asked = []

    def purge_held():
        was_asked.append(None)
        return len(was_asked) > 2  # while the plan is made, and for its first clip

    retention = library.make_retention(RetentionRules(local=TierRules(total_bytes=1)))
    retention._purge_held = purge_held
    retention.apply()
    assert [library.row(clip).local for clip in clips] == [False, True, True]
