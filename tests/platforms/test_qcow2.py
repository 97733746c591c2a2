"""Reading QEMU's disk images."""

import struct
import zlib

from hypothesis import given, settings, strategies as st
import pytest

from homesec_dev.platforms import qcow2

BITS = 9  # the smallest clusters there are
CLUSTER = 1 << BITS
PER_TABLE = CLUSTER // 8
OWNED = 1 << 63


def image(clusters, *, version=3, features=0, backing=0, size=None):
    """Return an image from each cluster's bytes and whether to compress it, or None."""
    tables = -(-len(clusters) // PER_TABLE)
    size = len(clusters) * CLUSTER if size is None else size
    header = struct.pack(
        ">4sIQIIQIIQ", b"QFI\xfb", version, backing, 0, BITS, size, 0, tables, CLUSTER
    )
    body = header.ljust(72, b"\0") + struct.pack(">Q", features)
    data_at = CLUSTER * (1 + -(-8 * tables // CLUSTER) + tables)
    first_table = data_at - tables * CLUSTER
    data, entries = b"", []
    for cluster in clusters:
        at = data_at + len(data)
        if cluster is None:
            entries.append(0)
            continue
        content, compressed = cluster
        if compressed:
            deflate = zlib.compressobj(wbits=-12)
            packed = deflate.compress(content) + deflate.flush()
            # Compressed clusters follow each other without gaps; the last sector counts in full.
            sectors = (at % 512 + len(packed) - 1) // 512
            entries.append(qcow2.COMPRESSED | sectors << (62 - (BITS - 8)) | at)
            data += packed
        else:
            data += bytes(-at % CLUSTER)
            entries.append(OWNED | (data_at + len(data)))
            data += content
    places = [first_table + number * CLUSTER for number in range(tables)]
    l1 = struct.pack(f">{tables}Q", *(OWNED | place for place in places))
    l2 = struct.pack(f">{len(entries)}Q", *entries).ljust(tables * CLUSTER, b"\0")
    return (body.ljust(CLUSTER, b"\0") + l1).ljust(first_table, b"\0") + l2 + data


def contents():
    random = st.binary(min_size=CLUSTER, max_size=CLUSTER)
    even = st.integers(0, 255).map(lambda value: bytes([value]) * CLUSTER)
    return st.one_of(st.none(), st.tuples(st.one_of(random, even), st.booleans()))


@settings(deadline=None)
@given(
    clusters=st.lists(contents(), min_size=1, max_size=2 * PER_TABLE),
    version=st.sampled_from([2, 3]),
)
def test_image_of_any_clusters_equals_disk(tmp_path_factory, clusters, version):
    folder = tmp_path_factory.mktemp("image")
    (folder / "disk.qcow2").write_bytes(image(clusters, version=version))
    qcow2.write_raw(folder / "disk.qcow2", folder / "disk.raw")
    expected = b"".join(cluster[0] if cluster else bytes(CLUSTER) for cluster in clusters)
    assert (folder / "disk.raw").read_bytes() == expected


def test_image_with_partial_last_cluster_has_its_size(tmp_path):
    (tmp_path / "disk.qcow2").write_bytes(image([(b"x" * CLUSTER, False)], size=100))
    qcow2.write_raw(tmp_path / "disk.qcow2", tmp_path / "disk.raw")
    assert (tmp_path / "disk.raw").read_bytes() == b"x" * 100


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"PK\x03\x04" + bytes(200),
        image([None], version=4),
        image([None], backing=4096),
        image([None], features=1 << 3),
    ],
    ids=["empty", "another format", "version", "backing file", "zstd clusters"],
)
def test_image_of_unsupported_kind_is_refused(tmp_path, damaged):
    (tmp_path / "disk.qcow2").write_bytes(damaged)
    with pytest.raises(qcow2.UnreadableImageError):
        qcow2.write_raw(tmp_path / "disk.qcow2", tmp_path / "disk.raw")
