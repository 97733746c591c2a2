"""Runs cases against the house, and counts what breaks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field
import json
import os
from pathlib import Path
import random
import resource
import shutil
import subprocess
from threading import Condition, Thread
import time
from typing import IO, TYPE_CHECKING, Any

from .. import engine_only
from ..bootstrap import paths
from ..faults.checks import LAST_SECOND_S, defect_of
from ..faults.videos import make as make_videos
from . import cases
from .house import HEALTHY, THREADS, WORKER_LIMIT_BYTES
from .servers import HttpCamera, RtspCamera

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .cases import Case

READY_S = 60.0
CASE_S = 90.0
"""Longer than any case: the tools' own limits end it before."""
RECOVERED_S = 20.0
HOUSE_GROWTH_BYTES = 250 * 2**20
"""Home Assistant's process holds no pictures: it grows by what Python keeps."""
SAMPLE_S = 0.2
OVERSHOOT_SHARE = 1.5
"""A worker's memory is read twice a second; between, it may grow beyond its limit."""
NETWORK_FILE = "yolox_nano.ncnn"
NETWORKS = paths.COMPONENT / "engine" / "model_zoo" / "networks"


@dataclass(kw_only=True)
class Figures:
    """What the campaign counts."""

    cases: int = 0
    ha_crashes: int = 0
    worker_crashes: int = 0
    unrecovered: int = 0
    hangs: int = 0
    over_budget: int = 0
    healthy_clips_lost: int = 0
    healthy_clips: int = 0
    defects: int = 0
    details: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether only workers crashed, and all of them came back."""
        return not (
            self.ha_crashes
            or self.unrecovered
            or self.hangs
            or self.over_budget
            or self.healthy_clips_lost
            or self.defects
        )

    def as_dict(self) -> dict[str, Any]:
        """Return all figures."""
        return asdict(self)


class Campaign:
    """One house at a time, and the cases that are given to it."""

    def __init__(self, folder: Path, log: Callable[[str], None]) -> None:
        self.figures = Figures()
        self._folder = folder
        self._log = log
        self._originals = cases.make_originals(folder / "originals")
        self._video = str(make_videos(folder)[0])
        self._served: dict[str, bytes] = {}
        self._http = HttpCamera(lambda path: self._served.get(path, b""))
        self._rtsp = RtspCamera(self._originals["h264.h264"])
        self._changed = Condition()
        # The condition's lock guards everything below.
        self._running: dict[int, tuple[Case, float]] = {}
        self._clips: dict[str, dict[str, Any]] = {}  # of the healthy camera, by id
        self._worker_ended: list[float] = []
        self._lost_at: float | None = None  # when the healthy camera was lost
        self._ready = self._stopped = False
        self._house: subprocess.Popen[str] | None = None
        self._reader: Thread | None = None

    def run(self, chosen: Iterable[Case], until: float) -> None:
        """Run cases, and stop before all of them have run at a monotonic time."""
        self._start()
        Thread(target=self._watch, daemon=True).start()
        for case in chosen:
            if time.monotonic() > until:
                break
            self._wait(lambda: len(self._running) < THREADS, CASE_S)
            self._end_what_hangs()
            if not self._alive():
                self._restart()
            self._send(case)
        self._wait(lambda: not self._running, CASE_S)
        self._end_what_hangs()
        self._finish()

    def _send(self, case: Case) -> None:
        with self._changed:
            self._running[case.number] = (case, time.monotonic())
            self.figures.cases += 1
        self._command({"number": case.number, "kind": case.kind, **self._prepare(case)})

    def _prepare(self, case: Case) -> dict[str, Any]:
        """Make the bytes of a case; return what the house needs of it."""
        original = self._originals[case.original]
        name = f"{case.number}-{case.original}"
        match case.kind:
            case cases.HTTP:
                self._served = {name: cases.damaged(original, name, case.seed)} | dict(
                    list(self._served.items())[-2 * THREADS :]
                )
                return {"location": self._http.url(name)}
            case cases.RTP:
                return {"location": self._rtsp.url(case.seed)}
            case cases.MODEL:
                return {"paths": self._damaged_model(case)}
            case cases.START:
                return {"location": str(self._damaged_home(case))}
        if case.kind == cases.CLIP:
            name = f"{case.number}.mp4"
            original = self._originals["h264.mp4" if case.seed % 2 else "h265.mp4"]
        path = self._folder / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(cases.damaged(original, name, case.seed))
        return {"location": str(path)}

    def _damaged_model(self, case: Case) -> list[str]:
        folder = self._folder / "files" / f"model{case.number}"
        folder.mkdir(parents=True)
        param, weights = (NETWORKS / f"{NETWORK_FILE}.{end}" for end in ("param", "bin"))
        text, data = cases.damaged_network(param.read_text(), weights.read_bytes(), case.seed)
        made = folder / param.name, folder / weights.name
        made[0].write_text(text)
        made[1].write_bytes(data)
        return [str(each) for each in made]

    def _damaged_home(self, case: Case) -> Path:
        """Make a home with damaged clips, and the catalog of the healthy one, damaged."""
        home = self._folder / "files" / f"home{case.number}"
        clips = home / "clips" / "cam" / "2026-01-01"
        clips.mkdir(parents=True)
        rng = random.Random(case.seed)
        for n in range(cases.CLIPS_A_START):
            original = self._originals[rng.choice(("h264.mp4", "h265.mp4"))]
            damaged = cases.damaged(original, "clip.mp4", case.seed + n)
            (clips / f"01KDW0000{n}ABCDEFGHJKMNPQR.part.mp4").write_bytes(damaged)
        (home / "data").mkdir()
        whole = (self._folder / "home" / "data" / "clips.db").read_bytes()
        (home / "data" / "clips.db").write_bytes(cases.damaged_catalog(whole, case.seed))
        return home

    # The house

    def _start(self) -> None:
        settings = {"folder": str(self._folder), "video": self._video}
        with (self._folder / "house.log").open("a") as log:
            self._house = subprocess.Popen(
                [*engine_only.command("homesec_dev.fuzz.house"), json.dumps(settings)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=paths.REPOSITORY,
                env={**os.environ, "PYTHONPATH": f"{paths.SCRIPTS}:{paths.REPOSITORY}"},
            )
        assert self._house.stdout is not None
        self._ready = self._stopped = False
        self._reader = Thread(target=self._read, args=(self._house.stdout,), daemon=True)
        self._reader.start()
        if not self._wait(lambda: self._ready or not self._alive(), READY_S) or not self._ready:
            raise RuntimeError("the house did not start; see house.log")

    def _restart(self) -> None:
        """Start again after a crash of the house, and count it."""
        assert self._house is not None
        with self._changed:
            running = [str(case) for case, _ in self._running.values()]
            self._running.clear()
            self.figures.ha_crashes += 1
            self.figures.details.append(f"house: {self._house.returncode} in {running}")
            self._worker_ended.append(time.monotonic())
        self._start()

    def _finish(self) -> None:
        if not self._alive():
            self._restart()
        if not self._wait(lambda: self._lost_at is None, RECOVERED_S):
            self._count("unrecovered", "the healthy camera at the end")
        self._command({"kind": "stop"})
        if not self._wait(lambda: self._stopped or not self._alive(), 60.0) or not self._stopped:
            self._count("hangs", "the house at its end")
        assert self._house is not None
        assert self._reader is not None
        with suppress(subprocess.TimeoutExpired):
            self._house.wait(30.0)
        self._house.kill()
        self._house.wait()
        self._reader.join()
        self._http.close()
        self._rtsp.close()
        self._judge_clips()

    def _judge_clips(self) -> None:
        for clip_id, clip in self._clips.items():
            self.figures.healthy_clips += 1
            near = any(-LAST_SECOND_S <= clip["t"] - end <= 0 for end in self._worker_ended)
            video = self._folder / "home" / "clips" / clip["path"]
            if clip["what"] == "saved":
                fault = defect_of(video) if video.is_file() else "its file is not there"
            else:
                fault = None if near else f"{clip['what']}, but not saved"
            if fault is not None:
                self._count("healthy_clips_lost", f"clip {clip_id}: {fault}")
        if not self._clips:
            self._count("healthy_clips_lost", f"{HEALTHY} recorded nothing")

    def _command(self, command: dict[str, Any]) -> None:
        if self._house is not None and self._house.stdin is not None:
            with suppress(BrokenPipeError):
                self._house.stdin.write(json.dumps(command) + "\n")
                self._house.stdin.flush()

    def _alive(self) -> bool:
        return self._house is not None and self._house.poll() is None

    def _read(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                with self._changed:
                    self._handle(json.loads(line))
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def _handle(self, report: dict[str, Any]) -> None:
        match report["what"]:
            case "ready":
                self._ready = True
            case "stopped":
                self._stopped = True
            case "done":
                self._handle_done(report)
            case "worker":
                self.figures.worker_crashes += 1
                self._worker_ended.append(report["t"])
                self.figures.details.append(f"worker: {report['exit']}")
            case "health":
                running = report["health"] == "running"
                self._lost_at = None if running else self._lost_at or report["t"]
            case "started":
                self._clips.setdefault(report["clip"], report)
            case "saved" | "failed":
                begun = self._clips.get(report["clip"], report)
                self._clips[report["clip"]] = {**report, "t": begun["t"]}

    def _handle_done(self, report: dict[str, Any]) -> None:
        case, _ = self._running.pop(report["number"], (None, 0.0))
        if report["error"].startswith("worker:"):
            self.figures.worker_crashes += 1
            self.figures.details.append(f"{case}: {report['error']}")
        elif report["error"].startswith("defect:"):
            self.figures.defects += 1
            self.figures.details.append(f"{case}: {report['error']}")
        self._log(f"{report['number']:5} {case.kind if case else '?':7} {report['error'][:90]}")

    def _count(self, name: str, detail: str) -> None:
        setattr(self.figures, name, getattr(self.figures, name) + 1)
        self.figures.details.append(f"{name}: {detail}")

    def _end_what_hangs(self) -> None:
        now = time.monotonic()
        with self._changed:
            for number, (case, began) in list(self._running.items()):
                if now - began > CASE_S:
                    del self._running[number]
                    self._count("hangs", str(case))

    def _watch(self) -> None:
        """Watch memory and the healthy camera."""
        baseline = None
        over: set[int] = set()
        while self._alive() and self._house is not None:
            time.sleep(SAMPLE_S)
            pid = self._house.pid
            size = _rss(pid)
            baseline = baseline or size
            sizes: dict[int, float] = {pid: size - (baseline or 0) - HOUSE_GROWTH_BYTES}
            limit = OVERSHOOT_SHARE * WORKER_LIMIT_BYTES
            sizes |= {child: _rss(child) - limit for child in _children(pid)}
            with self._changed:
                for each, excess in sizes.items():
                    if excess > 0 and each not in over:
                        over.add(each)
                        what = "the house" if each == pid else "a worker"
                        self._count("over_budget", f"{what}, by {excess / 2**20:.0f} MB")
                lost_s = time.monotonic() - (self._lost_at or time.monotonic())
                if lost_s > RECOVERED_S:
                    self._lost_at = None
                    self._count("unrecovered", "the healthy camera")

    def _wait(self, condition: Callable[[], bool], limit_s: float) -> bool:
        until = time.monotonic() + limit_s
        with self._changed:
            while not condition():
                if time.monotonic() > until:
                    return False
                self._changed.wait(0.2)
                if not self._alive():
                    return condition()
            return True

    def clean(self) -> None:
        """Remove what was made."""
        shutil.rmtree(self._folder)


def _rss(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError, IndexError, ValueError:
        return 0


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == pid:
                    found.append(int(entry.name))
    return found
