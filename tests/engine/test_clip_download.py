"""A clip's film somewhere else, from whichever copy there is."""

from threading import Event

from gcs_fixtures import store
from library_rig import NOON, LibraryRig
import pytest

from custom_components.homesec.engine.cloud.errors import TransferStopped
from custom_components.homesec.engine.core.errors import ClipNotFound
from custom_components.homesec.engine.core.types import ClipState


@pytest.fixture
def house(tmp_path, gcs):
    with store(gcs) as bucket:
        (tmp_path / "house").mkdir()
        made = LibraryRig(tmp_path / "house", store=bucket)
        yield made
        made.close()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "export" / "film.mp4"


def fetch(house, clip, target, *, cloud=..., stop=None):
    cloud = house.store if cloud is ... else cloud
    stop = stop or Event()
    house.copies.download(house.row(clip), target, cloud=cloud, stop=stop)


@pytest.mark.parametrize("local", [True, False])
def test_download_of_either_copy_has_same_content(house, target, local):
    clip = house.stored(NOON, size=5000)
    film = house.files(clip)[0].read_bytes()
    if not local:
        house.copies.remove_local(clip)
    fetch(house, clip, target)
    assert target.read_bytes() == film
    assert [p.name for p in target.parent.iterdir()] == ["film.mp4"]


def test_download_with_lost_file_uses_cloud(house, target):
    clip = house.stored(NOON)
    film = house.files(clip)[0].read_bytes()
    house.files(clip)[0].unlink()
    fetch(house, clip, target)
    assert target.read_bytes() == film


def test_download_without_copy_raises(house, target):
    clip = house.stored(NOON)
    house.copies.remove_local(clip)
    with pytest.raises(ClipNotFound):
        fetch(house, clip, target, cloud=None)
    for obj in list(house.store.list()):
        house.store.delete(obj.name)
    with pytest.raises(ClipNotFound):
        fetch(house, clip, target)
    assert not target.exists()


@pytest.mark.parametrize("state", [s for s in ClipState if s is not ClipState.SAVED])
def test_download_of_unsaved_clip_raises(house, target, state):
    clip = house.saved(NOON, state=state)
    with pytest.raises(ClipNotFound):
        fetch(house, clip, target)


@pytest.mark.parametrize("local", [True, False])
def test_stopped_download_leaves_no_file(house, target, local):
    clip = house.stored(NOON)
    if not local:
        house.copies.remove_local(clip)
    stop = Event()
    stop.set()
    with pytest.raises(TransferStopped):
        fetch(house, clip, target, stop=stop)
    assert list(target.parent.iterdir()) == []
