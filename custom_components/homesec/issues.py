"""Repairs: what needs somebody's attention, withdrawn by itself when it has healed."""

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
    StartDiskFull,
    StartDiskReadOnly,
    StartFailed,
    StartFolderBlocked,
    StartFolderDenied,
    StartFolderMissing,
    StartIndexLocked,
)
from .engine.core.types import CameraHealth

if TYPE_CHECKING:
    from collections.abc import Mapping

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
ENGINE_ISSUES = frozenset(
    error.key
    for error in (
        StartFailed,
        StartFolderBlocked,
        StartFolderDenied,
        StartFolderMissing,
        StartDiskFull,
        StartDiskReadOnly,
        StartIndexLocked,
    )
)
RECORDING_ISSUES = frozenset(error.key for error in (DiskFull, DiskReadOnly))


def camera_issue_id(camera_id: str) -> str:
    """Return the id of the one issue that a camera can have."""
    return f"camera_{camera_id}"


@callback
def async_withdraw(hass: HomeAssistant, *, persistent: bool) -> None:
    """Withdraw all issues, or all but those that stay until somebody has read them."""
    for (domain, issue_id), issue in list(ir.async_get(hass).issues.items()):
        if domain == DOMAIN and (persistent or not issue.is_persistent):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


class Issues:
    """Raises and withdraws the issues of one entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._hass = hass
        self._entry_id = entry_id
        self._timers: dict[str, CALLBACK_TYPE] = {}

    @callback
    def async_camera_health(
        self, camera_id: str, name: str, health: CameraHealth, error: str | None
    ) -> None:
        """Watch a camera's connection."""
        if health is not CameraHealth.LOST:
            self.async_forget_camera(camera_id)
        elif error == LoginRefused.key:
            # Waiting does not help, and every try may bring the camera closer to a lock-out.
            self._async_cancel(camera_id)
            self._async_raise_camera(camera_id, name, "camera_login_refused")
        elif camera_id not in self._timers:

            @callback
            def long_lost(_now: object) -> None:
                self._async_raise_camera(camera_id, name, "camera_lost")

            self._timers[camera_id] = async_call_later(
                self._hass,
                LOST_BEFORE_REPAIR,
                HassJob(long_lost, "HomeSec camera lost", cancel_on_shutdown=True),
            )

    @callback
    def async_camera_missing(self, camera_id: str, name: str, error: str | None) -> None:
        """Tell at once that the house is armed without a camera; nobody agreed to that."""
        if error != LoginRefused.key:  # which says more, and was told
            self._async_raise_camera(camera_id, name, "camera_missing")

    @callback
    def async_forget_camera(self, camera_id: str) -> None:
        """Withdraw what a camera had: it runs again, was switched off or removed."""
        self._async_cancel(camera_id)
        ir.async_delete_issue(self._hass, DOMAIN, camera_issue_id(camera_id))

    @callback
    def async_detector(self, event: DetectorChanged) -> None:
        """Watch the detector, and the model that gives the second opinion."""
        about = {"detector": event.detector, "model": event.model, **event.placeholders}
        if event.error is None:
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE_DETECTOR)
        else:
            key = event.error if event.error in DETECTOR_ISSUES else DetectorError.key
            self._async_raise(ISSUE_DETECTOR, key, about)
        if event.verifier_error is None:
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE_SECOND)
        else:
            key = SECOND_ISSUES.get(event.verifier_error, SECOND_FAILED)
            self._async_raise(ISSUE_SECOND, key, about, severity=ir.IssueSeverity.WARNING)

    @callback
    def async_opencv_missing(self, *, missing: bool) -> None:
        """Tell whether the default detector stands in for OpenCV, which this system lacks."""
        if missing:
            self._async_raise(
                ISSUE_OPENCV,
                ISSUE_OPENCV,
                {},
                severity=ir.IssueSeverity.WARNING,
                fix={"entry_id": self._entry_id},
            )
        else:
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE_OPENCV)

    @callback
    def async_engine(self, error: StartFailed | None) -> None:
        """Watch whether the engine starts: ``error`` of the last try, None if it runs."""
        if error is None:
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE_ENGINE)
        else:
            about = {"folder": "", "reason": "", **error.placeholders}
            self._async_raise(ISSUE_ENGINE, error.key, about)

    @callback
    def async_alarm_unreadable(self, *, armed: bool) -> None:
        """Report that the alarm's stored state was lost, but for the mode if it is armed."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            ISSUE_ALARM,
            config_entry_id=self._entry_id,
            data={"entry_id": self._entry_id},
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key="alarm_state_damaged" if armed else "alarm_state_lost",
        )

    @callback
    def async_recording(self, error: str | None) -> None:
        """Watch the disk: ``error`` of the last clip, None if it was saved."""
        if error is not None and error in RECORDING_ISSUES:
            self._async_raise(ISSUE_RECORDING, error, {})
        elif error is None:
            ir.async_delete_issue(self._hass, DOMAIN, ISSUE_RECORDING)

    @callback
    def async_stop(self) -> None:
        """Cancel the timers; what was raised stays, since Home Assistant may only restart."""
        for camera_id in list(self._timers):
            self._async_cancel(camera_id)

    @callback
    def async_withdraw_all(self) -> None:
        """Leave behind on unload only what has happened: all else is found out anew."""
        self.async_stop()
        async_withdraw(self._hass, persistent=False)

    def _async_cancel(self, camera_id: str) -> None:
        if (cancel := self._timers.pop(camera_id, None)) is not None:
            cancel()

    def _async_raise_camera(self, camera_id: str, name: str, key: str) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            camera_issue_id(camera_id),
            config_entry_id=self._entry_id,
            data={"entry_id": self._entry_id, "camera_id": camera_id},
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=key,
            translation_placeholders={"camera": name},
        )

    def _async_raise(
        self,
        issue_id: str,
        key: str,
        placeholders: Mapping[str, str],
        *,
        severity: ir.IssueSeverity = ir.IssueSeverity.ERROR,
        fix: dict[str, str | int | float | None] | None = None,
    ) -> None:
        """Raise an issue; ``fix`` is the data for its repair flow, if it has one."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            config_entry_id=self._entry_id,
            data=fix,
            is_fixable=fix is not None,
            severity=severity,
            translation_key=key,
            translation_placeholders=dict(placeholders),
        )
