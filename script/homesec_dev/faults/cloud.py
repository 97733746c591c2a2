"""An object store with faults on the way to it, and its content in the end."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from .parts import FakeGcs, Fault, Kind, google_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    import random

_BEGIN = {"method": "POST", "path": "uploadType=resumable"}
_SEND = {"method": "PUT", "path": "upload_id"}
_STATUSES = {
    "401": google_error(401, "Invalid Credentials", "authError"),
    "403": google_error(403, "No storage.objects.create access", "forbidden"),
    "404": google_error(404, "The specified bucket does not exist.", "notFound"),
    "408": b"",
    "429": google_error(429, "Too many requests", "rateLimitExceeded"),
    "500": google_error(500, "Backend Error", "backendError"),
    "503": b"Service Unavailable",
}


def _faults() -> dict[str, Callable[[random.Random], Any]]:
    made: dict[str, Callable[[random.Random], Any]] = {
        "hang": lambda rng: Fault(kind=Kind.HANG, **_some(rng)),
        "reset": lambda rng: Fault(
            kind=Kind.RESET,
            after_bytes=rng.randrange(200_000),
            times=rng.choice((1, 2, 9)),
            **_SEND,
        ),
        "lost answer": lambda rng: Fault(kind=Kind.LOSE, **_some(rng)),
        "cut answer": lambda rng: Fault(kind=Kind.CUT_ANSWER, **_some(rng)),
        "damaged upload": lambda _: Fault(kind=Kind.CORRUPT_REQUEST, **_SEND),
        "wrong checksum": lambda rng: Fault(
            kind=Kind.CORRUPT_CHECKSUM, skip=rng.randrange(3), **_SEND
        ),
    }
    for status, body in _STATUSES.items():

        def answer(rng: random.Random, status: str = status, body: object = body) -> Any:  # noqa: ANN401
            times = rng.choice((1, 1, 4))
            return Fault(kind=Kind.STATUS, status=int(status), body=body, times=times, **_some(rng))

        made[f"status {status}"] = answer
    return made


def _some(rng: random.Random) -> dict[str, str]:
    return rng.choice((_BEGIN, _SEND, {}))


FAULTS = _faults()


class Cloud:
    """An object store with faults. A context manager."""

    def __init__(self, folder: Path) -> None:
        self._gcs = FakeGcs(folder)
        self.overwritten: list[str] = []
        """Objects that were stored although one of that name existed."""

    def __enter__(self) -> Self:
        self._gcs.__enter__()
        self._store = self._gcs.front.store
        self._gcs.front.store = self._watched_store
        return self

    def __exit__(self, *_: object) -> None:
        self._gcs.__exit__()

    def _watched_store(self, bucket: str, resource: dict[str, Any], content: bytes) -> Any:  # noqa: ANN401
        front = self._gcs.front
        if front._exists(bucket, resource["name"]):  # noqa: SLF001
            self.overwritten.append(resource["name"])
        for session in list(front.sessions.values()):
            if session.done is not None:  # its bytes are not needed any longer
                session.data.clear()
        return self._store(bucket, resource, content)

    @property
    def address(self) -> dict[str, str]:
        """The engine's settings for it."""
        return {"url": self._gcs.url, "bucket": self._gcs.bucket}

    def arm(self, kind: str, rng: random.Random) -> Callable[[], bool]:
        """Cause a fault in the next requests; return a check whether it has happened."""
        fault = FAULTS[kind](rng)
        times = fault.times
        self._gcs.faults.add(fault)
        return lambda: bool(fault.times < times)

    def refuse(self) -> None:
        """Reset all connections and accept none."""
        self._gcs.faults.down()

    def accept(self) -> None:
        """Undo ``refuse``."""
        self._gcs.faults.up()

    def heal(self) -> None:
        """Remove all faults."""
        self._gcs.faults.clear()

    def objects(self) -> dict[str, str]:
        """Return the MD5 of every object by name, as read from the bucket."""
        found: dict[str, str] = {}
        token = ""
        while True:
            path = f"/storage/v1/b/{self._gcs.bucket}/o?maxResults=500&pageToken={quote(token)}"
            answer = json.loads(self._gcs.front.ask("GET", path)[1])
            for item in answer.get("items", ()):
                content = self._gcs.content(item["name"])
                found[item["name"]] = hashlib.md5(content, usedforsecurity=False).hexdigest()
            token = answer.get("nextPageToken", "")
            if not token:
                return found
