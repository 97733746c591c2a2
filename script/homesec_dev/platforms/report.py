"""The findings of the check, for programs and for people."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
import json
from typing import Any


@dataclass(kw_only=True)
class OnAlpine:
    """Results on Alpine; None for what the short form leaves out."""

    install: bool = False
    imports: bool = False
    detects: bool | None = None
    """Whether the engine by itself finds the people in a film, and none in another."""
    record: bool = False
    ha_default_detects: bool = False
    tests_passed: int | None = None
    tests_failed: int | None = None
    tests_skipped: dict[str, int] = field(default_factory=dict)
    """Number of skipped tests by reason."""

    @property
    def ok(self) -> bool:
        """Whether everything works."""
        works = (self.install, self.imports, self.record, self.ha_default_detects)
        tested = self.tests_passed is None or (self.tests_passed > 0 and self.detects is True)
        return all(works) and tested and self.detects is not False and not self.tests_failed


@dataclass(kw_only=True)
class Report:
    """The findings on all platforms."""

    resolve: dict[str, bool | str] = field(default_factory=dict)
    """For each platform: True if all requirements install, or the reason why not."""
    musl_x86_64: OnAlpine = field(default_factory=OnAlpine)
    stubbed: dict[str, str] = field(default_factory=dict)
    """Packages without a wheel that HomeSec has no part in, and the integrations that want them."""
    problems: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    complete: bool = False
    """Whether every planned check ran."""

    @property
    def ok(self) -> bool:
        """Whether HomeSec works on every platform."""
        if not self.complete:
            return False
        resolved = bool(self.resolve) and all(found is True for found in self.resolve.values())
        return resolved and self.musl_x86_64.ok and not self.problems

    def as_json(self) -> dict[str, Any]:
        """Return the report as it is written to a file."""
        found = asdict(self)
        alpine = found["musl_x86_64"]
        alpine["import"] = alpine.pop("imports")  # which is no name in Python
        return {**found, "ok": self.ok}

    def __str__(self) -> str:
        """Return the report as lines for people."""
        return json.dumps(self.as_json(), indent=2)
