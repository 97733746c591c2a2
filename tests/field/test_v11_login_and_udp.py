"""V11: any login that a camera may ask for, and video over UDP; a refusal says the true reason."""

from itertools import islice
import random
from threading import Event

from camera_film import Film
from camera_sound import g711
from engine_rig import EngineRig, stream_camera
from http_camera import HttpCamera, head
from login_guard import Guard
import misbehaving_camera
from misbehaving_camera import MisbehavingCamera
import pytest
from test_v9_mjpeg import PICTURES
from videos import content

from custom_components.homesec.engine.capture import login as logins, rtsp_relay
from custom_components.homesec.engine.capture.reconnecting_source import open_source
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.core.errors import (
    BasicRefused,
    CameraBusy,
    LoginRefused,
    LoginUnsupported,
    StreamNotFound,
    TransportRefused,
)
from custom_components.homesec.engine.core.events import ClipSaved
from custom_components.homesec.engine.core.types import Activity

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("_forget")]

GUARDS = {
    "rfc2069": {},
    "md5": {"algorithm": "MD5"},
    "md5-qop": {"algorithm": "MD5", "qop": "auth"},
    "md5-both-qops": {"algorithm": "MD5", "qop": "auth-int,auth"},
    "md5-integrity": {"algorithm": "MD5", "qop": "auth-int"},
    "md5-sess": {"algorithm": "MD5-sess", "qop": "auth"},
    "sha256": {"algorithm": "SHA-256"},
    "sha256-qop": {"algorithm": "SHA-256", "qop": "auth"},
    "sha256-sess": {"algorithm": "SHA-256-sess", "qop": "auth"},
    "sha256-lower-case": {"algorithm": "sha-256", "qop": "auth"},
    "sha512": {"algorithm": "SHA-512-256", "qop": "auth,auth-int"},
    "stale": {"qop": "auth", "fresh_after": 3},
    "expired-without-saying": {"qop": "auth", "fresh_after": 3, "says_stale": False},
    "odd-realm": {"realm": 'Übersicht, "Hof" \\ 门', "qop": "auth"},
    "odd-user": {"user": 'jürgen"\\门', "password": "pä:ß,门 \"'\\", "qop": "auth"},
    "two-headers": {"template": ("{basic}", "{digest}")},
    "one-header": {"template": ("{basic}, {digest}",)},
    "one-header-turned": {"template": ("{digest}, {basic}",)},
    "unknown-first": {"template": ('Digest realm="x", nonce="y", algorithm=NEW', "{digest}")},
    "basic-alone": {"template": ("{basic}",), "password": "pä:ß,门"},
}


@pytest.fixture
def _forget(monkeypatch):
    monkeypatch.setattr(logins, "_asked_digest", set())
    monkeypatch.setattr(rtsp_relay, "_needs_udp", set())


@pytest.fixture(scope="module")
def film(make_video):
    return Film(make_video(seconds=4, walks=(), fps=20))


class GuardedCamera(MisbehavingCamera):
    """An RTSP camera behind a ``Guard``."""

    def __init__(self, film, guard, **options):
        self.guard = guard
        super().__init__(film, login="x:y", **options)

    def challenges(self):
        return self.guard.challenges()

    def accepts_login(self, method, authorization):
        return self.guard.accepts(method, authorization.encode())


def guarded_http(guard):
    """Return the answers of an HTTP camera with single pictures behind a ``Guard``."""

    def answer(request):
        if guard.accepts("GET", request.get("authorization", "").encode("latin-1")):
            return [head("image/jpeg", f"Content-Length: {len(PICTURES[0])}"), PICTURES[0]]
        asked = [each.encode().decode("latin-1") for each in guard.challenges()]
        text = head("text/html", *asked, "Content-Length: 0", status="401 Unauthorized")
        return [text.decode().encode("latin-1")]

    return answer


def play(url, count=8, **settings):
    """Return some packets. Raises what the opening raises."""
    source = stream_camera(url, pictures_per_s=10.0, **settings).source
    connection = open_source(source, None, Timeline(SystemClock(), Pace.LIVE), Event())
    try:
        return list(islice(connection.packets(), count))
    finally:
        connection.close()


@pytest.mark.parametrize("name", GUARDS)
def test_rtsp_camera_accepts_the_login(film, name):
    guard = Guard(**GUARDS[name])
    with GuardedCamera(film, guard) as camera:
        assert len(play(camera.url, username=guard.user, password=guard.password)) == 8


@pytest.mark.parametrize("name", GUARDS)
def test_http_camera_accepts_the_login(name):
    guard = Guard(**GUARDS[name])
    with HttpCamera(guarded_http(guard)) as camera:
        assert len(play(camera.url("/a b?c=d"), username=guard.user, password=guard.password)) == 8


@pytest.mark.parametrize("name", GUARDS)
def test_wrong_password_is_tried_once(film, name):
    guard = Guard(**{**GUARDS[name], "fresh_after": 0})
    with GuardedCamera(film, guard) as camera, pytest.raises(LoginRefused) as caught:
        play(camera.url, username=guard.user, password="wrong")
    assert caught.type is LoginRefused
    described = [method for method, _ in camera.requests if method == "DESCRIBE"]
    assert len(described) == 2


@pytest.mark.parametrize(
    ("template", "schemes"),
    [
        (("Negotiate", "NTLM"), "Negotiate, Ntlm"),
        (('Digest realm="x", nonce="y", algorithm=NEW',), "Digest NEW"),
        ((), "?"),
    ],
)
def test_unknown_kind_of_login_is_named(film, template, schemes):
    guard = Guard(template=template)
    with GuardedCamera(film, guard) as camera, pytest.raises(LoginUnsupported) as caught:
        play(camera.url, username="bob", password="tweety")
    assert caught.value.placeholders == {"schemes": schemes}


def test_basic_after_digest_is_refused(film):
    guard = Guard()
    with GuardedCamera(film, guard) as camera:
        play(camera.url, username="bob", password="tweety")
        guard.template = ("{basic}",)
        with pytest.raises(BasicRefused):
            play(camera.url, username="bob", password="tweety")


# --- UDP ---


def setup_with(monkeypatch, answer):
    """Have ``answer(connection, cseq, uri, transport)`` answer each SETUP, unless it's false."""
    usual = misbehaving_camera._Connection._set_up

    def set_up(self, cseq, uri, transport):
        if not answer(self, cseq, uri, transport):
            usual(self, cseq, uri, transport)

    monkeypatch.setattr(misbehaving_camera._Connection, "_set_up", set_up)


def refuse(status, *, closes=False, only=""):
    """Return an answer that refuses TCP, or all that has ``only`` in its URI or transport."""

    def answer(connection, cseq, uri, transport):
        if not (only in uri + transport if only else "TCP" in transport):
            return False
        connection._reply(cseq, status)
        if closes:
            connection.close()
        return True

    return answer


@pytest.mark.parametrize(
    ("status", "closes"),
    [
        ("461 Unsupported Transport", False),
        ("461 Unsupported Transport", True),
        ("400 Bad Request", False),
        ("405 Method Not Allowed", False),
        ("500 Internal Server Error", False),
    ],
)
def test_camera_without_tcp_is_received_over_udp(film, monkeypatch, status, closes):
    setup_with(monkeypatch, refuse(status, closes=closes))
    with MisbehavingCamera(film, sounds=[g711()]) as camera:
        packets = play(camera.url, 40)
        again = play(camera.url, 10)
    assert {each.is_video for each in packets} == {True, False}
    assert len(again) == 10


@pytest.mark.parametrize("fault", ["shuffled", "twice"])
def test_datagrams_in_another_order_or_twice_cost_no_picture(
    make_video, tmp_path, monkeypatch, fault
):
    """As a wireless network delivers them."""
    usual, rng, late = misbehaving_camera._Connection._send, random.Random(1), []

    def send(self, channel, packet):
        if channel not in self._udp or channel % 2:
            usual(self, channel, packet)
            return
        late.append(packet)
        if len(late) == 3:
            chosen = [*late, *late] if fault == "twice" else rng.sample(late, 3)
            for each in chosen:
                usual(self, channel, each)
            late.clear()

    monkeypatch.setattr(misbehaving_camera._Connection, "_send", send)
    film = Film(make_video(seconds=8, walks=((2.0, 3.5),), size=(640, 384)))
    with MisbehavingCamera(film, refuses_tcp=True) as camera, EngineRig(tmp_path) as rig:
        config = stream_camera(camera.url, grace_s=1.0, pre_roll_s=1.0, post_roll_s=1.0)
        rig.engine.set_camera(config, Activity.RECORD)
        clip = rig.wait_for(ClipSaved).clip
        shown = content(rig.path(clip)).numbers
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert len(shown) > 20


def test_camera_that_answers_tcp_with_udp_is_received(film, monkeypatch):
    def answer(connection, cseq, uri, transport):
        if "TCP" not in transport:
            return False
        connection._reply(
            cseq, "200 OK", "Session: 1", "Transport: RTP/AVP;unicast;server_port=5000-5001"
        )
        return True

    setup_with(monkeypatch, answer)
    with MisbehavingCamera(film) as camera:
        assert len(play(camera.url)) == 8


def test_camera_that_answers_udp_with_tcp_is_received(film, monkeypatch):
    def answer(connection, cseq, uri, transport):
        if "TCP" in transport:
            connection._reply(cseq, "461 Unsupported Transport")
            return True
        connection._set_up(cseq, uri, "RTP/AVP/TCP;unicast;interleaved=0-1;usual")
        return True

    def once(connection, cseq, uri, transport):
        return not transport.endswith("usual") and answer(connection, cseq, uri, transport)

    setup_with(monkeypatch, once)
    with MisbehavingCamera(film) as camera:
        assert len(play(camera.url)) == 8


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("461 Unsupported Transport", TransportRefused),
        ("453 Not Enough Bandwidth", CameraBusy),
        ("503 Service Unavailable", CameraBusy),
        ("404 Not Found", StreamNotFound),
        ("403 Forbidden", LoginRefused),
    ],
)
def test_refusal_has_its_reason(film, monkeypatch, status, error):
    setup_with(monkeypatch, refuse(status, only="RTP"))
    with MisbehavingCamera(film) as camera, pytest.raises(error) as caught:
        play(camera.url)
    assert caught.type is error


@pytest.mark.parametrize("status", ["453 Busy", "404 Not Found", "500 Internal", "461 No"])
def test_refused_sound_does_not_cost_the_video(film, monkeypatch, status):
    setup_with(monkeypatch, refuse(status, only="sound"))
    with MisbehavingCamera(film, sounds=[g711()]) as camera:
        packets = play(camera.url, 12)
    assert all(each.is_video for each in packets)
