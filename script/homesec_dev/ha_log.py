"""Find warnings and errors in Home Assistant's log and say which are HomeSec's."""

from dataclasses import dataclass
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# "2026-11-01 12:00:00.000+00:00 WARNING (MainThread) [logger.name] message", and more lines.
START = r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\S*) (?P<level>[A-Z]+) \((?P<thread>.*?)\) "
BEGINNING = re.compile(rf"^(?={START})", re.MULTILINE)
RECORD = re.compile(rf"{START}\[(?P<logger>[^\]]+)\] (?P<message>.*)", re.DOTALL)
COLOURS = re.compile(r"\x1b\[[\d;]*m")
# The integration, its code, or its entities; but not a folder of that name, of which a development
# machine has several (a clone, the cache, a demo's scratch folder).
OURS = re.compile(r"custom_components[./]homesec|(?<![\w/-])homesec(?!\w*[-/])", re.IGNORECASE)
FINDINGS = frozenset({"WARNING", "ERROR", "CRITICAL"})

# What HA logs on a development machine that is no finding: (logger, message).
NOISES = (
    # Started with --skip-pip on purpose.
    (r"homeassistant\.bootstrap", r"Skipping pip installation of required modules"),
    # Logged for every custom integration.
    (r"homeassistant\.loader", r"custom integration \S+ which has not been tested"),
    # Home Assistant's own database after a kill, which it repairs.
    (r"homeassistant\.components\.recorder\.util", r"was shutdown cleanly|unfinished session"),
    # HA's ffmpeg integration looks for a program that neither HA's streams nor HomeSec need.
    (r"haffmpeg\..*", r""),
    # These request updates, images, and repositories from the internet, which may be out of reach.
    (r"homeassistant\.components\.(analytics|brands|marketplace)\b.*", r""),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One log record, its traceback included in the message."""

    time: str
    level: str
    thread: str
    logger: str
    message: str

    @property
    def is_ours(self) -> bool:
        """Whether HomeSec logged it, or HA logged it about HomeSec or from its code."""
        return bool(OURS.search(self.logger) or OURS.search(self.message))

    @property
    def is_noise(self) -> bool:
        """Whether HA logs this even when all is well."""
        return any(
            re.fullmatch(logger, self.logger) and re.search(message, self.message)
            for logger, message in NOISES
        )

    def __str__(self) -> str:
        """Return it as logged."""
        return f"{self.time} {self.level} ({self.thread}) [{self.logger}] {self.message}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """The warnings and errors of a log."""

    ours: list[Record]
    others: list[Record]


def records(log: Path) -> list[Record]:
    """Return all records of a log file."""
    text = COLOURS.sub("", log.read_text(encoding="utf-8", errors="replace"))
    found = (RECORD.match(part.rstrip()) for part in BEGINNING.split(text))
    return [Record(**match.groupdict()) for match in found if match]


def findings(log: Path) -> Findings:
    """Return the warnings and errors that are not noise."""
    bad = [item for item in records(log) if item.level in FINDINGS and not item.is_noise]
    return Findings(
        ours=[item for item in bad if item.is_ours],
        others=[item for item in bad if not item.is_ours],
    )
