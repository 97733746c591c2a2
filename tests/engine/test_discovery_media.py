"""Asking ONVIF devices that have the second media service, alone or beside the first one."""

from lxml import etree
from onvif_device import OnvifDevice
import onvif_messages
import pytest

from custom_components.homesec.engine.core.errors import LoginRefused, OnvifMissing
from custom_components.homesec.engine.discovery.answers import read_element
from custom_components.homesec.engine.discovery.device import read_device

SECOND = ("tr2",)


def read(device, password="secret"):
    """Ask a simulated device."""
    return read_device(device.address, "admin", password)


@pytest.mark.parametrize("login", ["wsse", "digest"])
def test_device_with_second_media_service_only_tells_its_streams(login):
    with OnvifDevice(media=SECOND, login=login, ptz=True) as device:
        found = read(device)
    assert (found.maker, found.mac, found.ptz) == ("Acme", "00:1a:2b:3c:4d:5e", True)
    main, low = found.main, found.low
    assert (main.url, main.width, main.height) == ("rtsp://127.0.0.1/main", 3840, 2160)
    assert (main.codec, main.fps, main.audio_codec) == ("hevc", 25.0, "aac")
    assert (low.url, low.width, low.height, low.codec) == ("rtsp://127.0.0.1/sub", 640, 360, "h264")
    assert (main.name, main.source, low.source) == ("main stream", "sensor0", "sensor0")
    assert found.events


def test_first_media_service_is_asked_where_there_are_both():
    with OnvifDevice(media=("trt", "tr2")) as device:
        found = read(device)
    assert (found.main.codec, found.main.width) == ("h264", 1920)
    assert not any(onvif_messages.NAMESPACES["tr2"] in each for each in device.requests)


def test_second_media_service_is_asked_if_first_one_has_no_streams():
    def fail():
        return 500, {}, onvif_messages.fault("ter:ActionNotSupported", "No").encode()

    with OnvifDevice(media=SECOND) as device:
        services = onvif_messages.services(device.base, without=())
        answer = onvif_messages.envelope(services).encode()
        device.settings.answers["GetServices"] = lambda: (200, {}, answer)
        assert read(device).main.codec == "hevc"
        device.settings.answers["GetProfiles"] = fail
        with pytest.raises(OnvifMissing):
            read(device)


@pytest.mark.parametrize("media", ["trt", "tr2"])
def test_device_that_gives_no_address_has_no_streams(media):
    unknown = frozenset({"GetStreamUri"})
    with OnvifDevice(media=(media,), unknown=unknown) as device, pytest.raises(OnvifMissing):
        read(device)


def test_device_that_gives_addresses_for_udp_only_tells_its_streams():
    with OnvifDevice(media=SECOND, protocols=("RtspUnicast",)) as device:
        assert read(device).main.url == "rtsp://127.0.0.1/main"


def test_addresses_elsewhere_become_those_of_the_device():
    with OnvifDevice(
        media=SECOND, main_url="rtsp://evil.example:8554/main", sub_url=None
    ) as device:
        assert read(device).main.url == "rtsp://127.0.0.1:8554/main"


def test_wrong_login_is_refused_and_the_password_is_never_readable():
    with OnvifDevice(media=SECOND, password="CANARY") as device:
        assert read(device, "CANARY").main is not None
        with pytest.raises(LoginRefused):
            read(device, "wrong")
    assert not any("CANARY" in each for each in device.requests)


@pytest.mark.parametrize(
    "body",
    [
        "<tr2:GetProfilesResponse/>",
        "<tr2:GetProfilesResponse><tr2:Profiles/></tr2:GetProfilesResponse>",
        "<tr2:GetProfilesResponse>text<!-- note --></tr2:GetProfilesResponse>",
        '<tr2:GetProfilesResponse><tr2:Profiles token="t"/></tr2:GetProfilesResponse>',
        f'<tr2:GetProfilesResponse><tr2:Profiles token="{"t" * 999}"/></tr2:GetProfilesResponse>',
        "<tr2:GetProfilesResponse>"
        + "<tr2:Profiles token='t'>" * 200
        + "</tr2:Profiles>" * 200
        + "</tr2:GetProfilesResponse>",
    ],
    ids=["none", "empty", "text", "bare", "long", "deep"],
)
def test_odd_profiles_are_no_streams(body):
    with OnvifDevice(media=SECOND, main_url="", sub_url=None) as device:
        answer = onvif_messages.envelope(body).encode()
        device.settings.answers["GetProfiles"] = lambda: (200, {}, answer)
        with pytest.raises(OnvifMissing):
            read(device)


def test_profile_without_configurations_has_a_stream_of_unknown_size():
    with OnvifDevice(media=SECOND) as device:
        body = (
            '<tr2:GetProfilesResponse><tr2:Profiles token="main"><tr2:Name>n</tr2:Name>'
            "<tr2:Configurations><tr2:VideoEncoder><tt:Resolution><tt:Width>wide</tt:Width>"
            "<tt:Height>-1</tt:Height></tt:Resolution></tr2:VideoEncoder></tr2:Configurations>"
            "</tr2:Profiles></tr2:GetProfilesResponse>"
        )
        answer = onvif_messages.envelope(body).encode()
        device.settings.answers["GetProfiles"] = lambda: (200, {}, answer)
        (profile,) = read(device).profiles
    assert (profile.url, profile.width, profile.height) == ("rtsp://127.0.0.1/main", 0, 0)


def test_first_of_several_parts_counts():
    element = etree.fromstring('<a x:k="1" xmlns:x="u"><x:b>one</x:b><!-- c --><b>two</b></a>')
    assert read_element(element) == {"k": "1", "b": "one"}
    assert read_element(etree.fromstring("<a>text</a>")) == "text"
