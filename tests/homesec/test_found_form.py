"""What a search found, as options of a form, whatever devices say of themselves."""

from __future__ import annotations

from hypothesis import given, strategies as st

from custom_components.homesec.cameras.discovery import FoundCameras, OtherCamera
from custom_components.homesec.cameras.webcams import Webcam
from custom_components.homesec.engine.core.discovery import (
    DeviceDetails,
    OnvifDevice,
    StreamProfile,
)
from custom_components.homesec.flows.found_form import (
    OTHERWISE,
    channel_schema,
    channels,
    found_schema,
    offers,
)

TEXT = st.text(max_size=200)
DEVICES = st.builds(
    OnvifDevice,
    id=TEXT,
    address=TEXT,
    host=st.ip_addresses().map(str),
    port=st.integers(1, 65535),
    name=TEXT,
    maker=TEXT,
    model=TEXT,
)
PROFILES = st.builds(
    StreamProfile,
    token=TEXT,
    name=TEXT,
    url=st.sampled_from([f"rtsp://192.0.2.7/{number}" for number in range(9)]),
    codec=st.sampled_from(["h264", "hevc", "mjpeg", ""]),
    width=st.integers(0, 8192),
    height=st.integers(0, 8192),
    source=st.sampled_from(["", "one", "two"]),
)
LONGEST = 150  # characters of an option's label


@given(st.lists(DEVICES, max_size=6), TEXT, st.booleans())
def test_every_device_has_an_option_of_its_own(
    devices: list[OnvifDevice], name: str, added: bool
) -> None:
    found = FoundCameras(
        devices=tuple(devices),
        entities=(OtherCamera(entity_id="camera.a", name=name[:80], integration="demo"),),
        webcams=(Webcam("/dev/video0", name[:80]),),
    )
    used = {each.host for each in devices} if added else set()
    offered = offers(found, {"demo": "Demo"}, used, "{camera}, added")
    assert {(each.id, each.host) for each in devices} == {
        (each.device.id, each.device.host) for each in offered.values() if each.device
    }
    [selector] = found_schema(offered, {}).schema.values()
    options = selector.config["options"]
    assert [each["value"] for each in options][-len(OTHERWISE) :] == list(OTHERWISE)
    assert len({each["value"] for each in options}) == len(options)
    for each in options:
        assert 0 < len(each["label"]) <= LONGEST
    for offer in offered.values():
        assert offer.device is None or offer.device.host in offer.label
        assert offer.device is None or offer.label.endswith(", added") == added


@given(st.lists(PROFILES, max_size=12))
def test_every_channel_has_streams_of_one_source(profiles: list[StreamProfile]) -> None:
    found = channels(DeviceDetails(profiles=tuple(profiles)))
    assert len(found) == len({each.source for each in profiles})
    for channel in found.values():
        assert channel.main in profiles
        if channel.low is not None:
            assert channel.low.source == channel.main.source
            assert channel.low.url != channel.main.url
    [selector] = channel_schema(found).schema.values()
    assert [each["value"] for each in selector.config["options"]] == list(found)


def test_used_entity_is_left_out_and_an_unknown_integration_shows_the_entity() -> None:
    entities = (
        OtherCamera(entity_id="camera.a", name="A", integration=""),
        OtherCamera(entity_id="camera.b", name="B", integration="demo"),
    )
    offered = offers(FoundCameras(entities=entities), {}, {"camera.b"}, "")
    assert [each.label for each in offered.values()] == ["A (camera.a)"]
