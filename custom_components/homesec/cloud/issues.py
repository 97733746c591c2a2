"""Repair issues about storage, and the repair flow for a bucket that can't be used."""

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigFlowContext
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_STORAGE, DOMAIN
from ..engine.cloud.errors import (
    BucketMissing,
    ClockSkew,
    QuotaExceeded,
    RequesterPays,
    StorageError,
)
from ..engine.library.retention_policy import GIB
from ..issues import async_raise_issue
from .state import NEEDS_USER

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry

    from ..engine.core.events import Backlog, CatalogRebuilt
    from .state import StorageState

ISSUE_STORAGE: Final = "storage"
ISSUE_STUCK: Final = "uploads_stuck"
ISSUE_DISK: Final = "disk_space"
ISSUE_REMOVED: Final = "clips_dropped"
ISSUE_REBUILT: Final = "catalog_rebuilt"
ISSUE_DAMAGED: Final = "files_damaged"
ISSUE_OLD_KEY: Final = "encryption_old_key"
ISSUE_REFUSED: Final = "objects_refused"

STORAGE_ISSUES = frozenset({*NEEDS_USER, StorageError.key})
STUCK_ISSUES = {
    QuotaExceeded.key: "uploads_stuck_quota",
    ClockSkew.key: "uploads_stuck_clock",
}
STUCK = "uploads_stuck"
RECONFIGURE_STEPS: Final = {
    BucketMissing.key: ("cloud", "bucket"),
    RequesterPays.key: ("cloud", "bucket"),
    ISSUE_OLD_KEY: ("cloud", "encryption"),
}
"""By the text of an issue: the steps to the form that helps; for others, the login."""


class StorageIssues:
    """Creates and deletes the issues."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._hass = hass
        self._async_raise = partial(async_raise_issue, hass, entry_id)

    @callback
    def async_update_storage(self, state: StorageState) -> None:
        """Show whether the cloud can't be used until the user has done something."""
        if not state.needs_user_action and state.login_error is None:
            self._async_delete(ISSUE_STORAGE)
            return
        key = state.error if state.error in STORAGE_ISSUES else StorageError.key
        self._async_raise(ISSUE_STORAGE, key, fixable=True)

    @callback
    def async_update_stuck(self, uploads: Backlog | None, state: StorageState) -> None:
        """Show which uploads have waited for too long; None: there are none."""
        if uploads is None or state.needs_user_action:
            self._async_delete(ISSUE_STUCK)
            return
        key = STUCK_ISSUES.get(state.error or "", STUCK)
        values = {"clips": str(uploads.jobs)}
        self._async_raise(ISSUE_STUCK, key, values, severity=ir.IssueSeverity.WARNING)

    @callback
    def async_update_disk(self, *, low: bool, free_bytes: int) -> None:
        """Show whether the disk is nearly full, and retention can't free more."""
        if low:
            free = {"free": f"{free_bytes / GIB:.1f}"}
            self._async_raise(ISSUE_DISK, "disk_nearly_full", free)
        else:
            self._async_delete(ISSUE_DISK)

    @callback
    def async_report_removed(self, clips: int) -> None:
        """Add to the number of clips that were lost since the disk was full."""
        total = clips + self._shown_number(ISSUE_REMOVED, "clips")
        self._async_report(ISSUE_REMOVED, "clips_dropped", {"clips": str(total)})

    @callback
    def async_report_rebuilt(self, event: CatalogRebuilt) -> None:
        """Report that a damaged catalog was replaced; a missing one is no reason to worry."""
        if event.set_aside is not None:
            values = {"clips": str(event.clips), "file": event.set_aside}
            self._async_report(ISSUE_REBUILT, "catalog_rebuilt", values)

    @callback
    def async_report_damaged(self, files: int, folder: str) -> None:
        """Add to the number of files that could not be read."""
        total = files + self._shown_number(ISSUE_DAMAGED, "files")
        values = {"files": str(total), "folder": folder}
        self._async_report(ISSUE_DAMAGED, "files_damaged", values)

    @callback
    def async_report_refused(self, bucket: str) -> None:
        """Add to the number of objects that have to be encrypted but aren't."""
        total = 1 + self._shown_number(ISSUE_REFUSED, "objects")
        values = {"objects": str(total), "bucket": bucket}
        self._async_report(ISSUE_REFUSED, "objects_refused", values)

    @callback
    def async_update_old_key(self, *, in_use: bool) -> None:
        """Offer a public key while a key of the format before it is in use."""
        if in_use:
            warning = ir.IssueSeverity.WARNING
            self._async_raise(ISSUE_OLD_KEY, "encryption_old_key", severity=warning, fixable=True)
        else:
            self._async_delete(ISSUE_OLD_KEY)

    def _shown_number(self, issue_id: str, placeholder: str) -> int:
        """Return the number in an issue that the user hasn't confirmed yet; 0 without one."""
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, issue_id)
        return int((issue.translation_placeholders or {}).get(placeholder, 0)) if issue else 0

    def _async_report(self, issue_id: str, key: str, values: dict[str, str]) -> None:
        """Raise an issue that stays until the user confirms it."""
        self._async_raise(
            issue_id,
            key,
            values,
            severity=ir.IssueSeverity.WARNING,
            fixable=True,
            persistent=True,
        )

    def _async_delete(self, issue_id: str) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, issue_id)


class StorageRepairFlow(RepairsFlow):
    """Opens the step of the config flow that helps; the issue is deleted when uploads go on."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id

    async def async_step_init(self, _input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Start with the only step."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Describe the problem, then open the login, or the bucket's settings."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or CONF_STORAGE not in entry.data:
            return self.async_abort(reason="storage_gone")
        if user_input is None:
            placeholders = {"bucket": entry.data[CONF_STORAGE]["bucket"]}
            return self.async_show_form(step_id="confirm", description_placeholders=placeholders)
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        steps = RECONFIGURE_STEPS.get(issue.translation_key or "") if issue is not None else None
        if steps is not None:
            flow_id = await self._async_open(entry, SOURCE_RECONFIGURE)
            for step in steps:
                await self.hass.config_entries.flow.async_configure(flow_id, {"next_step_id": step})
        elif flows := list(entry.async_get_active_flows(self.hass, {SOURCE_REAUTH})):
            flow_id = flows[0]["flow_id"]
        else:
            flow_id = await self._async_open(entry, SOURCE_REAUTH)
        return self.async_abort(reason="opens_storage", next_flow=(FlowType.CONFIG_FLOW, flow_id))

    async def _async_open(self, entry: ConfigEntry, source: str) -> str:
        context = ConfigFlowContext(
            source=source, entry_id=entry.entry_id, title_placeholders={"name": entry.title}
        )
        flow = await self.hass.config_entries.flow.async_init(DOMAIN, context=context, data={})
        return flow["flow_id"]
