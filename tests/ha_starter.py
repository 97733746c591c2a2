"""Starts Home Assistants that are forked from a process that has imported one already.

Of the six seconds of CPU time that a start takes, importing takes nearly all, and the tests start
dozens. HomeSec isn't imported before: each Home Assistant imports the one in its own folder.

Run as a program, this is that process. It gets requests as lines of JSON, and answers each.
"""

from __future__ import annotations

from contextlib import suppress
import gc
from importlib import import_module
from importlib.util import find_spec
import json
import os
from pathlib import Path
import re
import select
import signal
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OF_EACH = ("", "config_flow", "diagnostics", "logbook", "recorder", "websocket_api")
"""Modules of an integration that Home Assistant imports, where they exist."""


class HaStarter:
    """Starts Home Assistants; the process that they are forked from begins with the first one."""

    def __init__(self) -> None:
        self._parent: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def __call__(
        self, folder: Path, environment: Mapping[str, str], output: IO[bytes]
    ) -> ForkedProcess:
        """Start a Home Assistant in a folder, with only these variables."""
        found = self.ask(
            folder=str(folder), environment=dict(environment), output=os.path.realpath(output.name)
        )
        return ForkedProcess(self, found["pid"])

    def ask(self, **request: Any) -> dict[str, Any]:
        """Return the answer to a request."""
        with self._lock:
            if self._parent is None:
                self._parent = subprocess.Popen(
                    [sys.executable, __file__],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    # Each Home Assistant gets its own, which may be relative.
                    env={name: os.environ[name] for name in os.environ if name != "PYTHONPATH"},
                    start_new_session=True,
                )
            self._parent.stdin.write(json.dumps(request) + "\n")
            self._parent.stdin.flush()
            return json.loads(self._parent.stdout.readline())

    def __enter__(self) -> HaStarter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._parent is not None:
            self._parent.communicate()  # it ends with its input
            self._parent = None


class ForkedProcess:
    """Another process's child, with what ``subprocess.Popen`` offers."""

    def __init__(self, starter: HaStarter, pid: int) -> None:
        self.pid = pid
        self._starter = starter
        # It stays valid: until its parent is asked for its exit code, the process is kept.
        self._handle = os.pidfd_open(pid)
        self._code: int | None = None

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code; raises subprocess.TimeoutExpired."""
        if self._code is None:
            waiting = select.poll()
            waiting.register(self._handle, select.POLLIN)
            if not waiting.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("homeassistant", timeout)
            self._code = self._starter.ask(ended=self.pid)["code"]
            os.close(self._handle)
        return self._code

    def send_signal(self, sig: int) -> None:
        """Send a signal to it."""
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)


def import_home_assistant(domains: Iterable[str]) -> None:
    """Import Home Assistant, some integrations, and what those depend on."""
    import_module("homeassistant.__main__")
    bootstrap = import_module("homeassistant.bootstrap")
    import_module("homeassistant.runner")
    left = [*domains, *bootstrap.CORE_INTEGRATIONS, *bootstrap.DEFAULT_INTEGRATIONS]
    seen = set()
    while left:
        domain = left.pop()
        if domain in seen:
            continue
        seen.add(domain)
        name = f"homeassistant.components.{domain}"
        package = find_spec(name)
        if package is None or package.origin is None:
            continue
        manifest = Path(package.origin).with_name("manifest.json")
        left += json.loads(manifest.read_bytes()).get("dependencies", ())
        for module in OF_EACH:
            full = f"{name}.{module}" if module else name
            with suppress(ImportError):  # of an integration whose requirements aren't installed
                import_module(full)


def serve(requests: IO[str], answers: IO[str]) -> None:
    """Answer requests until there are no more; returns in the child that becomes one, too."""
    for line in requests:
        request = json.loads(line)
        if "ended" in request:
            _, status = os.waitpid(request["ended"], 0)
            answer = {"code": os.waitstatus_to_exitcode(status)}
        else:
            pid = os.fork()
            if pid == 0:
                become_home_assistant(**request)
            answer = {"pid": pid}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def become_home_assistant(folder: str, environment: dict[str, str], output: str) -> None:
    """Run Home Assistant in this process, and end it as `python -m homeassistant` does."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(output, os.O_WRONLY | os.O_APPEND)
    for number, replacement in ((0, nothing), (1, log), (2, log)):
        os.dup2(replacement, number)
    os.close(nothing)
    os.close(log)
    sys.argv = ["homeassistant", "--config", folder, "--skip-pip"]
    paths = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:1] = [folder, *map(os.path.abspath, paths)]
    sys.exit(import_module("homeassistant.__main__").main())


def configured() -> list[str]:
    """Return the integrations that a Home Assistant of tests sets up, and those of HomeSec."""
    repository = Path(__file__).resolve().parents[1]
    sys.path.append(str(repository / "script"))
    configuration = import_module("homesec_dev.ha_config").CONFIGURATION
    sys.path.pop()
    manifest = repository / "custom_components" / "homesec" / "manifest.json"
    return [
        *re.findall(r"^(\w+):$", configuration, re.MULTILINE),
        *json.loads(manifest.read_bytes())["dependencies"],
    ]


if __name__ == "__main__":
    import_home_assistant(configured())
    gc.freeze()
    serve(sys.stdin, sys.stdout)
