"""`script/field`: six misbehaving cameras in front of a real Home Assistant for some minutes.

People come and go at known times. In the end, Home Assistant's log has to be free of tracebacks
and unexpected lines, each visit has to be in a clip, each clip has to play and seek in Chromium,
and HomeSec has to say of each camera what is odd about it. It ends with 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from dataclasses import asdict
import json
import os
from pathlib import Path
import signal
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from ..bootstrap.console import SetupError, step
from ..browser import Browser
from ..ha import HomeAssistant
from ..ha_client import HaError
from .cameras import SETS, start_cameras
from .checks import CameraResult, is_covered, log_faults
from .home import Home
from .playback import decoding_fault, playback_fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .home import Added

MINUTES = 30.0
SETTLE_S = 10.0  # before the first visit that counts: the pre-roll has to be there
LAST_CLIP_S = 20.0


def main() -> int:
    """Run, and print what became of each camera; return 0 if all is fine."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    parser = argparse.ArgumentParser(prog="script/field", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"default: {MINUTES:.0f}")
    parser.add_argument("--set", type=int, choices=SETS, default=1, help="which six cameras")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there, too")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep Home Assistant's folder")
    options = parser.parse_args()
    try:
        with ExitStack() as stack:
            folder = options.keep or Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="homesec-field-"))
            )
            results, faults = _run(folder, options, stack)
            load = os.getloadavg()[1] / (os.cpu_count() or 1)
    except (SetupError, HaError, TimeoutError) as err:
        print(f"\nThis can't go on: {err}", file=sys.stderr)
        return 1
    _print(results, faults)
    print(f"The machine had {load:.1f} times as much to do as it can; above 1, visits can be late.")
    if options.json is not None:
        report = {"cameras": [asdict(each) for each in results], "log": faults, "load": load}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if not faults and all(each.is_fine for each in results) else 1


def _run(
    folder: Path, options: argparse.Namespace, stack: ExitStack
) -> tuple[list[CameraResult], list[str]]:
    step("Writing films, and starting the cameras")
    film_folder = folder / "films"
    film_folder.mkdir(parents=True, exist_ok=True)
    cameras = start_cameras(film_folder, stack, options.set)
    step("Starting Home Assistant")
    ha = HomeAssistant(folder)
    with ha:
        home = Home(ha.client)
        added = home.set_up(cameras)
        home.wait_for_pictures(added)
        begin_t = time.monotonic() + SETTLE_S
        step(f"Watching for {options.minutes:.3g} minutes")
        end_t = begin_t + options.minutes * 60
        while (left_s := end_t - time.monotonic()) > 0:
            time.sleep(min(left_s, 20.0))
            ha.client.get("/api/config")  # keeps the connection, and notices a crash
        said = {each.id: home.stream_state(each.id) for each in added if each.id}
        time.sleep(LAST_CLIP_S)
        step("Playing the clips")
        results = [_result(home, each, said, begin_t, end_t) for each in added]
        _play_all(ha, home, added, results)
    return results, log_faults(ha.log)


def _result(
    home: Home, added: Added, said: dict[str, dict[str, Any]], begin_t: float, end_t: float
) -> CameraResult:
    camera = added.camera
    result = CameraResult(
        name=camera.name, expected=camera.finding, refused=added.refused, advice=added.advice
    )
    if not added.id:
        return result
    state = said[added.id]
    result.verdict = state.get("state", "")
    result.findings = state.get("attributes", {}).get("findings") or []
    clips = _saved(home, added)
    result.clips = len(clips)
    wall_s = time.time() - time.monotonic()
    visits = [(a + wall_s, b + wall_s) for a, b in camera.visits(begin_t, end_t)]
    result.visits = len(visits)
    result.missed = [
        time.strftime("%H:%M:%S", time.gmtime(visit[0]))
        for visit in visits
        if not is_covered(visit, clips)
    ]
    return result


def _saved(home: Home, added: Added) -> list[dict[str, Any]]:
    clips = home.clips(added.id) if added.id else []
    return [clip for clip in clips if clip["state"] == "saved"]


def _play_all(
    ha: HomeAssistant, home: Home, added: Sequence[Added], results: Sequence[CameraResult]
) -> None:
    with Browser() as browser:
        browser.log_in(ha.url, ha.client.token)
        browser.open("/manifest.json")
        for each, result in zip(added, results, strict=True):
            for clip in _saved(home, each):
                address = home.address(clip["id"])
                if each.camera.plays:
                    fault = playback_fault(browser, address, clip["duration"])
                else:
                    fault = decoding_fault(ha.client.fetch(address).body, clip["duration"])
                if fault:
                    result.faults[clip["id"]] = fault


def _print(results: Sequence[CameraResult], faults: Sequence[str]) -> None:
    head = ("camera", "says", "visits", "missed", "clips", "that don't play", "")
    rows = [
        (
            each.name,
            each.refused or ", ".join(each.findings) or each.verdict,
            str(each.visits),
            str(len(each.missed)),
            str(each.clips),
            str(len(each.faults)),
            "fine" if each.is_fine else "WRONG",
        )
        for each in results
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, tuple("-" * width for width in widths), *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(f"| {' | '.join(cells)} |")
    for each in results:
        for when in each.missed:
            print(f"{each.name}: the visit at {when} UTC is in no clip")
        for clip_id, fault in each.faults.items():
            print(f"{each.name}: clip {clip_id} doesn't play: {fault}")
    print(f"{len(faults)} unexpected lines in Home Assistant's log")
    for line in faults:
        print(line)


if __name__ == "__main__":
    sys.exit(main())
