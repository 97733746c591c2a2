"""Detections judged by zones that aren't saved yet."""

from engine_rig import camera
import pytest

from custom_components.homesec.engine.camera.zone_preview import judge_detection
from custom_components.homesec.engine.core.types import (
    Box,
    Detection,
    LabelRule,
    SourceConfig,
    SourceKind,
    Zone,
    ZoneKind,
)

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
PERSON = Detection("person", 0.6, Box(0.1, 0.2, 0.3, 0.8))
"""On the left."""


def config(**settings):
    source = SourceConfig(kind=SourceKind.FILE, location="x")
    return camera(source, labels=("person", "cat"), **settings)


def zone(name, polygon, kind=ZoneKind.PLAIN, labels=()):
    return Zone(name=name, polygon=polygon, kind=kind, labels=labels)


def counts(*zones, found=PERSON, own=0.5, **settings):
    judged = judge_detection(found, config(**settings), zones, own)
    return judged.counts, judged.zones


@pytest.mark.parametrize(
    ("zones", "expected"),
    [
        ((), (True, ())),
        ((zone("L", LEFT),), (True, ("L",))),
        ((zone("R", RIGHT),), (True, ())),
        ((zone("L", LEFT, ZoneKind.MASK),), (False, ("L",))),
        ((zone("R", RIGHT, ZoneKind.MASK),), (True, ())),
        ((zone("L", LEFT, ZoneKind.REQUIRED),), (True, ("L",))),
        ((zone("R", RIGHT, ZoneKind.REQUIRED),), (False, ())),
        ((zone("R", RIGHT, ZoneKind.REQUIRED, ("cat",)),), (True, ())),
        ((zone("L", LEFT, ZoneKind.MASK, ("cat",)),), (True, ())),
        ((zone("L", LEFT, ZoneKind.REQUIRED), zone("M", LEFT, ZoneKind.MASK)), (False, ("L", "M"))),
    ],
)
def test_judge_detection_applies_zones(zones, expected):
    assert counts(*zones) == expected


@pytest.mark.parametrize(
    ("own", "settings", "expected"),
    [
        (0.5, {}, True),
        (0.65, {}, False),
        (0.65, {"threshold": 0.5}, True),
        (0.5, {"threshold": 0.7}, False),
        (0.65, {"threshold": 0.7, "rules": (LabelRule(label="person", threshold=0.5),)}, True),
        (0.5, {"rules": (LabelRule(label="person", min_height=0.7),)}, False),
    ],
)
def test_judge_detection_applies_camera_rules(own, settings, expected):
    assert counts(own=own, **settings) == (expected, ())


def test_judge_detection_excludes_other_labels():
    assert counts(found=Detection("dog", 0.9, PERSON.box)) == (False, ())
