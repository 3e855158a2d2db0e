"""The structure of the product's code: import circles, layers, loose modules.

    python -m tests.structure

Every import counts, also one inside a function. One under `TYPE_CHECKING` counts where `types`
says so: it ties two files for a reader, though not for Python.
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


def imports(text: str, known: Mapping[str, Path], types: bool = True) -> set[str]:
    """The known modules that a text imports."""
    skipped = set()
    if not types:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                skipped |= {ast.dump(s) for s in node.body}
    found = set()
    for node in ast.walk(ast.parse(text)):
        if ast.dump(node) in skipped:
            continue
        for name in _named(node):
            if name in known:
                found.add(name)
            elif (parent := name.rpartition(".")[0]) in known:
                found.add(parent)
    return found


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def import_graph(types: bool = True) -> nx.DiGraph:
    """An edge from every module to every module that it imports."""
    known = modules()
    graph = nx.DiGraph()
    graph.add_nodes_from(known)
    for name, path in known.items():
        text = path.read_text(encoding="utf-8")
        graph.add_edges_from((name, other) for other in imports(text, known, types) - {name})
    return graph


def package_graph(files: nx.DiGraph) -> nx.DiGraph:
    """The same by package: an edge where a file of one package imports one of another.

    The two registries are followed by name only, so `qdsl.passes` stands for no file in it.
    """
    known = modules()
    graph = nx.DiGraph()
    for one, other in files.edges:
        a, b = _package(one, known), _package(other, known)
        if a != b:
            graph.add_edge(a, b)
    return graph


def _package(name: str, known: Mapping[str, Path]) -> str:
    return name if known[name].name == "__init__.py" else name.rpartition(".")[0]


def circles(graph: nx.DiGraph) -> list[list[str]]:
    """The sets of nodes that reach one another."""
    found = [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    return sorted(found)


def layers() -> list[str]:
    """The packages that the contract `layers` in `pyproject.toml` puts in order."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    listed = next(c for c in contracts if c.get("id") == "layers")["layers"]
    lines = (line.replace("|", ":").split(":") for line in listed)
    return [name.strip(" ()") for line in lines for name in line]


def outside_layers() -> list[str]:
    """The modules that no layer holds."""
    held = layers()
    return [
        name
        for name in modules()
        if name != "qdsl" and not any(name == h or name.startswith(f"{h}.") for h in held)
    ]


def loose() -> list[str]:
    """The modules that lie in `qdsl/` itself and should not."""
    names = (name for name, path in modules().items() if path.parent == ROOT / "qdsl")
    return sorted(set(names) - LOOSE)


def lines() -> int:
    return sum(len(p.read_text(encoding="utf-8").splitlines()) for p in modules().values())


def main() -> int:
    files = import_graph()
    packages = package_graph(files)
    found = {
        "circles of files": circles(files),
        "circles of packages": circles(packages),
        "modules outside the layers": outside_layers(),
        "loose modules in qdsl/": loose(),
    }
    print(f"{len(files)} files, {lines()} lines, {len(packages)} packages")
    for what, those in found.items():
        print(f"{what}: {len(those)}")
        for one in those:
            print("   ", one if isinstance(one, str) else " ".join(one))
    return any(found.values())


if __name__ == "__main__":
    sys.exit(main())
