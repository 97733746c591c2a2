"""An entry whose clips go to a bucket on the loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from clip_factory import ClipFactory
from homesec_fixtures import CAMERA_ID, camera, set_up
from pytest_homeassistant_custom_component.common import MockConfigEntry

# Imported before the patch below, since its modules import the patched function.
import custom_components.homesec.config_flow  # noqa: F401
from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.cloud.encrypted_store import EncryptedStore
from custom_components.homesec.engine.cloud.encryption_settings import EncryptionSettings
from custom_components.homesec.engine.cloud.gcs import GcsSettings, GcsStore

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant

    from custom_components.homesec.engine.cloud.encryption_key import EncryptionKey


def entry_with_cloud(video: Path) -> MockConfigEntry:
    """Return an entry with one camera and a bucket, not set up yet."""
    return MockConfigEntry(
        domain=DOMAIN,
        title="HomeSec",
        data={"detector": "ncnn", "storage": {"bucket": "homesec-clips", "prefix": "house"}},
        entry_id="01K0HOVSE00000000000000000",
        subentries_data=[camera("Front door", video, camera_id=CAMERA_ID)],
    )


async def set_up_cloud(
    hass: HomeAssistant,
    gcs: Any,
    video: Path,
    *,
    key: dict[str, str] | None = None,
    encryption_key: EncryptionKey | None = None,
) -> ClipFactory:
    """Set such an entry up; with a ``key``, its login can sign URLs."""

    def make_store(*_: object) -> EncryptedStore:
        bucket = GcsSettings(bucket=gcs.bucket, prefix="house", key=key)
        settings = EncryptionSettings(encrypt_with=encryption_key and encryption_key.text)
        return EncryptedStore(
            GcsStore(bucket, endpoint=gcs.url),
            settings,
        )

    await hass.config.async_set_time_zone("Europe/Amsterdam")
    entry = entry_with_cloud(video)
    with patch("custom_components.homesec.cloud.store.make_store", make_store):
        await set_up(hass, entry)
        # The store logs in when it is first used.
        await entry.runtime_data.host.async_run(
            entry.runtime_data.host.engine.library.cloud.find, "x"
        )
    return ClipFactory(entry, video)
