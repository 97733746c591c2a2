"""What the engine's packages may import; imports for types count, too."""

import ast
from pathlib import Path

from import_graph import cycle, imports
import pytest

ENGINE = Path(__file__).parents[2] / "custom_components" / "homesec" / "engine"
MAY_IMPORT = {
    "core": set(),
    "media": {"core"},
    "model_zoo": {"core"},
    "cloud": {"core"},
    "db": {"core"},
    "capture": {"media", "core"},
    "discovery": {"core"},
    "tracking": {"media", "core"},
    "recording": {"media", "core"},
    "detection": {"model_zoo", "media", "core"},
    "library": {"recording", "cloud", "db", "core"},
    "sms": {"cloud", "db", "core"},
    "worker": {
        *("camera", "live", "capture", "detection", "discovery", "tracking", "recording"),
        *("model_zoo", "media", "core"),
    },
    "live": {"recording", "media", "core"},
    "camera": {"live", "capture", "detection", "tracking", "recording", "media", "core"},
}
"""``engine.py`` may import all."""


def forbidden(graph):
    """Return the imports that ``MAY_IMPORT`` doesn't allow."""
    found = []
    for name, targets in graph.items():
        package = name.partition(".")[0]
        if package in ("", "engine"):
            continue
        for target in targets:
            other = target.partition(".")[0]
            if other != package and other not in MAY_IMPORT[package]:
                found.append(f"{name} imports {target}")
    return sorted(found)


def external_imports(path):
    """Yield the packages from outside of the engine that a module imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level > len(path.relative_to(ENGINE).parents):
                yield "homesec"
            elif not node.level:
                yield node.module.partition(".")[0]


def test_engine_does_not_import_home_assistant_or_the_integration():
    paths = list(ENGINE.rglob("*.py"))
    assert len(paths) > 30
    outside = {"homeassistant", "custom_components", "homesec"}
    assert [path for path in paths if outside & set(external_imports(path))] == []


def test_core_does_not_import_pyav():
    paths = (ENGINE / "core").glob("*.py")
    assert [path for path in paths if "av" in external_imports(path)] == []


def test_packages_import_only_what_they_may():
    assert forbidden(imports(ENGINE)) == []


def test_engine_has_no_import_cycle():
    assert cycle(imports(ENGINE)) == []


def test_engine_has_only_known_packages_and_modules():
    modules = {path.name for path in ENGINE.glob("*.py")}
    assert modules == {"__init__.py", "engine.py"}
    packages = {path.parent.name for path in ENGINE.glob("*/__init__.py")}
    assert packages == MAY_IMPORT.keys()


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("core.clock", "from ..library.catalog import Catalog"),
        ("media.jpeg", "if TYPE_CHECKING:\n    from ..capture import CameraSource"),
        ("db.database", "from .. import engine"),
    ],
)
def test_forbidden_import_is_found(tmp_path, module, line):
    for name in ("library/catalog", "capture/__init__", "engine", module.replace(".", "/")):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(line if name == module.replace(".", "/") else "")
    assert [each.partition(" ")[0] for each in forbidden(imports(tmp_path))] == [module]


def test_cycle_is_found(tmp_path):
    (tmp_path / "a.py").write_text("from .b import x")
    (tmp_path / "b.py").write_text("if TYPE_CHECKING:\n    from .a import y")
    assert set(cycle(imports(tmp_path))) == {"a", "b"}
