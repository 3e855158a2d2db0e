"""The order of a check: names of the file, networks, circuits, models, experiments, trial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from qdsl.diagnostics.diagnostic import Diagnostic, Diagnostics, Severity
from qdsl.diagnostics.source import Source, Span
from qdsl.language import syntax
from qdsl.language.check.callers import Calls, applications, check_recursion
from qdsl.language.check.circuits import (
    check_circuit,
    check_import,
    check_results,
    check_unused,
    library,
)
from qdsl.language.check.experiments import check_experiment
from qdsl.language.check.found import Found
from qdsl.language.check.models import check_model
from qdsl.language.check.standard import MODULES
from qdsl.language.check.trial import try_models
from qdsl.language.check.used_files import with_used
from qdsl.language.networks.networks import build_network
from qdsl.language.syntax.files import Folders
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed import tree
from qdsl.language.typed.errors.names import DuplicateName, HidesStandardCircuit, UnknownModule
from qdsl.language.typed.program import Checked, CircuitEntry, ModelInfo
from qdsl.language.typed.types import NonValue
from qdsl.language.values.steps import APPLICABLE

Item = syntax.Item


def check_file(file: syntax.File, allowed: tuple[str | Path, ...]) -> Checked:
    """The program, with every diagnostic in reading order."""
    found = Found(Folders.of(file.source.path, allowed))
    found.uses = tuple(item for item in file.items if isinstance(item, syntax.UseFile))
    everything, found.folders = with_used(file, found.folders, found.problems)
    items = _unique(everything, found.problems)
    _use(items, found)
    found.names = _non_values(items, found.circuits)
    _networks(items, found)
    calls = Calls(found.circuits)
    _circuits(items, found, calls)
    sound = _models(items, found, calls)
    _experiments(items, found)
    checked = Checked(
        file.source,
        found.networks,
        found.circuits,
        found.models,
        found.experiments,
        (),
        found.folders,
    )
    try_models(checked, sound, found.experiments.values(), found.problems)
    used = {source for source, _ in found.folders.used}
    return replace(checked, problems=tuple(p for p in found.problems if not _is_of(p, used)))


def _is_of(problem: Diagnostic, used: set[Source]) -> bool:
    """A warning of a file that is used: it shows when that file is checked itself."""
    labels = problem.labels
    is_warning = problem.severity is Severity.WARNING
    return is_warning and bool(labels) and labels[0].span.source in used


# ---- names of the file -----------------------------------------------------------------


def _unique(items: list[Item], problems: Diagnostics) -> list[Item]:
    """The items without those whose name another of the same sort has."""
    seen: dict[tuple[str, str], Span] = {}
    kept: list[Item] = []
    for item in items:
        if isinstance(item, syntax.Use | syntax.UseFile):
            kept.append(item)
            continue
        name = item.name
        key = (_sort(item), name.id)
        if key in seen:
            problems.add(DuplicateName(name.span, name.id, seen[key]))
        elif key[0] == "circuit" and name.id in APPLICABLE:
            what = "a built-in operation"
            problems.add(DuplicateName(name.span, name.id, None, what))
        else:
            seen[key] = name.span
            kept.append(item)
    return kept


def _sort(item: Item) -> str:
    names = {syntax.NetworkDecl: "network", syntax.ModelDecl: "model"}
    if isinstance(item, syntax.ExperimentDecl):
        return "experiment"
    return names.get(type(item), "circuit")


def _non_values(items: list[Item], library: Iterable[str]) -> dict[str, NonValue]:
    """The items by name, and the circuits of used modules."""
    found = {name: NonValue("a circuit") for name in library}
    for item in items:
        if not isinstance(item, syntax.Use | syntax.UseFile):
            sort = _sort(item)
            article = "an" if sort == "experiment" else "a"
            found[item.name.id] = NonValue(f"{article} {sort}", item.name.span)
    return found


def _use(items: list[Item], found: Found) -> None:
    for item in items:
        if not isinstance(item, syntax.Use):
            continue
        path = tuple(name.id for name in item.path)
        if len(path) == 2 and path[0] == "std" and path[1] in MODULES:
            _warn_of_modules(items, item, path[1], found)
            found.circuits.update(library(path[1]))
            continue
        known = tuple(f"std.{name}" for name in MODULES)
        name = ".".join(path)
        meant = closest(name, known)
        found.problems.add(UnknownModule(item.span, name, known, meant))
        if meant is not None:  # so that its circuits are no further errors
            found.circuits.update(library(meant.removeprefix("std.")))


def _warn_of_modules(items: list[Item], use: syntax.Use, module: str, found: Found) -> None:
    """Of circuits that are called, and that an earlier module has too: their names are equal."""
    here = library(module)
    own = {i.name.id for i in items if isinstance(i, syntax.CircuitDecl | syntax.CircuitImport)}
    both = [n for n, c in here.items() if n in found.circuits and found.circuits[n] is not c]
    if not set(both) - own:
        return
    bodies = [i.body for i in items if isinstance(i, syntax.CircuitDecl | syntax.ModelDecl)]
    called = {a.name.id for body in bodies for a in applications(body)}
    for name in sorted(called & set(both) - own):
        earlier = next(m for m in MODULES if library(m).get(name) is found.circuits[name])
        found.problems.add(HidesStandardCircuit(use.span, name, f"std.{earlier}", f"std.{module}"))


def _warn_of_own(own: list[CircuitEntry], items: list[Item], found: Found) -> None:
    """Of circuits that have names of modules: the file's own, and called ones of files it uses."""
    used = {source for source, _ in found.folders.used}
    for circuit in own:
        if circuit.name not in found.circuits:
            continue
        hidden = found.circuits[circuit.name].syntax.span.source.path
        module = hidden.removesuffix(".qdm").replace("/", ".")
        span, by, source = circuit.syntax.name.span, "", circuit.syntax.span.source
        if source in used:
            models = [i for i in items if isinstance(i, syntax.ModelDecl)]
            bodies = [model.body for model in models if model.span.source not in used]
            if circuit.name not in {a.name.id for body in bodies for a in applications(body)}:
                continue
            named = [u for u in found.uses if source.path.endswith(u.file.value.lstrip("./"))]
            span, by = (named or found.uses)[0].span, source.path
        found.problems.add(HidesStandardCircuit(span, circuit.name, module, by))


# ---- items -----------------------------------------------------------------------------


def _networks(items: list[Item], found: Found) -> None:
    for item in items:
        if isinstance(item, syntax.NetworkDecl):
            before = found.errors
            network = build_network(item, found.folders, found.problems)
            if network is not None and found.errors == before:
                found.networks[item.name.id] = network


def _circuits(items: list[Item], found: Found, calls: Calls) -> None:
    own: list[CircuitEntry] = []
    for item in items:
        if isinstance(item, syntax.CircuitDecl):
            own.append(tree.TypedCircuit(item))
        elif isinstance(item, syntax.CircuitImport):
            own.append(tree.Import(item))
    _warn_of_own(own, items, found)
    found.circuits.update({circuit.name: circuit for circuit in own})
    check_recursion(
        [c.syntax for c in own if isinstance(c, tree.TypedCircuit)], calls, found.problems
    )
    # what imported circuits take is known before others call them
    for circuit in sorted(own, key=lambda c: isinstance(c, tree.TypedCircuit)):
        before = found.errors
        if isinstance(circuit, tree.TypedCircuit):
            check_circuit(circuit, found.circuits, found.problems, found.names)
        else:
            check_import(circuit, found.folders, found.problems)
        if found.errors > before:
            found.unsound.add(circuit.name)
    models = [i for i in items if isinstance(i, syntax.ModelDecl)]
    if models:
        used = {source for source, _ in found.folders.used}
        mine = [circuit for circuit in own if circuit.syntax.span.source not in used]
        check_unused(mine, models, calls, found.problems)


def _models(items: list[Item], found: Found, calls: Calls) -> list[ModelInfo]:
    """Check every model; those without errors, in themselves and in what they call."""
    networks = {i.name.id for i in items if isinstance(i, syntax.NetworkDecl)}
    sound = []
    for item in items:
        if not isinstance(item, syntax.ModelDecl):
            continue
        before = found.errors
        info = check_model(item, found, frozenset(networks))
        found.models[item.name.id] = info
        called = calls.reached(item.body)
        has_network = item.network is None or item.network.id in found.networks
        is_called_sound = not called & (found.unsound | calls.recursive)
        if found.errors == before and has_network and is_called_sound:
            sound.append(info)
    for circuit in found.circuits.values():
        if isinstance(circuit, tree.Import):
            check_results(circuit, found.problems)
    return sound


def _experiments(items: list[Item], found: Found) -> None:
    declared = frozenset(i.name.id for i in items if isinstance(i, syntax.ModelDecl))
    models: Mapping[str, ModelInfo] = found.models
    for item in items:
        if isinstance(item, syntax.ExperimentDecl):
            experiment = check_experiment(item, models, declared, found.problems)
            if experiment is not None:
                found.experiments[item.name.id] = experiment
