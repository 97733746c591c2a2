"""The texts of alerts: for a lock screen, and for SMS, which cost by their length."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple, Self
import unicodedata

from homeassistant.helpers.network import NoURLAvailableError, get_url
from homeassistant.util import dt as dt_util, slugify

from ..engine.sms.gsm_alphabet import to_latin
from ..engine.sms.sms_text import Encoding, count_segments, encoding_of, shorten, to_sms
from ..translations import async_options
from ..urls import PANEL_CLIP_URL, PANEL_URL
from .rules import Alert, AlertKind, Sighting

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from homeassistant.core import HomeAssistant


NO_SLUG: Final = "unknown"  # what Home Assistant returns if no letter is left
MAX_NAME: Final = 22  # characters
MAX_SEGMENTS: Final = 2
"""Of an SMS that takes more, names are written in Latin letters."""


class Detail(NamedTuple):
    """How a text names cameras, zones, and people."""

    names: int = 3  # of one kind; of more, only their number is given
    latin: bool = False  # in Latin letters, whatever they're written in

    def spell(self, name: str | None) -> str:
        """Return a whole name as it is spelled."""
        return _latin(name) if name and self.latin else name or ""

    def name(self, name: str | None) -> str:
        """Return a name as it is shown."""
        return shorten(self.spell(name), MAX_NAME)

    def list(self, names: Sequence[str]) -> str:
        """Return a list of names."""
        more = len(names) - self.names
        shown = ", ".join(map(self.name, names[: self.names]))
        return shown + (f" +{more}" if more > 0 else "")


FULL: Final = Detail()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTexts:
    """The texts in Home Assistant's language."""

    labels: Mapping[str, str]
    sentences: Mapping[str, str]
    actions: Mapping[str, str]  # what can be changed while armed

    @classmethod
    async def async_load(cls, hass: HomeAssistant) -> Self:
        """Read the texts from the translations."""
        return cls(
            labels=await async_options(hass, "label"),
            sentences=await async_options(hass, "alert_text"),
            actions=await async_options(hass, "alarm_action"),
        )

    def title(self, alert: Alert, detail: Detail = FULL) -> str:
        """Return what happened, and where."""
        match alert.kind:
            case AlertKind.TEST:
                return self.sentences["test_title"]
            case AlertKind.DURESS:
                return self.sentences["duress_title"]
            case AlertKind.SETTINGS:
                return self.sentences["settings_title"]
        where = detail.list(alert.cameras)
        if alert.kind in (AlertKind.OFFLINE, AlertKind.TAMPER):
            return self.sentences[f"{alert.kind}_title"].format(where=where)
        if alert.kind is AlertKind.ALARM and alert.label is None:
            by = detail.spell(next((x.by for x in alert.sightings if x.by), None)) or where
            key = "alarm_title" if by else "alarm_title_unknown"
            return self.sentences[key].format(by=by)
        key = "alarm_seen_title" if alert.kind is AlertKind.ALARM else "seen_title"
        return self.sentences[key].format(what=self._what(alert), where=where)

    def message(self, alert: Alert, detail: Detail = FULL) -> str:
        """Return when it happened, by whom, and in which zones."""
        key = f"{alert.kind}_message"
        if alert.kind is AlertKind.DURESS and alert.first.by is None:
            key = "duress_message_unknown"
        elif alert.sensor and alert.kind is AlertKind.ALARM:
            key = "alarm_message_sensor"
        elif alert.sensor:
            key = "seen_message_sensor"
        elif alert.zones and alert.kind is AlertKind.SEEN:
            key = "seen_message_zones"
        elif alert.kind is AlertKind.TAMPER:
            key = f"tamper_message_{alert.first.tamper}"
        elif alert.kind is AlertKind.OFFLINE and all(x.turned_off for x in alert.sightings):
            key = "offline_message_off"
        return self.sentences[key].format(
            time=local_time(alert),
            by=detail.spell(alert.first.by),
            sensor=detail.name(alert.sensor),
            zones=detail.list(alert.zones),
            what=", ".join(self._change(x, detail) for x in alert.sightings[: detail.names]),
        )

    def _change(self, sighting: Sighting, detail: Detail) -> str:
        """Return which setting of which camera or recipient was changed."""
        text = self.actions.get(sighting.action or "", "")
        name = sighting.camera or sighting.recipient
        return f"{text} ({detail.name(name)})" if name else text

    def sms(self, alert: Alert, link: str, *, clip: bool = False) -> str:
        """Return the body of an SMS; ``clip``: it says that the clip can be watched.

        It names fewer cameras and zones if that takes fewer segments, and names in Latin letters
        if it takes more than ``MAX_SEGMENTS`` otherwise.
        """
        key, bodies = "sms_clip" if clip else "sms", list[str]()
        for latin in (False, True):
            for names in range(FULL.names, 0, -1):
                detail = Detail(names, latin)
                title, message = self.title(alert, detail), self.message(alert, detail)
                text = self.sentences[key].format(title=title, message=message, link=link)
                bodies.append(to_sms(text))
            body = min(bodies, key=count_segments)
            if count_segments(body) <= MAX_SEGMENTS:
                break
        return body

    def _what(self, alert: Alert) -> str:
        label = alert.label or ""
        what = self.labels.get(label, label.capitalize())
        return f"{what} ({alert.count})" if alert.count > 1 else what


def _latin(name: str) -> str:
    """Return a name in letters of the GSM alphabet; of an emoji, what it shows."""
    latin = to_latin(name)
    if encoding_of(latin) is Encoding.GSM:
        return latin
    if (slug := slugify(name, separator=" ")) != NO_SLUG:
        return slug.capitalize()
    return unicodedata.name(name.strip()[:1] or " ", "?").capitalize()


def local_time(alert: Alert) -> str:
    """Return when an alert began, in Home Assistant's time zone."""
    zone = dt_util.get_default_time_zone()
    return f"{datetime.fromtimestamp(alert.first.at, UTC).astimezone(zone):%H:%M:%S}"


def link_path(alert: Alert) -> str:
    """Return the path of the page with an alert's clip; of HomeSec's page without one."""
    return PANEL_CLIP_URL.format(clip_id=alert.clip_id) if alert.clip_id else PANEL_URL


def absolute_link(hass: HomeAssistant, path: str) -> str:
    """Return a link for a phone: to the external URL if there is one, else into the app."""
    try:
        base = get_url(hass, allow_internal=False, allow_ip=True, prefer_external=True)
    except NoURLAvailableError:
        return f"homeassistant://navigate{path}"
    return f"{base}{path}"
