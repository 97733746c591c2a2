"""`script/cases`: write the table "By symptom" in docs/cameras.md from tests/field/cases.toml."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
import re
import sys
import tomllib
from typing import TYPE_CHECKING

from .bootstrap import paths

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = paths.REPOSITORY / "tests" / "field"
TABLE = FOLDER / "cases.toml"
PAGE = paths.REPOSITORY / "docs" / "cameras.md"
BEGIN = "<!-- script/cases writes this table from tests/field/cases.toml. -->"
END = "<!-- End of the table. -->"
HEAD = ("symptom", "what the camera sends", "what HomeSec does", "what helps")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A row of the table; without a symptom, it's only there for its tests."""

    id: str
    symptom: str = ""
    sends: str = ""
    does: str = ""
    helps: str = ""
    tests: tuple[str, ...] = ()  # paths from the repository's root, of tests elsewhere

    @property
    def prefix(self) -> str:
        """How the names of its test files begin."""
        return f"test_{self.id.lower()}_"

    @property
    def files(self) -> list[Path]:
        """All files with its tests."""
        return [
            *sorted(FOLDER.glob(f"{self.prefix}*.py")),
            *map(paths.REPOSITORY.joinpath, self.tests),
        ]


def read_cases() -> list[Case]:
    """Return all rows, in their order."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["case"]
    return [Case(**{**row, "tests": tuple(row.get("tests", ()))}) for row in rows]


def markdown(cases: list[Case]) -> str:
    """Return the documented rows as a table."""
    rows = [
        (f"**{case.symptom}**", case.sends, case.does, case.helps) for case in cases if case.symptom
    ]
    lines = [" | ".join(cells) for cells in (HEAD, ("---",) * len(HEAD), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def with_table(page: str, table: str) -> str:
    """Return a page with the table between its markers. Raises ``ValueError`` without markers."""
    pattern = re.compile(f"({re.escape(BEGIN)}\n).*?(\n{re.escape(END)})", re.DOTALL)
    found, count = pattern.subn(lambda match: f"{match[1]}\n{table}\n{match[2]}", page)
    if count != 1:
        raise ValueError(f"{PAGE.name} has {count} places for the table")
    return found


def main() -> None:
    """Write the table, or only compare it."""
    parser = argparse.ArgumentParser(prog="script/cases", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the page isn't current")
    options = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    wanted = with_table(page, markdown(read_cases()))
    if options.check:
        sys.exit(0 if wanted == page else f"{PAGE.name} isn't current: run script/cases")
    PAGE.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
