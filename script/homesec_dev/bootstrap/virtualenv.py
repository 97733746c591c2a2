"""The virtual environment: Home Assistant, what a start of it imports, the engines, the tests."""

import hashlib
import json
from pathlib import Path

from . import compiler, interpreter, paths
from .atomic import building
from .console import run, step
from .uv import run_uv

HA_VERSION = "2026.11.0"
# What a development HA has switched on; their requirements are installed beforehand.
INTEGRATIONS = (
    "camera",
    "config",
    "ffmpeg",
    "frontend",
    "generic",
    "history",
    "local_file",
    "logbook",
    "media_source",
    "mobile_app",
    "smtp",
    "stream",
)
# HomeSec asks HA for one of them when the user has chosen it: no requirement of its manifest.
ENGINES = ("opencv-python-headless==5.0.0.93", "ncnn==1.0.20261020")

STAMP = ".homesec.json"  # says what is installed; a second run compares it and is done
RECIPE = 1  # raise it when the same inputs are to be installed differently


def python() -> Path:
    """Return the environment's interpreter."""
    return paths.venv() / "bin" / "python"


def is_ready(*, tests: bool) -> bool:
    """Say whether the environment holds what is wanted now."""
    stamp = _stamp()
    # The interpreter that the environment borrows can vanish, uninstalled by its owner.
    return python().exists() and all(
        stamp.get(part) == wanted for part, wanted in _fingerprints(tests=tests).items()
    )


def has_tests() -> bool:
    """Say whether the test tools, of whatever version, are in the environment."""
    return "tests" in _stamp()


def build(*, tests: bool) -> None:
    """Make the environment anew, then put it in the old one's place."""
    compiler.ensure()
    base = interpreter.find()
    with building(paths.venv()) as folder:
        run_uv(
            # Relocatable, as it is renamed once complete.
            ["venv", "--relocatable", "--allow-existing", "--python", base.path, folder],
            doing="Making the virtual environment",
        )
        builder = _Builder(folder, base.build_env)
        builder.install_home_assistant()
        if tests:
            builder.install_tests()
        builder.compile()
        (folder / STAMP).write_text(json.dumps(_fingerprints(tests=tests)))


class _Builder:
    """Installs into an environment that is not in its place yet."""

    def __init__(self, folder: Path, build_env: dict[str, str]) -> None:
        self._folder = folder
        self._python = folder / "bin" / "python"
        self._env = build_env

    def install_home_assistant(self) -> None:
        """Install HA, then its integrations' requirements as it would: held by its constraints."""
        step(f"Installing Home Assistant {HA_VERSION}")
        self._install(f"homeassistant=={HA_VERSION}")
        script = Path(__file__).with_name("ha_requirements.py")
        ours = _manifest()
        domains = [
            *INTEGRATIONS,
            *ours.get("dependencies", ()),
            *ours.get("after_dependencies", ()),
        ]
        command = [self._python, "-I", script, *domains]
        needed = run(command, doing="Reading HA's requirements")
        step("Installing what its integrations and HomeSec import")
        self._install(
            *("--constraint", self._site_packages / "homeassistant" / "package_constraints.txt"),
            *needed.split(),
            *ours.get("requirements", ()),
            *ENGINES,
        )

    def install_tests(self) -> None:
        """Install the test tools, leaving every package that HA chose as it is.

        The pytest plugin is made for one HA and pins that one's packages; what is installed by
        now overrides those pins.
        """
        step(f"Installing the test tools ({paths.TEST_REQUIREMENTS.name})")
        chosen = self._folder / "overrides.txt"
        chosen.write_text(self._uv("freeze", doing="Listing what is installed"))
        self._install("--requirements", paths.TEST_REQUIREMENTS, "--overrides", chosen)

    def compile(self) -> None:
        """Write the byte code: the first start would take twice as long without it."""
        step("Compiling to byte code")
        run(
            # Some packages carry files that do not compile (templates, tests of syntax errors).
            [self._python, "-W", "ignore", "-m", "compileall", "-qq", "-j0", self._site_packages],
            doing="Compiling",
            check=False,
        )

    @property
    def _site_packages(self) -> Path:
        return next(self._folder.glob("lib/python3.*/site-packages"))

    def _install(self, *words: str | Path) -> None:
        self._uv(
            "install",
            *words,
            doing="Installing Python packages",
            advice="Check that this machine reaches PyPI; what was downloaded is kept.",
        )

    def _uv(self, command: str, *words: str | Path, doing: str, advice: str = "") -> str:
        return run_uv(
            ["pip", command, "--python", self._python, *words],
            doing=doing,
            advice=advice,
            env=self._env,
        )


def _stamp() -> dict[str, str]:
    try:
        stamp: dict[str, str] = json.loads((paths.venv() / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp


def _manifest() -> dict[str, list[str]]:
    path = paths.COMPONENT / "manifest.json"
    manifest: dict[str, list[str]] = json.loads(path.read_text()) if path.exists() else {}
    return manifest


def _fingerprints(*, tests: bool) -> dict[str, str]:
    """Return a hash of what goes into each part of the environment."""
    ours = _manifest()
    wanted = [ours.get(key) for key in ("requirements", "dependencies", "after_dependencies")]
    parts = {"base": json.dumps([RECIPE, HA_VERSION, INTEGRATIONS, ENGINES, wanted])}
    if tests:
        parts["tests"] = paths.TEST_REQUIREMENTS.read_text()
    return {part: hashlib.sha256(text.encode()).hexdigest() for part, text in parts.items()}
