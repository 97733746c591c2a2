"""URLs of cameras, with logins in them as people write them."""

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.homesec.engine.core.errors import InvalidSource
from custom_components.homesec.engine.core.source_url import (
    format_fingerprint,
    is_fingerprint,
    normal_fingerprint,
    parse_source_url,
    source_url,
    split_login,
)
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind


def parts(url):
    found = parse_source_url(url)
    return found.scheme, found.host, found.port, found.target, found.username, found.password


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://cam/live", ("rtsp", "cam", 554, "/live", None, None)),
        ("  RTSP://Cam./Live\n", ("rtsp", "cam", 554, "/Live", None, None)),
        ("rtsps://cam", ("rtsps", "cam", 322, "", None, None)),
        ("http://cam:8080/a?b=c#d", ("http", "cam", 8080, "/a?b=c", None, None)),
        ("https://[FE80::0:1]/x", ("https", "fe80::1", 443, "/x", None, None)),
        ("http://[fe80::1%eth0]:81/", ("http", "fe80::1%eth0", 81, "/", None, None)),
        ("http://m%C3%BCller.example/", ("http", "xn--mller-kva.example", 80, "/", None, None)),
        ('http://cam/a b\u00e4"', ("http", "cam", 80, "/a%20b%C3%A4%22", None, None)),
        ("rtsp://bob:p%40ss@cam/1", ("rtsp", "cam", 554, "/1", "bob", "p@ss")),
        ("rtsp://bob@cam:8554/1", ("rtsp", "cam", 8554, "/1", "bob", None)),
        ("rtsp://:pw@cam/1", ("rtsp", "cam", 554, "/1", None, "pw")),
    ],
)
def test_parse_source_url_returns_parts(url, expected):
    assert parts(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("rtsp://bob:pa/ss@192.0.2.7:554/live", ("192.0.2.7", 554, "/live", "pa/ss")),
        ("rtsp://bob:pa#ss@192.0.2.7/live", ("192.0.2.7", 554, "/live", "pa#ss")),
        ("rtsp://bob:pa?ss@cam/live?x=1", ("cam", 554, "/live?x=1", "pa?ss")),
        ("rtsp://bob:[pa]ss@cam/live", ("cam", 554, "/live", "[pa]ss")),
        ("rtsp://bob:p@ss@cam/live", ("cam", 554, "/live", "p@ss")),
        ("rtsp://bob:p@/s@s#@cam.local/live", ("cam.local", 554, "/live", "p@/s@s#")),
        ("rtsp://bob:12/34@192.0.2.7/live", ("192.0.2.7", 554, "/live", "12/34")),
        ("rtsp://bob:1#2@[::1]:8554/live", ("::1", 8554, "/live", "1#2")),
        ("http://bob:/#?[]@192.0.2.7:80/live@1", ("192.0.2.7", 80, "/live@1", "/#?[]")),
    ],
)
def test_password_with_unusual_characters_is_found(url, expected):
    found = parse_source_url(url)
    assert (found.host, found.port, found.target, found.password) == expected
    assert found.username == "bob"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://192.0.2.7/live@2", "/live@2"),
        ("http://cam:80/user@stream", "/user@stream"),
        ("http://bob:pw@192.0.2.7/a@192.0.2.8/b", "/a@192.0.2.8/b"),
        ("http://cam.example?to=a@b.example", "?to=a@b.example"),
    ],
)
def test_at_sign_in_path_is_no_login(url, target):
    assert parse_source_url(url).target == target


@given(
    st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1),
    st.sampled_from(["192.0.2.7", "192.0.2.7:8554", "cam.local", "[2001:db8::1]:554"]),
)
@settings(max_examples=500, deadline=None)
def test_any_password_is_split_from_url(password, host):
    escaped = password.replace("%", "%25")
    plain, username, found = split_login(f"rtsp://bob:{escaped}@{host}/live")
    assert (plain, username, found) == (f"rtsp://{host}/live", "bob", password)


@pytest.mark.parametrize(
    "url",
    ["", "cam", "cam/live", "file:///etc/passwd", "/etc/passwd", "rtsp://", "rtsp:///live",
     "concat:a|b", "rtsp://cam:99999/", "rtsp://cam:x/", "rtsp://cam:0/", "http://[::1",
     "ftp://cam/video.mp4", "http://a b/", "http://[::1]x/", "http://a%20b/", "http://a%0d%0ab/",
     "http://a%2fb/", "http://\u00b8/"],
)  # fmt: skip
def test_parse_source_url_refuses_invalid_url(url):
    with pytest.raises(InvalidSource):
        parse_source_url(url)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/b", "http://cam:8080/b"),
        ("c?d", "http://cam:8080/a/c?d"),
        ("//CAM:8080/x", "http://cam:8080/x"),
        ("//other/x", "http://other/x"),
        ("http://me:pw@cam:8080/x", "http://cam:8080/x"),
        ("HTTP://Cam:8080/x", "http://cam:8080/x"),
    ],
)
def test_join_resolves_reference_without_login(location, expected):
    joined = parse_source_url("http://bob:pw@cam:8080/a/b").join(location)
    assert joined.without_login == expected
    assert joined.username is joined.password is None


def test_login_of_settings_replaces_login_of_url():
    config = SourceConfig(
        kind=SourceKind.STREAM, location="rtsp://old:pw@cam/1", username="bob", password="new"
    )
    assert (source_url(config).username, source_url(config).password) == ("bob", "new")


def test_url_has_neither_login_nor_token_in_its_repr():
    assert "tweety" not in repr(parse_source_url("http://tweety:tweety@cam/?key=tweety"))


def test_fingerprint_is_shown_in_pairs_and_read_again():
    fingerprint = "0123456789abcdef" * 4
    shown = format_fingerprint(fingerprint)
    assert shown.startswith("01:23:45:67:89:AB")
    assert normal_fingerprint(f" {shown}\n") == fingerprint
    assert is_fingerprint(fingerprint)
    assert not is_fingerprint(fingerprint[:-1])
