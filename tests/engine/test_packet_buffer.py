"""The pre-roll buffer."""

import math

import av
from hypothesis import given, strategies as st

from custom_components.homesec.engine.media.packet_buffer import MOST_EXTRA_S, PreRollBuffer
from custom_components.homesec.engine.media.packets import MediaFormat, MediaKind, MediaPacket

VIDEO = MediaFormat(kind=MediaKind.VIDEO, codec="h264")
AUDIO = MediaFormat(kind=MediaKind.AUDIO, codec="aac")


def video(t, *, key=False, size=10):
    return MediaPacket(format=VIDEO, data=av.Packet(size), t=t, at=t, keyframe=key)


def audio(t, size=2):
    return MediaPacket(format=AUDIO, data=av.Packet(size), t=t, at=t, keyframe=True)


def filled(buffer, seconds, *, gop=10, per_s=10, size=10):
    for n in range(round(seconds * per_s)):
        buffer.push(video(n / per_s, key=n % gop == 0, size=size))
    return buffer


packets = st.lists(
    st.tuples(st.floats(0.001, 3.0), st.booleans(), st.booleans(), st.integers(1, 400)),
    max_size=80,
)


@given(packets, st.floats(0.5, 8), st.integers(100, 2000))
def test_buffer_is_bounded_and_starts_with_keyframe(steps, seconds, limit):
    buffer = PreRollBuffer(seconds, limit_bytes=limit)
    pushed, t = [], 0.0
    for step, is_audio, key, size in steps:
        t += step
        pushed.append(audio(t, size) if is_audio else video(t, key=key, size=size))
        buffer.push(pushed[-1])
        held = buffer.packets_since(-1.0)
        assert buffer.bytes == sum(p.size for p in held) <= limit
        assert len(buffer) == len(held)
        if held:
            assert held[0].is_video
            assert held[0].keyframe
            assert held == pushed[-len(held) :]


@given(packets, st.floats(0.5, 8))
def test_buffer_keeps_configured_seconds(steps, seconds):
    buffer = PreRollBuffer(seconds)
    t, first_key, newest = 0.0, None, None
    for step, is_audio, key, size in steps:
        t += step
        buffer.push(audio(t, size) if is_audio else video(t, key=key, size=size))
        if first_key is None and key and not is_audio:
            first_key = t
        newest = t
    if first_key is not None:
        assert buffer.seconds >= min(seconds, newest - first_key) - 1e-9


@given(packets, st.floats(0.5, 8), st.floats(0, 60), st.floats(0, 60))
def test_buffer_keeps_what_is_asked_for_and_no_longer(steps, seconds, needed_t, decided_t):
    buffer = PreRollBuffer(seconds)
    t, keys = 0.0, []
    for step, is_audio, key, size in steps:
        t += step
        needed = needed_t if t < decided_t else math.inf
        buffer.keep_since(needed)
        buffer.push(audio(t, size) if is_audio else video(t, key=key, size=size))
        keys += [t] if key and not is_audio else []
        if not keys:
            continue
        kept_since = max(min(needed, t - seconds), t - seconds - MOST_EXTRA_S)
        first_t = buffer.packets_since(-1.0)[0].t
        if t < decided_t:
            assert first_t <= max(kept_since, keys[0])
        assert not [x for x in keys if first_t < x <= kept_since]


@given(packets, st.floats(-1, 100))
def test_packets_since_starts_with_last_keyframe_before_time(steps, since):
    buffer = PreRollBuffer(1000.0)
    keys, t = [], 0.0
    for step, is_audio, key, size in steps:
        t += step
        buffer.push(audio(t, size) if is_audio else video(t, key=key, size=size))
        if key and not is_audio:
            keys.append(t)
    piece = buffer.packets_since(since)
    expected = max((k for k in keys if k <= since), default=keys[0] if keys else None)
    assert (piece[0].t if piece else None) == expected
    assert not piece or piece[-1].t == t


def test_buffer_drops_older_gops():
    buffer = filled(PreRollBuffer(2.0), 60)
    assert 2.0 <= buffer.seconds < 3.1


def test_buffer_of_large_keyframes_stays_within_limit():
    buffer = filled(PreRollBuffer(8.0, limit_bytes=1000), 10, gop=1, size=90)
    assert buffer.bytes <= 1000
    assert len(buffer) == 11


def test_gop_above_limit_is_dropped():
    buffer = PreRollBuffer(8.0, limit_bytes=1000)
    buffer.push(video(0.0, key=True, size=900))
    buffer.push(video(0.1, size=200))
    assert len(buffer) == 0
    buffer.push(video(0.2, size=100))
    assert len(buffer) == 0
    buffer.push(video(0.3, key=True, size=100))
    assert len(buffer) == 1


def test_audio_before_first_keyframe_is_dropped():
    buffer = PreRollBuffer(2.0)
    buffer.push(audio(0.0))
    assert buffer.packets_since(0.0) == []


def test_cleared_buffer_starts_at_keyframe():
    buffer = filled(PreRollBuffer(2.0), 3)
    buffer.clear()
    buffer.push(video(3.1))
    assert (len(buffer), buffer.bytes, buffer.seconds) == (0, 0, 0.0)
