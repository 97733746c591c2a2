"""The command line of `script/fuzz`."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
import random
import secrets
import signal
import sys
import tempfile
import time

from ..bootstrap.console import notice, step
from .campaign import Campaign
from .cases import cases


def main() -> int:
    """Run cases, and report; return 1 unless only workers crashed, and all came back."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = _options()
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    step(f"{options.cases} cases, --seed {seed}")
    folder = Path(tempfile.mkdtemp(prefix="homesec-fuzz-"))
    began = time.monotonic()
    until = math.inf if options.minutes is None else began + options.minutes * 60
    campaign = Campaign(folder, _log)
    campaign.run(cases(random.Random(seed), options.cases), until)
    report = {
        **campaign.figures.as_dict(),
        "seconds": round(time.monotonic() - began),
        "seed": seed,
    }
    for name, number in report.items():
        if name != "details":
            print(f"{name:20} {number}")
    for detail in report["details"]:
        print(f"  {detail}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    if campaign.figures.good:
        campaign.clean()
        return 0
    notice(f"What there is of it, and what was logged, is in {folder}")
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=200, metavar="N", help="default: 200")
    parser.add_argument("--minutes", type=float, metavar="N", help="start no case after that")
    parser.add_argument("--seed", type=int, help="for the same cases in the same order")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser.parse_args()


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
