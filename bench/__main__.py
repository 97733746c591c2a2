"""The command line of `script/bench`."""

import argparse
from pathlib import Path
import sys

from homesec_dev.bootstrap import paths
from homesec_dev.bootstrap.console import SetupError

from . import alert, arrivals, cat, cost, detect, light, page, scale, small_objects, tamper, video

CLIPS = "How long listings of ten thousand clips take, and finding all of them in the bucket."
"""Imported only when it runs: it needs Google's library and the tests' object store."""

OTHERS = {
    "alert": alert.run,
    "arrivals": arrivals.run,
    "cost": cost.run,
    "page": page.run,
    "video": video.run,
}
PHOTOS = {
    "cat": cat.run,
    "detect": detect.run,
    "far": small_objects.run,
    "light": light.run,
    "tamper": tamper.run,
}
"""Benchmarks that read a folder of photos."""


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
    benches.add_parser("arrivals", help=arrivals.__doc__, parents=[target])
    benches.add_parser("cost", help=cost.__doc__, parents=[target])
    benches.add_parser("detect", help=detect.__doc__, parents=[photos])
    benches.add_parser("light", help=light.__doc__, parents=[photos])
    benches.add_parser("far", help=small_objects.__doc__, parents=[photos])
    benches.add_parser("video", help=video.__doc__, parents=[target])
    benches.add_parser("cat", help=cat.__doc__, parents=[photos])
    benches.add_parser("tamper", help=tamper.__doc__, parents=[photos])
    benches.add_parser("page", help=page.__doc__, parents=[target])
    benches.add_parser("clips", help=CLIPS, parents=[target])
    cameras = benches.add_parser("scale", help=scale.__doc__, parents=[target])
    cameras.add_argument("--cameras", type=int, nargs="+", default=scale.CAMERAS, metavar="N")
    cameras.add_argument("--watch", nargs="+", default=["auto", "prompt"], metavar="POLICY")
    cameras.add_argument(
        "--streams", action="store_true", help="compare cameras with and without a detect stream"
    )
    cameras.add_argument("--seconds", type=float, default=scale.SECONDS, help="of each row")
    cameras.add_argument("--starts", type=int, default=0, help="times to start, with and without")
    cameras.add_argument(
        "--component",
        type=Path,
        metavar="FOLDER",
        default=paths.COMPONENT,
        help="the integration of another version",
    )
    options = parser.parse_args()
    try:
        _run(options)
    except SetupError as err:
        sys.exit(f"{err} {err.advice}".rstrip())


def _run(options: argparse.Namespace) -> None:
    if options.bench in PHOTOS:
        PHOTOS[options.bench](options.data, options.json)
    elif options.bench == "scale":
        scale.run(options)
    elif options.bench in OTHERS:
        OTHERS[options.bench](options.json)
    else:
        from . import clips

        clips.run(options.json)


if __name__ == "__main__":
    main()
