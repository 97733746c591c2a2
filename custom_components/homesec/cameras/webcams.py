"""The webcams that are plugged in."""

from dataclasses import dataclass
from pathlib import Path
import re

_DEVICE = re.compile(r"/dev/(video\d+|v4l/by-(id|path)/[\w.:@+-]+)")


@dataclass(frozen=True, slots=True)
class Webcam:
    """A video device that can be opened, and its name."""

    device: str
    name: str


def is_webcam_path(path: str) -> bool:
    """Return whether a path that was typed in can be a webcam."""
    return _DEVICE.fullmatch(path) is not None


def find_webcams(root: Path = Path("/")) -> list[Webcam]:
    """Return the webcams that are plugged in. Reads files: call it in an executor.

    Their paths contain the serial number where udev knows it, since ``/dev/video0`` may be another
    webcam after a restart. Nodes with an index above 0 have metadata instead of pictures.
    """
    by_id = {
        link.resolve(): f"/dev/v4l/by-id/{link.name}"
        for link in sorted((root / "dev/v4l/by-id").glob("*"))
    }
    found: list[Webcam] = []
    for node in sorted((root / "dev").glob("video*")):
        info = root / "sys/class/video4linux" / node.name
        if _read(info / "index") not in ("", "0"):
            continue
        device = by_id.get(node.resolve(), f"/dev/{node.name}")
        if is_webcam_path(device):
            found.append(Webcam(device, _read(info / "name") or node.name))
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
