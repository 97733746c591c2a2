"""Changes of settings that can weaken an armed alarm are found, whatever changes."""

from __future__ import annotations

from typing import Any

from hypothesis import given, strategies as st

from custom_components.homesec.alarm.guard import Weakening
from custom_components.homesec.alarm.settings_change import Settings, Subentry, find_changes
from custom_components.homesec.cameras.config import DEFAULTS

KEYS = st.sampled_from([*DEFAULTS, "kind", "url", "password", "threshold", "something_new"])
VALUES = st.one_of(
    st.booleans(), st.integers(0, 9), st.text(max_size=3), st.lists(st.text(max_size=2), max_size=2)
)
CAMERA = st.dictionaries(KEYS, VALUES, max_size=6).map(
    lambda data: {k: [{"name": repr(v)}] if k == "zones" else v for k, v in data.items()}
)
ENTRY = st.dictionaries(
    st.sampled_from(["alarm", "retention", "storage", "seal_keys", "model", "new"]),
    VALUES,
    max_size=4,
)


def settings(entry: dict[str, Any], *cameras: dict[str, Any], kind: str = "camera") -> Settings:
    return Settings(
        data=entry,
        subentries={
            str(number): Subentry(subentry_type=kind, title=f"Name {number}", data=data)
            for number, data in enumerate(cameras)
        },
    )


def texts(value: Any) -> set[str]:
    return set(value) if isinstance(value, list) else set()


def effective(data: dict[str, Any]) -> dict[str, Any]:
    """Return a camera's settings without what only strengthens."""
    return {**DEFAULTS, **data}


@given(before=CAMERA, after=CAMERA)
def test_every_change_of_camera_is_found_except_what_strengthens(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    old, new = effective(before), effective(after)
    differing = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    for key in ("detection", "recording"):
        if after.get(key, True):
            differing.discard(key)
    for key in ("wake_sensors", "trusted_sensors"):
        if texts(old[key]) <= texts(new[key]):
            differing.discard(key)
    if old["disarmed"] == "off":
        differing.discard("disarmed")
    found = find_changes(settings({}, before), settings({}, after))
    assert bool(found) == bool(differing)
    assert {(each.camera_id, each.name) for each in found} <= {("0", "Name 0")}
    assert (Weakening.DETECTION_OFF in {x.action for x in found}) == ("detection" in differing)


@given(before=ENTRY, after=ENTRY)
def test_every_change_of_entry_is_found(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = find_changes(settings(before), settings(after))
    assert bool(found) == (before != after)
    assert len({each.action for each in found}) == len(found)


LIMITS = st.dictionaries(st.sampled_from("0123"), st.integers(1, 9), max_size=4)


@given(before=LIMITS, after=LIMITS, cameras=st.integers(0, 3))
def test_limits_that_end_with_a_removed_camera_weaken_nothing(
    before: dict[str, int], after: dict[str, int], cameras: int
) -> None:
    """``cameras`` is how many are left; their ids are the first numbers."""
    old, new = ({"retention": {"local_days": 3, "cameras": x}} for x in (before, after))
    found = find_changes(settings(old, *([{}] * cameras)), settings(new, *([{}] * cameras)))
    changed = any(before.get(str(x)) != after.get(str(x)) for x in range(cameras))
    assert [each.action for each in found] == ([Weakening.RETENTION] if changed else [])


@given(kept=CAMERA, removed=CAMERA, kind=st.sampled_from(["camera", "recipient"]))
def test_removed_subentry_is_found_and_added_one_is_not(
    kept: dict[str, Any], removed: dict[str, Any], kind: str
) -> None:
    less, more = settings({}, kept, kind=kind), settings({}, kept, removed, kind=kind)
    [found] = find_changes(more, less)
    assert (found.action, found.name) == (Weakening(f"{kind}_removed"), "Name 1")
    assert find_changes(less, more) == []


@given(before=CAMERA, after=CAMERA)
def test_every_change_of_recipient_is_found(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = find_changes(
        settings({}, before, kind="recipient"), settings({}, after, kind="recipient")
    )
    changed = [] if before == after else [Weakening.RECIPIENT_CHANGED]
    assert [each.action for each in found] == changed
