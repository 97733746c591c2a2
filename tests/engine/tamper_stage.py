"""A stage for checks of tampering: a drawn street by day and by night, and what happens on it.

A picture is ``(180, 320) float32`` levels of luma. What happens on the stage is a function of the
time since it began, which gets the street and returns what the camera shows.
"""

from dataclasses import dataclass, field, replace

import av
import numpy as np

from custom_components.homesec.engine.camera.tamper_check import TamperCheck
from custom_components.homesec.engine.core.types import CameraConfig, SourceConfig, SourceKind
from custom_components.homesec.engine.media.convert import small_luma
from custom_components.homesec.engine.media.decoder import Frame

HEIGHT, WIDTH = 180, 320
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
CONFIG = CameraConfig(
    id="drive",
    name="Drive",
    source=SourceConfig(kind=SourceKind.STREAM, location="rtsp://camera.test/live"),
)
NOISE = np.random.default_rng(0).normal(0, 1, (16, HEIGHT, WIDTH)).astype(np.float32)
BLACK, PAPER = 17.0, 170.0


def street(seed=1):
    """Return a street: houses with windows, a fence, bushes."""
    rng = np.random.default_rng(seed)
    scene = 150.0 - 0.35 * Y + 6 * np.sin(X / 23 + seed)
    for _ in range(28):
        left, top = rng.integers(0, WIDTH - 20), rng.integers(0, HEIGHT - 20)
        right, bottom = left + rng.integers(12, 90), top + rng.integers(10, 60)
        scene[top:bottom, left:right] = rng.uniform(45, 205)
    for _ in range(60):
        left, top = rng.integers(0, WIDTH - 9), rng.integers(0, HEIGHT - 9)
        scene[top : top + 8, left : left + 7] += rng.choice([-45, 45])
    return np.clip(scene, 25, 225)


def by_infrared(scene):
    """Return a scene by the camera's own infrared light: other levels, and dark at the edges."""
    spot = np.exp(-((X - WIDTH / 2) ** 2 + (Y - HEIGHT * 0.6) ** 2) / (2 * 75**2))
    return 20 + (230 - 0.8 * scene) * spot * 0.8


def blurred(scene, radius=7):
    """Return a scene out of focus."""
    for axis in (0, 1):
        scene = np.mean([np.roll(scene, n, axis) for n in range(-radius, radius + 1)], axis=0)
    return scene


@dataclass
class Light:
    """How bright a picture is, how noisy, and whether it has color."""

    gain: float = 1.0
    noise: float = 2.0
    color: bool = True


@dataclass
class Stage:
    """Plays what happens to a camera's check of tampering, in pictures of a few per second."""

    scene: np.ndarray = field(default_factory=street)
    light: Light = field(default_factory=Light)
    t: float = 0.0
    config: CameraConfig = CONFIG
    single_pictures: bool = False  # of nothing but keyframes

    def __post_init__(self):
        """Begin with a new check."""
        self.check = TamperCheck(self.config)
        self.rng = np.random.default_rng(3)
        self.events = []
        self.keyframes = 0

    @property
    def kinds(self):
        """The kinds that were reported, without the first report."""
        return [event.kind for event in self.events[1:]]

    @property
    def now(self):
        """What is wrong at the moment."""
        return self.events[-1].kind if self.events else None

    def play(self, seconds, show=lambda scene, _t: scene, *, light=None, fps=1.0):
        """Show the scene as a function of it and of the time, in a light that may change."""
        begin = self.t
        while self.t < begin + seconds:
            since = self.t - begin
            now = light(since) if callable(light) else light or self.light
            self.send(show(self.scene, since), now)
            self.t += 1 / fps
        if light is not None:
            self.light = now
        return self

    def send(self, scene, light=None):
        """Send one picture."""
        light = light or self.light
        noise = NOISE[self.rng.integers(len(NOISE))]
        self.show_luma(16 + (scene - 16) * light.gain + noise * light.noise, color=light.color)

    def show_luma(self, levels, *, color=True, t=None):
        """Check a picture with these levels as they are."""
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        planes[:HEIGHT] = np.clip(levels + 0.5, 16, 235)
        if color:
            planes[HEIGHT:, ::9] = 140
        picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        t = self.t if t is None else t
        frame = Frame(t=t, at=1_700_000_000 + t, picture=picture, keyframe=True)
        self.keyframes += 1
        change = self.check.observe(
            frame, small_luma(frame), None if self.single_pictures else self.keyframes
        )
        if change is not None:
            self.events.append(change)

    def learned(self):
        """Let the camera learn the scene."""
        return self.play(100, fps=0.5)


def covering(seconds, levels=BLACK, *, soft=False):
    """Return what is shown while something is pulled over the lens from the left."""

    def show(scene, t):
        edge = WIDTH * (1.3 if soft else 1) * t / seconds
        over = 1 / (1 + np.exp(-(edge - X) / 25)) if soft else (edge >= X).astype(float)
        return scene * (1 - over) + levels * over

    return show


def shows(levels):
    """Return what is shown when there is nothing but one level, or another scene."""
    return lambda scene, _t: np.zeros_like(scene) + levels


def dusk(seconds, *, to=0.05):
    """Return the light of an evening: dimmer, and noisier as the camera makes up for it."""
    return lambda t: Light(gain=1 - (1 - to) * t / seconds, noise=2 + 5 * t / seconds)


def fenced(scene, rng, share=0.85):
    """Return a scene behind somebody close to the lens, who never stands quite still."""
    left = rng.uniform(-15, 15) + WIDTH * (1 - share) / 2
    inside = (left < X) & (left + WIDTH * share > X)
    coat = 60 + 25 * np.sin((X + rng.uniform(0, 40)) / 15) + 15 * np.sin(Y / 8 + rng.uniform(0, 6))
    return np.where(inside, coat, scene)


def with_rain(scene, rng):
    """Return a scene in heavy rain, with drops on the lens."""
    for _ in range(90):
        x, y = rng.integers(0, WIDTH - 2), rng.integers(0, HEIGHT - 24)
        scene[y : y + 22, x : x + 1] += 45
    return scene


def with_headlights(scene, x, y=110):
    """Return a scene with the two lights of a car that looks into the lens."""
    for dx in (-18, 18):
        scene = scene + 260 * np.exp(-((X - x - dx) ** 2 + (Y - y) ** 2) / (2 * 16**2))
        scene = scene + 60 * np.exp(-((X - x - dx) ** 2 + (Y - y) ** 2) / (2 * 60**2))
    return scene


night = replace(Light(), gain=1.0, noise=5.0, color=False)
