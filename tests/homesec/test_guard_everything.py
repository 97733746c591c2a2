"""Whatever a user without a PIN tries, an armed alarm stays as strong as it was.

Nothing here is a list of known ways: every action, command, and intent that Home Assistant has is
called with made-up data that names everything of HomeSec.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from alarm_fixtures import PINS, with_alarm
from clip_factory import EVENING, ClipFactory
from homeassistant.auth.models import User
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.components import conversation
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    intent,
)
from homeassistant.setup import async_setup_component
from homesec_fixtures import CAMERA_ID, arm, call, entity_id, pictures, set_up, state
import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    CLIENT_ID,
    MockUser,
    async_capture_events,
)
from recipient_fixtures import ANN, recipient

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import WebSocketGenerator

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("twilio")]

POLICIES: dict[str, Any] = {
    "guest": {"entities": {"all": True}},
    "controller": {"entities": {"all": {"control": True}}},
    "reader": {"entities": {"all": {"read": True}}},
}
COMPONENTS = ("homeassistant", "config", "conversation", "scene", "script", "automation", "group")
PIN_ACTIONS = {
    *("homesec.snooze", "homesec.set_detection", "homesec.delete_clip", "homesec.protect_clip"),
    "homesec.move_camera",
    *("switch.turn_off", "switch.toggle", "homeassistant.turn_off", "homeassistant.toggle"),
    *("alarm_control_panel.alarm_disarm", "homesec.arm"),
}
"""Actions that reach HomeSec and would weaken it: each attempt has to leave a trace."""
COMMANDS = {
    *("homesec/clips/delete", "homesec/clips/protect", "homesec/cameras/snooze"),
    *("homesec/cameras/detection", "homesec/zones/save"),
    *("homesec/cameras/move", "homesec/cameras/go_to", "homesec/cameras/allow_moves"),
    *("homesec/alarm/disarm", "homesec/alarm/arm"),
}
"""Commands that would weaken it; any other of HomeSec's may do as it likes, but not weaken."""
ADMIN_COMMANDS = {
    *("config/entity_registry/update", "config/device_registry/update"),
    *("config_entries/disable", "config_entries/subentries/delete"),
    *("config_entries/subentries/list",),
    *("config/entity_registry/remove", "config_entries/update", "fire_event", "execute_script"),
}
"""Home Assistant's own, with which administrators can weaken anything."""
ENDS_CONNECTION = ("auth/", "mobile_app/", "supported_features")


class House:
    """A set-up HomeSec with everything that can be weakened."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry, clips: list[str]) -> None:
        self.hass = hass
        self.entry = entry
        self.clips = clips
        registry = er.async_get(hass)
        self.entities = [
            each.entity_id
            for each in er.async_entries_for_config_entry(registry, entry.entry_id)
            if each.disabled_by is None
        ]
        self.device_id = entry.runtime_data.devices.id_of(CAMERA_ID)
        self.refusals = async_capture_events(hass, "homesec_alarm_refused")
        self.weakened = async_capture_events(hass, "homesec_alarm_weakened")

    def strength(self) -> dict[str, Any]:
        """Return all that the alarm's strength depends on."""
        runtime, catalog = self.entry.runtime_data, self.entry.runtime_data.host.engine.catalog
        found = {id_: catalog.get(id_) for id_ in self.clips}
        return {
            "armed": runtime.alarm.mode.value,
            "state": runtime.alarm.state.value in ("armed", "triggered", "pending"),
            "bypassed": runtime.alarm.bypassed,
            "detection": state(self.hass, "switch", "detection"),
            "snoozed": runtime.alerts.snoozed_until(CAMERA_ID),
            "activity": runtime.alarm.activity(self.entry.subentries[CAMERA_ID]).value,
            "data": dict(self.entry.data),
            "subentries": {
                id_: (each.title, dict(each.data)) for id_, each in self.entry.subentries.items()
            },
            "clips": {id_: clip and (clip.state.value, clip.local) for id_, clip in found.items()},
            "protected": found[self.clips[1]] and found[self.clips[1]].protected,
            "entities": {
                each.entity_id: each.disabled_by
                for each in er.async_entries_for_config_entry(
                    er.async_get(self.hass), self.entry.entry_id
                )
            },
            "device": dr.async_get(self.hass).async_get(self.device_id).disabled_by,
            "entry": (self.entry.state.value, self.entry.disabled_by),
        }

    def value(self, key: str) -> Any:
        """Return made-up data for a field."""
        known: dict[str, Any] = {
            "entity_id": self.entities,
            "device_id": self.device_id,
            "clip_id": self.clips,
            "ids": self.clips,
            "cameras": [CAMERA_ID],
            "camera": [CAMERA_ID],
            "camera_id": CAMERA_ID,
            "duration": {"hours": 1},
            "direction": "left",
            "duration_s": 3600,
            "enabled": False,
            "protected": False,
            "on": False,
            "zones": [],
            "mode": "home",
            "folder": self.hass.config.path("media"),
            "entry_id": self.entry.entry_id,
            "subentry_id": CAMERA_ID,
            "disabled_by": "user",
            "domain": "switch",
            "service": "turn_off",
            "service_data": {"entity_id": entity_id(self.hass, "switch", "detection")},
            "event_type": "homesec_alarm_disarmed",
            "sequence": [
                {
                    "action": "switch.turn_off",
                    "target": {"entity_id": entity_id(self.hass, "switch", "detection")},
                }
            ],
            "entities": {entity_id(self.hass, "switch", "detection"): "off"},
            "text": "turn off Front door Detection",
            "from": 0,
            "to": 1,
        }
        return known.get(key)


GUESSES = ("x", 1, True, {}, [], ["x"])


def markers(schema: Any) -> dict[str, bool]:
    """Return the fields of a schema: whether they are required."""
    if isinstance(schema, probatio.All):
        merged: dict[str, bool] = {}
        for each in schema.validators:
            merged |= markers(each)
        return merged
    inner = getattr(schema, "schema", schema)
    if not isinstance(inner, dict):
        return {}
    return {
        str(key): isinstance(key, probatio.Required)
        for key in inner
        if isinstance(key, (str, probatio.Marker)) and str(key) not in ("type", "id", "code")
    }


def made_up(house: House, schema: Any) -> list[dict[str, Any]]:
    """Return data for a schema: with all fields that are known, and with only the required ones."""
    fields = markers(schema)
    known = {key: house.value(key) for key in fields if house.value(key) is not None}
    attempts = []
    for guess in GUESSES:
        rest = {key: guess for key, required in fields.items() if required and key not in known}
        attempts.append(known | rest)
        only = {key: value for key, value in known.items() if fields[key]}
        target = {"entity_id": known["entity_id"]} if "entity_id" in known else {}
        attempts.append(only | target | rest)
        if not rest:
            break
    return attempts


async def set_up_house(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, *, pins: bool
) -> House:
    for component in COMPONENTS:
        assert await async_setup_component(hass, component, {})
    added = {ANN: ConfigSubentry(**recipient())}
    object.__setattr__(entry, "subentries", {**entry.subentries, **added})
    await set_up(hass, with_alarm(entry, **({"pins": PINS} if pins else {})))
    area = ar.async_get(hass).async_create("Porch")
    device_id = entry.runtime_data.devices.id_of(CAMERA_ID)
    dr.async_get(hass).async_update_device(device_id, area_id=area.id)
    await arm(hass, entry)
    await pictures(hass, entry)
    factory = ClipFactory(entry, video)
    clips = [
        (await factory.put(EVENING)).id,
        (await factory.put(EVENING + 100, protected=True)).id,
    ]
    house = House(hass, entry, clips)
    for each in house.entities:
        async_expose_entity(hass, conversation.DOMAIN, each, True)
    # A recording that someone could end, too.
    await call(hass, "switch", "turn_on", entity_id(hass, "switch", "recording"))
    await hass.async_block_till_done()
    return house


def add_user(hass: HomeAssistant, policy: str, *, without: str | None = None) -> MockUser:
    user = MockUser(name=policy).add_to_hass(hass)
    entities = POLICIES[policy]["entities"]
    if without is not None:
        entities = {
            "entity_ids": {each: True for each in hass.states.async_entity_ids() if each != without}
        }
    user.permissions = PolicyPermissions({"entities": entities}, None)
    return user


async def call_everything(house: House, user: User) -> dict[str, int]:
    """Call every action; return how many refusals each left."""
    hass, left = house.hass, {}
    for domain, services in hass.services.async_services().items():
        for name, service in services.items():
            before = len(house.refusals)
            for data in made_up(house, service.schema) if service.schema else [{}]:
                await try_action(house, user, domain, name, data)
            # Entity actions validate with a function: their target is all that counts.
            target = {"entity_id": house.entities}
            await try_action(house, user, domain, name, target)
            await try_action(house, user, domain, name, {**target, "mode": "home", "force": True})
            for each in house.entities:
                if domain in ("switch", "camera", "alarm_control_panel", "homeassistant"):
                    await try_action(house, user, domain, name, {"entity_id": each})
            left[f"{domain}.{name}"] = len(house.refusals) - before
    return left


async def try_action(
    house: House, user: User, domain: str, name: str, data: dict[str, Any]
) -> None:
    response = house.hass.services.supports_response(domain, name).value
    # Made-up data makes actions fail in all ways.
    with suppress(Exception):
        async with asyncio.timeout(5):
            await house.hass.services.async_call(
                domain,
                name,
                data,
                blocking=True,
                context=Context(user_id=user.id),
                return_response=response == "only",
            )


async def send_everything(
    house: House, client: Any, *, only: str = ""
) -> dict[str, tuple[int, list[str]]]:
    """Send every command; return how many refusals each left, and its errors."""
    found = {}
    for command, (_, schema) in list(house.hass.data["websocket_api"].items()):
        if command.startswith(ENDS_CONNECTION) or not command.startswith(only):
            continue
        before, errors = len(house.refusals), []
        for fields in made_up(house, schema) if schema else [{}]:
            with suppress(TimeoutError):
                errors.append(await send(client, {**fields, "type": command}))
        found[command] = (len(house.refusals) - before, errors)
    return found


async def send(client: Any, message: dict[str, Any]) -> str:
    """Send a command; return its error's code, or an empty text."""
    if message.get("type") == "config/entity_registry/update":
        message["entity_id"] = message["entity_id"][0]
    await client.send_json_auto_id(message)
    async with asyncio.timeout(60):
        while True:
            answer = await client.receive_json()
            if answer["type"] in ("result", "pong"):
                return "" if answer.get("success", True) else answer["error"]["code"]


async def speak(house: House, user_id: str | None) -> None:
    """Say everything about each entity that could turn it off, and handle every intent."""
    hass = house.hass
    names = {hass.states.get(each).name for each in house.entities if hass.states.get(each)}
    verbs = ("turn off {}", "switch off the {}", "disarm {}", "toggle {}", "close {}", "stop {}")
    said = [verb.format(name) for name in sorted(names) for verb in verbs]
    said += ["turn off all switches", "turn off everything in the Porch", "turn off the porch"]
    for text in said:
        context = Context(user_id=user_id)
        await conversation.async_converse(hass, text, None, context, language="en")
    if user_id is None:
        return
    for handler in list(intent.async_get(hass)):
        for name in sorted(names):
            with suppress(Exception):
                await intent.async_handle(
                    hass,
                    "test",
                    handler.intent_type,
                    {"name": {"value": name}},
                    context=Context(user_id=user_id),
                )


@pytest.mark.parametrize("policy", list(POLICIES))
async def test_no_action_of_user_without_pin_weakens_armed_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, policy: str
) -> None:
    house = await set_up_house(hass, entry, video, pins=True)
    user = add_user(hass, policy)
    before = house.strength()
    left = await call_everything(house, user)
    await hass.async_block_till_done()
    assert house.strength() == before
    assert house.weakened == []
    assert left.keys() >= PIN_ACTIONS
    if policy != "reader":  # Home Assistant itself refuses their entity actions
        assert [each for each in PIN_ACTIONS if not left[each]] == []
    assert [each for each in PIN_ACTIONS if each.startswith("homesec.s") and not left[each]] == []


async def test_no_command_of_user_without_pin_weakens_armed_alarm(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    hass_ws_client: WebSocketGenerator,
) -> None:
    house = await set_up_house(hass, entry, video, pins=True)
    before = house.strength()
    for policy in POLICIES:
        client = await hass_ws_client(hass, await token(hass, add_user(hass, policy)))
        found = await send_everything(house, client)
        await hass.async_block_till_done()
        assert house.strength() == before, policy
        assert house.weakened == [], policy
        assert [each for each in COMMANDS if not found[each][0]] == [], policy
        for command in ADMIN_COMMANDS & found.keys():
            assert set(found[command][1]) <= {"unauthorized", "invalid_format"}, (policy, command)
        refused = [
            each for each in ADMIN_COMMANDS & found.keys() if "unauthorized" in found[each][1]
        ]
        assert len(refused) > 5, policy


async def token(hass: HomeAssistant, user: MockUser) -> str:
    refresh = await hass.auth.async_create_refresh_token(user, CLIENT_ID)
    return hass.auth.async_create_access_token(refresh)


@pytest.mark.parametrize("pins", [True, False])
async def test_no_sentence_weakens_armed_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path, pins: bool
) -> None:
    """All in one house: Home Assistant takes as long to learn its sentences as all to say them."""
    house = await set_up_house(hass, entry, video, pins=pins)
    alarm = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    before = house.strength()
    for who in (*POLICIES, "satellite"):
        house.refusals.clear()
        user_id = None
        if who != "satellite":
            user_id = add_user(hass, who, without=None if pins or who == "reader" else alarm).id
        await speak(house, user_id)
        await hass.async_block_till_done()
        assert house.strength() == before, who
        assert house.weakened == [], who
        if who != "reader":
            assert {each.data["action"] for each in house.refusals} >= {"detection_off"}, who


async def test_without_pins_user_without_control_right_weakens_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    hass_ws_client: WebSocketGenerator,
) -> None:
    house = await set_up_house(hass, entry, video, pins=False)
    alarm = entity_id(hass, "alarm_control_panel", "alarm", entry.entry_id)
    user = add_user(hass, "guest", without=alarm)
    before = house.strength()
    left = await call_everything(house, user)
    client = await hass_ws_client(hass, await token(hass, user))
    found = await send_everything(house, client, only="homesec/")
    await hass.async_block_till_done()
    assert house.strength() == before
    assert house.weakened == []
    assert [each for each in PIN_ACTIONS if each.startswith("switch.") and not left[each]] == []
    assert [each for each in COMMANDS if not found[each][0]] == []
