"""A Home Assistant with HomeSec: the real engine on a real video, and a scripted detector."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from alarm_fixtures import LOW_COST
from camera_forms import PROBED
from found_cameras import DETAILS, FOUND
from homesec_fixtures import CAMERA_ID, ScriptedDetector, camera
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from recipient_fixtures import NUMBER

from custom_components.homesec.alarm import pins
from custom_components.homesec.cameras import announcements
from custom_components.homesec.cameras.discovery import FoundCameras
from custom_components.homesec.const import DOMAIN, EVENT_ALERT, EVENT_ALERT_UPDATED
from custom_components.homesec.engine.core import errors
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.engine.library import disk_reserve
from custom_components.homesec.flows import camera_login, camera_search, problems
from homesec_dev import footage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from homeassistant.core import Event, HomeAssistant
    from syrupy.assertion import SnapshotAssertion


@pytest.fixture
def custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant load the integration from this repository."""


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots without values that differ from run to run."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
def cheap_hashes() -> Iterator[None]:
    """Hash PINs fast."""
    with patch.object(pins, "COST", LOW_COST):
        yield


@pytest.fixture
def quick_forms() -> Iterator[None]:
    """Show forms with errors at once."""
    with patch.object(problems, "PAUSE_S", 0):
        yield


class Search:
    """Takes the place of a search for cameras. Not a mock: most tests only need it to be there."""

    def __init__(self) -> None:
        self.found = FoundCameras()
        self.error: type[Exception] | None = None

    async def __call__(self, *_args: Any, **_options: Any) -> FoundCameras:
        """Find nothing, or what the test says."""
        if self.error is not None:
            raise self.error
        return self.found


@pytest.fixture
def nothing_found() -> Iterator[Search]:
    """Replace the search for cameras, which would ask the network; it finds nothing."""
    with patch.object(camera_search, "async_search", Search()) as search:
        yield search


@pytest.fixture(scope="session")
def video() -> Path:
    """10 s of street shots, 640 x 272, with people in some of them."""
    return footage.sample("bikes")


@pytest.fixture
def config_dir(hass: HomeAssistant, tmp_path: Path, video: Path) -> Path:
    """Home Assistant's configuration folder, with access to the video."""
    hass.config.config_dir = str(tmp_path)
    hass.config.media_dirs = {"local": str(tmp_path / "media")}
    hass.config.allowlist_external_dirs = {str(video.parent), str(tmp_path / "media")}
    return tmp_path


@pytest.fixture
def detector() -> ScriptedDetector:
    """The detector of all cameras."""
    return ScriptedDetector()


@pytest.fixture
def engine(detector: ScriptedDetector) -> Iterator[None]:
    """The real engine with a scripted detector; nothing is installed or downloaded.

    Thousands of tests keep their folders in memory, so their disk reserves are small.
    """

    async def install_nothing(*_: object) -> None:
        pass

    with (
        patch.object(disk_reserve, "RESERVE_BYTES", 64 * 2**10),
        patch(
            "custom_components.homesec.engine_host.HomeSecEngine",
            partial(HomeSecEngine, create_cascade=lambda _stop: CascadeDetector(detector)),
        ),
        patch(
            "custom_components.homesec.detector.setup.async_process_requirements", install_nothing
        ),
    ):
        yield


@pytest.fixture
def entry(video: Path) -> MockConfigEntry:
    """HomeSec with one camera, which plays the video; not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="HomeSec",
        data={"detector": "ncnn"},
        entry_id="01K0HOVSE00000000000000000",
        subentries_data=[camera("Front door", video, camera_id=CAMERA_ID)],
    )


@pytest.fixture
def probe() -> Iterator[Any]:
    """Replace the engine's probe, which needs a camera."""
    with patch.object(HomeSecEngine, "probe", return_value=PROBED) as probe:
        yield probe


@pytest.fixture
def search(nothing_found: Search) -> Search:
    """The search, which finds one camera of each kind."""
    nothing_found.found = FOUND
    return nothing_found


@pytest.fixture
def read() -> Iterator[Any]:
    """What a device that was found tells of itself."""
    with patch.object(camera_login, "async_read_device", return_value=DETAILS) as read:
        yield read


@pytest.fixture
def neighbors() -> Iterator[Any]:
    """What this system knows of MAC addresses: nothing."""
    with patch.object(announcements, "find_mac", return_value="") as find:
        yield find


@pytest.fixture
def streams(probe: Any) -> dict[str, Any]:
    """The streams that can be opened, or what happens instead; no other path exists."""
    known: dict[str, Any] = {}

    def open_stream(config: Any, _feed: object) -> Any:
        found = known.get(config.location, errors.StreamNotFound())
        if isinstance(found, Exception):
            raise found
        return found

    probe.side_effect = open_stream
    return known


@pytest.fixture
def alerts(hass: HomeAssistant) -> list[Event]:
    """Captured alerts."""
    return async_capture_events(hass, EVENT_ALERT)


@pytest.fixture
def updates(hass: HomeAssistant) -> list[Event]:
    """Captured updates of alerts."""
    return async_capture_events(hass, EVENT_ALERT_UPDATED)


@pytest.fixture
def sent_texts(twilio: Any) -> Callable[[], list[str]]:
    """Return a function that returns the bodies of all texts sent, oldest first."""
    return lambda to=NUMBER: [text["body"] for text in twilio.messages if text["to"] == to]
