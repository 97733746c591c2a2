"""The models to choose from: those of the manifest and custom models.

All functions but ``models_dir`` read files: call them in an executor.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ..const import DOMAIN
from ..engine.model_zoo.custom_models import find_custom_model, list_custom_models
from ..engine.model_zoo.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.core import HomeAssistant

    from ..engine.model_zoo.manifest import Model


def models_dir(hass: HomeAssistant) -> Path:
    """Return the folder of model files, below Home Assistant's configuration."""
    return Path(hass.config.path(DOMAIN)) / "models"


def offered_models(folder: Path) -> Mapping[str, Model]:
    """Return the models that can be chosen, by name; unreadable ones are left out."""
    return MANIFEST | {each.name: each.model for each in list_custom_models(folder) if each.model}


def custom_model_titles(folder: Path) -> dict[str, str]:
    """Return the titles of all custom models by name, those of unreadable ones included."""
    return {each.name: each.title for each in list_custom_models(folder)}


def custom_model_labels(folder: Path, name: str | None) -> tuple[str, ...]:
    """Return a custom model's labels; none for any other model."""
    custom = None if name is None else find_custom_model(folder, name)
    return () if custom is None or custom.model is None else custom.model.labels
