"""`script/cases`: write the tables of docs/cameras.md that are made from other files.

"By symptom" is made from tests/field/cases.toml, what the sensor *Stream* says from the texts of
the user interface, and "Makers" from the file that the integration itself uses.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
import json
import re
import sys
import tomllib
from typing import TYPE_CHECKING

from .bootstrap import paths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    type Row = tuple[str, ...]

FOLDER = paths.REPOSITORY / "tests" / "field"
TABLE = FOLDER / "cases.toml"
PAGE = paths.REPOSITORY / "docs" / "cameras.md"
MAKERS = paths.COMPONENT / "cameras" / "makers.toml"
TEXTS = paths.COMPONENT / "translations" / "en.json"
RTSP_PORT = 554
BEGIN, END = "<!-- script/cases writes this table: {} -->", "<!-- End of the table. -->"
HEAD = ("symptom", "what the camera sends", "what HomeSec does", "what helps")
MAKER_HEAD = ("maker", "main stream", "low-resolution stream", "good to know")
VERDICT_HEAD = ("stream", "what it means, and what helps")


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


def case_rows(cases: Sequence[Case]) -> list[Row]:
    """Return the documented cases as rows of a table."""
    return [
        (f"**{case.symptom}**", case.sends, case.does, case.helps) for case in cases if case.symptom
    ]


def verdict_rows() -> list[Row]:
    """Return all that the sensor *Stream* can say, with its advice."""
    sensor = json.loads(TEXTS.read_text(encoding="utf-8"))["entity"]["sensor"]["stream"]
    advice = sensor["state_attributes"]["advice"]["state"]
    return [(f"**{name}**", advice[key]) for key, name in sensor["state"].items()]


def maker_rows() -> list[Row]:
    """Return where the cameras of each maker have their video, with ``N`` for the channel."""
    rows: list[Row] = []
    for maker in tomllib.loads(MAKERS.read_text(encoding="utf-8"))["maker"]:
        ports = [port for port in maker.get("ports", ()) if port != RTSP_PORT]
        notes = [maker.get("hint", ""), *(f"Some models use port {port}." for port in ports)]
        columns = zip(*maker["streams"], strict=True)
        main, low = ("<br>".join(map(_path, column)) for column in columns)
        rows.append((f"**{maker['name']}**", main, low, " ".join(filter(None, notes))))
    return sorted(rows, key=lambda row: row[0].casefold())


def _path(path: str) -> str:
    shown = re.sub(r"{channel:02}", "0N", path).replace("{channel}", "N")
    return f"`{shown}`" if shown else ""


def markdown(head: Row, rows: Sequence[Row]) -> str:
    """Return a table."""
    lines = [" | ".join(cells) for cells in (head, ("---",) * len(head), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def with_table(page: str, name: str, table: str) -> str:
    """Return a page with a table at the place of its name. Raises ``ValueError`` without one."""
    begin = re.escape(BEGIN.format(name))
    pattern = re.compile(f"({begin}\n).*?(\n{re.escape(END)})", re.DOTALL)
    found, count = pattern.subn(lambda match: f"{match[1]}\n{table}\n{match[2]}", page)
    if count != 1:
        raise ValueError(f"{PAGE.name} has {count} places for the table {name}")
    return found


def current_page() -> str:
    """Return the page as it should be."""
    page = PAGE.read_text(encoding="utf-8")
    page = with_table(page, "symptoms", markdown(HEAD, case_rows(read_cases())))
    page = with_table(page, "makers", markdown(MAKER_HEAD, maker_rows()))
    return with_table(page, "stream", markdown(VERDICT_HEAD, verdict_rows()))


def main() -> None:
    """Write the tables, or only compare them."""
    parser = argparse.ArgumentParser(prog="script/cases", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the page isn't current")
    options = parser.parse_args()
    wanted = current_page()
    if options.check:
        is_current = wanted == PAGE.read_text(encoding="utf-8")
        sys.exit(0 if is_current else f"{PAGE.name} isn't current: run script/cases")
    PAGE.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
