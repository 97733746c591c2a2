"""What cameras cost a real Home Assistant: processor time, memory, and a late event loop."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
import json
import os
from pathlib import Path
import shutil
import statistics
import tempfile
import time
from typing import TYPE_CHECKING, Any

from homesec_dev.bootstrap.console import SetupError, step
from homesec_dev.demo_setup import add_homesec, camera_form, entity_id, save_camera, suggested
from homesec_dev.ha import HomeAssistant

from .footage_video import busy_street, low_resolution, quiet_street
from .machine import machine
from .table import table

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from homesec_dev.ha_client import HaClient

CAMERAS = (1, 4, 8, 16)
SECONDS = 30.0
SETTLE_S = 40.0  # models are loaded, and the process that tried the sources has ended
START_S = 180.0
HEARTBEAT = "homesec_heartbeat"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the table."""

    cameras: int
    watch: str
    people: bool
    rtsp: bool = False
    detect_stream: bool = False


def run(options: argparse.Namespace) -> None:
    """Measure, print the table, and write the figures to `--json` if given."""
    cases = [
        Case(cameras=cameras, watch=watch, people=people)
        for cameras in options.cameras
        for watch, people in (("auto", False), ("auto", True), ("prompt", False))
        if watch in options.watch
    ]
    if options.streams:
        cases = [case for cameras in options.cameras for case in _stream_cases(cameras)]
    rows = [_measure(case, options.seconds, options.component) for case in cases]
    print(f"\nCameras of 1080p20 H.264 in Home Assistant, on {machine()}\n")
    print(table(_HEAD, [_cells(row) for row in rows]))
    figures: dict[str, Any] = {"rows": rows, "machine": machine()}
    if options.starts:
        figures["start_s"] = _time_starts(options.starts, options.component)
        print("\nSeconds until Home Assistant runs, median:", figures["start_s"])
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


def _stream_cases(cameras: int) -> list[Case]:
    """Return what a detect stream is compared with; all over RTSP."""
    return [
        Case(cameras=cameras, watch=watch, people=people, rtsp=True, detect_stream=detect_stream)
        for watch, detect_stream in (("auto", False), ("prompt", False), ("auto", True))
        for people in (False, True)
    ]


_HEAD = (
    *("cameras", "CPU HA", "worker", "RSS HA", "worker", "lag p50", "p99", "max"),
    *("alone p50", "p99", "max"),
)


def _cells(row: dict[str, Any]) -> list[str]:
    name = f"{row['cameras']} {row['watch']}, {'people' if row['people'] else 'idle'}"
    if row["rtsp"]:
        name += ", detect stream" if row["detect_stream"] else ", main stream only"
    cpu, rss = row["cpu_cores"], row["rss_mb"]
    lags = [row[key][part] for key in ("lag_ms", "baseline_lag_ms") for part in _PARTS]
    return [
        name,
        *(f"{cpu[part]:.2f}" for part in ("ha", "worker")),
        *(f"{rss[part]:.0f} MB" for part in ("ha", "worker")),
        *(f"{lag:.1f} ms" for lag in lags),
    ]


_PARTS = ("p50", "p99", "max")


def _measure(case: Case, seconds: float, component: Path) -> dict[str, Any]:
    """Measure one case in a Home Assistant of its own, and before the same without HomeSec."""
    step(f"{case.cameras} cameras, {case.watch}, {'people' if case.people else 'nobody'}")
    with (
        tempfile.TemporaryDirectory() as name,
        ExitStack() as stack,
        _home_assistant(Path(name), component) as ha,
    ):
        alone = _lag(ha.client, seconds)
        rss_before = _rss_mb(ha.pid)
        _add_cameras(ha.client, _sources(case, Path(name), stack), case)
        time.sleep(SETTLE_S)
        before = _cpu_s(ha.pid)
        lag = _lag(ha.client, seconds)
        spent = {name: s - before[name] for name, s in _cpu_s(ha.pid).items()}
        return {
            **asdict(case),
            "cpu_cores": {name: round(s / seconds, 3) for name, s in spent.items()},
            "rss_mb": {
                "ha": round(_rss_mb(ha.pid)),
                "worker": round(sum(map(_rss_mb, _workers(ha.pid)))),
            },
            "baseline_rss_mb": round(rss_before),
            "lag_ms": lag,
            "baseline_lag_ms": alone,
        }


def _home_assistant(folder: Path, component: Path | None) -> HomeAssistant:
    ours = folder / "custom_components" / HEARTBEAT
    ours.mkdir(parents=True)
    shutil.copyfile(Path(__file__).with_name("heartbeat.py"), ours / "__init__.py")
    manifest = {"domain": HEARTBEAT, "name": HEARTBEAT, "version": "1", "requirements": []}
    (ours / "manifest.json").write_text(json.dumps(manifest))
    return HomeAssistant(folder, component=component, extra_yaml=f"{HEARTBEAT}:\n")


def _lag(client: HaClient, seconds: float) -> dict[str, float]:
    lag: dict[str, float] = client.act(f"{HEARTBEAT}.measure", respond=True, seconds=seconds)
    return lag


def _sources(case: Case, folder: Path, stack: ExitStack) -> list[dict[str, Any]]:
    """Return what the form of each camera's source is answered with."""
    film = busy_street() if case.people else quiet_street()
    if not case.rtsp:
        return [_file_source(film, folder / "media" / f"{n}.mp4") for n in range(case.cameras)]
    from homesec_dev.field.parts import Film, MisbehavingCamera  # the tests' RTSP camera

    def serve(film: Film) -> str:
        camera = MisbehavingCamera(film)
        stack.callback(camera.close)
        return str(camera.url)

    main, low = Film(film), Film(low_resolution(film))
    found = []
    for _ in range(case.cameras):
        source: dict[str, Any] = {"kind": "stream", "url": serve(main)}
        if case.detect_stream:
            source["connection"] = {"detect_url": serve(low)}
        found.append(source)
    return found


def _file_source(film: Path, video: Path) -> dict[str, Any]:
    try:
        video.hardlink_to(film)
    except OSError:  # another disk
        shutil.copyfile(film, video)
    return {"kind": "file", "file": str(video)}


def _add_cameras(client: HaClient, sources: Sequence[dict[str, Any]], case: Case) -> None:
    """Add HomeSec and its cameras, arm, and wait until all run."""
    entry_id = add_homesec(client)
    for number, source in enumerate(sources):
        shown = camera_form(client, entry_id).answer(source)
        if shown.errors:
            raise SetupError(f"the camera's form shows {shown.errors}")
        settings = suggested(shown) | {"name": f"Camera {number}"}
        for part in (settings, settings.get("advanced", {})):
            if "watch" in part:
                part["watch"] = case.watch
        save_camera(shown, settings)
    alarm = entity_id(client, "alarm_control_panel")
    with suppress(Exception):  # some cameras need longer than the check of the arming waits
        client.act("alarm_control_panel.alarm_arm_vacation", entity_id=alarm)
    deadline = time.monotonic() + START_S
    while _running(client) < case.cameras:
        if time.monotonic() > deadline:
            raise TimeoutError("not all cameras run")
        time.sleep(0.5)


def _running(client: HaClient) -> int:
    """Return how many cameras run, of those that HomeSec has."""
    states = client.states()
    return sum(
        state["state"] in ("streaming", "recording")
        for name, state in states.items()
        if name.startswith("camera.camera_")
    )


def _time_starts(rounds: int, component: Path) -> dict[str, float]:
    """Return the median seconds of starts with and without HomeSec, taken in turn."""
    found: dict[str, list[float]] = {"without": [], "with": []}
    case = Case(cameras=4, watch="auto", people=False)
    with (
        tempfile.TemporaryDirectory() as first,
        tempfile.TemporaryDirectory() as second,
        ExitStack() as stack,
    ):
        homes = {
            "without": _home_assistant(Path(first), None),
            "with": _home_assistant(Path(second), component),
        }
        for name, ha in homes.items():
            with ha:
                if name == "with":
                    sources = _sources(case, Path(second), stack)
                    _add_cameras(ha.client, sources, case)
        for _ in range(rounds):
            for name, ha in homes.items():
                with ha:
                    found[name].append(ha.started_in_s)
    return {name: round(statistics.median(seconds), 2) for name, seconds in found.items()}


def _workers(pid: int) -> list[int]:
    """Return the processes that a process has started, and theirs."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _cpu_s(pid: int) -> dict[str, float]:
    return {"ha": _process_s(pid), "worker": sum(map(_process_s, _workers(pid)))}


def _process_s(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    return 0.0


def _rss_mb(pid: int) -> float:
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return int(next(x for x in lines if x.startswith("VmRSS")).split()[1]) / 1024
    return 0.0
