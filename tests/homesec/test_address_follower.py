"""Cameras that get another IP address from the router."""

from __future__ import annotations

from pathlib import Path
import sys
from typing import TYPE_CHECKING
from unittest.mock import patch

from camera_announcements import announce, cards, lease
from homeassistant.config_entries import SOURCE_DHCP, SOURCE_USER, FlowType
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.service_info.dhcp import DhcpServiceInfo
from homesec_fixtures import CAMERA_ID, camera, set_up, until
from hypothesis import given, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.homesec.alarm.machine import AlarmMode
from custom_components.homesec.cameras import address_follower
from custom_components.homesec.cameras.address_follower import moved
from custom_components.homesec.cameras.config import source_config, source_unique_id
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.core.errors import BasicRefused
from custom_components.homesec.engine.core.events import HealthChanged
from custom_components.homesec.engine.core.source_url import parse_source_url
from custom_components.homesec.engine.core.types import CameraHealth

sys.path.append(str(Path(__file__).parents[1] / "engine"))

from network_cameras import RtspFront, rtsp_answer

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant

MAC, OTHER_MAC = "00:1a:2b:3c:4d:5e", "00:1a:2b:3c:4d:5f"
OTHER_ID = "01K0HOVSE00000000000OTHER0"
URL = "rtsp://192.0.2.7:8554/stream?channel=1"
PROOFS: list[dict[str, object]] = [{"verify_tls": True}, {"tls_fingerprint": "0" * 64}]


def stream(entry: MockConfigEntry, camera_id: str = CAMERA_ID, **settings: object) -> None:
    """Make a camera of the entry a stream that is off, before the entry is set up."""
    subentry = entry.subentries[camera_id]
    data = {"kind": "stream", "url": URL, "device_info": {"mac": MAC}, "detection": False}
    data = {**subentry.data, **data, **settings}
    object.__setattr__(subentry, "data", data)
    object.__setattr__(subentry, "unique_id", source_unique_id(entry.entry_id, data))


async def appear(hass: HomeAssistant, mac: str = MAC, address: str = "192.0.2.8") -> str:
    """Have Home Assistant tell of a device on the network, and return why it isn't offered."""
    seen = DhcpServiceInfo(ip=address, hostname="cam", macaddress=mac.replace(":", ""))
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_DHCP}, data=seen
    )
    assert flow["type"] is FlowResultType.ABORT
    await hass.async_block_till_done()
    return flow["reason"]


def change_health(
    entry: MockConfigEntry, health: CameraHealth = CameraHealth.LOST, camera_id: str = CAMERA_ID
) -> None:
    """Have the engine report the state of a camera's connection."""
    runtime = entry.runtime_data
    event = HealthChanged(camera_id=camera_id, health=health)
    runtime.cameras[camera_id].apply(event)
    runtime.bus.async_dispatch(event)


def url(entry: MockConfigEntry, camera_id: str = CAMERA_ID) -> str:
    return entry.subentries[camera_id].data["url"]


async def test_second_entry_is_refused_and_leads_to_the_settings(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    flows = hass.config_entries.flow
    opened = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    await set_up(hass, entry)
    late = await flows.async_configure(opened["flow_id"], {"advanced": {}})
    again = await flows.async_init(DOMAIN, context={"source": SOURCE_USER})
    for refused in (late, again):
        assert (refused["type"], refused["reason"]) == (
            FlowResultType.ABORT,
            "single_instance_allowed",
        )
        kind, flow_id = refused["next_flow"]
        assert kind is FlowType.CONFIG_FLOW
        assert flows.async_get(flow_id)["step_id"] == "reconfigure"
    assert len(hass.config_entries.async_entries(DOMAIN)) == 1


async def test_lost_camera_is_followed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    stream(entry, detect_url="rtsp://192.0.2.7/low")
    await set_up(hass, entry)
    change_health(entry)
    await appear(hass, MAC, "192.0.2.7")
    assert url(entry) == URL
    assert await appear(hass) == "already_configured"
    assert url(entry) == "rtsp://192.0.2.8:8554/stream?channel=1"
    assert entry.subentries[CAMERA_ID].data["detect_url"] == "rtsp://192.0.2.8/low"
    camera = entry.subentries[CAMERA_ID]
    assert camera.unique_id == source_unique_id(entry.entry_id, camera.data)
    assert camera.title == "Front door"


async def test_lost_camera_is_followed_to_where_home_assistants_dhcp_sees_it(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    stream(entry)
    await set_up(hass, entry)
    change_health(entry)
    await lease(hass, OTHER_MAC, "192.0.2.9")
    assert url(entry) == URL
    # It's known as a device of HomeSec; its maker's addresses aren't in any table.
    await lease(hass, MAC, "192.0.2.8")
    assert url(entry) == URL.replace("192.0.2.7", "192.0.2.8")
    assert cards(hass) == []


async def test_announcement_of_a_lost_camera_elsewhere_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    stream(entry)
    await set_up(hass, entry)
    change_health(entry)
    await announce(hass, host="192.0.2.8", macaddress=MAC)
    assert (url(entry), cards(hass)) == (URL, [])


async def test_device_that_claims_many_addresses_is_followed_now_and_then(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream(entry, url="rtsp://192.0.2.7/1")
    await set_up(hass, entry)
    weakened = async_capture_events(hass, "homesec_alarm_weakened")
    entry.runtime_data.alarm._alarm.arm(AlarmMode.AWAY)
    for last in range(8, 30):
        change_health(entry)
        await appear(hass, MAC, f"192.0.2.{last}")
    assert url(entry) == "rtsp://192.0.2.8/1"
    assert len(weakened) == 1
    monkeypatch.setattr(address_follower, "PAUSE_S", 0.0)
    change_health(entry)
    await hass.async_block_till_done()
    assert url(entry) == "rtsp://192.0.2.29/1"


async def test_unknown_device_changes_nothing(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    stream(entry)
    await set_up(hass, entry)
    change_health(entry)
    assert await appear(hass, OTHER_MAC) == "not_a_camera"
    assert await appear(hass, "") == "not_a_camera"
    assert url(entry) == URL


async def test_camera_without_known_mac_is_left_alone(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    stream(entry, device_info={})
    await set_up(hass, entry)
    change_health(entry)
    await appear(hass)
    await appear(hass, "")
    assert url(entry) == URL


async def test_seen_device_of_an_entry_that_is_not_loaded_is_no_error(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    stream(entry)
    entry.add_to_hass(hass)
    await appear(hass)
    assert url(entry) == URL


@pytest.mark.parametrize(
    "health", [CameraHealth.OFF, CameraHealth.CONNECTING, CameraHealth.RUNNING]
)
async def test_camera_that_is_not_lost_is_followed_only_once_it_is(
    hass: HomeAssistant, entry: MockConfigEntry, health: CameraHealth
) -> None:
    stream(entry)
    await set_up(hass, entry)
    change_health(entry, health)
    await appear(hass)
    change_health(entry, CameraHealth.OFF)
    assert url(entry) == URL
    change_health(entry)
    assert url(entry) == "rtsp://192.0.2.8:8554/stream?channel=1"
    # One that is being removed is no error.
    gone = HealthChanged(camera_id="gone", health=CameraHealth.LOST)
    entry.runtime_data.bus.async_dispatch(gone)


async def test_camera_that_connects_at_its_old_address_stays_there(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    stream(entry)
    await set_up(hass, entry)
    await appear(hass)
    change_health(entry, CameraHealth.RUNNING)
    change_health(entry)
    assert url(entry) == URL


async def test_mac_of_a_camera_from_an_earlier_version_is_learned(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    stream(entry, device_info={})
    await set_up(hass, entry)
    for found, expected in (("", {}), (MAC, {"mac": MAC}), (OTHER_MAC, {"mac": MAC})):
        with patch.object(address_follower, "find_mac", return_value=found) as find:
            change_health(entry, CameraHealth.RUNNING)
            await hass.async_block_till_done()
        assert entry.subentries[CAMERA_ID].data["device_info"] == expected
        assert find.called == (found != OTHER_MAC)
    [device] = dr.async_get(hass).async_get_devices(identifiers={(DOMAIN, CAMERA_ID)})
    assert device.connections == {(dr.CONNECTION_NETWORK_MAC, MAC)}
    change_health(entry)
    await appear(hass)
    assert url(entry) == "rtsp://192.0.2.8:8554/stream?channel=1"


async def test_mac_of_a_camera_that_changed_meanwhile_is_not_stored(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    stream(entry, device_info={})
    await set_up(hass, entry)
    camera = entry.subentries[CAMERA_ID]

    def find(_url: str) -> str:
        object.__setattr__(camera, "data", {**camera.data, "url": "rtsp://192.0.2.30/1"})
        return MAC

    with patch.object(address_follower, "find_mac", find):
        change_health(entry, CameraHealth.RUNNING)
        await hass.async_block_till_done()
    assert camera.data["device_info"] == {}


async def test_camera_that_was_changed_by_hand_stays_where_it_was_put(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    stream(entry)
    await set_up(hass, entry)
    await appear(hass)
    by_hand = "rtsp://192.0.2.30/1"
    camera = entry.subentries[CAMERA_ID]
    hass.config_entries.async_update_subentry(entry, camera, data={**camera.data, "url": by_hand})
    for _ in range(2):
        change_health(entry)
        await hass.async_block_till_done()
        assert url(entry) == by_hand


async def test_all_cameras_of_a_recorder_are_followed(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path
) -> None:
    entry = with_other(entry, video)
    stream(entry)
    stream(entry, OTHER_ID, url="rtsp://192.0.2.7/2")
    await set_up(hass, entry)
    change_health(entry)
    change_health(entry, camera_id=OTHER_ID)
    await appear(hass)
    assert url(entry) == "rtsp://192.0.2.8:8554/stream?channel=1"
    assert url(entry, OTHER_ID) == "rtsp://192.0.2.8/2"


async def test_cameras_that_swap_their_addresses_are_both_followed(
    hass: HomeAssistant, entry: MockConfigEntry, video: Path
) -> None:
    entry = with_other(entry, video)
    swapped = URL.replace("192.0.2.7", "192.0.2.8")
    stream(entry)
    stream(entry, OTHER_ID, url=swapped, device_info={"mac": OTHER_MAC})
    await set_up(hass, entry)
    change_health(entry)
    change_health(entry, camera_id=OTHER_ID)
    await appear(hass, MAC, "192.0.2.8")
    await appear(hass, OTHER_MAC, "192.0.2.7")
    assert (url(entry), url(entry, OTHER_ID)) == (swapped, URL)


async def test_password_stays_and_is_in_no_log(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    stream(entry, username="guard", password="s3cret", digest_only=True)
    await set_up(hass, entry)
    change_health(entry)
    weakened = async_capture_events(hass, "homesec_alarm_weakened")
    await appear(hass)
    data = entry.subentries[CAMERA_ID].data
    assert (data["username"], data["password"], data["digest_only"]) == ("guard", "s3cret", True)
    assert "has a new address" in caplog.text
    assert "s3cret" not in caplog.text
    assert "channel=1" not in caplog.text
    assert not weakened, "the alarm isn't armed"


def with_other(entry: MockConfigEntry, video: Path) -> MockConfigEntry:
    """Return the entry with a second camera."""
    other = camera("Garden", video, camera_id=OTHER_ID)
    return MockConfigEntry(
        domain=DOMAIN,
        title="HomeSec",
        data=dict(entry.data),
        subentries_data=[*(each.as_dict() for each in entry.subentries.values()), other],
    )


@pytest.mark.parametrize("proof", [{}, *PROOFS])
@pytest.mark.parametrize("scheme", ["rtsp", "rtsps"])
async def test_followed_camera_gets_a_readable_password_only_with_its_certificate(
    hass: HomeAssistant, entry: MockConfigEntry, scheme: str, proof: dict[str, object]
) -> None:
    stream(entry, url=f"{scheme}://192.0.2.7/1", allow_basic=True, **proof)
    await set_up(hass, entry)
    change_health(entry)
    await appear(hass)
    assert url(entry) == f"{scheme}://192.0.2.8/1"
    source = source_config(entry.subentries[CAMERA_ID].data)
    proven = scheme == "rtsps" and bool(proof)
    assert (source.allow_basic, source.digest_only) == (proven, not proven)


@pytest.mark.parametrize("target", ["/user=a&password=c_1", "/1?usr=a&pwd=c", "/v?token=c"])
async def test_camera_with_login_in_its_url_is_followed_only_with_its_certificate(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    caplog: pytest.LogCaptureFixture,
    target: str,
) -> None:
    entry = with_other(entry, video)
    stream(entry, url=f"http://192.0.2.7{target}")
    stream(entry, OTHER_ID, url=f"https://192.0.2.7{target}", **PROOFS[0])
    await set_up(hass, entry)
    for camera_id in (CAMERA_ID, OTHER_ID):
        change_health(entry, camera_id=camera_id)
    await appear(hass)
    assert url(entry) == f"http://192.0.2.7{target}"
    assert url(entry, OTHER_ID) == f"https://192.0.2.8{target}"
    assert "enter the address yourself" in caplog.text
    assert target not in caplog.text


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])
async def test_device_that_claims_to_be_a_lost_camera_gets_no_readable_password(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    basic = rtsp_answer("401 Unauthorized", 'WWW-Authenticate: Basic realm="cam"')
    with RtspFront(0, lambda *_: basic) as impostor:
        settings = {"username": "guard", "password": "s3cret", "allow_basic": True}
        lost = f"rtsp://127.0.0.2:{impostor.address.rpartition(':')[2]}/1"
        stream(entry, url=lost, detection=True, disarmed="detect", **settings)
        await set_up(hass, entry)
        state = entry.runtime_data.cameras[CAMERA_ID]
        await until(hass, lambda: state.health is CameraHealth.LOST)
        await appear(hass, MAC, "127.0.0.1")
        await until(hass, lambda: state.error == BasicRefused.key)
        assert impostor.requests
        assert not any("authorization" in headers for _, _, headers in impostor.requests)


@pytest.mark.parametrize(
    ("before", "address", "after"),
    [
        ("rtsp://192.0.2.7/1", "192.0.2.8", "rtsp://192.0.2.8/1"),
        ("http://192.0.2.7:81/v?a=1&b=2", "192.0.2.8", "http://192.0.2.8:81/v?a=1&b=2"),
        ("rtsp://[fe80::7]/1", "fe80::8", "rtsp://[fe80::8]/1"),
        ("rtsp://192.0.2.7/1", "fe80::8", "rtsp://192.0.2.7/1"),
        ("rtsp://camera.local/1", "192.0.2.8", "rtsp://camera.local/1"),
        ("rtsp://192.0.2.7/1", "nonsense", "rtsp://192.0.2.7/1"),
        ("RTSP://192.0.2.7/1", "192.0.2.7", "RTSP://192.0.2.7/1"),
        ("nonsense", "192.0.2.8", "nonsense"),
    ],
)
def test_only_an_ip_address_is_replaced(before: str, address: str, after: str) -> None:
    assert moved(before, address) == after


@given(
    st.ip_addresses(v=4),
    st.ip_addresses(v=4),
    st.integers(1, 65535),
    st.text(alphabet="abc/?=&%20_~é", max_size=30),
)
def test_moved_url_keeps_port_and_path(one: object, other: object, port: int, path: str) -> None:
    before = f"rtsp://{one}:{port}/{path}"
    parsed, after = parse_source_url(before), parse_source_url(moved(before, str(other)))
    assert (after.host, after.port, after.target) == (str(other), parsed.port, parsed.target)
    assert moved(moved(before, str(other)), str(one)) in (before, parsed.without_login)
