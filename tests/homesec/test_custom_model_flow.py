"""Models that are brought by hand: tried before they are kept, chosen, removed."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from camera_dialog import STREAM, answer, begin, suggested
from custom_model import BIN, FACTS, NAME, PARAM, Browser, choose, reply
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
def models(house: Path) -> Path:
    return house / "homesec" / "models"


@pytest.fixture
def temporary(house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where uploads lie while a dialog is open."""
    folder = house / "temporary"
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


def kept(house: Path, models: Path) -> list[str]:
    """Return the user's own models, and whatever else was left of an attempt."""
    left = [path.name for path in (house / "temporary").glob("homesec-*")]
    left += [path.name for path in models.glob("own/*") if path.name.startswith(".")]
    return [own.name for own in list_custom_models(models)] + left


def add(models: Path, folder: Path, title: str = "Garden gnomes") -> None:
    """Bring a model without the dialog."""
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


async def test_a_model_of_ones_own_is_tried_kept_chosen_and_looked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    browser: Browser,
    models: Path,
    house: Path,
    probe: Any,
) -> None:
    shown = await browser.bring(entry, GNOMES)
    assert shown["description_placeholders"]["files"] == "gnomes.param, gnomes.bin"
    proposed = suggested(shown)
    assert proposed["title"] == "gnomes"
    assert len(proposed["labels"].splitlines()) == 80
    chosen = await reply(hass, shown, FACTS)
    assert chosen["step_id"] == "detector"
    assert suggested(chosen) == {"detector": "ncnn", "advanced": {"model": NAME}}
    assert "tested the model" in chosen["description_placeholders"]["note"]
    done = await reply(hass, chosen, {"detector": "ncnn", "advanced": {"model": NAME}})
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.data == {"detector": "ncnn", "model": NAME}
    assert kept(house, models) == [NAME]
    [own] = list_custom_models(models)
    assert own.model.labels == ("garden gnome",)
    assert (own.model.input, own.model.threshold) == ((64, 64), 0.4)

    settings = await answer(hass, await begin(hass, entry), STREAM)
    options = settings["data_schema"].schema["labels"].config["options"]
    assert options[0] == "person"
    assert options[-1] == "garden gnome"


async def test_what_the_facts_do_not_fit_is_not_kept(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, models: Path
) -> None:
    shown = await browser.bring(entry, GNOMES)
    again = await reply(hass, shown, {**FACTS, "labels": "gnome\nflamingo"})
    assert again["errors"] == {"base": "own_not_working"}
    assert again["description_placeholders"]["reason"]
    assert suggested(again)["labels"] == "gnome\nflamingo"
    assert [own.name for own in list_custom_models(models)] == []
    # The files need not be brought again.
    assert (await reply(hass, again, FACTS))["step_id"] == "detector"


@pytest.mark.parametrize(
    ("files", "wrong", "errors"),
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
async def test_what_cannot_be_right_is_refused_at_its_field(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    browser: Browser,
    models: Path,
    house: Path,
    files: dict[str, bytes],
    wrong: dict[str, Any],
    errors: dict[str, str],
) -> None:
    shown = await browser.bring(entry, files)
    again = await reply(hass, shown, FACTS | wrong)
    assert again["step_id"] == "describe"
    assert again["errors"] == errors
    assert again["description_placeholders"]["reason"]
    hass.config_entries.flow.async_abort(again["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert kept(house, models) == []


async def test_the_labels_may_come_from_a_file(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, models: Path
) -> None:
    shown = await browser.bring(entry, GNOMES)
    picture = await browser.upload("labels.txt", b"\xff\xd8\xff\xe0")
    again = await reply(hass, shown, {**FACTS, "labels_file": picture})
    assert again["errors"] == {"labels_file": "labels_file_unreadable"}
    text = await browser.upload("labels.txt", "\ufeffGartenzwerg\r\n\r\n".encode())
    done = await reply(hass, again, {**FACTS, "labels": "", "labels_file": text})
    assert done["step_id"] == "detector"
    assert list_custom_models(models)[0].model.labels == ("gartenzwerg",)


async def test_a_detector_that_cannot_be_installed_cannot_try_a_model(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, models: Path
) -> None:
    shown = await browser.bring(entry, {"gnomes.onnx": b"never loaded"})
    with patch(
        "custom_components.homesec.detector.setup.async_process_requirements",
        side_effect=RequirementsNotFound(DOMAIN, ["opencv"]),
    ) as installed:
        again = await reply(hass, shown, FACTS)
    assert again["errors"] == {"base": "detector_missing"}
    assert installed.call_args.args[2][0].startswith("opencv")
    assert list_custom_models(models) == []


async def test_a_trial_that_breaks_is_logged_and_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    browser: Browser,
    models: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown = await browser.bring(entry, GNOMES)
    with patch(
        "custom_components.homesec.flows.custom_model_import.create_detector",
        side_effect=ZeroDivisionError,
    ):
        again = await reply(hass, shown, FACTS)
    assert again["errors"] == {"base": "unknown"}
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
async def test_files_that_make_no_model_are_refused(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, files: dict[str, bytes]
) -> None:
    again = await browser.bring(entry, files, "add_model")
    assert again["errors"] == {"base": "own_files_unfit"}
    uploads = [await browser.upload(name, content) for name, content in GNOMES.items()]
    fields = dict(zip(("file", "weights"), uploads, strict=True))
    assert (await reply(hass, again, fields))["step_id"] == "describe"


async def test_an_upload_that_is_gone_is_asked_for_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    browser: Browser,
    models: Path,
    house: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    form = await choose(hass, entry, "add_model")
    gone = "01b2c3d4e5f60718293a4b5c6d7e8f90"
    again = await reply(hass, form, {"file": gone})
    assert again["errors"] == {"base": "upload_failed"}
    assert "could not be read" in caplog.text
    assert kept(house, models) == []


async def test_closing_the_dialog_drops_the_files(
    hass: HomeAssistant, entry: MockConfigEntry, browser: Browser, models: Path, house: Path
) -> None:
    shown = await browser.bring(entry, GNOMES)
    assert len(kept(house, models)) == 1
    hass.config_entries.flow.async_abort(shown["flow_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert kept(house, models) == []


async def test_files_of_the_catalogue_are_put_in_their_place(
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


async def test_what_was_brought_before_can_be_chosen_from_the_start(
    hass: HomeAssistant, models: Path, house: Path
) -> None:
    add(models, house)
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    again = await reply(hass, flow, {"detector": "opencv", "advanced": {"model": NAME}})
    assert again["errors"] == {"base": "model_unknown"}
    done = await reply(hass, again, {"detector": "ncnn", "advanced": {"model": NAME}})
    assert done["type"] == "create_entry"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_a_chosen_model_that_is_gone_is_shown_and_refused(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    object.__setattr__(entry, "data", {"detector": "ncnn", "model": NAME})
    await set_up(hass, entry)
    form = await choose(hass, entry, "detector")
    assert suggested(form)["advanced"] == {"model": NAME}
    again = await reply(hass, form, {"detector": "ncnn", "advanced": {"model": NAME}})
    assert again["errors"] == {"base": "model_unknown"}
    done = await reply(hass, again, {"detector": "ncnn", "advanced": {}})
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_removing_is_offered_if_there_is_something_to_remove(
    hass: HomeAssistant, entry: MockConfigEntry, models: Path, house: Path
) -> None:
    await set_up(hass, entry)
    menu = await entry.start_reconfigure_flow(hass)
    assert "add_model" in menu["menu_options"]
    assert "remove_model" not in menu["menu_options"]
    add(models, house)
    menu = await entry.start_reconfigure_flow(hass)
    assert "remove_model" in menu["menu_options"]


@pytest.mark.parametrize("in_use", [True, False])
async def test_a_model_is_removed_and_the_default_takes_its_place(
    hass: HomeAssistant, entry: MockConfigEntry, models: Path, house: Path, in_use: bool
) -> None:
    add(models, house)
    add(models, house, "Broken")
    (models / "own" / "broken" / "model.json").write_text("{")
    chosen = NAME if in_use else "yolox-nano"
    object.__setattr__(entry, "data", {"detector": "ncnn", "model": chosen})
    await set_up(hass, entry)
    form = await choose(hass, entry, "remove_model")
    options = form["data_schema"].schema["model"].config["options"]
    assert [option["label"] for option in options] == ["broken", "Garden gnomes"]
    done = await reply(hass, form, {"model": NAME})
    assert done["reason"] == "model_removed"
    assert [own.name for own in list_custom_models(models)] == ["own:broken"]
    assert entry.data.get("model") == (None if in_use else "yolox-nano")
    await hass.async_block_till_done(wait_background_tasks=True)
    form = await choose(hass, entry, "remove_model")
    await reply(hass, form, {"model": "own:broken"})
    assert list_custom_models(models) == []
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_files_that_cannot_be_deleted_are_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    models: Path,
    house: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    add(models, house)
    await set_up(hass, entry)
    form = await choose(hass, entry, "remove_model")
    with patch(
        "custom_components.homesec.flows.custom_model_flow.remove_custom_model",
        side_effect=OSError("busy"),
    ):
        again = await reply(hass, form, {"model": NAME})
    assert again["errors"] == {"base": "remove_failed"}
    assert "busy" in caplog.text
