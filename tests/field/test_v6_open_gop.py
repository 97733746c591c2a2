"""V6: cameras with open GOPs and B-frames, whose pictures refer to the GOP before."""

from camera_film import Film
from clip_player import play
from engine_rig import LONG_S, file_camera, media_packets, split_video, stream_camera
from misbehaving_camera import MisbehavingCamera
from odd_films import open_gop, write_units
import pytest
from videos import content

from custom_components.homesec.engine.core.events import ClipSaved
from custom_components.homesec.engine.core.types import Activity

pytestmark = pytest.mark.long

FILMS = {
    "reference B-frames": {"bframes": 2},
    "pyramid": {"bframes": 5, "b_pyramid": "normal", "ref": 4, "gop": 15},
    "CAVLC": {"bframes": 3, "cabac": 0, "ref": 3, "weightb": 1},
    "slices": {"bframes": 3, "slices": 4, "weightp": 2, "b_pyramid": "strict"},
    "no B-frames": {"bframes": 0},
}


@pytest.fixture(params=FILMS.values(), ids=FILMS)
def units(request):
    return open_gop(**request.param)


@pytest.mark.parametrize("skipped", [0, 17])
def test_clip_has_its_pre_roll_and_every_picture(rig, tmp_path, units, skipped):
    (clip,) = rig.play(file_camera(write_units(tmp_path / "film.ts", units[skipped:])))
    shown = content(rig.path(clip))  # fails at anything that is wrong in the clip
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert 70 - 20 - 16 <= shown.numbers[0] <= 50
    assert shown.numbers[-1] >= 95
    assert shown.times[0] == 0
    assert clip.duration_s == pytest.approx(len(shown.numbers) / 10, abs=0.11)
    assert clip.event_at - clip.started_at == pytest.approx((70 - shown.numbers[0]) / 10, abs=0.3)


def test_all_clips_play_and_seek_in_a_browser(rig, tmp_path, units, browser):
    film = write_units(tmp_path / "film.ts", units)
    clips = rig.play(file_camera(film, max_clip_s=2.0))
    assert len(clips) >= 2
    for clip in clips:
        shown = content(rig.path(clip)).numbers
        played = play(browser, rig.path(clip))
        assert played.first == shown[0]
        assert played.frames == len(shown)
        assert played.seeks == [shown[n] for n in played.sought(len(shown))]


def test_each_keyframe_decodes_by_itself(tmp_path, units):
    video = split_video(media_packets(write_units(tmp_path / "film.ts", units)))[0]
    keys = [packet for packet in video if packet.keyframe]
    assert len(keys) >= 9
    for key in keys:
        decoder = key.format.video_decoder()
        assert len([*decoder.decode(key.data), *decoder.decode(None)]) == 1


def test_open_gop_of_hevc_is_recorded_from_its_keyframe(rig, tmp_path):
    units = open_gop(codec="libx265", bframes=3)
    film = write_units(tmp_path / "film.ts", units[12:], codec="hevc")
    (clip,) = rig.play(file_camera(film))
    shown = content(rig.path(clip)).numbers
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert shown[0] <= 50
    assert shown[-1] >= 95


def test_visit_at_an_rtsp_camera_is_in_a_clip(rig, tmp_path):
    path = write_units(tmp_path / "film.ts", open_gop(9, ((4.0, 6.0),), bframes=3))
    with MisbehavingCamera(Film(path), joins=True, start_s=0.5) as camera:
        rig.engine.set_camera(stream_camera(camera.url, pre_roll_s=1.0), Activity.RECORD)
        clip = rig.wait_for(ClipSaved, timeout_s=LONG_S).clip
    shown = content(rig.path(clip)).numbers
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert shown[0] <= 31
    assert shown[-1] >= 60
