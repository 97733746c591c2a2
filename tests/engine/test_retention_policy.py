"""Which copies of clips are removed."""

from hypothesis import given, strategies as st
from library_rig import NOON
import pytest

from custom_components.homesec.engine.core.clip_id import first_clip_id
from custom_components.homesec.engine.core.events import RemovalReason
from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.library.copies import ClipSummary
from custom_components.homesec.engine.library.retention_policy import (
    Limits,
    RetentionRules,
    Tier,
    TierRules,
    plan,
)

DAY = 86400.0
CAMERAS = ("door", "yard", "attic")


def holding(age_s=0.0, *, camera_id="door", size=10, local=True, cloud=CloudState.NONE, kept=False):
    cloud_bytes = size + 1 if cloud is CloudState.STORED else 0
    return ClipSummary(
        first_clip_id(NOON - age_s), camera_id, size, local, cloud, cloud_bytes, kept
    )


def run(summaries, *, local=None, cloud=None, free=1000, floor=0, uploading=True):
    rules = RetentionRules(
        local=local or TierRules(), cloud=cloud or TierRules(), min_free_bytes=floor
    )
    summaries = sorted(summaries)
    removals = plan(summaries, rules, now=NOON, free_bytes=free, uploading=uploading)
    tier = {h.id: n for n, h in enumerate(summaries)}
    return [(tier[r.clip_id], r.tier, r.reason, r.last_copy) for r in removals]


LOCAL, CLOUD = Tier.LOCAL, Tier.CLOUD
AGE, SIZE, SPACE = RemovalReason.AGE, RemovalReason.SIZE, RemovalReason.SPACE
STORED, WAITING = CloudState.STORED, CloudState.WAITING


def test_plan_without_rules_removes_nothing():
    assert run([holding(9 * DAY), holding(1e8, cloud=STORED)]) == []


def test_plan_removes_expired_copies():
    old, new = holding(8 * DAY), holding(6 * DAY)
    rules = TierRules(each=Limits(max_age_s=7 * DAY))
    assert run([old, new], local=rules) == [(0, LOCAL, AGE, True)]


def test_plan_removes_oldest_copies_above_size_limit():
    rules = TierRules(each=Limits(max_bytes=25))
    clips = [holding(n) for n in range(4)]
    assert run(clips, local=rules) == [(0, LOCAL, SIZE, True), (1, LOCAL, SIZE, True)]


def test_expired_copies_do_not_count_for_size_limit():
    rules = TierRules(each=Limits(max_bytes=25, max_age_s=DAY))
    clips = [holding(2 * DAY), holding(3 * DAY), holding(1), holding(2)]
    assert [reason for *_, reason, _ in run(clips, local=rules)] == [AGE, AGE]


def test_camera_limits_replace_common_ones():
    rules = TierRules(each=Limits(max_bytes=10), cameras={"yard": Limits(max_bytes=20)})
    clips = [holding(4 - n, camera_id=c) for n, c in enumerate(["door", "yard", "door", "yard"])]
    assert run(clips, local=rules) == [(0, LOCAL, SIZE, True)]


def test_total_limit_applies_to_all_cameras_together():
    rules = TierRules(total_bytes=20)
    clips = [holding(4 - n, camera_id=c) for n, c in enumerate(["door", "yard", "attic"])]
    assert run(clips, local=rules) == [(0, LOCAL, SIZE, True)]


def test_tiers_have_separate_rules():
    clips = [holding(5 * DAY, cloud=STORED), holding(50 * DAY, cloud=STORED)]
    local = TierRules(each=Limits(max_age_s=DAY))
    cloud = TierRules(each=Limits(max_age_s=30 * DAY))
    assert run(clips, local=local, cloud=cloud) == [
        (0, LOCAL, AGE, False),
        (1, LOCAL, AGE, False),
        (0, CLOUD, AGE, True),
    ]


def test_expired_cloud_copy_leaves_local_copy():
    cloud = TierRules(each=Limits(max_age_s=DAY))
    assert run([holding(2 * DAY, cloud=STORED)], cloud=cloud) == [(0, CLOUD, AGE, False)]


@pytest.mark.parametrize(("uploading", "expected"), [(True, []), (False, [(0, LOCAL, AGE, True)])])
def test_waiting_clip_is_kept_while_uploading(uploading, expected):
    rules = TierRules(each=Limits(max_age_s=DAY))
    clips = [holding(9 * DAY, cloud=WAITING)]
    assert run(clips, local=rules, uploading=uploading) == expected


def test_full_disk_removes_uploaded_copies_first_then_oldest():
    clips = [
        holding(5, cloud=WAITING),
        holding(4, cloud=STORED),
        holding(3),
        holding(2, cloud=STORED),
    ]
    assert run(clips, free=70, floor=85) == [(1, LOCAL, SPACE, False), (3, LOCAL, SPACE, False)]
    assert run(clips, free=70, floor=95) == [
        (0, LOCAL, SPACE, True),
        (1, LOCAL, SPACE, False),
        (3, LOCAL, SPACE, False),
    ]


def test_space_freed_by_limits_counts_for_free_space():
    rules = TierRules(each=Limits(max_age_s=DAY))
    clips = [holding(2 * DAY), holding(1)]
    assert run(clips, local=rules, free=70, floor=80) == [(0, LOCAL, AGE, True)]


def test_protected_clip_is_kept_on_full_disk():
    rules = TierRules(each=Limits(max_age_s=1, max_bytes=0), total_bytes=0)
    clips = [holding(9 * DAY, cloud=STORED, kept=True)]
    assert run(clips, local=rules, cloud=rules, free=0, floor=1000) == []


def test_clock_set_back_expires_nothing():
    rules = TierRules(each=Limits(max_age_s=DAY))
    assert run([holding(-90 * DAY)], local=rules) == []


# --- properties of any plan ---

sizes = st.one_of(st.none(), st.integers(0, 300))
limits = st.builds(Limits, max_age_s=st.one_of(st.none(), st.floats(0, 100 * DAY)), max_bytes=sizes)
places = st.builds(
    TierRules,
    each=limits,
    cameras=st.dictionaries(st.sampled_from(CAMERAS), limits),
    total_bytes=sizes,
)
rule_sets = st.builds(
    RetentionRules, local=places, cloud=places, min_free_bytes=st.integers(0, 500)
)
held = st.lists(
    st.builds(
        holding,
        st.floats(-10 * DAY, 100 * DAY),
        camera_id=st.sampled_from(CAMERAS),
        size=st.integers(0, 50),
        local=st.booleans(),
        cloud=st.sampled_from(CloudState),
        kept=st.booleans(),
    ).filter(lambda h: h.local or h.cloud is STORED),
    max_size=12,
    unique_by=lambda h: h.id,
).map(sorted)


class Outcome:
    """The copies that a plan leaves."""

    def __init__(self, clips, rules, free, uploading):
        self.clips, self.rules, self.free, self.uploading = clips, rules, free, uploading
        self.removals = plan(clips, rules, now=NOON, free_bytes=free, uploading=uploading)
        self.by_id = {h.id: h for h in clips}
        self.reason = {(r.clip_id, r.tier): r.reason for r in self.removals}
        self.freed = sum(h.bytes for h in clips if self.removed(h, LOCAL))

    def removed(self, holding, tier):
        return (holding.id, tier) in self.reason

    def stay(self, tier):
        """Return (clip, bytes) of a tier's remaining copies."""
        copies = (
            [(h, h.bytes) for h in self.clips if h.local]
            if tier is LOCAL
            else [(h, h.cloud_bytes) for h in self.clips if h.cloud is STORED]
        )
        return [(h, size) for h, size in copies if not self.removed(h, tier)]

    def may_go(self, holding, tier):
        """Return whether a limit may remove a clip."""
        waits = tier is LOCAL and self.uploading and holding.cloud is WAITING
        return not holding.protected and not waits


outcomes = st.builds(Outcome, held, rule_sets, st.integers(0, 600), st.booleans())
each_tier = pytest.mark.parametrize("tier", Tier)


@given(outcomes)
def test_plan_removes_each_copy_once_and_skips_protected_clips(out):
    assert len(out.reason) == len(out.removals)
    for removal in out.removals:
        clip = out.by_id[removal.clip_id]
        assert clip.local if removal.tier is LOCAL else clip.cloud is STORED
        assert not clip.protected


@given(outcomes)
def test_plan_marks_last_copies(out):
    for removal in out.removals:
        clip = out.by_id[removal.clip_id]
        here = removal.tier is CLOUD and clip.local and not out.removed(clip, LOCAL)
        there = removal.tier is LOCAL and clip.cloud is STORED
        assert removal.last_copy is not (here or there)


@each_tier
@given(outcomes)
def test_plan_leaves_no_expired_copy(tier, out):
    rules = out.rules.local if tier is LOCAL else out.rules.cloud
    for clip, _ in out.stay(tier):
        limit = rules.cameras.get(clip.camera_id, rules.each).max_age_s
        if limit is not None and out.may_go(clip, tier):
            assert clip.id >= first_clip_id(NOON - limit)


@each_tier
@given(outcomes)
def test_plan_exceeds_size_limit_only_with_kept_copies(tier, out):
    rules = out.rules.local if tier is LOCAL else out.rules.cloud
    groups = [
        (rules.cameras.get(camera, rules.each).max_bytes, lambda h, c=camera: h.camera_id == c)
        for camera in CAMERAS
    ]
    for limit, belongs in (*groups, (rules.total_bytes, lambda _: True)):
        its = [(h, size) for h, size in out.stay(tier) if belongs(h)]
        if limit is not None and sum(size for _, size in its) > limit:
            assert not [h for h, _ in its if out.may_go(h, tier)]


@given(outcomes)
def test_plan_frees_space_unless_only_protected_clips_are_left(out):
    if out.free + out.freed < out.rules.min_free_bytes:
        assert all(h.protected for h, _ in out.stay(LOCAL))


@given(outcomes)
def test_plan_frees_no_more_space_than_needed(out):
    space = [r for r in out.removals if r.reason is SPACE]
    assert all(r.tier is LOCAL for r in space)
    if space:
        largest = max(r.bytes for r in space)
        assert out.free + out.freed - largest < out.rules.min_free_bytes


@given(outcomes)
def test_plan_removes_last_copies_for_space_last(out):
    if any(r.last_copy for r in out.removals if r.reason is SPACE):
        assert not [h for h, _ in out.stay(LOCAL) if h.cloud is STORED and not h.protected]


@given(outcomes)
def test_plan_removes_waiting_clip_for_space_only(out):
    for removal in out.removals:
        if out.uploading and out.by_id[removal.clip_id].cloud is WAITING:
            assert removal.reason is SPACE


@pytest.mark.parametrize("safe", [True, False])
@given(outcomes)
def test_plan_frees_space_oldest_first(safe, out):
    kind = [h for h in out.clips if h.local and not h.protected and (h.cloud is STORED) is safe]
    newest = max((h.id for h in kind if out.reason.get((h.id, LOCAL)) is SPACE), default="")
    assert all(out.removed(h, LOCAL) for h in kind if h.id < newest)


@given(outcomes)
def test_plan_after_removals_is_empty(out):
    after = [
        h._replace(
            local=h.local and not out.removed(h, LOCAL),
            cloud=CloudState.DROPPED if out.removed(h, CLOUD) else h.cloud,
            cloud_bytes=0 if out.removed(h, CLOUD) else h.cloud_bytes,
        )
        for h in out.clips
    ]
    after = [h for h in after if h.local or h.cloud is STORED]
    again = Outcome(after, out.rules, out.free + out.freed, out.uploading)
    assert again.removals == []
