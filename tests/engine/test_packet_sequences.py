"""Any sequence of packets through timeline, buffer, and writer makes clips that are right.

Films of all kinds are cut into pieces, with connections that are lost, time stamps that jump, and
pauses in between, and recorded at any time.
"""

from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import av
from engine_rig import LONG_S, FakeClock, file_camera
from hypothesis import Phase, example, given, settings, strategies as st
from odd_films import TICKS, encode
import pytest
from videos import Recipe, content

from custom_components.homesec.engine.capture.bitstream import AnnexB
from custom_components.homesec.engine.capture.container import _media_packet
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.media.packet_buffer import PreRollBuffer
from custom_components.homesec.engine.media.packets import MediaFormat, MediaKind
from custom_components.homesec.engine.recording.controller import RecordingController

LENGTH_S = 0.5  # by how much a clip may be longer or shorter than what it shows took
PRE_ROLL_S = 2.0
PICTURES = 300  # of each film
STEP_S = 0.1
REORDER = 3  # pictures from decoding one to showing it, whatever film it's of
CLOSED = "keyint=10:min-keyint=10:scenecut=0"
REFRESH = 8  # pictures that an intra refresh takes
KINDS = {
    "baseline": (f"{CLOSED}:bframes=0:ref=1", {}),
    "high": (f"{CLOSED}:bframes=2:b-adapt=0:ref=4", {"preset": "medium"}),
    "small": (f"{CLOSED}:bframes=0", {"size": (192, 128)}),
    "long": ("keyint=40:min-keyint=40:scenecut=0:bframes=0", {}),
    "open": (f"{CLOSED}:open-gop=1:bframes=3:b-adapt=0", {}),
    "refresh": (f"keyint={REFRESH}:intra-refresh=1:bframes=0:scenecut=0", {}),
}
GOPS = {"long": 40}
FIRST = {kind: n * 400 for n, kind in enumerate(KINDS)}  # numbers of the films' first frames


@cache
def film(kind):
    params, options = KINDS[kind]
    options = dict(options)
    recipe = Recipe(
        seconds=PICTURES * STEP_S,
        walks=(),
        first_number=FIRST[kind],
        size=options.pop("size", (320, 192)),
    )
    return encode(recipe, params, **options)


@dataclass(frozen=True)
class Piece:
    """Pictures in a row, and what precedes them."""

    kind: str
    pictures: int
    skipped: int  # pictures after which the connection joins the film
    reconnects: bool
    jump_s: float  # of the time stamps of a new connection
    pause_s: float  # without packets


PIECES = st.lists(
    st.builds(
        Piece,
        st.sampled_from(list(KINDS)),
        st.integers(1, 60),
        st.integers(0, 12),
        st.booleans(),
        st.sampled_from([0.0, 0.0, 1000.0, -500.0]),
        st.sampled_from([0.0, 0.0, 0.4, 3.0]),
    ),
    min_size=1,
    max_size=6,
)


@dataclass
class Camera:
    """A camera's packets on their way into clips."""

    folder: Path
    catalog: Catalog
    max_clip_s: float
    clock: FakeClock = field(default_factory=FakeClock)
    came: dict = field(default_factory=dict)
    """When the picture with each number came."""
    stops: list = field(default_factory=list)
    """When no clip could go on."""
    writers: list = field(default_factory=list)

    def __post_init__(self):
        self.timeline = Timeline(self.clock, Pace.LIVE)
        self.buffer = PreRollBuffer(PRE_ROLL_S + 4)
        self.recording = RecordingController(
            file_camera("x", pre_roll_s=PRE_ROLL_S, max_clip_s=self.max_clip_s),
            self.buffer,
            clips_dir=self.folder,
            catalog=self.catalog,
            on_event=lambda _event: None,
            on_writer=self.writers.append,
            lossless=True,
        )
        self.stamp_s, self.positions, self.last, self.annexb = (
            0.0,
            dict.fromkeys(KINDS, 0),
            "",
            None,
        )
        self.format = None

    def connect(self, kind):
        self.recording.end()
        self.buffer.clear()
        self.timeline.reconnect()
        stream = SimpleNamespace(codec_context=SimpleNamespace(extradata=film(kind)[0].data))
        width, height = KINDS[kind][1].get("size", (320, 192))
        self.annexb = AnnexB(
            stream, MediaFormat(kind=MediaKind.VIDEO, codec="h264", width=width, height=height)
        )

    def play(self, piece):
        units, start = film(piece.kind), self.positions[piece.kind]
        closed = piece.kind not in ("open", "refresh")
        if piece.reconnects or not closed or self.last in ("", "open", "refresh"):
            self.connect(piece.kind)
            start += piece.skipped
            self.stamp_s += piece.jump_s
        if closed and not piece.reconnects:
            gop = GOPS.get(piece.kind, 10)
            start = -(-start // gop) * gop
        self.last = piece.kind
        self.clock.advance(piece.pause_s)
        self.stamp_s += piece.pause_s
        end = start + piece.pictures
        if piece.kind == "high":
            end = -(-end // 10) * 10  # an encoder changes between GOPs, with all pictures shown
        for n, unit in enumerate(units[start:end], start):
            self.receive(unit, FIRST[piece.kind], n)
        self.positions[piece.kind] = end

    def receive(self, unit, first, n):
        shown = round(unit.pts * TICKS / STEP_S)
        packet = av.Packet(unit.data)
        packet.dts = round(self.stamp_s / TICKS)
        packet.pts = packet.dts + round((shown - n + REORDER) * STEP_S / TICKS)
        packet.time_base, packet.duration = TICKS, round(STEP_S / TICKS)
        self.came[first + shown] = self.clock.ticks
        for checked in self.annexb.feed(packet):
            time = self.timeline.stamp_video(self.stamp_s, STEP_S)
            media = _media_packet(
                checked.format, checked.packet, time,
                keyframe=checked.keyframe, recovery=checked.recovery,
            )  # fmt: skip
            self.buffer.push(media)
            self.recording.feed(media)
            self.now = media.t, media.at
        self.clock.advance(STEP_S)
        self.stamp_s += STEP_S

    def record(self):
        if len(self.buffer):
            self.recording.start_manual(*self.now, None)

    def clips(self):
        """Return the finished clips, and what they show."""
        self.recording.end()
        found = []
        for writer in self.writers:
            assert writer.join(LONG_S)
            clip = self.catalog.get(writer.clip.id)
            found.append((clip, content(self.folder / clip.path)))
        return found


@given(PIECES, st.integers(0, 5), st.sampled_from([3.0, 60.0]))
@settings(max_examples=25, phases=(Phase.explicit, Phase.generate))
@example([Piece("refresh", 60, 3, False, 0.0, 0.0)], 0, 60.0)
@example([Piece("open", 40, 5, True, 0.0, 0.0), Piece("open", 40, 0, False, 1000.0, 3.0)], 1, 3.0)
@example([Piece("high", 25, 0, False, 0.0, 0.0), Piece("small", 25, 0, False, 0.0, 0.0)], 0, 60.0)
@example([Piece("small", 11, 0, False, 0.0, 0.0), Piece("high", 40, 0, False, 0.0, 0.0)], 0, 60.0)
def test_clips_of_any_packets_are_monotonic_decodable_and_long_enough(pieces, begins, max_clip_s):
    with TemporaryDirectory() as folder, Catalog(Path(folder) / "clips.db") as catalog:
        camera = Camera(Path(folder), catalog, max_clip_s)
        for number, piece in enumerate(pieces):
            camera.play(piece)
            if number >= begins:
                camera.record()
        clips = camera.clips()
    for clip, shown in clips:
        # ``content`` has raised if anything can't be decoded.
        assert shown.numbers
        assert shown.first_is_key
        if len(shown.numbers) <= REFRESH and any(piece.kind == "refresh" for piece in pieces):
            continue  # it ended before the refresh was over
        assert shown.times[0] == pytest.approx(0.0, abs=0.001)
        assert all(a < b for a, b in pairwise(shown.times))
        assert all(a < b for a, b in pairwise(shown.numbers) if a // 400 == b // 400)
        took_s = camera.came[shown.numbers[-1]] - camera.came[shown.numbers[0]] + STEP_S
        assert clip.duration_s == pytest.approx(took_s, abs=LENGTH_S)
        assert shown.duration_s == pytest.approx(clip.duration_s, abs=LENGTH_S)
