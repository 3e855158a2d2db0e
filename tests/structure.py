"""The structure of the product's code: import circles, layers, loose modules.

    python -m tests.structure

Every import counts, also one inside a function or under `TYPE_CHECKING`: it ties two files for a
reader, even where Python would load them one after the other. A package is a folder, so that a
folder in a folder is one of its own, and so is a module that lies in `qdsl/` itself.

Not counted is what is followed by name only: a folder whose `__init__` holds but a docstring, as
the registries `qdsl.passes` and `qdsl.backends` are for the driver, and what `LAZY` names.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import networkx as nx

from tests.sources import ROOT

TOPS = ("qdsl", "passes", "backends", "grammar")
LOOSE = {"qdsl", "qdsl.__main__", "qdsl.api"}
# `qdsl.load` and its like load the API when they are first asked for
LAZY = (
    ("qdsl", "qdsl.api"),
    ("qdsl", "qdsl.interchange.programs"),
    ("qdsl", "qdsl.interchange.peers.judged"),
    ("qdsl", "qdsl.interchange.building.programs"),
    ("qdsl", "qdsl.studies.design.sweep"),
    ("qdsl", "qdsl.interchange.against"),
    ("qdsl", "qdsl.report.compared"),
    ("qdsl", "qdsl.run.checking"),
    ("qdsl", "qdsl.studies.bench.asked"),
    ("qdsl", "qdsl.studies.full_report"),
    ("qdsl", "qdsl.studies.paper.asked"),
    ("qdsl", "qdsl.studies.pareto"),
    ("qdsl", "qdsl.studies.sizes"),
    ("qdsl", "qdsl.driver.workers"),
)


def modules() -> dict[str, Path]:
    """The files of the product by module name; `passes` and its like are `qdsl.passes`."""
    found = {}
    for path in sorted(p for top in TOPS for p in (ROOT / top).rglob("*.py")):
        parts = list(path.relative_to(ROOT).with_suffix("").parts)
        if parts[0] != "qdsl":
            parts.insert(0, "qdsl")
        elif parts[1] in TOPS:
            continue  # a link to the folder at the top
        if parts[-1] == "__init__":
            parts.pop()
        found[".".join(parts)] = path
    return found


def sources() -> dict[str, str]:
    return {name: path.read_text(encoding="utf-8") for name, path in modules().items()}


def import_graph(texts: Mapping[str, str]) -> nx.DiGraph:
    """An edge from every module to every module that it imports."""
    trees = {name: ast.parse(text) for name, text in texts.items()}
    trees = {name: tree for name, tree in trees.items() if not _is_docstring(tree)}
    graph = nx.DiGraph()
    graph.add_nodes_from(trees)
    for name, tree in trees.items():
        found = (imported for node in ast.walk(tree) for imported in _named(node))
        ends = {n if n in trees else n.rpartition(".")[0] for n in found}
        graph.add_edges_from((name, end) for end in (ends & trees.keys()) - {name})
    graph.remove_edges_from(LAZY)
    return graph


def _is_docstring(tree: ast.Module) -> bool:
    return all(isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant) for n in tree.body)


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package_graph(files: nx.DiGraph) -> nx.DiGraph:
    """The same by package: an edge where a file of one package imports one of another."""
    folders = {name.rpartition(".")[0] for name in files} - {"qdsl"}

    def package(name: str) -> str:
        folder = name.rpartition(".")[0]
        return folder if name not in folders and folder in folders else name

    graph = nx.DiGraph()
    graph.add_nodes_from(package(name) for name in files)
    pairs = ((package(one), package(other)) for one, other in files.edges)
    graph.add_edges_from((a, b) for a, b in pairs if a != b)
    return graph


def circles(graph: nx.DiGraph) -> list[str]:
    """The sets of nodes that reach one another, a line each."""
    parts = nx.strongly_connected_components(graph)
    return sorted(" ".join(sorted(part)) for part in parts if len(part) > 1)


def layers() -> set[str]:
    """The packages that the contract `layers` in `pyproject.toml` puts in order."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    listed = next(c for c in contracts if c.get("id") == "layers")["layers"]
    return {f"qdsl.{name.strip(' ()')}" for line in listed for name in line.split("|")}


def outside_layers() -> list[str]:
    """The modules that no layer holds."""
    held = layers()
    return [
        name for name in modules() if name != "qdsl" and ".".join(name.split(".")[:2]) not in held
    ]


def loose() -> list[str]:
    """The modules that lie in `qdsl/` itself and should not."""
    names = (n for n, p in modules().items() if p.parent == ROOT / "qdsl")
    return sorted(set(names) - LOOSE)


def class_places() -> dict[str, list[str]]:
    """The modules that define a class of a name."""
    places: dict[str, list[str]] = {}
    for module, text in sources().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(module)
    return places


def main() -> int:
    texts = sources()
    files = import_graph(texts)
    packages = package_graph(files)
    found = {
        "circles of files": circles(files),
        "circles of packages": circles(packages),
        "modules outside the layers": outside_layers(),
        "loose modules in qdsl/": loose(),
    }
    lines = sum(len(text.splitlines()) for text in texts.values())
    print(f"{len(files)} files, {lines} lines, {len(packages)} packages, {packages.size()} arrows")
    for what, those in found.items():
        print(f"{what}: {len(those)}", *those, sep="\n    ")
    return any(found.values())


if __name__ == "__main__":
    sys.exit(main())
