"""A tryout's worker in tests that sends what no worker may: the camera's name says what."""

import ctypes
import sys

if "engine" in sys.modules:
    from engine.core.camera_reports import WalkReport
    from engine.core.errors import LoginRefused
    from engine.worker import methods


def jpeg(config, settings, width):
    match config.name:
        case "crash":
            ctypes.string_at(1)
        case "text":
            return b"<svg/>"
    return b"\xff\xd8\xff a picture"


def walk(config, settings, seconds):
    match config.name:
        case "crash":
            ctypes.string_at(1)
        case "text":
            return WalkReport(label="person", jpeg=b"<svg/>")
        case "label":
            return WalkReport(label="[link](http://192.0.2.7)")
        case "locked":
            raise LoginRefused
    return WalkReport(label="person", seconds=seconds)


def create_handlers(connection):
    return {methods.TRYOUT_JPEG: jpeg, methods.WALK: walk}
