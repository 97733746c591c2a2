"""The pre-roll ring."""

import av
from hypothesis import given, strategies as st

from custom_components.homesec.engine.media.packet_buffer import PreRollBuffer
from custom_components.homesec.engine.media.packets import MediaFormat, MediaKind, MediaPacket

VIDEO = MediaFormat(kind=MediaKind.VIDEO, codec="h264")
AUDIO = MediaFormat(kind=MediaKind.AUDIO, codec="aac")


def video(t, *, key=False, size=10):
    return MediaPacket(format=VIDEO, data=av.Packet(size), t=t, at=t, keyframe=key)


def audio(t, size=2):
    return MediaPacket(format=AUDIO, data=av.Packet(size), t=t, at=t, keyframe=True)


def filled(ring, seconds, *, gop=10, per_s=10, size=10):
    for n in range(round(seconds * per_s)):
        ring.push(video(n / per_s, key=n % gop == 0, size=size))
    return ring


packets = st.lists(
    st.tuples(st.floats(0.001, 3.0), st.booleans(), st.booleans(), st.integers(1, 400)),
    max_size=80,
)


@given(packets, st.floats(0.5, 8), st.integers(100, 2000))
def test_it_is_bounded_and_begins_with_a_keyframe_and_keeps_order(steps, seconds, limit):
    ring = PreRollBuffer(seconds, limit_bytes=limit)
    pushed, t = [], 0.0
    for step, is_audio, key, size in steps:
        t += step
        pushed.append(audio(t, size) if is_audio else video(t, key=key, size=size))
        ring.push(pushed[-1])
        held = ring.packets_since(-1.0)
        assert ring.bytes == sum(p.size for p in held) <= limit
        assert len(ring) == len(held)
        if held:
            assert held[0].is_video
            assert held[0].keyframe
            assert held == pushed[-len(held) :]


@given(packets, st.floats(0.5, 8))
def test_within_its_bytes_it_reaches_back_as_far_as_promised(steps, seconds):
    ring = PreRollBuffer(seconds)
    t, first_key, newest = 0.0, None, None
    for step, is_audio, key, size in steps:
        t += step
        ring.push(audio(t, size) if is_audio else video(t, key=key, size=size))
        if first_key is None and key and not is_audio:
            first_key = t
        newest = t
    if first_key is not None:
        assert ring.seconds >= min(seconds, newest - first_key) - 1e-9


@given(packets, st.floats(-1, 100))
def test_a_piece_begins_with_the_last_keyframe_before_it(steps, since):
    ring = PreRollBuffer(1000.0)
    keys, t = [], 0.0
    for step, is_audio, key, size in steps:
        t += step
        ring.push(audio(t, size) if is_audio else video(t, key=key, size=size))
        if key and not is_audio:
            keys.append(t)
    piece = ring.packets_since(since)
    expected = max((k for k in keys if k <= since), default=keys[0] if keys else None)
    assert (piece[0].t if piece else None) == expected
    assert not piece or piece[-1].t == t


def test_it_forgets_what_is_older_than_it_reaches():
    ring = filled(PreRollBuffer(2.0), 60)
    assert 2.0 <= ring.seconds < 3.1


def test_raw_pictures_of_a_webcam_stay_within_the_bytes():
    ring = filled(PreRollBuffer(8.0, limit_bytes=1000), 10, gop=1, size=90)
    assert ring.bytes <= 1000
    assert len(ring) == 11


def test_a_group_of_pictures_that_alone_is_too_big_is_not_kept():
    ring = PreRollBuffer(8.0, limit_bytes=1000)
    ring.push(video(0.0, key=True, size=900))
    ring.push(video(0.1, size=200))
    assert len(ring) == 0
    ring.push(video(0.2, size=100))
    assert len(ring) == 0
    ring.push(video(0.3, key=True, size=100))
    assert len(ring) == 1


def test_sound_does_not_begin_it():
    ring = PreRollBuffer(2.0)
    ring.push(audio(0.0))
    assert ring.packets_since(0.0) == []


def test_cleared_it_begins_anew_with_a_keyframe():
    ring = filled(PreRollBuffer(2.0), 3)
    ring.clear()
    ring.push(video(3.1))
    assert (len(ring), ring.bytes, ring.seconds) == (0, 0, 0.0)
