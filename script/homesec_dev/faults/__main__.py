"""The command line of `script/faults`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
from typing import Any

from ..bootstrap.console import notice, step
from . import films
from .campaign import Campaign
from .cloud import Cloud
from .disk import Disk
from .house import House
from .verdict import Judge, Verdict


def main() -> int:
    """Let faults happen, count, and tell; 1 if a clip was lost, doubled or spoilt."""
    # Whoever ends it early shall not have to unmount and to kill what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = _options()
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    step(f"{options.count} faults, --seed {seed}")
    folder = Path(tempfile.mkdtemp(prefix="homesec-faults-"))
    try:
        report, verdict = _run(folder, options.count, random.Random(seed))
    except BaseException:
        notice(f"What there is of it is in {folder}")
        raise
    report = {**report, "seed": seed}
    _print(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    if verdict.good:
        shutil.rmtree(folder)
    else:
        notice(f"What the engine said is in {folder / 'child.log'}")
    return 0 if verdict.good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("--count", type=int, default=200, metavar="N", help="default: 200")
    parser.add_argument("--seed", type=int, help="for the same faults in the same order")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def _run(folder: Path, count: int, rng: random.Random) -> tuple[dict[str, Any], Verdict]:
    began = time.monotonic()
    with Disk(folder / "disk") as disk, Cloud(folder / "bucket") as cloud:
        if not disk.mounted:
            notice("A file system may not be mounted here: no full and no read-only disk")
        house = House(folder, disk.folder / "clips", films.make(folder))
        house.store = cloud.address
        campaign = Campaign(house=house, disk=disk, cloud=cloud, rng=rng, count=count, say=_say)
        try:
            campaign.run()
            step("Healing")
            drained = campaign.heal()
        finally:
            house.kill()
        if not drained:
            notice("The outbox was never empty")
        step("Counting")
        verdict = Judge(house=house, disk=disk, cloud=cloud).judge()
        if not verdict.good:
            shutil.copytree(disk.folder, folder / "evidence")
    faults = campaign.faults
    return {
        "faults": faults.total(),
        "clips": len(verdict.clips),
        "lost": len(verdict.lost),
        "duplicated": len(verdict.duplicated),
        "unplayable": len(verdict.unplayable),
        "stray": len(verdict.stray),
        "refused": len(verdict.refused),
        "last_second": len(verdict.last_second),
        "cut_by_a_kill": len(verdict.missing_ends_s),
        "longest_missing_end_s": round(max(verdict.missing_ends_s, default=0.0), 2),
        "starts_refused": campaign.starts_refused,
        "disk_faults": disk.mounted,
        "seconds": round(time.monotonic() - began),
        "kinds": dict(sorted(faults.items())),
        "details": {
            "lost": verdict.lost,
            "duplicated": sorted(verdict.duplicated),
            "unplayable": verdict.unplayable,
            "stray": sorted(verdict.stray),
        },
    }, verdict


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _print(report: dict[str, Any]) -> None:
    rows = [
        *report["kinds"].items(),
        ("faults in all", report["faults"]),
        ("clips", report["clips"]),
        ("lost", report["lost"]),
        ("duplicated", report["duplicated"]),
        ("unplayable", report["unplayable"]),
        ("stray files and objects", report["stray"]),
        ("refused by a full or read-only disk", report["refused"]),
        ("begun in the last second before a kill", report["last_second"]),
        ("ended by a kill, and finished", report["cut_by_a_kill"]),
        ("most that is missing before a kill, s", report["longest_missing_end_s"]),
    ]
    width = max(len(name) for name, _ in rows)
    print(f"| {'':{width}} | number |\n| {'-' * width} | -----: |")
    for name, number in rows:
        print(f"| {name:{width}} | {number:6} |")
    for what, found in report["details"].items():
        for each in found:
            why = f": {found[each]}" if isinstance(found, dict) else ""
            print(f"{what}: {each}{why}")


if __name__ == "__main__":
    sys.exit(main())
