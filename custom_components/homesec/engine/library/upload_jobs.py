"""What the outbox does with the cloud: bring a clip there, describe one there, remove one.

All may be done twice without harm: the store takes an object that is there already for uploaded,
and one that is gone for deleted.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..cloud.errors import EncryptionKeyMissing, ObjectMissing, StorageDenied, TransferStopped
from ..cloud.object_names import (
    ALERT,
    ALERTS,
    CONTENT_TYPES,
    FACTS,
    STILL,
    VIDEO,
    clip_metadata,
    object_name,
)
from ..cloud.object_store import FileContent, ResumePoint, Upload
from ..core import clip_metadata as clip_facts
from ..core.clip_metadata import load_metadata
from ..core.events import ClipUploaded, UploadProgress
from ..core.types import ClipState, CloudState
from ..db.job_queue import JobKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from threading import Event

    from ..cloud.object_store import CloudStore
    from ..core.events import EventSink
    from ..core.types import Clip
    from ..db.job_queue import Job
    from .catalog import Catalog
    from .copies import ClipStorage
    from .outbox import Perform, Settle

_LOGGER = logging.getLogger(__name__)


class UploadJobs:
    """Works on a bucket; all calls come from the outbox's thread."""

    def __init__(
        self,
        *,
        store: CloudStore,
        catalog: Catalog,
        copies: ClipStorage,
        clips_dir: Path,
        on_event: EventSink = lambda _event: None,
    ) -> None:
        self.store = store
        self._on_event = on_event
        self._catalog = catalog
        self._copies = copies
        self._clips_dir = clips_dir

    @property
    def perform(self) -> Mapping[JobKind, Perform]:
        """Who does what, for the outbox."""
        return {
            JobKind.UPLOAD: self.upload,
            JobKind.DESCRIBE: self.update_metadata,
            JobKind.DELETE: self.delete,
            JobKind.TIDY: self.tidy,
        }

    def upload(self, job: Job, stop: Event) -> Settle:
        """Upload a clip's still and its film."""
        clip = self._catalog.get(job.subject)
        if clip is None or clip.state not in (ClipState.SAVED, ClipState.MISSING):
            return lambda: None
        if not (self._clips_dir / clip.path).is_file():
            return self._gone(clip)
        # The still is there in a moment, even over a slow line, and shows who it was.
        size = self._upload_still(clip, stop)
        stored = self.store.upload(
            self._object(clip, VIDEO, clip.path),
            stop=stop,
            resume=ResumePoint.load(job.resume),
            on_resume_point=lambda point: self._keep(job, point),
            on_progress=lambda arrived: self._tell(clip, arrived),
        )
        return self._stored(clip, stored.bytes + size, told=stored.metadata)

    def _upload_still(self, clip: Clip, stop: Event) -> int:
        """Upload the still, if there is one; return its bytes."""
        if clip.still_path is None or not (self._clips_dir / clip.still_path).is_file():
            return 0
        return self.store.upload(self._object(clip, STILL, clip.still_path), stop=stop).bytes

    def _object(self, clip: Clip, suffix: str, path: str) -> Upload:
        return Upload(
            name=self._name(clip, suffix),
            content=FileContent(path=self._clips_dir / path),
            content_type=CONTENT_TYPES[suffix],
            metadata=clip_metadata(clip),
        )

    def _name(self, clip: Clip, suffix: str) -> str:
        return object_name(clip, prefix=self.store.prefix, suffix=suffix)

    def _keep(self, job: Job, point: ResumePoint | None) -> None:
        self._catalog.jobs.save_resume(job.id, point.dump() if point else None)

    def _tell(self, clip: Clip, arrived: int) -> None:
        # Of an encrypted film a little more arrives than the clip has.
        share = min(1.0, arrived / max(1, clip.bytes))
        self._on_event(UploadProgress(clip_id=clip.id, share=share))

    def _stored(
        self, clip: Clip, cloud_bytes: int, *, told: Mapping[str, str], local: bool = True
    ) -> Settle:
        """Note where a clip is; ``told`` is what its object tells, which may have been there."""

        def settle() -> ClipUploaded | None:
            self._copies.mark_uploaded(clip.id, cloud_bytes)
            if not local:
                self._copies.mark_file_missing(clip.id)
            self._learn(clip, told)
            self._describe_later(clip.id, told)
            row = self._catalog.get(clip.id)
            return None if row is None else ClipUploaded(clip=row)

        return settle

    def _learn(self, clip: Clip, told: Mapping[str, str]) -> None:
        """Take from an object what a clip that was found again by its file has lost.

        ``clip`` is what was known before: who has changed something since knows better.
        """
        facts, row = load_metadata(told.get(FACTS, "")), self._catalog.get(clip.id)
        if facts is None or row is None:
            return
        if row.label is None and facts.label is not None:
            self._catalog.put(clip_facts.merge_metadata(row, told[FACTS]))
        if facts.protected and not clip.protected:
            self._copies.protect(clip.id, protected=True)

    def _gone(self, clip: Clip) -> Settle:
        """Settle a clip whose file is not there any more.

        It may be in the cloud all the same: a power cut has undone the row that told so.
        """
        film = self.store.find(self._name(clip, VIDEO))
        if film is not None:
            still = self.store.find(self._name(clip, STILL))
            size = film.bytes + (still.bytes if still else 0)
            return self._stored(clip, size, told=film.metadata, local=False)
        if not (self._clips_dir / clip.path).parent.is_dir():
            # Rather a disk that is not there at the moment than a clip.
            raise FileNotFoundError(2, "the clip's folder is not there")
        _LOGGER.warning("Clip %s was never uploaded, and its file is missing", clip.id)

        def settle() -> None:
            self._copies.mark_file_missing(clip.id)

        return settle

    def update_metadata(self, job: Job, _stop: Event) -> Settle:
        """Have a clip's object tell what its row tells now."""
        clip = self._catalog.get(job.subject)
        if clip is None or clip.cloud is not CloudState.STORED:
            return lambda: None
        told = clip_metadata(clip)
        try:
            self.store.update_metadata(self._name(clip, VIDEO), told)
        except (ObjectMissing, EncryptionKeyMissing) as err:
            # Somebody has deleted it, or its facts are not ours to read any more.
            _LOGGER.warning("The metadata of clip %s cannot be changed: %s", clip.id, err.key)
            return lambda: None

        def settle() -> None:
            self._describe_later(clip.id, told)

        return settle

    def _describe_later(self, clip_id: str, told: Mapping[str, str]) -> None:
        """Once more, if the row has changed since its facts were sent."""
        clip = self._catalog.get(clip_id)
        if clip is None or clip.cloud is not CloudState.STORED:
            return
        facts = load_metadata(told.get(FACTS, ""))
        if facts is None or facts.protected is not clip.protected:
            self._catalog.jobs.add(JobKind.DESCRIBE, clip_id)

    def delete(self, job: Job, stop: Event) -> Settle:
        """Delete a clip's film and still."""
        for name in job.payload["names"]:
            if stop.is_set():
                raise TransferStopped
            self.store.delete(f"{self.store.prefix}/{name}".lstrip("/"))
        return lambda: None

    def tidy(self, job: Job, stop: Event) -> Settle:
        """Delete the alerts' stills that nobody has a link to any more."""
        first_kept = f"{self.store.prefix}/{ALERTS}/{job.payload['before']}".lstrip("/")
        try:
            for obj in self.store.list(f"{ALERTS}/"):
                if stop.is_set():
                    raise TransferStopped
                if obj.name >= first_kept:
                    break
                # A camera may be called as the folder is.
                if ALERT in obj.metadata:
                    self.store.delete(obj.name)
        except StorageDenied as err:
            if type(err) is not StorageDenied:
                raise
            # A bucket may forbid that on purpose, so that no burglar can do it.
            _LOGGER.info("The bucket does not allow deleting the stills of old alerts")
        return lambda: None
