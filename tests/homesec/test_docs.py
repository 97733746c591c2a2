"""The documentation of events, triggers, conditions, actions, and blueprints is complete."""

from __future__ import annotations

from pathlib import Path
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.components.blueprint.schemas import BLUEPRINT_SCHEMA
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
from homesec_fixtures import CAMERA_ID, DRIVE, camera, set_up
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import custom_components.homesec
from custom_components.homesec import const
from custom_components.homesec.bus_events import bus_event
from custom_components.homesec.condition import CONDITIONS
from custom_components.homesec.engine.core import events, types as models
from custom_components.homesec.engine.core.events import ClipUploaded
from custom_components.homesec.trigger import TRIGGERS, BusTrigger

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

COMPONENT = Path(custom_components.homesec.__file__).parent
REPOSITORY = COMPONENT.parents[1]
FOLDER = REPOSITORY / "blueprints" / "automation" / "homesec"
BLUEPRINTS = sorted(FOLDER.glob("*.yaml"))
SOURCE_URL = "https://github.com/homesec/homesec/blob/main/blueprints/automation/homesec"
PAGES = (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md")))
AUTOMATIONS = (REPOSITORY / "docs" / "automations.md").read_text()
EVENTS = {
    value
    for name, value in vars(const).items()
    if name.startswith("EVENT_") and isinstance(value, str)
}


def headings(text: str) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    found = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each).lower().replace(" ", "-") for each in found}


def section(title: str) -> str:
    """Return a section of the automations page, up to the next heading of its level."""
    level = re.search(rf"^(#+) {title}$", AUTOMATIONS, re.MULTILINE)[1]
    return re.split(rf"^{level} ", AUTOMATIONS.split(f"{level} {title}\n")[1], flags=re.MULTILINE)[
        0
    ]


def rows(title: str) -> dict[str, str]:
    """Return a section's table: the rest of each row by the code in its first column."""
    lines = re.findall(r"^\| (`.*?`) \|(.*)\|$", section(title), re.MULTILINE)
    return {name: rest for names, rest in lines for name in re.findall(r"`(.*?)`", names)}


def test_docs_list_every_event() -> None:
    documented = section("Events")
    assert {event for event in EVENTS if f"`{event}`" not in documented} == set()
    assert set(re.findall(r"`(homesec_\w+)`", AUTOMATIONS)) == EVENTS


def presence() -> models.Presence:
    return models.Presence(
        camera_id="a",
        label="cat",
        score=0.5,
        track_id=1,
        box=models.Box(0, 0, 1, 1),
        first_seen_at=0,
        last_seen_at=1,
    )


def clip() -> models.Clip:
    return models.Clip(
        id="a",
        camera_id="a",
        camera_name="A",
        state=models.ClipState.SAVED,
        trigger=models.Trigger.MANUAL,
        started_at=0,
        event_at=1,
    )


@pytest.mark.parametrize(
    ("title", "event"),
    [
        ("Detections", events.DetectionStarted(presence=presence(), clip_id=None)),
        ("Detections", events.DetectionEnded(presence=presence(), clip_id=None)),
        (
            "Zones",
            events.ZoneChanged(camera_id="a", zone="Z", label="cat", occupied=True, at=0),
        ),
        ("Clips", events.ClipSaved(clip=clip())),
        ("Clips", ClipUploaded(clip=clip())),
        ("Clips", events.ClipFailed(clip=clip())),
    ],
)
def test_docs_describe_every_field_of_event(title: str, event: events.EngineEvent) -> None:
    announced = bus_event(event)
    assert announced is not None
    assert announced[1].keys() <= rows(title).keys()


def test_docs_describe_every_field_of_alert() -> None:
    source = (COMPONENT / "alerts/event_data.py").read_text() + (
        COMPONENT / "alerts/dispatch.py"
    ).read_text()
    found = set(re.findall(r'^ {8,16}"(\w+)":|\{"(\w+)": open_alert', source, re.MULTILINE))
    keys = {first or second for first, second in found}
    assert len(keys) > 20
    known = rows("Alerts").keys() | {"camera_id", "camera", "device_id"}
    assert keys == known


def test_docs_list_every_trigger_and_condition_with_options() -> None:
    documented = rows("Triggers")
    assert documented.keys() == {f"homesec.{key}" for key in TRIGGERS}
    for key, kind in TRIGGERS.items():
        assert issubclass(kind, BusTrigger)
        assert set(re.findall(r"`(\w+)`", documented[f"homesec.{key}"])) == set(kind.options)
    assert rows("Conditions").keys() == {f"homesec.{key}" for key in CONDITIONS}


def test_docs_list_every_action() -> None:
    actions = load_yaml_dict(str(COMPONENT / "services.yaml"))
    assert rows("Actions").keys() == {f"homesec.{name}" for name in actions}


def test_docs_link_every_blueprint_and_its_import() -> None:
    linked = re.findall(r"\(\.\./blueprints/automation/homesec/(\w+)\.yaml\)", AUTOMATIONS)
    assert sorted(linked) == [path.stem for path in BLUEPRINTS]
    addresses = re.findall(r"\((https://my\.home-assistant\.io/\S+?)\)", AUTOMATIONS)
    imported = [parse_qs(urlsplit(each).query)["blueprint_url"][0] for each in addresses]
    assert sorted(imported) == [f"{SOURCE_URL}/{path.name}" for path in BLUEPRINTS]


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_blueprint_is_valid_and_uses_all_inputs(path: Path) -> None:
    data: Any = parse_yaml(path.read_text())
    blueprint = Blueprint(
        data, path=path.name, expected_domain="automation", schema=AUTOMATION_BLUEPRINT_SCHEMA
    )
    assert blueprint.validate() is None
    metadata = blueprint.metadata
    assert BLUEPRINT_SCHEMA(data)
    assert metadata["source_url"] == f"{SOURCE_URL}/{path.name}"
    assert metadata["homeassistant"]["min_version"] == "2026.11.0"
    used = set(re.findall(r"!input (\w+)", path.read_text()))
    assert used == blueprint.inputs.keys()
    for name, each in blueprint.inputs.items():
        texts = name.startswith("text_")
        assert each["name"]
        assert texts or each["selector"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_has_no_broken_links(page: Path) -> None:
    text = page.read_text()
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("http://", "https://")):
            continue
        address, _, anchor = link.partition("#")
        target = (page.parent / address).resolve() if address else page
        assert target.exists(), link
        if anchor:
            assert anchor in headings(target.read_text()), link


def examples(page: Path) -> list[Any]:
    found = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [parse_yaml(text) for text in found]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
async def test_page_examples_are_valid_automations(
    hass: HomeAssistant, entry: MockConfigEntry, page: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await set_up(hass, entry)
    automations = [each for each in examples(page) if "triggers" in each]
    for each in automations:
        each.setdefault("actions", [{"event": "nothing"}])
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    assert len(hass.states.async_entity_ids("automation")) == len(automations)
    assert "validated" not in caplog.text
    assert "failed to setup" not in caplog.text


async def test_cat_page_names_existing_entities(hass: HomeAssistant, video: Path) -> None:
    bowl = {**DRIVE, "name": "Bowl", "labels": ["cat"]}
    labels = ["person", "cat", "dog"]
    feeder = camera("Feeder", video, camera_id=CAMERA_ID, labels=labels, zones=[bowl])
    entry = MockConfigEntry(
        domain=const.DOMAIN,
        title="HomeSec",
        data={"detector": "ncnn"},
        subentries_data=[feeder],
    )
    await set_up(hass, entry)
    page = (REPOSITORY / "docs" / "cat.md").read_text()
    named = set(re.findall(r"\b\w+\.feeder\w*\b", page))
    registered = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    assert len(named) > 8
    assert named <= {each.entity_id for each in registered}


def test_tests_that_the_docs_name_exist() -> None:
    tests = "\n".join(path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py"))
    known = set(re.findall(r"def (test_\w+)\(", tests))
    known |= {path.name for path in (REPOSITORY / "tests").rglob("test_*.py")}
    named = {each for page in PAGES for each in re.findall(r"`(test_[\w.]+)`", page.read_text())}
    assert named
    assert named <= known
