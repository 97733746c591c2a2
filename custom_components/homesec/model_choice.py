"""Which models there are to choose from: those of the catalogue, and the user's own.

Everything here reads files: to be called in an executor.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from .const import DOMAIN
from .engine.model_zoo.custom_models import find_custom_model, list_custom_models
from .engine.model_zoo.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from homeassistant.core import HomeAssistant

    from .engine.model_zoo.manifest import Model


def models_dir(hass: HomeAssistant) -> Path:
    """Return the folder of model files, below Home Assistant's configuration."""
    return Path(hass.config.path(DOMAIN)) / "models"


def offered_models(folder: Path) -> Mapping[str, Model]:
    """Return by name what can be chosen; what cannot be read is left out."""
    return MANIFEST | {own.name: own.model for own in list_custom_models(folder) if own.model}


def own_titles(folder: Path) -> dict[str, str]:
    """Return the titles of the user's own models by name, broken ones among them."""
    return {own.name: own.title for own in list_custom_models(folder)}


def own_labels(folder: Path, name: str | None) -> tuple[str, ...]:
    """Return what a model knows if it is one of the user's own; else nothing."""
    own = None if name is None else find_custom_model(folder, name)
    return () if own is None or own.model is None else own.model.labels
