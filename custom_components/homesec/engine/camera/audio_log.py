"""Log why a camera's audio isn't recorded, once for each reason."""

import logging

from ..core.types import AudioProblem, AudioStatus

_LOGGER = logging.getLogger(__name__)

_REASONS = {
    AudioProblem.UNSUPPORTED: "its format (%s) isn't supported",
    AudioProblem.BROKEN: "it (%s) can't be decoded",
    AudioProblem.SILENT: "the camera announces it (%s), but sends none",
}


class AudioLog:
    """What was logged of one camera's audio."""

    def __init__(self) -> None:
        self._status = AudioStatus()
        self._logged: set[AudioStatus] = set()

    def update(self, status: AudioStatus, camera: str) -> None:
        """Log a new reason; ``camera`` is the name of the one whose settings are to blame."""
        if status is self._status:
            return
        self._status = status
        if status.problem is not None and status not in self._logged:
            self._logged.add(status)
            reason = _REASONS[status.problem] % status.codec
            _LOGGER.info("%s is recorded without its audio: %s", camera, reason)
