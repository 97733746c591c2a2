"""A worker's tools in tests: the name of a file says what becomes of it."""

import ctypes
import os
import sys
import time

if "engine" in sys.modules:
    from engine.core.clip_files import ClipInfo
    from engine.core.discovery import DeviceDetails, OnvifDevice, StreamProfile
    from engine.core.errors import NoVideo
    from engine.worker import methods


def read_index(path):
    match path.name:
        case "crash.mp4":
            ctypes.string_at(1)
        case "hang.mp4":
            time.sleep(60)
        case "missing.mp4":
            path.stat()
    return ClipInfo(
        duration_s=float(os.getpid()),
        bytes=1,
        width=1,
        height=1,
        video_codec="h264",
        audio_codec=None,
    )


def probe(config):
    if config.username == "crash":
        ctypes.string_at(1)
    raise NoVideo


def search(seconds):
    host = "192.0.2.7" if seconds else "192.0.2.8"
    return [OnvifDevice(id="a", address="http://192.0.2.8/onvif", host=host, port=80)]


def read_device(address, username, password):
    profile = StreamProfile(token="a", name="a", url=username)
    return DeviceDetails(profiles=(profile,), address=password or "")


def create_handlers(connection):
    return {
        methods.SEARCH: search,
        methods.READ_DEVICE: read_device,
        methods.READ_INDEX: read_index,
        methods.PROBE: probe,
        methods.WRITE_STILL: lambda clips_dir, clip: "/etc/passwd",
    }
