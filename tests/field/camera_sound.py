"""Sound tracks of a misbehaving camera: any codec, working or not."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
import math
from typing import TYPE_CHECKING

import av
from camera_clocks import steady
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from camera_clocks import Clock, Reports

TONE_HZ = 440
_TONE_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Sound:
    """One track; ``payload(n)`` returns the RTP payload of the n-th packet."""

    payload_type: int
    rtpmap: str  # "PCMU/8000"
    clock_hz: int
    ticks: int  # per packet
    payload: Callable[[int], bytes]
    fmtp: str = ""
    from_s: float = 0.0
    until_s: float = math.inf
    every_s: float = math.inf
    """After how many seconds it begins again."""
    clock: Clock = steady
    reports: Reports | None = None


def g711(law: str = "mulaw", **options: object) -> Sound:
    """Return G.711, the sound of most cameras."""
    number, name = (0, "PCMU") if law == "mulaw" else (8, "PCMA")
    packets = encode_tone(f"pcm_{law}", 8000, 160)
    return _sound(number, f"{name}/8000", 8000, 160, packets, **options)


def g726(kbps: int = 32, **options: object) -> Sound:
    """Return G.726 as Hikvision and Dahua send it; 16, 24, 32, or 40 kbit/s."""
    packets = encode_tone("g726le", 8000, 320, bit_rate=kbps * 1000)
    return _sound(97, f"G726-{kbps}/8000", 8000, 320, packets, **options)


def aac(*, config: bool = True, **options: object) -> Sound:
    """Return AAC (RFC 3640), without its ``config`` if you like."""
    packets = encode_tone("aac", 16_000, 1024)
    fmtp = "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
    fmtp += "indexdeltalength=3" + (";config=1408" if config else "")
    units = [b"\x00\x10" + (len(data) << 3).to_bytes(2) + data for data in packets]
    return _sound(97, "mpeg4-generic/16000", 16_000, 1024, units, fmtp=fmtp, **options)


def opus(**options: object) -> Sound:
    """Return Opus, the sound of WebRTC relays."""
    packets = encode_tone("libopus", 48_000, 960)
    return _sound(97, "opus/48000/2", 48_000, 960, packets, **options)


def noise(name: str, *, clock_hz: int = 8000, size: int = 160, **options: object) -> Sound:
    """Return bytes without meaning under any name: ``noise("SPEEX")``."""
    number = int(options.pop("payload_type", 98))
    packets = [bytes((n * 7 + at) % 256 for at in range(size)) for n in range(50)]
    return _sound(number, f"{name}/{clock_hz}", clock_hz, clock_hz // 50, packets, **options)


def _sound(number, rtpmap, clock_hz, ticks, packets, **options):
    return Sound(
        payload_type=number,
        rtpmap=rtpmap,
        clock_hz=clock_hz,
        ticks=ticks,
        payload=lambda n: packets[n % len(packets)],
        **options,
    )


def encode_tone(codec: str, rate: int, samples: int, *, bit_rate: int | None = None) -> list[bytes]:
    """Return the packets of a tone of two seconds, each of so many samples."""
    encoder = av.CodecContext.create(codec, "w")
    encoder.sample_rate, encoder.layout, encoder.format = (
        rate,
        "mono",
        encoder.codec.audio_formats[0],
    )
    encoder.time_base = Fraction(1, rate)
    if bit_rate:
        encoder.bit_rate = bit_rate
    resampler = av.AudioResampler(encoder.format, "mono", rate, frame_size=samples)
    phase = np.arange(round(rate * _TONE_S)) * (2 * np.pi * TONE_HZ / rate)
    wave = (np.sin(phase) * 8000).astype(np.int16)[None, :]
    tone = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
    tone.sample_rate, tone.pts, tone.time_base = rate, 0, Fraction(1, rate)
    frames = [*resampler.resample(tone)]
    return [
        bytes(packet)
        for frame in (*(x for x in frames if x.samples == samples), None)
        for packet in encoder.encode(frame)
    ]
