"""The detector's state and its sensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from homesec_fixtures import entity_id, set_up, state, until

from custom_components.homesec.detector.state import DetectorState, DetectorStatus
from custom_components.homesec.engine.core.events import DetectorChanged, ModelProgress

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

READY = DetectorChanged(ready=True, detector="ncnn", model="yolox-nano", verifier="nanodet-plus-m")


def progress(have: int, total: int = 1000) -> ModelProgress:
    return ModelProgress(model="yolox-nano", have_bytes=have, total_bytes=total)


async def test_sensor_follows_detector_from_download_to_ready(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    await until(hass, lambda: state(hass, "sensor", "detector", entry.entry_id) == "ready")
    sensor = entity_id(hass, "sensor", "detector", entry.entry_id)
    shown: list[tuple[Any, ...]] = []
    for event in (progress(0), progress(459), progress(1000), progress(7, total=0), READY):
        await hass.async_add_executor_job(
            entry.runtime_data.host._forward,
            entry.runtime_data.coordinator.async_handle_event,
            event,
        )
        await hass.async_block_till_done()
        found = hass.states.get(sensor)
        attributes = found.attributes
        shown.append(
            (found.state, *(attributes[key] for key in ("progress", "model", "second_opinion")))
        )
    assert shown == [
        ("downloading", 0, "yolox-nano", None),
        ("downloading", 45, "yolox-nano", None),
        # Complete; it is being converted and loaded.
        ("preparing", 100, "yolox-nano", None),
        ("downloading", None, "yolox-nano", None),
        ("ready", None, "yolox-nano", "nanodet-plus-m"),
    ]
    assert hass.states.get(sensor).attributes["detector"] == "ncnn"


def test_state_without_events_is_preparing() -> None:
    detector = DetectorState()
    assert detector.status is DetectorStatus.PREPARING
    assert (detector.model, detector.detector, detector.verifier) == (None, None, None)


def test_failed_detector_has_no_verifier() -> None:
    detector = DetectorState()
    detector.apply(DetectorChanged(ready=False, detector="ncnn", model="x", error="model_broken"))
    assert detector.status is DetectorStatus.FAILED
    assert (detector.model, detector.verifier) == ("x", None)
