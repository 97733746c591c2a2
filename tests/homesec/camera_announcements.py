"""Announces cameras to Home Assistant's own discovery, and uses the cards that it shows."""

from __future__ import annotations

from ipaddress import ip_address
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from homeassistant.components import dhcp
from homeassistant.components.zeroconf.discovery import ZeroconfDiscovery
from homeassistant.config_entries import SOURCE_IGNORE, SOURCE_SSDP, FlowType
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.json import json_dumps
from homeassistant.helpers.service_info.ssdp import SsdpServiceInfo
from homeassistant.loader import async_get_dhcp, async_get_zeroconf
from homeassistant.setup import async_setup_component
from homeassistant.util.json import json_loads
from homesec_fixtures import CAMERA_ID
from zeroconf import DNSCache, ServiceInfo, ServiceStateChange

from custom_components.homesec.const import DOMAIN

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

HOST, MAC = "192.0.2.7", "ac:cc:8e:12:34:56"
AXIS = "_axis-video._tcp.local."
UPNP_CAMERA = "urn:schemas-upnp-org:device:DigitalSecurityCamera:1"


async def announce(
    hass: HomeAssistant,
    *,
    kind: str = AXIS,
    name: str = "AXIS M1065 - ACCC8E123456",
    host: str = HOST,
    hostname: str = "camera.local.",
    state: ServiceStateChange = ServiceStateChange.Added,
    **properties: str,
) -> None:
    """Have Home Assistant's own discovery find a service in its cache of mDNS."""
    properties = {"macaddress": "ACCC8E123456"} if kind == AXIS and not properties else properties
    service = ServiceInfo(
        kind,
        f"{name}.{kind}",
        port=80,
        addresses=[ip_address(host).packed],
        properties=properties,
        server=hostname,
    )
    cache = DNSCache()
    records = [service.dns_pointer(), service.dns_service(), service.dns_text()]
    cache.async_add_records([*records, *service.dns_addresses()])
    found = SimpleNamespace(cache=cache)
    own = ServiceInfo("_home-assistant._tcp.local.", "own._home-assistant._tcp.local.")
    types = await async_get_zeroconf(hass)
    ours = {key: [each for each in types[key] if each["domain"] == DOMAIN] for key in types}
    discovery = ZeroconfDiscovery(hass, found, ours, {}, {}, own)
    discovery.async_service_update(found, kind, service.name, state)
    await hass.async_block_till_done(wait_background_tasks=True)


async def describe(hass: HomeAssistant, location: str | None = f"http://{HOST}/d.xml", **upnp: Any):
    """Have Home Assistant tell of a UPnP device."""
    return await hass.config_entries.flow.async_init(
        DOMAIN,
        context={"source": SOURCE_SSDP},
        data=SsdpServiceInfo(
            ssdp_usn="uuid:1::upnp:rootdevice",
            ssdp_st="upnp:rootdevice",
            ssdp_location=location,
            upnp={"deviceType": UPNP_CAMERA, "UDN": "uuid:1", **upnp},
        ),
    )


async def lease(
    hass: HomeAssistant, mac: str = "ec:71:db:12:34:56", host: str = HOST, hostname: str = "cam"
) -> None:
    """Have the router tell Home Assistant's own DHCP discovery of an address."""
    ours = [each for each in await async_get_dhcp(hass) if each["domain"] == DOMAIN]
    with patch.object(dhcp, "async_get_dhcp", return_value=ours):
        assert await async_setup_component(hass, "dhcp", {})
    hass.states.async_set(
        f"device_tracker.d{mac.replace(':', '')}",
        "home",
        {"source_type": "router", "ip": host, "mac": mac, "host_name": hostname},
    )
    await hass.async_block_till_done(wait_background_tasks=True)


def cards(hass: HomeAssistant) -> list[str]:
    """Return the names on the cards that Home Assistant shows."""
    shown = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    return [each["context"]["title_placeholders"]["name"] for each in shown]


async def ignore(hass: HomeAssistant) -> None:
    """Ignore the card, as Home Assistant's page does."""
    [card] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    context = {"source": SOURCE_IGNORE}
    if "discovery_key" in card["context"]:
        context["discovery_key"] = card["context"]["discovery_key"]
    data = {"unique_id": card["context"]["unique_id"], "title": "Camera"}
    await hass.config_entries.flow.async_init(DOMAIN, context=context, data=data)
    assert cards(hass) == []


async def select(hass: HomeAssistant, *, is_usable: bool = True) -> Any:
    """Select the card, and confirm it if it still asks for that."""
    [card] = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert card["step_id"] == "add_camera"
    form = await hass.config_entries.flow.async_configure(card["flow_id"])
    if not is_usable:
        return form
    assert form["description_placeholders"]["host"] == HOST
    return await hass.config_entries.flow.async_configure(card["flow_id"], {})


async def open_form(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Select the card, and return the camera's form that it leads to."""
    done = await select(hass)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "form_opened")
    # The frontend needs the entry of a subentry's flow, but none of its settings.
    shown = json_loads(json_dumps(done))["result"]
    assert (shown["entry_id"], shown["domain"]) == (entry.entry_id, DOMAIN)
    assert "data" not in shown
    kind, flow_id = done["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    return await hass.config_entries.subentries.async_configure(flow_id)


def change(entry: MockConfigEntry, **settings: Any) -> None:
    """Change what the entry's camera has, before the entry is set up."""
    camera = entry.subentries[CAMERA_ID]
    data = {**camera.data, "kind": "stream", "url": "rtsp://192.0.2.99/", **settings}
    object.__setattr__(camera, "data", {"detection": False, **data})
