"""Home Assistant's process imports nothing for HomeSec that decodes pictures or runs networks."""

import os
from pathlib import Path
import subprocess
import sys

from import_graph import at_runtime, eager, external, imports, modules, reachable
import pytest

from homesec_dev import engine_only

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "homesec"
NATIVE = {"av", "numpy", "cv2", "ncnn", "onnxruntime", "lxml", "onvif", "wsdiscovery", "zeep"}
CHILD = (
    *("camera", "capture", "detection", "discovery", "live", "media", "recording", "tracking"),
)
"""Packages of the engine that only a worker imports."""
CHILD_MODULES = {
    "engine.worker.camera_host",
    "engine.worker.in_process",
    "engine.worker.media_tools",
    "engine.worker.tryout",
}
BOTH = {
    "engine.capture",
    "engine.media",
    "engine.detection",
    "engine.discovery",
}
"""Modules in these packages that need none of it; the packages themselves are empty."""
MAY_IMPORT_LATE = {
    "engine.engine",
    "engine.worker.camera_service",
    "engine.worker.discovery_service",
    "engine.worker.tools_service",
    "engine.worker.tryout_service",
}
"""The lazy boundaries: they import the worker's modules in a function."""


def is_childs(module):
    """Return whether only a worker may import a module."""
    inside = any(
        module == f"engine.{each}" or module.startswith(f"engine.{each}.") for each in CHILD
    )
    return (inside and module not in BOTH) or module in CHILD_MODULES


def native(root, roots):
    """Return the modules imported with these that import a native library themselves."""
    paths = modules(root)
    found = reachable(imports(root, nodes=eager), roots)
    return sorted(x for x in found if x in paths and external(paths[x], nodes=eager) & NATIVE)


def test_no_module_of_home_assistants_process_imports_native_libraries():
    roots = [name for name in modules(INTEGRATION) if not is_childs(name)]
    assert len(roots) > 200
    assert native(INTEGRATION, roots) == []


def test_only_the_boundaries_import_modules_of_the_worker_late():
    graph = imports(INTEGRATION, nodes=at_runtime)
    late = {x for x, targets in graph.items() if not is_childs(x) and any(map(is_childs, targets))}
    assert late <= MAY_IMPORT_LATE


@pytest.mark.parametrize(
    "line", ["import av", "from numpy import array", "class X:\n    import cv2"]
)
def test_native_import_is_found(tmp_path, line):
    (tmp_path / "a.py").write_text("from .b import x")
    (tmp_path / "b.py").write_text(line)
    assert native(tmp_path, ["a"]) == ["b"]


@pytest.mark.parametrize(
    "line", ["def f():\n    import av", "if TYPE_CHECKING:\n    import av", "import avian"]
)
def test_late_import_is_not_found(tmp_path, line):
    (tmp_path / "a.py").write_text(line)
    assert native(tmp_path, ["a"]) == []


def loaded(script):
    """Return the native libraries that a fresh process has imported after a script."""
    report = f"import sys\n{script}\nprint(*sorted({NATIVE!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", report], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout.split()


def test_engine_alone_loads_no_native_library():
    boot = INTEGRATION / "engine" / "worker" / "boot.py"
    load = f"import pathlib, runpy\nload = runpy.run_path({str(boot)!r})['load_engine']\n"
    assert loaded(f"{load}load(pathlib.Path({str(boot.parents[1])!r}))\nimport engine.engine") == []


def test_engine_only_program_runs_without_home_assistant(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, custom_components.homesec.engine.engine\n"
        "print(sys.argv[1:], 'homeassistant' in sys.modules)"
    )
    done = subprocess.run(
        [*engine_only.command(program), "word"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'script'}:{ROOT}"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "['word'] False\n"


def test_integration_loads_no_native_library_that_home_assistant_does_not():
    home_assistant = "import homeassistant.components.stream, homeassistant.components.camera"
    names = [
        f"custom_components.homesec.{name}".rstrip(".")
        for name in modules(INTEGRATION)
        if not is_childs(name)
    ]
    all_of_it = f"{home_assistant}\nfrom importlib import import_module\n"
    all_of_it += f"for name in {names!r}: name.endswith('.boot') or import_module(name)"
    assert loaded(all_of_it) == loaded(home_assistant)
