"""Accessibility findings of a page, from axe-core running in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .bootstrap.node import Node
from .panel import SOURCE

if TYPE_CHECKING:
    from .browser import Browser

SCRIPT = SOURCE / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
_RUN = """
(async () => {
  if (!window.axe) { SCRIPT; }
  const part = deepDom.matching("homesec-panel");
  const { violations } = await axe.run(part, { resultTypes: ["violations"] });
  const where = (node) => `${node.target.flat().join(" ")}: ${node.failureSummary}`;
  return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map(where) }));
})()
"""


def findings(page: Browser) -> list[str]:
    """Return the serious and critical findings of HomeSec's page, one line each."""
    Node(SOURCE).install()
    violations: list[dict[str, Any]] = page.evaluate(
        _RUN.replace("SCRIPT", SCRIPT.read_text(encoding="utf-8"))
    )
    return [
        f"{each['id']} ({each['impact']}): {where}"
        for each in violations
        if each["impact"] in GRAVE
        for where in each["where"]
    ]
