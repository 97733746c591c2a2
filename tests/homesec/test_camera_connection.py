"""What a camera's form stores of its connection: certificate, other hosts, kind of login."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_forms import (
    PROBED,
    SETTINGS,
    STREAM,
    start_adding,
    start_reconfiguring,
    submit_subentry,
    suggested_values,
)
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.cameras.config import camera_config, source_config
from custom_components.homesec.engine.core import errors
from custom_components.homesec.flows import camera_source
from custom_components.homesec.flows.camera_preview import CameraPreview

if TYPE_CHECKING:
    from homeassistant.config_entries import ConfigSubentry
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

FINGERPRINT = "0123456789abcdef" * 4
SHOWN = ":".join(FINGERPRINT[n : n + 2].upper() for n in range(0, 64, 2))
SECURE = {"kind": "stream", "url": "rtsps://192.0.2.7/stream1"}
OPEN = {"allow_other_hosts": True, "allow_basic": True}


@pytest.fixture
def secure_probe(probe: Any) -> Any:
    """A camera with a certificate that asks for Digest."""
    probe.return_value = replace(PROBED, tls_fingerprint=FINGERPRINT, asks_digest=True)
    return probe


async def add(
    hass: HomeAssistant, entry: MockConfigEntry, source: dict[str, Any], **settings: Any
) -> ConfigSubentry:
    shown = await submit_subentry(hass, await start_adding(hass, entry), source)
    assert shown["step_id"] == "settings", shown["errors"]
    await submit_subentry(hass, shown, {**SETTINGS, **settings})
    await hass.async_block_till_done()
    [camera] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    return camera


async def test_trusted_certificate_is_shown_and_stored(
    hass: HomeAssistant, entry: MockConfigEntry, secure_probe: Any
) -> None:
    await set_up(hass, entry)
    shown = await submit_subentry(hass, await start_adding(hass, entry), SECURE)
    assert "trust_certificate" in shown["data_schema"].schema
    assert shown["description_placeholders"]["fingerprint"] == SHOWN
    await submit_subentry(hass, shown, {**SETTINGS, "trust_certificate": True})
    [camera] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    assert camera.data["tls_fingerprint"] == FINGERPRINT
    assert "trust_certificate" not in camera.data
    assert source_config(camera.data).tls_fingerprint == FINGERPRINT


async def test_certificate_that_is_not_trusted_is_not_stored(
    hass: HomeAssistant, entry: MockConfigEntry, secure_probe: Any
) -> None:
    await set_up(hass, entry)
    camera = await add(hass, entry, SECURE)
    assert "tls_fingerprint" not in camera.data


async def test_camera_without_certificate_offers_no_trust(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    shown = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    assert "trust_certificate" not in shown["data_schema"].schema


async def test_cleared_certificate_can_be_trusted_anew(
    hass: HomeAssistant, entry: MockConfigEntry, secure_probe: Any
) -> None:
    await set_up(hass, entry)
    camera = await add(hass, entry, SECURE, trust_certificate=True)
    flow = await start_reconfiguring(hass, entry, camera.subentry_id)
    assert suggested_values(flow)["connection"]["tls_fingerprint"] == SHOWN
    secure_probe.side_effect = errors.CertificateChanged()
    secure_probe.return_value = replace(PROBED, tls_fingerprint="ab" * 32)
    other = {**SECURE, "url": "rtsps://192.0.2.7/stream2"}
    again = await submit_subentry(hass, flow, {**other, "connection": {"tls_fingerprint": SHOWN}})
    assert again["errors"] == {"connection": "certificate_changed"}
    secure_probe.side_effect = None
    shown = await submit_subentry(hass, again, {**other, "connection": {}})
    await submit_subentry(hass, shown, {**SETTINGS, "trust_certificate": True})
    assert camera.data["tls_fingerprint"] == "ab" * 32


@pytest.mark.parametrize("viewers", [1, 2])
async def test_certificate_of_running_camera_can_be_trusted_if_it_allows_two_viewers(
    hass: HomeAssistant, entry: MockConfigEntry, secure_probe: Any, viewers: int
) -> None:
    await set_up(hass, entry)
    camera = await add(hass, entry, SECURE)
    flow = await start_reconfiguring(hass, entry, camera.subentry_id)
    if viewers == 1:
        secure_probe.side_effect = errors.NoRoute()
    running = CameraPreview(formats="running")
    with patch.object(camera_source, "async_preview_running", return_value=running):
        shown = await submit_subentry(hass, flow, SECURE)
    assert (shown["description_placeholders"]["formats"] == "running") is (viewers == 1)
    assert ("trust_certificate" in shown["data_schema"].schema) is (viewers == 2)


async def test_entity_has_the_switches_of_the_connection(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    source = {"kind": "entity", "entity_id": "camera.drive", "connection": OPEN}
    camera = await add(hass, entry, source)
    assert source_config(camera.data).allow_other_hosts


async def test_invalid_fingerprint_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    given = {**SECURE, "connection": {"tls_fingerprint": "AB:CD"}}
    again = await submit_subentry(hass, await start_adding(hass, entry), given)
    assert again["errors"] == {"connection": "invalid_fingerprint"}
    probe.assert_not_called()


async def test_detect_stream_uses_the_login_of_the_camera(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    detect_url = "rtsp://anna:s3cret@192.0.2.7/stream2"
    source = {**STREAM, "username": "", "password": "", "connection": {"detect_url": detect_url}}
    camera = await add(hass, entry, source)
    assert camera.data["detect_url"] == "rtsp://192.0.2.7/stream2"
    config = camera_config(camera)
    assert config.detect_source == replace(config.source, location="rtsp://192.0.2.7/stream2")
    assert (config.source.username, config.source.password) == ("anna", "s3cret")
    form = await start_reconfiguring(hass, entry, camera.subentry_id)
    assert suggested_values(form)["connection"]["detect_url"] == "rtsp://192.0.2.7/stream2"


@pytest.mark.parametrize("url", ["", STREAM["url"]], ids=["none", "the main stream"])
async def test_camera_without_another_stream_has_no_detect_stream(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, url: str
) -> None:
    await set_up(hass, entry)
    camera = await add(hass, entry, {**STREAM, "connection": {"detect_url": url}})
    assert "detect_url" not in camera.data
    assert camera_config(camera).detect_source is None


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (replace(PROBED, width=640), "Detection stream: 640 x"),
        (errors.StreamNotFound(), "The detection stream can't be opened"),
    ],
    ids=["found", "missing"],
)
async def test_detect_stream_is_tried_with_the_camera(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, answer: Any, text: str
) -> None:
    await set_up(hass, entry)
    probe.side_effect = [PROBED, answer]
    given = {**STREAM, "connection": {"detect_url": "rtsp://192.0.2.7/stream2"}}
    shown = await submit_subentry(hass, await start_adding(hass, entry), given)
    assert shown["step_id"] == "settings"
    assert text in shown["description_placeholders"]["formats"]


@pytest.mark.parametrize(
    ("url", "moves"), [(STREAM["url"], True), ("rtsp://192.0.2.7/channel2", False)]
)
async def test_changed_camera_is_still_moved_unless_it_may_be_another(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, url: str, moves: bool
) -> None:
    await set_up(hass, entry)
    camera = await add(hass, entry, STREAM)
    assert "movement" not in camera.data
    movement = {"address": "http://192.0.2.7/onvif", "profile": "main", "pans": True}
    data = {**camera.data, "movement": movement}
    hass.config_entries.async_update_subentry(entry, camera, data=data)
    flow = await start_reconfiguring(hass, entry, camera.subentry_id)
    given = {**STREAM, "url": url, "username": "another"}
    shown = await submit_subentry(hass, flow, given)
    await submit_subentry(hass, shown, SETTINGS)
    [changed] = [s for s in entry.get_subentries_of_type("camera") if s.title == "Garden"]
    assert (changed.data["url"], changed.data["username"]) == (url, "another")
    assert ("movement" in changed.data) is moves


async def test_invalid_detect_stream_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    given = {**STREAM, "connection": {"detect_url": "ftp://192.0.2.7/stream2"}}
    again = await submit_subentry(hass, await start_adding(hass, entry), given)
    assert again["errors"] == {"connection": "invalid_detect_url"}
    probe.assert_not_called()


async def test_refused_host_is_named(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    probe.side_effect = errors.OtherHostRefused(host="192.0.2.9:8123")
    again = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    assert again["errors"] == {"connection": "other_host_refused"}
    assert again["description_placeholders"]["host"] == "192.0.2.9:8123"


async def test_switches_of_the_connection_are_stored_if_on(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any
) -> None:
    await set_up(hass, entry)
    camera = await add(hass, entry, {**STREAM, "connection": OPEN})
    assert {key: camera.data[key] for key in OPEN} == OPEN
    config = source_config(camera.data)
    assert config.allow_other_hosts
    assert config.allow_basic
    flow = await start_reconfiguring(hass, entry, camera.subentry_id)
    off = dict.fromkeys(OPEN, False)
    shown = await submit_subentry(hass, flow, {**STREAM, "connection": off})
    await submit_subentry(hass, shown, SETTINGS)
    assert not OPEN.keys() & camera.data.keys()


async def test_source_stored_by_an_earlier_version_is_pinned() -> None:
    config = source_config({"kind": "stream", "url": "rtsp://192.0.2.7/1", "verify_tls": False})
    assert not config.allow_other_hosts
    assert not config.allow_basic
    assert not config.digest_only
    assert config.tls_fingerprint is None


async def test_digest_is_remembered_for_the_same_host(
    hass: HomeAssistant, entry: MockConfigEntry, secure_probe: Any
) -> None:
    await set_up(hass, entry)
    camera = await add(hass, entry, SECURE)
    assert source_config(camera.data).digest_only
    secure_probe.return_value = PROBED
    for url, known in (("rtsps://192.0.2.7/other", True), ("rtsps://192.0.2.8/other", False)):
        flow = await start_reconfiguring(hass, entry, camera.subentry_id)
        shown = await submit_subentry(hass, flow, {**SECURE, "url": url})
        assert secure_probe.call_args.args[0].digest_only is known
        await submit_subentry(hass, shown, SETTINGS)
        assert source_config(camera.data).digest_only is known


async def test_digest_is_not_remembered_for_an_unreadable_url(
    hass: HomeAssistant, entry: MockConfigEntry, secure_probe: Any
) -> None:
    await set_up(hass, entry)
    camera = await add(hass, entry, SECURE)
    flow = await start_reconfiguring(hass, entry, camera.subentry_id)
    secure_probe.side_effect = errors.InvalidSource
    shown = await submit_subentry(hass, flow, {**SECURE, "url": "rtsps://[192.0.2.7/other"})
    assert shown["step_id"] != "settings"
    assert not secure_probe.call_args.args[0].digest_only


@pytest.mark.parametrize("password", ["pa#ss", "p/a?s", "[1]2", "p@ss", "12/34"])
async def test_password_with_unusual_characters_is_moved_out_of_the_url(
    hass: HomeAssistant, entry: MockConfigEntry, probe: Any, password: str
) -> None:
    await set_up(hass, entry)
    camera = await add(hass, entry, {**STREAM, "url": f"rtsp://ann:{password}@192.0.2.7/1"})
    assert camera.data["url"] == "rtsp://192.0.2.7/1"
    assert (camera.data["username"], camera.data["password"]) == ("ann", password)
