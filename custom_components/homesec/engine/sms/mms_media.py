"""Stills that go with texts: uploaded to the bucket, and linked so that Twilio can fetch them."""

import logging
import math
import sqlite3
import threading
from typing import TYPE_CHECKING

from ..cloud.errors import StorageError
from ..cloud.object_names import ALERT_ENTRY, CONTENT_TYPES, STILL, alert_day, alert_still_name
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

UPLOAD_LIMIT_S = 5.0  # a text waits no longer for its still
DAY_S = 86_400.0
LINK_S = DAY_S
KEPT_S = 7 * DAY_S


class MmsStills:
    """Publishes stills where the bucket can sign links."""

    def __init__(
        self, *, cloud: Callable[[], CloudStore | None], jobs: JobQueue, clock: Clock
    ) -> None:
        """``cloud`` returns the present bucket."""
        self._cloud = cloud
        self._jobs = jobs
        self._clock = clock
        self._cleaned_t = -math.inf

    def publish(self, message: TextMessage, jpeg: bytes, *, stop: threading.Event) -> str | None:
        """Upload a message's still; return a link, None if that is not possible in time."""
        cloud = self._cloud()
        if cloud is None:
            return None
        given_up = threading.Event()
        try:
            return run_with_deadline(
                UPLOAD_LIMIT_S,
                lambda: _upload(cloud, message, jpeg, given_up),
                name="homesec-still",
                stop=stop,
            )
        except DeadlineExceeded:
            reason = "it took too long"
        except HomeSecError as err:
            reason = err.key
        finally:
            given_up.set()
        _LOGGER.warning("The message of alert %s has no picture: %s", message.id, reason)
        return None

    def schedule_cleanup(self) -> None:
        """Once a day, have old stills deleted from the bucket."""
        now_t = self._clock.monotonic()
        if now_t - self._cleaned_t < DAY_S or self._cloud() is None:
            return
        self._cleaned_t = now_t
        try:
            self._jobs.add(
                JobKind.TIDY, ALERT_ENTRY, {"before": alert_day(self._clock.now() - KEPT_S)}
            )
        except sqlite3.Error as err:
            # Nothing depends on it; it is tried again tomorrow.
            _LOGGER.warning("Stills of old alerts could not be deleted from the bucket: %s", err)


def _upload(
    cloud: CloudStore, message: TextMessage, jpeg: bytes, stop: threading.Event
) -> str | None:
    """Upload a still and return a link to it. Raises StorageError."""
    if not cloud.can_sign_urls():
        return None
    upload = Upload(
        name=alert_still_name(message.id, message.created_at, prefix=cloud.prefix),
        content=BytesContent(data=jpeg),
        content_type=CONTENT_TYPES[STILL],
        metadata={ALERT_ENTRY: "1"},
    )
    try:
        cloud.upload(upload, stop=stop)
        return cloud.signed_url(upload.name, LINK_S)
    except OSError as err:
        raise StorageError(type(err).__name__) from None
