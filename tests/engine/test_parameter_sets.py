"""Sizes of pictures, read before a decoder sees them; and whatever bytes there are instead."""

from contextlib import suppress
import itertools
from pathlib import Path
import random

import av
from hostile_video import (
    START,
    box,
    fragment_bomb,
    h264_sps,
    h265_sps,
    jpeg,
    mp4,
    png,
    sample_bomb,
    table,
)
from hypothesis import given, strategies as st
import pytest
from videos import Recipe, write

from custom_components.homesec.engine.capture.packet_check import PacketCheck
from custom_components.homesec.engine.core.errors import (
    FileRefused,
    PictureRefused,
    PictureTooLarge,
)
from custom_components.homesec.engine.media.limits import (
    MAX_ASPECT,
    MAX_SIDE,
    MIN_SIDE,
    VIDEO_CODECS,
    budget_bytes,
    check_parameters,
)
from custom_components.homesec.engine.media.mp4_tables import StreamedTables, check_tables
from custom_components.homesec.engine.media.packets import padded_packet
from custom_components.homesec.engine.media.parameter_sets import (
    ParameterError,
    PictureParameters,
    parameters_in_box,
    parameters_in_sample,
    read_parameters,
)

CODECS = ("h264", "hevc", "mjpeg", "mpeg4", "png")
SOUND = {
    "h264": START + h264_sps(1920, 1088, 4),
    "hevc": START + h265_sps(1920, 1080, 4),
    "mjpeg": jpeg(640, 480, components=3),
    "png": png(64, 48),
}


@pytest.mark.parametrize(
    ("recipe", "size", "bytes_per_pixel", "reorder"),
    [
        ({"codec": "libx264", "bframes": 3}, (320, 192), 1.5, 2),
        ({"codec": "libx264", "size": (322, 190)}, (322, 190), 1.5, 0),
        ({"codec": "libx264", "pix_fmt": "yuv444p"}, (320, 192), 3.0, 0),
        ({"codec": "libx264", "pix_fmt": "yuv420p10le"}, (320, 192), 3.0, 0),
        ({"codec": "libx265", "bframes": 3}, (320, 192), 1.5, 2),
        ({"codec": "libx265", "pix_fmt": "yuv420p10le", "size": (328, 200)}, (328, 200), 3.0, 0),
    ],
    ids=["b-frames", "cropped", "4:4:4", "10 bit", "h265 b-frames", "h265 10 bit"],
)
@pytest.mark.parametrize("container", ["mp4", "mpegts"])
def test_parameters_of_encoded_video_are_those_it_was_encoded_with(
    tmp_path, recipe, size, bytes_per_pixel, reorder, container
):
    path = write(tmp_path / "video", Recipe(seconds=1, container=container, **recipe))
    with av.open(str(path)) as opened:
        context = opened.streams.video[0].codec_context
        found = PacketCheck(context.codec.canonical_name, context.extradata).parameters
    assert (found.width, found.height) == size
    assert (found.bytes_per_pixel, found.reorder) == (bytes_per_pixel, reorder)
    assert found.references >= reorder


@pytest.mark.parametrize(
    ("make", "codec"), [(h264_sps, "h264"), (h265_sps, "hevc")], ids=["h264", "h265"]
)
def test_parameters_of_every_shape_are_read(make, codec):
    rng = random.Random(7)
    for _ in range(300):
        width, height = (16 * rng.randint(1, 1250) for _ in range(2))
        pictures, chroma, depth = rng.randint(0, 16), rng.randint(0, 3), rng.choice((8, 10, 14))
        data = START + make(width, height, pictures, chroma=chroma, depth=depth)
        (found,) = read_parameters(data, codec)
        assert (found.width, found.height, found.references) == (width, height, pictures)
        assert found.layout[1:] == (chroma, depth)


def test_jpeg_and_png_sizes_are_read():
    (found,) = read_parameters(jpeg(4000, 3000, components=3), "mjpeg")
    assert (found.width, found.height, found.bytes_per_pixel) == (4000, 3000, 3.0)
    (found,) = read_parameters(png(640, 480, depth=16, color=6), "png")
    assert (found.width, found.height, found.bytes_per_pixel) == (640, 480, 8.0)


@given(
    st.integers(1, 20_000),
    st.integers(1, 20_000),
    st.integers(0, 40),
    st.sampled_from([1.0, 1.5, 3.0, 8.0]),
    st.sampled_from(sorted(VIDEO_CODECS)),
)
def test_pictures_that_pass_have_the_shape_and_memory_of_a_camera(
    width, height, references, size, codec
):
    found = PictureParameters(
        width=width, height=height, references=references, bytes_per_pixel=size
    )
    short, long = sorted((width, height))
    has_shape = short >= MIN_SIDE and long <= MAX_SIDE and long <= MAX_ASPECT * short
    try:
        check_parameters(found, codec)
    except PictureRefused:
        assert not has_shape
    except PictureTooLarge:
        assert has_shape
    else:
        assert has_shape
        assert width * height * size * (references + 1) <= budget_bytes()


def test_camera_with_8k_passes_on_a_large_system():
    for codec, references in (("h264", 5), ("hevc", 5)):
        picture = PictureParameters(width=7680, height=4320, references=references)
        if budget_bytes() > 700_000_000:
            check_parameters(picture, codec)


@given(st.binary(max_size=400), st.sampled_from(CODECS))
def test_any_bytes_are_read_or_refused(data, codec):
    for read in (read_parameters, parameters_in_box, parameters_in_sample):
        for prefix in (b"", START + b"\x67", START + b"\x42\x01", START + b"\x20", b"\x01"):
            with suppress(ParameterError):
                read(memoryview(prefix + data), codec)


def mutated(data, rng):
    """Return the data with some bytes changed, added, or cut off."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        at = rng.randrange(len(changed))
        match rng.randrange(4):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at] = rng.choice((0, 1, 127, 255))
            case 2:
                changed[at:at] = rng.randbytes(rng.randint(1, 4))
            case _ if len(changed) > 16:
                del changed[at : at + rng.randint(1, 4)]
    return bytes(changed)


@pytest.mark.parametrize("codec", sorted(SOUND))
def test_mutated_parameters_raise_nothing_but_errors_of_a_source(codec):
    rng = random.Random(codec)
    for _ in range(400):
        packet = padded_packet(mutated(SOUND[codec], rng))
        packet.is_keyframe = True
        with suppress(PictureRefused, PictureTooLarge):
            PacketCheck(codec).accept(packet)


@pytest.mark.parametrize("make", [sample_bomb, fragment_bomb])
def test_mutated_tables_are_checked_without_another_error(tmp_path, make):
    rng, path, refused = random.Random(3), tmp_path / "clip.mp4", 0
    for _ in range(400):
        path.write_bytes(mutated(make(), rng))
        try:
            check_tables(path)
        except FileRefused:
            refused += 1
    assert refused > 100


@pytest.mark.parametrize(
    "tables",
    [
        [table(b"stsz", 0, 2**31)],
        [table(b"stsz", 1, 2**31)],
        [table(b"stts", 1, 2**31, 1)],
        [table(b"ctts", 1, 2**31, 1)],
        [table(b"stsz", 0, 9000), table(b"elst", 2**20, *[0] * 60_000)],
        [table(b"cmov", 1, 2, 3)],
        [table(b"stsz", 0, 2**22)] * 3,
    ],
    ids=["sizes", "size", "times", "offsets", "edits", "compressed", "several"],
)
def test_tables_that_announce_too_much_are_refused(tmp_path, tables):
    path = tmp_path / "clip.mp4"
    path.write_bytes(mp4(*tables))
    with pytest.raises(FileRefused):
        check_tables(path)


@pytest.mark.parametrize("offset", range(-70, 8))
def test_table_is_found_wherever_reading_is_cut(tmp_path, offset, monkeypatch):
    path: Path = tmp_path / "clip.mp4"
    data = sample_bomb()
    path.write_bytes(data)
    at = data.index(b"stsz")
    monkeypatch.setattr(
        "custom_components.homesec.engine.media.mp4_tables._CHUNK", max(100, at + offset)
    )
    with pytest.raises(FileRefused):
        check_tables(path)


def test_media_that_looks_like_tables_is_no_table(tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(mp4(media=table(b"stsz", 1, 2**31) + table(b"cmov", 1, 2, 3)))
    check_tables(path)


def feed(data, cuts, start=0):
    """Read a stream in pieces."""
    tables = StreamedTables()
    for a, b in itertools.pairwise([0, *cuts, len(data)]):
        tables.feed(start + a, data[a:b])


@pytest.mark.parametrize("make", [sample_bomb, fragment_bomb])
def test_stream_that_announces_too_much_is_refused_wherever_it_is_cut(make):
    rng, data = random.Random(9), make() + bytes(200)
    for _ in range(100):
        cuts = sorted(rng.sample(range(1, len(data)), rng.randint(0, 9)))
        with pytest.raises(FileRefused):
            feed(data, cuts)


def test_stream_of_many_fragments_goes_on():
    head = mp4()
    fragments = StreamedTables()
    fragments.feed(0, head)
    for number in range(300):
        part = box(b"moof", table(b"trun", 30)) + box(b"mdat", bytes(2000))
        fragments.feed(len(head) + number * len(part), part)


def test_media_in_a_stream_that_looks_like_tables_is_none():
    data = mp4(media=table(b"stsz", 0, 2**31) * 20) + box(b"free", bytes(200))
    feed(data, range(50, len(data), 50))


def test_stream_that_is_no_mp4_is_not_searched():
    feed(b"--my" + b"boundary\r\n" + table(b"stsz", 0, 2**31) + bytes(200), [3, 20])
    feed(b"\x47" * 188 + table(b"stsz", 0, 2**31) + bytes(200), [100])
