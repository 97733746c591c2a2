"""The forms that ask for a custom model, and how their answers are stored."""

from typing import TYPE_CHECKING, Any, Final

from homeassistant.helpers.selector import (
    FileSelector,
    FileSelectorConfig,
    TextSelector,
    TextSelectorConfig,
)
from probatio import Optional, Required, Schema

from ..const import CONF_MODEL, CONF_THRESHOLD
from ..engine.model_zoo.manifest import HEADS, MANIFEST
from .form_fields import choice, named_choice, number

if TYPE_CHECKING:
    from collections.abc import Mapping

CONF_FILE: Final = "file"
CONF_WEIGHTS: Final = "weights"
CONF_TITLE: Final = "title"
CONF_HEAD: Final = "head"
CONF_WIDTH: Final = "width"
CONF_HEIGHT: Final = "height"
CONF_LABELS: Final = "labels"
CONF_LABELS_FILE: Final = "labels_file"

FIELDS: Final = {
    "files": "base",  # they were asked for in the step before
    "title": CONF_TITLE,
    "head": CONF_HEAD,
    "input": CONF_WIDTH,
    "labels": CONF_LABELS,
    "threshold": CONF_THRESHOLD,
}
"""The form's field for each field that ``CustomModelRefused`` names."""

FILES_SCHEMA: Final = Schema(
    {
        Required(CONF_FILE): FileSelector(FileSelectorConfig(accept=".onnx,.param,.bin")),
        Optional(CONF_WEIGHTS): FileSelector(FileSelectorConfig(accept=".bin")),
    }
)

DESCRIPTION_SCHEMA: Final = Schema(
    {
        Required(CONF_TITLE): TextSelector(),
        Required(CONF_HEAD): choice(HEADS, "head"),
        Required(CONF_WIDTH): number(64, 1280, unit="px"),
        Required(CONF_HEIGHT): number(64, 1280, unit="px"),
        Optional(CONF_LABELS): TextSelector(TextSelectorConfig(multiline=True)),
        Optional(CONF_LABELS_FILE): FileSelector(FileSelectorConfig(accept=".txt,.names")),
        Required(CONF_THRESHOLD): number(5, 95, unit="%"),
    }
)


def default_description(title: str) -> dict[str, Any]:
    """Return the most likely description of a model."""
    return {
        CONF_TITLE: title,
        CONF_HEAD: "yolov8",
        CONF_WIDTH: 640,
        CONF_HEIGHT: 640,
        CONF_LABELS: "\n".join(next(iter(MANIFEST.values())).labels),
        CONF_THRESHOLD: 50,
    }


def read_description(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's answers as arguments of ``import_custom_model``."""
    lines = answer.get(CONF_LABELS, "").splitlines()
    return {
        "title": answer[CONF_TITLE],
        "head": answer[CONF_HEAD],
        "input": (int(answer[CONF_WIDTH]), int(answer[CONF_HEIGHT])),
        "labels": [label for line in lines if (label := line.strip())],
        "threshold": answer[CONF_THRESHOLD] / 100,
    }


def removal_schema(titles: Mapping[str, str]) -> Schema:
    """Return the form that asks which custom model to remove."""
    return Schema({Required(CONF_MODEL): named_choice(titles)})
