"""Reading Home Assistant's log: what went wrong, and whose it is."""

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
# The integration, its code or its entities; but no folder of that name, of which a development
# machine has several (a clone, the cache with HA itself in it, a demo's scratch folder).
OURS = re.compile(r"custom_components[./]homesec|(?<![\w/-])homesec(?!\w*[-/])", re.IGNORECASE)
FINDINGS = frozenset({"WARNING", "ERROR", "CRITICAL"})

# What HA itself says on a machine like this, and why it is no finding: (logger, message).
NOISES = (
    # We start it with --skip-pip, for good reason.
    (r"homeassistant\.bootstrap", r"Skipping pip installation of required modules"),
    # It says so once of every custom integration there is.
    (r"homeassistant\.loader", r"custom integration \S+ which has not been tested"),
    # What a test that pulled the plug finds in HA's own database, and HA mends.
    (r"homeassistant\.components\.recorder\.util", r"was shutdown cleanly|unfinished session"),
    # HA's ffmpeg integration looks for a program that neither HA's streams nor HomeSec use.
    (r"haffmpeg\..*", r""),
    # These look for updates, pictures and repositories on the internet, which may be out of reach.
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
        """Whether HomeSec wrote it, or HA wrote it about HomeSec or from its code."""
        return bool(OURS.search(self.logger) or OURS.search(self.message))

    @property
    def is_noise(self) -> bool:
        """Whether HA says this even when all is well."""
        return any(
            re.fullmatch(logger, self.logger) and re.search(message, self.message)
            for logger, message in NOISES
        )

    def __str__(self) -> str:
        """Return it as HA wrote it."""
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
    """Return what is a warning or worse, without the noises."""
    bad = [item for item in records(log) if item.level in FINDINGS and not item.is_noise]
    return Findings(
        ours=[item for item in bad if item.is_ours],
        others=[item for item in bad if not item.is_ours],
    )
