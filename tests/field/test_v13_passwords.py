"""V13: user names and passwords with any characters, in the address and in fields of their own."""

from urllib.parse import quote

from camera_film import Film
from http_camera import HttpCamera
from hypothesis import assume, example, given, strategies as st
from login_guard import Guard
import pytest
from test_v11_login_and_udp import GuardedCamera, _forget, guarded_http, play  # noqa: F401

from custom_components.homesec.engine.core.source_url import (
    parse_source_url,
    source_url,
    split_login,
)
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind
from custom_components.homesec.flows.source_form import read_source

HOSTS = ("192.0.2.7", "192.0.2.7:8554", "cam.local", "cam.local:80", "[2001:db8::1]:554")
PATHS = (
    "",
    "/",
    "/live",
    "/live?a=b&c=d/e",
    "/Streaming/Channels/101#x",
    "/user=a&password=b?.sdp",
)
PASSWORDS = (
    "pa/ss", "pa#ss", "pa?ss", "pa[ss", "pa]ss", "p@ss", "p@@ss@", "pa:ss", ":", "pa%ss", "100%",
    "50%25", "pa ss", " pass ", "pä:ß", "密码", "🔑/🔑", "/#?[]@:%", "a&b=c", "a+b", "a\\b", '"a"',
    "a'b", "<a>", "{a}", "a|b", "^`~", "$(id)", ";,", "*", "[::1]", "//", "http://x", "a@b:c/d?e#f",
)  # fmt: skip
anything = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=24)


@pytest.fixture(scope="module")
def film(make_video):
    return Film(make_video(seconds=4, walks=(), fps=20))


def as_typed(text):
    """Return a text as people put it into an address: only what would be decoded is encoded."""
    return text.replace("%", "%25")


def found(url):
    url = parse_source_url(url)
    return url.username, url.password, url.host, url.target


@given(anything, anything, st.sampled_from(HOSTS), st.sampled_from(PATHS))
def test_encoded_login_in_address_is_read(user, password, host, path):
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    plain = parse_source_url(f"rtsp://{host}{path}")
    assert found(f"rtsp://{login}{host}{path}") == (user, password, plain.host, plain.target)


@given(anything, anything, st.sampled_from(HOSTS), st.sampled_from(PATHS))
@example("bob", "@:/", "192.0.2.7", "/live")
@example("bo/b", "x", "cam.local", "/live")
@example("bob", "?a=@", "192.0.2.7", "")
def test_login_in_address_is_read_as_typed(user, password, host, path):
    # A colon ends the user name; spaces around an address don't belong to it; and what looks like
    # a host after an @ could be the camera's.
    assume(":" not in user and not user[0].isspace())
    assume(not any("." in part or "[" in part for part in f"{user}:{password}".split("@")[1:]))
    plain = parse_source_url(f"rtsp://{host}{path}")
    url = f"rtsp://{as_typed(user)}:{as_typed(password)}@{host}{path}"
    assert found(url) == (user, password, plain.host, plain.target)


@given(anything, anything)
def test_login_in_fields_is_kept_as_it_is(user, password):
    answer = {"kind": "stream", "url": "rtsp://192.0.2.7/live@1", "username": user}
    source = read_source({**answer, "password": password}, {})
    config = SourceConfig(
        kind=SourceKind.STREAM, location=source["url"], username=source["username"],
        password=source["password"],
    )  # fmt: skip
    url = source_url(config)
    assert (url.username, url.password, url.host) == (user, password, "192.0.2.7")
    assert url.target == "/live@1"


@given(anything, st.sampled_from(PATHS))
def test_form_stores_address_and_login_apart(password, path):
    assume("@" not in password)
    answer = {"kind": "stream", "url": f"http://bob:{as_typed(password)}@192.0.2.7{path}"}
    source = read_source(answer, {})
    assert source["password"] == password
    assert source["username"] == "bob"
    assert split_login(source["url"]) == (source["url"], None, None)
    assert source["url"] == f"http://192.0.2.7{path}"


LOGINS = [("bob", password) for password in PASSWORDS]
LOGINS += [
    ("jürgen", "x"),
    ("a@b.example", "x"),
    ("dom\\bob", "x"),
    ("bo/b#?[]", "x"),
    ("门", "门"),
]


@pytest.mark.usefixtures("_forget")
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_rtsp_cameras_accept_any_login(film, algorithm):
    for user, password in LOGINS:
        with GuardedCamera(film, Guard(user, password, algorithm=algorithm)) as camera:
            assert play(camera.url, 1, username=user, password=password)
            if "@" not in user:
                login = f"{as_typed(user)}:{as_typed(password)}@"
                assert play(camera.url.replace("//", f"//{login}"), 1)


@pytest.mark.usefixtures("_forget")
@pytest.mark.parametrize("template", [("{digest}",), ("{basic}",)])
def test_http_cameras_accept_any_login(template, monkeypatch):
    for user, password in LOGINS:
        guard = Guard(user, password, qop="auth", template=template)
        with HttpCamera(guarded_http(guard)) as camera:
            assert play(camera.url(), 1, username=user, password=password, allow_basic=True)
            if "@" not in user:
                login = f"{as_typed(user)}:{as_typed(password)}@"
                assert play(camera.url("/snap", login), 1, allow_basic=True)
