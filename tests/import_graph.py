"""Which module imports which: a graph of every import in a folder, those for types included."""

import ast
from graphlib import CycleError, TopologicalSorter


def modules(root):
    """Return the path of every module by its dotted name below a folder."""
    found = {}
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(root, *, nodes=ast.walk):
    """Return, by module, the modules of the same folder that it imports, for types too."""
    known = modules(root)
    graph = {}
    for name, path in known.items():
        parts = name.split(".") if name else []
        package = parts if path.stem == "__init__" else parts[:-1]
        graph[name] = set()
        for node in nodes(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            if node.level - 1 > len(package):
                continue  # leads out of the folder
            base = package[: len(package) - node.level + 1]
            base += (node.module or "").split(".") if node.module else []
            for alias in node.names:
                inside = ".".join([*base, alias.name])
                graph[name].add(inside if inside in known else ".".join(base))
        graph[name].discard(name)
    return graph


def at_runtime(tree):
    """Yield all statements except imports for types."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from at_runtime(node)


def eager(tree):
    """Yield the statements that run when a module is imported."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from eager(node)


def external(path, *, nodes=ast.walk):
    """Return the top-level packages that a module imports."""
    found = set()
    for node in nodes(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def reachable(graph, roots):
    """Return the modules that are imported with these, and their packages."""
    found, waiting = set(), list(roots)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += graph.get(name, ())
        if "." in name:
            waiting.append(name.rpartition(".")[0])
    return found


def cycle(graph):
    """Return the names of a cycle of imports, in their order; nothing if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as err:
        return err.args[1]
    return []
