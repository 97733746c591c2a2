"""The table of makers, and how an address becomes the URLs to try."""

from __future__ import annotations

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.cameras.makers import Maker, parse_address, read_makers
from custom_components.homesec.engine.core.errors import InvalidSource
from custom_components.homesec.engine.core.source_url import parse_source_url

MAKERS = read_makers()


def test_table_has_the_common_makers_in_alphabetical_order() -> None:
    assert len(MAKERS) >= 20
    assert list(MAKERS) == sorted(MAKERS, key=str.casefold)


@pytest.mark.parametrize("maker", MAKERS.values(), ids=list(MAKERS))
@pytest.mark.parametrize("channel", [1, 12])
def test_every_path_of_every_maker_makes_distinct_urls(maker: Maker, channel: int) -> None:
    pairs = maker.stream_pairs("192.0.2.7", channel)
    urls = [url for pair in pairs for url in (pair.main, pair.low) if url is not None]
    assert len(set(urls)) == len(urls)
    for url in urls:
        parsed = parse_source_url(url)
        assert (parsed.scheme, parsed.host) == ("rtsp", "192.0.2.7")
        assert parsed.target.startswith("/")
        assert "{" not in url
        assert parsed.without_login == url, "nothing in it has to be quoted"


@pytest.mark.parametrize("maker", MAKERS.values(), ids=list(MAKERS))
def test_channels_differ_where_a_maker_has_them(maker: Maker) -> None:
    one, other = maker.stream_pairs("192.0.2.7", 1), maker.stream_pairs("192.0.2.7", 2)
    has_channels = any("{channel" in path for pair in maker.streams for path in pair)
    assert (one != other) == has_channels


def test_pairs_of_a_maker_are_tried_in_order_of_the_table() -> None:
    found = MAKERS["Reolink"].stream_pairs("192.0.2.7", 3)
    assert [(pair.main, pair.low) for pair in found] == [
        ("rtsp://192.0.2.7/Preview_03_main", "rtsp://192.0.2.7/Preview_03_sub"),
        ("rtsp://192.0.2.7/h264Preview_03_main", "rtsp://192.0.2.7/h264Preview_03_sub"),
    ]


def test_other_ports_of_a_maker_are_tried_unless_one_is_given() -> None:
    foscam = MAKERS["Foscam"]
    assert [pair.main for pair in foscam.stream_pairs("192.0.2.7")] == [
        "rtsp://192.0.2.7/videoMain",
        "rtsp://192.0.2.7:88/videoMain",
    ]
    [pair] = foscam.stream_pairs("192.0.2.7:8554")
    assert pair.main == "rtsp://192.0.2.7:8554/videoMain"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.168.1.20", "192.168.1.20"),
        (" 192.168.1.20 ", "192.168.1.20"),
        ("192.168.1.20:8554", "192.168.1.20:8554"),
        ("Camera.local.", "camera.local"),
        ("http://192.168.1.20:8080/index.html", "192.168.1.20"),
        ("https://admin:secret@192.168.1.20/", "192.168.1.20"),
        ("rtsp://192.168.1.20:8554/some/path", "192.168.1.20:8554"),
        ("fe80::1", "[fe80::1]"),
        ("[fe80::1]:8554", "[fe80::1]:8554"),
    ],
)
def test_address_is_read_as_people_write_it(address: str, expected: str) -> None:
    found = parse_address(address)
    assert found.without_login == f"rtsp://{expected}"
    assert found.password is None


@pytest.mark.parametrize("address", ["", "  ", "my camera", "192.168.1.20:0", "a:b:c", "http://"])
def test_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(InvalidSource):
        parse_address(address)


@given(st.text(max_size=60), st.sampled_from(sorted(MAKERS)))
def test_any_text_gives_urls_of_one_host_or_is_refused(address: str, name: str) -> None:
    try:
        pairs = MAKERS[name].stream_pairs(address)
    except InvalidSource:
        return
    parsed = [parse_source_url(pair.main) for pair in pairs]
    assert {each.host for each in parsed} == {parse_address(address).host}
    assert all(each.username is None and each.password is None for each in parsed)
