"""A process that records until it is killed: `recording_process.py FOLDER VIDEO`."""

from pathlib import Path
import sys
import threading

from engine_rig import file_camera
from videos import FigureDetector

from custom_components.homesec.engine.core.events import ClipStarted
from custom_components.homesec.engine.core.types import Activity, DecodePolicy
from custom_components.homesec.engine.detection.cascade import CascadeDetector
from custom_components.homesec.engine.engine import HomeSecEngine


def main():
    """Play the video in real time; print a line when a clip has begun."""
    folder, video = map(Path, sys.argv[1:])

    def print_clip(event):
        if isinstance(event, ClipStarted):
            sys.stdout.write(f"{event.clip.id} {event.clip.started_at}\n")
            sys.stdout.flush()

    engine = HomeSecEngine(
        clips_dir=folder / "clips",
        data_dir=folder / "data",
        models_dir=folder / "models",
        on_event=print_clip,
        create_cascade=lambda _stop: CascadeDetector(FigureDetector()),
    )
    engine.start()
    camera = file_camera(
        video, paced=True, loop=True, decode_policy=DecodePolicy.PROMPT, pre_roll_s=1.0
    )
    engine.set_camera(camera, Activity.RECORD)
    threading.Event().wait()


if __name__ == "__main__":
    main()
