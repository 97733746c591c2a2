"""Read and rewrite the headers of H.264 slices (ITU-T H.264, 7.3.3), as far as references need it.

Only frames are read: cameras don't send fields.
"""

from dataclasses import dataclass
import re

from .bit_reader import BitReader, ParameterError
from .parameter_sets import HIGH_PROFILES, read_samples, skip_scaling_matrix

MAX_MACROBLOCKS = 8192 // 16 + 4  # of a side
HEADER_BYTES = 512  # more than a header has, with its weights
_START_CODE = b"\x00\x00\x00\x01"
_GRAY_MACROBLOCK = 0b00100111
_ESCAPED = re.compile(rb"\x00\x00\x03")
_TO_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")
_P, _B, _I, _SP, _SI = range(5)
UNMARK_SHORT, UNMARK_LONG, MAKE_LONG, LIMIT_LONG, UNMARK_ALL, CURRENT_LONG = range(1, 7)
"""Operations on references (7.4.3.3)."""
_OPERANDS = {
    UNMARK_SHORT: 1,
    UNMARK_LONG: 1,
    MAKE_LONG: 2,
    LIMIT_LONG: 1,
    UNMARK_ALL: 0,
    CURRENT_LONG: 1,
}
type Operation = tuple[int, ...]
"""The operation and its operands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sps:
    """What slices need of an SPS."""

    frame_num_bits: int
    order_kind: int
    order_bits: int
    order_delta_always_zero: bool
    references: int
    frames_only: bool
    chroma: int
    depth: int
    identifier: int
    macroblocks: int

    @classmethod
    def read(cls, unit: bytes) -> Sps:
        """Read an SPS (7.3.2.1.1). Raises ``ParameterError``."""
        bits = BitReader(unit[1:])
        profile = bits.read(8)
        bits.read(16)
        identifier = bits.number()
        chroma, depth = 1, 8
        if profile in HIGH_PROFILES:
            chroma, depth = read_samples(bits)
            bits.read(1)
            skip_scaling_matrix(bits, chroma)
        frame_num_bits = bits.number() + 4
        kind = bits.number()
        order_bits, always_zero = 0, False
        if kind == 0:
            order_bits = bits.number() + 4
        elif kind == 1:
            always_zero = bool(bits.read(1))
            bits.skip_numbers(2)
            bits.skip_numbers(min(bits.number(), 255))
        references = bits.number()
        bits.read(1)
        columns, rows = bits.number() + 1, bits.number() + 1
        if max(frame_num_bits, order_bits) > 16 or max(columns, rows) > MAX_MACROBLOCKS:
            raise ParameterError("an SPS is invalid")
        return cls(
            frame_num_bits=frame_num_bits,
            order_kind=kind,
            order_bits=order_bits,
            order_delta_always_zero=always_zero,
            references=min(max(1, references), 16),
            frames_only=bool(bits.read(1)),
            chroma=chroma,
            depth=depth,
            identifier=identifier,
            macroblocks=columns * rows,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pps:
    """What slices need of a PPS."""

    sps: int
    cabac: bool
    has_order_delta: bool
    references: tuple[int, int]
    weighted: bool
    weighted_b: int
    deblocking: bool
    redundant: bool

    @classmethod
    def read(cls, unit: bytes) -> Pps:
        """Read a PPS (7.3.2.2). Raises ``ParameterError``, also for slice groups."""
        bits = BitReader(unit[1:])
        bits.number()
        sps = bits.number()
        cabac, has_order_delta = bool(bits.read(1)), bool(bits.read(1))
        if bits.number():
            raise ParameterError("slice groups aren't supported")
        references = bits.number() + 1, bits.number() + 1
        weighted, weighted_b = bool(bits.read(1)), bits.read(2)
        bits.skip_numbers(3)
        deblocking = bool(bits.read(1))
        bits.read(1)
        return cls(
            sps=sps,
            cabac=cabac,
            has_order_delta=has_order_delta,
            references=references,
            weighted=weighted,
            weighted_b=weighted_b,
            deblocking=deblocking,
            redundant=bool(bits.read(1)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceHeader:
    """The part of a slice's header that says what happens to references."""

    frame_num: int
    order: int  # the low bits of its place in the order shown
    operations: tuple[Operation, ...] | None  # None: the oldest reference goes
    marking: tuple[int, int]  # bits before and up to the end of what says so
    end: int  # bits of the whole header


def read_slice(payload: bytes, sps: Sps, pps: Pps) -> SliceHeader:
    """Read the header of a reference slice that isn't IDR, from its payload without escapes.

    Raises ``ParameterError``, also for fields.
    """
    bits = BitReader(payload[:HEADER_BYTES], escaped=False)
    bits.number()
    kind = bits.number() % 5
    bits.number()
    frame_num = bits.read(sps.frame_num_bits)
    if not sps.frames_only and bits.read(1):
        raise ParameterError("fields aren't supported")
    order = bits.read(sps.order_bits)
    _skip_order(bits, sps, pps)
    _skip_references(bits, kind, sps, pps)
    start, operations = bits.position, None
    if bits.read(1):
        operations = tuple(_operations(bits))
    end = bits.position
    if pps.cabac and kind not in (_I, _SI):
        bits.number()
    bits.signed()
    if kind in (_SP, _SI):
        bits.read(int(kind == _SP))
        bits.signed()
    if pps.deblocking and bits.number() != 1:
        bits.signed()
        bits.signed()
    return SliceHeader(
        frame_num=frame_num,
        order=order,
        operations=operations,
        marking=(start, end),
        end=bits.position,
    )


def _skip_order(bits: BitReader, sps: Sps, pps: Pps) -> None:
    deltas = int(sps.order_kind == 1 and not sps.order_delta_always_zero)
    deltas += int(pps.has_order_delta and (sps.order_kind == 0 or deltas == 1))
    bits.skip_numbers(deltas)
    if pps.redundant:
        bits.number()


def _skip_references(bits: BitReader, kind: int, sps: Sps, pps: Pps) -> None:
    """Skip how many references there are, their order, and their weights."""
    if kind == _B:
        bits.read(1)
    if kind in (_I, _SI):
        return
    lists = 2 if kind == _B else 1
    counts = list(pps.references[:lists])
    if bits.read(1):
        counts = [bits.number() + 1 for _ in range(lists)]
    for _ in range(lists):
        if bits.read(1):
            while bits.number() != 3:
                bits.number()
    if pps.weighted_b == 1 if kind == _B else pps.weighted:
        _skip_weights(bits, sum(counts), colored=bool(sps.chroma))


def _skip_weights(bits: BitReader, count: int, *, colored: bool) -> None:
    bits.skip_numbers(2 if colored else 1)
    for _ in range(count):
        if bits.read(1):
            bits.skip_numbers(2)
        if colored and bits.read(1):
            bits.skip_numbers(4)


def _operations(bits: BitReader) -> list[Operation]:
    found: list[Operation] = []
    while operation := bits.number():
        if operation not in _OPERANDS:
            raise ParameterError("an operation on references is invalid")
        found.append((operation, *(bits.number() for _ in range(_OPERANDS[operation]))))
    return found


def unescape(unit: bytes) -> bytes:
    """Return a unit's payload, after its first byte, without emulation prevention bytes."""
    return _ESCAPED.sub(b"\x00\x00", unit[1:])


def rewrite_slice(
    unit: bytes, payload: bytes, header: SliceHeader, operations: tuple[Operation, ...], pps: Pps
) -> bytes:
    """Return a slice with other operations on references; with none, the oldest one goes."""
    size, value = len(payload) * 8, int.from_bytes(payload)

    def cut(start: int, end: int) -> str:
        count = end - start
        return f"{value >> size - end & (1 << count) - 1:0{count}b}" if count else ""

    start, end = header.marking
    bits = cut(0, start) + _written(operations) + cut(end, header.end)
    if pps.cabac:
        data = payload[-(-header.end // 8) :]
        bits += "1" * (-len(bits) % 8)
        body = int(bits, 2).to_bytes(len(bits) // 8) + data
    else:
        stop = size - ((value & -value).bit_length() - 1)
        rest_bits = stop - header.end
        rest = value >> size - stop & (1 << rest_bits) - 1
        pad = -(len(bits) + rest_bits) % 8
        whole = (int(bits, 2) << rest_bits | rest) << pad
        body = whole.to_bytes((len(bits) + rest_bits + pad) // 8)
    return unit[:1] + _TO_ESCAPE.sub(b"\x00\x00\x03", body)


def _written(operations: tuple[Operation, ...]) -> str:
    if not operations:
        return "0"
    numbers = [number for operation in operations for number in operation]
    return "1" + "".join(map(_exp_golomb, (*numbers, 0)))


def _exp_golomb(number: int) -> str:
    code = f"{number + 1:b}"
    return "0" * (len(code) - 1) + code


def gray_picture(sps: Sps, pps: int, *, frame_num: int, order: int) -> bytes:
    """Return an intra picture with a PPS of its own, as units in Annex B.

    A decoder can start there, and predict the next picture from it. Raises ``ParameterError`` for
    formats other than 4:2:0 in 8 bits.
    """
    if not sps.frames_only or (sps.chroma, sps.depth) != (1, 8) or sps.order_kind == 1:
        raise ParameterError("a gray picture needs another format")
    # CAVLC, no slice groups, one reference, no weights; deblocking is controlled in the slice.
    parameters = "".join(map(_exp_golomb, (pps, sps.identifier))) + "00111000111100"
    header = "".join(map(_exp_golomb, (0, 7, pps))) + f"{frame_num:0{sps.frame_num_bits}b}"
    if sps.order_kind == 0:
        header += f"{order:0{sps.order_bits}b}"
    # No operations, the same quantizer, no deblocking.
    bits = header + "0" + "1" + _exp_golomb(1)
    # Each macroblock takes 8 bits: predicted from its neighbors (type 3), without residuals.
    bits += f"{_GRAY_MACROBLOCK:08b}" * sps.macroblocks
    return _START_CODE + _unit(0x68, parameters) + _START_CODE + _unit(0x61, bits)


def _unit(header: int, bits: str) -> bytes:
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return bytes([header]) + _TO_ESCAPE.sub(b"\x00\x00\x03", int(bits, 2).to_bytes(len(bits) // 8))
