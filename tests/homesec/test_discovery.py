"""Finding cameras that can be added: in the network, of other integrations, and webcams."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.requirements import RequirementsNotFound
from homesec_fixtures import set_up
from onvif_device import GROUP, PORT, OnvifDevice
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.homesec.cameras import discovery
from custom_components.homesec.cameras.webcams import Webcam
from custom_components.homesec.engine.core.errors import (
    ConnectionRefused,
    DiscoveryError,
    DiscoveryMissing,
    LoginRefused,
)
from homesec_dev.platforms import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from unittest.mock import AsyncMock

    from homeassistant.core import HomeAssistant

REQUIREMENTS = "custom_components.homesec.cameras.discovery.async_process_requirements"


@pytest.fixture
def installing() -> Iterator[AsyncMock]:
    """Install nothing; the libraries are on the path."""
    with patch(REQUIREMENTS) as process:
        yield process


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "SEARCH_S", 1.0)


@pytest.fixture
async def running(hass: HomeAssistant, entry: MockConfigEntry) -> Any:
    """Set HomeSec up; return the host of its engine."""
    await set_up(hass, entry)
    return entry.runtime_data.host


@pytest.mark.usefixtures("socket_enabled")
async def test_device_in_network_is_found_and_tells_its_streams(
    hass: HomeAssistant, running: Any, installing: AsyncMock
) -> None:
    with OnvifDevice(group=(GROUP, PORT)) as device:
        found = await discovery.async_search(hass, running)
        (camera,) = [each for each in found.devices if each.id == device.id]
        details = await discovery.async_read_device(
            hass, running, camera.address, "admin", "secret"
        )
        with pytest.raises(LoginRefused):
            await discovery.async_read_device(hass, running, camera.address, "admin", "no")
    assert (camera.name, found.error) == ("Acme Dome", None)
    assert details.main is not None
    assert (details.main.url, details.mac) == ("rtsp://127.0.0.1/main", "00:1a:2b:3c:4d:5e")
    _, domain, wanted, built_in = installing.await_args.args
    assert (domain, built_in) == ("homesec", False)
    assert wanted == resolve.of_search()  # Home Assistant's own versions
    assert len(wanted) == 2


async def test_what_else_there_is_is_found_without_libraries(
    hass: HomeAssistant, running: Any
) -> None:
    hass.states.async_set("camera.yard", "idle", {"friendly_name": "Yard"})
    webcam = Webcam("/dev/video0", "Desk cam")
    failed = RequirementsNotFound("homesec", ["WSDiscovery"])
    with (
        patch(REQUIREMENTS, side_effect=failed),
        patch.object(discovery, "find_webcams", return_value=[webcam]),
    ):
        found = await discovery.async_search(hass, running)
        with pytest.raises(DiscoveryMissing):
            await discovery.async_read_device(hass, running, "192.0.2.7", None, None)
    assert found.error == DiscoveryMissing.key
    assert [each.name for each in found.entities] == ["Yard"]
    assert found.webcams == (webcam,)


async def test_slow_installation_goes_on_after_search(
    hass: HomeAssistant, running: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "INSTALL_S", 0.05)
    release, installed = asyncio.Event(), asyncio.Event()

    async def install(*_: object) -> None:
        await release.wait()
        installed.set()

    with patch(REQUIREMENTS, install):
        found = await discovery.async_search(hass, running)
        assert found.error == DiscoveryMissing.key
        release.set()
        async with asyncio.timeout(60):
            await installed.wait()


async def test_network_that_cannot_be_searched_is_reported(
    hass: HomeAssistant, running: Any, installing: AsyncMock
) -> None:
    with patch.object(running.engine.worker.tools, "search", side_effect=DiscoveryError):
        found = await discovery.async_search(hass, running)
    assert (found.devices, found.error) == ((), "discovery_failed")


async def test_search_while_engine_stops_is_reported(
    hass: HomeAssistant, running: Any, installing: AsyncMock
) -> None:
    await running.async_stop()
    found = await discovery.async_search(hass, running)
    assert (found.devices, found.webcams, found.error) == ((), (), "discovery_failed")


@pytest.mark.usefixtures("socket_enabled")
async def test_host_without_device_is_refused(
    hass: HomeAssistant, running: Any, installing: AsyncMock
) -> None:
    with OnvifDevice() as device:
        address = device.address
    with pytest.raises(ConnectionRefused):
        await discovery.async_read_device(hass, running, address, None, None)


async def test_only_other_integrations_visible_cameras_are_found(
    hass: HomeAssistant,
    running: Any,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    entry = MockConfigEntry(domain="reolink")
    entry.add_to_hass(hass)
    device = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id,
        connections={(dr.CONNECTION_NETWORK_MAC, "00:1A:2B:3C:4D:5E")},
        manufacturer="Reolink",
        model="RLC-810A",
    )
    for name, hidden in (("drive", None), ("secret", er.RegistryEntryHider.USER)):
        registered = entity_registry.async_get_or_create(
            *("camera", "reolink", name),
            config_entry=entry,
            device_id=device.id,
            suggested_object_id=name,
            hidden_by=hidden,
        )
        hass.states.async_set(registered.entity_id, "idle", {"friendly_name": name.title()})
    hass.states.async_set("camera.yaml", "idle")
    found = {each.entity_id: each for each in discovery.async_find_entities(hass)}
    assert found.keys() == {"camera.drive", "camera.yaml"}
    assert found["camera.drive"] == discovery.OtherCamera(
        entity_id="camera.drive",
        name="Drive",
        integration="reolink",
        device_id=device.id,
        maker="Reolink",
        model="RLC-810A",
        mac="00:1a:2b:3c:4d:5e",
    )
    assert found["camera.yaml"].integration == ""
    assert hass.states.async_entity_ids_count("camera") > 2  # ours is among them
