"""Fixtures of tests of the engine: videos, clocks, servers, a whole engine."""

from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path

import av
from camera_servers import HttpServer, rtsp
from engine_rig import EngineRig, FakeClock, media_packets
import pytest
import videos
from writer_rig import WriterRig

from homesec_dev import footage
from homesec_dev.bootstrap import paths


@pytest.fixture(scope="session")
def make_video():
    """Make videos: ``make_video(seconds=12, walks=((5, 7),))``; see ``Recipe``.

    They are kept for the next run, until this or what makes them changes.
    """
    maker = sha256(Path(videos.__file__).read_bytes() + av.__version__.encode()).hexdigest()[:16]
    folder = paths.test_videos() / maker
    folder.mkdir(parents=True, exist_ok=True)
    return lambda **recipe: videos.cached(folder, videos.Recipe(**recipe))


@pytest.fixture(scope="session")
def bikes():
    """10 s of a street: people at 1.2-2.0, 3.1-3.3, 4.1-5.5, and 7.5-8.5 s."""
    return footage.sample("bikes")


@pytest.fixture(scope="session")
def bunny():
    """5.3 s of cartoon animals, with audio; no person."""
    return footage.sample("bigbuckbunny")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def rig(tmp_path):
    """A running engine with a detector of the videos' figure."""
    with EngineRig(tmp_path) as running:
        yield running


@pytest.fixture
def rigs(tmp_path):
    """Make engines: ``rigs(clips_dir=…)``."""
    made = []

    def make(**options):
        options.setdefault("folder", tmp_path)
        made.append(EngineRig(**options).__enter__())
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def http(socket_enabled):
    """Start HTTP servers: ``http({"/video": Reply(…)})``."""
    servers = []

    def start(replies, **options):
        servers.append(HttpServer(replies, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def rtsp_server(socket_enabled):
    """Start RTSP servers: ``rtsp_server({"/cam": launch_line(video)})``."""
    with ExitStack() as running:
        yield lambda mounts, **options: running.enter_context(rtsp(mounts, **options))


@pytest.fixture
def bench(tmp_path):
    """Make clip writers: ``bench(lossless=True)``."""
    made = []

    def make(**options):
        made.append(WriterRig(tmp_path, **options))
        return made[-1]

    yield make
    for each in made:
        each.catalog.close()


@pytest.fixture(scope="module")
def packets(make_video):
    """The packets of 5 s of video: 50 frames."""
    return media_packets(make_video(seconds=5))
