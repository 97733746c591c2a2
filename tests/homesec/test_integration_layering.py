"""Layers and import cycles of the whole integration; imports for types only count, too."""

from pathlib import Path

from import_graph import cycle, imports
import pytest

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "homesec"
LAYERS = (
    ("engine",),
    ("const", "exceptions", "private_events", "stored_data", "targets", "translations", "urls"),
    ("spare_folder",),
    (
        *("event_bus", "alert_issues", "camera_issues", "cameras.state", "devices", "issues"),
        *("cameras.known_device", "video_issues"),
    ),
    (
        *("alarm", "alerts", "cameras", "clips", "cloud", "visit_statistics", "bus_events"),
        *("detector", "engine_host", "engine_start"),
    ),
    ("coordinator",),
    ("runtime",),
    ("access", "entity"),
    (
        *(
            "alarm_control_panel",
            "alert_sensor",
            "binary_sensor",
            "button",
            "camera",
            "event",
            "image",
            "notify",
            "sensor",
        ),
        *("switch", "condition", "trigger", "services", "alerts.actions"),
        *("cameras.actions", "clips.actions", "backup", "diagnostics", "media_source", "repairs"),
        *("logbook", "stream_sensor", "system_health"),
        *("config_flow", "flows", "panel", "views", "websocket"),
    ),
    ("",),
)
"""Modules and packages, lowest layer first; of two names that fit a module, the longer counts.

A module may import what is in its own layer or below. The last one is ``__init__``.
"""
MAY_IMPORT_COORDINATOR = {"runtime"}
"""All others get the parts that they use as arguments, or ``HomeSecData``."""


def layer(module):
    """Return the number of a module's layer; None for a module that is in none."""
    found = [
        (len(name), number)
        for number, names in enumerate(LAYERS)
        for name in names
        if module == name or (name and module.startswith(f"{name}."))
    ]
    return max(found)[1] if found else None


def upward(graph):
    """Return the imports that lead to a higher layer."""
    return sorted(
        f"{name} imports {target}"
        for name, targets in graph.items()
        for target in targets
        if layer(name) < layer(target)
    )


def importers(graph, module):
    """Return the modules that import a module."""
    return {name for name, targets in graph.items() if module in targets}


@pytest.fixture(scope="module")
def graph():
    """Return the imports of the integration."""
    return imports(INTEGRATION)


def test_integration_has_no_import_cycle(graph):
    assert cycle(graph) == []


def test_every_module_has_a_layer(graph):
    assert [name for name in graph if layer(name) is None] == []
    known = {*graph, *(name.rpartition(".")[0] for name in graph)}
    assert [name for names in LAYERS for name in names if name not in known] == []


def test_modules_import_only_from_their_own_layer_and_below(graph):
    assert upward(graph) == []


def test_only_runtime_imports_the_coordinator(graph):
    assert importers(graph, "coordinator") <= MAY_IMPORT_COORDINATOR


def plant(folder, module, line):
    """Write a module with one import, beside modules that it may name; return the imports."""
    for name in ("alarm/controller", "coordinator", "runtime", "views", module.replace(".", "/")):
        path = folder / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(line if name == module.replace(".", "/") else "")
    return imports(folder)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("alarm.codes", "from ..coordinator import HomeSecCoordinator"),
        ("clips.files", "if TYPE_CHECKING:\n    from ..runtime import HomeSecData"),
        ("clips.query", "def later():\n    from .. import views"),
        ("event_bus", "from .alarm.controller import AlarmController"),
        ("stored_data", "from . import runtime"),
    ],
)
def test_upward_import_is_found(tmp_path, module, line):
    assert [each.partition(" ")[0] for each in upward(plant(tmp_path, module, line))] == [module]


def test_import_of_coordinator_is_found(tmp_path):
    graph = plant(tmp_path, "views", "from .coordinator import HomeSecCoordinator")
    assert importers(graph, "coordinator") == {"views"}


def test_cycle_through_function_is_found(tmp_path):
    (tmp_path / "a.py").write_text("def later():\n    from . import b")
    (tmp_path / "b.py").write_text("from .a import later")
    assert set(cycle(imports(tmp_path))) == {"a", "b"}
