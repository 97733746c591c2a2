"""Whether a camera that runs is also watched."""

from hypothesis import given, strategies as st
import pytest

from custom_components.homesec.engine.camera.watch import LIMIT_S, Watch


class Camera:
    """A connected camera, second by second."""

    def __init__(self, clock):
        self.clock = clock
        self.watch = Watch(clock)
        self.watch.begin()
        self.decoded = self.compared = self.answers = 0

    def run(self, seconds, *, handles=True, decodes=True, compares=True, answers=None, every_s=1):
        """Return the problem after some seconds; ``answers``: None if the detector has nothing."""
        for n in range(seconds):
            self.clock.advance(1.0)
            if not handles:
                continue
            self.watch.handled()
            if n % every_s == 0:
                self.decoded += decodes
                self.compared += decodes and compares
                self.answers += bool(answers)
            self.watch.observe(
                decoded=self.decoded,
                compared=self.compared,
                answers=self.answers,
                is_waiting=answers is not None,
            )
        return self.problem()

    def problem(self, keyframe_interval_s=0.0):
        found = self.watch.problem(keyframe_interval_s)
        return None if found is None else found.key


@pytest.fixture
def camera(clock):
    return Camera(clock)


FAULTS = {
    "not_decoded": {"decodes": False},
    "not_watched": {"compares": False},
}


def test_watched_camera_has_no_problem(camera):
    assert camera.run(1000) is None
    assert camera.run(1000, answers=True) is None


@pytest.mark.parametrize("key", FAULTS)
def test_problem_is_reported_after_its_limit_only(camera, key):
    camera.run(60)
    assert camera.run(int(LIMIT_S) - 1, **FAULTS[key]) is None
    assert camera.run(3, **FAULTS[key]) == key


@pytest.mark.parametrize("fault", [{"handles": False}, {"answers": False}])
def test_stuck_thread_and_silent_detector_are_problems(camera, fault):
    camera.run(60)
    assert camera.run(int(LIMIT_S) + 2, **fault) == "not_watched"
    assert camera.run(2, answers=True) is None


def test_slow_detector_is_no_problem(camera):
    for _ in range(20):
        assert camera.run(20, answers=False) is None
        camera.run(1, answers=True)


@pytest.mark.parametrize("key", FAULTS)
def test_new_connection_alone_solves_no_problem(camera, key):
    camera.run(60)
    camera.run(60, **FAULTS[key])
    camera.watch.begin()
    assert camera.problem() == key
    assert camera.run(5, **FAULTS[key]) == key
    assert camera.run(2) is None


def test_lost_time_is_no_problem_of_the_next_connection(camera):
    camera.run(60)
    camera.clock.advance(3600)
    camera.watch.begin()
    assert camera.problem() is None
    assert camera.run(10, decodes=False) is None


def test_camera_of_which_keyframes_are_decoded_has_their_interval(camera):
    camera.run(300, every_s=60)
    assert camera.run(50, decodes=False) == "not_decoded"
    assert camera.problem(keyframe_interval_s=60) is None


@given(
    st.lists(
        st.tuples(
            st.integers(1, 90), st.booleans(), st.booleans(), st.sampled_from([None, True, False])
        ),
        max_size=12,
    )
)
def test_problem_means_that_a_step_failed_for_as_long(parts):
    from engine_rig import FakeClock

    camera, bad_s = Camera(FakeClock()), 0
    for seconds, decodes, compares, answers in parts:
        good = decodes and compares and answers is not False
        problem = camera.run(seconds, decodes=decodes, compares=compares, answers=answers)
        bad_s = 0 if good else bad_s + seconds
        if good:
            assert problem is None
        if problem is not None:
            assert bad_s >= LIMIT_S
