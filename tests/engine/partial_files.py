"""Partial files of clips, and packets of G.711 audio for them."""

from videos import content

from custom_components.homesec.engine.media.packets import (
    TICKS,
    TIME_BASE,
    MediaFormat,
    MediaKind,
    MediaPacket,
    padded_packet,
)
from custom_components.homesec.engine.recording.muxer import FragmentedMp4

G711 = MediaFormat(kind=MediaKind.AUDIO, codec="pcm_alaw", sample_rate=8000, layout="mono")


def record(path, packets, *, audio=None, comment=None):
    """Write packets as the clip writer does."""
    file = FragmentedMp4(
        path, next(p.format for p in packets if p.is_video), audio, comment=comment
    )
    for packet in packets:
        file.write(packet)
    file.close()
    return content(path)


def g711(t, audio=G711, samples=160):
    """Return 20 ms of G.711."""
    data = padded_packet(b"\xd5\x55" * (samples // 2))
    data.time_base = TIME_BASE
    data.pts = data.dts = round(t * TICKS)
    return MediaPacket(format=audio, data=data, t=t, at=t, keyframe=True)


def with_audio(video, times, audio=G711):
    return sorted([*video, *(g711(t, audio) for t in times)], key=lambda p: p.t)
