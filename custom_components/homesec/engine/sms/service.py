"""Texts to all recipients."""

import logging
import math
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from .message_store import MessageStore
from .mms_media import DAY_S, MmsStills
from .types import RecipientState
from .worker import RecipientWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    import random

    from ..cloud.object_store import CloudStore
    from ..core.clock import Clock
    from ..core.events import EventSink
    from ..db.database import Database
    from ..db.job_queue import JobQueue
    from .types import TextAccount, TextMessage

_LOGGER = logging.getLogger(__name__)

JOIN_S = 5.0


class SmsService:
    """Runs a worker for each recipient. Calls may come from any thread, and block for a moment."""

    def __init__(
        self,
        *,
        cloud: Callable[[], CloudStore | None],
        on_event: EventSink,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        """Prepare; nothing is sent before ``start``.

        ``cloud`` returns the present bucket, where stills are put for Twilio.
        """
        self._cloud = cloud
        self._on_event = on_event
        self._clock = clock
        self._rng = rng
        self._lock = threading.RLock()
        self._accounts: dict[str, TextAccount] = {}
        self._accounts_known = False  # once they were set
        self._workers: dict[str, RecipientWorker] = {}
        self._cleaned_t = -math.inf
        self._messages: MessageStore | None = None
        self._stills: MmsStills | None = None

    def start(self, database: Database, jobs: JobQueue) -> None:
        """Start sending what waits."""
        with self._lock:
            self._messages = MessageStore(database, jobs, self._clock)
            self._stills = MmsStills(cloud=self._cloud, jobs=jobs, clock=self._clock)
            self._sync_workers()

    def halt(self) -> None:
        """Ask all workers to end; a text that is being sent is searched after the next start."""
        with self._lock:
            for worker in self._workers.values():
                worker.halt()

    def close(self, timeout_s: float = JOIN_S) -> None:
        """End all workers, and wait for that."""
        deadline_t = time.monotonic() + timeout_s
        with self._lock:
            self.halt()
            workers = list(self._workers.values())
            self._workers.clear()
            messages, self._messages = self._messages, None
        for worker in workers:
            _join(worker, deadline_t)
        if messages is not None:
            messages.close()

    def set_recipients(self, accounts: Mapping[str, TextAccount]) -> None:
        """Set all recipients by id; one whose account has changed is tried again at once.

        Texts for a recipient that is missing here wait until they expire.
        """
        with self._lock:
            self._accounts, self._accounts_known = dict(accounts), True
            self._sync_workers()

    def forget(self, recipient_id: str) -> None:
        """Remove a recipient with all their texts. Raises ``sqlite3.Error``."""
        with self._lock:
            self._accounts.pop(recipient_id, None)
            worker = self._workers.pop(recipient_id, None)
            if worker is not None:
                worker.halt()
            if self._messages is not None:
                self._messages.forget(recipient_id)
        if worker is not None:
            _join(worker, time.monotonic() + JOIN_S)

    def retry(self, recipient_id: str) -> None:
        """Try again at once, since the cause of a failure may be gone."""
        with self._lock:
            worker = self._workers.get(recipient_id)
        if worker is not None:
            worker.resume()

    def states(self) -> dict[str, RecipientState]:
        """Return how texts to each recipient are doing."""
        with self._lock:
            workers = {id_: self._workers.get(id_) for id_ in self._accounts}
            return {id_: w.state if w else RecipientState() for id_, w in workers.items()}

    def _sync_workers(self) -> None:
        if self._messages is None or self._stills is None:
            return
        for recipient_id in self._workers.keys() - self._accounts.keys():
            self._workers.pop(recipient_id).halt()
        self._delete_expired(self._messages)
        for recipient_id, account in self._accounts.items():
            worker = self._workers.get(recipient_id)
            if worker is None:
                worker = self._workers[recipient_id] = RecipientWorker(
                    recipient_id,
                    account,
                    messages=self._messages,
                    stills=self._stills,
                    on_event=self._on_event,
                    clock=self._clock,
                    rng=self._rng,
                )
                worker.start()
            elif worker.account != account:
                worker.account = account
                worker.resume()

    def _delete_expired(self, messages: MessageStore) -> None:
        if not self._accounts_known:
            return  # or texts that expired in the meantime would vanish unnoticed
        self._cleaned_t = self._clock.monotonic()
        try:
            messages.delete_expired(self._accounts)
        except sqlite3.Error as err:
            # Nothing depends on it; it is tried again tomorrow.
            _LOGGER.error("Old texts could not be deleted: %s", err)

    def send(self, message: TextMessage) -> None:
        """Have a text sent. If the disk takes it, nothing loses it once this returns.

        The same message to the same recipient is sent once, however often it is given. Raises
        RuntimeError when nothing runs, ``sqlite3.ProgrammingError`` while closing.
        """
        with self._lock:
            messages = self._messages
            if messages is None:
                raise RuntimeError("texts are not running")
            if self._clock.monotonic() - self._cleaned_t > DAY_S:
                self._delete_expired(messages)
        messages.add(message)
        with self._lock:
            worker = self._workers.get(message.recipient_id)
        if worker is not None:
            worker.wake()


def _join(worker: RecipientWorker, deadline_t: float) -> None:
    if not worker.join(max(0.1, deadline_t - time.monotonic())):
        _LOGGER.warning("A recipient's texts did not stop in time")
