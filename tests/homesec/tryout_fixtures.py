"""A tryout of a camera that answers as a test says, and a home without cameras."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, override
from unittest.mock import patch

from homesec_fixtures import PERSON
import pytest

from custom_components.homesec.engine.core.camera_reports import WalkReport
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.engine.worker.interface import Tryout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_homeassistant_custom_component.common import MockConfigEntry

SEEN = WalkReport(label="person", seconds=4.2, found=PERSON, jpeg=b"\xff\xd8\xff with a box")


class ScriptedTryout(Tryout):
    """Answers as a test says."""

    def __init__(self) -> None:
        self.pictures: list[bytes | Exception | None] = []
        self.report: WalkReport | Exception = SEEN
        self.walking = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self.stopped = 0

    @override
    def jpeg(self, width: int | None) -> bytes | None:
        picture = self.pictures.pop(0)
        if isinstance(picture, Exception):
            raise picture
        return picture

    @override
    def walk(self, seconds: float) -> WalkReport:
        self.walking.set()
        assert self.go_on.wait(30)
        if isinstance(self.report, Exception):
            raise self.report
        return self.report

    @override
    def stop(self, timeout_s: float) -> None:
        self.stopped += 1
        self.go_on.set()


@pytest.fixture
def scripted_tryout() -> Iterator[ScriptedTryout]:
    """The tryout of all cameras."""
    tryout = ScriptedTryout()
    with patch.object(HomeSecEngine, "try_camera", return_value=tryout):
        yield tryout


@pytest.fixture
def bare_entry(entry: MockConfigEntry) -> MockConfigEntry:
    """HomeSec without a camera."""
    object.__setattr__(entry, "subentries", {})
    return entry
