"""Models: their heads, bodies, owners and results."""

from __future__ import annotations

from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.check.body import check_body
from qdsl.language.check.context import Around, Context
from qdsl.language.check.found import Found
from qdsl.language.check.ownership import check_ownership
from qdsl.language.networks.errors import UnknownNetwork
from qdsl.language.syntax.spelling import closest
from qdsl.language.typed import tree
from qdsl.language.typed.errors.names import MissingReturn, UnusedName
from qdsl.language.typed.evaluate import integer
from qdsl.language.typed.expressions import Typist, typed
from qdsl.language.typed.program import DeclaredVector, ModelInfo
from qdsl.language.typed.types import INT, Names, NonValue, Symbol
from qdsl.language.values.scope import Scope


def check_model(model: syntax.ModelDecl, found: Found, networks: frozenset[str]) -> ModelInfo:
    """What a model declares; what is wrong is reported. `networks` are all names of networks."""
    before = len(found.problems)
    _check_network(model, found, networks)
    typist = Typist(Names(others=_others(model, found)), found.problems)
    parameters, symbols, defaults = _head(model, typist, found)
    network = found.networks.get(model.network.id) if model.network else None
    context = Context(typist, found.circuits, model, network, Around())
    body = check_body(context, model.body)
    if context.returned is None and not any(isinstance(s, syntax.Return) for s in model.body):
        found.problems.add(MissingReturn(model.name.span, model.name.id))
    if network is not None:
        check_ownership(body, found.problems)
    if len(found.problems) == before:  # what is used wrongly is not unused
        _warn_unused(typist, found)
    vectors = tuple(
        _vector(s) for s in model.body if isinstance(s, (syntax.DataDecl, syntax.ParamDecl))
    )
    name = model.network.id if model.network else None
    tree_ = tree.Model(model, tuple(symbols), tuple(defaults), body)
    return ModelInfo(model.name.id, parameters, vectors, name, tree_)


def _others(model: syntax.ModelDecl, found: Found) -> dict[str, NonValue]:
    """What the file declares, and the nodes of the model's network."""
    network = found.networks.get(model.network.id) if model.network else None
    nodes = network.nodes if network else ()
    return {**{n.name: NonValue("a node") for n in nodes}, **found.names}


def _check_network(model: syntax.ModelDecl, found: Found, networks: frozenset[str]) -> None:
    if model.network is not None and model.network.id not in networks:
        name = model.network
        other = found.names.get(name.id)
        meant, what = closest(name.id, networks), other.what if other else None
        problem = UnknownNetwork(name.span, name.id, meant, what)
        found.problems.add(problem)


def _head(
    model: syntax.ModelDecl, typist: Typist, found: Found
) -> tuple[dict[str, int | None], list[Symbol], list[tree.Expr | None]]:
    """The integer parameters with their defaults, which may name earlier ones that have some."""
    values: dict[str, int | None] = {}
    symbols: list[Symbol] = []
    defaults: list[tree.Expr | None] = []
    scope, known = Scope(), Names(others=typist.names.others)
    for parameter in model.parameters:
        name = parameter.name
        symbols.append(Symbol(name.id, INT, name.span, "integer"))
        typist.declare(symbols[-1])
        values.setdefault(name.id, None)
        defaults.append(None)
        if parameter.default is None:
            continue
        try:
            defaults[-1] = default = typed(parameter.default, known)
            value = integer(default, scope, "an integer default")
            values[name.id] = scope.values[name.id] = value
            known.symbols[name.id] = symbols[-1]
        except Refusal as refusal:
            found.problems.add(refusal.problem)
    return values, symbols, defaults


def _warn_unused(typist: Typist, found: Found) -> None:
    roles = {"integer": "integer parameter", "param": "parameter", "qubits": "register"}
    for symbol in typist.names.symbols.values():
        if not symbol.uses and symbol.role != "let":
            role = roles.get(symbol.role, symbol.role)
            found.problems.add(UnusedName(symbol.span, symbol.name, role))


def _vector(statement: syntax.DataDecl | syntax.ParamDecl) -> DeclaredVector:
    is_data = isinstance(statement, syntax.DataDecl)
    kind = statement.type.kind.id
    is_given = kind == "graph" or (
        isinstance(statement, syntax.DataDecl) and statement.value is not None
    )
    return DeclaredVector(
        statement.name.id,
        "data" if is_data else "param",
        kind,
        tuple(size.span.text for size in statement.type.shape),
        statement.owner.id if statement.owner else None,
        is_given,
        statement.name.span,
    )
