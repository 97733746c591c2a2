"""Scroll through ten thousand clips in a real browser on a real Home Assistant."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
import tempfile
import time
from typing import Any

from homesec_dev.bootstrap.console import step
from homesec_dev.browser import Browser
from homesec_dev.demo_setup import add_homesec
from homesec_dev.ha import HomeAssistant
from homesec_dev.past_clips import add_clips

from .machine import machine
from .table import table

CLIPS = 10_000
EVERY_S = 400.0
CAMERAS = {"01K0BENCHCAMERA00000000001": "Drive", "01K0BENCHCAMERA00000000002": "Garden"}
PROMISED_MS = 100.0
SCREENS = 0.15
"""Screens to scroll per animation frame: nine a second at 60 frames per second."""
PROBE = Path(__file__).with_name("page_probe.js")
LISTING = "homesec/clips/list"
OWN = "auth/current_user"


def run(target: Path | None) -> None:
    """Measure, print the tables, and write the figures to `target` if given."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ha = HomeAssistant(folder)
        with ha:
            # Without a camera: detection is measured elsewhere.
            add_homesec(ha.client)
        step(f"Writing {CLIPS} clips")
        add_clips(folder, CAMERAS, count=CLIPS, until=time.time(), every_s=EVERY_S)
        with ha:
            seen = _measure_page(ha)
    _print(seen)
    if target is not None:
        target.write_text(json.dumps({"machine": machine(), **seen}, indent=2) + "\n")


def _measure_page(ha: HomeAssistant) -> dict[str, Any]:
    """Open the page, scroll to its end, and return what the browser measured."""
    with Browser(size=(1280, 800)) as page:
        page.log_in(ha.url, ha.client.token)
        page.at_every_page(PROBE.read_text())
        page.open("/homesec")
        page.wait_for_text("Disarmed")
        paint = page.evaluate(_PAINT)
        page.open("/homesec/clips")
        page.wait_for_text("10,000 clips")
        step("Scrolling to the end")
        began = time.monotonic()
        shown = page.evaluate(f"probe.scroll(deepDom.matching('homesec-clip-grid'), {SCREENS})")
        seen: dict[str, Any] = page.evaluate(_SEEN)
        if page.errors:
            raise AssertionError(page.errors)
    if shown != CLIPS:
        raise AssertionError(f"the list ends after {shown} clips")
    return {**seen, "paint": paint, "scroll_s": time.monotonic() - began}


# Timed from the request for the page, and from when our own module was loaded.
_PAINT = """
(() => {
  const resources = performance.getEntriesByType("resource");
  const module = resources.find((each) => each.name.includes("homesec-panel"));
  const first = performance.getEntriesByName("homesec-first")[0];
  return { module: module.responseEnd, first: first.startTime };
})()
"""
_SEEN = """
({
  answers: probe.answers, frames: probe.frames, most: probe.most,
  stills: performance.getEntriesByType("resource")
    .filter(e => /clip\\/.*jpg/.test(e.name)).map(e => e.duration),
})
"""


def _print(seen: dict[str, Any]) -> None:
    def answers(kind: str) -> list[float]:
        return [each["ms"] for each in seen["answers"] if each["type"] == kind]

    listings = answers(LISTING)
    print(f"\n{CLIPS} clips, {SCREENS} of a screen with each picture, on {machine()}\n")
    rows = [
        ("pages of the list", listings),
        ("stills", seen["stills"]),
        (f"`{OWN}`, of Home Assistant", answers(OWN)),
        ("pictures on the screen", seen["frames"]),
    ]
    print(
        table(
            ("", "number", "median, ms", "longest, ms"),
            [
                (name, str(len(ms)), f"{median(ms):.1f}", f"{max(ms):.1f}")
                for name, ms in rows
                if ms
            ],
        )
    )
    paint = seen["paint"]
    print(
        f"\nTo the end in {seen['scroll_s']:.1f} s, with at most {seen['most']} elements at once."
    )
    print(
        f"First useful picture of the page {paint['first']:.0f} ms after the browser asked for it,"
        f" {paint['first'] - paint['module']:.0f} ms after its module had come."
    )
    late = sum(ms > PROMISED_MS for ms in listings)
    print(f"Pages of the list over {PROMISED_MS:.0f} ms: {late}.")
