"""Keys of encrypted clips: created, kept, stored or not, and changed from the old format."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from camera_forms import suggested_values
from clip_factory import EVENING, ClipFactory
from custom_model import choose
from homeassistant.components.media_source import Unresolvable, async_resolve_media
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homesec_fixtures import set_up
import pytest
from storage_fixtures import add_storage, form_values, open_bucket, patch_storage, storage, submit

from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.cloud.age_keys import PrivateKey
from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey
from custom_components.homesec.engine.core.clip_id import clip_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fake_gcs import FakeGcs
    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

KEY = PrivateKey(bytes(range(32)))
SEED = base64.b64encode(bytes(32)).decode()
OLD_KEY = EncryptionKey(bytes(range(32))).text


@pytest.fixture(autouse=True)
def google(gcs: FakeGcs) -> Iterator[None]:
    with patch_storage(gcs):
        yield


def video_url(clip_id: str) -> str:
    """Return the path of a clip's video."""
    return f"/api/homesec/clip/{clip_id}.mp4"


@pytest.fixture
def film(video: Path) -> bytes:
    """Return the bytes of every clip's video."""
    return video.read_bytes()


def age_storage(gcs: FakeGcs, **settings: Any) -> dict[str, Any]:
    """Return the storage data of an entry that encrypts with a public key."""
    public = {"seal_public_key": KEY.public.text, "seal_seed": SEED}
    return storage(gcs, **public, **settings)


async def turn_on(hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs) -> dict[str, Any]:
    """Turn encryption on; return the step with the new key."""
    flow = await submit(hass, await open_bucket(hass, entry), form_values(gcs, encrypt=True))
    assert flow["step_id"] == "seal"
    return flow


async def open_encryption(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """Open the step that changes the keys."""
    menu = await choose(hass, entry, "cloud")
    return await submit(hass, menu, {"next_step_id": "encryption"})


# --- a new key ----------------------------------------------------------------------------------


async def test_new_private_key_is_shown_once_and_is_not_stored_unasked(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    flow = await turn_on(hass, entry, gcs)
    shown = flow["description_placeholders"]["key"]
    wrong = shown[:-1] + ("Q" if shown[-1] != "Q" else "P")
    refused = await submit(hass, flow, {"seal_key": wrong, "store_key": False})
    assert refused["errors"] == {"seal_key": "seal_key_invalid"}
    assert "storage" not in entry.data
    done = await submit(hass, refused, {"seal_key": f" {shown.lower()} ", "store_key": False})
    assert done["reason"] == "reconfigure_successful"
    stored = entry.data["storage"]
    assert stored["seal_public_key"] == PrivateKey.from_text(shown).public.text
    assert len(base64.b64decode(stored["seal_seed"])) == 32
    assert shown not in str(dict(entry.data))
    # Another change asks for no key, shows none, and keeps the seed.
    flow = await open_bucket(hass, entry)
    assert suggested_values(flow)["encrypt"] is True
    await submit(hass, flow, form_values(gcs, encrypt=True, limit_mbit=3))
    assert entry.data["storage"] == {**stored, "limit_mbit": 3}


async def test_private_key_is_stored_if_chosen(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    flow = await turn_on(hass, entry, gcs)
    shown = flow["description_placeholders"]["key"]
    await submit(hass, flow, {"seal_key": shown, "store_key": True})
    assert entry.data["storage"]["seal_private_key"] == shown
    # Encrypted clips stay readable without encryption.
    await submit(hass, await open_bucket(hass, entry), form_values(gcs))
    assert "seal_public_key" not in entry.data["storage"]
    assert entry.data["seal_keys"] == [shown]
    # The same key can be used again; another one would be shown.
    flow = await turn_on(hass, entry, gcs)
    assert flow["description_placeholders"]["key"] != shown
    await submit(hass, flow, {"seal_key": shown, "store_key": True})
    assert entry.data["storage"]["seal_private_key"] == shown
    assert "seal_keys" not in entry.data


async def test_valid_key_is_kept_while_another_is_wrong(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    flow = await turn_on(hass, entry, gcs)
    assert flow["description_placeholders"]["key_note"] == ""
    key = flow["description_placeholders"]["key"]
    answer = {"seal_key": key, "store_key": True, "earlier_key": "not a key"}
    again = await submit(hass, flow, answer)
    assert again["errors"] == {"earlier_key": "seal_key_invalid"}
    assert "saved" in again["description_placeholders"]["key_note"]
    assert again["description_placeholders"]["earlier_note"] == ""
    done = await submit(hass, again, {"store_key": True})
    assert done["reason"] == "reconfigure_successful"
    assert entry.data["storage"]["seal_private_key"] == key


async def test_public_key_of_your_own_is_enough(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    flow = await turn_on(hass, entry, gcs)
    public = KEY.public.text
    refused = await submit(hass, flow, {"seal_key": public, "store_key": True})
    assert refused["errors"] == {"seal_key": "private_key_needed"}
    await submit(hass, refused, {"seal_key": public, "store_key": False})
    assert entry.data["storage"]["seal_public_key"] == public


async def test_key_of_old_format_only_decrypts(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    flow = await turn_on(hass, entry, gcs)
    answer = {"seal_key": OLD_KEY, "store_key": False}
    flow = await submit(hass, flow, answer)
    assert flow["errors"] == {"seal_key": "key_of_old_format"}
    answer = {"seal_key": KEY.text, "store_key": False, "earlier_key": "nonsense"}
    flow = await submit(hass, flow, answer)
    assert flow["errors"] == {"earlier_key": "seal_key_invalid"}
    await submit(hass, flow, {**answer, "earlier_key": OLD_KEY.lower()})
    assert entry.data["seal_keys"] == [OLD_KEY]


# --- change the keys ----------------------------------------------------------------------------


async def test_private_key_can_be_stored_and_deleted_later(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, age_storage(gcs))
    await set_up(hass, entry)
    flow = await open_encryption(hass, entry)
    assert flow["step_id"] == "encryption"
    assert flow["description_placeholders"]["public_key"] == KEY.public.text
    assert flow["description_placeholders"]["key_note"] == ""
    assert suggested_values(flow)["store_key"] is False
    for answer, error in (
        ({}, "private_key_needed"),
        ({"seal_key": "nonsense"}, "seal_key_invalid"),
        ({"seal_key": KEY.public.text}, "private_key_needed"),
        ({"seal_key": PrivateKey.generate().text}, "private_key_other"),
        ({"seal_key": OLD_KEY}, "key_of_old_format"),
    ):
        flow = await submit(hass, flow, {"store_key": True, **answer})
        assert flow["errors"] == {"seal_key": error}
        assert "seal_key" not in suggested_values(flow) or not suggested_values(flow)["seal_key"]
    done = await submit(hass, flow, {"store_key": True, "seal_key": KEY.text})
    assert done["reason"] == "reconfigure_successful"
    assert entry.data["storage"] == age_storage(gcs, seal_private_key=KEY.text)
    flow = await open_encryption(hass, entry)
    assert suggested_values(flow)["store_key"] is True
    await submit(hass, flow, {"store_key": True})
    assert entry.data["storage"]["seal_private_key"] == KEY.text
    await submit(hass, await open_encryption(hass, entry), {"store_key": False})
    assert KEY.text not in str(dict(entry.data))
    assert entry.data["storage"] == age_storage(gcs)


async def test_entry_with_old_key_is_offered_a_public_key(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, hass_client: ClientSessionGenerator
) -> None:
    add_storage(entry, storage(gcs, seal_key=OLD_KEY))
    await set_up(hass, entry)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "encryption_old_key")
    assert issue is not None
    assert issue.is_fixable
    flow = await open_encryption(hass, entry)
    assert flow["step_id"] == "seal"
    assert "old format" in flow["description_placeholders"]["note"]
    done = await submit(hass, flow, {"seal_key": KEY.text, "store_key": False})
    assert done["reason"] == "reconfigure_successful"
    kept = entry.data["storage"]
    assert (kept["seal_public_key"], "seal_key" in kept) == (KEY.public.text, False)
    assert kept["seal_since"] > 0
    assert entry.data["seal_keys"] == [OLD_KEY]
    assert ir.async_get(hass).async_get_issue(DOMAIN, "encryption_old_key") is None


async def test_entry_with_old_key_keeps_encrypting_without_any_action(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs, video: Path
) -> None:
    add_storage(entry, storage(gcs, seal_key=OLD_KEY))
    await set_up(hass, entry)
    clip = await ClipFactory(entry, video).cloud_only(EVENING)
    (name,) = [name for name in gcs.objects() if name.endswith(f"{clip.id}.mp4")]
    assert gcs.content(name).startswith(b"HomeSec")
    assert entry.data["storage"] == storage(gcs, seal_key=OLD_KEY)


# --- playback -----------------------------------------------------------------------------------


async def test_cloud_clip_without_private_key_says_what_is_needed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    video: Path,
    film: bytes,
    hass_client: ClientSessionGenerator,
) -> None:
    add_storage(entry, age_storage(gcs))
    await set_up(hass, entry)
    clip = await ClipFactory(entry, video).cloud_only(EVENING)
    with pytest.raises(Unresolvable) as raised:
        await async_resolve_media(hass, f"media-source://homesec/clip/{clip.id}", None)
    assert raised.value.translation_key == "seal_private_key_missing"
    client = await hass_client()
    answer = await client.get(video_url(clip.id))
    assert answer.status == 409
    assert "private key" in await answer.text()
    # Once it's stored, the clip plays.
    flow = await open_encryption(hass, entry)
    await submit(hass, flow, {"store_key": True, "seal_key": KEY.text})
    await hass.async_block_till_done(wait_background_tasks=True)
    answer = await client.get(video_url(clip.id), headers={"Range": "bytes=5-104"})
    assert answer.status == 206
    assert await answer.read() == film[5:105]
    await async_resolve_media(hass, f"media-source://homesec/clip/{clip.id}", None)


async def test_replaced_clip_is_not_played_and_is_reported(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    video: Path,
    film: bytes,
    hass_client: ClientSessionGenerator,
) -> None:
    add_storage(entry, age_storage(gcs, seal_private_key=KEY.text))
    await set_up(hass, entry)
    clip = await ClipFactory(entry, video).cloud_only(EVENING)
    (name,) = [name for name in gcs.objects() if name.endswith(f"{clip.id}.mp4")]
    gcs.put(name, film)
    client = await hass_client()
    for _ in range(2):
        answer = await client.get(video_url(clip.id))
        assert answer.status == 502
        assert film not in await answer.read()
    await hass.async_block_till_done(wait_background_tasks=True)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "objects_refused")
    assert issue is not None
    assert issue.translation_placeholders == {"objects": "1", "bucket": gcs.bucket}


async def test_plain_clip_from_before_encryption_still_plays(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    gcs: FakeGcs,
    video: Path,
    film: bytes,
    hass_client: ClientSessionGenerator,
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    clip = await ClipFactory(entry, video).cloud_only(EVENING)
    flow = await turn_on(hass, entry, gcs)
    await submit(hass, flow, {"seal_key": KEY.text, "store_key": False})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert clip_time(clip.id) < entry.data["storage"]["seal_since"]
    answer = await (await hass_client()).get(video_url(clip.id))
    assert answer.status == 200
    assert await answer.read() == film


# --- what the account may do --------------------------------------------------------------------


async def test_limited_account_is_explained_and_accepted(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    gcs.front.denied = {f"storage.objects.{action}" for action in ("get", "list", "delete")}
    flow = await submit(hass, await open_bucket(hass, entry), form_values(gcs))
    assert flow["step_id"] == "limited"
    limits = flow["description_placeholders"]["limits"]
    assert [line[:5] for line in limits.splitlines()] == ["- It "] * 3
    assert "storage.objects.delete" in limits
    assert (await submit(hass, flow, {}))["reason"] == "reconfigure_successful"
    assert entry.data["storage"]["missing_rights"] == ["read", "list", "delete"]
    rights = entry.runtime_data.host.engine.library.cloud.rights
    assert (rights.read, rights.list, rights.delete) == (False, False, False)
    assert entry.runtime_data.storage.state.missing_rights == ("read", "list", "delete")
    assert ir.async_get(hass).async_get_issue(DOMAIN, "storage") is None
    retention = await choose(hass, entry, "retention")
    assert "lifecycle rule" in retention["description_placeholders"]["note"]
    # With more rights, the next check forgets it.
    gcs.front.denied = set()
    await submit(hass, await open_bucket(hass, entry), form_values(gcs))
    assert "missing_rights" not in entry.data["storage"]
    retention = await choose(hass, entry, "retention")
    assert retention["description_placeholders"]["note"] == ""


async def test_locked_bucket_is_explained_at_login_too(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    add_storage(entry, storage(gcs))
    await set_up(hass, entry)
    gcs.front.locked = True
    flow = await submit(hass, dict(await entry.start_reauth_flow(hass)), {"login": "own"})
    assert flow["step_id"] == "limited"
    assert (await submit(hass, flow, {}))["reason"] == "reauth_successful"
    assert entry.data["storage"]["missing_rights"] == ["delete"]


async def test_bucket_that_bills_its_users_asks_for_a_project(
    hass: HomeAssistant, entry: MockConfigEntry, gcs: FakeGcs
) -> None:
    await set_up(hass, entry)
    gcs.front.requester_pays = True
    flow = await open_bucket(hass, entry)
    assert "billed_project" not in {str(key) for key in flow["data_schema"].schema}
    flow = await submit(hass, flow, form_values(gcs))
    assert flow["errors"] == {"base": "storage_requester_pays"}
    assert "billed_project" in {str(key) for key in flow["data_schema"].schema}
    done = await submit(hass, flow, form_values(gcs, billed_project=" my-project "))
    assert done["type"] is FlowResultType.ABORT
    assert entry.data["storage"]["billed_project"] == "my-project"
    flow = await open_bucket(hass, entry)
    assert suggested_values(flow)["billed_project"] == "my-project"
