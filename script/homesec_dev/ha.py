"""A real Home Assistant for the demo and the end-to-end tests: process, user, and client.

    with HomeAssistant(folder) as ha:
        flow = ha.client.add_entry("homesec").answer(...)
        ha.client.wait_for_state("alarm_control_panel.home", "armed_away")
    assert not ha.log_findings().ours

`python -m homesec_dev.ha FOLDER` runs one until Ctrl-C.
"""

import argparse
from http import HTTPStatus
import json
import os
from pathlib import Path
import secrets
import signal
import socket
import subprocess
import sys
import time
from typing import IO, TYPE_CHECKING, Protocol, Self

import aiohttp

from . import ha_config, ha_log
from .blocking_http import Http, Parsed, Response
from .bootstrap import paths, virtualenv
from .bootstrap.console import environment
from .ha_client import HaClient, HaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

START_S = 180  # about 5 s usually; longer on a cold disk or a slow machine
STOP_S = 60
POLL_S = 0.1


def free_port() -> int:
    """Return an unused port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Process(Protocol):
    """What is used of ``subprocess.Popen``."""

    pid: int

    def poll(self) -> int | None:
        """Return the exit code, or None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code once it has ended; raises subprocess.TimeoutExpired."""

    def send_signal(self, sig: int) -> None:
        """Send a signal."""

    def kill(self) -> None:
        """Kill it."""


def start_process(folder: Path, env: Mapping[str, str], output: IO[bytes]) -> Process:
    """Start Home Assistant in its folder, with these environment variables only."""
    return subprocess.Popen(
        # Without --skip-pip, a missing package would be installed silently.
        [virtualenv.python(), "-m", "homeassistant", "--config", folder, "--skip-pip"],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=env,
        cwd=folder,
        # Keep the terminal's Ctrl-C away from it; it is stopped in order.
        start_new_session=True,
    )


class HomeAssistant:
    """One Home Assistant process with its own configuration folder, on 127.0.0.1."""

    starter: Callable[[Path, Mapping[str, str], IO[bytes]], Process] = staticmethod(start_process)
    """Starts the process; tests start it in a faster way."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        user: str = "demo",
        password: str = "demo",
        component: Path | None = paths.COMPONENT,
        extra_yaml: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Write the configuration; `start` or `with` starts it. By default uses a free port."""
        self.folder = folder.absolute()
        self.port = port or free_port()
        self.url = ha_config.url(self.port)
        self.user = user
        self.password = password
        self.log = self.folder / "hass-output.log"
        self.started_in_s = 0.0
        self._env = env
        self._process: Process | None = None
        self._http: Http | None = None
        self._client: HaClient | None = None
        ha_config.write(self.folder, port=self.port, component=component, extra_yaml=extra_yaml)

    @property
    def client(self) -> HaClient:
        """A client logged in as the administrator."""
        if self._client is None:
            raise HaError("Home Assistant is not running")
        return self._client

    @property
    def pid(self) -> int:
        """The process id, for reading its threads, memory, and CPU time."""
        if self._process is None:
            raise HaError("Home Assistant is not running")
        return self._process.pid

    def launch(self) -> None:
        """Start the process without waiting."""
        with self.log.open("ab") as output:
            self._process = self.starter(self.folder, environment(self._env), output)

    def start(self, *, timeout_s: float = START_S) -> None:
        """Start it; return once it runs and a user is logged in."""
        began = time.monotonic()
        self.launch()
        try:
            self._http = Http()
            deadline = began + timeout_s
            self._wait_for(lambda: self._request("GET", "/api/onboarding") is not None, deadline)
            self._client = HaClient(self.url, self._token(), self._http)
            self._wait_for(self._is_up, deadline)
        except BaseException:
            self.stop()
            raise
        self.started_in_s = time.monotonic() - began

    def stop(self, *, timeout_s: float = STOP_S) -> int:
        """Stop it as a service manager does; return its exit code, -9 if it had to be killed."""
        return self._end(signal.SIGTERM, timeout_s)

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self._end(signal.SIGKILL, STOP_S)

    def restart(self) -> None:
        """Stop it and start it on the same folder."""
        self.stop()
        self.start()

    def is_running(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def add_user(self, user: str, password: str, *, group: str = "system-users") -> HaClient:
        """Add a user in a group; return a client logged in as them."""
        made = self.client.command("config/auth/create", name=user.capitalize(), group_ids=[group])
        self.client.command(
            "config/auth_provider/homeassistant/create",
            user_id=made["user"]["id"],
            username=user,
            password=password,
        )
        return HaClient(self.url, self._long_lived(self._log_in(user, password)), self._opened_http)

    def log_findings(self) -> ha_log.Findings:
        """Return the log's warnings and errors of all starts; also works after the stop."""
        return ha_log.findings(self.log)

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()

    # Process

    def _wait_for(self, is_so: Callable[[], bool], deadline: float) -> None:
        while not self._answers(is_so):
            if not self.is_running():
                raise HaError(f"Home Assistant ended while starting:\n{self._last_output()}")
            if time.monotonic() > deadline:
                raise HaError(f"Home Assistant does not start:\n{self._last_output()}")
            time.sleep(POLL_S)

    @staticmethod
    def _answers(is_so: Callable[[], bool]) -> bool:
        try:
            return is_so()
        except aiohttp.ClientError, OSError, HaError:  # not listening yet, or busy
            return False

    def _is_up(self) -> bool:
        return bool(self.client.get("/api/config")["state"] == "RUNNING")

    def _last_output(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join([*lines[-15:], f"(all of it: {self.log})"])

    def _end(self, how: signal.Signals, timeout_s: float) -> int:
        if self._http is not None:
            self._http.close()
        self._http = self._client = None
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process = None
        return code

    # Logging in

    def _token(self) -> str:
        """Return an access token that lasts: the former run's, or a new one."""
        kept = self.folder / ".homesec-dev-token"
        if not kept.exists():
            token = self._new_token()
            kept.touch(mode=0o600)
            kept.write_text(token)
        return kept.read_text()

    def _new_token(self) -> str:
        is_new = self._request("GET", "/api/onboarding").status == HTTPStatus.OK  # else: not found
        return self._long_lived(
            self._make_user() if is_new else self._log_in(self.user, self.password)
        )

    def _long_lived(self, code: str) -> str:
        """Return a long-lived token for a login's code."""
        grant = {"grant_type": "authorization_code", "code": code, "client_id": self.url + "/"}
        answer = self._request("POST", "/auth/token", data=grant)
        access = str(answer.json()["access_token"])
        short_lived = HaClient(self.url, access, self._opened_http)
        token: str = short_lived.command(
            "auth/long_lived_access_token",
            client_name=f"HomeSec development {secrets.token_hex(4)}",
            lifespan=365,
        )
        short_lived.close()
        return token

    def _make_user(self) -> str:
        """Create the owner's account; return a code to exchange for a token."""
        answer = self._post(
            "/api/onboarding/users",
            client_id=self.url + "/",
            name=self.user.capitalize(),
            username=self.user,
            password=self.password,
            language="en",
        )
        return str(answer["auth_code"])

    def _log_in(self, user: str, password: str) -> str:
        """Log in as the login page does; return a code to exchange for a token."""
        client = {"client_id": self.url + "/"}
        handler = ["homeassistant", None]
        redirect = self.url + "/"
        flow = self._post("/auth/login_flow", handler=handler, redirect_uri=redirect, **client)
        path = f"/auth/login_flow/{flow['flow_id']}"
        answer = self._post(path, username=user, password=password, **client)
        if answer["type"] != "create_entry":
            raise HaError(f"The user {user!r} of {self.folder} has another password.")
        return str(answer["result"])

    def _post(self, path: str, **values: object) -> Parsed:
        response = self._request("POST", path, data=json.dumps(values))
        if response.status >= HTTPStatus.BAD_REQUEST:
            raise HaError(f"{path}: HTTP {response.status}: {response.text}")
        return response.json()

    def _request(self, method: str, path: str, *, data: object = None) -> Response:
        return self._opened_http.request(method, self.url + path, data=data)

    @property
    def _opened_http(self) -> Http:
        if self._http is None:
            raise HaError("Home Assistant is not running")
        return self._http


def main() -> None:
    """Run a Home Assistant until Ctrl-C, then print its log's findings."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path, help="configuration folder, made if need be")
    parser.add_argument("--port", type=int, help="default: any free one")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options.folder.mkdir(parents=True, exist_ok=True)
    component = paths.COMPONENT if (paths.COMPONENT / "manifest.json").exists() else None
    ha = HomeAssistant(options.folder, port=options.port, component=component)
    with ha:
        print(f"{ha.url} is up after {ha.started_in_s:.1f} s; log in as demo / demo.", flush=True)
        try:
            os.waitid(os.P_PID, ha.pid, os.WEXITED | os.WNOWAIT)
        except KeyboardInterrupt:
            print("Stopping.")
    found = ha.log_findings()
    for record in [*found.ours, *found.others]:
        print(record)


if __name__ == "__main__":
    main()
