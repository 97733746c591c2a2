"""Work on single files, sources, and models in a process that's there only while it's needed."""

import logging
from threading import Condition, Thread, current_thread
import time
from typing import TYPE_CHECKING, Any

from ..core.errors import WorkerDied, WorkerMissing
from ..core.source_url import device_url
from . import methods
from .checks import check_details, check_devices, check_values
from .exit_report import signal_name
from .process import WorkerProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ..core.camera_reports import Probe
    from ..core.clip_files import ClipInfo
    from ..core.discovery import DeviceDetails, MovableDevice, Movement, OnvifDevice, Position
    from ..core.types import Clip, SourceConfig
    from ..model_zoo.manifest import ModelFiles
    from .interface import WorkerParent
    from .method import Handler, Method

_LOGGER = logging.getLogger(__name__)

SERVICE = "engine.worker.tools_service"
DISCOVERY_SERVICE = "engine.worker.discovery_service"
IDLE_S = 30.0
SPAWN_S = 30.0
FILE_S = 600.0
"""A clip of two minutes and more on a network share."""
STILL_S = 60.0
PROBE_S = 60.0
TRIAL_S = 120.0
DATA_SLACK_BYTES = 192 * 2**20
"""With few threads, the kernel's own limit can be close: a damaged model grows by gigabytes within
a moment."""
DEVICE_S = 60.0
MOVER_IDLE_S = 300.0
"""Who moves a camera does so again soon, and shouldn't wait for a new process then."""
SLOW_S = 30.0
"""A small computer may take that long to load the libraries of a search."""


class OnDemandProcess:
    """A worker process that's started by the first call, and ends some time after the last."""

    def __init__(
        self,
        name: str,
        service: str,
        handlers: Mapping[Method[Any], Handler],
        memory_limit_bytes: int | None = None,
        *,
        idle_s: float = IDLE_S,
        data_slack_bytes: int = DATA_SLACK_BYTES,
    ) -> None:
        self._data_slack_bytes = data_slack_bytes
        self._name = name
        self._idle_s = idle_s
        self._service = service
        self._handlers = handlers
        self._limit_bytes = memory_limit_bytes
        self._changed = Condition()
        # The condition's lock guards everything below.
        self._process: WorkerProcess | None = None
        self._thread: Thread | None = None
        self._threads: list[Thread] = []
        self._calls = 0
        self._idle_since = 0.0  # monotonic seconds
        self._stopping = False

    def call[T](self, method: Method[T], what: str, deadline_s: float, **args: object) -> T:
        """Call a method of the process.

        Raises ``WorkerDied`` naming ``what`` if the process ends, or doesn't answer in time; then
        it's ended, since a thread hangs in it.
        """
        process = self._enter()
        try:
            return process.connection.call(method, deadline_s=deadline_s, **args)
        except WorkerDied as err:
            self._abandon(process, f"no answer in {deadline_s:.0f} s")
            raise WorkerDied(f"{method.name} of {what}: {err}") from err
        finally:
            with self._changed:
                self._calls -= 1
                self._idle_since = time.monotonic()
                self._changed.notify_all()

    def stop(self, timeout_s: float) -> None:
        """End the process; calls that run raise ``WorkerDied``."""
        with self._changed:
            self._stopping = True
            process, threads = self._process, self._threads
            self._changed.notify_all()
        if process is not None:
            process.stop()
        deadline = time.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    @property
    def pid(self) -> int | None:
        """The process's id; None if there's none."""
        process = self._process
        return None if process is None else process.pid

    @property
    def rss_bytes(self) -> int | None:
        """The memory that the process takes; None if there's none."""
        process = self._process
        return None if process is None else process.rss_bytes

    def _abandon(self, process: WorkerProcess, reason: str) -> None:
        """Let the next call start another process, and end this one unless it has."""
        with self._changed:
            if self._process is process:
                self._process = self._thread = None
            self._changed.notify_all()
        if process.connection.is_open:
            process.kill(reason)

    def _enter(self) -> WorkerProcess:
        """Return the running process, and count the call."""
        with self._changed:
            if self._process is not None and not self._process.connection.is_open:
                self._process = self._thread = None
            if self._process is None and self._thread is None and not self._stopping:
                self._thread = self._start_thread(self._run, f"homesec-{self._name}")
            self._changed.wait_for(
                lambda: self._process or self._thread is None or self._stopping, SPAWN_S
            )
            if self._process is None or self._stopping:
                raise WorkerMissing
            self._calls += 1
            return self._process

    def _start_thread(self, target: Callable[..., None], name: str, *args: object) -> Thread:
        """Start a thread that ``stop`` waits for; called with ``_changed`` held."""
        thread = Thread(target=target, args=args, name=name, daemon=True)
        self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        thread.start()
        return thread

    def _run(self) -> None:
        process = WorkerProcess(
            service=self._service,
            handlers=self._handlers,
            name=self._name,
            on_start=self._begin,
            memory_limit_bytes=self._limit_bytes,
            data_slack_bytes=self._data_slack_bytes,
        )
        report = process.run()
        with self._changed:
            if self._thread is current_thread():
                self._process = self._thread = None
            self._changed.notify_all()
        if not report.expected:
            reason = signal_name(report.reason)
            _LOGGER.warning("The worker process %s ended (%s)", self._name, reason)

    def _begin(self, process: WorkerProcess) -> None:
        with self._changed:
            stopping = self._stopping  # while it was started
            self._process = process
            self._idle_since = time.monotonic()
            if not stopping:
                self._start_thread(self._end_when_idle, f"homesec-{self._name}-idle", process)
            self._changed.notify_all()
        if stopping:
            process.stop()

    def _end_when_idle(self, process: WorkerProcess) -> None:
        with self._changed:
            while self._process is process:
                if self._calls:
                    self._changed.wait()
                elif (left_s := self._idle_since + self._idle_s - time.monotonic()) > 0:
                    self._changed.wait(left_s)
                else:
                    self._process = self._thread = None
                    break
            else:
                return
        process.stop()


class ProcessTools:
    """Implements ``MediaTools``. Each kind of work has a process that no other kind can end."""

    def __init__(
        self,
        parent: WorkerParent,
        *,
        memory_limit_bytes: int | None = None,
        service: str = SERVICE,
        discovery_service: str = DISCOVERY_SERVICE,
    ) -> None:
        handlers: dict[Method[Any], Handler] = {
            methods.STREAM_URL: parent.stream_url,
            methods.SNAPSHOT: parent.snapshot,
        }
        limit = memory_limit_bytes
        self.clips = OnDemandProcess("clips", service, {}, limit)
        self.probes = OnDemandProcess("probes", service, handlers, limit)
        self.models = OnDemandProcess("models", service, {}, limit)
        self.discovery = OnDemandProcess("discovery", discovery_service, {}, limit)
        self.movers = OnDemandProcess("movers", discovery_service, {}, limit, idle_s=MOVER_IDLE_S)

    def stop(self, timeout_s: float) -> None:
        """End the processes."""
        for process in self.processes:
            process.stop(timeout_s)

    @property
    def processes(self) -> tuple[OnDemandProcess, ...]:
        """All processes, running or not."""
        return self.clips, self.probes, self.models, self.discovery, self.movers

    def finalize(self, final: Path, comment: str | None) -> ClipInfo:
        """Make the final file from the partial one."""
        return self.clips.call(methods.FINALIZE, final.name, FILE_S, final=final, comment=comment)

    def discard_empty(self, final: Path) -> bool:
        """Remove a partial file that surely holds no picture; return whether it did."""
        return self.clips.call(methods.DISCARD_EMPTY, final.name, FILE_S, final=final)

    def read_index(self, path: Path) -> ClipInfo:
        """Find out what a finalized clip contains."""
        return self.clips.call(methods.READ_INDEX, path.name, FILE_S, path=path)

    def write_still(self, clips_dir: Path, clip: Clip) -> str | None:
        """Write the still of a finalized clip; return its path in the clip folder."""
        written = self.clips.call(
            methods.WRITE_STILL, clip.id, STILL_S, clips_dir=clips_dir, clip=clip
        )
        # Nothing else that the worker may say is a path of ours.
        return None if written is None else f"{clip.path.removesuffix('.mp4')}.jpg"

    def probe(self, config: SourceConfig) -> Probe:
        """Open a source, decode one picture, and close it. Raises ``SourceError``."""
        return self.probes.call(methods.PROBE, "a source", PROBE_S, config=config)

    def try_model(self, detector: str, files: ModelFiles) -> None:
        """Load a model, and run it once. Raises ``DetectorError``."""
        self.models.call(methods.TRY_MODEL, files.name, TRIAL_S, detector=detector, files=files)

    def search(self, seconds: float) -> list[OnvifDevice]:
        """Search the network for ONVIF devices for that long. Raises ``DiscoveryError``."""
        found = self.discovery.call(
            methods.SEARCH, "the network", seconds + SLOW_S, seconds=seconds
        )
        check_devices(found)
        return found

    def read_device(
        self, address: str, username: str | None, password: str | None
    ) -> DeviceDetails:
        """Log in to an ONVIF device, and ask what it offers. Raises ``SourceError``."""
        host = device_url(address).host
        details = self.discovery.call(
            methods.READ_DEVICE,
            "a device",
            DEVICE_S,
            address=address,
            username=username,
            password=password,
        )
        check_details(details, host)
        return details

    def move(self, device: MovableDevice, movement: Movement, seconds: float) -> None:
        """Begin to move a camera, or stop it. Raises as ``Movers.move`` does."""
        self.movers.call(
            methods.MOVE,
            "a camera",
            DEVICE_S,
            device=device,
            movement=movement,
            seconds=seconds,
        )

    def go_to(self, device: MovableDevice, position: str) -> None:
        """Move a camera to a stored position. Raises as ``Movers.move`` does."""
        self.movers.call(methods.GO_TO, "a camera", DEVICE_S, device=device, position=position)

    def read_positions(self, device: MovableDevice) -> list[Position]:
        """Return the positions that a camera has stored. Raises as ``Movers.move`` does."""
        found = self.movers.call(methods.READ_POSITIONS, "a camera", DEVICE_S, device=device)
        check_values(found)
        return found
