"""Start a worker: ``python -I boot.py OPTIONS``, with JSON; see ``process.py``.

The engine is imported as a package of its own name, ``engine``: the integration that it's a part of
would import Home Assistant. Its folder doesn't come onto the path, since the integration has
modules that are named like those of others (``select``, ``calendar``).
"""

import importlib
from importlib.util import module_from_spec, spec_from_file_location
import json
from pathlib import Path
import sys

PACKAGE = "engine"


def load_engine(folder: Path) -> None:
    """Import the package in a folder under the name ``engine``."""
    spec = spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(PACKAGE)
    package = sys.modules[PACKAGE] = module_from_spec(spec)
    spec.loader.exec_module(package)


if __name__ == "__main__":
    _options = json.loads(sys.argv[1])
    sys.path[:] = _options["path"]
    load_engine(Path(__file__).resolve().parents[1])
    importlib.import_module(f"{PACKAGE}.worker.main").main(_options)
