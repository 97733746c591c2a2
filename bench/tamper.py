"""Days without tampering, composed on photos, and then every kind of it: what is reported."""

from __future__ import annotations

from collections import Counter
import json
from time import process_time
from typing import TYPE_CHECKING

import av
import numpy as np

from custom_components.homesec.engine.camera.tamper_check import TamperCheck
from custom_components.homesec.engine.core.types import (
    CameraConfig,
    SourceConfig,
    SourceKind,
    TamperKind,
)
from custom_components.homesec.engine.media.convert import small_luma
from custom_components.homesec.engine.media.decoder import Frame
from homesec_dev.bootstrap.console import step

from .machine import machine
from .photos import photos_to_use
from .table import table
from .tamper_day import GAPS, HEIGHT, HOUR, WIDTH, Day, Shot, X

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .tamper_day import Levels

CAMERAS = 4
ATTACK_S = 150.0
LATE = 60.0  # seconds for which a camera shows what it should before it's tampered with
COVER_S = 1.2


class Camera:
    """A check of tampering that sees pictures, and what it reported."""

    def __init__(self) -> None:
        source = SourceConfig(kind=SourceKind.STREAM)
        self._check = TamperCheck(CameraConfig(id="camera", name="Camera", source=source))
        self._planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        self._keyframes = 0
        self.pictures = 0
        self.seconds = 0.0  # of processor time
        self.reported: list[TamperKind] = []

    def restart(self) -> None:
        """Lose the connection for a moment."""
        self._check.restart()

    def show(self, shot: Shot) -> None:
        """Show a picture."""
        self._planes[:HEIGHT] = np.clip(shot.levels, 16, 235)
        self._planes[HEIGHT:, ::9] = 140 if shot.in_color else 128
        picture = av.VideoFrame.from_ndarray(self._planes, format="yuv420p")
        frame = Frame(t=shot.t, at=shot.t, picture=picture, keyframe=True)
        small = small_luma(frame)
        self._keyframes += 1
        self.pictures += 1
        began = process_time()
        change = self._check.observe(frame, small, self._keyframes)
        self.seconds += process_time() - began
        if change is not None and change.kind is not None:
            self.reported.append(change.kind)


def run(data: Path | None, target: Path | None, *, cameras: int = CAMERAS) -> None:
    """Play a day and the attacks to each camera, and print what was reported."""
    photos = [photo for photo in photos_to_use(data) if photo.has_no_people]
    if len(photos) < cameras:
        photos = photos_to_use(data)
    chosen = photos[:: max(1, len(photos) // cameras)][:cameras]
    scenes = [_scene(photo.frame()) for photo in chosen]
    false, found, pictures, seconds = Counter[str](), Counter[str](), 0, 0.0
    for index, scene in enumerate(scenes):
        step(f"A day of camera {index + 1} of {len(scenes)}")
        day = Day(scene, index, indoors=index % 2 == 1)
        camera = _watch(day.shots(), Camera())
        false.update(_false(camera.reported, indoors=day.indoors))
        pictures, seconds = pictures + camera.pictures, seconds + camera.seconds
        for kind, attack in _attacks(scenes[index - 1]).items():
            attacked = _watch(_attacked(day, attack), Camera())
            found[kind] += attacked.reported == [kind]
    figures = {
        "days": len(scenes),
        "false alarms": sum(false.values()),
        **{kind.value: found[kind] for kind in TamperKind},
        "ms per picture": round(1000 * seconds / pictures, 2),
    }
    print(f"\nDays without tampering, and one of each kind, on {machine()}\n")
    print(table(tuple(figures), [tuple(str(value) for value in figures.values())]))
    if false:
        print(f"False alarms: {dict(false)}")
    if target is not None:
        target.write_text(json.dumps(figures | {"machine": machine()}, indent=2) + "\n")


def _watch(shots: Iterator[Shot], camera: Camera) -> Camera:
    gaps = list(GAPS)
    for shot in shots:
        if gaps and shot.t >= gaps[0]:
            gaps.pop(0)
            camera.restart()
        camera.show(shot)
    return camera


def _false(reported: list[TamperKind], *, indoors: bool) -> list[str]:
    """Return what shouldn't have been reported: a room may be dark, which the sun has to judge."""
    return [kind for kind in reported if not (indoors and kind is TamperKind.DARK)]


def _scene(frame: Frame) -> Levels:
    gray = frame.picture.reformat(width=WIDTH, height=HEIGHT, format="gray")
    levels = gray.to_ndarray().astype(np.float64)
    return 25 + levels * (200 / 255)


def _attacks(elsewhere: Levels) -> dict[TamperKind, Callable[[Levels, float], Levels | None]]:
    """Return what a camera shows, by the time since it was tampered with; None: the same again."""

    def cover(levels: Levels, t: float) -> Levels:
        return np.where(WIDTH * t / COVER_S >= X, 17.0, levels)

    def blur(levels: Levels, _t: float) -> Levels:
        for axis in (0, 1):
            levels = np.mean([np.roll(levels, n, axis) for n in range(-4, 5)], axis=0)
        return levels

    return {
        TamperKind.COVERED: cover,
        TamperKind.MOVED: lambda levels, _t: elsewhere + 0 * levels,
        TamperKind.BLURRED: blur,
        TamperKind.FROZEN: lambda _levels, _t: None,
        TamperKind.DARK: lambda levels, _t: 17 + 0.02 * (levels - 17),
    }


def _attacked(day: Day, attack: Callable[[Levels, float], Levels | None]) -> Iterator[Shot]:
    """Yield the pictures of a camera that is tampered with at noon."""
    last = None
    begin = 12 * HOUR
    t = begin - 4 * LATE
    while t < begin + ATTACK_S:
        shot = day.shot(t, [])
        if t >= begin and last is not None:
            levels = attack(shot.levels, t - begin)
            levels = last.levels if levels is None else levels + day.noise(2.0)
            shot = Shot(t=t, levels=levels, in_color=shot.in_color)
        if t < begin:
            last = shot
        yield shot
        t += 0.2 if begin <= t < begin + 2 * COVER_S else 1.0
