"""What is wrong now: HomeSec's repair issues, and states for which there is no issue (yet).

The page lists all of it. A new repair issue appears without any change here, since its texts are
those that Home Assistant's *Repairs* page shows.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from homeassistant.helpers import issue_registry as ir

from ..cloud.issues import ISSUE_DISK, ISSUE_STORAGE, ISSUE_STUCK
from ..const import DOMAIN, SUBENTRY_RECIPIENT
from ..detector.state import DetectorStatus
from ..engine.core.types import CameraHealth
from ..issues import ISSUE_ENGINE, camera_issue_id, recipient_issue_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from homeassistant.auth.models import User

    from ..cameras.state import CameraState
    from ..cloud.state import StorageState
    from ..runtime import HomeSecData

REPAIRS_PATH: Final = "/config/repairs"
SETTINGS_PATH: Final = f"/config/integrations/integration/{DOMAIN}"
DEVICE_PATH: Final = "/config/devices/device/{device_id}"

ERROR, WARNING = ir.IssueSeverity.ERROR, ir.IssueSeverity.WARNING
_RANKS: Final = {ir.IssueSeverity.CRITICAL: 0, ERROR: 1, WARNING: 2}
_RECIPIENT: Final = f"{SUBENTRY_RECIPIENT}_id"
"""In the data of the issues about a recipient."""
_CAMERA: Final = "camera_id"
"""In the data of the issues about a camera."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that is wrong, with the key of its text and where it can be fixed."""

    id: str  # of the repair issue; for a state, its key and the camera or recipient
    key: str  # of the issue's texts, or of the text in ``config_panel.problems``
    repair: bool = False
    severity: ir.IssueSeverity = ERROR
    placeholders: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None  # the key of the error behind it
    error_placeholders: Mapping[str, str] = field(default_factory=dict)
    link: str | None = SETTINGS_PATH
    """A page that only administrators can open; None for what passes by itself."""
    ignored: bool = False  # you chose not to see this issue again
    private: bool = False  # names a recipient, so only administrators see it
    camera_id: str | None = None  # the camera that it's about

    def as_dict(self) -> dict[str, Any]:
        """Return the problem as the page gets it."""
        return {
            "id": self.id,
            "key": self.key,
            "repair": self.repair,
            "severity": self.severity.value,
            "placeholders": dict(self.placeholders),
            "error": self.error,
            "error_placeholders": dict(self.error_placeholders),
            "link": self.link,
            "ignored": self.ignored,
            "private": self.private,
            "camera_id": self.camera_id,
        }


def find_problems(runtime: HomeSecData) -> list[Problem]:
    """Return all problems, the most serious first."""
    issues = [
        issue
        for (domain, _), issue in ir.async_get(runtime.hass).issues.items()
        if domain == DOMAIN and issue.active
    ]
    known = frozenset(issue.issue_id for issue in issues)
    repairs = [_from_issue(issue) for issue in sorted(issues, key=lambda issue: issue.created)]
    return sorted(
        [*repairs, *_states(runtime, known)], key=lambda problem: _RANKS[problem.severity]
    )


def visible_problems(problems: list[dict[str, Any]], user: User) -> list[dict[str, Any]]:
    """Return what concerns a user; links are for administrators, who alone can follow them."""
    return [
        {
            **{key: value for key, value in problem.items() if key != "private"},
            "link": problem["link"] if user.is_admin else None,
        }
        for problem in problems
        if user.is_admin or not problem["private"]
    ]


def _from_issue(issue: ir.IssueEntry) -> Problem:
    return Problem(
        id=issue.issue_id,
        key=issue.translation_key or issue.issue_id,
        repair=True,
        severity=issue.severity or WARNING,
        placeholders=issue.translation_placeholders or {},
        link=REPAIRS_PATH,
        ignored=issue.dismissed_version is not None,
        private=_RECIPIENT in (issue.data or {}),
        camera_id=_camera_id(issue),
    )


def _camera_id(issue: ir.IssueEntry) -> str | None:
    camera_id = (issue.data or {}).get(_CAMERA)
    return camera_id if isinstance(camera_id, str) else None


def _states(runtime: HomeSecData, known: frozenset[str]) -> Iterator[Problem]:
    """Yield what is wrong although no issue says so; ``known``: the issues' ids."""
    if not runtime.host.ready:
        if ISSUE_ENGINE not in known:
            yield Problem(id="starting", key="starting", severity=WARNING, link=None)
        return
    worker = runtime.host.engine.worker_status
    if not worker.in_process and worker.restarts and not worker.running:
        yield Problem(id="worker_restarting", key="worker_restarting", link=None)
    yield from _detector(runtime)
    lost = list(_cameras(runtime, known))
    yield from lost
    yield from _bypassed(runtime, {problem.placeholders["camera"] for problem in lost}, known)
    yield from _storage(runtime.storage.state, known)
    yield from _recipients(runtime, known)


def _detector(runtime: HomeSecData) -> Iterator[Problem]:
    """Yield that people can't be detected yet; what doesn't work has an issue."""
    status, progress = runtime.detector.status, runtime.detector.progress
    if status is DetectorStatus.DOWNLOADING and progress is not None:
        values = {"progress": str(progress)}
        yield Problem(
            id="detector",
            key="detector_downloading",
            severity=WARNING,
            placeholders=values,
            link=None,
        )
    elif status in (DetectorStatus.PREPARING, DetectorStatus.DOWNLOADING):
        yield Problem(id="detector", key="detector_preparing", severity=WARNING, link=None)


def _cameras(runtime: HomeSecData, known: frozenset[str]) -> Iterator[Problem]:
    for camera_id, state in runtime.cameras.items():
        if not runtime.cameras.exists(camera_id) or camera_issue_id(camera_id) in known:
            continue
        if (key := _camera_key(state)) is not None:
            device_id = runtime.devices.id_of(camera_id)
            yield Problem(
                id=f"{key}_{camera_id}",
                key=key,
                placeholders={"camera": runtime.cameras.subentry(camera_id).title},
                error=state.error,
                error_placeholders=state.error_placeholders,
                link=DEVICE_PATH.format(device_id=device_id) if device_id else SETTINGS_PATH,
                camera_id=camera_id,
            )


def _camera_key(state: CameraState) -> str | None:
    """Return what to say of a camera; None if it does what it should."""
    if state.health is CameraHealth.LOST:
        return "camera_lost"
    if state.health is not CameraHealth.OFF and state.error is not None:
        return "camera_not_watched"
    return None


def _bypassed(runtime: HomeSecData, lost: set[str], known: frozenset[str]) -> Iterator[Problem]:
    """Yield the cameras that the alarm is armed without, unless they were named already."""
    if not runtime.alarm.armed:
        return
    bypassed = set(runtime.alarm.bypassed) - lost
    for camera_id in runtime.cameras:
        name = runtime.cameras.name(camera_id)
        if name in bypassed and camera_issue_id(camera_id) not in known:
            yield Problem(
                id=f"camera_bypassed_{camera_id}",
                key="camera_bypassed",
                severity=WARNING,
                placeholders={"camera": name},
                camera_id=camera_id,
            )


def _storage(state: StorageState, known: frozenset[str]) -> Iterator[Problem]:
    if state.disk_low and ISSUE_DISK not in known:
        yield Problem(id="disk_low", key="disk_low")
    if state.error is not None and not known & {ISSUE_STORAGE, ISSUE_STUCK}:
        yield Problem(
            id="uploads_failing", key="uploads_failing", severity=WARNING, error=state.error
        )


def _recipients(runtime: HomeSecData, known: frozenset[str]) -> Iterator[Problem]:
    recipients = runtime.alerts.recipients
    for recipient_id in recipients.rules:
        subentry = runtime.entry.subentries.get(recipient_id)
        if subentry is None or recipient_issue_id(recipient_id) in known:
            continue
        if recipients.is_stuck(recipient_id):
            yield Problem(
                id=f"messages_waiting_{recipient_id}",
                key="messages_waiting",
                severity=WARNING,
                placeholders={"recipient": subentry.title},
                private=True,
            )
