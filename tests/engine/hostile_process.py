"""Use a file in a process of its own, which may die, and report what that took.

python hostile_process.py probe|packets|clip|snapshot PATH
"""

import json
from pathlib import Path
import sys
from threading import Event

from av.video.frame import VideoFrame

from custom_components.homesec.engine.capture.container import ContainerConnection
from custom_components.homesec.engine.capture.probe import probe
from custom_components.homesec.engine.capture.snapshots import SnapshotConnection
from custom_components.homesec.engine.capture.timeline import Pace, Timeline
from custom_components.homesec.engine.core.clock import SystemClock
from custom_components.homesec.engine.core.errors import HomeSecError
from custom_components.homesec.engine.core.types import SourceConfig, SourceKind
from custom_components.homesec.engine.media.convert import crop, small_luma, to_bgr
from custom_components.homesec.engine.media.crops import Crop
from custom_components.homesec.engine.media.decoder import Frame, FrameDecoder
from custom_components.homesec.engine.media.jpeg import encode_jpeg, read_keyframe
from custom_components.homesec.engine.media.limits import check_frame
from custom_components.homesec.engine.recording.finalize import read_index


class _Feed:
    """An entity that has one picture."""

    def __init__(self, picture):
        self._picture = picture

    def stream_url(self):
        return None

    def snapshot(self):
        return self._picture


def _decode(connection, most=50):
    """Decode some packets, and do what a camera does with its frames."""
    decoder = FrameDecoder()
    for _, packet in zip(range(most), connection.packets(), strict=False):
        if packet.is_video:
            for frame in decoder.decode(packet):
                small_luma(frame)
                encode_jpeg(frame.picture, width=320)


def _convert(width, height, pixel_format):
    """Do with a picture what a camera does with a frame, if it may be one."""
    check_frame(int(width), int(height), pixel_format)
    picture = VideoFrame(int(width), int(height), pixel_format)
    frame = Frame(t=0.0, at=0.0, picture=picture)
    small_luma(frame)
    to_bgr(picture, 416, 234)
    crop(picture, Crop(0, 0, min(picture.width, picture.height)))
    encode_jpeg(picture, width=320)
    picture.reformat(width=64, height=64, format="yuv420p")


def _use(action, path):
    config = SourceConfig(kind=SourceKind.FILE, location=str(path), paced=False, loop=False)
    timeline = Timeline(SystemClock(), Pace.READ)
    match action:
        case "probe":
            probe(config)
        case "packets":
            _decode(ContainerConnection(config, timeline, Event()))
        case "snapshot":
            _decode(SnapshotConnection(_Feed(path.read_bytes()), timeline, Event()), 3)
        case "shape":
            _convert(*path.name.split("-"))
        case "clip":
            read_index(path)
            read_keyframe(path, 0)


def _peak_mb():
    """Return the most memory that was used since the last call, and now."""
    status = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in status if line.startswith("Vm"))
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak
    return int(fields["VmHWM"].split()[0]) / 1024, int(fields["VmRSS"].split()[0]) / 1024


def main():
    for line in sys.stdin:
        action, path = line.rstrip("\n").split(" ", 1)
        _, before = _peak_mb()
        answer = {"error": None}
        try:
            _use(action, Path(path))
        except HomeSecError as err:
            answer = {"error": err.key, "placeholders": err.placeholders, "text": str(err)}
        answer["grown_mb"] = _peak_mb()[0] - before
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
