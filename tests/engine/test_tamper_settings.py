"""Which cameras are checked for tampering, and how patiently."""

from dataclasses import replace

import pytest
from tamper_stage import BLACK, CONFIG, Light, Stage, by_infrared, covering, night, shows

from custom_components.homesec.engine.core.types import SourceKind, TamperKind


def source(**changes):
    return replace(CONFIG, source=replace(CONFIG.source, **changes))


@pytest.mark.parametrize(
    "config",
    [replace(CONFIG, checks_tamper=False), source(kind=SourceKind.FILE, loop=True)],
    ids=["turned off", "looped file"],
)
def test_camera_that_is_not_checked_reports_nothing(config):
    stage = Stage(config=config).learned()
    stage.play(1.2, covering(1.2), fps=5).play(60, shows(BLACK), fps=0.5)
    assert stage.events == []


def test_check_that_is_turned_off_ends_what_was_reported_and_learns_anew():
    stage = Stage().learned()
    stage.play(1.2, covering(1.2), fps=5).play(60, shows(BLACK), fps=0.5)
    stage.check.reconfigure(replace(CONFIG, checks_tamper=False))
    stage.play(20, shows(BLACK))
    assert stage.kinds == [TamperKind.COVERED, None]
    stage.check.reconfigure(CONFIG)
    stage.learned()
    assert stage.kinds == [TamperKind.COVERED, None, None]


def test_check_of_a_camera_that_is_well_is_turned_off_in_silence():
    stage = Stage().learned()
    stage.check.reconfigure(replace(CONFIG, checks_tamper=False))
    stage.play(20)
    assert stage.kinds == []


@pytest.mark.parametrize(
    ("kind", "seconds", "expected"),
    [
        (SourceKind.STREAM, 250, []),
        (SourceKind.STREAM, 320, [TamperKind.FROZEN]),
        (SourceKind.ENTITY, 320, []),
    ],
)
def test_source_of_single_pictures_may_repeat_them(kind, seconds, expected):
    stage = Stage(config=source(kind=kind), single_pictures=True).learned()
    stage.play(seconds, light=Light(noise=0), fps=0.5)
    assert stage.kinds == expected


def test_black_picture_is_never_frozen():
    stage = Stage().learned()
    stage.play(400, shows(BLACK), light=Light(noise=0), fps=0.5)
    assert TamperKind.FROZEN not in stage.kinds


def test_camera_that_is_back_in_color_before_the_night_is_learned_is_well():
    stage = Stage().learned()
    stage.play(60, lambda scene, _: by_infrared(scene), light=night, fps=0.5)
    stage.play(60, light=Light(), fps=0.5)
    stage.play(1.2, covering(1.2), fps=5).play(60, shows(BLACK), fps=0.5)
    assert stage.kinds == [TamperKind.COVERED]
