"""A clip writer with a catalog, without the rest of an engine."""

from engine_rig import LONG_S

from custom_components.homesec.engine.core.clip_id import new_clip_id
from custom_components.homesec.engine.core.types import Clip, ClipState, Trigger
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.recording.writer import ClipResult, ClipWriter


class WriterRig:
    """A clip writer and its catalog."""

    def __init__(self, folder, catalog=None, **options):
        self.catalog = catalog or Catalog(folder / "clips.db")
        self.clips_dir = folder / "clips"
        self.events = []
        clip_id = new_clip_id(1.8e9)
        self.clip = Clip(
            id=clip_id,
            camera_id="cam",
            camera_name="Front door",
            state=ClipState.RECORDING,
            trigger=Trigger.PRESENCE,
            started_at=1.8e9 - 2,
            event_at=1.8e9,
            path=f"cam/2027-01-15/{clip_id}.mp4",
        )
        self.final = self.clips_dir / self.clip.path
        self.writer = ClipWriter(
            self.clip,
            audio=None,
            clips_dir=self.clips_dir,
            catalog=self.catalog,
            on_event=self.events.append,
            **options,
        )

    def record(self, packets, result=None):
        self.writer.start()
        for packet in packets:
            self.writer.feed(packet)
        return self.end(result)

    def end(self, result=None):
        self.writer.end(result or ClipResult(label="person", score=0.8))
        assert self.writer.join(LONG_S)
        return self.catalog.get(self.clip.id)

    @property
    def kinds(self):
        return [type(e) for e in self.events]
