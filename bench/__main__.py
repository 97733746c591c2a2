"""The command line of `script/bench`."""

import argparse
from pathlib import Path

from . import cost


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    benches = parser.add_subparsers(dest="bench", required=True)
    what = benches.add_parser("cost", help=cost.__doc__)
    what.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    cost.run(options.json)


if __name__ == "__main__":
    main()
