"""What devices say, made harmless: texts, numbers, addresses, and topics."""

from hypothesis import given, strategies as st
from lxml import etree
import pytest

from custom_components.homesec.engine.core.discovery import (
    DeviceDetails,
    EventKind,
    StreamProfile,
)
from custom_components.homesec.engine.core.errors import InvalidSource
from custom_components.homesec.engine.core.source_url import device_url, parse_source_url
from custom_components.homesec.engine.discovery.answers import (
    clean_mac,
    clean_number,
    clean_text,
    dig,
    own_url,
)
from custom_components.homesec.engine.discovery.topics import event_kind, offered_events

ODD = st.none() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.text())


@given(ODD)
def test_clean_text_is_short_and_printable(text):
    found = clean_text(text, 20)
    assert len(found) <= 20
    assert found.isprintable()
    assert found == found.strip()


@given(ODD)
def test_clean_number_is_within_its_limits(value):
    found = clean_number(value, 100)
    assert found is None or 0 < found <= 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:1A:2B:3C:4D:5E", "00:1a:2b:3c:4d:5e"),
        ("001a2b3c4d5e", "00:1a:2b:3c:4d:5e"),
        ("00-1A-2B-3C-4D-5E ", "00:1a:2b:3c:4d:5e"),
        ("00:00:00:00:00:00", None),
        ("ff:ff:ff:ff:ff:ff", None),
        ("001a2b3c4d5", None),
        ("", None),
        (None, None),
    ],
)
def test_clean_mac(text, expected):
    assert clean_mac(text) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.7", "http://192.0.2.7/onvif/device_service"),
        ("192.0.2.7:8000", "http://192.0.2.7:8000/onvif/device_service"),
        (" porch.local ", "http://porch.local/onvif/device_service"),
        ("2001:db8::7", "http://[2001:db8::7]/onvif/device_service"),
        ("[2001:db8::7]:8080", "http://[2001:db8::7]:8080/onvif/device_service"),
        ("https://192.0.2.7/", "https://192.0.2.7/onvif/device_service"),
        ("http://ann:pw@192.0.2.7:2020/onvif/service", "http://192.0.2.7:2020/onvif/service"),
    ],
)
def test_device_url(address, expected):
    assert device_url(address).without_login == expected


@pytest.mark.parametrize("address", ["", " ", "rtsp://192.0.2.7/", "a b", "192.0.2.7:99999"])
def test_device_url_refuses_what_is_none(address):
    with pytest.raises(InvalidSource):
        device_url(address)


PARTS = st.lists(
    st.sampled_from([*"@:/?#[]\\%\n\r\t ", "rtsp://", "http://", "a", "1.2.3.4", "::1", "%0d%0a"])
    | st.text(max_size=3),
    max_size=12,
)


@given(PARTS.map("".join) | ODD)
def test_own_url_never_leads_to_another_host(text):
    found = own_url(text, "192.0.2.7", schemes=("rtsp", "rtsps"))
    if found is not None:
        url = parse_source_url(found)
        assert (url.host, url.username, url.password) == ("192.0.2.7", None, None)
        assert found.startswith(("rtsp://192.0.2.7", "rtsps://192.0.2.7"))
        assert found.isprintable()
        assert " " not in found


@given(st.recursive(ODD, lambda inner: st.dictionaries(st.sampled_from("ab"), inner)))
def test_dig_finds_or_returns_none(answer):
    expected = answer.get("a") if isinstance(answer, dict) else None
    expected = expected.get("b") if isinstance(expected, dict) else None
    assert dig(answer, "a", "b") is expected


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("RuleEngine/CellMotionDetector/Motion", EventKind.MOTION),
        ("VideoSource/MotionAlarm", EventKind.MOTION),
        ("RuleEngine/MyRuleDetector/PeopleDetect", EventKind.PERSON),
        ("RuleEngine/PeopleDetector/People", EventKind.PERSON),
        ("RuleEngine/MyRuleDetector/DogCatDetect", EventKind.ANIMAL),
        ("RuleEngine/MyRuleDetector/FaceDetect", EventKind.FACE),
        ("RuleEngine/MyRuleDetector/Visitor", EventKind.DOORBELL),
        ("RuleEngine/LineDetector/Crossed", EventKind.CROSSING),
        ("RuleEngine/FieldDetector/ObjectsInside", EventKind.CROSSING),
        ("RuleEngine/TamperDetector/Tamper", EventKind.TAMPER),
        ("VideoSource/GlobalSceneChange/ImagingService", EventKind.TAMPER),
        ("AudioAnalytics/Audio/DetectedSound", EventKind.SOUND),
        ("Device/Trigger/DigitalInput", EventKind.INPUT),
        ("Monitoring/ProcessorUsage", None),
        ("Device/NetworkInterface/LinkDown", None),
    ],
)
def test_event_kind(topic, kind):
    assert event_kind(topic) is kind


def test_topics_that_only_group_others_are_no_events():
    tree = etree.fromstring("<t><Motion><A/><B><MessageDescription/></B></Motion></t>")
    assert [each.topic for each in offered_events(tree)] == ["Motion/A", "Motion/B"]


def test_topics_are_bounded_in_number_and_depth():
    many = etree.fromstring("<t>" + "".join(f"<Motion{n}/>" for n in range(500)) + "</t>")
    assert len(offered_events(many)) == 64
    deep = etree.fromstring("<Motion>" * 200 + "</Motion>" * 200)
    (event,) = offered_events([deep])
    assert len(event.topic) <= 120


def test_topics_that_are_no_elements_are_left_out():
    assert offered_events(["text", None, 7]) == ()


def profile(token, width, height, source="a", codec="h264"):
    return StreamProfile(
        codec=codec,
        token=token,
        name=token,
        url=f"rtsp://192.0.2.7/{token}",
        width=width,
        height=height,
        source=source,
    )


def test_low_resolution_stream_is_of_same_sensor_and_small():
    low = profile("low", 640, 360)
    found = DeviceDetails(
        profiles=(
            *(profile("mid", 1280, 720), profile("other", 704, 576, "b")),
            *(profile("tiny", 320, 180), low, profile("main", 2560, 1440)),
        )
    )
    assert (found.main.token, found.low) == ("main", low)
    assert DeviceDetails(profiles=(profile("only", 640, 360),)).low is None
    assert DeviceDetails().main is None


def test_stream_of_whole_pictures_comes_last():
    pictures = profile("jpeg", 2560, 1440, codec="mjpeg"), profile("j", 640, 480, codec="mjpeg")
    video = profile("main", 1920, 1080, codec=""), profile("low", 640, 360)
    found = DeviceDetails(profiles=(*pictures, *video))
    assert (found.main.token, found.low.token) == ("main", "low")
    assert DeviceDetails(profiles=pictures).main.token == "jpeg"


def test_device_without_streams_has_no_low_resolution_stream():
    assert DeviceDetails().low is None
