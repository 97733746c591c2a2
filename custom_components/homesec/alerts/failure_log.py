"""Log records of failures in automations: Home Assistant has no other sign of them."""

import logging
import re
from typing import TYPE_CHECKING, Final, override

from homeassistant.helpers.trace import trace_id_get

if TYPE_CHECKING:
    from collections.abc import Callable

AUTOMATION_LOGGER: Final = "homeassistant.components.automation"
TARGETS_LOGGER: Final = "homeassistant.helpers.service"
"""Warns of entities that an action skips, since they're missing or unavailable."""
LOGGED_FAILURES: Final = {
    AUTOMATION_LOGGER: logging.ERROR,
    "homeassistant.components.script": logging.ERROR,
    "homeassistant.components.notify": logging.ERROR,
    "homeassistant.components.mobile_app": logging.WARNING,  # also for its daily limit
    "homeassistant.components.rest_command": logging.WARNING,  # for what a server refuses
    "homeassistant.components.shell_command": logging.ERROR,
    TARGETS_LOGGER: logging.WARNING,
}
"""The loggers of what may fail, with the level from which on it did."""
INTEGRATION_LOGGERS: Final = ("homeassistant.components", "custom_components")
"""Their errors count if an automation has just sent a notification by that integration."""
_SKIPPED: Final = re.compile(r"\b(?:notify|script)\.\w")  # a light, say, is no news
NAMELESS: Final = ".None"
"""How the traces of automations without an id end; no event has the ids of their runs."""


class FailureHandler(logging.Handler):
    """Calls back with each record of a failure: its run's id, if known, and its logger."""

    def __init__(self, level: int, on_failure: Callable[[str | None, str], None]) -> None:
        super().__init__(level)
        self._on_failure = on_failure

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.name == TARGETS_LOGGER and not _SKIPPED.search(record.getMessage()):
            return
        self._on_failure(current_run_id(), record.name)


def current_run_id() -> str | None:
    """Return the id of the run that is going on here, unless its automation has no id."""
    trace = trace_id_get()
    return None if trace is None or trace[0].endswith(NAMELESS) else trace[1]
