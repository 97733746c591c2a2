"""The cameras: what each does wrong, and what HomeSec should say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from . import films
from .http_camera import HttpCamera
from .parts import Film, MisbehavingCamera, noise, standing

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

_PLAIN = {"keyint": films.FPS, "min-keyint": films.FPS}


class _Camera(Protocol):
    url: str
    born_t: float

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCamera:
    """A running camera; its film began ``start_s`` before ``born_t``."""

    name: str
    finding: str  # the verdict that has to be among what HomeSec says
    url: str
    born_t: float  # of the monotonic clock
    start_s: float

    def visits(self, begin_t: float, end_t: float) -> list[tuple[float, float]]:
        """Return when people were in view between two times of the monotonic clock."""
        found, shown_t = [], self.born_t - self.start_s
        while shown_t < end_t:
            first_t, last_t = (shown_t + each for each in films.SEEN_S)
            if first_t >= begin_t and last_t <= end_t:
                found.append((first_t, last_t))
            shown_t += films.ROUND_S
        return found


def start_cameras(folder: Path, stack: ExitStack) -> list[FieldCamera]:
    """Start all cameras, which end with the stack. No two show people at the same time."""
    plain = films.write_film(folder / "plain.mp4", _PLAIN)
    far = films.write_film(
        folder / "far.mp4", {"keyint": 13 * films.FPS, "min-keyint": 13 * films.FPS}
    )
    refresh = films.write_film(folder / "refresh.mp4", {**_PLAIN, "intra-refresh": 1})
    open_gop = films.write_film(
        folder / "open.mp4",
        {"keyint": 12, "min-keyint": 2, "open-gop": 1, "bframes": 2, "b-adapt": 0},
    )
    rtsp: tuple[tuple[str, str, Path, dict[str, object]], ...] = (
        ("Standing clock", "clock_unusable", plain, {"clock": standing(5.0)}),
        ("Rare keyframes", "keyframes_far_apart", far, {}),
        (
            "Odd sound",
            "sound_left_out",
            plain,
            {"sounds": [noise("SPEEX")], "delays_s": {"DESCRIBE": 6.0}},
        ),
        ("Intra refresh", "intra_refresh", refresh, {}),
        ("Open GOP", "open_gop", open_gop, {"refuses_tcp": True}),
    )
    step_s = films.ROUND_S / (len(rtsp) + 1)
    found = []
    for number, (name, finding, film, options) in enumerate(rtsp):
        start_s = number * step_s
        camera = MisbehavingCamera(Film(film), joins=True, start_s=start_s, **options)
        found.append(_running(stack, camera, name, finding, start_s))
    start_s = len(rtsp) * step_s
    http = HttpCamera(films.jpegs(), start_s=start_s)
    found.append(_running(stack, http, "Bare MJPEG", "encoded_again", start_s))
    return found


def _running(
    stack: ExitStack, camera: _Camera, name: str, finding: str, start_s: float
) -> FieldCamera:
    stack.callback(camera.close)
    return FieldCamera(
        name=name, finding=finding, url=camera.url, born_t=camera.born_t, start_s=start_s
    )
