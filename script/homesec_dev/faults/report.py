"""The report of a campaign, as JSON and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from .checks import Verdict

_SUMS = (
    "clips",
    "lost",
    "duplicated",
    "unplayable",
    "stray",
    "refused",
    "last_second",
)
_DETAILS = ("lost", "duplicated", "unplayable", "stray")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The faults of one process and what became of its clips."""

    faults: Counter[str]
    verdict: Verdict


def figures(parts: Sequence[Part]) -> dict[str, Any]:
    """Return the figures of all parts together."""
    kinds = dict(sorted((kind, n) for part in parts for kind, n in part.faults.items()))
    missing_s = [s for part in parts for s in part.verdict.missing_ends_s]
    return {
        "faults": sum(kinds.values()),
        **{name: sum(len(getattr(p.verdict, name)) for p in parts) for name in _SUMS},
        "cut_by_a_kill": len(missing_s),
        "longest_missing_end_s": round(max(missing_s, default=0.0), 2),
        "kinds": kinds,
        "details": {name: _details(parts, name) for name in _DETAILS},
    }


def _details(parts: Sequence[Part], name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in parts:
        each = getattr(part.verdict, name)
        found |= each if isinstance(each, dict) else dict.fromkeys(sorted(each), "")
    return found


def print_table(report: dict[str, Any]) -> None:
    """Print the figures and every clip with a fault."""
    rows = [
        *report["kinds"].items(),
        ("faults in all", report["faults"]),
        ("clips", report["clips"]),
        ("lost", report["lost"]),
        ("duplicated", report["duplicated"]),
        ("unplayable", report["unplayable"]),
        ("stray files and objects", report["stray"]),
        ("refused by a full or read-only disk", report["refused"]),
        ("begun in the last second before a kill", report["last_second"]),
        ("ended by a kill, and finished", report["cut_by_a_kill"]),
        ("most that is missing before a kill, s", report["longest_missing_end_s"]),
    ]
    width = max(len(name) for name, _ in rows)
    print(f"| {'':{width}} | number |\n| {'-' * width} | -----: |")
    for name, number in rows:
        print(f"| {name:{width}} | {number:6} |")
    for what, found in report["details"].items():
        for each, why in found.items():
            print(f"{what}: {each}{': ' if why else ''}{why}")
