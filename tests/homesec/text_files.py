"""HomeSec's texts, and the code that names them."""

from __future__ import annotations

import json
from pathlib import Path
import re
from typing import Any

import custom_components.homesec

ROOT = Path(custom_components.homesec.__file__).parent
TEXTS: dict[str, Any] = json.loads((ROOT / "translations/en.json").read_text())
ICONS: dict[str, Any] = json.loads((ROOT / "icons.json").read_text())
MANIFEST: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text())
HACS: dict[str, Any] = json.loads((ROOT.parents[1] / "hacs.json").read_text())
CAMERA = TEXTS["config_subentries"]["camera"]
RECIPIENT = TEXTS["config_subentries"]["recipient"]
SOURCE = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text()
    for path in ROOT.rglob("*.py")
    if path.stem != "__init__" and "engine" not in path.relative_to(ROOT).parts
}
"""By module; the engine has tests of its own."""
WITHOUT_EXCEPTIONS = {
    *(
        "binary_sensor",
        "issues",
        "video_issues",
        "sensor",
        "stream_sensor",
        "flows.retention_flow",
        "flows.zone_form",
    ),
}
"""Modules whose translation keys belong to entities, issues, and fields, not to exceptions."""
PIN_ERRORS = {"wrong_code", "locked_out", "code_missing"}
"""Of the step that asks for a PIN before settings of an armed alarm are saved."""
VIDEO = {"width", "height", "references", "needed", "limit", "size", "seconds", "changes", "clips"}
"""Placeholders of texts about video that is refused."""
GONE = set(re.findall(r'reason="(\w+)"', SOURCE["flows.subentry_flow"]))
