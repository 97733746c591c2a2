"""The step of the config flow with the retention rules, and its form."""

from typing import TYPE_CHECKING, Any

from homeassistant.const import PERCENTAGE, UnitOfInformation, UnitOfTime
from homeassistant.helpers.selector import (
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
)
from probatio import Optional, Required, Schema

from ..cloud.retention_config import (
    CONF_CAMERAS,
    CONF_DAYS,
    CONF_DELETED_DAYS,
    CONF_MIN_FREE,
    CONF_MIN_FREE_PERCENT,
    CONF_SIZE,
    DEFAULT_DELETED_DAYS,
    DEFAULT_MIN_FREE_GB,
)
from ..cloud.store import CONF_MISSING_RIGHTS
from ..const import CONF_RETENTION, CONF_STORAGE, SUBENTRY_CAMERA
from ..translations import async_options
from .form_fields import named_choice, number
from .problems import PROBLEM, FormSteps, async_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from homeassistant.config_entries import ConfigFlowResult
    from homeassistant.helpers.selector import NumberSelector

CONF_CAMERA = "camera"
MAX_DELETED_DAYS = 365
MAX_FREE_PERCENT = 90

_LIMITS = tuple(field for tier in CONF_DAYS for field in (CONF_DAYS[tier], CONF_SIZE[tier]))


class RetentionSteps(FormSteps):
    """The retention part of the config flow."""

    async def async_step_retention(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change the rules, which are applied without a reload."""
        entry = self._get_reconfigure_entry()
        cameras = entry.get_subentries_of_type(SUBENTRY_CAMERA)
        names = camera_names({camera.subentry_id: camera.title for camera in cameras})
        if user_input is not None:
            if errors := retention_errors(user_input):
                return await self._async_from_top("retention", errors, user_input)
            rules = read_retention(user_input, names, entry.data.get(CONF_RETENTION, {}))
            return self.async_update_and_abort(entry, data_updates={CONF_RETENTION: rules})
        errors, _, answer = self._again.pop()
        shown = answer or shown_retention(entry.data.get(CONF_RETENTION, {}), names)
        return self.async_show_form(
            step_id="retention",
            data_schema=self.add_suggested_values_to_schema(retention_schema(names), shown),
            errors=errors,
            description_placeholders={
                "note": await self._async_retention_note(entry.data),
                PROBLEM: await async_problem(self.hass, "config", errors, {}),
            },
        )

    async def _async_retention_note(self, data: Mapping[str, Any]) -> str:
        """Return what to know of a bucket that HomeSec can't delete clips from."""
        if "delete" not in data.get(CONF_STORAGE, {}).get(CONF_MISSING_RIGHTS, ()):
            return ""
        return (await async_options(self.hass, "note"))["bucket_keeps"]


def retention_schema(cameras: Iterable[str]) -> Schema:
    """Return the form; ``cameras`` are the names that can be chosen for rules of their own."""
    # The selector's list shows the stored value, so that is the name.
    camera_field = ObjectSelectorField(
        required=True, selector=named_choice({name: name for name in cameras})
    )
    limit_fields = {
        field: ObjectSelectorField(selector=_limit_selector(field)) for field in _LIMITS
    }
    return Schema(
        {
            **{Optional(field): _limit_selector(field) for field in _LIMITS},
            Required(CONF_MIN_FREE): number(0, 10_000, unit=UnitOfInformation.GIBIBYTES, step=0.1),
            Optional(CONF_MIN_FREE_PERCENT): number(0, MAX_FREE_PERCENT, unit=PERCENTAGE),
            Optional(CONF_DELETED_DAYS): number(0, MAX_DELETED_DAYS, unit=UnitOfTime.DAYS),
            Optional(CONF_CAMERAS): ObjectSelector(
                ObjectSelectorConfig(
                    multiple=True,
                    translation_key="retention_rule",
                    label_field=CONF_CAMERA,
                    fields={CONF_CAMERA: camera_field, **limit_fields},
                )
            ),
        }
    )


def _limit_selector(field: str) -> NumberSelector:
    if field in CONF_DAYS.values():
        return number(1, 3650, unit=UnitOfTime.DAYS)
    return number(0.1, 100_000, unit=UnitOfInformation.GIBIBYTES, step=0.1)


def camera_names(titles: Mapping[str, str]) -> dict[str, str]:
    """Return the ids of cameras by their titles, with a number where a title repeats."""
    names: dict[str, str] = {}
    for camera_id, title in titles.items():
        name, count = title, 2
        while name in names:
            name, count = f"{title} ({count})", count + 1
        names[name] = camera_id
    return names


def shown_retention(stored: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return stored rules as the form's values, without those of removed cameras."""
    rules = stored.get(CONF_CAMERAS, {})
    return {
        CONF_MIN_FREE: DEFAULT_MIN_FREE_GB,
        CONF_DELETED_DAYS: DEFAULT_DELETED_DAYS,
        **stored,
        CONF_CAMERAS: [
            {CONF_CAMERA: name, **rules[camera_id]}
            for name, camera_id in names.items()
            if camera_id in rules
        ],
    }


def retention_errors(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return an error if a camera has two sets of rules."""
    cameras = [rule[CONF_CAMERA] for rule in answer.get(CONF_CAMERAS, ())]
    return {CONF_CAMERAS: "camera_twice"} if len(set(cameras)) < len(cameras) else {}


def read_retention(
    answer: Mapping[str, Any], names: Mapping[str, str], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the form's values as they are stored, with the limits of removed cameras."""
    present = set(names.values())
    removed = {k: v for k, v in stored.get(CONF_CAMERAS, {}).items() if k not in present}
    return {
        **answer,
        CONF_CAMERAS: removed
        | {
            names[rule[CONF_CAMERA]]: {k: v for k, v in rule.items() if k != CONF_CAMERA}
            for rule in answer.get(CONF_CAMERAS, ())
        },
    }
