"""The panel is in the sidebar while HomeSec is set up, and its module is served to browsers."""

from __future__ import annotations

from http import HTTPStatus
import json
import re
from typing import TYPE_CHECKING, Any

from homeassistant.components.frontend import DATA_PANELS
from homeassistant.config_entries import ConfigEntryDisabler
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.panel import FOLDER, MODULE, async_serve_panel
from homesec_dev.bootstrap import paths

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from homeassistant.core import HomeAssistant

SOURCE = paths.REPOSITORY / "panel" / "src"
TEXTS: dict[str, Any] = json.loads((paths.COMPONENT / "translations/en.json").read_text())


def module_url(hass: HomeAssistant) -> str:
    url: str = hass.data[DATA_PANELS]["homesec"].config["_panel_custom"]["module_url"]
    return url


async def test_panel_is_in_sidebar_for_every_user(hass, entry) -> None:
    await set_up(hass, entry)
    panel = hass.data[DATA_PANELS]["homesec"]
    assert panel.sidebar_title == "HomeSec"
    assert not panel.require_admin
    assert panel.config["_panel_custom"]["name"] == "homesec-panel"
    assert panel.config["_panel_custom"]["embed_iframe"] is False


async def test_panel_stays_during_reload(hass, entry) -> None:
    await set_up(hass, entry)
    shown = hass.data[DATA_PANELS]["homesec"]
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert hass.data[DATA_PANELS]["homesec"] is shown


async def test_panel_leaves_sidebar_while_homesec_is_disabled(hass, entry) -> None:
    await set_up(hass, entry)
    set_disabled_by = hass.config_entries.async_set_disabled_by
    await set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    assert "homesec" not in hass.data[DATA_PANELS]
    await set_disabled_by(entry.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "homesec" in hass.data[DATA_PANELS]


async def test_panel_leaves_sidebar_when_homesec_is_removed(hass, entry) -> None:
    await set_up(hass, entry)
    await hass.config_entries.async_remove(entry.entry_id)
    assert "homesec" not in hass.data[DATA_PANELS]


async def test_module_is_served_with_long_cache(hass, entry, hass_client_no_auth) -> None:
    await set_up(hass, entry)
    answer = await (await hass_client_no_auth()).get(module_url(hass))
    assert answer.status == HTTPStatus.OK
    assert "javascript" in answer.content_type
    assert "max-age" in answer.headers["Cache-Control"]
    assert await answer.read() == (FOLDER / MODULE).read_bytes()


async def test_modules_that_panel_loads_are_beside_it(hass, entry, hass_client_no_auth) -> None:
    await set_up(hass, entry)
    client = await hass_client_no_auth()
    for name in imported(FOLDER / MODULE):
        answer = await client.get(module_url(hass).replace(MODULE, name))
        assert answer.status == HTTPStatus.OK
        assert "javascript" in answer.content_type
        assert await answer.read() == (FOLDER / name).read_bytes()


def imported(module: Path) -> list[str]:
    """Return the names of the modules that a built module loads."""
    found = re.findall(r"\bimport\((.*?)\)", module.read_text())
    return [re.fullmatch(r"[\"'`]\./([a-z-]+\.js)[\"'`]", each)[1] for each in found]


async def test_module_url_changes_with_content(hass, tmp_path, monkeypatch) -> None:
    addresses: list[str] = []

    async def register(configs: list[Any]) -> None:
        addresses.extend(config.url_path for config in configs)

    class Http:
        async_register_static_paths = staticmethod(register)

    hass.http = Http()  # serves the panel's module
    for content in ("one", "two", "two"):
        (tmp_path / "homesec-panel.js").write_text("the same")
        (tmp_path / "homesec-hls.js").write_text(content)
        monkeypatch.setattr("custom_components.homesec.panel.FOLDER", tmp_path)
        await async_serve_panel(hass)
    assert addresses[0] != addresses[1] == addresses[2]
    assert all(re.fullmatch(r"/homesec_static/[0-9a-f]{16}", each) for each in addresses)


def test_committed_modules_load_only_each_other() -> None:
    for module in FOLDER.glob("*.js"):
        text = module.read_text()
        assert all((FOLDER / name).exists() for name in imported(module))
        assert not re.search(r"\bimport[\s{\"']|\bexport\s*\*", text)
        assert not re.search(r"https?://(?!www\.w3\.org|aomedia\.org/emsg/ID3)", text)
        assert "sourceMappingURL" not in text


def test_panel_uses_no_elements_of_frontend() -> None:
    for path in SOURCE.rglob("*.ts"):
        assert not re.search(r"</?ha-|</?hui-|customElements\.get", path.read_text()), path


def leaves(tree: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, value in tree.items():
        if isinstance(value, dict):
            found += leaves(value, f"{prefix}{key}.")
        else:
            found.append(prefix + key)
    return found


@pytest.fixture
def used() -> Callable[[str], bool]:
    """Return a function that says whether the panel uses a text or its group."""
    source = "\n".join(path.read_text() for path in SOURCE.rglob("*.ts"))
    names = set(re.findall(r'"([a-z_.]+)"', source))
    groups = set(re.findall(r"`([a-z_.]+[._])\$\{", source))
    groups |= {f"{name}." for name in re.findall(r'named\(\s*"(\w+)"', source)}

    def is_used(key: str) -> bool:
        plain = re.sub(r"\.(one|other)$", "", key)
        return plain in names or any(plain.startswith(group) for group in groups)

    return is_used


def test_panel_texts_are_all_used(used: Callable[[str], bool]) -> None:
    # That every text used is there is checked by the compiler: the keys are a type.
    assert [key for key in leaves(TEXTS["config_panel"]) if not used(key)] == []
