"""When clips begin and end: whole videos through a whole engine."""

from dataclasses import replace
import itertools
import random

from engine_rig import LONG_S, file_camera, media_packets
import pytest
from videos import FigureDetector, content, number_of

from custom_components.homesec.engine.core.errors import CameraNotRunning
from custom_components.homesec.engine.core.events import (
    ClipsLimited,
    DetectionEnded,
    DetectionStarted,
)
from custom_components.homesec.engine.core.types import Activity
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.media.decoder import FrameDecoder
from custom_components.homesec.engine.media.packet_buffer import PreRollBuffer
from custom_components.homesec.engine.recording.controller import MAX_CLIPS, RecordingController

pytestmark = pytest.mark.long

FPS = 10
ALWAYS = {"seconds": 30, "walks": ((3.0, 30.0),)}
QUIET = {"seconds": 20, "walks": ()}


def numbers(rig, clip):
    return content(rig.path(clip)).numbers


def event_number(rig, clip):
    """Return the number of the frame at the clip's event time."""
    return numbers(rig, clip)[0] + round(clip.pre_roll_s * FPS)


class Calls(FigureDetector):
    """Calls back at the first frame with the figure this long after its first one."""

    def __init__(self, action, after_looks):
        super().__init__()
        self.action, self.left = action, after_looks

    def detect(self, picture):
        seen = super().detect(picture)
        if seen:
            self.left -= 1
            if self.left == 0:
                self.action()
        return seen


# --- pre-roll and post-roll ---


@pytest.mark.parametrize("pre_roll_s", [0.0, 1.0, 4.0])
@pytest.mark.parametrize("bframes", [0, 3])
def test_clip_begins_before_the_person_it_shows(rig, make_video, pre_roll_s, bframes):
    video = make_video(seconds=12, walks=((6.3, 8.0),), bframes=bframes)
    (clip,) = rig.play(file_camera(video, pre_roll_s=pre_roll_s))
    first = numbers(rig, clip)[0]
    seen = event_number(rig, clip)
    assert 63 <= seen <= 65
    assert first % 10 == 0  # a keyframe
    assert pre_roll_s * FPS <= seen - first < pre_roll_s * FPS + 10
    assert clip.event_at - clip.started_at == pytest.approx((seen - first) / FPS)


def test_clip_cannot_begin_before_the_source(rig, make_video):
    (clip,) = rig.play(file_camera(make_video(walks=((0.0, 2.0),)), pre_roll_s=4.0))
    assert numbers(rig, clip)[0] == 0
    assert clip.pre_roll_s == pytest.approx(0.0, abs=0.21)


def test_clip_ends_after_grace_period_and_post_roll(rig, make_video):
    (clip,) = rig.play(file_camera(make_video(), grace_s=1.0, post_roll_s=1.5))
    assert numbers(rig, clip)[-1] == pytest.approx(68 + 10 + 15, abs=4)


def test_clip_duration_is_that_of_its_frames(rig, make_video):
    (clip,) = rig.play(file_camera(make_video(bframes=3)))
    shown = content(rig.path(clip))
    assert clip.duration_s == pytest.approx(len(shown.numbers) / FPS)
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert shown.duration_s == pytest.approx(clip.duration_s)


def test_clip_path_is_below_camera_and_day(rig, make_video):
    (clip,) = rig.play(file_camera(make_video(), id="garden"))
    camera, day, name = clip.path.split("/")
    assert (camera, name) == ("garden", f"{clip.id}.mp4")
    assert len(day) == len("2027-01-15")


# --- one clip or several ---


def test_presence_within_grace_period_goes_on_in_same_clip(rig, make_video):
    video = make_video(seconds=14, walks=((4.0, 5.0), (5.9, 7.0)))
    clips = rig.play(file_camera(video, grace_s=1.5, post_roll_s=0.5))
    assert len(clips) == len(rig.of(DetectionStarted)) == 1


def test_presence_within_post_roll_is_new_event_of_same_clip(rig, make_video):
    video = make_video(seconds=16, walks=((4.0, 5.0), (7.0, 8.0)))
    (clip,) = rig.play(file_camera(video, grace_s=0.5, post_roll_s=3.0))
    assert [e.clip_id for e in rig.of(DetectionStarted)] == [clip.id] * 2
    assert numbers(rig, clip)[-1] > 100


def test_presence_after_post_roll_starts_new_clip(rig, make_video):
    video = make_video(seconds=20, walks=((4.0, 5.0), (12.0, 13.0)))
    first, second = rig.play(file_camera(video, grace_s=0.5, post_roll_s=1.0))
    assert first.id < second.id
    assert numbers(rig, first)[-1] < numbers(rig, second)[0]


@pytest.mark.parametrize("bframes", [0, 3])
def test_roll_over_loses_no_frame(rig, make_video, bframes):
    clips = rig.play(file_camera(make_video(**ALWAYS, bframes=bframes), max_clip_s=7.0))
    assert len(clips) == 5
    parts = [numbers(rig, clip) for clip in clips]
    assert [n for part in parts for n in part] == list(range(parts[0][0], 300))
    assert all(part[0] % 10 == 0 and len(part) <= 80 for part in parts)
    assert [clip.label for clip in clips] == ["person"] * 5
    for before, after in itertools.pairwise(clips):
        assert before.started_at + before.duration_s == pytest.approx(after.started_at, abs=0.01)
        assert after.pre_roll_s == 0.0
        assert before.id < after.id


def test_roll_over_of_encoded_video_loses_no_frame(rig, make_video):
    video = make_video(**ALWAYS, codec="mjpeg", container="avi", pix_fmt="yuvj420p")
    clips = rig.play(file_camera(video, max_clip_s=9.0))
    parts = [numbers(rig, clip) for clip in clips]
    assert len(parts) == 4
    assert [n for part in parts for n in part] == list(range(parts[0][0], 300))


def test_roll_over_gives_each_clip_a_still(rig, make_video):
    clips = rig.play(file_camera(make_video(**ALWAYS), max_clip_s=7.0))
    assert all(rig.path(clip).with_suffix(".jpg").stat().st_size for clip in clips)
    assert all(clip.still_path for clip in clips)


def test_new_frame_size_during_event_starts_new_clip(rig, make_video, tmp_path):
    big = make_video(seconds=8, walks=((4.0, 8.0),), container="mpegts")
    small = make_video(
        seconds=6, walks=((0.0, 2.0),), container="mpegts", size=(192, 128), first_number=80
    )
    joined = tmp_path / "joined.ts"
    joined.write_bytes(big.read_bytes() + small.read_bytes())
    first, second = rig.play(file_camera(joined))
    assert ((first.width, first.height), (second.width, second.height)) == ((320, 192), (192, 128))
    assert numbers(rig, first) == list(range(numbers(rig, first)[0], 80))
    assert numbers(rig, second)[0] == 80
    assert second.label == "person"


def test_restarted_time_stamps_go_on_in_same_clip(rig, make_video, tmp_path):
    one = make_video(seconds=8, walks=((4.0, 8.0),), container="mpegts")
    two = make_video(seconds=6, walks=((0.0, 2.0),), container="mpegts", first_number=80)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(one.read_bytes() + two.read_bytes())
    (clip,) = rig.play(file_camera(joined))
    shown = content(rig.path(clip))
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))
    assert shown.numbers[-1] > 100
    assert clip.duration_s == pytest.approx(len(shown.numbers) / FPS, abs=0.05)


def test_encoded_video_is_one_playable_clip(rig, make_video):
    video = make_video(codec="mjpeg", container="avi", pix_fmt="yuvj422p")
    (clip,) = rig.play(file_camera(video))
    assert clip.video_codec == "h264"
    shown = content(rig.path(clip))
    assert shown.numbers == list(range(shown.numbers[0], shown.numbers[-1] + 1))


def test_audio_is_recorded_with_video(rig, make_video):
    (clip,) = rig.play(file_camera(make_video(audio="aac")))
    shown = content(rig.path(clip))
    assert clip.audio_codec == shown.audio == "aac"
    assert shown.audio_s == pytest.approx(clip.duration_s, abs=0.2)


# --- activity ---


def test_detect_activity_announces_without_clip(rig, make_video):
    assert rig.play(file_camera(make_video()), Activity.DETECT) == []
    (started,) = rig.of(DetectionStarted)
    assert started.clip_id is None
    assert len(rig.of(DetectionEnded)) == 1


def test_record_activity_begins_clip_for_present_person(rigs, make_video):
    rig = rigs(
        detector=Calls(lambda: rig.engine.set_activity("cam", Activity.RECORD), after_looks=20)
    )
    (clip,) = rig.play(file_camera(make_video(**ALWAYS), pre_roll_s=2.0), Activity.DETECT)
    assert rig.of(DetectionStarted)[0].clip_id is None
    assert rig.of(DetectionEnded)[0].clip_id == clip.id
    assert 65 <= event_number(rig, clip) <= 85
    assert 2.0 <= clip.pre_roll_s < 3.2


def test_detect_activity_ends_open_clip_at_once(rigs, make_video):
    rig = rigs(
        detector=Calls(lambda: rig.engine.set_activity("cam", Activity.DETECT), after_looks=20)
    )
    (clip,) = rig.play(file_camera(make_video(**ALWAYS)))
    assert 65 <= numbers(rig, clip)[-1] <= 85
    assert len(rig.of(DetectionEnded)) == 1


# --- broken packets ---


@pytest.mark.parametrize("container", ["mp4", "mpegts"])
def test_broken_packets_in_clip_are_skipped(rig, make_video, tmp_path, container):
    video = make_video(seconds=20, walks=((3.0, 17.0),), container=container)
    data = bytearray(video.read_bytes())
    rng = random.Random(11)
    for at in rng.sample(range(len(data) * 4 // 10, len(data) * 6 // 10), 40):
        data[at] ^= 0xFF
    broken = tmp_path / f"broken.{container}"
    broken.write_bytes(data)
    clips = rig.play(file_camera(broken))
    assert rig.failed() == []
    shown = [n for clip in clips for n in media_numbers(rig.path(clip))]
    assert 30 in shown
    assert max(shown) >= 180


def media_numbers(path):
    """Return the numbers of the frames that a player shows: broken ones are skipped."""
    decoder = FrameDecoder()
    return [number_of(f.picture) for p in media_packets(path) for f in decoder.decode(p)]


@pytest.fixture
def controller(tmp_path):
    """A controller without the rest of a camera."""
    opened = []
    with Catalog(tmp_path / "clips.db") as catalog:
        buffer = PreRollBuffer(8.0)
        clips = RecordingController(
            file_camera("x", pre_roll_s=3.0),
            buffer,
            clips_dir=tmp_path / "clips",
            catalog=catalog,
            on_event=lambda _event: None,
            on_writer=lambda writer: opened.append((writer, writer.join(0))),
            lossless=True,
        )
        yield clips, buffer, opened
        clips.end()
        assert all(writer.join(LONG_S) for writer, _ in opened)


def test_manual_recording_before_first_frame_raises(controller):
    with pytest.raises(CameraNotRunning):
        controller[0].start_manual(0.0, 1.8e9, 1.0)


def test_clips_that_follow_each_other_too_fast_are_limited_and_reported(tmp_path, make_video):
    events, packets = [], media_packets(make_video(seconds=2))
    with Catalog(tmp_path / "clips.db") as catalog:
        buffer, writers = PreRollBuffer(8.0), []
        clips = RecordingController(
            file_camera("x", pre_roll_s=0.0),
            buffer,
            clips_dir=tmp_path / "clips",
            catalog=catalog,
            on_event=events.append,
            on_writer=writers.append,
            lossless=True,
        )
        for packet in packets:
            buffer.push(packet)
        for second in range(100):
            clips.motion_seen(1.9, 1.8e9 + second)
            clips.end()
        assert all(writer.join(LONG_S) for writer in writers)
    assert len(writers) == 2 * MAX_CLIPS
    limited = [event.clips for event in events if isinstance(event, ClipsLimited)]
    assert limited == [MAX_CLIPS, 0, MAX_CLIPS]


def test_writer_passed_to_callback_can_be_joined(controller, make_video):
    # As the engine does when another camera begins a clip at the same moment.
    clips, buffer, opened = controller
    for packet in media_packets(make_video(seconds=2)):
        buffer.push(packet)
    clips.start_manual(1.9, 1.8e9, 1.0)
    assert [done for _, done in opened] == [False]


def test_clock_change_during_recording_keeps_pre_roll(controller, make_video, tmp_path):
    clips, buffer, opened = controller
    packets = media_packets(make_video(seconds=8))
    for packet in packets[:60]:
        hour = 3600.0 if packet.t > 4.0 else 0.0
        buffer.push(replace(packet, at=packet.at + hour))
    event_at = packets[55].at + 3600.0
    clips.start_manual(packets[55].t, event_at, 1.0)
    clips.end()
    clip = opened[0][0].clip
    assert opened[0][0].join(LONG_S)
    assert clip.event_at == event_at
    assert clip.pre_roll_s == pytest.approx(3.5)
    assert content(tmp_path / "clips" / clip.path).numbers[0] == 20
