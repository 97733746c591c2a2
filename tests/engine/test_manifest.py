"""The manifest of models: complete, safe, and with a default for each detector."""

import json
from pathlib import Path
from threading import Event

from model_files import BUNDLED, bundled
import pytest

from custom_components.homesec.engine.core.errors import ModelUnknown
from custom_components.homesec.engine.detection import heads
from custom_components.homesec.engine.model_zoo.manifest import (
    BUNDLED_FOLDER,
    HEADS,
    MANIFEST,
    default_model,
    models_for,
    parse_manifest,
)
from custom_components.homesec.engine.model_zoo.store import ModelStore


def test_verifier_of_bundled_models():
    models = ModelStore(folder=Path("none"))
    assert models.verifier_of("yolox-nano") == "nanodet-plus-m"
    assert models.verifier_of("nanodet-plus-m") == "yolox-nano"
    assert models.verifier_of("own:mine") is None


def test_default_model_of_each_detector():
    assert default_model("opencv") == "yolox-nano"
    assert default_model("ncnn") == "yolox-nano"
    with pytest.raises(ModelUnknown):
        default_model("abacus")


def test_models_for_lists_models_of_detector():
    assert [model.name for model in models_for("ncnn")] == ["yolox-nano", "nanodet-plus-m"]
    assert [model.name for model in models_for("opencv")] == ["yolox-nano", "nanodet-plus-m"]


def test_manifest_models_are_complete():
    for model in MANIFEST.values():
        assert model.license in {"Apache-2.0", "MIT"}
        assert "person" in model.labels
        for detector, variants in model.variants.items():
            assert variants
            for variant in variants:
                expected = 2 if detector == "ncnn" else 1
                assert len(variant.files) == expected
                for file in variant.files:
                    assert len(bytes.fromhex(file.sha256)) == 32


@pytest.mark.parametrize(
    ("name", "url"), [("../../x", "https://one.test/x"), ("x", "http://one.test/x")]
)
def test_parse_manifest_refuses_unsafe_names_and_urls(name, url):
    file = {"name": name, "bytes": 1, "sha256": "00", "urls": [url]}
    variant = {"files": [file], "flexible": False}
    model = {
        "name": "m", "title": "m", "license": "MIT", "labels": "l", "input": [1, 1],
        "threshold": 0.5, "head": "ssd", "detectors": {"opencv": {"variants": [variant]}},
    }  # fmt: skip
    with pytest.raises(ValueError, match="plain file name"):
        parse_manifest(json.dumps({"labels": {"l": ["person"]}, "models": [model]}))


@pytest.mark.parametrize("name", BUNDLED)
def test_models_for_ncnn_are_bundled(name, tmp_path):
    (variant,) = MANIFEST[name].variants["ncnn"]
    found = ModelStore(folder=tmp_path, fetch=pytest.fail).obtain(name, "ncnn", stop=Event())
    assert found.paths == tuple(BUNDLED_FOLDER / file.name for file in variant.files)
    assert list(tmp_path.iterdir()) == []


def test_notice_lists_every_bundled_network_with_its_hash():
    notice = (BUNDLED_FOLDER / "NOTICE").read_text("utf-8")
    listed = {file.name: file.sha256 for name in BUNDLED for variant in
              MANIFEST[name].variants["ncnn"] for file in variant.files}  # fmt: skip
    assert {path.name for path in BUNDLED_FOLDER.iterdir()} == {"NOTICE", *listed}
    for name, sha256 in listed.items():
        assert f"{sha256}  {name}" in notice


def test_default_models_are_flexible_and_have_verifier():
    for detector in ("opencv", "ncnn"):
        (model,) = (each for each in MANIFEST.values() if detector in each.default_for)
        assert all(variant.flexible for variant in model.variants[detector])
        assert detector in MANIFEST[model.verifier].variants
        assert MANIFEST[model.verifier].verifier == model.name


def test_found_model_has_flexible_of_its_variant():
    assert bundled("yolox-nano").flexible
    assert not bundled("nanodet-plus-m").flexible


def test_models_are_flexible_for_all_detectors_or_none():
    # Otherwise the same picture would be scaled differently on another system.
    for model in MANIFEST.values():
        flexible = {variant.flexible for files in model.variants.values() for variant in files}
        assert len(flexible) == 1, model.name


def test_manifest_heads_are_those_that_can_be_decoded():
    assert set(HEADS) == set(heads.HEADS)
