"""The command line of `script/platforms`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import sys

from ..bootstrap.console import SetupError
from . import apart, layers, machine
from .checks import Checks
from .progress import Progress
from .report import Report


def main() -> int:
    """Check, and tell; 0 only if HomeSec works everywhere."""
    options = _options()
    try:
        machine.ensure()
        return apart.run(lambda: _check(options))
    except SetupError as err:
        print(f"\nThis cannot be checked here: {err}\n{err.advice}".rstrip(), file=sys.stderr)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/platforms",
        description="See whether HomeSec works on the systems that Home Assistant runs on.",
    )
    parser.add_argument(
        "--short", action="store_true", help="leave the engine's tests out: two minutes at most"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found there, too")
    return parser.parse_args()


def _check(options: argparse.Namespace) -> int:
    progress, report = Progress(), Report()
    with layers.scratch() as scratch:
        checks = Checks(report, progress, scratch)
        checks.resolve()
        if root := checks.install():
            checks.imports(root)
            checks.record(root)
            checks.detects(root)
            checks.home_assistant(root)
            if not options.short:
                checks.tests(root)
    report.seconds = round(progress.seconds, 1)
    print(report)
    if options.json:
        options.json.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())
