"""Where PINs, and what a duress PIN is, can't be found: with a real recorder and its file."""

from __future__ import annotations

import json
import logging
from pathlib import Path
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from alarm_fixtures import panel, with_alarm
from homeassistant.components.recorder import get_instance
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, callback
from homeassistant.helpers.json import JSONEncoder
from homesec_fixtures import call, set_up, until
from page_client import PageClient
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from recipient_fixtures import BOB, recipient

from custom_components.homesec import diagnostics
from custom_components.homesec.alarm.pins import Pin, PinKind, find_pin

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import (
        ClientSessionGenerator,
        WebSocketGenerator,
    )

SALT = bytes(range(16))
# Digits that are in nothing else.
RIGHT, DURESS, NEW, WRONG, OF_ACTION = "70349182", "70349183", "70349184", "83910274", "58271946"
BOBS = "+491707654321"
NO_CLIP = "01K0HOVSE00000000000000000"
USERS = {
    "full": Pin.make(RIGHT, name="Ann", kind=PinKind.FULL, salt=SALT).as_dict(),
    "duress": Pin.make(DURESS, name="Ann", kind=PinKind.DURESS, salt=SALT).as_dict(),
}

pytestmark = pytest.mark.parametrize("persistent_database", [True])


@pytest.fixture
def custom_integrations(recorder_mock: Any, enable_custom_integrations: None) -> None:
    """Let Home Assistant load the integration; the recorder is set up first."""


@pytest.fixture(autouse=True)
def config_dir(recorder_mock: Any, hass: HomeAssistant, tmp_path: Path, video: Path) -> Path:
    """Home Assistant's configuration folder."""
    hass.config.config_dir = str(tmp_path)
    hass.config.media_dirs = {"local": str(tmp_path / "media")}
    return tmp_path


@pytest.fixture
def entry(
    entry: MockConfigEntry, hass_storage: dict[str, Any], socket_enabled: None
) -> MockConfigEntry:
    """An entry without cameras and with a PIN to disarm and one for duress."""
    object.__setattr__(entry, "subentries", {})
    return with_alarm(entry, pins=USERS)


class Witness:
    """Collects what can be seen or is stored."""

    def __init__(self, hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
        self._hass = hass
        self._caplog = caplog
        self.events: list[dict[str, Any]] = []
        caplog.set_level(logging.DEBUG)
        hass.bus.async_listen(MATCH_ALL, self._async_event)

    @callback
    def _async_event(self, event: Event) -> None:
        self.events.append(json.loads(json.dumps(event.as_dict(), cls=JSONEncoder)))

    def forget(self) -> None:
        self.events.clear()
        self._caplog.clear()

    @property
    def log(self) -> list[str]:
        return [record.getMessage() for record in self._caplog.records]

    @property
    def own_log(self) -> list[str]:
        own = (x for x in self._caplog.records if x.name.startswith("custom_components"))
        return [record.getMessage() for record in own]

    @property
    def states(self) -> list[dict[str, Any]]:
        states = [state.as_dict() for state in self._hass.states.async_all()]
        found: list[dict[str, Any]] = json.loads(json.dumps(states, cls=JSONEncoder))
        return found

    async def database(self) -> bytes:
        """Return the recorder's file, and what isn't merged into it yet."""
        await async_wait_recording_done(self._hass)
        path = Path(get_instance(self._hass).db_url.removeprefix("sqlite:///"))
        files = [each for each in path.parent.iterdir() if each.name.startswith(path.name)]
        return b"".join([each.read_bytes() for each in files])


@pytest.fixture
def witness(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> Witness:
    """What can be seen or is stored, with all logs at their most talkative."""
    return Witness(hass, caplog)


async def test_pins_typed_on_the_page_are_stored_nowhere(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    witness: Witness,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    hass_storage: dict[str, Any],
    config_dir: Path,
) -> None:
    await set_up(hass, entry)
    page = PageClient(await hass_ws_client(hass))
    await page.subscribe("house/subscribe")
    for pin in (RIGHT, DURESS):
        await page.call("alarm/arm", mode="away", password=pin)
        await page.call_refused("alarm/disarm", password=WRONG)
        await page.call_refused("alarm/disarm", password=int(WRONG))
        await page.call_refused("clips/delete", ids=[NO_CLIP], password=WRONG)
        await page.call("clips/delete", ids=[NO_CLIP], password=pin)
        await page.call("alarm/arm", mode="home", force=True, password=pin)
        await page.call("alarm/disarm", password=pin)
    await page.call_refused("alarm/arm", mode="moon", password=RIGHT)
    await page.call_refused("alarm/disarm", password={"digits": RIGHT})
    await add_and_change_pin(await hass_client(), entry)
    assert find_pin({key: Pin.from_dict(x) for key, x in entry.data["pins"].items()}, NEW)
    found = await diagnostics.async_get_config_entry_diagnostics(hass, entry)
    database = await witness.database()
    assert await hass.config_entries.async_unload(entry.entry_id)
    everything = {
        "events": json.dumps(witness.events),
        "log": "\n".join(witness.log),
        "states": json.dumps(witness.states),
        "diagnostics": json.dumps(found, cls=JSONEncoder),
        "storage": json.dumps(hass_storage, default=str),
        "entry": json.dumps(entry.as_dict(), cls=JSONEncoder),
        "database": database.decode("latin-1"),
        **await hass.async_add_executor_job(read_files, config_dir),
    }
    assert "homesec_alarm_disarmed" in everything["database"]
    assert "Received" in everything["log"], "Home Assistant doesn't log commands"
    for where, text in everything.items():
        for pin in (RIGHT, DURESS, NEW, WRONG):
            assert pin not in text, where


def read_files(folder: Path) -> dict[str, str]:
    """Return the contents of all files."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): path.read_bytes().decode("latin-1") for path in files}


async def add_and_change_pin(client: Any, entry: MockConfigEntry) -> None:
    """Add a PIN and change another in the forms, over HTTP as the frontend does."""
    flows = "/api/config/config_entries/flow"

    async def post(path: str, answer: dict[str, Any]) -> dict[str, Any]:
        response = await client.post(path, json=answer)
        reply: dict[str, Any] = await response.json()
        return reply

    async def steps(*answers: dict[str, Any]) -> dict[str, Any]:
        flow = await post(flows, {"handler": "homesec", "entry_id": entry.entry_id})
        for answer in answers:
            flow = await post(f"{flows}/{flow['flow_id']}", answer)
        return flow

    new = {"name": "Bob", "kind": "full", "code": NEW, "code_again": NEW}
    done = await steps({"next_step_id": "pins"}, {"next_step_id": "add_pin"}, new)
    assert done["reason"] == "reconfigure_successful"
    change = {"next_step_id": "pins"}, {"next_step_id": "change_pin"}
    refused = await steps(*change, {"pin": "full", "current_code": WRONG})
    assert refused["errors"] == {"current_code": "pin_wrong"}
    right = {"pin": "full", "current_code": RIGHT}
    done = await steps(*change, right, {"name": "Ann", "kind": "full"})
    assert done["reason"] == "reconfigure_successful"


@pytest.mark.parametrize(
    ("recorder_config", "kept"),
    [(None, True), ({"exclude": {"event_types": ["call_service"]}}, False)],
)
async def test_recorder_keeps_codes_of_home_assistants_actions_unless_they_are_excluded(
    hass: HomeAssistant, entry: MockConfigEntry, witness: Witness, kept: bool
) -> None:
    """What docs/security.md says about them."""
    pin = Pin.make(OF_ACTION, name="Ann", kind=PinKind.FULL, salt=SALT)
    await set_up(hass, with_alarm(entry, pins={"full": pin.as_dict()}))
    alarm = panel(hass, entry)
    await call(hass, "alarm_control_panel", "alarm_arm_away", alarm)
    await call(hass, "alarm_control_panel", "alarm_disarm", alarm, code=OF_ACTION)
    assert (OF_ACTION.encode() in await witness.database()) is kept


# --- duress ------------------------------------------------------------------------------------

IDS = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{32}")
TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(\+00:00|Z)?|\d{10}\.\d+|\d\.\d+ ?s(econds)?")


def normalized(seen: Any) -> list[str]:
    """Return what was seen without ids and times."""
    lines = [each if isinstance(each, str) else json.dumps(each, sort_keys=True) for each in seen]
    return [TIMES.sub("<time>", IDS.sub("<id>", line)) for line in lines]


async def test_duress_pin_looks_like_any_other_wherever_one_can_look(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    witness: Witness,
    hass_ws_client: WebSocketGenerator,
    hass_storage: dict[str, Any],
    sent_texts: Any,
) -> None:
    bob = recipient("Bob", recipient_id=BOB, to=BOBS, kinds=["duress"])
    object.__setattr__(entry, "subentries", MappingProxyType({BOB: ConfigSubentry(**bob)}))
    await set_up(hass, entry)
    calls_for_help = async_capture_events(hass, "homesec_alarm_duress")
    page = PageClient(await hass_ws_client(hass))
    await page.call("alarm/arm", mode="away")  # so that both rounds begin alike
    await page.call("alarm/disarm", password=RIGHT)
    texts, seen = entry.runtime_data.host.engine.sms, {}
    for pin in (RIGHT, DURESS):
        witness.forget()
        await page.call("alarm/arm", mode="night")
        await page.call("clips/delete", ids=[NO_CLIP], password=pin)
        await page.call("alarm/disarm", password=pin)
        if pin == DURESS:
            await until(hass, lambda: len(sent_texts(BOBS)) == 2)
            await until(hass, lambda: not texts.states()[BOB].waiting)
        await hass.async_block_till_done(wait_background_tasks=True)
        status = PageClient(await hass_ws_client(hass))
        await status.subscribe("house/subscribe")
        found = await diagnostics.async_get_config_entry_diagnostics(hass, entry)
        seen[pin] = {
            "events": normalized(witness.events),
            "log": sorted(normalized(witness.own_log)),
            "states": normalized(witness.states),
            "page": normalized([await status.next_event(bool)]),
            "alarm": normalized([found["alarm"], *found["recipients"].values()]),
            "storage": normalized([hass_storage["homesec.alarm"]]),
        }
    for what, right in seen[RIGHT].items():
        assert right == seen[DURESS][what], what
    assert len(calls_for_help) == 2
    assert "duress" not in json.dumps(witness.events)
    database = await witness.database()
    assert b"homesec_alarm_disarmed" in database
    assert b"duress" not in database
