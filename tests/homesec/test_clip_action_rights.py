"""Who may use the actions of clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clip_factory import EVENING, ClipFactory, act, contents, ids
from homeassistant.auth.permissions import PolicyPermissions
from homeassistant.exceptions import (
    Unauthorized,
    UnknownUser,
)
from homesec_fixtures import set_up
import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser


@pytest.fixture
async def factory(hass: HomeAssistant, entry: MockConfigEntry, video: Path) -> ClipFactory:
    """A factory without a cloud."""
    await hass.config.async_set_time_zone("Europe/Amsterdam")
    await set_up(hass, entry)
    return ClipFactory(entry, video)


@pytest.fixture
def evidence(config_dir: Path) -> Path:
    """A folder that Home Assistant is allowed to write to."""
    return config_dir / "media" / "evidence"


async def test_only_administrators_can_purge(
    hass: HomeAssistant, factory: ClipFactory, hass_owner_user: MockUser
) -> None:
    user = (await hass.auth.async_create_user("Ann", group_ids=["system-users"])).id
    clip = await factory.put(EVENING)
    await act(hass, "delete_clip", user=user, clip_id=clip.id)
    with pytest.raises(Unauthorized):
        await act(hass, "purge_clip", user=user, clip_id=clip.id)
    await act(hass, "restore_clip", user=user, clip_id=clip.id)
    assert ids(await act(hass, "list_clips")) == [clip.id]


async def test_read_permission_allows_list_only(
    hass: HomeAssistant, factory: ClipFactory, hass_read_only_user: MockUser, evidence: Path
) -> None:
    clip = await factory.put(EVENING)
    user = hass_read_only_user.id
    assert ids(await act(hass, "list_clips", user=user)) == [clip.id]
    for action, data in (
        ("export", {"clip_id": clip.id, "folder": str(evidence)}),
        ("delete_clip", {"clip_id": clip.id}),
        ("restore_clip", {"clip_id": clip.id}),
        ("purge_clip", {"clip_id": clip.id}),
        ("protect_clip", {"clip_id": clip.id}),
        ("rebuild_index", {}),
    ):
        with pytest.raises(Unauthorized):
            await act(hass, action, user=user, **data)
    assert contents(evidence) == {}


async def test_control_permission_allows_delete_and_protect(
    hass: HomeAssistant, factory: ClipFactory, hass_owner_user: MockUser, evidence: Path
) -> None:
    clip = await factory.put(EVENING)
    ann = await hass.auth.async_create_user("Ann", group_ids=["system-users"])
    assert not ann.is_admin
    user = ann.id
    await act(hass, "protect_clip", user=user, clip_id=clip.id)
    await act(hass, "protect_clip", user=user, clip_id=clip.id, protected=False)
    await act(hass, "delete_clip", user=user, clip_id=clip.id)
    assert await act(hass, "list_clips", user=user) == {"clips": [], "cursor": None}
    for action, data in (
        ("export", {"clip_id": clip.id, "folder": str(evidence)}),
        ("rebuild_index", {}),
    ):
        with pytest.raises(Unauthorized):
            await act(hass, action, user=user, **data)


async def test_user_without_permission_is_refused(
    hass: HomeAssistant, factory: ClipFactory, hass_read_only_user: MockUser
) -> None:
    await factory.put(EVENING)
    hass_read_only_user.permissions = PolicyPermissions({}, None)
    with pytest.raises(Unauthorized):
        await act(hass, "list_clips", user=hass_read_only_user.id)
    with pytest.raises(UnknownUser):
        await act(hass, "list_clips", user="nobody")
