"""Finds what the notification rules of recipients refer to although it's gone.

Such a rule matches nothing, so the recipient would silently get no alerts. A camera that was
removed and added again is another camera, whatever it is called.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import callback
from homeassistant.helpers import issue_registry as ir

from ..cameras.config import camera_labels, occupancy_zones, stored_zones
from ..cameras.zones import find_zones, zone_id
from ..const import DOMAIN, SUBENTRY_CAMERA, SUBENTRY_RECIPIENT
from ..issues import async_raise_issue
from .recipient_config import CONF_CAMERAS, CONF_IN_ZONES, CONF_RULES, CONF_WANTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from homeassistant.config_entries import ConfigEntry
    from homeassistant.core import HomeAssistant

    from ..cameras.registry import CameraRegistry


class Referenced(StrEnum):
    """What a rule may refer to."""

    CAMERA = "camera"
    ZONE = "zone"
    LABEL = "label"


RULE_KEYS: Final = {
    Referenced.CAMERA: CONF_CAMERAS,
    Referenced.ZONE: CONF_IN_ZONES,
    Referenced.LABEL: CONF_WANTED,
}
"""The rules' lists of references."""
ISSUE_PREFIX: Final = "rule_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dangling:
    """A reference to something that is gone."""

    kind: Referenced
    reference: str
    recipients: tuple[str, ...]  # ids of those whose rules have it

    @property
    def issue_id(self) -> str:
        """The id of its issue."""
        return f"{ISSUE_PREFIX}{self.kind}_{self.reference}"


def references(data: Mapping[str, Any], kind: Referenced) -> list[str]:
    """Return what a recipient's rules refer to."""
    return list(data.get(CONF_RULES, {}).get(RULE_KEYS[kind], ()))


def choices(entry: ConfigEntry, kind: Referenced) -> dict[str, str]:
    """Return what rules can refer to: names by reference."""
    cameras = entry.get_subentries_of_type(SUBENTRY_CAMERA)
    match kind:
        case Referenced.CAMERA:
            return {camera.subentry_id: camera.title for camera in cameras}
        case Referenced.LABEL:
            labels = (label for camera in cameras for label in camera_labels(camera.data))
            return {label: label for label in labels}
    return zone_choices(entry)


def zone_choices(entry: ConfigEntry) -> dict[str, str]:
    """Return the names of all zones by id, with their camera's where a name isn't unique."""
    found: dict[str, tuple[str, str]] = {}
    for camera in entry.get_subentries_of_type(SUBENTRY_CAMERA):
        for each, name in occupancy_zones(camera.data).items():
            found.setdefault(each, (name, camera.title))
    names = [name for name, _ in found.values()]
    return {
        each: name if names.count(name) == 1 else f"{name} ({camera})"
        for each, (name, camera) in found.items()
    }


def present_references(entry: ConfigEntry, kind: Referenced, stored: list[str]) -> list[str]:
    """Return stored references, of zones by id; one that dangles stays as it is."""
    if kind is not Referenced.ZONE:
        return stored
    found: dict[str, None] = {}
    for reference in stored:
        cameras = entry.get_subentries_of_type(SUBENTRY_CAMERA)
        zones = [
            zone_id(zone)
            for camera in cameras
            for zone in find_zones(stored_zones(camera.data), reference, ids_first=True)
        ]
        found.update(dict.fromkeys(zones or [reference]))
    return list(found)


def find_dangling(entry: ConfigEntry) -> Iterator[Dangling]:
    """Yield all references of rules to something that is gone."""
    recipients = entry.get_subentries_of_type(SUBENTRY_RECIPIENT)
    for kind in Referenced:
        known = choices(entry, kind)
        if not known and kind is Referenced.LABEL:
            continue  # without cameras, nothing is detected
        found: dict[str, list[str]] = {}
        for recipient in recipients:
            stored = references(recipient.data, kind)
            for reference in present_references(entry, kind, stored):
                if reference not in known:
                    found.setdefault(reference, []).append(recipient.subentry_id)
        for reference, ids in found.items():
            yield Dangling(kind=kind, reference=reference, recipients=tuple(ids))


class RuleCheck:
    """Raises an issue for each reference that dangles, and withdraws it when it doesn't."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, cameras: CameraRegistry) -> None:
        self._hass = hass
        self._entry = entry
        self._cameras = cameras
        self._zones: dict[str, str] = {}  # names by id, also of zones that were deleted

    @callback
    def async_update(self) -> None:
        """Compare the rules with what there is."""
        self._zones |= choices(self._entry, Referenced.ZONE)
        issues = ir.async_get(self._hass)
        dangling = {each.issue_id: each for each in find_dangling(self._entry)}
        for domain, issue_id in list(issues.issues):
            if domain == DOMAIN and issue_id.startswith(ISSUE_PREFIX) and issue_id not in dangling:
                issues.async_delete(domain, issue_id)
        for each in dangling.values():
            names = (self._entry.subentries[id_].title for id_ in each.recipients)
            async_raise_issue(
                self._hass,
                self._entry.entry_id,
                each.issue_id,
                f"rule_{each.kind}_gone",
                {"name": self._name(each), "recipients": ", ".join(names)},
                severity=ir.IssueSeverity.WARNING,
                fixable=True,
                persistent=True,  # so that the name is still known after a restart
                rule_kind=each.kind.value,
                reference=each.reference,
            )

    def _name(self, dangling: Dangling) -> str:
        """Return what a thing that is gone was called, as far as that is known."""
        known = None
        if dangling.kind is Referenced.CAMERA:
            known = self._cameras.last_name(dangling.reference)
        elif dangling.kind is Referenced.ZONE:
            known = self._zones.get(dangling.reference)
        if known is None:
            issue = ir.async_get(self._hass).async_get_issue(DOMAIN, dangling.issue_id)
            known = (issue.translation_placeholders or {}).get("name") if issue else None
        return known or dangling.reference
