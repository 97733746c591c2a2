"""V7: cameras whose parameter sets change or alternate, as at a switch between day and night."""

from camera_film import Film
from clip_player import play
from engine_rig import file_camera, media_packets, split_video, stream_camera
from misbehaving_camera import MisbehavingCamera, Sets
from odd_films import alternating, write_units
import pytest
from videos import Recipe, content

from custom_components.homesec.engine.core.events import ClipSaved, HealthChanged
from custom_components.homesec.engine.core.types import Activity, CameraHealth

pytestmark = pytest.mark.long

RECIPE = Recipe(seconds=14, walks=((7.0, 9.0),))
PAIRS = {
    "levels": [("level=31", {}), ("level=41", {})],
    "profiles": [("ref=1", {}), ("ref=4:cabac=1:8x8dct=1", {"preset": "medium"})],
    "colors": [("colormatrix=bt709", {}), ("colormatrix=bt470bg:transfer=bt709", {})],
    "identifiers": [("sps-id=0", {}), ("sps-id=3", {})],
    "entropy": [("cabac=0", {}), ("cabac=1", {"preset": "fast"})],
    "references": [("ref=1", {}), ("ref=6", {"preset": "fast"}), ("ref=3", {})],
}


@pytest.fixture(params=PAIRS.values(), ids=PAIRS)
def units(request):
    return alternating(RECIPE, request.param)


def test_visit_is_in_one_clip_with_its_pre_roll(rig, tmp_path, units, browser):
    (clip,) = rig.play(file_camera(write_units(tmp_path / "film.ts", units)))
    shown = content(rig.path(clip))
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert 40 <= shown.numbers[0] <= 50
    assert shown.numbers[-1] >= 95
    assert clip.pre_roll_s >= 2.0
    played = play(browser, rig.path(clip))
    assert played.first == shown.numbers[0]
    assert played.frames == len(shown.numbers)
    assert played.seeks == [shown.numbers[n] for n in played.sought(len(shown.numbers))]
    assert CameraHealth.LOST not in [event.health for event in rig.of(HealthChanged)]


def test_parameter_sets_of_h265_change_in_one_clip(rig, tmp_path):
    recipe = Recipe(seconds=14, walks=((7.0, 9.0),), codec="libx265")
    pair = [("ref=1", {}), ("ref=4:level-idc=41", {"preset": "medium"})]
    film = write_units(tmp_path / "film.ts", alternating(recipe, pair), codec="hevc")
    (clip,) = rig.play(file_camera(film))
    shown = content(rig.path(clip)).numbers
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert shown[0] <= 50


def test_other_size_begins_a_file_of_its_own_at_once(rig, tmp_path):
    small = Recipe(seconds=14, walks=RECIPE.walks, size=(192, 128))
    params = [("ref=1", {})]
    day, night = alternating(RECIPE, params), alternating(small, params)
    film = write_units(tmp_path / "film.ts", day[:80] + night[80:])
    first, second = rig.play(file_camera(film))
    assert content(rig.path(first)).numbers[-1] == 79
    assert content(rig.path(second)).numbers[0] == 80
    assert second.label == "person"


@pytest.mark.parametrize("pre_roll_s", [0.0, 2.0])
def test_size_that_changes_right_after_a_clip_began_costs_no_picture(rig, tmp_path, pre_roll_s):
    # The film changes its size one second after the figure has come, and again a second later.
    small = Recipe(seconds=14, walks=RECIPE.walks, size=(192, 128))
    params = [("ref=1", {})]
    day, night = alternating(RECIPE, params), alternating(small, params)
    film = write_units(tmp_path / "film.ts", day[:80] + night[80:])
    clips = rig.play(file_camera(film, pre_roll_s=pre_roll_s))
    shown = [number for clip in clips for number in content(rig.path(clip)).numbers]
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert shown[0] <= 75
    assert shown[-1] >= 95


@pytest.mark.parametrize("sets", [Sets.BOTH, Sets.IN_BAND])
def test_visit_at_an_rtsp_camera_is_in_one_clip(rig, tmp_path, sets):
    recipe = Recipe(seconds=9, walks=((4.0, 6.0),))
    path = write_units(tmp_path / "film.ts", alternating(recipe, PAIRS["profiles"]))
    with MisbehavingCamera(Film(path), sets=sets) as camera:
        rig.engine.set_camera(stream_camera(camera.url, pre_roll_s=2.0), Activity.RECORD)
        clip = rig.wait_for(ClipSaved).clip
    shown = content(rig.path(clip)).numbers
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert shown[0] <= 20
    assert shown[-1] >= 60


def test_packets_of_all_parameter_sets_have_one_format(tmp_path, units):
    video = split_video(media_packets(write_units(tmp_path / "film.ts", units)))[0]
    assert len({id(packet.format) for packet in video}) == 1
