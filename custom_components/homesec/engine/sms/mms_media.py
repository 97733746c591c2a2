"""The stills that go with texts, and the links that lend them to Twilio for a day."""

from __future__ import annotations

import logging
import math
import sqlite3
import threading
from typing import TYPE_CHECKING

from ..cloud.errors import StorageError
from ..cloud.object_names import ALERT, CONTENT_TYPES, STILL, alert_day, alert_still_name
from ..cloud.object_store import BytesContent, Upload
from ..core.deadline import DeadlineExceeded, run_with_deadline
from ..core.errors import HomeSecError
from ..db.job_queue import JobKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..cloud.object_store import CloudStore
    from ..core.clock import Clock
    from ..db.job_queue import JobQueue
    from .types import TextMessage

_LOGGER = logging.getLogger(__name__)

BUDGET_S = 5.0
"""A text does not wait for its still any longer."""
LINK_S = 86_400.0
DAY_S = 86_400.0
KEPT_S = 7 * DAY_S


class Stills:
    """Puts stills where Twilio can fetch them, if there is such a place."""

    def __init__(
        self, *, cloud: Callable[[], CloudStore | None], jobs: JobQueue, clock: Clock
    ) -> None:
        """``cloud`` tells the bucket, with the login of the moment."""
        self._cloud = cloud
        self._jobs = jobs
        self._clock = clock
        self._tidied_t = -math.inf

    def link(self, message: TextMessage, jpeg: bytes, *, stop: threading.Event) -> str | None:
        """Return a link to a message's still; None if there can be none, or not soon."""
        cloud = self._cloud()
        if cloud is None:
            return None
        given_up = threading.Event()
        try:
            return run_with_deadline(
                BUDGET_S,
                lambda: _lent(cloud, message, jpeg, given_up),
                name="homesec-still",
                stop=stop,
            )
        except DeadlineExceeded:
            why = "it took too long"
        except HomeSecError as err:
            why = err.key
        finally:
            given_up.set()
        _LOGGER.warning("The still of alert %s does not go with its text: %s", message.id, why)
        return None

    def tidy_daily(self) -> None:
        """Have the stills of long ago deleted."""
        now_t = self._clock.monotonic()
        if now_t - self._tidied_t >= DAY_S and self._cloud() is not None:
            self._tidied_t = now_t
            before = alert_day(self._clock.now() - KEPT_S)
            try:
                self._jobs.add(JobKind.TIDY, ALERT, {"before": before})
            except sqlite3.Error as err:
                # No text waits for that; tomorrow is another day.
                _LOGGER.warning("Stills of old alerts stay in the bucket: %s", err)


def _lent(
    cloud: CloudStore, message: TextMessage, jpeg: bytes, stop: threading.Event
) -> str | None:
    """Store a still and return a link to it. Raises StorageError."""
    if not cloud.can_sign_urls():
        return None
    name = alert_still_name(message.id, message.created_at, prefix=cloud.prefix)
    try:
        cloud.upload(
            Upload(
                name=name,
                content=BytesContent(data=jpeg),
                content_type=CONTENT_TYPES[STILL],
                metadata={ALERT: "1"},
            ),
            stop=stop,
        )
        return cloud.signed_url(name, LINK_S)
    except OSError as err:
        raise StorageError(type(err).__name__) from None
