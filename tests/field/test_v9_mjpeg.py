"""V9: MJPEG over HTTP plays, whatever dialect a camera speaks."""

from itertools import cycle, pairwise
from threading import Event

from engine_rig import EngineRig, stream_camera
from http_camera import HttpCamera, head
from hypothesis import given, strategies as st
import pytest
from videos import content, frame_of, picture

from custom_components.homesec.engine.capture import open as opening
from custom_components.homesec.engine.capture.jpeg_reader import JpegReader
from custom_components.homesec.engine.capture.reconnecting_source import open_source
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.core.errors import (
    NoVideo,
    PacketTooLarge,
    SourceTimeout,
    VideoDamaged,
)
from custom_components.homesec.engine.core.types import Activity
from custom_components.homesec.engine.media.jpeg import encode_jpeg

QUICK = {"pre_roll_s": 0.5, "grace_s": 0.5, "post_roll_s": 0.5}
MIXED = "multipart/x-mixed-replace"


def walk():
    """Return four seconds of JPEGs; a figure walks from the first to the second."""
    return [
        encode_jpeg(frame_of(picture(n, figure_at=(n - 10) / 10 if 10 <= n < 20 else None)))
        for n in range(40)
    ]


PICTURES = walk()


def with_thumbnail(jpeg):
    """Put a whole JPEG into a segment of another one (EXIF)."""
    inside = b"Exif\0\0" + PICTURES[0][:20000]
    return jpeg[:2] + b"\xff\xe1" + (len(inside) + 2).to_bytes(2) + inside + jpeg[2:]


def chunked(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def part(boundary=b"--b", *, eol=b"\r\n", headers=(b"Content-Type: image/jpeg",), length=True):
    """Return what makes a part of a JPEG."""

    def make(jpeg):
        lines = [boundary, *headers]
        if length:
            lines.append(b"Content-Length: %d" % len(jpeg))
        return eol.join([*lines, b"", b""]) + jpeg + eol

    return make


DIALECTS = {
    "usual": (head(f"{MIXED}; boundary=b"), part()),
    "boundary-with-dashes": (head(f"{MIXED}; boundary=--b"), part()),
    "quoted": (head(f'{MIXED}; boundary="b"'), part()),
    "other-boundary": (head(f"{MIXED}; boundary=xyz"), part()),
    "no-boundary-named": (head(MIXED), part()),
    "without-dashes": (head(f"{MIXED}; boundary=b"), part(b"b")),
    "without-first-boundary": (
        head(f"{MIXED}; boundary=b"),
        lambda jpeg: b"Content-Type: image/jpeg\r\n\r\n" + jpeg + b"\r\n--b\r\n",
    ),
    "without-lengths": (head(f"{MIXED}; boundary=b"), part(length=False)),
    "without-part-headers": (
        head(f"{MIXED}; boundary=b"), part(headers=(), length=False),
    ),
    "boundary-alone": (head(f"{MIXED}; boundary=b"), lambda jpeg: b"\r\n--b\r\n" + jpeg),
    "wrong-lengths": (
        head(f"{MIXED}; boundary=b"), part(headers=(b"Content-Length: 7",), length=False),
    ),
    "line-feeds": (head(f"{MIXED}; boundary=b", eol="\n"), part(eol=b"\n")),
    "lower-case": (
        head(f"{MIXED};boundary=b"), part(headers=(b"content-type:image/jpg",), length=False),
    ),
    "bare": (head("image/jpeg"), bytes),
    "bare-with-length": (head("image/jpeg", "Content-Length: 2147483647"), bytes),
    "with-length": (head(f"{MIXED}; boundary=b", "Content-Length: 99999999"), part()),
    "bare-video": (head("video/x-motion-jpeg"), bytes),
    "bare-binary": (head("application/octet-stream"), bytes),
    "no-type": (b"HTTP/1.0 200 OK\r\n\r\n", part()),
    "wrong-type": (head("text/html"), part()),
    "mixed": (head("multipart/mixed; boundary=b"), part()),
    "mjpg": (head("video/mjpeg"), part(length=False)),
    "chunked": (
        head(f"{MIXED}; boundary=b", "Transfer-Encoding: chunked"),
        lambda jpeg: b"".join(chunked(x) for x in (part()(jpeg)[:50], part()(jpeg)[50:])),
    ),
    "chunked-bare": (
        head("image/jpeg", "Transfer-Encoding: chunked"), chunked,
    ),
    "thumbnails": (head(f"{MIXED}; boundary=b"), lambda jpeg: part()(with_thumbnail(jpeg))),
    "without-end-markers": (
        head(f"{MIXED}; boundary=b"), lambda jpeg: part(length=False)(jpeg[:-2]),
    ),
    "padded": (head(f"{MIXED}; boundary=b"), lambda jpeg: part()(jpeg + bytes(100))),
    "octet-parts": (
        head(f"{MIXED}; boundary=b"), part(headers=(b"Content-Type: application/octet-stream",)),
    ),
}  # fmt: skip


def endless(dialect):
    """Return the answer of a camera that plays its pictures again and again."""
    begin, make = DIALECTS[dialect]

    def answer(_request):
        yield begin
        for jpeg in cycle(PICTURES):
            yield make(jpeg)
            yield None

    return answer


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    cameras = {name: HttpCamera(endless(name)) for name in DIALECTS}
    try:
        with EngineRig(tmp_path_factory.mktemp("mjpeg")) as rig:
            for name, each in cameras.items():
                source = stream_camera(each.url("/video"), id=name, **QUICK)
                rig.engine.set_camera(source, Activity.RECORD)
            stats = {}
            for name in rig.each_saved(cameras):
                stats[name] = rig.engine.stats(name)
                rig.engine.remove_camera(name)  # what it would record more isn't looked at
            rig.stop()
            yield {name: content(rig.path(rig.saved(name)[0])) for name in cameras}, stats
    finally:
        for each in cameras.values():
            each.close()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_mjpeg_of_any_dialect_is_recorded_with_all_pictures(recorded, dialect):
    clips, stats = recorded
    shown = clips[dialect].numbers
    assert len(shown) > 10
    assert all((b - a) % 40 == 1 for a, b in pairwise(shown))
    assert (stats[dialect].video_codec, stats[dialect].reconnects) == ("mjpeg", 0)


def test_page_instead_of_pictures_has_no_video():
    page = b"<html><body>Please log in</body></html>" * 200
    with HttpCamera(lambda _: [head("text/html"), page]) as camera, pytest.raises(NoVideo):
        first_packets(camera.url(), 1)


def test_multipart_of_something_else_has_no_video():
    text = b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n" * 100
    with HttpCamera(lambda _: [head(MIXED), text]) as camera, pytest.raises(NoVideo):
        first_packets(camera.url(), 1)


def first_packets(url, count):
    source = stream_camera(url, stall_s=1.0).source
    connection = open_source(source, None, Timeline(SystemClock(), Pace.LIVE), Event())
    try:
        return [packet for packet, _ in zip(connection.packets(), range(count), strict=False)]
    finally:
        connection.close()


def test_answer_without_any_byte_is_late(monkeypatch):
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 0.3)
    silent = [head("application/octet-stream"), *[None] * 600]
    with HttpCamera(lambda _: silent) as camera, pytest.raises(SourceTimeout):
        first_packets(camera.url(), 1)


def test_multipart_without_any_picture_is_late(monkeypatch):
    monkeypatch.setattr(opening, "OPEN_TIMEOUT_S", 0.3)
    silent = [head(f"{MIXED}; boundary=b"), b"--b\r\n", *[None] * 600]
    with HttpCamera(lambda _: silent) as camera, pytest.raises(SourceTimeout):
        first_packets(camera.url(), 1)


def test_damaged_picture_is_left_out():
    damaged = PICTURES[1].replace(b"\xff\xc0", b"\xff\xef", 1)  # no frame header

    def answer(_request):
        return [head(MIXED), *map(part(), [PICTURES[0], damaged, *PICTURES[2:5]])]

    with HttpCamera(answer) as camera:
        assert len(first_packets(camera.url(), 4)) == 4


def test_camera_that_sends_damaged_pictures_only_is_refused():
    damaged = PICTURES[1].replace(b"\xff\xc0", b"\xff\xef", 1)

    def answer(_request):
        return [head(MIXED), *map(part(), [PICTURES[0], *[damaged] * 60])]

    with HttpCamera(answer) as camera, pytest.raises(VideoDamaged):
        first_packets(camera.url(), 4)


# --- the reader alone ---

text = st.binary(max_size=60).filter(lambda data: b"\xff" not in data)


@given(
    gaps=st.lists(text, min_size=1, max_size=8),
    sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=5),
)
def test_reader_finds_each_picture_however_it_is_cut(gaps, sizes):
    stream = b"".join(gap + PICTURES[n] for n, gap in enumerate(gaps))
    reader, found, at = JpegReader(), [], 0
    for size in cycle(sizes):
        if at >= len(stream):
            break
        found += reader.feed(stream[at : at + size])
        at += size
    assert found == [PICTURES[n] for n in range(len(gaps))]


@given(
    junk=st.lists(
        st.one_of(
            st.binary(max_size=200), st.sampled_from(PICTURES).map(lambda x: x[: len(x) // 2])
        )
    ),
)
def test_reader_survives_anything_and_finds_the_picture_after_it(junk):
    reader = JpegReader()
    for data in junk:
        list(reader.feed(data))
    # What looks like the start of a picture may swallow the first ones.
    found = list(reader.feed(b"".join(PICTURES[:25]) * 3))
    assert found[-1] == PICTURES[24]


def test_reader_refuses_a_picture_without_end():
    reader = JpegReader()
    list(reader.feed(PICTURES[0][:400]))
    with pytest.raises(PacketTooLarge):
        list(reader.feed(bytes(1 << 25)))


def test_reader_finds_pictures_with_odd_markers():
    restart = b"\xff\xd0"
    comment = b"\xff\xfe\x00\x04hi"
    lines = b"\xff\xdc\x00\x04\x00\x10"
    fill = b"\xff\xff"
    plain = PICTURES[0]
    odd = plain[:2] + comment + b"\xff\x01" + fill + plain[3:-2] + restart + lines + plain[-2:]
    reader = JpegReader()
    assert list(reader.feed(odd + b"--b\r\n\r\n" + plain)) == [odd, plain]
