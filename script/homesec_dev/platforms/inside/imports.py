"""Import what HomeSec requires, and every module of HomeSec itself.

`python -m homesec_dev.platforms.inside.imports REQUIREMENT…` prints what cannot be imported.
"""

from __future__ import annotations

import importlib
from importlib.metadata import files
import json
import pkgutil
import sys
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

import custom_components.homesec as ours

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "__init__.py"
# google-cloud-storage's generated clients, which want packages that it only recommends.
OPTIONAL = "google.cloud._storage"


def main(requirements: list[str]) -> dict[str, str]:
    """Return what went wrong, by module."""
    failed = {}
    for name in _names(requirements):
        try:
            importlib.import_module(name)
        except ImportError as err:
            failed[name] = str(err)
    return failed


def _names(requirements: list[str]) -> Iterator[str]:
    for requirement in requirements:
        yield from _outermost(Requirement(requirement).name)
    for module in pkgutil.walk_packages(ours.__path__, f"{ours.__name__}."):
        yield module.name


def _outermost(distribution: str) -> list[str]:
    """Return the packages that a distribution brings, not those within them."""
    folders = {file.parent for file in files(distribution) or () if file.name == PACKAGE}
    outermost = (each for each in sorted(folders) if not folders.intersection(each.parents))
    return [name for each in outermost if not (name := ".".join(each.parts)).startswith(OPTIONAL)]


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
