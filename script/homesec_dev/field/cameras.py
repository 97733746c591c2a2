"""The cameras: what each does wrong, and what HomeSec should say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from . import films
from .http_camera import HttpCamera
from .parts import (
    Film,
    MisbehavingCamera,
    Sets,
    aac,
    clumps,
    g711,
    in_milliseconds,
    noise,
    scaled,
    standing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import ExitStack
    from pathlib import Path

_PLAIN = {"keyint": films.FPS, "min-keyint": films.FPS}
_OPEN_GOP = {"keyint": 12, "min-keyint": 2, "open-gop": 1, "bframes": 2, "b-adapt": 0}


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

    @property
    def plays(self) -> bool:
        """Whether Chromium on Linux plays its clips: it has no H.265."""
        return self.finding != "h265"

    def visits(self, begin_t: float, end_t: float) -> list[tuple[float, float]]:
        """Return when people were in view between two times of the monotonic clock."""
        found, shown_t = [], self.born_t - self.start_s
        while shown_t < end_t:
            first_t, last_t = (shown_t + each for each in films.SEEN_S)
            if first_t >= begin_t and last_t <= end_t:
                found.append((first_t, last_t))
            shown_t += films.ROUND_S
        return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """An RTSP camera that is to be started."""

    name: str
    finding: str
    film: Path
    options: Mapping[str, object] = field(default_factory=dict)


def _first_set(folder: Path) -> list[_Plan]:
    plain = films.write_film(folder / "plain.mp4", _PLAIN)
    far = films.write_film(
        folder / "far.mp4", {"keyint": 13 * films.FPS, "min-keyint": 13 * films.FPS}
    )
    refresh = films.write_film(folder / "refresh.mp4", {**_PLAIN, "intra-refresh": 1})
    open_gop = films.write_film(folder / "open.mp4", _OPEN_GOP)
    slow = {"sounds": [noise("SPEEX")], "delays_s": {"DESCRIBE": 6.0}}
    return [
        _Plan("Standing clock", "clock_unusable", plain, {"clock": standing(5.0)}),
        _Plan("Rare keyframes", "keyframes_far_apart", far),
        _Plan("Odd sound", "sound_left_out", plain, slow),
        _Plan("Intra refresh", "intra_refresh", refresh),
        _Plan("Open GOP", "open_gop", open_gop, {"refuses_tcp": True}),
    ]


def _second_set(folder: Path) -> list[_Plan]:
    plain = films.write_film(folder / "plain.mp4", _PLAIN)
    relayed = films.write_film(
        folder / "relayed.mp4", {"keyint": 5 * films.FPS, "min-keyint": 5 * films.FPS}
    )
    large = films.write_film(folder / "h265.mp4", {**_OPEN_GOP, "log-level": "none"}, "libx265")
    bursts = {"delivery": clumps(1.5), "sounds": [g711(), aac(config=False)]}
    return [
        _Plan("Double speed", "clock_unusable", plain, {"clock": scaled(2.0)}),
        _Plan("Milliseconds", "clock_unusable", plain, {"clock": in_milliseconds}),
        _Plan("Relay", "keyframes_far_apart", relayed, {"sets": Sets.IN_BAND}),
        _Plan("H265 open GOP", "h265", large),
        _Plan("Poor network", "good", plain, bursts),
    ]


SETS = {1: _first_set, 2: _second_set}
"""By the number that `--set` takes; each also has an HTTP camera."""


def start_cameras(folder: Path, stack: ExitStack, number: int) -> list[FieldCamera]:
    """Start the cameras of a set, which end with the stack; each shows people at another time."""
    plans = SETS[number](folder)
    step_s = films.ROUND_S / (len(plans) + 1)
    found = []
    for place, plan in enumerate(plans):
        start_s = place * step_s
        camera = MisbehavingCamera(Film(plan.film), joins=True, start_s=start_s, **plan.options)
        found.append(_running(stack, camera, plan.name, plan.finding, start_s))
    start_s = len(plans) * step_s
    http = HttpCamera(films.jpegs(), start_s=start_s, bare=number == 2)
    found.append(_running(stack, http, "Bare MJPEG", "encoded_again", start_s))
    return found


def _running(
    stack: ExitStack, camera: _Camera, name: str, finding: str, start_s: float
) -> FieldCamera:
    stack.callback(camera.close)
    return FieldCamera(
        name=name, finding=finding, url=camera.url, born_t=camera.born_t, start_s=start_s
    )
