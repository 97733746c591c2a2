"""What happens in the demo, told a line each, and added up at the end."""

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
    """Takes Home Assistant's bus events, tells HomeSec's and keeps count."""

    def __init__(self, clips_folder: Path, url: str) -> None:
        """Take the folder that clips are in, and Home Assistant's address, for links to them."""
        self._clips_folder = clips_folder
        self._url = url
        self.clips: list[Json] = []
        self.detector = ""
        """The library and the networks that detect people."""
        self.detections = 0
        self.failures: list[Json] = []
        self._begun: set[str] = set()

    @property
    def open_clips(self) -> set[str]:
        """Ids of the clips that were begun and not heard of again."""
        ended = {clip["id"] for clip in (*self.clips, *self.failures)}
        return self._begun - ended

    def take(self, event: Json) -> None:
        """Take one event of the bus."""
        facts: Json = event["data"]
        match event["event_type"].removeprefix(PREFIX):
            case "detection_started":
                self.detections += 1
                if facts["clip_id"]:
                    self._begun.add(facts["clip_id"])
                self._tell(
                    f"{facts['label']} detected by {facts['camera']}, score {facts['score']:.2f},"
                    f" track {facts['track_id']}"
                )
            case "detection_ended":
                self._tell(
                    f"{facts['label']} left {facts['camera']} after {facts['duration_s']:.1f} s"
                )
            case "clip_saved":
                self._clip_saved(facts)
            case "clip_failed":
                self.failures.append({"id": facts["clip_id"], "error": facts["error"]})
                self._tell(f"clip of {facts['camera']} failed: {facts['error']}")

    def summary(self, findings: Sequence[Record]) -> Json:
        """Return what happened, for programs to read."""
        return {
            "detector": self.detector,
            "detections": self.detections,
            "clips": self.clips,
            "failed_clips": self.failures,
            "log_findings": [str(record) for record in findings],
        }

    def _clip_saved(self, facts: Json) -> None:
        path = self._clips_folder / facts["path"]
        link = f"{self._url}/homesec/clip/{facts['clip_id']}"
        self.clips.append(
            {
                "id": facts["clip_id"],
                "camera": facts["camera"],
                "path": str(path),
                "url": link,
                "duration_s": facts["duration_s"],
                "preroll_s": facts["pre_roll_s"],
                "label": facts["label"],
                "score": facts["score"],
            }
        )
        what = "" if facts["score"] is None else f", {facts['label']} {facts['score']:.2f}"
        self._tell(
            f"clip saved by {facts['camera']}, {facts['duration_s']:.1f} s,"
            f" {facts['pre_roll_s']:.1f} s of pre-roll{what}: {link}"
        )

    @staticmethod
    def _tell(line: str) -> None:
        print(f"{datetime.now().astimezone():%H:%M:%S}  {line}", flush=True)
