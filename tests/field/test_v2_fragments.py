"""V2: fragments reach the disk every half second, whatever the sound of a camera does."""

from dataclasses import replace

from engine_rig import media_packets, split_video
from hypothesis import given, settings, strategies as st
from partial_files import G711, g711
import pytest
from videos import atoms, content

from custom_components.homesec.engine.media.packets import MediaFormat, MediaKind, padded_packet
from custom_components.homesec.engine.recording.muxer import FragmentedMp4

AAC = MediaFormat(kind=MediaKind.AUDIO, codec="aac", sample_rate=16_000, layout="mono")
OPUS = MediaFormat(kind=MediaKind.AUDIO, codec="opus", sample_rate=48_000, layout="stereo")
G726 = replace(G711, codec="adpcm_g726le", bits_per_sample=2)
G726_WITHOUT_BITS = replace(G726, bits_per_sample=9)
ODD_RATE = replace(G711, codec="pcm_s16be", sample_rate=9600)
FORMATS = [G711, AAC, OPUS, G726, G726_WITHOUT_BITS, ODD_RATE]
LATE_S = 1.5
"""A fragment, the wait for sound, and what is kept to put sound and pictures in order."""


@pytest.fixture(scope="module")
def video(make_video):
    return media_packets(make_video(seconds=5, bframes=2))


@pytest.fixture(scope="module")
def mjpeg(make_video):
    return media_packets(make_video(seconds=5, codec="mjpeg", container="avi", pix_fmt="yuvj420p"))


def fragments(path):
    return atoms(path).count("moof") if path.exists() else 0


def record(path, packets, audio):
    """Write packets; return the fragments on the disk at each second, before the file is closed."""
    file = FragmentedMp4(path, next(p.format for p in packets if p.is_video), audio)
    found, start = [], packets[0].t
    for packet in packets:
        file.write(packet)
        if packet.is_video and packet.t - start >= len(found) + 1:
            found.append(fragments(path))
    file.close()
    return found


def check(path, packets, audio, frames):
    """Check that fragments come in time, and that the file has all frames."""
    for second, count in enumerate(record(path, packets, audio), 1):
        assert count >= (second - LATE_S) / 0.5, (second, count)
    assert content(path).numbers == list(range(frames))


def garbage(t, audio, data):
    return replace(g711(t, audio), data=_stamped(data, g711(t, audio).data))


def _stamped(data, like):
    packet = padded_packet(data)
    packet.time_base, packet.pts, packet.dts = like.time_base, like.pts, like.dts
    return packet


def mix(video, sound):
    return [video[0], *sorted([*video[1:], *sound], key=lambda p: p.t)]


@pytest.mark.parametrize("audio", FORMATS, ids=lambda x: f"{x.codec}-{x.bits_per_sample}")
@pytest.mark.parametrize("times", [[], [0.0], [0.02], [2.0], [n * 0.02 for n in range(100)]])
def test_fragments_come_with_any_sound_at_any_time(tmp_path, video, audio, times):
    check(tmp_path / "clip.mp4", mix(video, [g711(t, audio) for t in times]), audio, 50)


def test_fragments_come_with_copied_sound_of_garbage(tmp_path, make_video):
    packets = media_packets(make_video(seconds=5, audio="aac"))
    video, sound = split_video(packets)
    assert sound[0].format.template is not None
    broken = [garbage(p.t, p.format, b"\xff\xf1\x00" * 9) for p in sound]
    check(tmp_path / "clip.mp4", mix(video, broken), sound[0].format, 50)


def test_fragments_of_encoded_pictures_come_without_sound(tmp_path, mjpeg):
    check(tmp_path / "clip.mp4", mix(mjpeg, [g711(0.3)]), G711, 50)


def test_odd_sample_rate_is_recorded(tmp_path, video):
    path = tmp_path / "clip.mp4"
    sound = [garbage(n * 0.02, ODD_RATE, bytes(384)) for n in range(250)]
    record(path, mix(video, sound), ODD_RATE)
    assert content(path).audio_s == pytest.approx(5.0, abs=0.3)


@settings(max_examples=40, deadline=None)
@given(
    audio=st.sampled_from(FORMATS),
    sound=st.lists(st.tuples(st.floats(0, 5), st.binary(max_size=400)), max_size=60),
)
def test_fragments_come_whatever_the_sound_is(tmp_path_factory, video, audio, sound):
    packets = [garbage(t, audio, data or b"\0") for t, data in sound]
    check(tmp_path_factory.mktemp("any") / "clip.mp4", mix(video, packets), audio, 50)
