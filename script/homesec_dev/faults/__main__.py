"""The command line of `script/faults`."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
import json
from pathlib import Path
import random
import secrets
import shutil
import signal
import sys
import tempfile
from threading import Event
import time
from typing import Any

from ..bootstrap.console import notice, step
from . import videos
from .campaign import Campaign
from .checks import Judge
from .cloud import Cloud
from .disk import Disk
from .engine_process import House
from .full_ha import WholeHouse
from .full_ha_campaign import WholeCampaign
from .report import Part, figures, print_table

WHOLE_SHARE = 0.1
"""Of the faults: Home Assistant takes seconds to start again, the engine alone a tenth of one."""


def main() -> int:
    """Let faults happen, count, and tell; 1 if a clip was lost, doubled or spoilt."""
    # Whoever ends it early shall not have to unmount and to kill what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = _options()
    whole = round(WHOLE_SHARE * options.count) if options.whole is None else options.whole
    whole = min(whole, options.count)
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    step(f"{options.count} faults, --seed {seed}, {whole} of them to a whole Home Assistant")
    folder = Path(tempfile.mkdtemp(prefix="homesec-faults-"))
    began = time.monotonic()
    try:
        parts, report = _run(folder, options.count - whole, whole, seed)
    except BaseException:
        notice(f"What there is of it is in {folder}")
        raise
    report = {
        **figures(parts),
        **report,
        "seconds": round(time.monotonic() - began),
        "seed": seed,
    }
    print_table(report)
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    good = all(part.verdict.good for part in parts)
    if good:
        shutil.rmtree(folder)
    else:
        notice(f"What there is of it, and what was logged, is in {folder}")
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("--count", type=int, default=200, metavar="N", help="default: 200")
    parser.add_argument(
        "--whole",
        type=int,
        metavar="N",
        help="of these, so many kill a whole Home Assistant (default: one in ten)",
    )
    parser.add_argument("--seed", type=int, help="for the same faults in the same order")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def _run(folder: Path, count: int, whole: int, seed: int) -> tuple[list[Part], dict[str, Any]]:
    """Let both houses have their faults, beside each other: mostly both wait for something."""
    made = videos.make(folder)
    stop = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="whole") as executor:
        beside = executor.submit(
            _whole, folder, made[1], whole, random.Random(f"whole {seed}"), stop
        )
        try:
            parts, report = _engine(folder, made, count, random.Random(seed))
        except BaseException:
            stop.set()
            raise
        return [*parts, *beside.result()], report


def _engine(
    folder: Path, made: list[Path], count: int, rng: random.Random
) -> tuple[list[Part], dict[str, Any]]:
    if not count:
        return [], {}
    with Disk(folder / "disk") as disk, Cloud(folder / "bucket") as cloud:
        if not disk.mounted:
            notice("A file system may not be mounted here: no full and no read-only disk")
        house = House(folder, disk.folder / "clips", made)
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
        facts = {"starts_refused": campaign.starts_refused, "disk_faults": disk.mounted}
        return [Part(faults=campaign.faults, verdict=verdict)], facts


def _whole(folder: Path, film: Path, count: int, rng: random.Random, stop: Event) -> list[Part]:
    if not count:
        return []
    with Cloud(folder / "whole-bucket") as cloud:
        house = WholeHouse(folder / "whole", film, cloud.address)
        campaign = WholeCampaign(house=house, rng=rng, count=count, stop=stop, say=_say)
        try:
            campaign.run()
            drained = campaign.heal()
        finally:
            house.kill()
        if not drained:
            notice("The outbox of the whole Home Assistant was never empty")
        judge = Judge(house=house, disk=Disk(folder / "never-bad"), cloud=cloud)
        return [Part(faults=campaign.faults, verdict=judge.judge())]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
