"""Making the development environment, on whatever `python3` the machine has (3.11 or newer).

Standard library only, as nothing else is there yet. `script/setup` is its command; the other
scripts begin with `run_in_venv`.
"""

from .command import main, run_in_venv, set_up

__all__ = ["main", "run_in_venv", "set_up"]
