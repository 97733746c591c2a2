"""Films as odd cameras send them: intra refresh, open GOPs, huge GOPs, changing parameter sets."""

from dataclasses import dataclass, replace
from fractions import Fraction

import av
from videos import Recipe, frame_of, pictures

TICKS = Fraction(1, 90_000)
FPS = 10
_FILLER = b"\x00\x00\x01\x0c"  # a unit of nothing, with which cameras keep their bit rate


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One encoded picture; times in ticks of ``TICKS``."""

    data: bytes
    pts: int
    dts: int
    keyframe: bool  # as the encoder says


def encode(recipe, params, *, preset="ultrafast", **context):
    """Encode a film in Annex B, with all parameters of the encoder (x264 or x265) but these."""
    name = {"libx264": "x264-params", "libx265": "x265-params"}[recipe.codec]
    encoder = av.CodecContext.create(recipe.codec, "w")
    encoder.width, encoder.height = recipe.size
    encoder.pix_fmt = recipe.pix_fmt
    encoder.time_base, encoder.framerate = Fraction(1, recipe.fps), recipe.fps
    encoder.thread_count = 1
    quiet = ":log-level=none:pools=1:frame-threads=1" if recipe.codec == "libx265" else ""
    encoder.options = {"preset": preset, "crf": "18", name: params + quiet}
    for key, value in context.items():
        setattr(encoder, key, value)
    packets = []
    for number, luma in pictures(recipe):
        frame = frame_of(luma, recipe.pix_fmt)
        frame.pts, frame.time_base = number, Fraction(1, recipe.fps)
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    step = 90_000 // recipe.fps
    return [
        Unit(data=bytes(p), pts=p.pts * step, dts=p.dts * step, keyframe=p.is_keyframe)
        for p in packets
    ]


def open_gop(seconds=14, walks=((7.0, 9.0),), *, codec="libx264", gop=10, bframes=2, **options):
    """Return a film whose GOPs are open, except for the first."""
    params = f"keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=1:bframes={bframes}:b-adapt=0"
    params += "".join(f":{key.replace('_', '-')}={value}" for key, value in options.items())
    return encode(Recipe(seconds=seconds, walks=walks, codec=codec), params)


def intra_refresh(seconds=14, walks=((7.0, 9.0),), *, period=20):
    """Return a film with an IDR picture at its start, and recovery points from then on."""
    params = f"keyint={period}:intra-refresh=1:bframes=0:scenecut=0"
    return encode(Recipe(seconds=seconds, walks=walks), params)


def alternating(recipe, params, *, gop=10):
    """Return a film whose GOPs come from several encoders, by turns."""
    films = [
        encode(recipe, f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:{each}", **context)
        for each, context in params
    ]
    return [films[n // gop % len(films)][n] for n in range(len(films[0]))]


def stuffed(units, size):
    """Return a film whose pictures are larger by so many bytes of nothing."""
    stuffing = _FILLER + b"\xff" * size + b"\x80"
    return [replace(unit, data=unit.data + stuffing) for unit in units]


def write_units(path, units, *, codec="h264", size=(320, 192)):
    """Write a film as a transport stream; return its path."""
    with av.open(str(path), "w", format="mpegts") as output:
        stream = output.add_mux_stream(codec, width=size[0], height=size[1], time_base=TICKS)
        for unit in units:
            packet = av.Packet(unit.data)
            packet.pts, packet.dts, packet.time_base = unit.pts + 90_000, unit.dts + 90_000, TICKS
            packet.is_keyframe = unit.keyframe
            packet.stream = stream
            output.mux(packet)
    return path
