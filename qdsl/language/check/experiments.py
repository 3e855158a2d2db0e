"""Experiments: their model, sizes, data and options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.check.errors.experiments import (
    InvalidOption,
    NothingToTrain,
    UnfedData,
    UnknownModel,
    UnknownOption,
    UnknownSetting,
    UnknownVector,
)
from qdsl.language.check.losses import NAMES, check_loss
from qdsl.language.check.options import (
    GRADIENTS,
    INSTANCES,
    LOSSES,
    NOISES,
    OPTIMISERS,
    choice,
    named,
    number,
    only_value,
    part,
    share,
    whole,
)
from qdsl.language.lowering.outputs import OF_BITS
from qdsl.language.syntax.spelling import closest
from qdsl.language.syntax.words import OPTIONS
from qdsl.language.typed import tree
from qdsl.language.typed.errors.operations import MissingInteger
from qdsl.language.typed.evaluate import integer
from qdsl.language.typed.expressions import typed
from qdsl.language.typed.program import (
    SCALINGS,
    Experiment,
    ExperimentSource,
    Instances,
    ModelInfo,
)
from qdsl.language.typed.types import INT, Names, Symbol
from qdsl.language.values.scope import Scope


def check_experiment(
    declaration: syntax.ExperimentDecl,
    models: Mapping[str, ModelInfo],
    declared: frozenset[str],
    problems: Diagnostics,
) -> Experiment | None:
    """The experiment, with what is wrong in it reported and left out; None without a model.

    `declared` has the names of all models of the file, those with errors too.
    """
    name = declaration.model.id
    info = models.get(name)
    if info is None:
        if name not in declared:
            problem = UnknownModel(declaration.model.span, name, closest(name, declared))
            problems.add(problem)
        return None
    settings = _settings(declaration, info, problems)
    sources = _sources(declaration, info, problems)
    base = Experiment(declaration.name.id, name, declaration.span, settings, sources)
    found = _options(declaration, base, info, problems)
    _check_training(declaration, found, info, problems)
    return found


def _check_training(
    declaration: syntax.ExperimentDecl,
    experiment: Experiment,
    info: ModelInfo,
    problems: Diagnostics,
) -> None:
    """That there is a loss, and a number it is computed from."""
    options = {option.name.id: option.name.span for option in declaration.options}
    asked = options.get("train", options.get("loss"))
    if asked is None:
        return
    if "loss" not in options and options.keys() <= set(OPTIONS):
        problems.add(NothingToTrain(asked))
    for statement in info.declaration.body:
        if isinstance(statement, tree.TypedReturn) and statement.outputs:
            first = statement.outputs[0]
            if first.kind in OF_BITS:
                named = f"`{first.span.text}`"
                problems.add(NothingToTrain(asked, named, first.span))


# ---- sizes -----------------------------------------------------------------------------


def _settings(
    declaration: syntax.ExperimentDecl, info: ModelInfo, problems: Diagnostics
) -> dict[str, int]:
    settings: dict[str, int] = {}
    head = info.declaration.syntax.name.span
    scope, known = Scope(), Names()
    for item in declaration.settings:
        name = item.name.id
        if name not in info.parameters or name in settings:
            meant = None if name in settings else closest(name, info.parameters)
            repeated = name in settings
            problem = UnknownSetting(item.name.span, name, info.name, head, meant, repeated)
            problems.add(problem)
            continue
        try:
            settings[name] = integer(typed(item.value, known), scope)
            scope.values[name] = settings[name]
            known.symbols[name] = Symbol(name, INT, item.name.span, "setting")
        except Refusal as refusal:
            problems.add(refusal.problem)
    _check_complete(declaration, info, settings, problems)
    return settings


def _check_complete(
    declaration: syntax.ExperimentDecl,
    info: ModelInfo,
    settings: dict[str, int],
    problems: Diagnostics,
) -> None:
    given = {item.name.id for item in declaration.settings}
    given |= {item.name.id for item in declaration.sources}  # meant as data, and reported as such
    for parameter in info.declaration.syntax.parameters:
        name = parameter.name.id
        if info.parameters.get(name) is None and parameter.default is None and name not in given:
            span = declaration.name.span
            problems.add(MissingInteger(span, name, info.name, parameter.span))


# ---- data ------------------------------------------------------------------------------


def _sources(
    declaration: syntax.ExperimentDecl, info: ModelInfo, problems: Diagnostics
) -> tuple[ExperimentSource, ...]:
    sources: dict[tuple[str, str], ExperimentSource] = {}
    for item in declaration.sources:
        if _is_wanted(item, info, set(sources), problems):
            path, colon, key = item.file.value.rpartition(":")
            source = ExperimentSource(
                item.role,
                item.name.id,
                path if colon else key,
                key if colon else None,
                item.file.span,
                _scaling(item, problems),
            )
            sources[item.role, item.name.id] = source
    if any(role == "data" for role, _ in sources):
        for vector in info.vectors:
            if (
                vector.role == "data"
                and not vector.is_given
                and ("data", vector.name) not in sources
            ):
                problems.add(UnfedData(declaration.name.span, vector.name, vector.span))
    return tuple(sources.values())


def _scaling(item: syntax.DataSource, problems: Diagnostics) -> str | None:
    """How features are scaled; labels are not."""
    if item.scaling is None:
        return None
    name, known = item.scaling.id, SCALINGS if item.role == "data" else ()
    if name in known:
        return name
    problems.add(UnknownOption(item.scaling.span, name, known, closest(name, known)))
    return None


def _is_wanted(
    item: syntax.DataSource, info: ModelInfo, seen: set[tuple[str, str]], problems: Diagnostics
) -> bool:
    name = item.name.id
    vectors = {v.name: v for v in info.vectors}
    reason = None
    if (item.role, name) in seen:
        reason = "it has a file already"
    elif item.role == "data" and name not in vectors:
        reason = "it declares none"
    elif item.role == "data" and vectors[name].is_given:
        reason = "its value stands in the model"
    if reason is None:
        return True
    meant = closest(name, vectors) if name not in vectors else None
    instead = "leave it out"
    if name in info.parameters:
        reason = "it is an integer parameter"
        instead = f"declare `data {name}: real[n]` inside the model, not in its parentheses"
    elif name not in vectors:
        instead = f"declare `data {name}: real[n]` in the model"
    head = info.declaration.syntax.name.span
    problems.add(UnknownVector(item.name.span, name, info.name, head, reason, meant, instead))
    return False


# ---- options ---------------------------------------------------------------------------


def _options(
    declaration: syntax.ExperimentDecl, base: Experiment, info: ModelInfo, problems: Diagnostics
) -> Experiment:
    seen: set[str] = set()
    for option in declaration.options:
        name = option.name.id
        if name not in OPTIONS or name in seen:
            meant = None if name in seen else closest(name, OPTIONS)
            problem = UnknownOption(option.name.span, name, OPTIONS, meant, name in seen)
            problems.add(problem)
            continue
        seen.add(name)
        try:
            if name == "instances":
                base = replace(base, instances=_instances(option, info, problems))
            else:
                base = _with(option, base, problems)
        except Refusal as refusal:
            problems.add(refusal.problem)
    return base


def _with(option: syntax.Option, base: Experiment, problems: Diagnostics) -> Experiment:
    match option.name.id:
        case "loss":
            return _loss(option, base, problems)
        case "gradient":
            wanted = {"epsilon": number, "delta": share, "shots": whole}
            chosen = choice(option, GRADIENTS, wanted, problems)
            found = chosen.properties
            return replace(
                base,
                gradient=chosen.name,
                epsilon=found.get("epsilon"),
                delta=found.get("delta"),
                gradient_shots=int(found["shots"]) if "shots" in found else None,
            )
        case "noise":
            return replace(base, noise=choice(option, NOISES, {}, problems).name)
        case "train":
            return _training(option, base, problems)
        case "shots":
            return replace(base, shots=int(only_value(option, 1, problems)))
    return replace(base, seed=int(only_value(option, 0, problems)))


def _instances(option: syntax.Option, info: ModelInfo, problems: Diagnostics) -> Instances:
    wanted = {"seed": whole, "items": whole, "share": part}
    chosen = choice(option, tuple(INSTANCES), wanted, problems)
    names, found = INSTANCES[chosen.name], chosen.properties
    if not set(names) & {v.name for v in info.vectors}:
        fills = f"for models with data called {', '.join(names)}"
        raise Refusal(InvalidOption(option.name.span, f"instances {chosen.name}", fills))
    seed, items = int(found.get("seed", 0)), int(found.get("items", 1))
    return Instances(chosen.name, seed, items, found.get("share", 1.0), option.name.span)


def _loss(option: syntax.Option, base: Experiment, problems: Diagnostics) -> Experiment:
    """A loss by its name, or an expression."""
    is_name = isinstance(option.value, syntax.Name) and option.value.id not in NAMES
    if option.value is None or is_name:
        return replace(base, loss=choice(option, LOSSES, {}, problems).name)
    check_loss(option.value)
    named([(p.name, p.value, p.name.span) for p in option.properties], {}, problems)
    return replace(base, loss=option.value.span.text, loss_expression=option.value)


def _training(option: syntax.Option, base: Experiment, problems: Diagnostics) -> Experiment:
    wanted = {"steps": whole, "batch": whole, "seed": whole, "validation": share, "test": share,
              "patience": whole}  # fmt: skip
    chosen = choice(option, tuple(OPTIMISERS), wanted, problems)
    found = chosen.properties
    return replace(
        base,
        optimiser=chosen.name,
        optimiser_options=chosen.arguments,
        steps=int(found.get("steps", base.steps)),
        batch=int(found["batch"]) if "batch" in found else None,
        seed=int(found.get("seed", base.seed)),
        validation=found.get("validation"),
        test=found.get("test"),
        patience=int(found["patience"]) if "patience" in found else None,
    )
