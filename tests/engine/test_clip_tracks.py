"""The tracks stored with a clip match what its final video shows."""

from dataclasses import replace
from itertools import pairwise

import av
from engine_rig import file_camera
import pytest
from videos import FigureDetector

from custom_components.homesec.engine.core.events import DetectionEnded
from custom_components.homesec.engine.core.types import Activity, Box, Detection, Zone
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.media.convert import to_bgr

EVERYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def shown(path):
    """Return the figure's box in the video by time, None where it isn't shown."""
    seen = {}
    with av.open(str(path)) as video:
        for frame in video.decode(video=0):
            found = FigureDetector().detect(to_bgr(frame, frame.width, frame.height))
            seen[float(frame.pts * frame.time_base)] = found[0].box if found else None
    return seen


def stored_tracks(rig, clip):
    with Catalog(rig.data_dir / "clips.db") as catalog:
        return catalog.tracks(clip.id)


@pytest.mark.parametrize(
    ("pre_roll_s", "walk"),
    [(4.0, (6.3, 8.0)), (0.0, (6.3, 8.0)), (4.0, (1.2, 3.0))],
    ids=["whole pre-roll", "none", "less than configured"],
)
@pytest.mark.parametrize("bframes", [0, 3])
def test_track_boxes_match_the_figure_in_the_video(rig, make_video, pre_roll_s, walk, bframes):
    video = make_video(seconds=12, walks=(walk,), bframes=bframes)
    (clip,) = rig.play(file_camera(video, pre_roll_s=pre_roll_s))
    rig.stop()
    truth = shown(rig.path(clip))
    boxes = [box for track in stored_tracks(rig, clip) for box in track.boxes]
    assert len(boxes) >= 5
    for box in boxes:
        time = min(truth, key=lambda t: abs(t - box.t))
        assert abs(time - box.t) < 0.02, "there is a picture at that time"
        assert truth[time] is not None, f"no figure at {box.t}"
        assert box[1:5] == pytest.approx(
            (truth[time].x1, truth[time].y1, truth[time].x2, truth[time].y2), abs=0.03
        )


def test_tracks_before_clip_start_are_in_its_pre_roll(rig, make_video):
    video = make_video(seconds=12, walks=((6.3, 8.0),))
    (clip,) = rig.play(file_camera(video, pre_roll_s=4.0))
    rig.stop()
    boxes = [box for track in stored_tracks(rig, clip) for box in track.boxes]
    assert min(box.t for box in boxes) <= clip.pre_roll_s + 0.02


class Wavers(FigureDetector):
    """Is confident of the figure in three of four frames, and always finds a corner."""

    def detect(self, picture):
        found = super().detect(picture)
        score = 0.12 if self.frame_count % 4 == 0 else 0.9
        corner = Detection("person", 0.14, Box(0.8, 0.7, 0.9, 0.95))
        return [*(replace(each, score=score) for each in found), corner]


def test_low_confidence_positions_are_excluded(rigs, make_video):
    rig = rigs(detector=Wavers())
    (clip,) = rig.play(file_camera(make_video(seconds=12, walks=((4.0, 9.0),))))
    rig.stop()
    (track,) = stored_tracks(rig, clip)
    assert len(track.boxes) >= 10
    assert {box.score for box in track.boxes} == {0.9}
    gaps = [b.t - a.t for a, b in pairwise(track.boxes)]
    assert max(gaps) < 1, "few enough are missing that the page fills in what is between"


class Beside(FigureDetector):
    """Detects another figure that moves along above the real one."""

    def __init__(self, score, *, frames=99):
        super().__init__()
        self._score, self._frames_left = score, frames

    def detect(self, picture):
        found = super().detect(picture)
        if not found or not self._frames_left:
            return found
        self._frames_left -= 1
        box = found[0].box
        return [*found, Detection("person", self._score, Box(box.x1, 0.0, box.x2, box.y1 * 0.9))]


@pytest.mark.parametrize(
    ("score", "frames", "tracks"),
    [(0.8, 99, 2), (0.35, 99, 1), (0.8, 1, 1)],
    ids=["well seen", "hardly", "once"],
)
def test_second_track_needs_verification_or_hits(rigs, make_video, score, frames, tracks):
    rig = rigs(
        create_cascade=lambda _stop: CascadeDetector(Beside(score, frames=frames), FigureDetector())
    )
    (clip,) = rig.play(file_camera(make_video(seconds=12, walks=((4.0, 9.0),))))
    rig.stop()
    assert len(stored_tracks(rig, clip)) == tracks


def test_static_person_picture_has_no_track_in_clip(rigs, make_video):
    class Poster(FigureDetector):
        """Detects a poster, too, with more confidence than the figure."""

        def detect(self, picture):
            poster = Detection("person", 0.95, Box(0.85, 0.0, 0.95, 0.25))
            return [*super().detect(picture), poster]

    rig = rigs(detector=Poster())
    (clip,) = rig.play(file_camera(make_video(seconds=12, walks=((4.0, 9.0),))))
    rig.stop()
    (track,) = stored_tracks(rig, clip)
    assert {box.score for box in track.boxes} == {0.9}


def test_roll_over_stores_tracks_in_both_clips(rig, make_video):
    video = make_video(seconds=14, walks=((2.0, 13.0),))
    clips = rig.play(file_camera(video, max_clip_s=5))
    rig.stop()
    assert len(clips) >= 2
    for clip in clips[:2]:
        boxes = [box for track in stored_tracks(rig, clip) for box in track.boxes]
        assert boxes
        assert all(0 <= box.t <= clip.duration_s + 0.2 for box in boxes)


def test_clip_has_zones_of_its_presences(rig, make_video):
    zones = (
        Zone(name="Left", polygon=LEFT),
        Zone(name="Lawn", polygon=EVERYWHERE),
        Zone(name="Cats", polygon=EVERYWHERE, labels=("cat",)),
    )
    video = make_video(seconds=10, walks=((3.0, 6.0),))
    (clip,) = rig.play(file_camera(video, zones=zones))
    assert "Lawn" in clip.zones
    assert "Cats" not in clip.zones
    assert list(clip.zones) == [z.name for z in zones if z.name in clip.zones]
    assert rig.engine.catalog.get(clip.id).zones == clip.zones


def test_visit_without_recording_is_counted(rig, make_video):
    video = make_video(seconds=10, walks=((3.0, 6.0),))
    assert rig.play(file_camera(video), Activity.DETECT) == []
    assert rig.of(DetectionEnded)
    rig.stop()
    with Catalog(rig.data_dir / "clips.db") as catalog:
        ((label, lasted, clip_id),) = catalog.database.query(
            "SELECT label, ended_at - started_at, clip_id FROM visits"
        )
    assert (label, clip_id) == ("person", None)
    assert 2.0 < lasted < 4.5


def test_visit_has_its_clip_id(rig, make_video):
    (clip,) = rig.play(file_camera(make_video(seconds=10, walks=((3.0, 6.0),))))
    rig.stop()
    with Catalog(rig.data_dir / "clips.db") as catalog:
        assert [tuple(x) for x in catalog.database.query("SELECT clip_id FROM visits")] == [
            (clip.id,)
        ]
