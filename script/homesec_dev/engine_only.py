"""Run a program that needs the engine, but not the integration that the engine is a part of.

    python -m homesec_dev.engine_only homesec_dev.faults.child SETTINGS

The program is a module or a file. In it, `custom_components.homesec.engine` is imported as usual,
but the package around it stays empty. Importing that imports Home Assistant, which takes seven
times as long as the engine, and a test may start dozens of such programs.
"""

from importlib import import_module
import runpy
import sys
from types import ModuleType

from .bootstrap import paths

INTEGRATION = f"custom_components.{paths.COMPONENT.name}"


def command(program: object) -> list[str]:
    """Return the words that start a program this way; its arguments follow them."""
    return [sys.executable, "-m", "homesec_dev.engine_only", str(program)]


def keep_integration_out() -> None:
    """Have the integration's package found, but run nothing of its own."""
    package = ModuleType(INTEGRATION)
    package.__path__ = [str(paths.COMPONENT)]
    sys.modules[INTEGRATION] = package
    setattr(import_module("custom_components"), paths.COMPONENT.name, package)


def main() -> None:
    """Run the program."""
    keep_integration_out()
    program = sys.argv[1]
    del sys.argv[0]
    if program.endswith(".py"):
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
