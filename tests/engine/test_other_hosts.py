"""A camera can't make HomeSec call another host or port, or open a file."""

from __future__ import annotations

from contextlib import suppress
from threading import Event

from camera_servers import Reply, launch_line
from engine_rig import FakeClock, stream_camera
from hypothesis import HealthCheck, given, settings, strategies as st
from network_cameras import InternalService, RtspFront, internal_service, rtsp_answer
import pytest

from custom_components.homesec.engine.capture import open as opening
from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.errors import OtherHostRefused, SourceError

HLS = "application/vnd.apple.mpegurl"
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=video {port} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:{control}\r\n"
)
DASH = (
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet'
    ' mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>'
    "http://{internal}/dash.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>"
)


@pytest.fixture
def internal():
    with internal_service() as service:
        yield service


def open_stream(url, **source):
    source = {"username": "bob", "password": "tweety-7f3a", **source}
    config = stream_camera(url, **source).source
    return ContainerConnection(config, Timeline(FakeClock(), Pace.LIVE), Event())


def read(url, **source):
    """Open a stream, and read it to its end."""
    connection = open_stream(url, **source)
    try:
        for _ in connection.packets():
            pass
    finally:
        connection.close()


def playlist(*parts, key=None):
    """Return an HLS playlist of these parts."""
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2"]
    if key:
        lines.append(f'#EXT-X-KEY:METHOD=AES-128,URI="{key}"')
    for part in parts:
        lines += ["#EXTINF:2,", part]
    return Reply(lambda: ["\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()], HLS)


# --- redirects over HTTP


def test_redirect_to_other_port_is_refused_without_a_request(http, internal):
    server = http({"/": f"http://{internal.address}/reboot"})
    with pytest.raises(OtherHostRefused) as caught:
        open_stream(server.url("/"))
    assert caught.value.placeholders == {"host": internal.address}
    assert internal.requests == []


def test_redirect_after_login_is_refused_without_a_request(http, internal):
    server = http({"/": f"http://{internal.address}/stolen"}, login="bob:tweety-7f3a")
    with pytest.raises(OtherHostRefused):
        open_stream(server.url("/"))
    assert internal.requests == []


def test_redirect_on_the_same_host_is_followed(http, make_video):
    server = http({"/": "/b", "/b": "c.mp4", "/c.mp4": Reply.file(make_video(seconds=1))},
                  login="bob:tweety-7f3a")  # fmt: skip
    open_stream(server.url("/")).close()


def test_endless_redirect_is_refused(http):
    with pytest.raises(SourceError):
        open_stream(http({"/": "/"}).url("/"))


def test_redirect_to_other_host_is_followed_without_login_if_allowed(http, make_video, internal):
    other = http({"/video.mp4": Reply.file(make_video(seconds=1))})
    server = http({"/": other.url("/video.mp4"), "/login": f"http://{internal.address}/"})
    open_stream(server.url("/"), allow_other_hosts=True).close()
    with pytest.raises(SourceError):
        open_stream(server.url("/login"), allow_other_hosts=True)
    assert len(internal.requests) == 1
    assert b"uthorization" not in internal.requests[0]


@pytest.mark.parametrize("target", ["file://{video}", "concat:{video}", "rtsp://{internal}/x"])
def test_redirect_away_from_http_is_refused_even_if_allowed(http, make_video, internal, target):
    target = target.format(video=make_video(seconds=1), internal=internal.address)
    with pytest.raises(OtherHostRefused):
        open_stream(http({"/": target}).url("/"), allow_other_hosts=True)
    assert internal.requests == []


# --- playlists


@pytest.mark.parametrize("where", ["part", "key", "variant", "map"])
def test_playlist_with_other_port_is_refused_without_a_request(http, internal, where):
    url = f"http://{internal.address}/secret.ts"
    variant = Reply(
        lambda: [f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url[:-3]}.m3u8\n".encode()], HLS
    )
    replies = {
        "part": playlist(url, url, url),
        "key": playlist("a.ts", key=url),
        "variant": variant,
        "map": Reply(
            lambda: [b'#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="' + url.encode()
                     + b'"\n#EXTINF:2,\na.mp4\n#EXT-X-ENDLIST\n'], HLS),
    }  # fmt: skip
    server = http({"/live": replies[where], "/a.ts": Reply(lambda: [b"x" * 188], "video/mp2t")})
    with pytest.raises(OtherHostRefused):
        read(server.url("/live"))
    assert internal.requests == []


def test_playlist_on_the_same_host_plays(http, make_video):
    part = Reply.file(make_video(seconds=2, container="mpegts"))
    server = http({"/live.m3u8": playlist("a.ts", "/a.ts"), "/a.ts": part})
    connection = open_stream(server.url("/live.m3u8"))
    assert len(list(connection.packets())) >= 40
    connection.close()


def test_playlist_with_other_host_plays_if_allowed(http, make_video):
    other = http({"/a.ts": Reply.file(make_video(seconds=2, container="mpegts"))})
    server = http({"/live.m3u8": playlist(other.url("/a.ts"))})
    connection = open_stream(server.url("/live.m3u8"), allow_other_hosts=True)
    assert len(list(connection.packets())) >= 20
    connection.close()


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        ("ffconcat version 1.0\nfile http://{internal}/x\n", "text/plain"),
        ("ffconcat version 1.0\nfile {video}\n", "text/plain"),
        (SDP.format(port="{port}", control="x"), "application/sdp"),
        (
            DASH,
            "application/dash+xml",
        ),
    ],
    ids=["concat", "concat-file", "sdp", "dash"],
)
def test_other_formats_that_name_addresses_are_refused(
    http, internal, make_video, text, content_type
):
    text = text.format(internal=internal.address, port=internal.port, video=make_video(seconds=1))
    server = http({"/": Reply(lambda: [text.encode()], content_type)})
    with pytest.raises(SourceError):
        read(server.url("/"), allow_other_hosts=True)
    assert internal.requests == []


def test_proxy_of_the_environment_is_not_used(http, internal, make_video, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{internal.address}")
    monkeypatch.delenv("no_proxy", raising=False)
    open_stream(http({"/a.mp4": Reply.file(make_video(seconds=1))}).url("/a.mp4")).close()
    assert internal.requests == []


# --- any shape


@st.composite
def misleading_urls(draw):
    """Draw a template of an address: ``{port}`` is the camera's, ``{other}`` another one."""
    scheme = draw(st.sampled_from(
        ["http://", "HTTP://", "//", "http:", "http:/", "https://", "rtsp://", "tcp://", "udp://",
         "crypto+http://", "crypto:http://", "httpproxy://", "concat:http://", "async:http://",
         "cache:http://", "subfile,,start,0,end,0,,:http://", "ftp://", "gopher://", "\\\\",
         "http:\\\\", " http://", "\thttp://", "h\nttp://"]))  # fmt: skip
    user = draw(st.sampled_from(
        ["", "a@", "a:b@", "127.0.0.1:{port}@", "127.0.0.1:{port}%40", "127.0.0.1:{port}#@",
         "127.0.0.1:{port}/@", "127.0.0.1:{port}?@", "127.0.0.1:{port}\\@"]))  # fmt: skip
    host = draw(st.sampled_from(
        ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "LOCALHOST.",
         "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "127.0.0.1.",
         "%31%32%37.0.0.1", "127.0.0.2", "①②⑦.0.0.1"]))  # fmt: skip
    port = draw(st.sampled_from([":{other}", ":0{other}", "", ":80", ":{other}:{port}"]))
    return scheme + user + host + port + draw(st.sampled_from(["/x.ts", "/x.m3u8", "", "?x.ts"]))


LOCAL = [
    "file://{video}", "file:{video}", "{video}", "FILE://{video}", "concat:{video}",
    "subfile,,start,0,end,0,,:{video}", "crypto:{video}", "crypto+file://{video}",
    "data:video/mp2t;base64,AAAA", "pipe:0", "fd:", "cache:{video}", "async:{video}",
    "unix:/run/x.sock", "../../../../../../../{video}", "concatf:{video}", "tee:{video}",
]  # fmt: skip


@given(
    address=st.one_of(misleading_urls(), st.sampled_from(LOCAL)),
    how=st.sampled_from(["redirect", "part", "key", "late redirect"]),
)
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_shape_of_address_leaves_the_camera(http, make_video, address, how):
    video = make_video(seconds=1, container="mpegts")
    with InternalService() as internal, pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "OPEN_TIMEOUT_S", 1.0)
        server = http({})
        port = server.url("").rpartition(":")[2]
        address = address.replace("{video}", str(video)).replace("{other}", str(internal.port))
        address = address.replace("{port}", port)
        redirect = address.replace("\n", "").encode().decode("latin-1")
        server.replies |= {
            "/redirect": redirect,
            "/part": playlist(address),
            "/key": playlist("a.ts", key=address),
            "/late redirect": playlist("to.ts"),
            "/to.ts": redirect,
            "/a.ts": Reply(lambda: [b"x" * 188], "video/mp2t"),
        }
        with pytest.raises(SourceError):
            read(server.url(f"/{how}".replace(" ", "%20")), stall_s=1.0)
        assert internal.requests == []


# --- RTSP


@pytest.fixture
def front(rtsp_server, make_video):
    """Make RTSP cameras: ``front(answer)``."""
    fronts = []

    def make(answer=lambda *_: None, **options):
        server = rtsp_server({"/cam": launch_line(make_video(seconds=30))})
        fronts.append(RtspFront(server.port, answer, **options))
        return fronts[-1]

    yield make
    for each in fronts:
        each.close()


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
@pytest.mark.parametrize("status", [301, 302, 305])
def test_rtsp_redirect_to_other_port_is_refused_without_a_request(front, internal, method, status):
    location = f"Location: rtsp://{internal.address}/cam"
    camera = front(lambda m, *_: rtsp_answer(f"{status} Moved", location) if m == method else None)
    with pytest.raises(OtherHostRefused) as caught:
        open_stream(f"rtsp://{camera.address}/cam")
    assert caught.value.placeholders == {"host": internal.address}
    assert internal.requests == []


@pytest.mark.parametrize("target", ["http://{}/x", "file:///etc/passwd", "", "rtsp://:x/"])
def test_rtsp_redirect_away_from_rtsp_is_refused_even_if_allowed(front, internal, target):
    location = f"Location: {target.format(internal.address)}"
    camera = front(lambda m, *_: rtsp_answer("302 Moved", location) if m == "DESCRIBE" else None)
    with pytest.raises(OtherHostRefused):
        open_stream(f"rtsp://{camera.address}/cam", allow_other_hosts=True)
    assert internal.requests == []


def test_rtsp_redirect_on_the_same_host_is_followed(front):
    def answer(method, uri, _headers):
        if method == "DESCRIBE" and uri.endswith("/old"):
            return rtsp_answer("302 Moved", f"Location: {uri[:-4]}/cam")
        return None

    open_stream(f"rtsp://{front(answer).address}/old").close()


def test_rtsp_redirect_to_other_host_is_followed_without_login_if_allowed(front):
    other = front()

    def answer(method, _uri, headers):
        if method != "DESCRIBE":
            return None
        if "authorization" not in headers:
            return rtsp_answer("401 Unauthorized", 'WWW-Authenticate: Basic realm="x"')
        return rtsp_answer("302 Moved", f"Location: rtsp://{other.address}/cam")

    open_stream(f"rtsp://{front(answer).address}/cam", allow_other_hosts=True).close()
    assert {method for method, *_ in other.requests} >= {"DESCRIBE", "SETUP", "PLAY"}
    assert not any("authorization" in headers for *_, headers in other.requests)


def test_rtsp_addresses_in_the_description_get_no_request(front, internal):
    control = f"rtsp://{internal.address}/track"

    def answer(method, *_):
        if method == "DESCRIBE":
            body = SDP.format(port=internal.port, control=control)
            base = f"Content-Base: rtsp://{internal.address}/base/"
            return rtsp_answer("200 OK", base, "Content-Type: application/sdp", body=body)
        return None

    camera = front(answer)
    with pytest.raises(SourceError):
        open_stream(f"rtsp://{camera.address}/cam")
    assert ("SETUP", control) in [(method, uri) for method, uri, _ in camera.requests]
    assert internal.requests == []


@pytest.mark.parametrize(
    "smuggled",
    [
        # Line feeds alone, which FFmpeg would take for the end of a header.
        "Public: X\n\nRTSP/1.0 302 Moved\nLocation: rtsp://{}/cam\n",
        "Server: WMServer/9\nLocation: rtsp://{}/cam",
        # A length that is shorter than what follows.
        "Content-Length: 0\r\n\r\nRTSP/1.0 302 Moved\r\nCSeq: 2\r\nLocation: rtsp://{}/cam",
        # Packets too short to be any, whose content FFmpeg reads as text.
        "X: y\r\n\r\n$\0\0\7\nRTSP/1$\0\0\7.0 302 $\0\0\7\nLocati$\0\0\7on: rts$\0\0\1:",
    ],
)
def test_rtsp_redirect_that_is_smuggled_gets_no_request(front, internal, smuggled):
    extra = smuggled.format(internal.address)
    camera = front(
        lambda method, *_: (
            rtsp_answer("200 OK", "Public: DESCRIBE, SETUP, PLAY", extra)
            if method == "OPTIONS"
            else None
        )
    )
    with suppress(SourceError):
        open_stream(f"rtsp://{camera.address}/cam").close()
    assert internal.requests == []


def test_rtsp_request_of_the_camera_to_go_elsewhere_is_refused(front, internal):
    redirect = f"REDIRECT * RTSP/1.0\r\nCSeq: 9\r\nLocation: rtsp://{internal.address}/\r\n\r\n"
    camera = front(
        lambda m, *_: redirect + rtsp_answer("200 OK", "Public: X") if m == "OPTIONS" else None
    )
    with pytest.raises(OtherHostRefused):
        open_stream(f"rtsp://{camera.address}/cam")
    assert internal.requests == []
