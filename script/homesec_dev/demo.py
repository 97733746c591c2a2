"""Show HomeSec at work: a real Home Assistant, a camera, and people walking by.

Every event is printed as a line. Ctrl-C stops it.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http import HTTPStatus
import json
import math
from pathlib import Path
import shutil
import signal
import socket
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from . import footage
from .bootstrap.console import SetupError, progress, step
from .demo_setup import CAMERA_NAME, DOMAIN, entity_id, set_up_home
from .demo_story import Story
from .ha import HomeAssistant, free_port
from .ha_client import HaError

if TYPE_CHECKING:
    from .ha_client import HaClient, Subscription

DETECTORS = ("ncnn", "opencv")
PORT = 8123
# Arm late enough that a clip can have its pre-roll, even if a person is in view already.
FILM_BEFORE_ARMING_S = 7.0
CAMERA_READY_S = 60
DETECTOR_READY_S = 60
# A clip that continues one of maximum length is announced only when it is saved.
SETTLE_S = 3
LAST_CLIP_S = 20


def main() -> None:
    """Run the demo; return 0 if everything went as it should."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        sys.exit(_run(options))
    except (SetupError, HaError, TimeoutError) as err:
        print(f"\nThe demo cannot go on: {err}", file=sys.stderr)
        if advice := getattr(err, "advice", ""):
            print(advice, file=sys.stderr)
        sys.exit(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument(
        "--source",
        metavar="URL|FILE|/dev/videoN",
        help="what the camera sees (default: sample footage, 10 s without people, then people)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        metavar="N",
        help="stop by itself after N seconds and print a summary in JSON as the last line",
    )
    parser.add_argument(
        "--detector", choices=DETECTORS, help="default: the one that HomeSec proposes"
    )
    parser.add_argument(
        "--port", type=int, help=f"of the web page (default: {PORT}, or a free one if it is taken)"
    )
    parser.add_argument(
        "--config",
        type=Path,
        metavar="DIR",
        help="Home Assistant's folder, kept for the next time (default: one that is removed)",
    )
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    with ExitStack() as stack:
        folder = options.config or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="ha-demo-"))
        )
        folder.mkdir(parents=True, exist_ok=True)
        lane = stack.enter_context(ThreadPoolExecutor(1))
        # Compose the footage while Home Assistant starts.
        source = lane.submit(source_answers, options.source, folder)
        if options.source is not None:
            source.result()  # reports a wrong source at once
        ha = HomeAssistant(folder, port=_port(options.port))
        story = Story(folder / "media" / "homesec", ha.url)
        step("Starting Home Assistant")
        try:
            with ExitStack() as running:
                with progress("Starting"):
                    running.enter_context(ha)
                    set_up_home(ha.client, source.result(), detector=options.detector)
                _watch(ha, story, options.seconds)
        except KeyboardInterrupt:
            print("\nStopped.", flush=True)
        findings = ha.log_findings().ours
        for record in findings:
            print(record, file=sys.stderr)
        if options.seconds is None:
            return 1 if findings else 0
        print(json.dumps(story.summary(findings)), flush=True)
        return 0 if story.clips and not findings else 1


def _watch(ha: HomeAssistant, story: Story, seconds: float | None) -> None:
    """Arm, print events for `seconds` or until Ctrl-C, and disarm."""
    client = ha.client
    alarm = entity_id(client, "alarm_control_panel")
    events = client.subscribe("subscribe_events")
    print(
        f"\nHome Assistant is at {ha.url} (started in {ha.started_in_s:.1f} s)."
        f" Log in as {ha.user} / {ha.password}; Ctrl-C stops it.\n",
        flush=True,
    )
    with progress("Waiting for the camera's pictures"):
        _wait_for_pictures(client)
    story.detector = _wait_for_detector(client)
    print(f"People are detected with {story.detector}.", flush=True)
    step(f"Arming in {FILM_BEFORE_ARMING_S:.0f} s: a clip begins before its event")
    _listen(events, story, FILM_BEFORE_ARMING_S)
    client.act("alarm_control_panel.alarm_arm_away", entity_id=alarm)
    print(f"{CAMERA_NAME} is watching, the alarm is armed.", flush=True)
    _listen(events, story, seconds)
    client.act("alarm_control_panel.alarm_disarm", entity_id=alarm)
    with progress("Waiting for the last clip"):
        _listen(events, story, SETTLE_S)
        _listen(events, story, LAST_CLIP_S, until_saved=True)


def _listen(
    events: Subscription, story: Story, seconds: float | None, *, until_saved: bool = False
) -> None:
    """Print events for `seconds`; with `until_saved`, only until no clip is being recorded."""
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        if until_saved and not story.open_clips:
            return
        try:
            story.handle_event(events.next(timeout_s=min(left, 1.0)))
        except TimeoutError:
            continue


def _wait_for_pictures(client: HaClient) -> None:
    """Wait until the camera provides a picture."""
    camera = entity_id(client, "camera")
    deadline = time.monotonic() + CAMERA_READY_S
    while client.fetch(f"/api/camera_proxy/{camera}").status != HTTPStatus.OK:
        if time.monotonic() > deadline:
            raise TimeoutError(f"the camera gives no picture within {CAMERA_READY_S} s")
        time.sleep(0.25)


def _wait_for_detector(client: HaClient) -> str:
    """Wait until person detection runs; return the library and its networks."""
    [sensor] = [
        entity["entity_id"]
        for entity in client.command("config/entity_registry/list")
        if entity["platform"] == DOMAIN and entity["translation_key"] == "detector"
    ]
    shown = client.wait_for_state(sensor, "ready", timeout_s=DETECTOR_READY_S)["attributes"]
    return f"{shown['detector']}: {shown['model']}, verified by {shown['second_opinion']}"


def source_answers(text: str | None, folder: Path) -> dict[str, str]:
    """Return the answers to the form that asks for the camera's source."""
    if text is not None and "://" in text:
        return {"kind": "stream", "url": text}
    if text is not None and text.startswith("/dev/"):
        return {"kind": "webcam", "device": text}
    file = footage.demo() if text is None else Path(text)
    if not file.is_file():
        raise SetupError(f"There is no file {file}.")
    # Home Assistant opens files only in folders that are allowed.
    copy = folder / "media" / "footage" / file.name
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, copy)
    return {"kind": "file", "file": str(copy.resolve())}


def _port(wanted: int | None) -> int:
    """Return the given port, or Home Assistant's default unless it is in use."""
    if wanted is not None:
        return wanted
    with socket.socket() as probe:
        return PORT if probe.connect_ex(("127.0.0.1", PORT)) else free_port()


if __name__ == "__main__":
    main()
