"""The repair flow for rules of recipients that refer to something that is gone."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.helpers import issue_registry as ir
from probatio import Required, Schema

from ..alerts.recipient_config import CONF_RULES
from ..alerts.rule_check import (
    RULE_KEYS,
    Referenced,
    choices,
    find_dangling,
    present_references,
    references,
)
from ..const import DOMAIN
from ..translations import async_options
from .form_fields import named_choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.config_entries import ConfigEntry

    from ..alerts.rule_check import Dangling

CONF_REPLACE: Final = "replace"
DROP, ANY = "drop", "any"  # instead of a replacement: forget the reference, or allow everything
PREFIX: Final = "to:"  # of what can replace it, which could have one of these names


class RuleRepairFlow(RepairsFlow):
    """Replaces the reference in all rules, or removes it from them."""

    def __init__(self, entry_id: str, kind: Referenced, reference: str) -> None:
        self._entry_id = entry_id
        self._kind = kind
        self._reference = reference

    async def async_step_init(self, _input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Start with the only step."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask what the rules should refer to instead."""
        entry = self.hass.config_entries.async_get_entry(self._entry_id)
        dangling = None if entry is None else self._find(entry)
        if entry is None or dangling is None:
            return self.async_abort(reason="rule_fixed")
        if _is_armed(entry):
            return self.async_abort(reason="rule_armed")
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        placeholders = dict((issue.translation_placeholders if issue else None) or {})
        if user_input is not None:
            self._replace(entry, dangling, user_input[CONF_REPLACE])
            return self.async_create_entry(data={})
        options = await self._async_options(entry, dangling)
        same_name = [key for key, name in options.items() if name == placeholders.get("name")]
        return self.async_show_form(
            step_id="confirm",
            data_schema=self.add_suggested_values_to_schema(
                Schema({Required(CONF_REPLACE): named_choice(options)}),
                {CONF_REPLACE: same_name[0]} if len(same_name) == 1 else None,
            ),
            description_placeholders=placeholders,
        )

    def _find(self, entry: ConfigEntry) -> Dangling | None:
        for each in find_dangling(entry):
            if (each.kind, each.reference) == (self._kind, self._reference):
                return each
        return None

    async def _async_options(self, entry: ConfigEntry, dangling: Dangling) -> dict[str, str]:
        texts = await async_options(self.hass, "rule_replacement")
        labels = await async_options(self.hass, "label")
        options = {
            f"{PREFIX}{key}": labels.get(key, name) if self._kind is Referenced.LABEL else name
            for key, name in choices(entry, self._kind).items()
        }
        # An empty list would allow everything, which nobody has asked for.
        others = (self._others(entry, each) for each in dangling.recipients)
        if all(others):
            options[DROP] = texts[DROP]
        return options | {ANY: texts[f"any_{self._kind}"]}

    def _others(self, entry: ConfigEntry, recipient_id: str) -> list[str]:
        """Return what else of its kind the rules of a recipient refer to."""
        stored = references(entry.subentries[recipient_id].data, self._kind)
        present = present_references(entry, self._kind, stored)
        return [each for each in present if each != self._reference]

    def _replace(self, entry: ConfigEntry, dangling: Dangling, answer: str) -> None:
        """Change the rules; the entry's update listener applies them, and withdraws the issue."""
        new = [] if answer in (DROP, ANY) else [answer.removeprefix(PREFIX)]
        for recipient_id in dangling.recipients:
            subentry = entry.subentries[recipient_id]
            others = [] if answer == ANY else self._others(entry, recipient_id)
            rules: Mapping[str, Any] = subentry.data[CONF_RULES]
            changed = {**rules, RULE_KEYS[self._kind]: list(dict.fromkeys([*others, *new]))}
            self.hass.config_entries.async_update_subentry(
                entry, subentry, data={**subentry.data, CONF_RULES: changed}
            )


def _is_armed(entry: ConfigEntry) -> bool:
    """Return whether a change takes a PIN now, which this flow doesn't ask for."""
    runtime = getattr(entry, "runtime_data", None)
    return runtime is not None and runtime.guard.active
