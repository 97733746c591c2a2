"""Custom models: tested before they are stored, chosen, and removed."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_forms import STREAM, start_adding, submit_subentry, suggested_values
from custom_model import BIN, METADATA, NAME, PARAM, Browser, choose, reply
from homeassistant.config_entries import SOURCE_USER
from homeassistant.requirements import RequirementsNotFound
from homesec_fixtures import set_up
import pytest

from custom_components.homesec.const import DOMAIN
from custom_components.homesec.engine.model_zoo.custom_models import (
    import_custom_model,
    list_custom_models,
)
from custom_components.homesec.engine.model_zoo.manifest import BUNDLED_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from homeassistant.core import HomeAssistant
    from pytest_homeassistant_custom_component.common import MockConfigEntry
    from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

GNOMES = {"gnomes.param": PARAM, "gnomes.bin": BIN}


@pytest.fixture
def models(config_dir: Path) -> Path:
    return config_dir / "homesec" / "models"


@pytest.fixture
def temporary(config_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of uploads while a dialog is open."""
    folder = config_dir / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
async def browser(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    temporary: Path,
) -> Browser:
    await set_up(hass, entry)
    return Browser(hass, hass_client)


def stored(config_dir: Path, models: Path) -> list[str]:
    """Return the names of the custom models, and the leftovers of attempts."""
    left = [path.name for path in (config_dir / "temporary").glob("homesec-*")]
    left += [path.name for path in models.glob("own/*") if path.name.startswith(".")]
    return [custom.name for custom in list_custom_models(models)] + left


def add(models: Path, folder: Path, title: str = "Garden gnomes") -> None:
    """Add a model without the dialog."""
    files = []
    for name, content in GNOMES.items():
        files.append(folder / name)
        files[-1].write_bytes(content)
    labels = ["garden gnome"]
    import_custom_model(
        models,
        title=title,
        head="yolov8",
        input=(64, 64),
        labels=labels,
        threshold=0.4,
        files=files,
    )


# --- adding ------------------------------------------------------------------------------------


async def test_add_model_tests_stores_and_chooses_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    browser: Browser,
    models: Path,
    config_dir: Path,
    probe: Any,
) -> None:
    form = await browser.add_files(entry, GNOMES)
    assert form["description_placeholders"]["files"] == "gnomes.param, gnomes.bin"
    suggestion = suggested_values(form)
    assert suggestion["title"] == "gnomes"
    assert len(suggestion["labels"].splitlines()) == 80
    detector_form = await reply(hass, form, METADATA)
    assert detector_form["step_id"] == "detector"
    assert suggested_values(detector_form) == {"detector": "ncnn", "advanced": {"model": NAME}}
    assert "tested the model" in detector_form["description_placeholders"]["note"]
    done = await reply(hass, detector_form, {"detector": "ncnn", "advanced": {"model": NAME}})
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data == {"detector": "ncnn", "model": NAME}
    assert stored(config_dir, models) == [NAME]
    [custom] = list_custom_models(models)
    assert custom.model.labels == ("garden gnome",)
    assert (custom.model.input, custom.model.threshold) == ((64, 64), 0.4)

    settings = await submit_subentry(hass, await start_adding(hass, entry), STREAM)
    options = settings["data_schema"].schema["labels"].config["options"]
    assert options[0] == "person"
    assert options[-1] == "garden gnome"


async def test_add_model_that_does_not_work_is_not_stored(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, models: Path
) -> None:
    form = await browser.add_files(entry, GNOMES)
    retry = await reply(hass, form, {**METADATA, "labels": "gnome\nflamingo"})
    assert retry["errors"] == {"base": "own_not_working"}
    assert retry["description_placeholders"]["reason"]
    assert suggested_values(retry)["labels"] == "gnome\nflamingo"
    assert [custom.name for custom in list_custom_models(models)] == []
    # The files need not be uploaded again.
    assert (await reply(hass, retry, METADATA))["step_id"] == "detector"


@pytest.mark.parametrize(
    ("files", "changes", "errors"),
    [
        (GNOMES, {"title": " "}, {"title": "own_title_refused"}),
        (GNOMES, {"width": 100}, {"width": "own_input_refused"}),
        (GNOMES, {"labels": "cat\ncat"}, {"labels": "own_labels_refused"}),
        (GNOMES, {"labels": "\n"}, {"labels": "own_labels_refused"}),
        ({"best.onnx": b"not a network"}, {}, {"base": "own_files_refused"}),
        ({"a.param": b"not a network", "a.bin": BIN}, {}, {"base": "own_files_refused"}),
        ({"a.param": PARAM, "a.bin": BIN[:100]}, {}, {"base": "own_not_working"}),
    ],
)
async def test_add_model_shows_error_at_its_field(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    browser: Browser,
    models: Path,
    config_dir: Path,
    files: dict[str, bytes],
    changes: dict[str, Any],
    errors: dict[str, str],
) -> None:
    form = await browser.add_files(entry, files)
    retry = await reply(hass, form, METADATA | changes)
    assert retry["step_id"] == "describe"
    assert retry["errors"] == errors
    assert retry["description_placeholders"]["reason"]
    hass.config_entries.flow.async_abort(retry["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert stored(config_dir, models) == []


async def test_add_model_reads_labels_from_file(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, models: Path
) -> None:
    form = await browser.add_files(entry, GNOMES)
    picture = await browser.upload("labels.txt", b"\xff\xd8\xff\xe0")
    retry = await reply(hass, form, {**METADATA, "labels_file": picture})
    assert retry["errors"] == {"labels_file": "labels_file_unreadable"}
    text = await browser.upload("labels.txt", "\ufeffGartenzwerg\r\n\r\n".encode())
    done = await reply(hass, retry, {**METADATA, "labels": "", "labels_file": text})
    assert done["step_id"] == "detector"
    assert list_custom_models(models)[0].model.labels == ("gartenzwerg",)


async def test_add_model_without_detector_shows_error(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, models: Path
) -> None:
    form = await browser.add_files(entry, {"gnomes.onnx": b"never loaded"})
    with patch(
        "custom_components.homesec.detector.setup.async_process_requirements",
        side_effect=RequirementsNotFound(DOMAIN, ["opencv"]),
    ) as installed:
        retry = await reply(hass, form, METADATA)
    assert retry["errors"] == {"base": "detector_missing"}
    assert installed.call_args.args[2][0].startswith("opencv")
    assert list_custom_models(models) == []


async def test_add_model_unexpected_error_is_logged_and_shown(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    browser: Browser,
    models: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    form = await browser.add_files(entry, GNOMES)
    with patch(
        "custom_components.homesec.engine.worker.media_tools.create_detector",
        side_effect=ZeroDivisionError,
    ):
        retry = await reply(hass, form, METADATA)
    assert retry["errors"] == {"base": "unknown"}
    assert "ZeroDivisionError" in caplog.text
    assert list_custom_models(models) == []


@pytest.mark.parametrize(
    "files",
    [
        {"a.param": PARAM},
        {"a.bin": BIN},
        {"a.onnx": b"x", "a.bin": BIN},
        {"a.bin": BIN, "b.bin": BIN},
        {"a.pt": b"x"},
    ],
)
async def test_add_model_refuses_files_that_make_no_model(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, files: dict[str, bytes]
) -> None:
    retry = await browser.add_files(entry, files, "add_model")
    assert retry["errors"] == {"file": "own_files_unfit"}
    uploads = [await browser.upload(name, content) for name, content in GNOMES.items()]
    fields = dict(zip(("file", "weights"), uploads, strict=True))
    assert (await reply(hass, retry, fields))["step_id"] == "describe"


async def test_add_model_missing_upload_shows_error(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    browser: Browser,
    models: Path,
    config_dir: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    form = await choose(hass, entry, "add_model")
    missing = "01b2c3d4e5f60718293a4b5c6d7e8f90"
    retry = await reply(hass, form, {"file": missing})
    assert retry["errors"] == {"file": "upload_failed"}
    assert "could not be read" in caplog.text
    assert stored(config_dir, models) == []


async def test_add_model_closed_dialog_deletes_uploads(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, models: Path, config_dir: Path
) -> None:
    form = await browser.add_files(entry, GNOMES)
    assert len(stored(config_dir, models)) == 1
    hass.config_entries.flow.async_abort(form["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert stored(config_dir, models) == []


async def test_add_model_stores_files_of_manifest(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, models: Path
) -> None:
    before = entry.runtime_data
    graph = (BUNDLED_FOLDER / "yolox_nano.ncnn.param").read_bytes()
    form = await choose(hass, entry, "add_model")
    done = await reply(hass, form, {"file": await browser.upload("from a stick.param", graph)})
    assert done["reason"] == "files_placed"
    assert done["description_placeholders"] == {"files": "yolox_nano.ncnn.param"}
    assert (models / "yolox_nano.ncnn.param").read_bytes() == graph
    # The detector looks for its files only when it is made.
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data is not before


# --- choosing and removing ---------------------------------------------------------------------


async def test_custom_model_can_be_chosen_in_first_setup(
    hass: HomeAssistant, models: Path, config_dir: Path
) -> None:
    add(models, config_dir)
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    retry = await reply(hass, flow, {"detector": "opencv", "advanced": {"model": NAME}})
    assert retry["errors"] == {"advanced": "model_unknown"}
    done = await reply(hass, retry, {"detector": "ncnn", "advanced": {"model": NAME}})
    assert done["type"] == "create_entry"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_missing_custom_model_is_shown_and_refused(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    object.__setattr__(entry, "data", {"detector": "ncnn", "model": NAME})
    await set_up(hass, entry)
    form = await choose(hass, entry, "detector")
    assert suggested_values(form)["advanced"] == {"model": NAME}
    retry = await reply(hass, form, {"detector": "ncnn", "advanced": {"model": NAME}})
    assert retry["errors"] == {"advanced": "model_unknown"}
    done = await reply(hass, retry, {"detector": "ncnn", "advanced": {}})
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_remove_model_is_offered_if_there_is_a_custom_model(
    hass: HomeAssistant, entry: MockConfigEntry, models: Path, config_dir: Path
) -> None:
    await set_up(hass, entry)
    menu = await entry.start_reconfigure_flow(hass)
    assert "add_model" in menu["menu_options"]
    assert "remove_model" not in menu["menu_options"]
    add(models, config_dir)
    menu = await entry.start_reconfigure_flow(hass)
    assert "remove_model" in menu["menu_options"]


@pytest.mark.parametrize("in_use", [True, False])
async def test_remove_model_switches_to_default_if_in_use(
    hass: HomeAssistant, entry: MockConfigEntry, models: Path, config_dir: Path, in_use: bool
) -> None:
    add(models, config_dir)
    add(models, config_dir, "Broken")
    (models / "own" / "broken" / "model.json").write_text("{")
    model = NAME if in_use else "yolox-nano"
    object.__setattr__(entry, "data", {"detector": "ncnn", "model": model})
    await set_up(hass, entry)
    form = await choose(hass, entry, "remove_model")
    options = form["data_schema"].schema["model"].config["options"]
    assert [option["label"] for option in options] == ["broken", "Garden gnomes"]
    done = await reply(hass, form, {"model": NAME})
    assert done["reason"] == "model_removed"
    assert [custom.name for custom in list_custom_models(models)] == ["own:broken"]
    assert entry.data.get("model") == (None if in_use else "yolox-nano")
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await choose(hass, entry, "remove_model")
    await reply(hass, form, {"model": "own:broken"})
    assert list_custom_models(models) == []
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_remove_model_undeletable_files_show_error(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    models: Path,
    config_dir: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    add(models, config_dir)
    await set_up(hass, entry)
    form = await choose(hass, entry, "remove_model")
    with patch(
        "custom_components.homesec.flows.custom_model_flow.remove_custom_model",
        side_effect=OSError("busy"),
    ):
        retry = await reply(hass, form, {"model": NAME})
    assert retry["errors"] == {"model": "remove_failed"}
    assert "busy" in caplog.text
