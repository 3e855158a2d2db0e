from __future__ import annotations
from pathlib import Path
from qdsl import syntax
from qdsl.diagnostics import Diagnostic, Diagnostics
from qdsl.evaluate import integer
from qdsl.files import Folders
from qdsl.model import Checked, DeclaredVector, ModelInfo
from qdsl.networks import build_network
from qdsl.scope import Scope


def check_file(file: syntax.File, folders: tuple[str | Path, ...]) -> tuple[Checked | None, tuple[Diagnostic, ...]]:
    problems = Diagnostics()
    allowed = Folders.of(file.source.path, folders)
    networks, circuits, models = {}, {}, {}
    for item in file.items:
        match item:
            case syntax.NetworkDecl():
                n = build_network(item, allowed, problems)
                if n: networks[item.name.id] = n
            case syntax.CircuitDecl() | syntax.CircuitImport():
                circuits[item.name.id] = item
            case syntax.ModelDecl():
                params = {p.name.id: None if p.default is None else integer(p.default, Scope()) for p in item.parameters}
                models[item.name.id] = ModelInfo(item.name.id, params, (), item.network.id if item.network else None, item)
    checked = Checked(file.source, networks, circuits, models, {}, tuple(problems), allowed)
    return (None if problems.has_errors else checked), tuple(problems)
