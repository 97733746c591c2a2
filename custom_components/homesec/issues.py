"""Repair issues: raised while a user has to do something, withdrawn when it's no longer true."""

from functools import partial
from typing import TYPE_CHECKING

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN, LOST_BEFORE_REPAIR
from .engine.core.errors import (
    DetectorError,
    DetectorMissing,
    DiskFull,
    DiskReadOnly,
    LoginRefused,
    ModelBroken,
    ModelUnavailable,
    ModelUnknown,
    RecordingError,
    SourceBroken,
    StartFailed,
    StartFolderEmpty,
)
from .engine.core.types import CameraHealth
from .engine.sms.errors import (
    BadPhoneNumber,
    TextBlocked,
    TextCountryRefused,
    TextDenied,
    TextError,
    TextLimit,
    TextSenderRefused,
    TextUndelivered,
    TextUnsupported,
)
from .video_issues import VIDEO_ISSUES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .engine.core.events import DetectorChanged


ISSUE_ALARM = "alarm_state"
ISSUE_DETECTOR = "detector"
ISSUE_ENGINE = "engine"
ISSUE_OPENCV = "opencv_missing"
ISSUE_RECORDING = "recording"
ISSUE_SECOND = "second_opinion"

DETECTOR_ISSUES = frozenset(
    error.key
    for error in (DetectorError, DetectorMissing, ModelUnknown, ModelUnavailable, ModelBroken)
)
SECOND_ISSUES = {ModelUnavailable.key: "second_opinion_unavailable"}
SECOND_FAILED = "second_opinion_failed"
RECORDING_ISSUES = frozenset(error.key for error in (DiskFull, DiskReadOnly, RecordingError))
RECIPIENT_ISSUES = frozenset(
    error.key
    for error in (
        TextError,
        TextDenied,
        BadPhoneNumber,
        TextSenderRefused,
        TextBlocked,
        TextCountryRefused,
        TextUnsupported,
        TextUndelivered,
        TextLimit,
    )
)
"""All other errors of texts pass by themselves."""


def camera_issue_id(camera_id: str) -> str:
    """Return the id of the one issue that a camera can have."""
    return f"camera_{camera_id}"


def recipient_issue_id(recipient_id: str) -> str:
    """Return the id of the one issue that a recipient can have."""
    return f"recipient_{recipient_id}"


@callback
def async_raise_issue(
    hass: HomeAssistant,
    entry_id: str,
    issue_id: str,
    key: str,
    placeholders: Mapping[str, str] | None = None,
    *,
    severity: ir.IssueSeverity = ir.IssueSeverity.ERROR,
    fixable: bool = False,
    persistent: bool = False,
    **data: str,
) -> None:
    """Raise or change an issue; ``data`` goes to its repair flow, besides the entry's id.

    ``persistent`` is for what has happened: the issue stays until a user has read it.
    """
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        config_entry_id=entry_id,
        data={"entry_id": entry_id, **data},
        is_fixable=fixable,
        is_persistent=persistent,
        severity=severity,
        translation_key=key,
        translation_placeholders=dict(placeholders or {}),
    )


@callback
def async_withdraw_issues(hass: HomeAssistant, *, persistent: bool) -> None:
    """Withdraw all issues, or all but those that stay until a user has read them."""
    for (domain, issue_id), issue in list(ir.async_get(hass).issues.items()):
        if domain == DOMAIN and (persistent or not issue.is_persistent):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


class Issues:
    """Raises and withdraws the issues of one entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._hass = hass
        self._async_raise = partial(async_raise_issue, hass, entry_id)
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._broken: set[str] = set()  # cameras that end their worker process

    @callback
    def async_camera_health(
        self,
        camera_id: str,
        name: str,
        health: CameraHealth,
        error: str | None,
        placeholders: Mapping[str, str] | None = None,
    ) -> None:
        """Raise an issue for a camera that has been lost for some time, or that can't be used."""
        if health is CameraHealth.LOST and error == SourceBroken.key:
            self._async_cancel(camera_id)
            self._broken.add(camera_id)
            self._async_raise_camera(camera_id, name, "camera_broken")
        elif camera_id in self._broken and health is not CameraHealth.OFF:
            self._async_watch_broken(camera_id, health)
        elif health is not CameraHealth.LOST:
            self.async_forget_camera(camera_id)
        elif error == LoginRefused.key:
            # Waiting doesn't help, and each try may bring the camera closer to a lockout.
            self._async_cancel(camera_id)
            self._async_raise_camera(camera_id, name, "camera_login_refused")
        elif error in VIDEO_ISSUES:
            self._async_cancel(camera_id)
            self._async_raise_camera(camera_id, name, VIDEO_ISSUES[error], placeholders)
        else:
            self._async_later(
                camera_id, lambda: self._async_raise_camera(camera_id, name, "camera_lost")
            )

    @callback
    def _async_watch_broken(self, camera_id: str, health: CameraHealth) -> None:
        """Withdraw the issue of a camera that crashed once it has run for some time."""
        if health is CameraHealth.LOST:
            self._async_cancel(camera_id)
        else:
            self._async_later(camera_id, lambda: self.async_forget_camera(camera_id))

    @callback
    def _async_later(self, camera_id: str, action: Callable[[], None]) -> None:
        """Run an action after some time, unless one waits already."""
        if camera_id not in self._timers:

            @callback
            def run(_now: object) -> None:
                action()

            job = HassJob(run, "HomeSec camera issue", cancel_on_shutdown=True)
            self._timers[camera_id] = async_call_later(self._hass, LOST_BEFORE_REPAIR, job)

    @callback
    def async_camera_missing(self, camera_id: str, name: str, error: str | None) -> None:
        """Raise an issue at once: the alarm is armed without a camera, and without consent."""
        if error not in (LoginRefused.key, SourceBroken.key, *VIDEO_ISSUES):  # those say more
            self._async_raise_camera(camera_id, name, "camera_missing")

    @callback
    def async_forget_camera(self, camera_id: str) -> None:
        """Withdraw a camera's issue: it runs again, was switched off, or was removed."""
        self._async_cancel(camera_id)
        self._broken.discard(camera_id)
        self._async_withdraw(camera_issue_id(camera_id))

    @callback
    def async_recipient(self, recipient_id: str, name: str, error: str | None) -> None:
        """Raise an issue while texts don't arrive; errors that pass leave it as it is."""
        if error is None:
            self.async_forget_recipient(recipient_id)
        elif error in RECIPIENT_ISSUES:
            issue_id, placeholders = recipient_issue_id(recipient_id), {"recipient": name}
            self._async_raise(
                issue_id, error, placeholders, fixable=True, recipient_id=recipient_id
            )

    @callback
    def async_forget_recipient(self, recipient_id: str) -> None:
        """Withdraw a recipient's issue: texts arrive again, or the recipient was removed."""
        self._async_withdraw(recipient_issue_id(recipient_id))

    @callback
    def async_detector(self, event: DetectorChanged) -> None:
        """Raise an issue for a detector that doesn't run, and one for its verifier."""
        placeholders = {"detector": event.detector, "model": event.model, **event.placeholders}
        if event.error is None:
            self._async_withdraw(ISSUE_DETECTOR)
        else:
            key = event.error if event.error in DETECTOR_ISSUES else DetectorError.key
            self._async_raise(ISSUE_DETECTOR, key, placeholders)
        if event.verifier_error is None:
            self._async_withdraw(ISSUE_SECOND)
        else:
            key = SECOND_ISSUES.get(event.verifier_error, SECOND_FAILED)
            warning = ir.IssueSeverity.WARNING
            self._async_raise(ISSUE_SECOND, key, placeholders, severity=warning)

    @callback
    def async_opencv_missing(self, *, missing: bool) -> None:
        """Raise an issue while the default detector replaces OpenCV, which this system lacks."""
        if missing:
            warning = ir.IssueSeverity.WARNING
            self._async_raise(ISSUE_OPENCV, ISSUE_OPENCV, severity=warning, fixable=True)
        else:
            self._async_withdraw(ISSUE_OPENCV)

    @callback
    def async_engine(self, error: StartFailed | None, *, spare: str | None = None) -> None:
        """Raise an issue while the engine doesn't start, or uses a spare folder; None: it runs."""
        if error is None:
            self._async_withdraw(ISSUE_ENGINE)
        elif spare is not None:
            placeholders = {"folder": "", "reason": "", **error.placeholders, "spare": spare}
            emptied = error.key == StartFolderEmpty.key
            key = "engine_folder_empty" if emptied else "engine_spare"
            self._async_raise(ISSUE_ENGINE, key, placeholders, fixable=emptied)
        else:
            self._async_raise(
                ISSUE_ENGINE, error.key, {"folder": "", "reason": "", **error.placeholders}
            )

    @callback
    def async_alarm_unreadable(self, *, armed: bool) -> None:
        """Report that the alarm's stored state was lost, except for the mode if it is armed."""
        key = "alarm_state_damaged" if armed else "alarm_state_lost"
        self._async_raise(ISSUE_ALARM, key, fixable=True, persistent=True)

    @callback
    def async_recording(self, error: str | None) -> None:
        """Raise an issue while the disk takes no clips; None: the last clip was saved."""
        if error is None:
            self._async_withdraw(ISSUE_RECORDING)
        elif error in RECORDING_ISSUES:
            self._async_raise(ISSUE_RECORDING, error)

    @callback
    def async_stop(self) -> None:
        """Cancel the timers; issues stay, since Home Assistant may only be restarting."""
        for camera_id in list(self._timers):
            self._async_cancel(camera_id)

    @callback
    def async_withdraw_all(self) -> None:
        """Withdraw on unload all issues but those about what has happened."""
        self.async_stop()
        async_withdraw_issues(self._hass, persistent=False)

    def _async_cancel(self, camera_id: str) -> None:
        if (cancel := self._timers.pop(camera_id, None)) is not None:
            cancel()

    def _async_withdraw(self, issue_id: str) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    def _async_raise_camera(
        self, camera_id: str, name: str, key: str, placeholders: Mapping[str, str] | None = None
    ) -> None:
        self._async_raise(
            camera_issue_id(camera_id),
            key,
            {**(placeholders or {}), "camera": name},
            fixable=True,
            camera_id=camera_id,
        )
