"""Time and bytes from an empty home until the demo's Home Assistant is up.

    python3 bench/set_up.py 536d577 HEAD --rounds 2

Measures the commits in turns, each with a fresh clone and an empty home. Needs only git and the
network.
"""

from __future__ import annotations

import argparse
from contextlib import contextmanager
import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
from tempfile import TemporaryDirectory
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[1]
UP = "Home Assistant is at"
STOP_S = 60
# They would point to an existing environment.
DROPPED_VARIABLES = ("HOMESEC_CACHE", "XDG_CACHE_HOME", "PYTHONPATH", "UV_CACHE_DIR")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("commits", nargs="+", metavar="COMMIT")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    options = parser.parse_args()
    figures = []
    print("| commit | s | s of processor | longest silence, s | cache, MiB | apt, MiB |")
    print("|---|---|---|---|---|---|")
    for _ in range(options.rounds):
        for commit in options.commits:
            measured = {"commit": commit, **_measure(commit)}
            figures.append(measured)
            print("| " + " | ".join(map(str, measured.values())) + " |", flush=True)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


def _measure(commit: str) -> dict[str, float]:
    with TemporaryDirectory(prefix="homesec-set-up-") as name:
        clone, home = Path(name, "repository"), Path(name, "home")
        home.mkdir()
        _run("git", "clone", "--quiet", str(REPOSITORY), str(clone))
        _run("git", "-C", str(clone), "checkout", "--quiet", _hash(commit))
        installed_kib, worked_s = _installed_kib(), _worked_s()
        seconds, silence_s = _start_demo(clone, home)
        return {
            "seconds": round(seconds, 1),
            "processor_s": round(_worked_s() - worked_s, 1),
            "silence_s": round(silence_s, 1),
            "cache_mib": round(int(_run("du", "-sk", str(home)).split()[0]) / 1024),
            "apt_mib": round((_installed_kib() - installed_kib) / 1024),
        }


def _start_demo(clone: Path, home: Path) -> tuple[float, float]:
    """Return the seconds until Home Assistant is up, and the longest time without output."""
    began = spoke = time.monotonic()
    silence_s = 0.0
    said = []
    with _demo(clone, home) as lines:
        for line in lines:
            now = time.monotonic()
            silence_s = max(silence_s, now - spoke)
            spoke = now
            said.append(line)
            if UP in line:
                return now - began, silence_s
    raise SystemExit(f"The demo did not start:\n{''.join(said)}")


@contextmanager
def _demo(clone: Path, home: Path) -> Iterator[Iterator[str]]:
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED_VARIABLES}
    with subprocess.Popen(
        [clone / "script" / "demo", "--seconds", "1"],
        env=kept | {"HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield iter(process.stdout)
        finally:
            process.send_signal(signal.SIGTERM)
            process.stdout.read()
            process.wait(STOP_S)


def _worked_s() -> float:
    """Return the processor time of all child processes that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _hash(commit: str) -> str:
    return _run("git", "-C", str(REPOSITORY), "rev-parse", commit).strip()


def _installed_kib() -> int:
    """Return the size of all installed Debian packages."""
    if not shutil.which("dpkg-query"):
        return 0
    return sum(map(int, _run("dpkg-query", "-W", "-f", "${Installed-Size}\n").split()))


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
