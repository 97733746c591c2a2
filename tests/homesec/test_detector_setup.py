"""The choice of the detector, and the installation of OpenCV."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING
from unittest.mock import patch

from custom_model import choose
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.requirements import RequirementsNotFound
from homeassistant.setup import async_setup_component
from homesec_fixtures import set_up, until
from packaging.tags import Tag, sys_tags
import pytest

from custom_components.homesec.const import DOMAIN
from custom_components.homesec.detector.setup import (
    ChosenDetector,
    async_choose_detector,
    opencv_has_wheel,
)
from custom_components.homesec.engine.engine import HomeSecEngine
from custom_components.homesec.repairs import async_create_fix_flow

if TYPE_CHECKING:
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import issue_registry as ir
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

INSTALL = "custom_components.homesec.detector.setup.async_process_requirements"


def tags(*platforms: str) -> list[Tag]:
    return [Tag("cp314", "cp314", each) for each in platforms]


# In the order of packaging before and since 26.3, in Home Assistant's container and on Debian.
MUSL = tags("musllinux_1_2_x86_64", "musllinux_1_1_x86_64", "musllinux_1_0_x86_64", "linux_x86_64")
MUSL_LINUX_FIRST = [MUSL[-1], *MUSL[:-1]]
MUSL_ARM = tags("linux_aarch64", "musllinux_1_2_aarch64", "musllinux_1_0_aarch64")
GLIBC = tags("manylinux_2_41_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64",
             "linux_x86_64")  # fmt: skip
GLIBC_LINUX_FIRST = [GLIBC[-1], *GLIBC[:-1]]


@pytest.mark.parametrize("musl", [MUSL, MUSL_LINUX_FIRST, MUSL_ARM])
def test_opencv_has_no_wheel_on_alpine(musl: list[Tag]) -> None:
    assert not opencv_has_wheel(musl)


@pytest.mark.parametrize("glibc", [GLIBC, GLIBC_LINUX_FIRST])
def test_opencv_has_a_wheel_on_debian(glibc: list[Tag]) -> None:
    assert opencv_has_wheel(glibc)


def test_opencv_has_a_wheel_where_this_python_stands_on_glibc() -> None:
    assert opencv_has_wheel(sys_tags()) == (platform.libc_ver()[0] == "glibc")


@pytest.mark.parametrize("system", [MUSL_LINUX_FIRST, GLIBC])
async def test_default_detector_installs_nothing(hass: HomeAssistant, system: list[Tag]) -> None:
    with (
        patch("custom_components.homesec.detector.setup.sys_tags", return_value=system),
        patch(INSTALL) as install,
    ):
        for data in ({}, {"detector": "ncnn"}):
            chosen = await async_choose_detector(hass, data)
            assert chosen == ChosenDetector(detector="ncnn", model=None)
    install.assert_not_called()


@pytest.mark.parametrize(("system", "missing"), [(MUSL_LINUX_FIRST, True), (GLIBC, False)])
async def test_automatic_detector_of_earlier_versions_is_the_default(
    hass: HomeAssistant, system: list[Tag], *, missing: bool
) -> None:
    data = {"detector": "auto", "model": "nanodet-plus-m"}
    with (
        patch("custom_components.homesec.detector.setup.sys_tags", return_value=system),
        patch(INSTALL) as install,
    ):
        chosen = await async_choose_detector(hass, data)
    assert chosen == ChosenDetector(detector="ncnn", model="nanodet-plus-m", opencv_missing=missing)
    install.assert_not_called()


async def test_removed_model_becomes_the_default_model(hass: HomeAssistant) -> None:
    data = {"detector": "opencv", "model": "pedestrian-ssdlite"}
    with patch(INSTALL):
        chosen = await async_choose_detector(hass, data)
    assert chosen == ChosenDetector(detector="opencv", model=None)


async def test_opencv_on_alpine_is_replaced_without_an_attempt_to_install_it(
    hass: HomeAssistant,
) -> None:
    data = {"detector": "opencv", "model": "own:dogs"}
    with (
        patch("custom_components.homesec.detector.setup.sys_tags", return_value=MUSL_LINUX_FIRST),
        patch(INSTALL) as install,
    ):
        chosen = await async_choose_detector(hass, data)
    assert chosen == ChosenDetector(detector="ncnn", model=None, opencv_missing=True)
    install.assert_not_called()


async def test_form_offers_opencv_only_where_it_can_be_installed(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await set_up(hass, entry)
    hass.config_entries.async_update_entry(entry, data={"detector": "opencv"})
    await hass.async_block_till_done(wait_background_tasks=True)
    for system, options in ((MUSL_LINUX_FIRST, ["ncnn"]), (GLIBC, ["ncnn", "opencv"])):
        with patch("custom_components.homesec.detector.setup.sys_tags", return_value=system):
            form = await choose(hass, entry, "detector")
        [(key, field)] = [x for x in form["data_schema"].schema.items() if x[0] == "detector"]
        assert field.config["options"] == options
        assert key.description == {"suggested_value": options[-1]}


async def test_opencv_that_cannot_be_installed_is_a_repair_that_keeps_the_default(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    issue_registry: ir.IssueRegistry,
) -> None:
    assert await async_setup_component(hass, "repairs", {})
    object.__setattr__(entry, "data", {"detector": "opencv", "model": "own:dogs", "pins": []})
    with patch(INSTALL, side_effect=RequirementsNotFound(DOMAIN, ["x"])):
        await set_up(hass, entry)
        await until(hass, lambda: issue_registry.async_get_issue(DOMAIN, "opencv_missing"))
    client = await hass_client()
    begun = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": "opencv_missing"}
    )
    flow = await begun.json()
    assert flow["step_id"] == "confirm"
    done = await client.post(f"/api/repairs/issues/fix/{flow['flow_id']}", json={})
    assert (await done.json())["type"] == FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data == {"detector": "ncnn", "pins": []}
    assert issue_registry.async_get_issue(DOMAIN, "opencv_missing") is None


async def test_repair_keeps_the_model_that_was_chosen_with_the_automatic_detector(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    object.__setattr__(entry, "data", {"detector": "auto", "model": "nanodet-plus-m"})
    await set_up(hass, entry)
    flow = await async_create_fix_flow(hass, "opencv_missing", {"entry_id": entry.entry_id})
    flow.hass = hass
    await flow.async_step_confirm({})
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data == {"detector": "ncnn", "model": "nanodet-plus-m"}


@pytest.mark.usefixtures("socket_enabled")
async def test_entry_of_an_earlier_version_comes_up_with_both_networks(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.homesec.engine_host.HomeSecEngine", HomeSecEngine)
    object.__setattr__(entry, "data", {"detector": "auto"})
    await set_up(hass, entry)
    await until(hass, lambda: entry.runtime_data.detector.report)
    report = entry.runtime_data.detector.report
    assert (report.ready, report.detector) == (True, "ncnn")
    assert (report.model, report.verifier) == ("yolox-nano", "nanodet-plus-m")
