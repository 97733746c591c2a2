"""Which events a camera offers, read from the names of its topics (ONVIF Core, chapter 9)."""

import re
from typing import TYPE_CHECKING, Any

from ..core.discovery import EventKind, OfferedEvent
from .answers import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_EVENTS = 64
MAX_DEPTH = 8
MAX_TOPIC = 120
_WORDS = (
    (EventKind.PERSON, r"people|person|human|pedestrian"),
    (EventKind.VEHICLE, r"vehicle"),
    (EventKind.ANIMAL, r"dogcat|animal|petdetect"),
    (EventKind.FACE, r"face(detect|recogn)|/face"),
    (EventKind.DOORBELL, r"visitor|doorbell"),
    (EventKind.TAMPER, r"tamper|globalscenechange|imagetoo"),
    (EventKind.SOUND, r"detectedsound|audiodetect|audioalarm|cryingdetect"),
    (EventKind.CROSSING, r"linedetector|linecross|crossed|fielddetector|objectsinside|intrusion"),
    (EventKind.INPUT, r"digitalinput"),
    (EventKind.MOTION, r"motion"),
)
"""Words in a topic's path; the first that's found counts."""


def offered_events(topic_set: Iterable[Any]) -> tuple[OfferedEvent, ...]:
    """Return the events of a topic set, given as elements of lxml, each kind and topic once."""
    found: dict[str, OfferedEvent] = {}
    for topic in _topics(topic_set, ""):
        if len(found) >= MAX_EVENTS:
            break
        if (kind := event_kind(topic)) is not None:
            found.setdefault(topic, OfferedEvent(kind=kind, topic=topic))
    return tuple(found.values())


def event_kind(topic: str) -> EventKind | None:
    """Return what a topic reports; None for what isn't about the picture or the door."""
    lower = topic.lower()
    return next((kind for kind, words in _WORDS if re.search(words, lower)), None)


def _topics(elements: Iterable[Any], parent: str, depth: int = 0) -> Iterator[str]:
    """Yield the paths of the topics that have no others below them."""
    for element in elements:
        name = element.tag if isinstance(getattr(element, "tag", None), str) else ""
        local = clean_text(name.rpartition("}")[2])
        if not local or local == "MessageDescription":
            continue
        path = f"{parent}/{local}".lstrip("/")[:MAX_TOPIC]
        below = list(_topics(element, path, depth + 1)) if depth < MAX_DEPTH else []
        yield from below or [path]
