"""Print the demo's events as lines and count them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .ha_log import Record

type Json = dict[str, Any]

PREFIX = "homesec_"


class Story:
    """Handles Home Assistant's bus events: prints HomeSec's and counts them."""

    def __init__(self, clips_folder: Path, url: str) -> None:
        """Use the clips' folder, and Home Assistant's address for links to clips."""
        self._clips_folder = clips_folder
        self._url = url
        self.clips: list[Json] = []
        self.detector = ""
        """The detector's library and its networks."""
        self.detections = 0
        self.failures: list[Json] = []
        self._begun: set[str] = set()

    @property
    def open_clips(self) -> set[str]:
        """Ids of the clips that have begun and not ended."""
        ended = {clip["id"] for clip in (*self.clips, *self.failures)}
        return self._begun - ended

    def handle_event(self, event: Json) -> None:
        """Handle one event of the bus."""
        data: Json = event["data"]
        match event["event_type"].removeprefix(PREFIX):
            case "detection_started":
                self.detections += 1
                if data["clip_id"]:
                    self._begun.add(data["clip_id"])
                self._print_line(
                    f"{data['label']} detected by {data['camera']}, score {data['score']:.2f},"
                    f" track {data['track_id']}"
                )
            case "detection_ended":
                self._print_line(
                    f"{data['label']} left {data['camera']} after {data['duration_s']:.1f} s"
                )
            case "clip_saved":
                self._clip_saved(data)
            case "clip_failed":
                self.failures.append({"id": data["clip_id"], "error": data["error"]})
                self._print_line(f"clip of {data['camera']} failed: {data['error']}")

    def summary(self, findings: Sequence[Record]) -> Json:
        """Return the counts for the summary in JSON."""
        return {
            "detector": self.detector,
            "detections": self.detections,
            "clips": self.clips,
            "failed_clips": self.failures,
            "log_findings": [str(record) for record in findings],
        }

    def _clip_saved(self, data: Json) -> None:
        path = self._clips_folder / data["path"]
        link = f"{self._url}/homesec/clip/{data['clip_id']}"
        self.clips.append(
            {
                "id": data["clip_id"],
                "camera": data["camera"],
                "path": str(path),
                "url": link,
                "duration_s": data["duration_s"],
                "preroll_s": data["pre_roll_s"],
                "label": data["label"],
                "score": data["score"],
            }
        )
        what = "" if data["score"] is None else f", {data['label']} {data['score']:.2f}"
        self._print_line(
            f"clip saved by {data['camera']}, {data['duration_s']:.1f} s,"
            f" {data['pre_roll_s']:.1f} s of pre-roll{what}: {link}"
        )

    @staticmethod
    def _print_line(line: str) -> None:
        print(f"{datetime.now().astimezone():%H:%M:%S}  {line}", flush=True)
