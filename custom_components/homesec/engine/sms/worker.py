"""Sends one recipient's texts, and follows what becomes of them.

Each recipient has a worker, so that no one waits for another's network, number, or account.
"""

from contextlib import suppress
import logging
import math
import sqlite3
from typing import TYPE_CHECKING, override

from ..core.errors import HomeSecError
from ..db.job_queue import LONGEST_WAIT_S, JobKind
from ..db.worker import JobWorker
from .errors import TextBusy, TextError, TextExpired, TextUndelivered, TextUnreachable
from .message_store import Attempt, SidTakenError
from .twilio_api import (
    FINAL_STATUSES,
    UNDELIVERED_STATUSES,
    Status,
    fetch_status,
    find_message,
    import_library,
    send_message,
)
from .twilio_errors import NEEDS_USER, delivery_error
from .types import RecipientChanged, RecipientState, TextDropped, TextSent

if TYPE_CHECKING:
    import random

    from ..core.clock import Clock
    from ..core.events import EventSink
    from ..db.job_queue import Job
    from .message_store import MessageStore
    from .mms_media import MmsStills
    from .types import TextAccount, TextMessage

_LOGGER = logging.getLogger(__name__)

SETTLE_S = 20.0  # longer than a request may take: by then Twilio has what was sent, and lists it
SID_TAKEN_WAIT_S = 1.0
LONGEST_BACKOFF_S = 60.0  # short, since an alert is of no use after some minutes
DELIVERY_CHECKS_S = (60.0, 240.0, 900.0)
"""Waits between the questions whether a text has arrived; then it is not asked again."""


class RecipientWorker(JobWorker):
    """Sends one text at a time, the oldest first."""

    def __init__(
        self,
        recipient_id: str,
        account: TextAccount,
        *,
        messages: MessageStore,
        stills: MmsStills,
        on_event: EventSink,
        clock: Clock,
        rng: random.Random,
    ) -> None:
        super().__init__(name="homesec-texts", clock=clock, rng=rng)
        self.id = recipient_id
        self.account = account
        self._messages = messages
        self._stills = stills
        self._on_event = on_event
        self._reported: RecipientChanged | None = None
        self._undelivered: str | None = None
        """Key of the error of the last text, if that did not arrive."""

    @property
    def state(self) -> RecipientState:
        """How texts to this recipient are doing."""
        return RecipientState(
            error=self._error,
            waiting=len(self._messages.waiting(self.id)),
            last_sent_at=self._messages.last_sent_at(self.id),
        )

    @override
    def resume(self) -> None:
        """Try again at once."""
        self._messages.make_due(self.id)
        self._undelivered = None
        super().resume()

    @override
    def _run(self) -> None:
        with suppress(ImportError):  # reported when a text is sent
            import_library()
        super()._run()

    @override
    def step(self) -> float:
        """Do one job, if one is due; return in how many seconds the next may be."""
        self._stills.schedule_cleanup()
        self._messages.flush()
        now = self._clock.now()
        waiting = self._messages.waiting(self.id)
        delay_s = self._delay_s()
        for job in waiting:
            if self._is_expired(job) and (self.paused or job.resume is None):
                self._drop(job)
                return 0.0
        following, wait_s = _next(waiting, self._messages.awaiting_delivery(self.id), now)
        if following is not None and max(delay_s, wait_s) <= 0:
            self._run_job(following)
            self._report_state()
            return 0.0
        expiries_s = [self._messages.remaining_s(job) for job in waiting]
        return min(max(delay_s, wait_s), *(s for s in expiries_s if s > 0), math.inf)

    def _is_expired(self, job: Job) -> bool:
        return self._messages.remaining_s(job) <= 0

    def _run_job(self, job: Job) -> None:
        self._resumed = False
        try:
            if job.kind is JobKind.DELIVERY:
                self._check_delivery(job)
            else:
                self._send(job)
        except sqlite3.Error:
            raise
        except Exception as err:  # noqa: BLE001 - logged, and the other texts go on
            # A job that a stop interrupted has not failed, and is done after the next start.
            if not self._stop.is_set():
                self._handle_failure(job, err)

    def _send(self, job: Job) -> None:
        message = self._messages.message(job)
        attempt = Attempt.load(job.resume)
        if attempt is not None and not self._resolve_attempt(job, message, attempt):
            return
        if self._is_expired(job):
            self._drop(job)
            return
        jpeg = self._messages.still(message.id)
        url = self._stills.publish(message, jpeg, stop=self._stop) if jpeg is not None else None
        if self._stop.is_set():  # the worker that replaces this one may have begun already
            return
        self._messages.mark_attempted(job, settle_s=SETTLE_S)
        self._mark_sent(job, self._request(job, message, url))

    def _resolve_attempt(self, job: Job, message: TextMessage, attempt: Attempt) -> bool:
        """Search for a text that may have been sent; return whether it has to be sent now."""
        try:
            sid = find_message(
                self.account,
                message.body,
                since=attempt.since,
                known=self._messages.known_sids(),
                stop=self._stop,
            )
        except TextError:
            if self._stop.is_set() or not self._is_expired(job):
                raise
            return True  # and is dropped
        if sid is not None:
            try:
                self._mark_sent(job, sid, found=True)
            except SidTakenError:
                self._messages.reschedule(job, SID_TAKEN_WAIT_S, TextUnreachable.key)
            return False
        settle_s = attempt.until - self._clock.now()
        if settle_s > SETTLE_S:  # the clock was set back since
            self._messages.mark_attempted(job, settle_s=SETTLE_S)
            settle_s = SETTLE_S
        if settle_s > 0:
            self._messages.reschedule(job, settle_s, TextUnreachable.key)
        return settle_s <= 0

    def _request(self, job: Job, message: TextMessage, media_url: str | None) -> str:
        """Send a text, without its still if Twilio refuses that; return the SID."""
        try:
            return send_message(self.account, message.body, media_url=media_url, stop=self._stop)
        except TextError as err:
            if not err.maybe_sent:
                self._messages.clear_attempt(job)
            is_final = err.maybe_sent or isinstance(err, TextBusy | TextUnreachable)
            if media_url is None or is_final:
                raise
            _LOGGER.info("Twilio refused the still of alert %s: %s", message.id, err.key)
        self._messages.mark_attempted(job, settle_s=SETTLE_S)
        return self._request(job, message, None)

    def _mark_sent(self, job: Job, sid: str, *, found: bool = False) -> None:
        self._failures = 0
        # An earlier text that did not arrive stays reported until one arrives.
        self._error = self._undelivered
        if self._messages.mark_sent(job, sid, found=found):
            at = self._clock.now()
            self._on_event(TextSent(recipient_id=self.id, message_id=job.payload["id"], at=at))

    def _drop(self, job: Job) -> None:
        if self._messages.drop(job):
            _LOGGER.warning("Alert %s could not be texted in time", job.payload["id"])
            self._report_dropped(job, TextExpired.key)
        self._report_state()

    def _report_dropped(self, job: Job, error: str) -> None:
        self._on_event(TextDropped(recipient_id=self.id, message_id=job.payload["id"], error=error))

    def _check_delivery(self, job: Job) -> None:
        try:
            status = fetch_status(self.account, job.payload["sid"], stop=self._stop)
        except TextError as err:  # the text was sent: nothing else depends on the answer
            status = Status(err.key)
        if self._stop.is_set():
            return
        if status.name not in FINAL_STATUSES and job.attempts < len(DELIVERY_CHECKS_S):
            self._messages.reschedule(job, DELIVERY_CHECKS_S[job.attempts], status.name)
        elif self._messages.end_delivery(job) and status.name in UNDELIVERED_STATUSES:
            message_id, key = job.payload["id"], delivery_error(status.code).key
            _LOGGER.warning(
                "The text of alert %s did not arrive: %s (%s)", message_id, key, status.code
            )
            self._error = self._undelivered = key
            self._report_dropped(job, TextUndelivered.key)
        elif self._undelivered is not None:
            self._undelivered = self._error = None

    def _handle_failure(self, job: Job, err: Exception) -> None:
        key = err.key if isinstance(err, HomeSecError) else HomeSecError.key
        if isinstance(err, HomeSecError):
            _LOGGER.warning("The text of alert %s has to wait: %s", job.payload["id"], err.log_text)
        else:
            self.log_error(err)
        if isinstance(err, NEEDS_USER):
            self._pause(key)
        elif isinstance(err, TextBusy):
            asked_s = min(err.retry_after_s or 0.0, LONGEST_WAIT_S)
            self._back_off(key, at_least_s=asked_s, at_most_s=LONGEST_BACKOFF_S)
        elif isinstance(err, TextUnreachable):
            self._back_off(key, at_most_s=LONGEST_BACKOFF_S)
        else:
            self._error = key
            if job.kind is JobKind.TEXT and self._is_expired(job):
                self._drop(job)  # or it would hold up the others forever
            else:
                self._messages.reschedule(job, self._backoff_s(job.attempts), key)

    @override
    def _report_state(self) -> None:
        waiting = len(self._messages.waiting(self.id))
        event = RecipientChanged(recipient_id=self.id, error=self._error, waiting=waiting)
        if event != self._reported:
            self._reported = event
            self._on_event(event)


def _next(waiting: list[Job], awaiting_delivery: list[Job], now: float) -> tuple[Job | None, float]:
    """Return the next job, and in how many seconds it is due.

    A text that may have been sent comes first and is not overtaken: in Twilio's list, it can only
    be distinguished from texts with the same words while the SIDs of all others are known.
    """
    attempted = [job for job in waiting if job.resume is not None]
    jobs = [*(attempted[:1] or waiting), *awaiting_delivery]
    job = min(jobs, key=lambda job: job.wait_s(now), default=None)
    return job, math.inf if job is None else job.wait_s(now)
