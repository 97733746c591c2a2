"""USB cameras of this machine. Reads files: to be called in an executor."""

from dataclasses import dataclass
from pathlib import Path
import re

_DEVICE = re.compile(r"/dev/(video\d+|v4l/by-(id|path)/[\w.:@+-]+)")


@dataclass(frozen=True, slots=True)
class Webcam:
    """A device that can be opened, and what it calls itself."""

    device: str
    name: str


def is_webcam_path(path: str) -> bool:
    """Tell whether a path from outside can be a camera's device."""
    return _DEVICE.fullmatch(path) is not None


def find_webcams(root: Path = Path("/")) -> list[Webcam]:
    """Return the cameras that are plugged in.

    Each is named by its serial number where udev knows it: ``/dev/video0`` may be another camera
    after the next restart. A camera's second node carries metadata, not pictures.
    """
    stable = {
        link.resolve(): f"/dev/v4l/by-id/{link.name}"
        for link in sorted((root / "dev/v4l/by-id").glob("*"))
    }
    found: list[Webcam] = []
    for node in sorted((root / "dev").glob("video*")):
        about = root / "sys/class/video4linux" / node.name
        if _read(about / "index") not in ("", "0"):
            continue
        device = stable.get(node.resolve(), f"/dev/{node.name}")
        if is_webcam_path(device):
            found.append(Webcam(device, _read(about / "name") or node.name))
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
