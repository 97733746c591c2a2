"""V10: an address that gives one JPEG is polled as pictures, at the rate that was chosen."""

from itertools import count, pairwise
import re
from threading import Event

from engine_rig import EngineRig, stream_camera
from http_camera import HttpCamera, head
import pytest
from test_v9_mjpeg import MIXED, PICTURES, QUICK
from videos import content

from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.capture.reconnecting_source import open_source
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.core.errors import LoginRefused, NoVideo, SourceError
from custom_components.homesec.engine.core.events import ClipSaved, HealthChanged
from custom_components.homesec.engine.core.types import Activity, CameraHealth

LENGTH = "Content-Length: {}"


def with_length(jpeg, content_type="image/jpeg"):
    return [head(content_type, LENGTH.format(len(jpeg))), jpeg]


def without_length(jpeg):
    return [head("image/jpeg"), jpeg]


def kept_open(jpeg):
    return [head("image/jpeg"), jpeg, *[None] * 600]


def unmarked(jpeg):
    return with_length(jpeg[:-2])


def one_part(jpeg):
    return [
        head(f"{MIXED}; boundary=b"),
        b"--b\r\nContent-Type: image/jpeg\r\n\r\n",
        jpeg,
        b"--b--",
    ]


def wrong_type(jpeg):
    return with_length(jpeg, "text/plain")


def chunked(jpeg):
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(jpeg), jpeg)
    return [head("image/jpeg", "Transfer-Encoding: chunked"), body]


KINDS = (with_length, without_length, kept_open, unmarked, one_part, wrong_type, chunked)


def polled(make, login=None):
    """Return the answers of a camera that gives the next picture at each request."""
    numbers = count()

    def answer(request):
        if login and not login(request):
            return [head("text/html", login.challenge, "Content-Length: 0", status="401 No")]
        return make(PICTURES[next(numbers) % len(PICTURES)])

    return answer


class Digest:
    """Asks for Digest with a new nonce at every fifth request."""

    def __init__(self):
        self.seen = 0

    @property
    def challenge(self):
        return f'WWW-Authenticate: Digest realm="cam", nonce="n{self.seen // 5}", qop="auth"'

    def __call__(self, request):
        self.seen += 1
        nonce = re.search(r'nonce="n(\d+)"', request.get("authorization", ""))
        return nonce is not None and int(nonce[1]) == self.seen // 5


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    cameras = {make.__name__: HttpCamera(polled(make)) for make in KINDS}
    cameras["digest"] = HttpCamera(polled(with_length, Digest()))
    try:
        with EngineRig(tmp_path_factory.mktemp("snapshots")) as rig:
            for name, each in cameras.items():
                source = stream_camera(
                    each.url("/snap.jpg"), id=name, pictures_per_s=8.0, username="bob",
                    password="tweety", stall_s=1.0, **QUICK,
                )  # fmt: skip
                rig.engine.set_camera(source, Activity.RECORD)
            for name in cameras:
                rig.wait_for(ClipSaved, camera_id=name)
            health = {name: rig.of(HealthChanged, camera_id=name) for name in cameras}
            rig.stop()
            yield {name: content(rig.path(rig.saved(name)[0])) for name in cameras}, health
    finally:
        for each in cameras.values():
            each.close()


@pytest.mark.parametrize("name", [*(make.__name__ for make in KINDS), "digest"])
def test_single_pictures_are_recorded(recorded, name):
    clips, health = recorded
    shown = clips[name].numbers
    assert len(shown) > 6
    assert all((b - a) % 40 == 1 for a, b in pairwise(shown))
    assert CameraHealth.LOST not in {event.health for event in health[name]}


def opened(camera, **settings):
    source = stream_camera(camera.url("/snap.jpg"), stall_s=1.0, **settings).source
    return open_source(source, None, Timeline(SystemClock(), Pace.LIVE), Event())


@pytest.mark.parametrize("rate", [1.0, 5.0])
def test_rate_is_the_chosen_one(rate):
    waited = []

    class Waits(Event):
        def wait(self, timeout=None):
            waited.append(timeout)
            return super().wait(0)

    with HttpCamera(polled(with_length)) as camera:
        source = stream_camera(camera.url("/snap.jpg"), pictures_per_s=rate).source
        connection = open_source(source, None, Timeline(SystemClock(), Pace.LIVE), Waits())
        packets = connection.packets()
        assert len([next(packets) for _ in range(4)]) == 4
        connection.close()
    assert connection.video.fps == pytest.approx(rate)
    # A picture that takes long isn't waited for twice.
    assert max(waited) <= 1 / rate
    assert max(waited) == pytest.approx(1 / rate, abs=0.1)


def test_probe_says_that_there_are_only_single_pictures():
    with HttpCamera(polled(with_length)) as camera:
        source = stream_camera(camera.url(), pictures_per_s=10.0).source
        found = probe(source)
    assert (found.single_pictures, found.video_codec) == (True, "mjpeg")


def test_wrong_password_is_said_at_once():
    def never(_request):
        return False

    never.challenge = 'WWW-Authenticate: Digest realm="cam", nonce="n"'
    with HttpCamera(polled(with_length, never)) as camera, pytest.raises(LoginRefused):
        opened(camera, username="bob", password="wrong")


def failing(*fail_at):
    """Return answers of which some are no picture."""
    numbers = count()

    def answer(_request):
        n = next(numbers)
        return [head("text/plain", status="503 Busy")] if n in fail_at else with_length(PICTURES[n])

    return answer


def test_single_failure_is_skipped():
    with HttpCamera(failing(1, 2, 4)) as camera:
        connection = opened(camera, pictures_per_s=10.0)
        packets = connection.packets()
        assert len([next(packets) for _ in range(4)]) == 4
        connection.close()


def test_camera_that_fails_again_and_again_is_lost():
    with HttpCamera(failing(*range(1, 9))) as camera:
        connection = opened(camera, pictures_per_s=10.0)
        with pytest.raises(SourceError):
            list(connection.packets())
        connection.close()


def test_picture_that_is_none_is_refused_with_the_reason():
    broken = with_length(b"\xff\xd8\xff" + bytes(500))
    with HttpCamera(lambda _: broken) as camera, pytest.raises(NoVideo):
        opened(camera)
