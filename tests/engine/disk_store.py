"""A cloud in a local folder, with faults that a test injects."""

import base64
from collections import deque
import contextlib
import hashlib
import json
import threading
import time

from custom_components.homesec.engine.cloud.errors import (
    ChecksumMismatch,
    ObjectConflict,
    ObjectMissing,
    StorageUnreachable,
    TransferStopped,
)
from custom_components.homesec.engine.cloud.object_store import (
    ResumePoint,
    Rights,
    StoredObject,
)

CHUNK_BYTES = 1000


class DiskStore:
    """A ``CloudStore``: objects in ``folder/objects``, open uploads in ``folder/sessions``."""

    prefix = "house"
    bucket_uri = "disk:house"

    def __init__(self, folder, *, chunk_s=0.0):
        self.objects = folder / "objects"
        self.sessions = folder / "sessions"
        for each in (self.objects, self.sessions):
            each.mkdir(parents=True, exist_ok=True)
        self.chunk_s = chunk_s
        self.faults = deque()
        """Raised by the next calls, one each; None lets a call pass."""
        self.calls = []
        self.sent_bytes = 0
        self.breaks_at = None
        """The line breaks once, when so many bytes were sent."""
        self.busy = threading.Event()
        """Something is being uploaded."""
        self.closed = False
        self.rights = Rights()

    def _call(self, what, name):
        self.calls.append((what, name))
        if self.faults and (fault := self.faults.popleft()) is not None:
            raise fault

    def upload(
        self,
        upload,
        *,
        stop,
        resume=None,
        on_resume_point=lambda _: None,
        on_progress=lambda _: None,
    ):
        self._call("upload", upload.name)
        with upload.content.open() as file:
            data = file.read()
        md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
        if (there := self.find(upload.name)) is not None:
            on_resume_point(None)
            if there.md5 != md5:
                raise ObjectConflict
            return there
        session = self._session(upload.name, md5, resume, on_resume_point)
        while (have := session.stat().st_size) < len(data):
            self.busy.set()
            if stop.wait(self.chunk_s):
                raise TransferStopped
            chunk = data[have : have + CHUNK_BYTES]
            with session.open("ab") as file:
                file.write(chunk)
            self.sent_bytes += len(chunk)
            on_progress(have + len(chunk))
            if self.sent_bytes == self.breaks_at:
                raise StorageUnreachable
        if session.read_bytes() != data:
            session.unlink()
            on_resume_point(None)
            raise ChecksumMismatch
        target = self.objects / upload.name
        target.parent.mkdir(parents=True, exist_ok=True)
        facts = {"metadata": dict(upload.metadata), "content_type": upload.content_type}
        target.with_name(target.name + ".facts").write_text(json.dumps(facts))
        # As ``if_generation_match=0``: what is there already is never written over.
        target.hardlink_to(session)
        session.unlink()
        on_resume_point(None)
        return self.find(upload.name)

    def _session(self, name, md5, resume, on_resume_point):
        if resume is not None and (resume.name, resume.md5) == (name, md5):
            session = self.sessions / resume.session
            if session.exists():
                return session
        session = self.sessions / f"{time.monotonic_ns()}"
        session.touch()
        on_resume_point(ResumePoint(name=name, bytes=0, md5=md5, session=session.name))
        return session

    def find(self, name):
        path = self.objects / name
        if not path.is_file():
            return None
        data = path.read_bytes()
        facts = json.loads(path.with_name(path.name + ".facts").read_text())
        md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
        return StoredObject(name=name, bytes=len(data), generation=1, md5=md5, **facts)

    def update_metadata(self, name, metadata):
        self._call("update_metadata", name)
        facts = self.objects / f"{name}.facts"
        if not (self.objects / name).is_file():
            raise ObjectMissing
        facts.write_text(json.dumps({**json.loads(facts.read_text()), "metadata": dict(metadata)}))

    def delete(self, name):
        self._call("delete", name)
        with contextlib.suppress(FileNotFoundError):
            (self.objects / name).unlink()
            return True
        return False

    def close(self):
        self.closed = True

    # --- what tests ask -----------------------------------------------------------------------

    def list(self, folder=""):
        start = f"{self.prefix}/{folder}".rstrip("/")
        return [self.find(name) for name in self.names() if name.startswith(start)]

    def names(self, suffix=""):
        """Return the names of all objects."""
        found = (p.relative_to(self.objects).as_posix() for p in self.objects.rglob("*.*"))
        return sorted(n for n in found if not n.endswith(".facts") and n.endswith(suffix))

    def uploads(self):
        return [name for what, name in self.calls if what == "upload"]


class DeadStore(DiskStore):
    """A cloud that cannot be reached."""

    def upload(self, upload, **_):
        self.calls.append(("upload", upload.name))
        raise StorageUnreachable
