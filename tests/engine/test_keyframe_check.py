"""When a camera is reported to send keyframes too rarely."""

from hypothesis import given, strategies as st

from custom_components.homesec.engine.camera.keyframe_check import KeyframeCheck


def seconds(check, t, *, starts_gop=False, overflowed=False):
    event = check.update(t, starts_gop=starts_gop, overflowed=overflowed)
    return None if event is None else event.seconds


def test_gop_that_fits_is_not_reported():
    check = KeyframeCheck("cam")
    assert [seconds(check, t, starts_gop=t % 2 == 0) for t in range(10)] == [None] * 10


def test_gop_that_does_not_fit_is_reported_once_and_until_one_fits():
    check = KeyframeCheck("cam")
    found = [
        seconds(check, 0, starts_gop=True),
        seconds(check, 20, overflowed=True),
        seconds(check, 21, overflowed=True),
        seconds(check, 30, starts_gop=True),
        seconds(check, 52, overflowed=True),
        seconds(check, 60, starts_gop=True),
        seconds(check, 62, starts_gop=True),
        seconds(check, 64, starts_gop=True),
    ]
    assert found == [None, 20, None, None, None, None, 0.0, None]


def test_gop_that_a_gap_cut_off_says_nothing():
    check = KeyframeCheck("cam")
    seconds(check, 0, starts_gop=True)
    seconds(check, 20, overflowed=True)
    check.start_over()
    assert seconds(check, 30, starts_gop=True) is None
    assert seconds(check, 31, starts_gop=True) == 0.0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_reports_alternate(packets):
    check = KeyframeCheck("cam")
    found = [
        seconds(check, t, starts_gop=start, overflowed=full and not start)
        for t, (start, full) in enumerate(packets)
    ]
    reported = [each > 0 for each in found if each is not None]
    assert reported == [n % 2 == 0 for n in range(len(reported))]
