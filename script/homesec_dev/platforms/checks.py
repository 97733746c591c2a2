"""The checks; each adds its findings to the report."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
import json
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from .. import footage
from ..bootstrap import paths
from ..bootstrap.console import SetupError, notice
from . import alpine, engine_tests, ha_check, layers, packages, resolve
from .root import BYTE_CODE, Root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .progress import Progress
    from .report import Report

INSIDE = "homesec_dev.platforms.inside"
PERSON = "person"
FILMS: tuple[footage.Sample, ...] = ("bikes", "bigbuckbunny")
"""People in a street, and animals only."""


class Checks:
    """What is done one after the other; a failure does not keep the others from being tried."""

    def __init__(self, report: Report, progress: Progress, scratch: Path) -> None:
        """Fill a report; work in a folder in memory."""
        self._report = report
        self._found = report.musl_x86_64
        self._progress = progress
        self._scratch = scratch

    def run(self, *, tests: bool) -> None:
        """Run all checks, or all but what the engine does by itself and its tests."""
        self._resolve()
        root = self._install()
        if root is None:
            return
        self._imports(root)
        # The engine keeps the processor busy while Home Assistant mostly waits for its video.
        engine = _Beside(partial(self._engine, root, films=tests))
        self._home_assistant(root)
        engine.wait()
        if tests:
            self._tests(root)

    def _resolve(self) -> None:
        """See whether the requirements can be installed on each system."""
        with self._progress.step("Resolving HomeSec's requirements"):
            for target in resolve.TARGETS:
                self._report.resolve[target] = resolve.resolve(target)

    def _install(self) -> Root | None:
        """Install everything on Alpine; return it, or None if that failed."""
        with self._reporting_errors("install"):
            system = layers.system(self._progress, self._scratch)
            installed = layers.with_packages(self._progress, self._scratch, system)
            root = Root.with_repository(self._scratch, "alpine", [installed, system])
            root.mount_folder(layers.byte_code(), at=BYTE_CODE)
            for video in FILMS:
                root.mount_folder(footage.sample(video).parent)
            if found := alpine.compilers(root.inside("/bin"), root.inside("/usr/bin")):
                raise SetupError(f"Alpine has a compiler: {', '.join(found)}")
            self._found.install = True
            self._report.stubbed |= packages.STUBBED
            self._report.versions |= {"alpine": alpine.version(system)}
            return root
        return None

    def _imports(self, root: Root) -> None:
        """Import everything that is required, and HomeSec."""
        with (
            self._progress.step("Importing the requirements and HomeSec"),
            self._reporting_errors("import"),
        ):
            wanted = [*resolve.requirements(), *resolve.OF_STREAM]
            failed = self._inside(root, "imports", wanted)
            self._report.problems += [f"import: {name}: {why}" for name, why in failed.items()]
            self._found.imports = not failed

    def _engine(self, root: Root, *, films: bool) -> None:
        """Try the engine without Home Assistant."""
        self._record(root)
        if films:
            self._detects(root)

    def _detects(self, root: Root) -> None:
        """Check that the engine announces people in a video, and none in one without people."""
        with (
            self._progress.step("Looking for people in two films"),
            self._reporting_errors("detects"),
        ):
            street, animals = (self._announced(root, footage.sample(video)) for video in FILMS)
            self._found.detects = PERSON in street and PERSON not in animals
            if not self._found.detects:
                raise SetupError(f"announced of people: {street}; of animals only: {animals}")

    def _record(self, root: Root) -> None:
        """Check that the engine's clip of a video can be played."""
        with self._progress.step("Recording a clip"), self._reporting_errors("record"):
            folder = self._scratch / "recording"
            folder.mkdir()
            root.mount_folder(folder)
            clip = self._inside(root, "engine", ["record", footage.sample(FILMS[0]), folder])
            self._play(root, Path(clip["file"]))
            self._found.record = True

    def _home_assistant(self, root: Root) -> None:
        """Set HomeSec up in a Home Assistant, and wait for a person and the clip of them."""
        doing = "Waiting for Home Assistant and HomeSec to announce a person"
        with self._progress.step(doing), self._reporting_errors("ha_default_detects"):
            announced = ha_check.watch(root, self._scratch / "house")
            self._report.problems += [f"ha_default_detects: {each}" for each in announced.problems]
            if announced.clip is not None:
                self._play(root, announced.clip)
                self._found.ha_default_detects = announced.person

    def _tests(self, root: Root) -> None:
        """Run the engine's tests."""
        self._found.tests_passed = self._found.tests_failed = 0
        with self._reporting_errors("tests"):
            with self._progress.step("Installing the test tools on Alpine"):
                engine_tests.prepare(root)
            with self._progress.step("Running the engine's tests on Alpine"):
                results = engine_tests.run(root)
            self._found.tests_passed = results.passed
            self._found.tests_failed = len(results.failed)
            self._found.tests_skipped = dict(results.skipped)
            self._report.problems += [f"test: {name}" for name in results.failed]

    def _announced(self, root: Root, video: Path) -> list[str]:
        found = self._inside(root, "engine", ["people", video])
        if found["error"]:
            raise SetupError(f"{found['detector']} does not work: {found['error']}")
        return list(found["announced"])

    def _play(self, root: Root, video: Path) -> None:
        """Raise SetupError unless there are frames and all of them can be decoded."""
        found = self._inside(root, "frames", [video])
        notice(f"{video.name}: {found['decoded']} of {found['frames']} frames decode")
        if not found["frames"] == found["decoded"] > 0:
            raise SetupError(f"{video.name} does not decode: {found}")

    def _inside(self, root: Root, module: str, words: Sequence[str | Path]) -> Any:  # noqa: ANN401
        """Run a module of `inside`; return what it prints as its last line."""
        said = root.run(
            [packages.PYTHON, "-m", f"{INSIDE}.{module}", *words],
            doing=f"{INSIDE}.{module}",
            env={"PYTHONPATH": f"{paths.SCRIPTS}:{paths.REPOSITORY}"},
        )
        return json.loads(said.splitlines()[-1])

    @contextmanager
    def _reporting_errors(self, check: str) -> Iterator[None]:
        """Record an error and continue."""
        try:
            yield
        except SetupError as err:
            self._report.problems.append(f"{check}: {err}")
            notice(f"{check}: {err}")


class _Beside:
    """Runs work on another thread that ends with the process at the latest."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._error: BaseException | None = None
        self._work = work
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait for the thread; raises what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as err:  # noqa: BLE001 - raised again in the thread that waits
            self._error = err
