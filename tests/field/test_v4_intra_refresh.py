"""V4: cameras with intra refresh, whose pictures never decode by themselves."""

from dataclasses import replace

from camera_film import Film
from clip_player import play
from engine_rig import file_camera, media_packets, split_video, stream_camera
from misbehaving_camera import MisbehavingCamera, Sets
from odd_films import encode, intra_refresh, write_units
import pytest
from videos import Recipe, content

from custom_components.homesec.engine.capture import bitstream
from custom_components.homesec.engine.core.events import ClipSaved
from custom_components.homesec.engine.core.types import Activity, DecodePolicy

pytestmark = pytest.mark.long

VISIT = 70  # number of the frame in which the figure comes


def check_clip(rig, clip, pre_roll_s=2.0):
    """Check that all of a clip is shown, and begins with its pre-roll."""
    shown = content(rig.path(clip))
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert VISIT - 10 * pre_roll_s - 22 <= shown.numbers[0] <= VISIT - 10 * pre_roll_s
    assert shown.numbers[-1] >= 95
    assert shown.times[0] == 0
    assert clip.duration_s == pytest.approx(len(shown.numbers) / 10, abs=0.11)
    assert clip.event_at - clip.started_at == pytest.approx(
        (VISIT - shown.numbers[0]) / 10, abs=0.3
    )


@pytest.mark.parametrize("policy", [DecodePolicy.AUTO, DecodePolicy.PROMPT])
@pytest.mark.parametrize("skipped", [0, 5])
@pytest.mark.parametrize("period", [8, 20])
def test_visit_is_in_a_clip_with_its_pre_roll(rig, tmp_path, policy, skipped, period):
    # Without its first pictures, the film has no IDR picture.
    film = write_units(tmp_path / "film.ts", intra_refresh(period=period)[skipped:])
    (clip,) = rig.play(file_camera(film, decode_policy=policy))
    check_clip(rig, clip)


def test_economy_detects_where_no_picture_decodes_by_itself(rig, tmp_path, monkeypatch):
    monkeypatch.setattr("custom_components.homesec.engine.camera.frame_sampler.ECONOMY_GAP_S", 3.0)
    film = write_units(tmp_path / "film.ts", intra_refresh()[5:])
    (clip,) = rig.play(file_camera(film, decode_policy=DecodePolicy.ECONOMY))
    check_clip(rig, clip)


@pytest.mark.parametrize(
    "params", ["bframes=0", "bframes=2:b-adapt=0", "bframes=0:ref=4:cabac=0", "bframes=0:slices=3"]
)
def test_clip_plays_and_seeks_in_a_browser(rig, tmp_path, browser, params):
    recipe = Recipe(seconds=14, walks=((7.0, 9.0),))
    units = encode(recipe, f"keyint=20:intra-refresh=1:scenecut=0:{params}", preset="veryfast")
    film = write_units(tmp_path / "film.ts", units[6:])
    (clip,) = rig.play(file_camera(film))
    numbers = content(rig.path(clip)).numbers
    played = play(browser, rig.path(clip))
    assert played.first == numbers[0]
    assert played.frames == len(numbers)
    assert played.seconds == pytest.approx(len(numbers) / 10, abs=0.1)
    assert played.seeks == [numbers[n] for n in played.sought(len(numbers))]


def test_unmarked_refresh_counts_after_a_while(rig, tmp_path, monkeypatch):
    # As an encoder of H.265 does it: parameter sets come again, but nothing says what follows.
    monkeypatch.setattr(bitstream, "PATIENCE", 15)
    monkeypatch.setattr(bitstream, "ASSUMED_RECOVERY", 25)
    bare = [without_recovery_points(unit) for unit in intra_refresh(period=20)]
    film = write_units(tmp_path / "film.ts", bare)
    video = split_video(media_packets(film))[0]
    assert [n for n, packet in enumerate(video) if packet.random_access][:3] == [0, 20, 40]
    (clip,) = rig.play(file_camera(film))
    shown = content(rig.path(clip))
    assert VISIT - 80 <= shown.numbers[0] <= VISIT - 20
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))


def test_camera_that_marks_nothing_is_decoded_and_recorded_in_the_end(rig, tmp_path, monkeypatch):
    monkeypatch.setattr(bitstream, "PATIENCE", 10)
    monkeypatch.setattr(bitstream, "ASSUMED_RECOVERY", 25)
    units = [without_recovery_points(unit) for unit in intra_refresh(period=20)]
    sets = b"".join(b"\x00\x00\x01" + nal for nal in nals(units[0].data) if nal[0] & 31 in (7, 8))
    bare = [without_sets(unit) for unit in units[5:]]
    bare[0] = replace(bare[0], data=sets + bare[0].data)
    (clip,) = rig.play(file_camera(write_units(tmp_path / "film.ts", bare)))
    shown = content(rig.path(clip))
    assert {*range(75, 90)} <= {*shown.numbers}


def test_hevc_without_keyframes_is_recorded(rig, tmp_path):
    recipe = Recipe(seconds=14, walks=((7.0, 9.0),), codec="libx265")
    units = encode(recipe, "keyint=20:intra-refresh=1:bframes=0:scenecut=0")
    (clip,) = rig.play(file_camera(write_units(tmp_path / "film.ts", units, codec="hevc")))
    shown = content(rig.path(clip))
    assert {*range(50, 90)} <= {*shown.numbers}


@pytest.mark.parametrize("sets", [Sets.BOTH, Sets.OUT_OF_BAND])
def test_visit_at_an_rtsp_camera_is_in_a_clip(rig, tmp_path, sets):
    path = write_units(tmp_path / "film.ts", intra_refresh(9, ((4.0, 6.0),), period=10))
    with MisbehavingCamera(Film(path), sets=sets, joins=True, start_s=0.5) as camera:
        rig.engine.set_camera(stream_camera(camera.url, pre_roll_s=1.0), Activity.RECORD)
        clip = rig.wait_for(ClipSaved).clip
    shown = content(rig.path(clip))
    assert shown.numbers[0] <= 31
    assert {*range(40, 60)} <= {*shown.numbers}


def nals(data):
    return [part.rstrip(b"\x00") for part in data.split(b"\x00\x00\x01")[1:]]


def _without(unit, kinds):
    kept = [nal for nal in nals(unit.data) if nal[0] & 31 not in kinds]
    return replace(unit, data=b"".join(b"\x00\x00\x01" + nal for nal in kept))


def without_recovery_points(unit):
    return _without(unit, (6,))


def without_sets(unit):
    return _without(unit, (7, 8))
