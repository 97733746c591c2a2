"""What the engine asks of a cloud storage, whichever it is."""

from __future__ import annotations

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
    """One object of the bucket."""

    name: str
    """Whole, with the prefix."""
    bytes: int
    """As ``CloudStore.read`` gives them: of an encrypted object, what is in it."""
    generation: int
    """Which writing under this name it is."""
    md5: str | None = None
    """Of what lies in the bucket, base64; None for what was put together in the bucket."""
    content_type: str = "application/octet-stream"
    metadata: Mapping[str, str] = field(default_factory=dict)
    key_id: str | None = None
    """Id of the key it is encrypted with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """Where an upload can go on after a restart.

    Whoever has ``session`` can write the object: it may lie in the database, and never be shown.
    """

    name: str
    bytes: int
    md5: str
    session: str = field(repr=False)

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
    """Bytes to be stored. They must be the same each time: an upload goes on where it broke off."""

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
    """What is in memory."""

    data: bytes = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """Return how many bytes there are."""
        return len(self.data)

    def open(self) -> BinaryIO:
        """Return a stream at the beginning."""
        return BytesIO(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """What is to be stored under which name."""

    name: str
    content: Content
    content_type: str
    metadata: Mapping[str, str] = field(default_factory=dict)


def ignore(_: object) -> None:
    """Do nothing: for an upload whose progress nobody follows."""


class CloudStore(Protocol):
    """A bucket. Calls block and may come from any thread; each raises StorageError.

    What the local disk refuses stays an OSError, so that both can be told apart.
    """

    @property
    def prefix(self) -> str:
        """Return the folder that is ours, without a slash at its end; may be empty."""
        ...

    @property
    def bucket_uri(self) -> str:
        """Return which bucket and folder this is, whoever is logged in to it."""
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
        """Store it, unless it is there already; return the object once its checksum is compared.

        ``keep`` is given where to go on as soon as that is known, and None when that is void;
        ``tell`` the bytes that have arrived. Raises TransferStopped within 5 s of ``stop``, and
        ObjectConflict when something else has the name.
        """
        ...

    def find(self, name: str) -> StoredObject | None:
        """Return what the bucket knows of an object."""
        ...

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Give the bytes from ``start`` up to, not including, ``end``, piece by piece.

        Raises ObjectMissing. A range beyond the object's end is cut there.
        """
        ...

    def download(self, name: str, path: Path, *, stop: Event) -> StoredObject:
        """Write the object to a file, which appears under its name only when it is whole."""
        ...

    def update_metadata(self, name: str, metadata: Mapping[str, str]) -> None:
        """Change facts of an object; its others stay, and what is in it. Raises ObjectMissing."""
        ...

    def delete(self, name: str) -> bool:
        """Delete an object; return whether it was there."""
        ...

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[StoredObject]:
        """Give the objects in our folder in order of name; pages are fetched as they are needed.

        ``prefix`` continues the store's own, after a slash; only names beyond ``after`` (whole)
        are given.
        """
        ...

    def signed_url(self, name: str, lifetime_s: float) -> str | None:
        """Return a link that plays without any login for a while; None if none can be made."""
        ...

    def can_sign_urls(self) -> bool:
        """Return whether such a link lets anybody read what is stored from now on."""
        ...

    def probe(self) -> None:
        """Write, read, list and delete a probe object; raises what is missing."""
        ...

    def close(self) -> None:
        """Close the connections; idempotent."""
        ...
