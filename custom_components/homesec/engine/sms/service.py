"""Texts to all recipients."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

from .fallback_store import FallbackMessageStore
from .mms_media import DAY_S, Stills
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


class SmsService:
    """What is texted to whom. Calls may come from any thread, and block for a moment."""

    def __init__(
        self,
        *,
        cloud: Callable[[], CloudStore | None],
        on_event: EventSink,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        """Prepare; nothing is sent before ``start``.

        ``cloud`` tells the bucket for stills, with the login of the moment.
        """
        self._cloud = cloud
        self._on_event = on_event
        self._clock = clock
        self._rng = rng
        self._lock = threading.RLock()
        self._accounts: dict[str, TextAccount] = {}
        self._workers: dict[str, RecipientWorker] = {}
        self._awake: tuple[RecipientWorker, ...] = ()
        """The workers, for those who must not wait for the lock: they hold the database's."""
        self._tidied_t = -math.inf
        self._ledger: FallbackMessageStore | None = None
        self._stills: Stills | None = None

    # --- start and stop -----------------------------------------------------------------------

    def start(self, database: Database, jobs: JobQueue) -> None:
        """Go on with what waits."""
        with self._lock:
            self._ledger = FallbackMessageStore(database, jobs, self._clock)
            self._ledger.watch(self._wake)
            self._stills = Stills(cloud=self._cloud, jobs=jobs, clock=self._clock)
            jobs.add_listener(self._wake)
            self._employ()

    def halt(self) -> None:
        """Begin to end; what is being sent is looked for at the next start."""
        with self._lock:
            for worker in self._workers.values():
                worker.halt()

    def close(self, timeout_s: float = 5.0) -> None:
        """End every thread."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            self.halt()
            workers = list(self._workers.values())
            self._workers.clear()
            ledger, self._ledger = self._ledger, None
        for worker in workers:
            _join(worker, deadline)
        if ledger is not None:
            ledger.close()

    def _wake(self) -> None:
        for worker in self._awake:
            worker.wake()

    # --- recipients ---------------------------------------------------------------------------

    def set_recipients(self, accounts: Mapping[str, TextAccount]) -> None:
        """Say who there is, by id; whose account has changed, is tried again at once.

        What waits for somebody who is not there (any more) waits until it is too old.
        """
        with self._lock:
            self._accounts = dict(accounts)
            self._employ()

    def forget(self, recipient_id: str) -> None:
        """Send nothing more to a recipient, neither what waits."""
        with self._lock:
            self._accounts.pop(recipient_id, None)
            worker = self._workers.pop(recipient_id, None)
            if worker is not None:
                worker.halt()
            if self._ledger is not None:
                self._ledger.forget(recipient_id)
        if worker is not None:
            _join(worker, time.monotonic() + 5.0)

    def retry(self, recipient_id: str) -> None:
        """Try again at once: what was in the way has been cured, or may have been."""
        with self._lock:
            worker = self._workers.get(recipient_id)
        if worker is not None:
            worker.resume()

    def states(self) -> dict[str, RecipientState]:
        """Return how texts to each recipient are doing."""
        with self._lock:
            workers = dict(self._workers)
            return {
                recipient_id: workers[recipient_id].state
                if recipient_id in workers
                else RecipientState()
                for recipient_id in self._accounts
            }

    def _employ(self) -> None:
        """Have a worker for each recipient."""
        if self._ledger is None or self._stills is None:
            return
        for recipient_id in self._workers.keys() - self._accounts.keys():
            self._workers.pop(recipient_id).halt()
        self._tidy(self._ledger)
        for recipient_id, account in self._accounts.items():
            worker = self._workers.get(recipient_id)
            if worker is None:
                worker = self._workers[recipient_id] = RecipientWorker(
                    recipient_id,
                    account,
                    ledger=self._ledger,
                    stills=self._stills,
                    on_event=self._on_event,
                    clock=self._clock,
                    rng=self._rng,
                )
                worker.start()
            elif worker.account != account:
                worker.account = account
                worker.resume()
        self._awake = tuple(self._workers.values())

    def _tidy(self, ledger: FallbackMessageStore) -> None:
        self._tidied_t = self._clock.monotonic()
        try:
            ledger.tidy(self._accounts)
        except sqlite3.Error as err:
            # No text depends on it; tomorrow is another day.
            _LOGGER.error("What was texted long ago cannot be forgotten: %s", err)

    # --- texts --------------------------------------------------------------------------------

    def send(self, message: TextMessage) -> None:
        """Have a text sent; if the disk takes it, it is not lost any more when this returns.

        The same message to the same recipient is sent once, however often it is given. Raises
        RuntimeError when nothing runs, ``sqlite3.ProgrammingError`` when all is ending.
        """
        with self._lock:
            ledger = self._ledger
            if ledger is None:
                raise RuntimeError("texts are not running")
            if self._clock.monotonic() - self._tidied_t > DAY_S:
                self._tidy(ledger)
        ledger.add(message)


def _join(worker: RecipientWorker, deadline: float) -> None:
    if not worker.join(max(0.1, deadline - time.monotonic())):
        _LOGGER.warning("A recipient's texts did not stop in time")
