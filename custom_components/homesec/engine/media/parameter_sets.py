"""Read the size of pictures from what precedes them, before a decoder sees them.

H.264 and H.265: the SPS (ITU-T H.264, 7.3.2.1, and H.265, 7.3.2.2). JPEG: the frame header (ITU-T
T.81, B.2.2). MPEG-4 part 2: the video object layer (ISO/IEC 14496-2, 6.2.3). PNG: the IHDR chunk.
Nothing here allocates more than a copy of a parameter set.
"""

from contextlib import suppress
from dataclasses import dataclass
import re
from typing import TYPE_CHECKING

from .bit_reader import MAX_UNIT_BYTES, BitReader, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    type Data = bytes | memoryview

HIGH_PROFILES = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
"""Profiles of H.264 whose SPS says its chroma format and bit depth."""
_EXTENDED_SAR, _EXTENDED_ASPECT = 255, 15  # an aspect ratio follows
_SPS = {
    "h264": re.compile(rb"\x00\x00\x01[\x07\x27\x47\x67\x87\xa7\xc7\xe7]"),
    "hevc": re.compile(rb"\x00\x00\x01[\x42\x43\xc2\xc3]"),
}
_MPEG4_LAYER = re.compile(rb"\x00\x00\x01[\x20-\x2f]")
_MPEG4_BYTES = 64  # of a layer's header up to its size
_START_CODE = re.compile(rb"\x00\x00[\x00\x01]")
_JPEG_FRAME = re.compile(
    rb"\xff([\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf\xf7])\x00([\x0b\x0e\x11\x14])"
    rb"(.)(..)(..)([\x01-\x04])(.{3,12})",
    re.DOTALL,
)
"""Frame header: length, precision, height, width, number of components, and these."""
_BASELINE_FRAMES = frozenset({0xC0, 0xC1})  # all others keep the coefficients of a whole picture
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD = _PNG_MAGIC + b"\x00\x00\x00\rIHDR"
_PNG_CHUNK = 12  # bytes of a chunk besides its data: length, name, checksum
_PNG_NEEDED = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by color type


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureParameters:
    """What a decoder will need memory for."""

    width: int  # as shown
    height: int
    coded_width: int = 0  # as decoded, if that is larger: shown is a part of it
    coded_height: int = 0
    references: int = 0  # pictures that the decoder keeps for others, or until it's their turn
    bytes_per_pixel: float = 1.5
    reorder: int | None = None
    """Pictures decoded before one that is shown earlier; None if unknown."""
    layout: tuple[int, ...] = ()
    """Profile, chroma format, and bit depth: with another one, a player starts again."""
    identifier: int = 0  # by which pictures refer to their SPS

    @property
    def pixels(self) -> int:
        """Of the whole decoded picture."""
        return max(self.width, self.coded_width) * max(self.height, self.coded_height)


def find_sps(data: Data, codec: str) -> Iterator[bytes]:
    """Yield each SPS in an Annex B packet, wherever it is."""
    for match in _SPS[codec].finditer(data):
        start = match.start() + 3
        end = _START_CODE.search(data, start, start + MAX_UNIT_BYTES)
        yield bytes(data[start : end.start() if end else start + MAX_UNIT_BYTES])


def read_parameters(data: Data, codec: str) -> list[PictureParameters]:
    """Return the parameters of all pictures that a packet announces. Raises ``ParameterError``.

    Empty if it announces none, or if the codec isn't one of those above: FFmpeg itself then
    refuses a picture with more pixels than its decoder was opened for.
    """
    match codec:
        case "h264":
            return [_read_h264(sps) for sps in find_sps(data, codec)]
        case "hevc":
            return [_read_hevc(sps) for sps in find_sps(data, codec) if not _layer(sps)]
        case "mjpeg":
            return list(_read_jpeg(data))
        case "mpeg4":
            return [_read_mpeg4(data, match.end()) for match in _MPEG4_LAYER.finditer(data)]
        case "png":
            return [_read_png(data)]
    return []


def parameters_in_box(extradata: bytes, codec: str) -> list[PictureParameters]:
    """Return the parameters in an ``avcC`` or ``hvcC`` box (ISO/IEC 14496-15).

    Raises ``ParameterError``.
    """
    if codec not in _SPS:
        return read_parameters(extradata, codec)
    units = sets_in_box(extradata, codec)
    return [parameters_of_sps(unit, codec) for unit in units if _is_sps(unit[0], codec)]


def parameters_in_sample(data: memoryview, codec: str) -> list[PictureParameters]:
    """Return the parameters in a sample of an MP4 file, whose units have four bytes of length.

    Raises ``ParameterError``.
    """
    if codec not in _SPS:
        return read_parameters(data, codec)
    found, at = list[PictureParameters](), 0
    while at + 4 < len(data):
        length = int.from_bytes(data[at : at + 4])
        if _is_sps(data[at + 4], codec):
            sps = bytes(data[at + 4 : at + 4 + min(length, MAX_UNIT_BYTES)])
            found.append(parameters_of_sps(sps, codec))
        at += 4 + length
    return found


def _is_sps(first: int, codec: str) -> bool:
    return first & 31 == 7 if codec == "h264" else first >> 1 & 63 == 33


def sets_in_box(extradata: bytes, codec: str) -> list[bytes]:
    """Return the parameter sets in an ``avcC`` or ``hvcC`` box. Raises ``ParameterError``."""
    try:
        if codec == "h264":
            found, at = _read_units(extradata, 6, extradata[5] & 31)
            with suppress(IndexError, ParameterError):  # a picture may come with its own PPS
                found += _read_units(extradata, at + 1, extradata[at])[0]
            return found
        sets, at = list[bytes](), 23
        for _ in range(extradata[22]):
            units, at = _read_units(extradata, at + 3, int.from_bytes(extradata[at + 1 : at + 3]))
            sets += units
    except IndexError:
        raise ParameterError("the parameter sets are cut off") from None
    return [unit for unit in sets if not _layer(unit)]


def parameters_of_sps(sps: bytes, codec: str) -> PictureParameters:
    """Return the parameters in an SPS. Raises ``ParameterError``."""
    return _read_h264(sps) if codec == "h264" else _read_hevc(sps)


def _read_units(data: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    """Return ``count`` units with two bytes of length each, and the position after them."""
    units = []
    for _ in range(count):
        length = int.from_bytes(data[at : at + 2])
        unit = data[at + 2 : at + 2 + length]
        if len(unit) < length or not unit:
            raise ParameterError("the parameter sets are cut off")
        units.append(unit)
        at += 2 + length
    return units, at


def _bytes_per_pixel(chroma: int, depth: int) -> float:
    """``chroma``: 0 for none, 1 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4."""
    return (1.0, 1.5, 2.0, 3.0)[chroma] * (1 if depth <= 8 else 2)


def _read_h264(sps: bytes) -> PictureParameters:
    bits = BitReader(sps[1:])
    profile = bits.read(8)
    bits.read(16)  # constraints and level
    identifier = bits.number()
    chroma, depth = 1, 8
    if profile in HIGH_PROFILES:
        chroma, depth = read_samples(bits)
        bits.read(1)  # lossless
        skip_scaling_matrix(bits, chroma)
    bits.number()
    _skip_picture_order(bits)
    references = bits.number()
    bits.read(1)
    width = 16 * (bits.number() + 1)
    rows = bits.number() + 1
    progressive = bits.read(1)
    if not progressive:
        bits.read(1)
    bits.read(1)
    height = 16 * rows * (1 if progressive else 2)
    shown_width, shown_height = width, height
    if bits.read(1):
        left, right, top, bottom = (bits.number() for _ in range(4))
        step = 1 if progressive else 2
        shown_width -= (left + right) * (2 if chroma in (1, 2) else 1)
        shown_height -= (top + bottom) * (2 if chroma == 1 else 1) * step
    reorder = _read_h264_reorder(bits)
    return PictureParameters(
        width=shown_width if shown_width > 0 else width,
        height=shown_height if shown_height > 0 else height,
        coded_width=width,
        coded_height=height,
        references=max(references, reorder or 0),
        bytes_per_pixel=_bytes_per_pixel(chroma, depth),
        reorder=reorder,
        layout=(profile, chroma, depth),
        identifier=identifier,
    )


def read_samples(bits: BitReader) -> tuple[int, int]:
    """Return the chroma format and the bit depth, in the order that both codecs have."""
    chroma = bits.number()
    if chroma > 3:
        raise ParameterError("the chroma format is invalid")
    if chroma == 3:
        bits.read(1)
    return chroma, 8 + max(bits.number(), bits.number())


def skip_scaling_matrix(bits: BitReader, chroma: int) -> None:
    """Skip an SPS's scaling lists, if it has any (ITU-T H.264, 7.3.2.1.1)."""
    if bits.read(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)


def _skip_scaling_list(bits: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_picture_order(bits: BitReader) -> None:
    kind = bits.number()
    if kind == 0:
        bits.number()
    elif kind == 1:
        bits.read(1)
        bits.skip_numbers(2)
        cycle = bits.number()
        if cycle > 255:
            raise ParameterError("the picture order is invalid")
        bits.skip_numbers(cycle)


def _read_h264_reorder(bits: BitReader) -> int | None:
    """Return ``max_num_reorder_frames`` (E.1.1), the only thing that matters of the rest."""
    try:
        if not bits.read(1):
            return None
        _skip_display(bits)
        delayed = [_skip_hypothetical_decoder(bits) for _ in range(2)]
        if any(delayed):
            bits.read(1)
        bits.read(1)
        if not bits.read(1):
            return None
        bits.read(1)
        bits.skip_numbers(4)
        reorder = bits.number()
    except ParameterError:
        return None  # cameras often end it too early; a decoder doesn't care
    return min(reorder, 16)


def _skip_display(bits: BitReader) -> None:
    """Skip shape, colors, and times of the pictures."""
    if bits.read(1) and bits.read(8) == _EXTENDED_SAR:
        bits.read(32)
    if bits.read(1):
        bits.read(1)
    if bits.read(1):
        bits.read(4)
        if bits.read(1):
            bits.read(24)
    if bits.read(1):
        bits.skip_numbers(2)
    if bits.read(1):
        bits.read(65)


def _skip_hypothetical_decoder(bits: BitReader) -> bool:
    if not bits.read(1):
        return False
    count = bits.number() + 1
    if count > 32:
        raise ParameterError("too many buffers")
    bits.read(8)
    for _ in range(count):
        bits.skip_numbers(2)
        bits.read(1)
    bits.read(20)
    return True


def _layer(unit: bytes) -> int:
    """Return an H.265 unit's layer; decoders only decode layer 0."""
    return (unit[0] & 1) << 5 | unit[1] >> 3 if len(unit) > 1 else 0


def _read_hevc(sps: bytes) -> PictureParameters:
    bits = BitReader(sps[2:])
    bits.read(4)
    layers = bits.read(3)
    bits.read(1)
    profile = bits.read(8) & 31
    bits.read(88)  # compatibility, constraints, and level
    present = [(bits.read(1), bits.read(1)) for _ in range(layers)]
    if layers:
        bits.read(2 * (8 - layers))
    for has_profile, has_level in present:
        bits.read(88 * has_profile + 8 * has_level)
    identifier = bits.number()
    chroma = bits.number()
    if chroma > 3:
        raise ParameterError("the chroma format is invalid")
    if chroma == 3:
        bits.read(1)
    width, height = bits.number(), bits.number()
    coded_width, coded_height = width, height
    if bits.read(1):
        left, right, top, bottom = (bits.number() for _ in range(4))
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1)
    depth = 8 + max(bits.number(), bits.number())
    bits.number()
    references, reorder = 0, 0
    for _ in range(layers + 1 if bits.read(1) else 1):
        references = max(references, bits.number())
        reorder = max(reorder, bits.number())
        bits.number()
    return PictureParameters(
        width=width if width > 0 else coded_width,
        height=height if height > 0 else coded_height,
        coded_width=coded_width,
        coded_height=coded_height,
        references=references,
        bytes_per_pixel=_bytes_per_pixel(chroma, depth),
        reorder=min(reorder, 16),
        layout=(profile, chroma, depth),
        identifier=identifier,
    )


def _read_mpeg4(data: Data, at: int) -> PictureParameters:
    bits = BitReader(bytes(data[at : at + _MPEG4_BYTES]), escaped=False)
    bits.read(9)
    if bits.read(1):
        bits.read(7)
    if bits.read(4) == _EXTENDED_ASPECT:
        bits.read(16)
    if bits.read(1):
        bits.read(3)
        if bits.read(1):
            bits.read(79)
    if bits.read(2):
        raise ParameterError("a shape of MPEG-4 isn't a rectangle")
    bits.read(1)
    resolution = bits.read(16)
    bits.read(1)
    if bits.read(1):
        bits.read(max(1, (resolution - 1).bit_length()))
    bits.read(1)
    width = bits.read(13)
    bits.read(1)
    return PictureParameters(width=width, height=bits.read(13))


def _read_jpeg(data: Data) -> Iterator[PictureParameters]:
    """Yield the parameters of each frame header; also of one in a thumbnail, which is smaller."""
    for match in _JPEG_FRAME.finditer(data):
        kind, length, depth, height, width, count, components = match.groups()
        if length[0] != 8 + 3 * count[0] or len(components) < 3 * count[0]:
            continue
        factors = [components[3 * n + 1] for n in range(count[0])]
        samples = sum((each >> 4) * (each & 15) for each in factors)
        most = max(each >> 4 for each in factors) * max(each & 15 for each in factors)
        share = samples / most if most else float(count[0])
        size = share * (1 if depth[0] <= 8 else 2)
        # FFmpeg's formats for odd sampling, and the coefficients of progressive pictures.
        size = max(size, float(count[0])) if count[0] != 3 else size
        size += 0 if kind[0] in _BASELINE_FRAMES else 2 * max(share, 1)
        yield PictureParameters(
            width=int.from_bytes(width), height=int.from_bytes(height), bytes_per_pixel=size
        )


def essential_png(data: bytes) -> bytes:
    """Return a PNG without the chunks that no picture needs.

    A decoder unpacks compressed ones, such as color profiles, however large they become.
    """
    kept, at = [data[: len(_PNG_MAGIC)]], len(_PNG_MAGIC)
    while at + _PNG_CHUNK <= len(data):
        end = at + _PNG_CHUNK + int.from_bytes(data[at : at + 4])
        if data[at + 4 : at + 8] in _PNG_NEEDED:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _read_png(data: Data) -> PictureParameters:
    head = bytes(data[:29])
    if len(head) < 29 or not head.startswith(_PNG_HEAD):
        raise ParameterError("it isn't a PNG")
    width, height, depth, color = (
        int.from_bytes(head[16:20]),
        int.from_bytes(head[20:24]),
        head[24],
        head[25],
    )
    if color not in _PNG_CHANNELS or depth not in (1, 2, 4, 8, 16):
        raise ParameterError("the PNG's format is invalid")
    channels = max(_PNG_CHANNELS[color], 4 if color == 3 else 1)
    size = channels * (2 if depth == 16 else 1)
    return PictureParameters(width=width, height=height, bytes_per_pixel=float(size))
