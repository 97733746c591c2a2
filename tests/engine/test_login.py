"""Logins: Digest in all its forms, and Basic only for a camera that never asked for Digest."""

from __future__ import annotations

from base64 import b64encode
import hashlib
import re
from threading import Event

from camera_servers import Reply, launch_line
from engine_rig import FakeClock, stream_camera
from network_cameras import RtspFront, rtsp_answer
import pytest

from custom_components.homesec.engine.capture import login as logins
from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.login import Login
from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.errors import (
    BasicRefused,
    LoginRefused,
    LoginUnsupported,
)

CANARY = 'twe"e\\ty/#?[]-7f3a'
BASIC = 'Basic realm="cam"'
DIGEST = 'Digest realm="cam, the one", nonce="n1"'
SHA256 = f'{DIGEST}, algorithm=SHA-256, qop="auth-int,auth", opaque="o"'
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


@pytest.fixture(autouse=True)
def forget_cameras(monkeypatch):
    monkeypatch.setattr(logins, "_asked_digest", set())


def fields(header):
    pattern = r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))'
    found = re.findall(pattern, header.removeprefix("Digest "))
    return {name: re.sub(r"\\(.)", r"\1", quoted) or token for name, quoted, token in found}


def is_right(header, method, user="bob", password=CANARY):
    """Return whether a camera that knows the password accepts a Digest header."""
    given = fields(header)
    name = given.get("algorithm", "MD5")

    def digest(text):
        return hashlib.new(HASHES[name.removesuffix("-sess")], text.encode()).hexdigest()

    first = digest(f"{user}:{given['realm']}:{password}")
    if name.endswith("-sess"):
        first = digest(f"{first}:{given['nonce']}:{given['cnonce']}")
    second = digest(f"{method}:{given['uri']}")
    middle = f":{given['nonce']}:"
    if "qop" in given:
        middle += f"{given['nc']}:{given['cnonce']}:{given['qop']}:"
    return given["response"] == digest(first + middle + second)


def test_digest_matches_example_of_rfc_7616(monkeypatch):
    monkeypatch.setattr(
        logins.secrets, "token_hex", lambda _n: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
    )
    login = Login("Mufasa", "Circle of Life")
    challenge = (
        'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    login.accept([challenge], sent=False)
    header = login.header("GET", "/dir/index.html")
    expected = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    assert fields(header)["response"] == expected


@pytest.mark.parametrize(
    "challenge",
    [DIGEST, SHA256, f"{DIGEST}, algorithm=MD5-sess", f"{DIGEST}, algorithm=SHA-512-256, qop=auth",
     f'{DIGEST}, algorithm="MD5", qop="auth"', f"Basic realm=x, {DIGEST}"],
)  # fmt: skip
def test_digest_of_any_form_is_answered(challenge):
    login = Login("bob", CANARY)
    login.accept([challenge], sent=False)
    header = login.header("DESCRIBE", "rtsp://cam/1")
    assert is_right(header, "DESCRIBE")
    assert CANARY not in header
    again = fields(login.header("SETUP", "rtsp://cam/1"))
    assert again.get("nc") in (None, "00000002")


def test_strongest_challenge_is_answered():
    login = Login("bob", CANARY)
    login.accept([BASIC, DIGEST, f"{DIGEST}, algorithm=SHA-256"], sent=False)
    assert fields(login.header("GET", "/"))["algorithm"] == "SHA-256"


def test_basic_is_answered():
    login = Login("bob", CANARY)
    login.accept([BASIC], sent=False)
    assert login.header("GET", "/") == "Basic " + b64encode(f"bob:{CANARY}".encode()).decode()


def test_refused_login_is_not_repeated_unless_stale():
    login = Login("bob", CANARY)
    with pytest.raises(LoginRefused):
        login.accept([DIGEST], sent=True)
    login.accept([f"{DIGEST}, stale=TRUE"], sent=True)


def test_login_without_password_is_refused():
    with pytest.raises(LoginRefused):
        Login(None, None).accept([BASIC], sent=False)


@pytest.mark.parametrize("challenges", [["NTLM"], [f"{DIGEST}, algorithm=XXX, {BASIC}"], []])
def test_unknown_kind_of_login_is_named(challenges):
    with pytest.raises(LoginUnsupported):
        Login("bob", CANARY).accept(challenges, sent=False)


def test_basic_after_digest_is_refused_in_a_later_connection():
    first = Login("bob", CANARY, camera=("cam", 80))
    first.accept([DIGEST], sent=False)
    for later in (first, Login("bob", CANARY, camera=("cam", 80))):
        with pytest.raises(BasicRefused):
            later.accept([BASIC], sent=False)
    Login("bob", CANARY, camera=("other", 80)).accept([BASIC], sent=False)
    Login("bob", CANARY, camera=("cam", 80), allow_basic=True).accept([BASIC], sent=False)


def test_basic_is_refused_if_settings_say_digest():
    with pytest.raises(BasicRefused):
        Login("bob", CANARY, digest_only=True).accept([BASIC], sent=False)


# --- cameras


class Door:
    """Asks for a login; ``challenges`` may change."""

    def __init__(self, challenges):
        self.challenges = challenges
        self.seen = []

    def __call__(self, method, _uri, headers):
        given = headers.get("authorization")
        self.seen.append(given or "")
        if given and (given.startswith("Basic") or is_right(given, method)):
            return None
        if method == "OPTIONS":
            return None
        challenges = [f"WWW-Authenticate: {each}" for each in self.challenges]
        return rtsp_answer("401 Unauthorized", *challenges)


@pytest.fixture
def front(rtsp_server, make_video):
    """Make RTSP cameras that ask for a login: ``front(door)``."""
    fronts = []

    def make(door):
        server = rtsp_server({"/cam": launch_line(make_video(seconds=30))})
        fronts.append(RtspFront(server.port, door))
        return fronts[-1]

    yield make
    for each in fronts:
        each.close()


def open_stream(url, **source):
    config = stream_camera(url, username="bob", **{"password": CANARY, **source}).source
    return ContainerConnection(config, Timeline(FakeClock(), Pace.LIVE), Event())


@pytest.mark.parametrize("challenges", [[BASIC], [DIGEST], [SHA256], [SHA256, DIGEST]])
def test_rtsp_camera_gets_the_login_it_asks_for(front, challenges):
    open_stream(f"rtsp://{front(Door(challenges)).address}/cam").close()


def test_rtsp_camera_with_wrong_password_is_refused_after_one_try(front):
    door = Door([DIGEST])
    with pytest.raises(LoginRefused):
        open_stream(f"rtsp://{front(door).address}/cam", password="wrong")
    assert len([each for each in door.seen if each]) == 1


def test_password_with_unusual_characters_in_url_is_used(front):
    address = front(Door([DIGEST])).address
    config = stream_camera(f"rtsp://bob:{CANARY}@{address}/cam").source
    ContainerConnection(config, Timeline(FakeClock(), Pace.LIVE), Event()).close()


def test_rtsp_camera_that_falls_back_to_basic_gets_no_password(front):
    door = Door([DIGEST])
    address = front(door).address
    open_stream(f"rtsp://{address}/cam").close()
    door.challenges, door.seen = [BASIC], []
    with pytest.raises(BasicRefused):
        open_stream(f"rtsp://{address}/cam")
    assert not any(each.startswith("Basic") for each in door.seen)
    open_stream(f"rtsp://{address}/cam", allow_basic=True).close()


def test_http_camera_that_falls_back_to_basic_gets_no_password(http, make_video):
    server = http({"/a.mp4": Reply.file(make_video(seconds=1))}, login=f"bob:{CANARY}")
    open_stream(server.url("/a.mp4")).close()
    with pytest.raises(BasicRefused):
        open_stream(server.url("/a.mp4"), digest_only=True)


def test_probe_tells_whether_the_camera_asks_for_digest(front, http, make_video):
    address = front(Door([SHA256])).address
    source = stream_camera(f"rtsp://{address}/cam", username="bob", password=CANARY).source
    assert probe(source).asks_digest
    server = http({"/a.mp4": Reply.file(make_video(seconds=1))}, login=f"bob:{CANARY}")
    source = stream_camera(server.url("/a.mp4"), username="bob", password=CANARY).source
    assert not probe(source).asks_digest
