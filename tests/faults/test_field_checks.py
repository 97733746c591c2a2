"""What `script/field` takes for a fault."""

import pytest

from homesec_dev.field import films
from homesec_dev.field.cameras import FieldCamera
from homesec_dev.field.checks import CameraResult, is_covered, log_faults

LINE = "2026-11-30 20:12:30.030+00:00 {level} (MainThread) [{logger}] {message}\n"
CLIPS = [{"started": 100.0, "duration": 10.0}, {"started": 110.0, "duration": 10.0}]


@pytest.mark.parametrize(
    ("visit", "covered"),
    [((101, 109), True), ((112, 120), True), ((99, 105), False), ((119, 121), False)],
)
def test_visit_has_to_be_in_one_clip(visit, covered):
    assert is_covered(visit, CLIPS) is covered


def test_clip_may_have_its_start_as_text():
    assert is_covered((3, 4), [{"started": "1970-01-01T00:00:02+00:00", "duration": 5}])


def test_visits_are_those_between_two_times():
    camera = FieldCamera(name="A", finding="good", url="", born_t=1000.0, start_s=10.0)
    first_t = 990 + films.SEEN_S[0]
    visits = camera.visits(1000, 1000 + 2 * films.ROUND_S)
    assert [begin for begin, _ in visits] == [first_t, first_t + films.ROUND_S]
    assert camera.visits(first_t + 1, first_t + 2) == []


def test_log_faults_are_problems_and_tracebacks_but_no_noise(tmp_path):
    log = tmp_path / "log"
    ours = {"logger": "custom_components.homesec", "level": "WARNING"}
    lines = [
        LINE.format(level="INFO", logger="homesec", message="Fine"),
        LINE.format(**ours, message="The camera is lost"),
        LINE.format(level="DEBUG", logger="a", message="Failed\nTraceback (most"),
        LINE.format(level="WARNING", logger="haffmpeg.core", message="No ffmpeg"),
        LINE.format(level="ERROR", logger="homeassistant", message="Broken"),
    ]
    log.write_text("".join(lines))
    first, second, third = log_faults(log)
    assert "lost" in first
    assert "Traceback" in second
    assert "Broken" in third


def test_camera_is_fine_only_if_all_is_right():
    fine = {"name": "A", "expected": "open_gop", "findings": ["open_gop"], "clips": 1}
    assert CameraResult(**fine).is_fine
    wrong = (
        {"findings": []},
        {"clips": 0},
        {"missed": ["20:00:00"]},
        {"faults": {"clip": "no picture"}},
        {"refused": "no_video"},
    )
    assert not any(CameraResult(**(fine | each)).is_fine for each in wrong)
