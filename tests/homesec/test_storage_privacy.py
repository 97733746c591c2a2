"""The keys of the cloud storage appear nowhere but in the config entry."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from google_key import pem_lines, service_account
from homeassistant.const import MATCH_ALL
from homeassistant.core import callback
from homeassistant.helpers.json import JSONEncoder
from homeassistant.setup import async_setup_component
from homesec_fixtures import arm, call, entity_id, pictures, set_up, until
import pytest
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    get_system_health_info,
)
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
)
from storage_fixtures import add_storage, form_values, open_bucket, patch_storage, storage, submit

from custom_components.homesec import const
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fake_gcs import FakeGcs
    from homeassistant.core import Event, HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

ENCRYPTION_KEY, EARLIER_KEY = EncryptionKey.generate().text, EncryptionKey.generate().text


@pytest.fixture(autouse=True)
def google(gcs: FakeGcs) -> Iterator[None]:
    with patch_storage(gcs):
        yield


@pytest.fixture
def entry(entry: MockConfigEntry, gcs: FakeGcs) -> MockConfigEntry:
    """An entry with every kind of key."""
    add_storage(entry, storage(gcs, key=service_account(gcs), seal_key=ENCRYPTION_KEY))
    object.__setattr__(entry, "data", {**entry.data, "seal_keys": [EARLIER_KEY]})
    return entry


def secrets_in(text: str) -> list[str]:
    return [secret for secret in (*pem_lines(), ENCRYPTION_KEY, EARLIER_KEY) if secret in text]


async def test_diagnostics_contain_retention_but_no_bucket(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    hass_client: ClientSessionGenerator,
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    assert await async_setup_component(hass, "system_health", {})
    await set_up(hass, entry)
    found = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    text = json.dumps(found)
    assert not secrets_in(text)
    for private in (gcs.bucket, "client_email", "iam.gserviceaccount"):
        assert private not in text
    assert found["storage"]["cloud"] == {
        "login": "key",
        "limit_mbit": None,
        "upload_rest": True,
        "encrypted": True,
        "earlier_keys": 1,
        "private_key_stored": False,
        "missing_rights": [],
    }
    assert found["storage"]["uploads"]["backlog"]["jobs"] == 0
    health = await get_system_health_info(hass, "homesec")
    assert health["uploads_waiting"] == 0
    assert health["cloud_error"] == "-"


async def test_keys_are_in_no_log_event_or_state(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    caplog: pytest.LogCaptureFixture,
    issue_registry: ir.IssueRegistry,
) -> None:
    caplog.set_level(logging.DEBUG)
    revealed: list[str] = []

    @callback
    def listen(event: Event) -> None:
        revealed.append(json.dumps(event.as_dict(), cls=JSONEncoder))

    hass.bus.async_listen(MATCH_ALL, listen)
    uploaded = async_capture_events(hass, const.EVENT_CLIP_UPLOADED)
    await set_up(hass, entry)
    await arm(hass, entry)
    await pictures(hass, entry)
    camera = entity_id(hass, "camera", "camera")
    await call(hass, "homesec", "record", camera, duration=1)
    await until(hass, lambda: uploaded)
    gcs.front.token_answer = (400, {"error": "invalid_grant"})
    refused = await submit(
        hass, await open_bucket(hass, entry), form_values(gcs, login="key", encrypt=True)
    )
    assert refused["errors"] == {"key": "storage_key_revoked"}
    broken = service_account(gcs)
    broken["private_key"] = broken["private_key"].replace("-----END", "----END")
    typed = {"login": "key", "key": json.dumps(broken)}
    refused = await submit(hass, refused, form_values(gcs, **typed, encrypt=True))
    assert refused["errors"] == {"key": "storage_key_invalid"}
    shown = [key.description for key in refused["data_schema"].schema]
    values = {key: value for key, value in refused.items() if key != "data_schema"}
    assert not secrets_in(f"{shown}{values}")
    assert not secrets_in(repr(entry.runtime_data.storage.cloud))
    assert await hass.config_entries.async_unload(entry.entry_id)
    states = json.dumps([state.as_dict() for state in hass.states.async_all()], cls=JSONEncoder)
    assert not secrets_in("".join(revealed))
    assert not secrets_in(states)
    assert not secrets_in(caplog.text)
    assert not secrets_in(str(issue_registry.issues))
