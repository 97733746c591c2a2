"""How an alert reads: on a lock screen, and in a text message that is paid by its length."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.util import dt as dt_util

from ..texts import async_options
from ..urls import PANEL_CLIP_URL, PANEL_URL
from .rules import Alert, AlertKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from homeassistant.core import HomeAssistant

MAX_NAMES: Final = 3
"""Cameras or zones named in one alert; of more only the number is told."""
MAX_NAME: Final = 22
"""Characters of a name: two of a text message's parts hold 306."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The texts in the language of the house."""

    labels: Mapping[str, str]
    sentences: Mapping[str, str]

    @classmethod
    async def async_load(cls, hass: HomeAssistant) -> Self:
        """Look them up."""
        return cls(
            labels=await async_options(hass, "label"),
            sentences=await async_options(hass, "alert_text"),
        )

    def title(self, alert: Alert) -> str:
        """Return what happened and where, in a few words."""
        match alert.kind:
            case AlertKind.TEST:
                return self.sentences["test_title"]
            case AlertKind.DURESS:
                return self.sentences["duress_title"]
        where = _names(alert.cameras)
        if alert.kind is AlertKind.OFFLINE:
            return self.sentences["offline_title"].format(where=where)
        if alert.kind is AlertKind.ALARM and alert.label is None:
            by = next((x.by for x in alert.sightings if x.by), None) or where
            key = "alarm_title" if by else "alarm_title_unknown"
            return self.sentences[key].format(by=by)
        key = "alarm_seen_title" if alert.kind is AlertKind.ALARM else "seen_title"
        return self.sentences[key].format(what=self._what(alert), where=where)

    def message(self, alert: Alert) -> str:
        """Return when it happened, and what else is known."""
        key = f"{alert.kind}_message"
        if alert.kind is AlertKind.DURESS and alert.first.by is None:
            key = "duress_message_unknown"
        elif alert.zones and alert.kind is AlertKind.SEEN:
            key = "seen_message_zones"
        return self.sentences[key].format(
            time=local_time(alert), by=alert.first.by, zones=_names(alert.zones)
        )

    def sms(self, alert: Alert, link: str, *, clip: bool = False) -> str:
        """Return a text message; ``clip``: it is about the clip, which can be watched now."""
        key = "sms_clip" if clip else "sms"
        return self.sentences[key].format(
            title=self.title(alert), message=self.message(alert), link=link
        )

    def _what(self, alert: Alert) -> str:
        label = alert.label or ""
        what = self.labels.get(label, label.capitalize())
        return f"{what} ({alert.count})" if alert.count > 1 else what


def _names(names: Sequence[str]) -> str:
    more = len(names) - MAX_NAMES
    return ", ".join(map(_short, names[:MAX_NAMES])) + (f" +{more}" if more > 0 else "")


def _short(name: str) -> str:
    return name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 3].rstrip()}..."


def local_time(alert: Alert) -> str:
    """Return when it began, as the clocks of the house show it."""
    zone = dt_util.get_default_time_zone()
    return f"{datetime.fromtimestamp(alert.first.at, UTC).astimezone(zone):%H:%M:%S}"


def link_path(alert: Alert) -> str:
    """Return the page that shows an alert's clip; the house's page if there is none."""
    return PANEL_CLIP_URL.format(clip_id=alert.clip_id) if alert.clip_id else PANEL_URL


def absolute_link(hass: HomeAssistant, path: str) -> str:
    """Return a link for a phone: over the internet if there is a way, else into HA's app."""
    try:
        base = get_url(hass, allow_internal=False, allow_ip=True, prefer_external=True)
    except NoURLAvailableError:
        return f"homeassistant://navigate{path}"
    return f"{base}{path}"
