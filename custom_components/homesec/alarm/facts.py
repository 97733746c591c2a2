"""What is stored of the alarm."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from ..const import TRIGGER_TIME_S
from ..stored_data import parse_optional_text, parse_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping


class AlarmMode(StrEnum):
    """What the owner set the alarm to."""

    DISARMED = "disarmed"
    HOME = "home"
    AWAY = "away"
    NIGHT = "night"
    VACATION = "vacation"
    CUSTOM = "custom"


ARMED_MODES = tuple(mode for mode in AlarmMode if mode is not AlarmMode.DISARMED)


class AlarmState(StrEnum):
    """What the alarm is at in its mode."""

    DISARMED = "disarmed"
    ARMING = "arming"
    """The exit delay: time to leave."""
    ARMED = "armed"
    PENDING = "pending"
    """The entry delay: somebody was seen, and may be the owner who comes home."""
    TRIGGERED = "triggered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who or what set the alarm off."""

    by: str | None = None
    """A camera's name or a person's."""
    camera_id: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSnapshot:
    """All that is stored; times are UTC epoch seconds."""

    mode: AlarmMode = AlarmMode.DISARMED
    state: AlarmState = AlarmState.DISARMED
    began_at: float = 0.0
    lasts_s: float | None = None
    """None: until somebody acts. As set when the state began, whatever is set meanwhile."""
    changed_at: float = 0.0
    changed_by: str | None = None
    cause: Cause | None = None
    """While pending or triggered."""
    forced: bool = False
    bypassed: tuple[str, ...] = ()
    """Ids of cameras that were offline when the house was armed all the same, or when people had
    left, and still are."""

    @property
    def triggered_by(self) -> str | None:
        """Who or what set it off; None if it is quiet."""
        return None if self.cause is None else self.cause.by

    def as_dict(self) -> dict[str, Any]:
        """Return the facts as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Read what ``as_dict`` wrote. Raises ``KeyError``, ``TypeError`` or ``ValueError``."""
        mode, state = AlarmMode(stored["mode"]), AlarmState(stored["state"])
        lasts_s = None if stored["lasts_s"] is None else parse_seconds(stored["lasts_s"])
        if not _fits(mode, state, lasts_s):
            raise ValueError("no state that the alarm can be in")
        cause = stored["cause"]
        return cls(
            mode=mode,
            state=state,
            began_at=parse_seconds(stored["began_at"]),
            lasts_s=lasts_s,
            changed_at=parse_seconds(stored["changed_at"]),
            changed_by=parse_optional_text(stored["changed_by"]),
            cause=None if cause is None else _cause(**cause),
            forced=bool(stored["forced"]),
            bypassed=_texts(stored["bypassed"]),
        )

    @classmethod
    def from_mode(cls, stored: object, *, now: float) -> Self:
        """Read the mode alone, where nothing else can be read: an armed house stays armed."""
        try:
            mode = AlarmMode(stored["mode"])  # type: ignore[index]
        except KeyError, TypeError, ValueError:
            mode = AlarmMode.DISARMED
        state = AlarmState.DISARMED if mode is AlarmMode.DISARMED else AlarmState.ARMED
        return cls(mode=mode, state=state, began_at=now, changed_at=now)


def _fits(mode: AlarmMode, state: AlarmState, lasts_s: float | None) -> bool:
    """Tell whether an alarm of this mode can be in this state, for so long."""
    match state:
        case AlarmState.DISARMED:
            return mode is AlarmMode.DISARMED
        case AlarmState.ARMED:
            return mode is not AlarmMode.DISARMED
        case AlarmState.ARMING | AlarmState.PENDING:
            return mode is not AlarmMode.DISARMED and lasts_s is not None
    return True


def _cause(by: object = None, camera_id: object = None, label: object = None) -> Cause:
    return Cause(
        by=parse_optional_text(by),
        camera_id=parse_optional_text(camera_id),
        label=parse_optional_text(label),
    )


def _texts(stored: object) -> tuple[str, ...]:
    if not isinstance(stored, list | tuple) or not all(isinstance(each, str) for each in stored):
        raise ValueError("no list of texts")
    return tuple(stored)


def migrated(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the first version of HomeSec stored, as it is stored now."""
    mode, at = AlarmMode(stored["mode"]), stored["triggered_at"]
    if at is None:
        armed = mode is not AlarmMode.DISARMED
        state = AlarmState.ARMED if armed else AlarmState.DISARMED
        at, cause = stored["changed_at"], None
    else:
        state, cause = AlarmState.TRIGGERED, Cause(by=stored["triggered_by"])
    return AlarmSnapshot(
        mode=mode,
        state=state,
        began_at=at,
        lasts_s=TRIGGER_TIME_S if state is AlarmState.TRIGGERED else None,
        changed_at=stored["changed_at"],
        changed_by=stored["changed_by"],
        cause=cause,
    ).as_dict()
