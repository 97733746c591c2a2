"""Backups of Home Assistant while recording goes on."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING
from unittest.mock import patch

from clip_factory import EVENING, ClipFactory
from homeassistant.exceptions import HomeAssistantError
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.backup import async_post_backup, async_pre_backup
from custom_components.homesec.engine.library.catalog import Catalog

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

BEFORE, MEANWHILE = 300, 300


@pytest.fixture
async def factory(hass: HomeAssistant, entry: MockConfigEntry, video: Path) -> ClipFactory:
    await set_up(hass, entry)
    return ClipFactory(entry, video)


def copied(config_dir: Path, to: Path) -> list[str]:
    """Return the clip ids in a copy that was made file by file, as a backup does."""
    with Catalog(to / "clips.db") as catalog:
        ((found,),) = catalog.database.query("PRAGMA integrity_check")
        assert found == "ok"
        return sorted(clip.id for clip in catalog.queries.page(limit=10_000))


async def test_index_copied_during_backup_is_consistent(
    hass: HomeAssistant, factory: ClipFactory, config_dir: Path, tmp_path: Path
) -> None:
    clip = await factory.put(EVENING)
    catalog = factory.library.catalog

    def rows(first: int, count: int) -> list[str]:
        ids = [clip.id[:-4] + f"{n:04d}" for n in range(first, first + count)]
        for id_ in ids:
            object.__setattr__(clip, "id", id_)
            catalog.put(clip)
        return ids

    run = factory.runtime.host.async_run
    known = [clip.id, *await run(rows, 0, BEFORE)]
    await async_pre_backup(hass)
    for turn, parts in enumerate((("clips.db",), ("clips.db", "clips.db-wal"))):
        target = tmp_path / f"backup{turn}"
        target.mkdir()
        shutil.copyfile(config_dir / "homesec" / parts[0], target / parts[0])
        # Recording goes on between the two files of one backup.
        meanwhile = await run(rows, BEFORE + turn * MEANWHILE, MEANWHILE)
        for part in parts[1:]:
            shutil.copyfile(config_dir / "homesec" / part, target / part)
        found = await run(copied, config_dir, target)
        assert set(found) >= set(known)
        if turn:
            assert set(found) >= set(meanwhile)
    await async_post_backup(hass)
    await async_post_backup(hass)
    assert len(await run(lambda: catalog.queries.page(limit=10_000))) == 1 + BEFORE + 2 * MEANWHILE


async def test_backup_fails_when_index_is_in_use(hass: HomeAssistant, factory: ClipFactory) -> None:
    with (
        patch.object(
            type(factory.library.catalog.database),
            "suspend_checkpoints",
            side_effect=sqlite3.OperationalError,
        ),
        pytest.raises(HomeAssistantError) as raised,
    ):
        await async_pre_backup(hass)
    assert raised.value.translation_key == "index_in_use"


async def test_backup_without_running_engine_succeeds(
    hass: HomeAssistant, entry: MockConfigEntry, factory: ClipFactory
) -> None:
    await async_pre_backup(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await async_post_backup(hass)
    await async_pre_backup(hass)
    await async_post_backup(hass)
