"""Retention rules in the config entry, the flow, and the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from camera_forms import suggested_values
from custom_model import choose
from homeassistant.config_entries import ConfigSubentry
from homesec_fixtures import CAMERA_ID, arm, call, entity_id, pictures, set_up, state, until
from pytest_homeassistant_custom_component.common import async_capture_events
from storage_fixtures import submit

from custom_components.homesec import const
from custom_components.homesec.cloud.retention_config import retention_rules
from custom_components.homesec.engine.library.retention_policy import (
    GIB,
    Limits,
    RetentionRules,
    TierRules,
)

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

DAY_S = 86_400.0


def test_rules_without_data_only_keep_space_free() -> None:
    assert retention_rules({"detector": "auto"}) == RetentionRules()


def test_rules_of_camera_default_to_rules_of_all() -> None:
    kept = {
        "local_days": 7,
        "cloud_gb": 100.0,
        "min_free_gb": 2.5,
        "deleted_days": 30,
        "cameras": {"a": {"local_gb": 1.5}, "b": {"local_days": 1, "cloud_days": 90}},
    }
    assert retention_rules({"retention": kept}) == RetentionRules(
        local=TierRules(
            each=Limits(max_age_s=7 * DAY_S),
            cameras={
                "a": Limits(max_age_s=7 * DAY_S, max_bytes=GIB * 3 // 2),
                "b": Limits(max_age_s=DAY_S),
            },
        ),
        cloud=TierRules(
            cameras={"a": Limits(), "b": Limits(max_age_s=90 * DAY_S)}, total_bytes=100 * GIB
        ),
        min_free_bytes=GIB * 5 // 2,
        deleted_kept_s=30 * DAY_S,
    )


async def test_changed_rules_apply_without_reload(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    runtime = entry.runtime_data
    assert runtime.host.engine.library._retention.rules == RetentionRules()
    flow = await choose(hass, entry, "retention")
    assert suggested_values(flow)["min_free_gb"] == 1
    assert suggested_values(flow)["deleted_days"] == 7
    answers = {
        "local_days": 30,
        "min_free_gb": 2,
        "deleted_days": 0,
        "cameras": [{"camera": "Front door", "local_days": 3, "cloud_gb": 5}],
    }
    done = await submit(hass, flow, answers)
    assert done["reason"] == "reconfigure_successful"
    assert entry.runtime_data is runtime
    assert entry.data["retention"] == {
        "local_days": 30,
        "min_free_gb": 2,
        "deleted_days": 0,
        "cameras": {CAMERA_ID: {"local_days": 3, "cloud_gb": 5}},
    }
    rules = runtime.host.engine.library._retention.rules
    assert rules == retention_rules(entry.data)
    assert rules.local.cameras[CAMERA_ID].max_age_s == 3 * DAY_S
    assert rules.deleted_kept_s == 0
    shown = suggested_values(await choose(hass, entry, "retention"))
    assert {key: shown[key] for key in answers} == answers


async def test_camera_has_one_rule_and_unique_name(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path
) -> None:
    await set_up(hass, entry)
    twin = ConfigSubentry(
        data=dict(entry.subentries[CAMERA_ID].data),
        subentry_type="camera",
        title="Front door",
        unique_id="camera:twin",
    )
    hass.config_entries.async_add_subentry(entry, twin)
    await hass.async_block_till_done(wait_background_tasks=True)
    flow = await choose(hass, entry, "retention")
    twice = [{"camera": "Front door"}, {"camera": "Front door"}]
    refused = await submit(hass, flow, {"min_free_gb": 1, "cameras": twice})
    assert refused["errors"] == {"cameras": "camera_twice"}
    both = [{"camera": "Front door"}, {"camera": "Front door (2)", "local_days": 1}]
    await submit(hass, refused, {"min_free_gb": 1, "cameras": both})
    assert entry.data["retention"]["cameras"] == {
        CAMERA_ID: {},
        twin.subentry_id: {"local_days": 1},
    }
    # A removed camera without clips has no rule.
    hass.config_entries.async_remove_subentry(entry, twin.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data["retention"]["cameras"] == {CAMERA_ID: {}}
    shown = suggested_values(await choose(hass, entry, "retention"))
    assert shown["cameras"] == [{"camera": "Front door"}]


async def test_clips_beyond_limit_are_removed(
    hass: HomeAssistant, entry: MockConfigEntry, config_dir: Path
) -> None:
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    await call(hass, "homesec", "record", entity_id(hass, "camera", "camera"), duration=1)
    await until(hass, lambda: saved)
    assert list((config_dir / "media").rglob("*.mp4"))
    data = {**entry.data, "retention": {"local_gb": 0.00001, "min_free_gb": 0}}
    hass.config_entries.async_update_entry(entry, data=data)
    await until(hass, lambda: state(hass, "sensor", "clips", entry.entry_id) == "0")
    assert not list((config_dir / "media").rglob("*.mp4"))


async def test_limits_of_removed_camera_end_with_its_last_clip(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    limits = {CAMERA_ID: {"local_days": 3650}}
    object.__setattr__(entry, "data", {**entry.data, "retention": {"cameras": limits}})
    saved = async_capture_events(hass, const.EVENT_CLIP_SAVED)
    weakened = async_capture_events(hass, const.EVENT_ALARM_WEAKENED)
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    await call(hass, "homesec", "record", entity_id(hass, "camera", "camera"), duration=1)
    await until(hass, lambda: saved)
    hass.config_entries.async_remove_subentry(entry, CAMERA_ID)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data["retention"]["cameras"] == limits
    # The form keeps them, too.
    await submit(hass, await choose(hass, entry, "retention"), {"min_free_gb": 2})
    assert entry.data["retention"] == {"min_free_gb": 2, "cameras": limits}
    await hass.async_block_till_done(wait_background_tasks=True)
    announced = [event.data["action"] for event in weakened]
    assert announced == ["camera_removed", "retention"]  # by the form

    library = entry.runtime_data.host.engine.library
    await hass.async_add_executor_job(library.delete, saved[0].data["clip_id"])
    assert await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: entry.data["retention"]["cameras"] == {})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(weakened) == 2
