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
from .engine_process import EngineProcess
from .full_ha import FullHomeAssistant
from .full_ha_campaign import FullHomeAssistantCampaign
from .report import Part, figures, print_table

FULL_HA_SHARE = 0.1
"""Share of the faults for the full Home Assistant, which takes seconds to start; the engine takes a
tenth.
"""


def main() -> int:
    """Cause faults, check every clip, and report; return 1 unless all clips are fine."""
    # Exit through the context managers, so that nothing stays mounted or running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = _options()
    full_ha = round(FULL_HA_SHARE * options.count) if options.full_ha is None else options.full_ha
    full_ha = min(full_ha, options.count)
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    step(f"{options.count} faults, --seed {seed}, {full_ha} of them to a whole Home Assistant")
    folder = Path(tempfile.mkdtemp(prefix="homesec-faults-"))
    began = time.monotonic()
    try:
        parts, report = _run(folder, options.count - full_ha, full_ha, seed)
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
        "--full-ha",
        type=int,
        metavar="N",
        help="of these, so many kill a whole Home Assistant (default: one in ten)",
    )
    parser.add_argument("--seed", type=int, help="for the same faults in the same order")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def _run(folder: Path, count: int, full_ha: int, seed: int) -> tuple[list[Part], dict[str, Any]]:
    """Run both campaigns at the same time: mostly each waits."""
    made = videos.make(folder)
    stop = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="whole") as executor:
        beside = executor.submit(
            _run_full_ha, folder, made[1], full_ha, random.Random(f"whole {seed}"), stop
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
        process = EngineProcess(folder, disk.folder / "clips", made)
        process.store = cloud.address
        campaign = Campaign(process=process, disk=disk, cloud=cloud, rng=rng, count=count, log=_log)
        try:
            campaign.run()
            step("Healing")
            drained = campaign.heal()
        finally:
            process.kill()
        if not drained:
            notice("The outbox was never empty")
        step("Counting")
        verdict = Judge(process=process, disk=disk, cloud=cloud).judge()
        if not verdict.good:
            shutil.copytree(disk.folder, folder / "evidence")
        facts = {"starts_refused": campaign.starts_refused, "disk_faults": disk.mounted}
        return [Part(faults=campaign.faults, verdict=verdict)], facts


def _run_full_ha(
    folder: Path, video: Path, count: int, rng: random.Random, stop: Event
) -> list[Part]:
    if not count:
        return []
    with Cloud(folder / "whole-bucket") as cloud:
        process = FullHomeAssistant(folder / "whole", video, cloud.address)
        campaign = FullHomeAssistantCampaign(
            process=process, rng=rng, count=count, stop=stop, log=_log
        )
        try:
            campaign.run()
            drained = campaign.heal()
        finally:
            process.kill()
        if not drained:
            notice("The outbox of the whole Home Assistant was never empty")
        judge = Judge(process=process, disk=Disk(folder / "never-bad"), cloud=cloud)
        return [Part(faults=campaign.faults, verdict=judge.judge())]


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
