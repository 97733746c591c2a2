"""What is said of a stream, from what was measured."""

from dataclasses import fields, replace

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.core.stream_report import ClockQuality, StreamReport
from custom_components.homesec.engine.core.stream_verdict import (
    ABOUT_DETECTION,
    HIGH_BIT_RATE,
    LONG_KEYFRAME_GAP_S,
    LOW_FPS,
    NO_KEYFRAMES_S,
    RULES,
    SETTLED_S,
    StreamUse,
    StreamVerdict,
    findings,
    verdict,
)

FINE = StreamReport(
    measured_s=10.0,
    codec="h264",
    profile="High",
    width=1920,
    height=1080,
    fps=15.0,
    bit_rate=4e6,
    keyframe_interval_s=1.0,
    keyframe_gap_s=1.0,
    b_frames=False,
    clock=ClockQuality.GOOD,
    audio_codec="aac",
    decodes_alone=True,
    starts_player=True,
    recorded_as_is=True,
    plays_in_browsers=True,
)
ODD = {
    StreamVerdict.CLOCK_UNUSABLE: {"clock": ClockQuality.UNUSABLE},
    StreamVerdict.NO_KEYFRAMES: {"keyframe_gap_s": NO_KEYFRAMES_S + 1},
    StreamVerdict.INTRA_REFRESH: {"decodes_alone": False},
    StreamVerdict.KEYFRAMES_FAR_APART: {"keyframe_gap_s": LONG_KEYFRAME_GAP_S + 1},
    StreamVerdict.OPEN_GOP: {"starts_player": False},
    StreamVerdict.UNCOMMON_PROFILE: {"profile": "High 4:2:2", "plays_in_browsers": False},
    StreamVerdict.LOW_FRAME_RATE: {"fps": LOW_FPS - 1},
    StreamVerdict.HIGH_BIT_RATE: {"bit_rate": HIGH_BIT_RATE + 1},
    StreamVerdict.ENCODED_AGAIN: {"codec": "mjpeg", "recorded_as_is": False},
    StreamVerdict.H265: {"codec": "hevc", "plays_in_browsers": False},
    StreamVerdict.SOUND_LEFT_OUT: {"audio_codec": None, "audio_left_out": "adpcm_g726"},
    StreamVerdict.B_FRAMES: {"b_frames": True},
}
NUMBERS = st.floats(0, 1e9)
MAYBE = st.none() | st.booleans()
REPORTS = st.builds(
    StreamReport,
    measured_s=NUMBERS,
    codec=st.sampled_from(["", "h264", "hevc", "mjpeg"]),
    fps=st.none() | NUMBERS,
    bit_rate=st.none() | NUMBERS,
    keyframe_interval_s=st.none() | NUMBERS,
    keyframe_gap_s=NUMBERS,
    b_frames=MAYBE,
    clock=st.sampled_from(ClockQuality),
    audio_codec=st.sampled_from([None, "aac"]),
    audio_left_out=st.sampled_from([None, "vorbis"]),
    decodes_alone=MAYBE,
    starts_player=MAYBE,
    recorded_as_is=MAYBE,
    plays_in_browsers=MAYBE,
)


def test_fine_stream_is_good():
    assert findings(FINE) == ()
    assert verdict(FINE) is StreamVerdict.GOOD


def test_every_verdict_has_one_rule():
    assert [rule.verdict for rule in RULES] == list(ODD)
    assert set(ODD) == set(StreamVerdict) - {StreamVerdict.GOOD}


@pytest.mark.parametrize("expected", ODD)
def test_single_oddity_is_the_verdict(expected):
    report = replace(FINE, **ODD[expected])
    assert verdict(report) is expected


def test_nothing_is_said_before_it_is_measured():
    assert verdict(StreamReport()) is None
    assert verdict(replace(FINE, measured_s=SETTLED_S / 2)) is None
    assert verdict(replace(FINE, measured_s=SETTLED_S / 2, fps=0.5, bit_rate=1e12)) is None


@pytest.mark.parametrize("oddity", ODD)
def test_what_only_matters_to_detection_needs_no_change_with_a_detect_stream(oddity):
    report, use = replace(FINE, **ODD[oddity]), StreamUse(detects=False)
    needless = oddity in ABOUT_DETECTION
    assert verdict(report, use) is (StreamVerdict.GOOD if needless else oddity)


def test_sensor_covers_what_happens_between_two_keyframes_and_no_more():
    use = StreamUse(finds_between_keyframes=False)
    far = ODD[StreamVerdict.KEYFRAMES_FAR_APART]
    assert verdict(replace(FINE, **far), use) is StreamVerdict.GOOD
    slow = replace(FINE, **far, **ODD[StreamVerdict.LOW_FRAME_RATE])
    assert findings(slow, use) == (StreamVerdict.LOW_FRAME_RATE,)


@given(REPORTS)
def test_verdict_is_the_first_finding(report):
    found = findings(report)
    settled = StreamVerdict.GOOD if report.measured_s >= SETTLED_S else None
    assert verdict(report) is (found[0] if found else settled)
    order = [rule.verdict for rule in RULES]
    assert sorted(found, key=order.index) == list(found)


@given(REPORTS, st.sampled_from(sorted(ODD)))
def test_oddity_is_never_good_whatever_else_is_measured(report, oddity):
    odd = replace(report, measured_s=SETTLED_S + report.measured_s, **ODD[oddity])
    assert verdict(odd) is not StreamVerdict.GOOD
    if oddity is StreamVerdict.UNCOMMON_PROFILE and odd.codec == "hevc":
        return  # which is the finding then
    if oddity is not StreamVerdict.NO_KEYFRAMES:
        assert oddity in findings(odd)


@given(REPORTS)
def test_what_is_unknown_is_never_odd(report):
    unknown = replace(
        report,
        **{each.name: None for each in fields(report) if "None" in str(each.type)},
        clock=ClockQuality.UNKNOWN,
        keyframe_gap_s=0.0,
    )
    assert set(findings(unknown)) <= {StreamVerdict.H265}
