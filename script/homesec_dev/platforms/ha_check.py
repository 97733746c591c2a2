"""Home Assistant in Alpine with HomeSec set up through its forms, all defaults kept."""

from __future__ import annotations

from dataclasses import dataclass, field
import subprocess
import time
from typing import TYPE_CHECKING, Any, override

from ..demo import source_answers
from ..demo_setup import DOMAIN, camera_form, entity_id, remove_delays, save_camera, suggested
from ..ha import HomeAssistant
from ..ha_client import HaError
from .packages import PYTHON

if TYPE_CHECKING:
    from pathlib import Path

    from ..ha_client import Flow, HaClient, Subscription
    from ..ha_log import Record
    from .root import Root

CAMERA = "Front door"
READY_S = 60.0
SEEN_S = 120.0
"""The footage shows people every 20 s."""
SAVED_S = 120.0
LOOK_S = 5.0
RETRY_S = 1.0


class NotAnnouncedError(Exception):
    """HomeSec didn't do what it was set up for."""


@dataclass(kw_only=True)
class Announced:
    """What HomeSec announced, and what went wrong."""

    person: bool = False
    clip: Path | None = None
    problems: list[str] = field(default_factory=list)


class AlpineHomeAssistant(HomeAssistant):
    """Home Assistant in another root folder, with its configuration at the same path."""

    def __init__(self, root: Root, folder: Path) -> None:
        """Write the configuration into `folder` and mount that in the root."""
        super().__init__(folder)
        self._root = root
        root.mount_folder(self.folder)

    @override
    def launch(self) -> None:
        """Start the process. It may install packages, as for a user."""
        words: list[str | Path] = [PYTHON, "-m", "homeassistant", "--config", self.folder]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._root.command(words),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=self._root.environment(),
                start_new_session=True,
            )


def watch(root: Root, folder: Path) -> Announced:
    """Arm a home whose camera shows people; return what HomeSec announced."""
    announced = Announced()
    ha = AlpineHomeAssistant(root, folder)
    try:
        with ha:
            try:
                _live(ha.client, folder, announced)
            finally:
                # Leave out what it logs while stopping.
                announced.problems += [_first_line(record) for record in ha.log_findings().ours]
    except (NotAnnouncedError, HaError, TimeoutError) as err:
        announced.problems.append(str(err))
    announced.problems += [f"installed while it ran: {name}" for name in root.added_packages()]
    return announced


def _live(client: HaClient, folder: Path, announced: Announced) -> None:
    entry_id = _add_homesec(client)
    _add_camera(client, entry_id, source_answers(None, folder))
    events = client.subscribe("subscribe_events")
    alarm = entity_id(client, "alarm_control_panel")
    _arm(client, alarm)
    event = _next(client, events, "homesec_detection_started", SEEN_S, label="person")
    announced.person = True
    clip_id = event["clip_id"]
    # The clip ends at once, without its post-roll.
    client.act("alarm_control_panel.alarm_disarm", entity_id=alarm)
    saved = _next(client, events, "homesec_clip_saved", SAVED_S, clip_id=clip_id)
    announced.clip = folder / "media" / DOMAIN / saved["path"]


def _arm(client: HaClient, alarm: str) -> None:
    """Arm as soon as HomeSec accepts it: while its engine starts it does not."""
    deadline = time.monotonic() + READY_S
    while True:
        try:
            client.act("alarm_control_panel.alarm_arm_away", entity_id=alarm)
        except HaError:
            _expect_no_repairs(client)
            if time.monotonic() > deadline:
                raise
            time.sleep(RETRY_S)
        else:
            return


def _add_homesec(client: HaClient) -> str:
    """Add HomeSec with its form's suggestions."""
    shown = client.add_entry(DOMAIN)
    done = shown.answer(suggested(shown))
    _expect_entry(done)
    if next_flow := done.shown.get("next_flow"):
        client.delete(f"/api/config/config_entries/subentries/flow/{next_flow[1]}")
    entry_id = str(done.shown["result"]["entry_id"])
    remove_delays(client, entry_id)
    return entry_id


def _add_camera(client: HaClient, entry_id: str, source: dict[str, str]) -> None:
    """Add a camera with its form's suggestions and a name."""
    shown = camera_form(client, entry_id).answer(source)
    _expect_entry(save_camera(shown, suggested(shown) | {"name": CAMERA}))


def _expect_entry(flow: Flow) -> None:
    if flow.type != "create_entry":
        raise NotAnnouncedError(f"a form ends with {flow.type}: {flow.errors or flow.shown}")


def _next(
    client: HaClient, events: Subscription, kind: str, limit_s: float, **wanted: object
) -> dict[str, Any]:
    """Return the data of the next event of a kind; raises NotAnnouncedError with the reason."""
    deadline = time.monotonic() + limit_s
    look = time.monotonic() + LOOK_S
    while time.monotonic() < deadline:
        if time.monotonic() > look:
            look = time.monotonic() + LOOK_S
            _expect_no_repairs(client)
        try:
            event = events.next(timeout_s=1.0)
        except TimeoutError:
            continue
        data: dict[str, Any] = event["data"]
        if event["event_type"] == kind and wanted.items() <= data.items():
            return data
    raise NotAnnouncedError(f"no {kind} with {wanted} within {limit_s:.0f} s")


def _expect_no_repairs(client: HaClient) -> None:
    issues = client.command("repairs/list_issues")["issues"]
    ours = [issue["translation_key"] for issue in issues if issue["domain"] == DOMAIN]
    if ours:
        raise NotAnnouncedError(f"HomeSec asks for repairs: {', '.join(ours)}")


def _first_line(record: Record) -> str:
    return str(record).partition("\n")[0]
