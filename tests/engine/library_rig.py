"""Rows and files of clips without a recording, and a library for them."""

from datetime import UTC, datetime
import random

from disk_store import DiskStore
from engine_rig import FakeClock

from custom_components.homesec.engine.core.clip_id import new_clip_id
from custom_components.homesec.engine.core.types import Clip, ClipState, Trigger
from custom_components.homesec.engine.library.catalog import Catalog
from custom_components.homesec.engine.library.copies import ClipStorage
from custom_components.homesec.engine.library.outbox import Outbox
from custom_components.homesec.engine.library.recently_deleted import RecentlyDeleted
from custom_components.homesec.engine.library.retention import Retention
from custom_components.homesec.engine.library.retention_policy import RetentionRules
from custom_components.homesec.engine.library.upload_jobs import UploadJobs

NOON = 1_800_000_000.0


def clip_row(event_at=NOON, **values):
    """Return a saved clip."""
    camera_id = values.get("camera_id", "door")
    clip_id = values.pop("id", None) or new_clip_id(event_at)
    day = datetime.fromtimestamp(event_at, UTC).date()
    values = {
        "camera_id": camera_id,
        "camera_name": "Front door",
        "state": ClipState.SAVED,
        "trigger": Trigger.PRESENCE,
        "started_at": event_at - 4,
        "event_at": event_at,
        "label": "person",
        "local": values.get("state") is not ClipState.MISSING,
        "path": f"{camera_id}/{day}/{clip_id}.mp4",
        "still_path": f"{camera_id}/{day}/{clip_id}.jpg",
        **values,
    }
    return Clip(id=clip_id, **values)


class LibraryRig:
    """A catalog, its files, and its cloud, without threads."""

    def __init__(self, folder, *, store=None, upload=True):
        self.clock = FakeClock(NOON)
        self.clips_dir = folder / "clips"
        self.clips_dir.mkdir(exist_ok=True)
        self.events = []
        self.store = store or DiskStore(folder / "cloud")
        self.catalog = Catalog(folder / "clips.db", upload=upload, clock=self.clock)
        self.catalog.database._db.execute("PRAGMA synchronous = OFF")
        self.jobs = self.catalog.jobs
        self.copies = ClipStorage(self.catalog, self.clips_dir)
        self.triggered = False
        self.recently_deleted = RecentlyDeleted(
            self.catalog, self.copies, self.clips_dir, purge_held=lambda: self.triggered
        )
        self.upload_jobs = UploadJobs(
            store=self.store,
            catalog=self.catalog,
            copies=self.copies,
            clips_dir=self.clips_dir,
            on_event=self.events.append,
        )
        self.outbox = self.make_outbox(self.upload_jobs.perform)

    def make_outbox(self, perform, seed=1):
        return Outbox(
            catalog=self.catalog,
            perform=perform,
            on_event=self.events.append,
            clock=self.clock,
            rng=random.Random(seed),
        )

    def make_retention(self, rules=None, *, free=10**12, uploading=True, **options):
        return Retention(
            catalog=self.catalog,
            copies=self.copies,
            rules=rules or RetentionRules(),
            cloud=self.store if uploading else None,
            disk_free=free if callable(free) else lambda: free,
            on_event=self.events.append,
            clock=self.clock,
            purge_held=lambda: self.triggered,
            **options,
        )

    def close(self):
        self.outbox.halt()
        assert self.outbox.join()
        self.catalog.close()

    def saved(self, event_at=NOON, *, size=100, **values):
        """Save a clip with its files and job; return the row."""
        clip = clip_row(event_at, bytes=size, **values)
        self.write(clip, size)
        return self.catalog.save(clip)

    def write(self, clip, size=100):
        video, still = self.files(clip)
        video.parent.mkdir(parents=True, exist_ok=True)
        video.write_bytes(random.Random(clip.id).randbytes(size))
        still.write_bytes(b"still of " + clip.id.encode())

    def files(self, clip):
        video = self.clips_dir / clip.path
        return video, video.with_suffix(".jpg")

    def stored(self, event_at=NOON, **values):
        """Save a clip and upload it."""
        clip = self.saved(event_at, **values)
        self.run()
        return self.row(clip)

    def deleted(self, event_at=NOON, *, by="Ann", **values):
        """Save a clip, upload it, and delete it; return the row."""
        clip = self.stored(event_at, **values)
        self.recently_deleted.delete(clip.id, by=by)
        self.run()
        return self.row(clip)

    def row(self, clip):
        return self.catalog.get(clip.id)

    def run(self, steps=50):
        """Run the outbox's due jobs."""
        for _ in range(steps):
            if self.outbox.step() > 0:
                return
        raise AssertionError("the outbox does not come to an end")

    def of(self, kind):
        return [e for e in self.events if isinstance(e, kind)]

    def left(self):
        """Return the names of all files in the clip folder."""
        return sorted(p.name for p in self.clips_dir.rglob("*") if p.is_file())
