"""Clips in the clip folder and in the cloud, and calls of the actions on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
import shutil
from threading import Event
from typing import TYPE_CHECKING, Any

from homeassistant.core import Context
from homeassistant.exceptions import ServiceValidationError
from homesec_fixtures import CAMERA_ID
import pytest
from ulid_transform import ulid_at_time

from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.cloud.encrypted_store import PLAIN
from custom_components.homesec.engine.cloud.object_names import (
    CONTENT_TYPES,
    STILL as STILL_SUFFIX,
    VIDEO,
    object_metadata,
    object_name,
)
from custom_components.homesec.engine.cloud.object_store import FileContent, Upload
from custom_components.homesec.engine.core.clip_files import partial_path
from custom_components.homesec.engine.core.types import Clip, ClipState, Trigger

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry

    from custom_components.homesec.engine.library.library import ClipLibrary

# 23:30 in Amsterdam is still the day before in New York and in UTC 22:30.
EVENING = datetime(2026, 11, 21, 22, 30, tzinfo=UTC).timestamp()
STILL = b"\xff\xd8\xff still"


class ClipFactory:
    """Makes clips as the engine would."""

    def __init__(self, entry: MockConfigEntry, video: Path) -> None:
        self.runtime = entry.runtime_data
        self._video = video

    @property
    def library(self) -> ClipLibrary:
        """Return the library of clips."""
        library: ClipLibrary = self.runtime.host.engine.library
        return library

    async def cloud_only(self, at: float, **fields: Any) -> Clip:
        """Make a clip that is only in the cloud."""
        clip = await self.put(at, **fields)
        await self.runtime.host.async_run_raw(self._upload, clip)
        return clip

    def _upload(self, clip: Clip) -> None:
        library, size = self.library, 0
        keys: list[str] = []
        store = library.cloud
        assert store is not None
        for suffix, path in ((VIDEO, clip.path), (STILL_SUFFIX, clip.still_path)):
            if path is None:
                continue
            upload = Upload(
                name=object_name(clip, prefix=store.prefix, suffix=suffix),
                content=FileContent(path=self.runtime.host.clips_dir / path),
                content_type=CONTENT_TYPES[suffix],
                metadata=object_metadata(clip),
            )
            stored = store.upload(upload, stop=Event())
            size += stored.bytes
            keys.append(stored.key_id or PLAIN)
        library.copies.mark_uploaded(clip.id, size)
        library.catalog.remember_key(store.bucket_uri, clip.id, keys[0])
        library.copies.remove_local(clip)

    async def put(
        self,
        at: float,
        *,
        camera_id: str = CAMERA_ID,
        name: str = "Front door",
        trigger: Trigger = Trigger.PRESENCE,
        state: ClipState = ClipState.SAVED,
        still: bool = True,
        **fields: Any,
    ) -> Clip:
        clip_id = ulid_at_time(at)
        path = f"{camera_id}/2026-11-21/{clip_id}"
        clip = Clip(
            id=clip_id,
            camera_id=camera_id,
            camera_name=name,
            state=state,
            trigger=trigger,
            started_at=at - 4,
            event_at=at,
            duration_s=12.4,
            label="person" if trigger is Trigger.PRESENCE else None,
            score=0.872 if trigger is Trigger.PRESENCE else None,
            path=f"{path}.mp4",
            still_path=f"{path}.jpg" if still else None,
            bytes=self._video.stat().st_size,
            local=state is not ClipState.MISSING,
        )
        clip = replace(clip, **fields)
        await self.runtime.host.async_run_raw(self._write, clip)
        return clip

    def _write(self, clip: Clip) -> None:
        target = self.runtime.host.clips_dir / clip.path
        if clip.state is ClipState.RECORDING:
            target = partial_path(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._video, target)
        if clip.still_path:
            (self.runtime.host.clips_dir / clip.still_path).write_bytes(STILL)
        self.runtime.host.engine.catalog.put(clip)


async def act(hass: HomeAssistant, action: str, *, user: str | None = None, **data: Any) -> Any:
    """Call an action; return its response."""
    answers = action in ("list_clips", "export", "rebuild_index")
    return await hass.services.async_call(
        DOMAIN,
        action,
        data,
        blocking=True,
        return_response=answers,
        context=Context(user_id=user) if user else None,
    )


async def refused(hass: HomeAssistant, action: str, **data: Any) -> str | None:
    """Call an action with invalid data; return the error's translation key."""
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, action, **data)
    assert str(raised.value), "there is no text for it"
    return raised.value.translation_key


def ids(answer: dict[str, Any]) -> list[str]:
    """Return the ids of the listed clips."""
    return [clip["clip_id"] for clip in answer["clips"]]


def contents(folder: Path) -> dict[str, bytes]:
    """Return the content of a folder's files by name."""
    return {path.name: path.read_bytes() for path in folder.glob("*")}
