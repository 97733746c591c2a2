"""What the outbox does in the bucket: upload a clip, update its metadata, delete it.

Each job can be done twice without harm: uploading an object that's there, or deleting one that
isn't, succeeds.
"""

from functools import partial
import logging
from typing import TYPE_CHECKING

from ..cloud.encrypted_store import PLAIN
from ..cloud.errors import (
    EncryptionKeyMissing,
    ObjectConflict,
    ObjectMissing,
    RetentionLocked,
    StorageDenied,
    TransferStopped,
)
from ..cloud.object_names import (
    ALERT_ENTRY,
    ALERT_FOLDER,
    CLIP_ENTRY,
    CONTENT_TYPES,
    STILL,
    VIDEO,
    clip_id_from_name,
    object_metadata,
    object_name,
)
from ..cloud.object_store import FileContent, ResumePoint, Upload, ignore
from ..core.clip_metadata import load_metadata, merge_metadata
from ..core.events import ClipUploaded, UploadProgress
from ..core.types import ClipState, CloudState
from ..db.job_queue import JobKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from threading import Event

    from ..cloud.object_store import CloudStore, StoredObject
    from ..core.events import EventSink
    from ..core.types import Clip
    from ..db.job_queue import Job
    from .catalog import Catalog
    from .copies import ClipStorage
    from .outbox import Perform, Settle

_LOGGER = logging.getLogger(__name__)


class UploadJobs:
    """Performs jobs; all calls come from the outbox's thread."""

    def __init__(
        self,
        *,
        store: CloudStore,
        catalog: Catalog,
        copies: ClipStorage,
        clips_dir: Path,
        on_event: EventSink = lambda _event: None,
    ) -> None:
        self.store = store  # may be replaced at any time; a job goes on with the one it began with
        self._store = store
        self._on_event = on_event
        self._catalog = catalog
        self._copies = copies
        self._clips_dir = clips_dir

    @property
    def _can_change(self) -> bool:
        """Whether the account may delete objects and change their metadata."""
        return self._store.rights.delete

    @property
    def perform(self) -> Mapping[JobKind, Perform]:
        """The methods that perform each kind of job, each with one store from begin to end."""
        methods: dict[JobKind, Perform] = {
            JobKind.UPLOAD: self.upload,
            JobKind.DESCRIBE: self.update_metadata,
            JobKind.DELETE: self.delete,
            JobKind.TIDY: self.delete_expired_stills,
            JobKind.KEYS: self.remember_keys,
        }
        return {kind: partial(self._perform, method) for kind, method in methods.items()}

    def _perform(self, method: Perform, job: Job, stop: Event) -> Settle:
        self._store = self.store
        return method(job, stop)

    def upload(self, job: Job, stop: Event) -> Settle:
        """Upload a clip's still and video."""
        clip = self._catalog.get(job.subject)
        if clip is None or clip.state not in (ClipState.SAVED, ClipState.MISSING):
            return lambda: None
        if not (self._clips_dir / clip.path).is_file():
            return self._file_missing(clip)
        # First the still: even a slow line uploads it in a moment, and it shows who was there.
        still = None
        if clip.still_path is not None and (self._clips_dir / clip.still_path).is_file():
            still = self._store_object(self._object(clip, STILL, clip.still_path), stop)

        def save_resume(point: ResumePoint | None) -> None:
            self._catalog.jobs.save_resume(job.id, point.dump() if point else None)

        def report(uploaded_bytes: int) -> None:
            # An encrypted video has a few bytes more than the clip's file.
            share = min(1.0, uploaded_bytes / max(1, clip.bytes))
            self._on_event(UploadProgress(clip_id=clip.id, share=share))

        video = self._store_object(
            self._object(clip, VIDEO, clip.path),
            stop,
            resume=ResumePoint.load(job.resume),
            on_resume_point=save_resume,
            on_progress=report,
        )
        return self._uploaded(clip, video, still)

    def _store_object(
        self,
        upload: Upload,
        stop: Event,
        *,
        resume: ResumePoint | None = None,
        on_resume_point: Callable[[ResumePoint | None], None] = ignore,
        on_progress: Callable[[int], None] = ignore,
    ) -> StoredObject:
        """Upload an object, unless it's there, perhaps encrypted with another key or not at all."""
        try:
            return self._store.upload(
                upload,
                stop=stop,
                resume=resume,
                on_resume_point=on_resume_point,
                on_progress=on_progress,
            )
        except ObjectConflict:
            # The keys may have changed since the upload whose result was lost.
            found = self._store.find(upload.name)
            if found is None or found.refused or not self._is_same(upload, found, stop):
                raise
            return found

    def _is_same(self, upload: Upload, found: StoredObject, stop: Event) -> bool:
        """Return whether an object decrypts to what would be uploaded."""
        if found.bytes != upload.content.size_bytes:
            return False
        with upload.content.open() as stream:
            for piece in self._store.read(found.name):
                if stop.is_set():
                    raise TransferStopped
                if stream.read(len(piece)) != piece:
                    return False
        return True

    def _object(self, clip: Clip, suffix: str, path: str) -> Upload:
        return Upload(
            name=self._name(clip, suffix),
            content=FileContent(path=self._clips_dir / path),
            content_type=CONTENT_TYPES[suffix],
            metadata=object_metadata(clip),
        )

    def _name(self, clip: Clip, suffix: str) -> str:
        return object_name(clip, prefix=self._store.prefix, suffix=suffix)

    def _uploaded(
        self, clip: Clip, video: StoredObject, still: StoredObject | None, *, local: bool = True
    ) -> Settle:
        """Record that a clip is in the bucket, and how it's encrypted there."""
        remote = video.metadata
        cloud_bytes = video.bytes + (still.bytes if still is not None else 0)
        # A still may have been uploaded just before encryption was turned on.
        plain = still is not None and still.key_id is None
        key_id = PLAIN if plain else video.key_id or PLAIN

        def settle() -> ClipUploaded | None:
            self._copies.mark_uploaded(clip.id, cloud_bytes)
            self._catalog.remember_key(self._store.bucket_uri, clip.id, key_id)
            if not local:
                self._copies.mark_file_missing(clip.id)
            self._merge_remote_metadata(clip, remote)
            self._update_metadata_again(clip.id, remote)
            row = self._catalog.get(clip.id)
            return None if row is None else ClipUploaded(clip=row)

        return settle

    def _merge_remote_metadata(self, clip: Clip, remote: Mapping[str, str]) -> None:
        """Complete a row that was recovered from its file with metadata of its object.

        ``clip`` is the row before the upload: what has been changed since is newer.
        """
        metadata, row = load_metadata(remote.get(CLIP_ENTRY, "")), self._catalog.get(clip.id)
        if metadata is None or row is None:
            return
        if row.label is None and metadata.label is not None:
            self._catalog.put(merge_metadata(row, remote[CLIP_ENTRY]))
        if metadata.protected and not clip.protected:
            self._copies.protect(clip.id, protected=True)

    def _file_missing(self, clip: Clip) -> Settle:
        """Settle the upload of a clip whose file has disappeared.

        It may be in the bucket all the same: a power cut undoes the last transactions.
        """
        video = self._store.find(self._name(clip, VIDEO))
        if video is not None and not video.refused:
            still = self._store.find(self._name(clip, STILL))
            return self._uploaded(clip, video, still, local=False)
        if not (self._clips_dir / clip.path).parent.is_dir():
            # Its disk may not be connected at the moment.
            raise FileNotFoundError(2, "the clip's folder is not there")
        _LOGGER.warning("Clip %s was never uploaded, and its file is missing", clip.id)

        def settle() -> None:
            self._copies.mark_file_missing(clip.id)

        return settle

    def update_metadata(self, job: Job, _stop: Event) -> Settle:
        """Write the metadata of a clip's row to its object."""
        clip = self._catalog.get(job.subject)
        if clip is None or clip.cloud is not CloudState.STORED or not self._can_change:
            return lambda: None
        sent = object_metadata(clip)
        try:
            self._store.update_metadata(self._name(clip, VIDEO), sent)
        except (ObjectMissing, EncryptionKeyMissing) as err:
            _LOGGER.warning("The metadata of clip %s cannot be changed: %s", clip.id, err.key)
            return lambda: None

        def settle() -> None:
            self._update_metadata_again(clip.id, sent)

        return settle

    def _update_metadata_again(self, clip_id: str, sent: Mapping[str, str]) -> None:
        """Add another job if the row has changed since its metadata was sent."""
        clip = self._catalog.get(clip_id)
        if clip is None or clip.cloud is not CloudState.STORED:
            return
        metadata = load_metadata(sent.get(CLIP_ENTRY, ""))
        changed = (
            metadata is None
            or metadata.protected is not clip.protected
            or metadata.deleted_at != clip.deleted_at
        )
        if self._can_change and changed:
            self._catalog.jobs.add(JobKind.DESCRIBE, clip_id)

    def delete(self, job: Job, stop: Event) -> Settle:
        """Delete a clip's objects, unless the bucket keeps them until its own rule deletes them."""
        for name in job.payload["names"] if self._can_change else ():
            if stop.is_set():
                raise TransferStopped
            try:
                self._store.delete(f"{self._store.prefix}/{name}".lstrip("/"))
            except RetentionLocked:
                _LOGGER.info("The bucket keeps the objects of clip %s for now", job.subject)
                break
        return lambda: None

    def delete_expired_stills(self, job: Job, stop: Event) -> Settle:
        """Delete the stills of alerts whose links have expired."""
        if not (self._can_change and self._store.rights.list):
            return lambda: None
        first_kept = f"{self._store.prefix}/{ALERT_FOLDER}/{job.payload['before']}".lstrip("/")
        try:
            for obj in self._store.list(f"{ALERT_FOLDER}/"):
                if stop.is_set():
                    raise TransferStopped
                if obj.name >= first_kept:
                    break
                if ALERT_ENTRY in obj.metadata:  # a camera may have the same name as this folder
                    self._store.delete(obj.name)
        except (StorageDenied, RetentionLocked) as err:
            if type(err) not in (StorageDenied, RetentionLocked):
                raise
            # Some buckets forbid it, so that no burglar can delete anything.
            _LOGGER.info("The bucket does not allow deleting the stills of old alerts")
        return lambda: None

    def remember_keys(self, _job: Job, stop: Event) -> Settle:
        """Remember how the clips in the bucket are encrypted that an earlier version uploaded."""
        bucket_uri = self._store.bucket_uri
        found = {}
        for obj in self._store.list() if self._store.rights.list else ():
            if stop.is_set():
                raise TransferStopped
            clip_id = clip_id_from_name(obj.name)
            if clip_id is not None and obj.name.endswith(VIDEO) and not obj.refused:
                found[clip_id] = obj.key_id or PLAIN

        def settle() -> None:
            for clip_id, key_id in found.items():
                if self._catalog.object_key(bucket_uri, clip_id) is None:
                    self._catalog.remember_key(bucket_uri, clip_id, key_id)

        return settle
