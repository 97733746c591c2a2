"""Make pictures and files that announce much more than they hold."""

from fractions import Fraction
from io import BytesIO
import struct
import zlib

import av

START = b"\x00\x00\x00\x01"


class Bits:
    """Writes the bits of a unit."""

    def __init__(self):
        self.bits = []

    def put(self, value, count):
        self.bits += [value >> shift & 1 for shift in reversed(range(count))]
        return self

    def number(self, *values):
        """Write unsigned numbers in Exp-Golomb code."""
        for value in values:
            length = (value + 1).bit_length()
            self.put(0, length - 1).put(value + 1, length)
        return self

    def unit(self, header):
        """Return the unit, with its last bit and emulation prevention bytes."""
        bits = [*self.bits, 1]
        bits += [0] * (-len(bits) % 8)
        data = bytes(int("".join(map(str, bits[at : at + 8])), 2) for at in range(0, len(bits), 8))
        escaped, zeros = bytearray(), 0
        for byte in data:
            if zeros >= 2 and byte <= 3:
                escaped.append(3)
                zeros = 0
            escaped.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return header + bytes(escaped)


def h264_sps(width, height, references=1, *, chroma=1, depth=8, crop=(0, 0)):
    """Return an SPS of H.264; the picture's sides are multiples of 16. ``crop``: right, bottom."""
    bits = Bits().put(244, 8).put(0, 8).put(51, 8).number(0, chroma)
    if chroma == 3:
        bits.put(0, 1)
    bits.number(depth - 8, depth - 8).put(0, 2).number(0, 0, 0, references).put(0, 1)
    bits.number(width // 16 - 1, height // 16 - 1).put(1, 1).put(1, 1)
    bits.put(1, 1).number(0, crop[0], 0, crop[1])
    return bits.put(0, 1).unit(b"\x67")


def h264_pps():
    return (
        Bits()
        .number(0, 0)
        .put(0, 2)
        .number(0, 0, 0)
        .put(0, 3)
        .number(0, 0, 0)
        .put(0, 3)
        .unit(b"\x68")
    )


def h265_sps(width, height, pictures=1, *, chroma=1, depth=8):
    """Return an SPS of H.265; ``pictures``: how many a decoder keeps, besides the present one."""
    bits = Bits().put(0, 4).put(0, 3).put(1, 1).put(1, 8).put(0, 80).put(153, 8).number(0, chroma)
    if chroma == 3:
        bits.put(0, 1)
    bits.number(width, height).put(0, 1).number(depth - 8, depth - 8, 4).put(1, 1)
    return bits.number(pictures, 0, 0, 0).unit(b"\x42\x01")


def h264_pictures(width, height, references, count=8):
    """Yield packets: an IDR picture that ends early, and pictures that skip all blocks."""
    blocks = width // 16 * (height // 16)
    for index in range(count):
        bits = Bits().number(0, 5 if index else 7, 0).put(index % 16, 4)
        if not index:
            bits.number(0)
        bits.put(index * 2 % 16, 4)
        if index:
            bits.put(0, 2).put(0, 1).number(0, blocks)
            yield START + bits.unit(b"\x41")
        else:
            bits.put(0, 2).number(0)
            for _ in range(10):
                bits.number(3, 0, 0).put(1, 1)
            head = START + h264_sps(width, height, references) + START + h264_pps()
            yield head + START + bits.unit(b"\x65")


def mux(path, packets, *, codec="h264", container="mpegts", fps=25):
    """Write packets, all of them keyframes if they have parameter sets; return the path."""
    with av.open(str(path), "w", format=container) as out:
        base = Fraction(1, 90_000)
        stream = out.add_mux_stream(codec, width=640, height=480, time_base=base)
        for index, data in enumerate(packets):
            packet = av.Packet(data)
            packet.pts = packet.dts = index * 90_000 // fps
            packet.time_base, packet.stream = base, stream
            packet.is_keyframe = b"\x00\x00\x01\x67" in data
            out.mux(packet)
    return path


def jpeg(width, height, *, components=1):
    """Return a gray JPEG whose blocks are two zero bits each."""
    tables = b"\xff\xdb" + struct.pack(">H", 67) + b"\0" + b"\x01" * 64
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 8 + 3 * components, 8, height, width, components)
    frame += b"".join(bytes((number + 1, 0x11, 0)) for number in range(components))
    codes = b"".join(
        b"\xff\xc4"
        + struct.pack(">H", 21)
        + bytes((kind << 4, 1, 1))
        + bytes(14)
        + bytes((0, kind))
        for kind in (0, 1)
    )
    scan = b"\xff\xda" + struct.pack(">HB", 6 + 2 * components, components)
    scan += b"".join(bytes((number + 1, 0)) for number in range(components)) + b"\x00\x3f\x00"
    blocks = -(-width // 8) * -(-height // 8) * components
    return b"\xff\xd8" + tables + frame + codes + scan + bytes(blocks // 4 + 9) + b"\xff\xd9"


def png(width, height, *, depth=8, color=0, extra=()):
    """Return a black PNG; ``extra``: further chunks, as names and data."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    packer = zlib.compressobj(1)
    # A decoder notices that rows are missing only after it took the memory for all of them.
    row = bytes(1 + width * channels * depth // 8)
    data = b"".join(packer.compress(row) for _ in range(min(height, 2000))) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    chunks = [(b"IHDR", head), *extra, (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def box(name, *parts):
    """Return a box of an MP4 file."""
    data = b"".join(parts)
    return struct.pack(">I", 8 + len(data)) + name + data


def table(name, *numbers, flags=0):
    """Return a box with a version, flags, and numbers of 32 bits."""
    return box(name, struct.pack(">I", flags), *(struct.pack(">I", n) for n in numbers))


def mp4(*tables, media=b"\0" * 64, handler=b"vide", extra=b""):
    """Return an MP4 file whose only track has these tables; ``extra`` follows ``moov``."""
    sps, pps = h264_sps(320, 240), h264_pps()
    config = bytes((1, 66, 192, 13, 255, 225)) + struct.pack(">H", len(sps)) + sps
    config += bytes((1,)) + struct.pack(">H", len(pps)) + pps
    visual = bytes(6) + b"\0\1" + bytes(16) + struct.pack(">HH", 320, 240)
    visual += struct.pack(">IIIH", 0x480000, 0x480000, 0, 1) + bytes(32) + b"\0\x18\xff\xff"
    entry = box(b"avc1", visual, box(b"avcC", config))
    samples = box(b"stbl", box(b"stsd", struct.pack(">II", 0, 1), entry), *tables)
    header = box(b"mdhd", bytes(12), struct.pack(">IIHH", 90_000, 44_000_000, 0x55C4, 0))
    kind = box(b"hdlr", bytes(8), handler, bytes(12), b"v\0")
    link = box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), table(b"url ", flags=1)))
    info = box(b"minf", box(b"vmhd", struct.pack(">I", 1), bytes(8)), link, samples)
    track_head = box(b"tkhd", struct.pack(">IIII", 3, 0, 0, 1), bytes(60), bytes(8))
    track = box(b"trak", track_head, box(b"mdia", header, kind, info))
    movie = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 1000), bytes(76), b"\0\0\0\2")
    head = box(b"ftyp", b"isom\0\0\2\0isomavc1")
    return head + box(b"moov", movie, track) + extra + box(b"mdat", media)


def sample_bomb(count=44_000_000):
    """Return an MP4 file of some hundred bytes that announces millions of samples."""
    return mp4(
        table(b"stts", 1, count, 1),
        table(b"stsc", 1, 1, count, 1),
        table(b"stsz", 1, count),
        table(b"stco", 1, 48),
    )


def fragment_bomb(count=44_000_000):
    """Return an MP4 file whose fragment announces millions of samples without a byte for each."""
    run = box(b"trun", struct.pack(">II", 0, count))
    head = box(b"tfhd", struct.pack(">IIII", 0x18, 1, 1, 1))
    part = box(b"moof", table(b"mfhd", 1), box(b"traf", head, run))
    empty = [table(name, 0) for name in (b"stts", b"stsc", b"stco")]
    extends = table(b"stsz", 0, 0)
    return mp4(*empty, extends, extra=part)


def raw_picture(width, height, pixel_format):
    """Return a NUT file with one raw picture."""
    file = BytesIO()
    with av.open(file, "w", format="nut") as out:
        stream = out.add_stream("rawvideo", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        out.mux(stream.encode(av.VideoFrame(width, height, pixel_format)))
        out.mux(stream.encode(None))
    return file.getvalue()
