"""What the engine needs of a cloud storage, whichever it is."""

from dataclasses import asdict, dataclass, field
from io import BytesIO
import json
from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from threading import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object's metadata."""

    name: str  # complete, with the prefix
    bytes: int  # as ``CloudStore.read`` yields them: of an encrypted object, the decrypted ones
    generation: int  # changes with each write under this name
    md5: str | None = None
    """Of the bytes in the bucket, base64; None for an object composed in the bucket."""
    content_type: str = "application/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)
    key_id: str | None = None  # of the key it is encrypted with; None if it isn't
    refused: bool = False  # whether it isn't encrypted but has to be


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What the account may do in the bucket besides creating objects."""

    read: bool = True
    list: bool = True
    delete: bool = True  # and change: the right to delete an object is that to replace it


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """Where an upload can go on after a restart."""

    name: str
    bytes: int
    md5: str
    session: str = field(repr=False)
    """Secret: it allows to write the object. It may be in the database, but is never shown."""

    def dump(self) -> str:
        """Return it as text for the database."""
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str | None) -> Self | None:
        """Return what ``dump`` wrote; None for anything else, since an upload can begin anew."""
        try:
            match json.loads(text or "null"):
                case {"name": str(name), "bytes": int(size), "md5": str(md5), "session": str(uri)}:
                    return cls(name=name, bytes=size, md5=md5, session=uri)
        except ValueError:
            return None
        return None


class Content(Protocol):
    """Bytes to be stored. They must be the same each time, since an upload can be resumed."""

    @property
    def size_bytes(self) -> int:
        """Return how many there are; raises OSError."""
        ...

    def open(self) -> BinaryIO:
        """Return a seekable stream at its beginning; raises OSError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A finished file."""

    path: Path

    @property
    def size_bytes(self) -> int:
        """Return the file's size; raises OSError."""
        return self.path.stat().st_size

    def open(self) -> BinaryIO:
        """Open the file; raises OSError."""
        return self.path.open("rb")


@dataclass(frozen=True, slots=True, kw_only=True)
class BytesContent:
    """Bytes in memory."""

    data: bytes = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """Return how many bytes there are."""
        return len(self.data)

    def open(self) -> BinaryIO:
        """Return a stream of them."""
        return BytesIO(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What is to be stored under which name."""

    name: str
    content: Content
    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def ignore(_: object) -> None:
    """Do nothing: for an upload whose progress doesn't matter."""


class CloudStore(Protocol):
    """A bucket. Calls block and may come from any thread; each raises StorageError.

    What the local disk refuses stays an OSError.
    """

    @property
    def prefix(self) -> str:
        """Return the folder that is ours, without a slash at its end; may be empty."""
        ...

    @property
    def bucket_uri(self) -> str:
        """Return which bucket and folder this is, independent of the login."""
        ...

    @property
    def rights(self) -> Rights:
        """Return what the account may do in the bucket, as it was found when it was set up."""
        ...

    def connect(self) -> object:
        """Log in, if that was not done yet. The other calls do so themselves."""
        ...

    def upload(
        self,
        upload: Upload,
        *,
        stop: Event,
        resume: ResumePoint | None = None,
        on_resume_point: Callable[[ResumePoint | None], None] = ignore,
        on_progress: Callable[[int], None] = ignore,
    ) -> StoredObject:
        """Store an object, unless it is there already; return it once its checksum is verified.

        ``on_resume_point`` gets where to resume as soon as that is known, and None once that is
        void; ``on_progress`` the number of bytes that have arrived. Raises TransferStopped within
        5 s of ``stop``, and ObjectConflict if the name is taken by something else.
        """
        ...

    def find(self, name: str) -> StoredObject | None:
        """Return an object's metadata; None if there is no such object."""
        ...

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from ``start`` up to, not including, ``end``, piece by piece.

        Raises ObjectMissing. A range beyond the object's end is cut there.
        """
        ...

    def update_metadata(self, name: str, metadata: Mapping[str, str]) -> None:
        """Change entries of an object's metadata; the others stay. Raises ObjectMissing."""
        ...

    def delete(self, name: str) -> bool:
        """Delete an object; return whether it was there."""
        ...

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects in our folder in order of name; pages are requested as needed.

        ``prefix`` continues the store's own, after a slash. Only names beyond ``after`` (complete)
        are included.
        """
        ...

    def signed_url(self, name: str, lifetime_s: float) -> str | None:
        """Return a URL that gives access without a login for a while; None if that's impossible."""
        ...

    def can_sign_urls(self) -> bool:
        """Return whether ``signed_url`` works for what is uploaded from now on."""
        ...

    def check_access(self) -> Rights:
        """Write a small object, and raise what prevents it; try to read, list, and delete it."""
        ...

    def close(self) -> None:
        """Close the connections; idempotent."""
        ...
