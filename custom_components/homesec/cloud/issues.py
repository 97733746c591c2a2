"""Repairs about where clips lie: the cloud, the disk, the catalogue."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.components.repairs.const import FlowType
from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigFlowContext
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import CONF_STORAGE, DOMAIN
from ..engine.cloud.errors import BucketMissing, ClockSkew, QuotaExceeded, StorageError
from ..engine.library.retention_policy import GIB
from ..issues import async_raise_issue
from .state import FOR_A_PERSON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..engine.core.events import Backlog, CatalogRebuilt
    from .state import StorageState

ISSUE_STORAGE: Final = "storage"
ISSUE_STUCK: Final = "uploads_stuck"
ISSUE_DISK: Final = "disk_space"
ISSUE_DROPPED: Final = "clips_dropped"
ISSUE_REBUILT: Final = "catalog_rebuilt"
ISSUE_DAMAGED: Final = "files_damaged"

STORAGE_ISSUES = frozenset({*FOR_A_PERSON, StorageError.key})
STUCK_ISSUES = {
    QuotaExceeded.key: "uploads_stuck_quota",
    ClockSkew.key: "uploads_stuck_clock",
}
STUCK = "uploads_stuck"


class StorageIssues:
    """Raises and withdraws them."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        self._hass = hass
        self._entry_id = entry_id

    @callback
    def async_storage(self, state: StorageState) -> None:
        """Watch whether the cloud can be used without anybody doing something."""
        if not state.needs_somebody and state.login_error is None:
            self._async_withdraw(ISSUE_STORAGE)
            return
        error = state.error or StorageError.key
        key = error if error in STORAGE_ISSUES else StorageError.key
        self._async_raise(ISSUE_STORAGE, key, fixable=True, severity=ir.IssueSeverity.ERROR)

    @callback
    def async_stuck(self, uploads: Backlog | None, state: StorageState) -> None:
        """Watch what waits for too long; None: nothing does."""
        if uploads is None or state.needs_somebody:
            self._async_withdraw(ISSUE_STUCK)
            return
        key = STUCK_ISSUES.get(state.error or "", STUCK)
        self._async_raise(ISSUE_STUCK, key, {"clips": str(uploads.jobs)})

    @callback
    def async_disk(self, *, low: bool, free_bytes: int) -> None:
        """Watch the free space that is left whatever is removed."""
        if low:
            free = {"free": f"{free_bytes / GIB:.1f}"}
            self._async_raise(ISSUE_DISK, "disk_nearly_full", free, severity=ir.IssueSeverity.ERROR)
        else:
            self._async_withdraw(ISSUE_DISK)

    @callback
    def async_clips_dropped(self, clips: int) -> None:
        """Tell that clips are gone for good, since the disk would have filled."""
        facts = {"clips": str(clips + self._known(ISSUE_DROPPED, "clips"))}
        self._async_raise(ISSUE_DROPPED, "clips_dropped", facts, fixable=True, stays=True)

    @callback
    def async_rebuilt(self, event: CatalogRebuilt) -> None:
        """Tell that the catalogue was damaged; a new one beside clips that are there is no harm."""
        if event.set_aside is not None:
            facts = {"clips": str(event.clips), "file": event.set_aside}
            self._async_raise(ISSUE_REBUILT, "catalog_rebuilt", facts, fixable=True, stays=True)

    @callback
    def async_damaged(self, files: int, folder: str) -> None:
        """Report how many files could not be read since the user last read of any."""
        facts = {"files": str(files + self._known(ISSUE_DAMAGED, "files")), "folder": folder}
        self._async_raise(ISSUE_DAMAGED, "files_damaged", facts, fixable=True, stays=True)

    def _known(self, issue_id: str, what: str) -> int:
        """Return the number that an issue already shows, 0 if there is none."""
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, issue_id)
        return int((issue.translation_placeholders or {}).get(what, 0)) if issue else 0

    def _async_withdraw(self, issue_id: str) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    def _async_raise(
        self,
        issue_id: str,
        key: str,
        placeholders: Mapping[str, str] | None = None,
        *,
        fixable: bool = False,
        stays: bool = False,
        severity: ir.IssueSeverity = ir.IssueSeverity.WARNING,
    ) -> None:
        """``stays``: what has happened has happened, until somebody has read of it."""
        async_raise_issue(
            self._hass,
            self._entry_id,
            issue_id,
            key,
            placeholders,
            severity=severity,
            fixable=fixable,
            persistent=stays,
        )


if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigEntry


class StorageRepairFlow(RepairsFlow):
    """Ends in the house's own flow; the issue goes away by itself when uploads go on."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id

    async def async_step_init(self, _input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Begin."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Say what is the matter, then ask for what cures it."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        if entry is None or CONF_STORAGE not in entry.data:
            return self.async_abort(reason="storage_gone")
        if user_input is None:
            placeholders = {"bucket": entry.data[CONF_STORAGE]["bucket"]}
            return self.async_show_form(step_id="confirm", description_placeholders=placeholders)
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        if issue is not None and issue.translation_key == BucketMissing.key:
            flow_id = await self._async_bucket(entry)
        else:
            flow_id = await self._async_login(entry)
        return self.async_abort(reason="opens_storage", next_flow=(FlowType.CONFIG_FLOW, flow_id))

    async def _async_login(self, entry: ConfigEntry) -> str:
        for flow in entry.async_get_active_flows(self.hass, {SOURCE_REAUTH}):
            return flow["flow_id"]
        return await self._async_open(entry, SOURCE_REAUTH)

    async def _async_bucket(self, entry: ConfigEntry) -> str:
        flow_id = await self._async_open(entry, SOURCE_RECONFIGURE)
        for step in ("cloud", "bucket"):
            await self.hass.config_entries.flow.async_configure(flow_id, {"next_step_id": step})
        return flow_id

    async def _async_open(self, entry: ConfigEntry, source: str) -> str:
        context = ConfigFlowContext(
            source=source, entry_id=entry.entry_id, title_placeholders={"name": entry.title}
        )
        flow = await self.hass.config_entries.flow.async_init(DOMAIN, context=context, data={})
        return flow["flow_id"]
