"""A full Home Assistant with HomeSec: set up through forms, killed, and started again.

An automation records a few seconds repeatedly, and HomeSec uploads the clips. Reports come from
outside: events on its bus, and the catalog as each kill left it.
"""

from __future__ import annotations

from contextlib import suppress
import shutil
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from custom_components.homesec.engine.core.types import Clip, ClipState
from custom_components.homesec.engine.engine import CATALOG_NAME
from custom_components.homesec.engine.library.catalog import Catalog

from .. import demo_setup, ha_config
from ..bootstrap import paths
from ..ha import HomeAssistant
from ..ha_client import HaError
from .engine_process import PATIENCE_S, Report

if TYPE_CHECKING:
    from pathlib import Path

    from ..ha_client import Flow, Subscription

AUTOMATION = """\
automation:
  - alias: Record again and again
    triggers:
      - trigger: time_pattern
        seconds: "/5"
    actions:
      - action: homesec.record
        target:
          entity_id: {camera}
        data:
          duration: "00:00:04"
"""
LIMIT_MBIT = 2
"""Slow enough that a random moment often finds an upload half done."""
EVENTS = {
    "homesec_detection_started": "started",
    "homesec_clip_saved": "saved",
    "homesec_clip_failed": "failed",
}
POLL_S = 0.2


class FullHomeAssistant:
    """Starts and kills Home Assistant; collects reports of clips and the end of each run."""

    def __init__(self, folder: Path, video: Path, cloud: dict[str, str]) -> None:
        """Prepare; ``cloud`` is the address and the name of the bucket."""
        self._film = folder / "media" / "street.mp4"
        self._film.parent.mkdir(parents=True)
        shutil.copyfile(video, self._film)
        self._ha = HomeAssistant(folder, env={"STORAGE_EMULATOR_HOST": cloud["url"]})
        self._bucket = cloud["bucket"]
        self._copy = folder / "seen"
        self._records = ""
        self._bus: Subscription | None = None
        self._known: set[str] = set()
        self.clips_dir = folder / "media" / "homesec"
        self.data_dir = folder / "homesec"
        self.reports: list[Report] = []
        self.ended: dict[int, float] = {}
        self.worker_ended: list[tuple[float, float]] = []
        self.life = 0
        self.started_in_s = 0.0
        """End of the last completed start."""

    def set_up_home(self) -> None:
        """Add HomeSec, the bucket, and a camera through their forms, then stop."""
        with self._ha as ha:
            entry_id = demo_setup.add_homesec(ha.client)
            camera = {"kind": "file", "file": str(self._film)}
            demo_setup.add_camera(ha.client, entry_id, camera)
            self._add_bucket(ha.client.reconfigure_entry(demo_setup.DOMAIN, entry_id))
            self._records = AUTOMATION.format(camera=demo_setup.entity_id(ha.client, "camera"))

    def _add_bucket(self, menu: Flow) -> None:
        done = menu.answer(next_step_id="cloud").answer(
            login="own",
            bucket=self._bucket,
            prefix="house",
            limit_mbit=LIMIT_MBIT,
            upload_rest=True,
            encrypt=False,
        )
        if done.type != "abort" or done.shown["reason"] != "reconfigure_successful":
            raise HaError(f"The bucket is refused: {done.errors or done.shown}")

    # --- a life -------------------------------------------------------------------------------

    def start(self, *, records: bool = True) -> None:
        """Start a run; return once Home Assistant is up."""
        self._begin(records=records)
        self._ha.start()
        self.started_in_s = self._ha.started_in_s
        self._bus = self._ha.client.subscribe("subscribe_events")

    def launch(self) -> None:
        """Start a run without waiting."""
        self._begin(records=True)
        self._ha.launch()

    def _begin(self, *, records: bool) -> None:
        self.life += 1
        ha_config.write(
            self._ha.folder,
            port=self._ha.port,
            component=paths.COMPONENT,
            extra_yaml=self._records if records else "",
        )

    def watch(self, seconds: float) -> None:
        """Wait and collect announced clips."""
        until = time.monotonic() + seconds
        while (left_s := until - time.monotonic()) > 0:
            with suppress(TimeoutError):
                if self._bus is None:
                    time.sleep(left_s)
                else:
                    self._handle_event(self._bus.next(timeout_s=left_s))

    def _handle_event(self, event: dict[str, Any]) -> None:
        what = EVENTS.get(event["event_type"])
        if what in ("saved", "failed") and (clip_id := event["data"].get("clip_id")):
            self._report(what, clip_id, error=event["data"].get("error"))

    def kill(self) -> None:
        """Kill it, and read what it was doing."""
        if self._ha.is_running():
            now = time.monotonic()
            self._bus = None
            self._ha.kill()
            self.ended[self.life] = now
            self._read_catalog(now)

    def wait_drained(self) -> bool:
        """Wait until nothing is being recorded or uploaded; return False if that never comes."""
        sensor = demo_setup.entity_id(self._ha.client, "alarm_control_panel")
        self._ha.client.wait_for_state(sensor, lambda state: state["state"] != "unavailable")
        camera = demo_setup.entity_id(self._ha.client, "camera")
        self._ha.client.wait_for_state(camera, lambda state: state["state"] != "unavailable")
        least, until = None, time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            left = self._left()
            if left == 0:
                return True
            if least is None or left < least:  # as long as it shrinks, waiting goes on
                least, until = left, time.monotonic() + PATIENCE_S
            time.sleep(POLL_S)
        return False

    def _left(self) -> int:
        """Return the amount of work left, from the catalog while it is in use."""
        uri = f"file:{self.data_dir / CATALOG_NAME}?mode=ro"
        connection = sqlite3.connect(uri, uri=True)
        try:
            ((left,),) = connection.execute(
                "SELECT (SELECT count(*) FROM jobs)"
                " + (SELECT count(*) FROM clips WHERE state = 'recording')"
            )
        finally:
            connection.close()
        return int(left)

    def stop(self) -> bool:
        """Stop it in order; return whether it ended by itself."""
        self._bus = None
        return self._ha.stop() == 0

    # --- what became known --------------------------------------------------------------------

    def _read_catalog(self, now: float) -> None:
        """Read a copy of the catalog, so that the next start finds it as the kill left it."""
        shutil.rmtree(self._copy, ignore_errors=True)
        self._copy.mkdir()
        for name in (CATALOG_NAME, f"{CATALOG_NAME}-wal"):
            if (self.data_dir / name).exists():
                shutil.copyfile(self.data_dir / name, self._copy / name)
        wall = time.time()
        with Catalog(self._copy / CATALOG_NAME) as catalog:
            for clip in catalog.queries.in_state(ClipState.RECORDING):
                self._begun(clip, now - (wall - clip.event_at))
            for clip in catalog.queries.in_state(ClipState.SAVED):
                self._report("saved", clip.id)

    def _begun(self, clip: Clip, t: float) -> None:
        if clip.id not in self._known:
            self._report("started", clip.id, t=t, back_s=clip.event_at - clip.started_at)

    def _report(self, what: str, clip_id: str, *, t: float | None = None, **data: Any) -> None:  # noqa: ANN401
        self._known.add(clip_id)
        at = time.monotonic() if t is None else t
        self.reports.append(Report(life=self.life, what=what, t=at, id=clip_id, **data))
