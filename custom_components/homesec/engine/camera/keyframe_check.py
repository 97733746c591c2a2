"""Notice that a camera sends keyframes too rarely for the pre-roll buffer."""

from ..core.events import KeyframesMissing


class KeyframeCheck:
    """Tells when the pre-roll buffer was too small for a GOP, and when GOPs fit again."""

    def __init__(self, camera_id: str) -> None:
        self._camera_id = camera_id
        self._gop_t: float | None = None  # when the GOP began
        self._too_large = False  # whether this GOP didn't fit
        self._reported = False

    def start_over(self) -> None:
        """Start over after a gap in the video."""
        self._gop_t, self._too_large = None, False

    def update(self, t: float, *, starts_gop: bool, overflowed: bool) -> KeyframesMissing | None:
        """Process a video packet that is in the buffer; return what has changed."""
        if starts_gop:
            fits = self._gop_t is not None and not self._too_large
            self._gop_t, self._too_large = t, False
            if fits and self._reported:
                self._reported = False
                return KeyframesMissing(camera_id=self._camera_id, seconds=0.0)
        elif overflowed and not self._too_large:
            self._too_large = True
            if not self._reported and self._gop_t is not None:
                self._reported = True
                return KeyframesMissing(camera_id=self._camera_id, seconds=t - self._gop_t)
        return None
