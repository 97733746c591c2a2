"""Names that once stood for several things each are banned as names of their own.

`docs/glossary.md` has the words to use instead.
"""

import ast
from pathlib import Path

import pytest

from homesec_dev.bootstrap import paths

BANNED = {"look", "place", "facts", "told", "take", "note"}
FOLDERS = ("custom_components", "bench", "script", "tests")


def bare(name: str) -> str:
    """Return a name without what marks it as private or asynchronous."""
    return name.strip("_").removeprefix("async_").lower()


def names(source: str) -> list[tuple[int, str]]:
    """Return the classes, functions, parameters, and fields that a module defines, by line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                found.append((node.lineno, name))
            case ast.AsyncFunctionDef(name=name) | ast.arg(arg=name):
                found.append((node.lineno, name))
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.append((node.lineno, name))
            case ast.Attribute(attr=name, ctx=ast.Store()):
                found.append((node.lineno, name))
    return found


def violations(module: Path) -> list[str]:
    """Return every banned name of a module, its own included, with file and line."""
    found = [(1, module.stem), *names(module.read_text(encoding="utf-8"))]
    return [f"{module}:{line}: {name}" for line, name in found if bare(name) in BANNED]


@pytest.mark.parametrize("folder", FOLDERS)
def test_vocabulary_of_code_has_no_banned_names(folder):
    modules = sorted((paths.REPOSITORY / folder).rglob("*.py"))
    assert modules
    assert [each for module in modules for each in violations(module)] == []


@pytest.mark.parametrize(
    "source",
    [
        "class Look: ...",
        "def _take(self): ...",
        "async def async_look(self): ...",
        "def add(facts): ...",
        "def add(*, told=None): ...",
        "class Clip:\n    note: str",
        "class Clip:\n    def __init__(self):\n        self._place = 1",
    ],
)
def test_vocabulary_check_finds_a_banned_name(tmp_path, source):
    module = tmp_path / "clean.py"
    module.write_text(source)
    assert len(violations(module)) == 1


def test_vocabulary_check_finds_a_banned_module(tmp_path):
    module = tmp_path / "facts.py"
    module.write_text("")
    assert len(violations(module)) == 1


def test_vocabulary_check_accepts_longer_names(tmp_path):
    module = tmp_path / "placement.py"
    module.write_text("def look_up(alarm_note): ...\nclass NoteBook: ...")
    assert violations(module) == []
