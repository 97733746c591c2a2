"""`script/cases`: write the tables of docs/cameras.md that are made from other files.

"By symptom" is made from tests/field/cases.toml, what the sensor *Stream* says from the texts of
the user interface, and "Makers" from the file that the integration itself uses. The integration's
manifest gets the announcements of cameras from their table.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
import json
import re
import sys
import tomllib
from typing import TYPE_CHECKING, Any

from .bootstrap import paths

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    type Row = tuple[str, ...]

FOLDER = paths.REPOSITORY / "tests" / "field"
TABLE = FOLDER / "cases.toml"
PAGE = paths.REPOSITORY / "docs" / "cameras.md"
MAKERS = paths.COMPONENT / "cameras" / "makers.toml"
ANNOUNCEMENTS = paths.COMPONENT / "cameras" / "announcements.toml"
MANIFEST = paths.COMPONENT / "manifest.json"
LINE = 120  # characters of a line in the manifest
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
    announced = {row["name"] for row in _announcements()["maker"]}
    for maker in tomllib.loads(MAKERS.read_text(encoding="utf-8"))["maker"]:
        ports = [port for port in maker.get("ports", ()) if port != RTSP_PORT]
        notes = [maker.get("hint", ""), *(f"Some models use port {port}." for port in ports)]
        columns = zip(*maker["streams"], strict=True)
        main, low = ("<br>".join(map(_path, column)) for column in columns)
        name = f"**{maker['name']}**{'¹' if maker['name'] in announced else ''}"
        rows.append((name, main, low, " ".join(filter(None, notes))))
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


def _announcements() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(ANNOUNCEMENTS.read_text(encoding="utf-8"))


def matchers() -> dict[str, list[Any]]:
    """Return the announcements as the manifest has them, by Home Assistant's names for the ways."""
    table = _announcements()
    dhcp: list[dict[str, Any]] = [{"registered_devices": True}]
    for maker in table["maker"]:
        dhcp += [{"hostname": each} for each in maker.get("hostnames", ())]
        dhcp += [{"macaddress": f"{each}*"} for each in maker["ouis"]]
    return {
        "dhcp": dhcp,
        "ssdp": [each["match"] for each in table["device"]],
        "zeroconf": [each["type"] for each in table["service"]],
    }


def current_manifest() -> str:
    """Return the manifest as it should be: a key a line, and long lists an item a line."""
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8")) | matchers()
    first = ["domain", "name"]  # Home Assistant's order: these two, and the others by the alphabet
    lines = []
    for key in [*first, *sorted(manifest.keys() - set(first))]:
        line = f"  {json.dumps(key)}: {json.dumps(manifest[key])}"
        if len(line) >= LINE:
            items = ",\n".join(f"    {json.dumps(each)}" for each in manifest[key])
            line = f"  {json.dumps(key)}: [\n{items}\n  ]"
        lines.append(line)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> None:
    """Write the tables and the manifest, or only compare them."""
    parser = argparse.ArgumentParser(prog="script/cases", description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail if the page isn't current")
    options = parser.parse_args()
    for path, wanted in ((PAGE, current_page()), (MANIFEST, current_manifest())):
        if not options.check:
            path.write_text(wanted, encoding="utf-8")
        elif wanted != path.read_text(encoding="utf-8"):
            sys.exit(f"{path.name} isn't current: run script/cases")


if __name__ == "__main__":
    main()
