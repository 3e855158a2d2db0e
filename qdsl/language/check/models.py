"""Models: their heads, bodies, owners and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qdsl.diagnostics.reported import Refusal
from qdsl.language import syntax
from qdsl.language.check.body import Around, Body
from qdsl.language.check.declarations import declare
from qdsl.language.check.errors.names import MissingReturn, UnusedName
from qdsl.language.check.expressions import Typist
from qdsl.language.check.model import DeclaredVector, ModelInfo
from qdsl.language.check.ownership import check_ownership
from qdsl.language.check.types import INT, Names, Symbol
from qdsl.language.networks.errors import UnknownNetwork
from qdsl.language.parser.spelling import closest
from qdsl.language.values.evaluate import integer
from qdsl.language.values.scope import Scope

if TYPE_CHECKING:
    from qdsl.language.check.program import Found


def check_model(model: syntax.ModelDecl, found: Found, networks: frozenset[str]) -> ModelInfo:
    """What a model declares; what is wrong is reported. `networks` are all names of networks."""
    before = len(found.problems)
    _check_network(model, found, networks)
    typist = Typist(Names(), found.problems)
    parameters = _head(model, typist, found)
    network = found.networks.get(model.network.id) if model.network else None
    body = Body(typist, found.circuits, model, network, Around())
    body.run(model.body)
    if body.returned is None and not any(isinstance(s, syntax.Return) for s in model.body):
        found.problems.add(MissingReturn(model.name.span, model.name.id))
    if network is not None:
        check_ownership(model, found.circuits, network, found.problems)
    if len(found.problems) == before:  # what is used wrongly is not unused
        _warn_unused(typist, found)
    vectors = tuple(
        _vector(s) for s in model.body if isinstance(s, (syntax.DataDecl, syntax.ParamDecl))
    )
    name = model.network.id if model.network else None
    return ModelInfo(model.name.id, parameters, vectors, name, model)


def _check_network(model: syntax.ModelDecl, found: Found, networks: frozenset[str]) -> None:
    if model.network is not None and model.network.id not in networks:
        name = model.network
        problem = UnknownNetwork(name.span, name.id, closest(name.id, networks))
        found.problems.add(problem)


def _head(model: syntax.ModelDecl, typist: Typist, found: Found) -> dict[str, int | None]:
    """The integer parameters with their defaults, which may name earlier ones."""
    parameters: dict[str, int | None] = {}
    scope = Scope()
    for parameter in model.parameters:
        name = parameter.name
        declare(typist, Symbol(name.id, INT, name.span, "integer"))
        parameters.setdefault(name.id, None)
        if parameter.default is not None:
            try:
                value = integer(parameter.default, scope, "an integer default")
                parameters[name.id] = scope.values[name.id] = value
            except Refusal as refusal:
                found.problems.add(refusal.problem)
    return parameters


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
