"""Decode a film to its end: `python -m homesec_dev.platforms.inside.frames FILE`.

Prints the frames that are in the file and those that were decoded.
"""

from __future__ import annotations

import json
from pathlib import Path
import sys

import av


def count(video: Path) -> dict[str, int]:
    """Return how many frames there are, and how many can be seen."""
    decoded = sent = 0
    with av.open(str(video)) as container:
        for packet in container.demux(video=0):
            sent += packet.size > 0
            decoded += len(packet.decode())
    return {"frames": sent, "decoded": decoded}


if __name__ == "__main__":
    print(json.dumps(count(Path(sys.argv[1]))))
