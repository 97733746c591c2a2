"""The command line of `script/platforms`."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
import sys

from ..bootstrap.console import SetupError
from . import layers, machine, namespaces
from .checks import Checks
from .progress import Progress
from .report import Report


def main() -> int:
    """Check, and print the report; 0 only if HomeSec works everywhere."""
    options = _options()
    try:
        machine.ensure()
        return namespaces.run(lambda: _check(options))
    except SetupError as err:
        print(f"\nThis cannot be checked here: {err}\n{err.advice}".rstrip(), file=sys.stderr)
        _write(Report(problems=[str(err)]), options.json)
        return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/platforms",
        description="See whether HomeSec works on the systems that Home Assistant runs on.",
    )
    parser.add_argument(
        "--short", action="store_true", help="leave out the engine's tests and two films"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there, too")
    options = parser.parse_args()
    if options.json and not os.access(options.json.absolute().parent, os.W_OK):
        parser.error(f"{options.json} cannot be written")
    return options


def _check(options: argparse.Namespace) -> int:
    progress, report = Progress(), Report()
    try:
        with layers.scratch() as scratch:
            Checks(report, progress, scratch).run(tests=not options.short)
        report.complete = True
    finally:
        report.seconds = round(progress.seconds, 1)
        _write(report, options.json)
    print(report)
    return 0 if report.ok else 1


def _write(report: Report, file: Path | None) -> None:
    if file is not None:
        file.write_text(json.dumps(report.as_json(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
