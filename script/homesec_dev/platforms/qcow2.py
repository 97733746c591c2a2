"""Reading disk images in QEMU's format, as packages of virtual machines carry them.

Source: QEMU's docs/interop/qcow2.rst. Only what such images use: one file, no encryption, clusters
as they are or deflated.
"""

from __future__ import annotations

from dataclasses import dataclass
import struct
from typing import TYPE_CHECKING, BinaryIO, Self
import zlib

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = struct.Struct(">4sIQIIQIIQ")
MAGIC = b"QFI\xfb"
OFFSET = 0x00FF_FFFF_FFFF_FE00  # the bits of a table's entry that say where in the file
COMPRESSED = 1 << 62
ZEROS = 1
SECTOR = 512
INCOMPATIBLE_AT = 72  # version 3: bits for what a reader has to know
MUST_KNOW = ~0b11  # but for "dirty" and "corrupt", which are about reference counts


class UnreadableImageError(ValueError):
    """The image uses something that is not read here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What the beginning of the file says."""

    cluster_bits: int
    size: int
    tables: int
    tables_at: int

    @classmethod
    def read(cls, file: BinaryIO) -> Self:
        """Read it; raises UnreadableImageError."""
        raw = file.read(INCOMPATIBLE_AT + 8)
        if len(raw) < HEADER.size or not raw.startswith(MAGIC):
            raise UnreadableImageError("it is no qcow2 image")
        _, version, backing, _, bits, size, encryption, tables, tables_at = HEADER.unpack_from(raw)
        features = 0
        if version >= 3:
            (features,) = struct.unpack_from(">Q", raw, INCOMPATIBLE_AT)
        if version not in (2, 3) or backing or encryption or features & MUST_KNOW:
            raise UnreadableImageError(
                f"version {version}, backing file {bool(backing)}, encryption {encryption},"
                f" features {features:#x}"
            )
        return cls(cluster_bits=bits, size=size, tables=tables, tables_at=tables_at)

    @property
    def cluster(self) -> int:
        """Bytes of a cluster, the unit in which the disk is laid out."""
        return 1 << self.cluster_bits


def write_raw(image: Path, target: Path) -> None:
    """Write the disk that an image holds as a plain file; holes stay holes."""
    with image.open("rb") as source, target.open("wb") as out:
        header = Header.read(source)
        out.truncate(header.size)
        for place, data in _clusters(source, header):
            out.seek(place)
            out.write(data[: header.size - place])


def _clusters(file: BinaryIO, header: Header) -> Iterator[tuple[int, bytes]]:
    """Yield what is not all zeros: where it belongs on the disk, and the bytes."""
    per_table = header.cluster // 8
    for number, table in enumerate(_entries(file, header.tables_at, header.tables)):
        if not table & OFFSET:
            continue
        for index, entry in enumerate(_entries(file, table & OFFSET, per_table)):
            place = (number * per_table + index) * header.cluster
            if entry & COMPRESSED:
                yield place, _inflated(file, entry, header)
            elif entry & OFFSET and not entry & ZEROS:
                file.seek(entry & OFFSET)
                yield place, file.read(header.cluster)


def _entries(file: BinaryIO, at: int, count: int) -> tuple[int, ...]:
    file.seek(at)
    return struct.unpack(f">{count}Q", file.read(8 * count))


def _inflated(file: BinaryIO, entry: int, header: Header) -> bytes:
    """Return a compressed cluster. The entry has the offset below, the sectors in use above."""
    offset_bits = 62 - (header.cluster_bits - 8)
    offset = entry & ((1 << offset_bits) - 1)
    sectors = ((entry & (COMPRESSED - 1)) >> offset_bits) + 1
    file.seek(offset)
    raw = file.read(sectors * SECTOR - offset % SECTOR)
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(raw, header.cluster)
