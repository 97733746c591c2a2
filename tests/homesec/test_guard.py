"""An armed alarm is weakened only by who may disarm it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from alarm_fixtures import CODES, PINS, WRONG, panel, with_alarm
from clip_factory import EVENING, ClipFactory
from guard_fixtures import ZONE, armed
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from homesec_fixtures import CAMERA_ID, arm, entity_id, set_up, state, until
from page_client import PageClient
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.homesec import logbook
from custom_components.homesec.alarm.pins import PinKind
from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

FULL = CODES[PinKind.FULL]
ALL_ENTITIES = {"entities": {"all": True}}


@pytest.fixture
def guest(hass: HomeAssistant) -> MockUser:
    """A user who may control everything, but isn't an administrator."""
    user = MockUser(name="Guest").add_to_hass(hass)
    user.permissions = PolicyPermissions(ALL_ENTITIES, None)
    return user


@pytest.fixture
def refusals(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_refused")


@pytest.fixture
def weakened(hass: HomeAssistant) -> list[Event]:
    return async_capture_events(hass, "homesec_alarm_weakened")


async def switch_off(hass: HomeAssistant, user: MockUser | None, **context: Any) -> None:
    await hass.services.async_call(
        "switch",
        "turn_off",
        {"entity_id": entity_id(hass, "switch", "detection")},
        blocking=True,
        context=Context(user_id=None if user is None else user.id, **context),
    )
    await hass.async_block_till_done()


async def act(hass: HomeAssistant, action: str, user: MockUser | None = None, **data: Any) -> None:
    context = Context(user_id=None if user is None else user.id)
    await hass.services.async_call("homesec", action, data, blocking=True, context=context)
    await hass.async_block_till_done()


def snoozed(entry: MockConfigEntry) -> float | None:
    return entry.runtime_data.alerts.snoozed_until(CAMERA_ID)


# --- who may ------------------------------------------------------------------------------------


async def test_switch_while_armed_without_pin_is_refused_and_says_how(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    refusals: list[Event],
) -> None:
    await armed(hass, entry)
    with pytest.raises(ServiceValidationError, match="Turn detection on or off action") as refused:
        await switch_off(hass, guest)
    assert refused.value.translation_key == "guard_detection_off"
    assert state(hass, "switch", "detection") == "on"
    [event] = refusals
    assert {key: event.data[key] for key in ("reason", "action", "source", "by", "cameras")} == {
        "reason": "code_missing",
        "action": "detection_off",
        "source": "user",
        "by": "Guest",
        "cameras": ["Front door"],
    }
    assert event.context.user_id == guest.id


@pytest.mark.parametrize("admin", [True, False])
async def test_set_detection_with_pin_turns_camera_off(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    hass_admin_user: MockUser,
    weakened: list[Event],
    admin: bool,
) -> None:
    user = hass_admin_user if admin else guest
    await armed(hass, entry)
    with pytest.raises(ServiceValidationError):
        await act(hass, "set_detection", user, camera=[CAMERA_ID], enabled=False)
    assert weakened == []
    await act(hass, "set_detection", user, camera=[CAMERA_ID], enabled=False, code=FULL)
    assert state(hass, "switch", "detection") == "off"
    # The changed setting isn't announced again.
    assert [(each.data["action"], each.data["by"]) for each in weakened] == [
        ("detection_off", "Ann")
    ]


@pytest.mark.parametrize("kind", [PinKind.ARM, None])
async def test_pin_that_may_not_disarm_is_refused(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    refusals: list[Event],
    kind: PinKind | None,
) -> None:
    await armed(hass, entry)
    code = WRONG if kind is None else CODES[kind]
    with pytest.raises(ServiceValidationError) as refused:
        await act(hass, "snooze", guest, camera=[CAMERA_ID], duration="01:00:00", code=code)
    assert refused.value.translation_key == "wrong_code"
    assert snoozed(entry) is None
    [event] = refusals
    assert (event.data["reason"], event.data["action"]) == ("wrong_code", "snooze")


async def test_duress_pin_weakens_and_tells(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    duress = async_capture_events(hass, "homesec_alarm_duress")
    await armed(hass, entry)
    user = MockUser(name="Ann").add_to_hass(hass)
    user.permissions = PolicyPermissions(ALL_ENTITIES, None)
    code = CODES[PinKind.DURESS]
    await act(hass, "snooze", user, camera=[CAMERA_ID], duration="01:00:00", code=code)
    assert snoozed(entry) is not None
    assert len(duress) == 1


async def test_automation_weakens_without_pin_and_is_recorded(
    hass: HomeAssistant, entry: MockConfigEntry, weakened: list[Event]
) -> None:
    await armed(hass, entry)
    context = Context()
    await hass.services.async_call(
        "homesec",
        "snooze",
        {"camera": [CAMERA_ID], "duration": "01:00:00"},
        blocking=True,
        context=context,
    )
    assert snoozed(entry) is not None
    [event] = weakened
    assert (event.data["action"], event.data["source"], event.data["by"]) == (
        "snooze",
        "automation",
        None,
    )
    assert event.context == context


async def test_script_run_by_guest_has_no_more_rights(
    hass: HomeAssistant, entry: MockConfigEntry, guest: MockUser
) -> None:
    await armed(hass, entry)
    target = {"entity_id": entity_id(hass, "switch", "detection")}
    actions = [{"action": "switch.turn_off", "target": target}]
    assert await async_setup_component(hass, "script", {"script": {"off": {"sequence": actions}}})
    context = Context(user_id=guest.id)
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call("script", "off", {}, blocking=True, context=context)
    assert state(hass, "switch", "detection") == "on"


@pytest.mark.parametrize("by_voice", [True, False])
async def test_without_pins_control_right_is_enough(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    refusals: list[Event],
    by_voice: bool,
) -> None:
    await armed(hass, entry, pins=False)
    alarm = panel(hass, entry)
    switch = entity_id(hass, "switch", "detection")
    guest.permissions = PolicyPermissions({"entities": {"entity_ids": {switch: True}}}, None)
    with pytest.raises(ServiceValidationError) as refused:
        await switch_off(hass, guest)
    assert refused.value.translation_key == "guard_not_allowed"
    assert refusals[0].data["reason"] == "not_allowed"
    allowed = {"entities": {"entity_ids": {switch: True, alarm: True}}}
    guest.permissions = PolicyPermissions(allowed, None)
    await switch_off(hass, guest)
    assert state(hass, "switch", "detection") == "off"


async def test_disarmed_alarm_asks_for_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    refusals: list[Event],
    weakened: list[Event],
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    await switch_off(hass, guest)
    assert state(hass, "switch", "detection") == "off"
    await act(hass, "snooze", guest, camera=[CAMERA_ID], duration="01:00:00")
    assert snoozed(entry) is not None
    assert refusals + weakened == []


async def test_triggered_alarm_is_guarded_even_if_it_was_disarmed(
    hass: HomeAssistant, entry: MockConfigEntry, guest: MockUser
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    await hass.services.async_call(
        "alarm_control_panel", "alarm_trigger", {"entity_id": panel(hass, entry)}, blocking=True
    )
    with pytest.raises(ServiceValidationError):
        await switch_off(hass, guest)


async def test_end_of_snooze_and_detection_on_take_no_pin(
    hass: HomeAssistant, entry: MockConfigEntry, guest: MockUser, refusals: list[Event]
) -> None:
    await set_up(hass, with_alarm(entry, pins=PINS))
    await act(hass, "snooze", guest, camera=[CAMERA_ID], duration="01:00:00")
    await arm(hass, entry)
    await act(hass, "snooze", guest, camera=[CAMERA_ID], duration="00:00:00")
    await act(hass, "set_detection", guest, camera=[CAMERA_ID], enabled=True)
    assert snoozed(entry) is None
    assert refusals == []


# --- clips --------------------------------------------------------------------------------------


async def test_clips_are_deleted_and_unprotected_only_with_pin(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    hass_ws_client: WebSocketGenerator,
    weakened: list[Event],
) -> None:
    await armed(hass, entry)
    clip = await ClipFactory(entry, video).put(EVENING)
    page = PageClient(await hass_ws_client(hass))
    # Protecting strengthens.
    await page.call("clips/protect", ids=[clip.id], protected=True)
    error = await page.call_refused("clips/protect", ids=[clip.id], protected=False)
    assert error["translation_key"] == "guard_code_missing"
    await page.call("clips/protect", ids=[clip.id], protected=False, password=FULL)
    error = await page.call_refused("clips/delete", ids=[clip.id], password=WRONG)
    assert error["translation_key"] == "wrong_code"
    assert (await page.call("clips/delete", ids=[clip.id], password=FULL))["deleted"] == [clip.id]
    assert [(each.data["action"], each.data["clips"]) for each in weakened] == [
        ("clips_unprotected", 1),
        ("clips_deleted", 1),
    ]


@pytest.mark.parametrize(
    ("action", "data"), [("delete_clip", {}), ("protect_clip", {"protected": False})]
)
async def test_clip_actions_of_guest_take_pin(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    guest: MockUser,
    action: str,
    data: dict[str, Any],
) -> None:
    await armed(hass, entry)
    clip = await ClipFactory(entry, video).put(EVENING, protected=action == "protect_clip")
    with pytest.raises(ServiceValidationError):
        await act(hass, action, guest, clip_id=[clip.id], **data)
    await act(hass, action, guest, clip_id=[clip.id], code=FULL, **data)


async def test_page_commands_of_cameras_take_pin(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    await armed(hass, entry)
    calls = async_capture_events(hass, "call_service")
    page = PageClient(await hass_ws_client(hass))
    for command, fields in (
        ("cameras/snooze", {"cameras": [CAMERA_ID], "duration_s": 600}),
        ("cameras/detection", {"camera_id": CAMERA_ID, "on": False}),
        ("zones/save", {"camera_id": CAMERA_ID, "zones": [ZONE]}),
    ):
        error = await page.call_refused(command, **fields)
        assert error["translation_key"].startswith("guard_"), command
        await page.call(command, **fields, password=FULL)
    assert snoozed(entry) is not None
    await hass.async_block_till_done()
    assert state(hass, "switch", "detection") == "off"
    assert entry.subentries[CAMERA_ID].data["zones"][0]["name"] == "Drive"
    # Nothing of this is on Home Assistant's bus.
    assert calls == []


# --- cameras that are off -----------------------------------------------------------------------


def bypassed(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    return hass.states.get(panel(hass, entry)).attributes["bypassed"]


async def test_camera_turned_off_while_armed_is_bypassed_and_told(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event]
) -> None:
    await armed(hass, entry)
    await switch_off(hass, None)
    assert bypassed(hass, entry) == ["Front door"]
    await until(hass, lambda: alerts)
    data = alerts[0].data
    assert (data["kind"], data["title"]) == ("offline", "Armed without Front door")
    assert data["message"].startswith("Turned off at")
    await hass.services.async_call(
        "switch",
        "turn_on",
        {"entity_id": entity_id(hass, "switch", "detection")},
        blocking=True,
    )
    await until(hass, lambda: bypassed(hass, entry) == [])


async def test_arming_names_camera_that_is_off(
    hass: HomeAssistant, entry: MockConfigEntry, refusals: list[Event]
) -> None:
    events = async_capture_events(hass, "homesec_alarm_armed")
    await set_up(hass, entry)
    await switch_off(hass, None)
    with pytest.raises(ServiceValidationError, match="Front door") as refused:
        await arm(hass, entry)
    assert refused.value.translation_key == "camera_off"
    assert (refusals[0].data["reason"], refusals[0].data["cameras"]) == (
        "camera_off",
        ["Front door"],
    )
    await act(hass, "arm", entity_id=panel(hass, entry), mode="away", force=True)
    assert events[0].data["bypassed"] == bypassed(hass, entry) == ["Front door"]


async def test_camera_with_disabled_device_is_off_and_named(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    set_disabled(hass, entry, dr.DeviceEntryDisabler.USER)
    with pytest.raises(ServiceValidationError, match="Front door"):
        await arm(hass, entry)
    set_disabled(hass, entry, None)
    await arm(hass, entry)
    assert bypassed(hass, entry) == []


async def test_device_disabled_while_armed_stops_camera_and_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, alerts: list[Event], weakened: list[Event]
) -> None:
    await armed(hass, entry)
    set_disabled(hass, entry, dr.DeviceEntryDisabler.USER)
    await until(hass, lambda: alerts)
    assert [each.data["action"] for each in weakened] == ["camera_disabled"]
    assert bypassed(hass, entry) == ["Front door"]
    await until(hass, lambda: entry.runtime_data.cameras[CAMERA_ID].health.value == "off")


def set_disabled(
    hass: HomeAssistant, entry: MockConfigEntry, disabled: dr.DeviceEntryDisabler | None
) -> None:
    device_id = entry.runtime_data.devices.id_of(CAMERA_ID)
    dr.async_get(hass).async_update_device(device_id, disabled_by=disabled)


async def test_logbook_shows_attempts_with_who_and_what(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    guest: MockUser,
    refusals: list[Event],
    weakened: list[Event],
) -> None:
    await async_get_translations(hass, "en", "selector", {DOMAIN})
    await armed(hass, entry)
    with suppress(ServiceValidationError):
        await switch_off(hass, guest)
    await act(hass, "set_detection", guest, camera=[CAMERA_ID], enabled=False, code=FULL)
    described: dict[str, Any] = {}
    logbook.async_describe_events(hass, lambda _domain, kind, by: described.update({kind: by}))
    [allowed] = weakened
    assert [described[each.event_type](each)["message"] for each in (refusals[0], allowed)] == [
        "Detection turned off · No PIN · Front door · Guest",
        "Detection turned off · Front door · Ann",
    ]
