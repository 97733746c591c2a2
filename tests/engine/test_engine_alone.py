"""The engine is usable without Home Assistant."""

import ast
from pathlib import Path

import custom_components.homesec.engine as engine

FOLDER = Path(engine.__file__).parent


def imported(path):
    """Give the modules that a file imports from outside its own package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            depth = len(path.relative_to(FOLDER).parents)
            if node.level > depth:
                yield "outside the engine"
            elif not node.level:
                yield node.module


def test_no_module_imports_home_assistant():
    files = list(FOLDER.rglob("*.py"))
    assert len(files) > 30
    found = {
        (path.name, name)
        for path in files
        for name in imported(path)
        if name.split(".")[0] in ("homeassistant", "custom_components", "outside the engine")
    }
    assert found == set()
