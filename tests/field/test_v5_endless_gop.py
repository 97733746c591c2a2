"""V5: cameras whose GOP is larger than the pre-roll buffer, or never ends."""

from dataclasses import replace

from clip_player import play
from engine_rig import file_camera
from odd_films import encode, stuffed, write_units
import pytest
from videos import Recipe, content

from custom_components.homesec.engine.core.events import DetectionStarted, KeyframesMissing
from custom_components.homesec.engine.core.types import DecodePolicy
from custom_components.homesec.engine.media import packet_buffer

pytestmark = pytest.mark.long

SIZE = 900_000  # bytes a picture: 48 MiB are full after 5.6 s
VISIT = range(90, 120)
POLICIES = [DecodePolicy.AUTO, DecodePolicy.ECONOMY]


def film(path, *, gop, seconds=16, size=SIZE, codec="libx264"):
    recipe = Recipe(seconds=seconds, walks=((9.0, 12.0),), codec=codec)
    units = encode(recipe, f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0")
    if codec == "libx264":
        units = stuffed(units, size)
    return write_units(path, units, codec="hevc" if codec == "libx265" else "h264")


def numbers(rig, clip):
    return content(rig.path(clip)).numbers


@pytest.mark.parametrize("policy", POLICIES)
def test_visit_is_recorded_without_another_keyframe(rig, tmp_path, policy):
    path = film(tmp_path / "film.ts", gop=1000)
    (clip,) = rig.play(file_camera(path, decode_policy=policy))
    (started,) = rig.of(DetectionStarted)
    shown = numbers(rig, clip)
    assert started.clip_id == clip.id
    assert {*VISIT[4:]} <= {*shown}
    assert shown == list(range(shown[0], shown[-1] + 1))
    assert clip.duration_s == pytest.approx(len(shown) / 10, abs=0.11)
    (event,) = rig.of(KeyframesMissing)
    assert event.seconds == pytest.approx(5.6, abs=0.5)


def test_next_keyframe_begins_a_clip_that_is_copied(rig, tmp_path):
    path = film(tmp_path / "film.ts", gop=100)
    first, second = rig.play(file_camera(path))
    assert numbers(rig, first)[-1] == 99
    assert numbers(rig, second)[0] == 100
    assert first.label == second.label == "person"
    assert first.started_at + first.duration_s == pytest.approx(second.started_at, abs=0.2)


def test_user_hears_that_gops_fit_again(rig, tmp_path):
    large = encode(Recipe(seconds=10, walks=()), "keyint=100:min-keyint=100:scenecut=0:bframes=0")
    small = encode(Recipe(seconds=4, walks=()), "keyint=10:min-keyint=10:scenecut=0:bframes=0")
    shift = 90_000 * 10
    later = [replace(x, pts=x.pts + shift, dts=x.dts + shift) for x in small]
    rig.play(file_camera(write_units(tmp_path / "film.ts", stuffed(large, SIZE) + later)))
    assert [event.seconds > 0 for event in rig.of(KeyframesMissing)] == [True, False]


def test_long_gop_of_few_bytes_adds_no_minutes_to_a_clip(rig, tmp_path, monkeypatch):
    monkeypatch.setattr(packet_buffer, "LIMIT_S", 6.5)
    path = film(tmp_path / "film.ts", gop=1000, codec="libx265")
    (clip,) = rig.play(file_camera(path))
    shown = numbers(rig, clip)
    assert VISIT[0] - 1 <= shown[0] <= VISIT[4]
    assert {*VISIT[4:]} <= {*shown}
    assert len(rig.of(KeyframesMissing)) == 1


def test_clip_without_keyframes_rolls_over(rig, tmp_path):
    path = film(tmp_path / "film.ts", gop=1000)
    clips = rig.play(file_camera(path, max_clip_s=2.5))
    shown = [numbers(rig, clip) for clip in clips]
    assert len(clips) >= 2
    assert all(len(part) <= 27 for part in shown)
    together = [number for part in shown for number in part]
    assert together == list(range(together[0], together[-1] + 1))


def test_clips_play_and_seek_in_a_browser(rig, tmp_path, browser):
    path = film(tmp_path / "film.ts", gop=100)
    for clip in rig.play(file_camera(path)):
        shown = numbers(rig, clip)
        played = play(browser, rig.path(clip))
        assert played.first == shown[0]
        assert played.frames == len(shown)
        assert played.seeks == [shown[n] for n in played.sought(len(shown))]
