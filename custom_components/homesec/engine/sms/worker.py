"""The worker behind one recipient's texts: what is sent next, and what becomes of what fails.

Each recipient has their own, so that nobody waits for another's network, number or account.
"""

from __future__ import annotations

from contextlib import suppress
import logging
import math
import sqlite3
import traceback
from typing import TYPE_CHECKING, override

from ..core.errors import HomeSecError
from ..db.job_queue import LONGEST_WAIT_S, JobKind
from ..db.worker import JobWorker
from .errors import TextBusy, TextError, TextExpired, TextUndelivered, TextUnreachable
from .message_store import Attempt, SidTakenError
from .twilio_api import IN_THE_END, NOT_DELIVERED, Status, ask_status, find_sent, send_now, warm_up
from .twilio_errors import FOR_A_PERSON, undelivered
from .types import RecipientChanged, RecipientState, TextDropped, TextSent

if TYPE_CHECKING:
    import random

    from ..core.clock import Clock
    from ..core.events import EventSink
    from ..db.job_queue import Job
    from .fallback_store import FallbackMessageStore
    from .mms_media import Stills
    from .types import TextAccount, TextMessage

_LOGGER = logging.getLogger(__name__)

SETTLE_S = 20.0
"""Longer than a request may take: by then Twilio has what was sent, and lists it."""
TAKEN_WAIT_S = 1.0
LONGEST_HOLD_S = 60.0
"""An alert is of no use any more after some minutes."""
ASK_AGAIN_S = (60.0, 240.0, 900.0)
"""Whether a text has arrived; after that it is not asked any more."""


class RecipientWorker(JobWorker):
    """Sends one recipient's texts, one at a time, the oldest first."""

    def __init__(
        self,
        recipient_id: str,
        account: TextAccount,
        *,
        ledger: FallbackMessageStore,
        stills: Stills,
        on_event: EventSink,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        super().__init__(name="homesec-texts", clock=clock, rng=rng)
        self.id = recipient_id
        self.account = account
        self._ledger = ledger
        self._stills = stills
        self._on_event = on_event
        self._told: RecipientChanged | None = None
        self._undelivered: str | None = None
        """Why the last text of which that is known did not arrive."""

    @property
    def state(self) -> RecipientState:
        """How texts to this recipient are doing."""
        return RecipientState(
            error=self._error,
            waiting=len(self._ledger.waiting(self.id)),
            last_sent_at=self._ledger.last_sent_at(self.id),
        )

    @override
    def resume(self) -> None:
        """Try again at once."""
        self._ledger.hurry(self.id)
        self._undelivered = None
        super().resume()

    # --- the worker's thread ------------------------------------------------------------------

    @override
    def _run(self) -> None:
        with suppress(ImportError):  # each text will tell
            warm_up()
        super()._run()

    @override
    def step(self) -> float:
        """Do one job, if one is due; return in how many seconds the next may be."""
        self._stills.tidy_daily()
        self._ledger.settle()
        now = self._clock.now()
        waiting = self._ledger.waiting(self.id)
        held_s = self._delay_s()
        for job in waiting:
            if self._is_late(job) and (self._paused or job.resume is None):
                self._drop(job)
                return 0.0
        following, wait_s = _next(waiting, self._ledger.on_their_way(self.id), now)
        if following is not None and max(held_s, wait_s) <= 0:
            self._do(following)
            self._report_state()
            return 0.0
        expiries = [self._ledger.left_s(job) for job in waiting]
        return min(max(held_s, wait_s), *(s for s in expiries if s > 0), math.inf)

    def _is_late(self, job: Job) -> bool:
        return self._ledger.left_s(job) <= 0

    def _do(self, job: Job) -> None:
        self._resumed = False
        try:
            if job.kind is JobKind.DELIVERY:
                self._follow(job)
            else:
                self._send(job)
        except sqlite3.Error:
            raise
        except Exception as err:  # noqa: BLE001 - whatever it is, the other texts go on
            # Cut off by the stop, it has not failed, and is done at the next start.
            if not self._stop.is_set():
                self._failed(job, err)

    def _send(self, job: Job) -> None:
        message = self._ledger.message(job, self.id)
        attempt = Attempt.load(job.resume)
        if attempt is not None and not self._resolved(job, message, attempt):
            return
        if self._is_late(job):
            self._drop(job)
            return
        jpeg = self._ledger.still(message.id)
        link = self._stills.link(message, jpeg, stop=self._stop) if jpeg is not None else None
        if self._stop.is_set():  # whoever comes next may have begun already
            return
        self._ledger.begin(job, settle_s=SETTLE_S)
        self._sent(job, self._ask_twilio(job, message, link))

    def _resolved(self, job: Job, message: TextMessage, attempt: Attempt) -> bool:
        """Return whether a text that may have been sent was surely not; see to it if it was."""
        try:
            sid = find_sent(
                self.account,
                message.body,
                since=attempt.since,
                known=self._ledger.known_sids(),
                stop=self._stop,
            )
        except TextError:
            if self._stop.is_set() or not self._is_late(job):
                raise
            return True
        if sid is not None:
            try:
                self._sent(job, sid, found=True)
            except SidTakenError:
                self._ledger.put_off(job, TAKEN_WAIT_S, TextUnreachable.key)
            return False
        left_s = attempt.until - self._clock.now()
        if left_s > SETTLE_S:
            # The clock was set back since.
            self._ledger.begin(job, settle_s=SETTLE_S)
            left_s = SETTLE_S
        if left_s > 0:
            self._ledger.put_off(job, left_s, TextUnreachable.key)
        return left_s <= 0

    def _ask_twilio(self, job: Job, message: TextMessage, link: str | None) -> str:
        try:
            return send_now(self.account, message.body, media_url=link, stop=self._stop)
        except TextError as err:
            if link is None or err.maybe_sent or isinstance(err, TextBusy | TextUnreachable):
                self._called_off(job, err)
                raise
            _LOGGER.info("Twilio does not take the still of alert %s: %s", message.id, err.key)
        self._ledger.begin(job, settle_s=SETTLE_S)
        try:
            return send_now(self.account, message.body, stop=self._stop)
        except TextError as err:
            self._called_off(job, err)
            raise

    def _called_off(self, job: Job, err: TextError) -> None:
        """Note that the text was surely not sent, if that is so."""
        if not err.maybe_sent:
            self._ledger.call_off(job)

    def _sent(self, job: Job, sid: str, *, found: bool = False) -> None:
        self._failures = 0
        # That the one before did not arrive, only one that does cures.
        self._error = self._undelivered
        if self._ledger.sent(job, self.id, sid, found=found):
            at = self._clock.now()
            self._on_event(TextSent(recipient_id=self.id, message_id=job.payload["id"], at=at))

    def _drop(self, job: Job) -> None:
        if self._ledger.drop(job, self.id):
            _LOGGER.warning("Alert %s could not be texted in time", job.payload["id"])
            self._dropped(job, TextExpired.key)
        self._report_state()

    def _dropped(self, job: Job, error: str) -> None:
        self._on_event(TextDropped(recipient_id=self.id, message_id=job.payload["id"], error=error))

    def _follow(self, job: Job) -> None:
        """Ask what became of a text."""
        try:
            status = ask_status(self.account, job.payload["sid"], stop=self._stop)
        except TextError as err:
            # It was sent, so nothing but this answer depends on it.
            status = Status(err.key)
        if self._stop.is_set():
            return
        if status.name not in IN_THE_END and job.attempts < len(ASK_AGAIN_S):
            self._ledger.put_off(job, ASK_AGAIN_S[job.attempts], status.name)
        elif self._ledger.end_delivery(job) and status.name in NOT_DELIVERED:
            id_, why = job.payload["id"], undelivered(status.code).key
            _LOGGER.warning("The text of alert %s did not arrive: %s (%s)", id_, why, status.code)
            self._error = self._undelivered = why
            self._dropped(job, TextUndelivered.key)
        elif self._undelivered is not None:
            self._undelivered = self._error = None

    def _failed(self, job: Job, err: Exception) -> None:
        key = err.key if isinstance(err, HomeSecError) else "unknown"
        _log(job, err, key)
        if isinstance(err, FOR_A_PERSON):
            self._pause(key)
        elif isinstance(err, TextBusy):
            self._back_off(
                key,
                at_least_s=min(err.retry_after_s or 0.0, LONGEST_WAIT_S),
                at_most_s=LONGEST_HOLD_S,
            )
        elif isinstance(err, TextUnreachable):
            self._back_off(key, at_most_s=LONGEST_HOLD_S)
        else:
            self._error = key
            if job.kind is JobKind.TEXT and self._is_late(job):
                self._drop(job)  # it would hold up the others for ever
            else:
                self._ledger.put_off(job, self._backoff_s(job.attempts), key)

    @override
    def _report_state(self) -> None:
        now = RecipientChanged(
            recipient_id=self.id, error=self._error, waiting=len(self._ledger.waiting(self.id))
        )
        if now != self._told:
            self._told = now
            self._on_event(now)


def _next(waiting: list[Job], on_their_way: list[Job], now: float) -> tuple[Job | None, float]:
    """Return what is done next, and in how many seconds.

    What may have been sent comes first, and is not overtaken: Twilio's list tells texts of the same
    words apart only as long as all others are known.
    """
    doubtful = [job for job in waiting if job.resume is not None]
    jobs = [*(doubtful[:1] or waiting), *on_their_way]
    job = min(jobs, key=lambda job: job.wait_s(now), default=None)
    return job, math.inf if job is None else job.wait_s(now)


def _log(job: Job, err: Exception, key: str) -> None:
    """Say what failed, without what a library wrote of it: that may hold a number or a link."""
    if isinstance(err, HomeSecError):
        _LOGGER.warning("The text of alert %s has to wait: %s", job.payload["id"], key)
        return
    where = "".join(traceback.format_tb(err.__traceback__))
    _LOGGER.error(
        "The text of alert %s failed: %s\n%s", job.payload["id"], type(err).__name__, where
    )
