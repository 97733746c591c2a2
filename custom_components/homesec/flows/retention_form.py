"""The form that asks how long clips are kept, and what its answers mean."""

from typing import TYPE_CHECKING, Any

from homeassistant.const import UnitOfInformation, UnitOfTime
from homeassistant.helpers.selector import (
    ObjectSelector,
    ObjectSelectorConfig,
    ObjectSelectorField,
)
from probatio import Optional, Required, Schema

from ..cloud.retention_config import (
    CONF_CAMERAS,
    CONF_DAYS,
    CONF_MIN_FREE,
    CONF_SIZE,
    DEFAULT_MIN_FREE_GB,
)
from .form_fields import named_choice, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from homeassistant.helpers.selector import NumberSelector

CONF_CAMERA = "camera"

_LIMITS = tuple(field for place in CONF_DAYS for field in (CONF_DAYS[place], CONF_SIZE[place]))


def _number(field: str) -> NumberSelector:
    if field in CONF_DAYS.values():
        return number(1, 3650, unit=UnitOfTime.DAYS)
    return number(0.1, 100_000, unit=UnitOfInformation.GIBIBYTES, step=0.1)


def retention_schema(cameras: Iterable[str]) -> Schema:
    """Return the form; ``cameras`` are the names of those that may have rules of their own."""
    # The list shows what is stored, so what is stored is the name.
    names = {name: name for name in cameras}
    return Schema(
        {
            **{Optional(field): _number(field) for field in _LIMITS},
            Required(CONF_MIN_FREE): number(0, 10_000, unit=UnitOfInformation.GIBIBYTES, step=0.1),
            Optional(CONF_CAMERAS): ObjectSelector(
                ObjectSelectorConfig(
                    multiple=True,
                    translation_key="retention_rule",
                    label_field=CONF_CAMERA,
                    fields={
                        CONF_CAMERA: ObjectSelectorField(
                            required=True, selector=named_choice(names)
                        ),
                        **{
                            field: ObjectSelectorField(selector=_number(field)) for field in _LIMITS
                        },
                    },
                )
            ),
        }
    )


def camera_names(titles: Mapping[str, str]) -> dict[str, str]:
    """Return the ids of cameras by their titles, each of which is there once."""
    names: dict[str, str] = {}
    for camera_id, title in titles.items():
        name, number_ = title, 2
        while name in names:
            name, number_ = f"{title} ({number_})", number_ + 1
        names[name] = camera_id
    return names


def shown_retention(kept: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return stored rules as the form shows them; those of cameras that are gone are left out."""
    rules = kept.get(CONF_CAMERAS, {})
    return {
        CONF_MIN_FREE: DEFAULT_MIN_FREE_GB,
        **{key: value for key, value in kept.items() if key != CONF_CAMERAS},
        CONF_CAMERAS: [
            {CONF_CAMERA: name, **rules[camera_id]}
            for name, camera_id in names.items()
            if camera_id in rules
        ],
    }


def retention_errors(answer: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with answers that each field alone accepts."""
    cameras = [rule[CONF_CAMERA] for rule in answer.get(CONF_CAMERAS, ())]
    return {CONF_CAMERAS: "camera_twice"} if len(set(cameras)) < len(cameras) else {}


def read_retention(answer: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the rules as they are stored."""
    return {
        **{key: value for key, value in answer.items() if key != CONF_CAMERAS},
        CONF_CAMERAS: {
            names[rule[CONF_CAMERA]]: {k: v for k, v in rule.items() if k != CONF_CAMERA}
            for rule in answer.get(CONF_CAMERAS, ())
        },
    }
