"""The machine that the figures were measured on."""

import os
from pathlib import Path
import platform


def machine() -> str:
    """Return processor, number of cores, and Python version in one line."""
    processor = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            processor = line.partition(":")[2].strip()
            break
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}"
