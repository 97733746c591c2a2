"""Print the packages that a plain start of Home Assistant imports, one requirement a line.

HA installs these when it first sets up each integration; the set-up does it beforehand, so that a
start needs no network. Run inside the virtual environment, with the integrations' names.
"""

import json
from pathlib import Path
import sys

from homeassistant import bootstrap
import homeassistant.components as built_in

# Set up by HA's own bootstrap, though in none of its lists of defaults.
ALWAYS = {"isal", "recorder", "system_log"}
# Imported by `analytics`, a default integration, even where there is no Supervisor.
IMPORTED = {"hassio"}


def closure(wanted: set[str], components: Path) -> set[str]:
    """Return the requirements of the wanted integrations and of all that they depend on.

    Not of those that they are only set up after: these are not set up at all.
    """
    todo = [*wanted]
    seen: set[str] = set()
    requirements: set[str] = set()
    while todo:
        if (domain := todo.pop()) in seen:
            continue
        seen.add(domain)
        manifest = json.loads((components / domain / "manifest.json").read_text())
        requirements.update(manifest.get("requirements", ()))
        todo += manifest.get("dependencies", [])
    return requirements


if __name__ == "__main__":
    defaults = ALWAYS | IMPORTED | bootstrap.CORE_INTEGRATIONS | bootstrap.DEFAULT_INTEGRATIONS
    names = defaults | set(sys.argv[1:])
    print("\n".join(sorted(closure(names, Path(built_in.__file__).parent))))
