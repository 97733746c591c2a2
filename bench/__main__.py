"""The command line of `script/bench`."""

import argparse
from pathlib import Path
import sys

from homesec_dev.bootstrap.console import SetupError

from . import alert, cat, cost, detect, far, light, video

CLIPS = "How long listings of ten thousand clips take, and finding all of them in the bucket."
"""Its module wants Google's library and the stand-in of the tests."""


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    benches = parser.add_subparsers(dest="bench", required=True)
    target = argparse.ArgumentParser(add_help=False)
    target.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    photos = argparse.ArgumentParser(add_help=False, parents=[target])
    photos.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="photos with COCO's annotations.json (default: ../shared/media/persons)",
    )
    benches.add_parser("alert", help=alert.__doc__, parents=[target])
    benches.add_parser("cost", help=cost.__doc__, parents=[target])
    benches.add_parser("detect", help=detect.__doc__, parents=[photos])
    benches.add_parser("light", help=light.__doc__, parents=[photos])
    benches.add_parser("far", help=far.__doc__, parents=[photos])
    benches.add_parser("video", help=video.__doc__, parents=[target])
    benches.add_parser("cat", help=cat.__doc__, parents=[photos])
    benches.add_parser("clips", help=CLIPS, parents=[target])
    options = parser.parse_args()
    try:
        match options.bench:
            case "alert":
                alert.run(options.json)
            case "cost":
                cost.run(options.json)
            case "detect":
                detect.run(options.data, options.json)
            case "light":
                light.run(options.data, options.json)
            case "far":
                far.run(options.data, options.json)
            case "video":
                video.run(options.json)
            case "cat":
                cat.run(options.data, options.json)
            case "clips":
                from . import clips

                clips.run(options.json)
    except SetupError as err:
        sys.exit(f"{err} {err.advice}".rstrip())


if __name__ == "__main__":
    main()
