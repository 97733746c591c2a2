"""A new system keeps clips for a month, and leaves a part of the disk to other programs."""

from hypothesis import given, strategies as st
from library_rig import NOON, LibraryRig
import pytest
from test_p4_modes_and_delays import add_entry

from custom_components.homesec.cloud.retention_config import (
    DiskSpace,
    disk_space,
    new_retention,
    retention_rules,
)
from custom_components.homesec.engine.core.clip_id import first_clip_id
from custom_components.homesec.engine.core.types import CloudState
from custom_components.homesec.engine.library.copies import ClipSummary
from custom_components.homesec.engine.library.retention_policy import RetentionRules, plan

DAY_S = 86_400.0


async def test_new_entry_keeps_month_and_fifth_of_disk_and_says_so(hass, monkeypatch):
    monkeypatch.setattr(
        "custom_components.homesec.config_flow.disk_space", lambda _: DiskSpace(1000, 900)
    )
    flow = await hass.config_entries.flow.async_init("homesec", context={"source": "user"})
    said = flow["description_placeholders"]
    assert (said["days"], said["percent"]) == ("30", "20")
    hass.config_entries.flow.async_abort(flow["flow_id"])
    entry = await add_entry(hass)
    rules = retention_rules(entry.data)
    assert rules.local.each.max_age_s == 30 * DAY_S
    assert rules.min_free_share == 0.2
    assert entry.runtime_data.host.engine.library._retention.rules == rules


def test_existing_entry_keeps_everything_but_a_gibibyte():
    assert retention_rules({"detector": "ncnn"}) == RetentionRules()


@pytest.mark.parametrize(("free", "percent"), [(1000, 20), (400, 20), (200, 10), (30, 1), (0, 0)])
def test_full_disk_gets_smaller_share(free, percent):
    assert new_retention(DiskSpace(1000, free))["min_free_percent"] == percent


def test_disk_of_missing_folder_is_that_of_its_parent(tmp_path):
    assert disk_space(tmp_path / "not" / "yet").total == disk_space(tmp_path).total


def clip(age_s, size, *, cloud=CloudState.NONE, kept=False):
    return ClipSummary(first_clip_id(NOON - age_s), "door", size, True, cloud, 0, kept)


@given(
    ages=st.lists(st.integers(0, 40), max_size=12, unique=True),
    free=st.integers(0, 100),
    share=st.sampled_from([0.0, 0.1, 0.2, 0.5]),
    waiting=st.sets(st.integers(0, 40)),
)
def test_share_is_met_by_old_clips_alone(ages, free, share, waiting):
    clips = sorted(
        clip(age * DAY_S, 10, cloud=CloudState.WAITING if age in waiting else CloudState.NONE)
        for age in ages
    )
    rules = RetentionRules(min_free_bytes=0, min_free_share=share)
    removals = plan(clips, rules, now=NOON, free_bytes=free, disk_bytes=100, uploading=True)
    removed = {each.clip_id for each in removals}
    left = free + 10 * len(removed)
    old = [c for c in clips if c.id < first_clip_id(NOON - DAY_S) and c.cloud is CloudState.NONE]
    assert removed <= {c.id for c in old}
    assert left >= 100 * share or removed == {c.id for c in old}
    assert not removed or left < 100 * share + 10  # none too many
    assert removed == {c.id for c in old[: len(removed)]}  # the oldest


def test_retention_thread_frees_share_of_disk(tmp_path):
    rig = LibraryRig(tmp_path)
    try:
        old, new = rig.saved(NOON - 9 * DAY_S, size=400), rig.saved(NOON - 60, size=400)
        rules = RetentionRules(min_free_bytes=0, min_free_share=0.2)
        retention = rig.make_retention(rules, free=100, uploading=False, disk_size=lambda: 1000)
        retention.apply()
        assert rig.catalog.get(old.id) is None
        assert rig.catalog.get(new.id) is not None
    finally:
        rig.close()
