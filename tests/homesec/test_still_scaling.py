"""Scaling of stills."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from clip_factory import EVENING, STILL, ClipFactory
from cloud_fixtures import set_up_cloud
from homesec_fixtures import set_up
from PIL import Image
import pytest

from custom_components.homesec import views
from custom_components.homesec.clips import cache
from custom_components.homesec.clips.cache import STILL_WIDTHS, scale_still

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator


def picture(width: int = 1280, height: int = 720, kind: str = "JPEG") -> bytes:
    """A picture whose left half is red."""
    image = Image.new("RGB", (width, height), "navy")
    image.paste((200, 30, 30), (0, 0, width // 2, height))
    file = BytesIO()
    image.save(file, kind)
    return file.getvalue()


def test_scaled_still_has_width_and_content() -> None:
    for width in STILL_WIDTHS:
        small = Image.open(BytesIO(scale_still(picture(), width)))
        assert (small.format, small.size) == ("JPEG", (width, width * 9 // 16))
        red, _, blue = small.getpixel((width // 4, 90))
        assert red > 150 > blue
        assert small.getpixel((width * 3 // 4, 90))[2] > 100


@pytest.mark.parametrize(
    "still", [picture(640, 360), picture(320, 2000), b"", STILL, picture(kind="PNG")]
)
def test_small_still_or_other_file_is_unchanged(still: bytes) -> None:
    assert scale_still(still, 640) is still


def test_truncated_still_is_unchanged() -> None:
    cut = picture()[:2000]
    assert scale_still(cut, 320) is cut


def test_huge_still_is_not_decoded() -> None:
    with patch.object(cache, "_MAX_STILL_PIXELS", 1280 * 720 - 1):
        still = picture()
        assert scale_still(still, 320) is still


def test_extremely_wide_still_keeps_one_row() -> None:
    assert Image.open(BytesIO(scale_still(picture(4000, 1), 320))).size == (320, 1)


async def test_still_view_scales_local_still(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    video: Path,
    hass_client: ClientSessionGenerator,
) -> None:
    await set_up(hass, entry)
    factory = ClipFactory(entry, video)
    clip = await factory.put(EVENING)
    assert clip.still_path is not None
    file = factory.runtime.host.clips_dir / clip.still_path
    file.write_bytes(picture())
    client = await hass_client()
    url = f"/api/homesec/clip/{clip.id}.jpg"
    assert await size_of(client, url) == (1280, 720)
    assert await size_of(client, f"{url}?width=480") == (480, 270)
    answer = await client.get(f"{url}?width=320")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, max-age=86400"
    assert (await client.head(f"{url}?width=320")).status == HTTPStatus.OK
    for bad in ("", "0", "-320", "321", "99999", "wide", "3e2", "0320", "٣٢٠"):
        answer = await client.get(url, params={"width": bad})
        assert answer.status == HTTPStatus.BAD_REQUEST, bad
    with patch.object(views, "scale_still", side_effect=FileNotFoundError):
        assert (await client.get(f"{url}?width=320")).status == HTTPStatus.NOT_FOUND


async def test_still_view_scales_cloud_still_and_caches_it(
    hass: HomeAssistant, gcs: Any, video: Path, hass_client: ClientSessionGenerator
) -> None:
    factory = await set_up_cloud(hass, gcs, video)
    with patch("clip_factory.STILL", picture()):
        clip = await factory.cloud_only(EVENING)
    client = await hass_client()
    store = factory.library.cloud
    with patch.object(store, "read", wraps=store.read) as read:
        for width in STILL_WIDTHS:
            found = await size_of(client, f"/api/homesec/clip/{clip.id}.jpg?width={width}")
            assert found == (width, width * 9 // 16)
        assert await size_of(client, f"/api/homesec/clip/{clip.id}.jpg") == (1280, 720)
    assert read.call_count == 1


async def size_of(client: Any, url: str) -> tuple[int, int]:
    answer = await client.get(url)
    assert answer.status == HTTPStatus.OK
    return Image.open(BytesIO(await answer.read())).size
