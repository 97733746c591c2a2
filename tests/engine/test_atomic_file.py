"""Files that are written completely or not at all."""

from contextlib import suppress
from threading import Barrier, Thread

import pytest

from custom_components.homesec.engine.core.atomic_file import atomic_write


@pytest.mark.parametrize("durable", [True, False])
def test_atomic_write_makes_folder_and_replaces_file(tmp_path, durable):
    path = tmp_path / "new" / "file"
    for content in (b"first", b"second"):
        with atomic_write(path, durable=durable) as out:
            out.write(content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_atomic_write_hides_file_until_it_is_complete(tmp_path):
    with atomic_write(tmp_path / "file") as out:
        out.write(b"part")
        assert not (tmp_path / "file").exists()


def test_atomic_write_on_error_keeps_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with suppress(ZeroDivisionError), atomic_write(path) as out:
        out.write(b"part")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_atomic_write_from_two_threads_keeps_content_whole(tmp_path):
    path, both_open = tmp_path / "file", Barrier(2)

    def write(content):
        with atomic_write(path) as out:
            both_open.wait(10)
            out.write(content)

    threads = [Thread(target=write, args=(letter * 1000,)) for letter in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in (b"a" * 1000, b"b" * 1000)
    assert list(tmp_path.iterdir()) == [path]
