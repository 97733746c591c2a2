"""Download of a clip's video from either copy."""

from threading import Event

from gcs_fixtures import store
from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.cloud.errors import TransferStopped
from custom_components.homesec.engine.core.errors import ClipNotFound
from custom_components.homesec.engine.core.types import ClipState


@pytest.fixture
def library(tmp_path, gcs):
    with store(gcs) as bucket:
        (tmp_path / "house").mkdir()
        made = LibraryRig(tmp_path / "house", store=bucket)
        yield made
        made.close()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "export" / "film.mp4"


def fetch(library, clip, target, *, cloud=..., stop=None):
    cloud = library.store if cloud is ... else cloud
    stop = stop or Event()
    library.copies.download(library.row(clip), target, cloud=cloud, stop=stop)


@pytest.mark.parametrize("local", [True, False])
def test_download_of_either_copy_has_same_content(library, target, local):
    clip = library.stored(NOON, size=5000)
    video = library.files(clip)[0].read_bytes()
    if not local:
        library.copies.remove_local(clip)
    fetch(library, clip, target)
    assert target.read_bytes() == video
    assert [p.name for p in target.parent.iterdir()] == ["film.mp4"]


def test_download_with_lost_file_uses_cloud(library, target):
    clip = library.stored(NOON)
    video = library.files(clip)[0].read_bytes()
    library.files(clip)[0].unlink()
    fetch(library, clip, target)
    assert target.read_bytes() == video


def test_download_without_copy_raises(library, target):
    clip = library.stored(NOON)
    library.copies.remove_local(clip)
    with pytest.raises(ClipNotFound):
        fetch(library, clip, target, cloud=None)
    for obj in list(library.store.list()):
        library.store.delete(obj.name)
    with pytest.raises(ClipNotFound):
        fetch(library, clip, target)
    assert not target.exists()


@pytest.mark.parametrize("state", [s for s in ClipState if s is not ClipState.SAVED])
def test_download_of_unsaved_clip_raises(library, target, state):
    clip = library.saved(NOON, state=state)
    with pytest.raises(ClipNotFound):
        fetch(library, clip, target)


@pytest.mark.parametrize("local", [True, False])
def test_stopped_download_leaves_no_file(library, target, local):
    clip = library.stored(NOON)
    if not local:
        library.copies.remove_local(clip)
    stop = Event()
    stop.set()
    with pytest.raises(TransferStopped):
        fetch(library, clip, target, stop=stop)
    assert list(target.parent.iterdir()) == []
