"""Finding webcams of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from custom_components.homesec.cameras.webcams import Webcam, find_webcams, is_webcam_path

if TYPE_CHECKING:
    from pathlib import Path


def plug_in(root: Path, node: str, *, index: str | None = "0", name: str | None = None) -> Path:
    device = root / "dev" / node
    device.parent.mkdir(exist_ok=True)
    device.touch()
    about = root / "sys/class/video4linux" / node
    about.mkdir(parents=True)
    if index is not None:
        (about / "index").write_text(f"{index}\n")
    if name is not None:
        (about / "name").write_text(f"{name}\n")
    return device


def test_find_webcams_without_devices_returns_none(tmp_path: Path) -> None:
    assert find_webcams(tmp_path) == []


def test_find_webcams_skips_metadata_nodes(tmp_path: Path) -> None:
    plug_in(tmp_path, "video0", name="HD Webcam")
    plug_in(tmp_path, "video1", index="1", name="HD Webcam")
    plug_in(tmp_path, "video2", index=None)
    assert find_webcams(tmp_path) == [
        Webcam("/dev/video0", "HD Webcam"),
        Webcam("/dev/video2", "video2"),
    ]


def test_find_webcams_prefers_path_by_id(tmp_path: Path) -> None:
    device = plug_in(tmp_path, "video3", name="HD Webcam")
    by_id = tmp_path / "dev/v4l/by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-Acme_HD-video-index0").symlink_to(device)
    assert find_webcams(tmp_path) == [
        Webcam("/dev/v4l/by-id/usb-Acme_HD-video-index0", "HD Webcam")
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/dev/video0", True),
        ("/dev/video12", True),
        ("/dev/v4l/by-id/usb-046d_HD_Pro-video-index0", True),
        ("/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0", True),
        ("/dev/sda", False),
        ("/dev/v4l/by-id/../../sda", False),
        ("/etc/passwd", False),
        ("/dev/video0\n", False),
        ("", False),
    ],
)
def test_is_webcam_path_accepts_only_video_devices(path: str, *, expected: bool) -> None:
    assert is_webcam_path(path) is expected
