"""Print what Home Assistant would install when it starts, one requirement a line.

`needed.py INTEGRATION…`, with those that are configured. Home Assistant also installs what an
integration is only set up after (homeassistant/requirements.py).
"""

from __future__ import annotations

import json
from pathlib import Path
import sys

from homeassistant import bootstrap
from homeassistant.auth.mfa_modules import totp
import homeassistant.components as built_in

# Set up by HA's bootstrap, though in none of its lists of defaults.
ALWAYS = {"isal", "recorder", "system_log"}


def main(configured: list[str]) -> set[str]:
    """Return the requirements of all integrations that take part in a start."""
    components = Path(built_in.__file__).parent
    todo = [*ALWAYS, *bootstrap.CORE_INTEGRATIONS, *bootstrap.DEFAULT_INTEGRATIONS, *configured]
    seen: set[str] = set()
    needed = set(totp.REQUIREMENTS)
    while todo:
        if (domain := todo.pop()) in seen:
            continue
        seen.add(domain)
        manifest = json.loads((components / domain / "manifest.json").read_text(encoding="utf-8"))
        needed.update(manifest.get("requirements", ()))
        todo += [*manifest.get("dependencies", ()), *manifest.get("after_dependencies", ())]
    return needed


if __name__ == "__main__":
    print("\n".join(sorted(main(sys.argv[1:]))))
