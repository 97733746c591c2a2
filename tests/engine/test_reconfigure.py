"""A running camera with a new configuration: what changes, and what goes on."""

from engine_rig import EngineRig, camera, file_camera
import numpy as np
import pytest
from sampler_rig import SamplerRig
from videos import content

from custom_components.homesec.engine.core.events import (
    ClipStarted,
    DetectionEnded,
    DetectionStarted,
    HealthChanged,
    ZoneChanged,
)
from custom_components.homesec.engine.core.types import (
    Activity,
    Box,
    CameraHealth,
    LabelRule,
    SourceConfig,
    SourceKind,
    Track,
    Zone,
    ZoneKind,
)
from custom_components.homesec.engine.tracking.presence import PresenceTracker, Step
from custom_components.homesec.engine.tracking.zones import LabelZones, Occupancy

EVERYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
PATH = Zone(name="Path", polygon=EVERYWHERE)
MASK = Zone(name="Trees", polygon=EVERYWHERE, kind=ZoneKind.MASK)
THRESHOLDS = {"person": 0.5, "cat": 0.5}


class Changing(EngineRig):
    """An engine that reconfigures the camera at the first event of a kind."""

    def change_on(self, kind, config, activity=Activity.RECORD):
        self.changes = {kind: (config, activity)}

    def _handle_event(self, event):
        super()._handle_event(event)
        # On the camera's own thread, so that the frame of the change is known.
        if change := getattr(self, "changes", {}).pop(type(event), None):
            self.engine.set_camera(*change)


@pytest.fixture
def rig(tmp_path):
    with Changing(tmp_path) as running:
        yield running


@pytest.fixture
def street(make_video):
    """A camera whose figure is in the picture from 2 to 12 s."""
    video = make_video(seconds=16, walks=((2.0, 12.0),))
    return lambda **settings: file_camera(video, **settings)


def starts(rig):
    return sum(e.health is CameraHealth.CONNECTING for e in rig.of(HealthChanged))


# --- what goes on ---


def test_new_zones_keep_clip_open(rig, street):
    rig.change_on(DetectionStarted, street(zones=(PATH,)))
    (clip,) = rig.play(street())
    numbers = content(rig.path(clip)).numbers
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert len(numbers) > 100
    assert clip.zones == ("Path",)
    assert [e.occupied for e in rig.of(ZoneChanged)] == [True, False]
    assert (starts(rig), len(rig.of(DetectionStarted))) == (1, 1)


def test_new_configuration_keeps_pre_roll(rig, street):
    rig.change_on(HealthChanged, street(name="Back door"))
    (clip,) = rig.play(street())
    assert clip.camera_name == "Back door"
    assert clip.event_at - clip.started_at >= 1.9


def test_longer_pre_roll_applies_to_next_clip(rig, make_video):
    video = make_video(seconds=40, walks=((2.0, 4.0), (30.0, 32.0)), gop_s=1.0)
    rig.change_on(ClipStarted, file_camera(video, pre_roll_s=12.0))
    first, second = rig.play(file_camera(video))
    assert first.event_at - first.started_at < 4
    assert second.event_at - second.started_at >= 11.9


# --- what changes ---


def test_new_mask_ends_presence_inside(rig, street):
    rig.change_on(DetectionStarted, street(zones=(MASK,)))
    rig.play(street())
    (ended,) = rig.of(DetectionEnded)
    assert ended.presence.last_seen_at - ended.presence.first_seen_at < 3


def test_removed_label_ends_its_presence(rig, street):
    rig.change_on(DetectionStarted, street(labels=("cat",)))
    (clip,) = rig.play(street())
    assert len(rig.of(DetectionEnded)) == 1
    assert clip.label == "person"
    assert content(rig.path(clip)).numbers[-1] < 80


def test_label_no_longer_recorded_starts_no_clip(rig, make_video):
    video = make_video(seconds=20, walks=((2.0, 4.0), (12.0, 14.0)))
    rule = LabelRule(label="person", records=False)
    rig.change_on(DetectionEnded, file_camera(video, rules=(rule,)))
    assert len(rig.play(file_camera(video))) == 1
    assert len(rig.of(DetectionStarted)) == 2


def test_removed_zone_is_reported_empty(rig, street):
    rig.change_on(ZoneChanged, street())
    rig.play(street(zones=(PATH,)))
    occupied, empty = rig.of(ZoneChanged)
    assert (occupied.occupied, empty.occupied) == (True, False)
    assert empty.at - occupied.at < 3


def test_motion_in_new_mask_does_not_wake_sampler(make_video):
    scene = SamplerRig(make_video(seconds=20, walks=((12.0, 16.0),)))
    scene.play(until=8)
    assert scene.decodes_keyframes_at(7)
    scene.sampler.reconfigure(camera(SourceConfig(kind=SourceKind.FILE), zones=(MASK,)))
    scene.play()
    assert scene.decodes_keyframes_at(14)


def test_removed_mask_reveals_known_background(make_video):
    scene = SamplerRig(make_video(seconds=20, walks=((12.0, 16.0),)), zones=(MASK,))
    scene.play(until=8)
    scene.sampler.reconfigure(camera(SourceConfig(kind=SourceKind.FILE)))
    scene.play(until=11.5)
    assert scene.decodes_keyframes_at(10)
    scene.play()
    assert not scene.decodes_keyframes_at(14)


# --- presence and zones ---


def person(label="person"):
    box = Box(0.4, 0.4, 0.6, 0.8)
    return Track(1, label, 0.7, box, first_t=0.0, last_t=0.0, hits=1, moved=True)


def presence(**settings):
    return PresenceTracker(camera(SourceConfig(kind=SourceKind.FILE), **settings))


def test_verification_of_removed_label_is_ignored():
    tracker = presence(labels=("person", "cat"))
    tracker.update(0.0, 0.0, [person("cat")], enter_thresholds=THRESHOLDS)
    (change,) = tracker.update(0.2, 0.2, [person("cat")], enter_thresholds=THRESHOLDS)
    assert change.step is Step.CANDIDATE
    assert tracker.reconfigure(camera(SourceConfig(kind=SourceKind.FILE))) == []
    assert tracker.handle_verification("cat", 0.4, confirmed=True) == []


def test_frames_before_reconfigure_still_count():
    tracker = presence()
    tracker.update(0.0, 0.0, [person()], enter_thresholds=THRESHOLDS)
    tracker.reconfigure(camera(SourceConfig(kind=SourceKind.FILE), enter_window=8))
    (change,) = tracker.update(0.2, 0.2, [person()], enter_thresholds=THRESHOLDS)
    assert change.step is Step.CANDIDATE


def test_unchanged_zone_keeps_time_of_entry():
    lawn = Zone(name="Lawn", polygon=EVERYWHERE, loiter_s=2.0)
    zones = LabelZones((lawn, PATH), "person")
    seen = person()
    zones.update(0.0, [seen])
    moved = Zone(name="Path", polygon=EVERYWHERE[:3])
    zones.reconfigure((moved, lawn), "person")
    later = Track(1, "person", 0.7, seen.box, first_t=0.0, last_t=2.0, hits=2, moved=True)
    zones.update(2.0, [later])
    assert zones.occupied_since([later]) == {"Lawn": 0.0}
    assert zones.names == {"Lawn", "Path"}


def test_zone_of_other_labels_is_reported_empty():
    events = []
    occupancy = Occupancy(camera_id="cam", label="person", grace_s=3.0, on_change=events.append)
    occupancy.update(0.0, 100.0, {"Lawn": 0.0, "Path": 0.0})
    occupancy.reconfigure(3.0, {"Lawn"})
    assert [(e.zone, e.occupied) for e in events[2:]] == [("Path", False)]
    assert np.isclose(events[-1].at, 100.0)
