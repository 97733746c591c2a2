"""What the figures were measured on."""

import os
from pathlib import Path
import platform


def machine() -> str:
    """Return processor, cores and Python in a line."""
    processor = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}"
