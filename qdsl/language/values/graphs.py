"""Graphs that shape a circuit: generators, files, and the functions that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from qdsl.diagnostics.reported import Refusal
from qdsl.language.parser.spelling import closest
from qdsl.language.syntax import Call, Keyword
from qdsl.language.values.domain import Graph, Value, describe
from qdsl.language.values.errors import IndexOutOfRange, InvalidGraph, WrongArgumentCount, WrongKind
from qdsl.language.values.evaluate import evaluate, integer
from qdsl.language.values.scope import Scope

MAX_NODES = 100_000
MAX_EDGES = 2_000_000


class GraphRefusal(Exception):
    """Why a generator has no graph."""


def graph(n: int, edges: Iterable[tuple[int, int]]) -> Graph:
    """A graph in canonical order. `GraphRefusal` for self-loops and nodes beyond n."""
    found = {(min(e), max(e)) for e in edges}
    if any(i == j for i, j in found):
        raise GraphRefusal("an edge joins a node with itself")
    if any(i < 0 or j >= n for i, j in found):
        raise GraphRefusal("an edge names a node that does not exist")
    return Graph(n, tuple(sorted(found)))


def _sized(n: int, n_edges: int) -> None:
    if n < 1:
        raise GraphRefusal("it has no nodes")
    if n > MAX_NODES or n_edges > MAX_EDGES:
        raise GraphRefusal(f"at most {MAX_NODES:,} nodes and {MAX_EDGES:,} edges are allowed")


def random_regular(d: int, n: int, seed: int = 0) -> Graph:
    _sized(n, n * max(d, 0) // 2)
    if not 0 <= d < n or n * d % 2:
        raise GraphRefusal(f"no graph on {n} nodes has {d} edges at each: d < n, n*d even")
    import networkx

    return graph(n, networkx.random_regular_graph(d, n, seed=seed).edges)


def erdos_renyi(n: int, p: float, seed: int = 0) -> Graph:
    if not 0 <= p <= 1:
        raise GraphRefusal("the probability lies outside 0 to 1")
    _sized(n, int(n * (n - 1) * p / 2))
    import networkx

    return graph(n, networkx.fast_gnp_random_graph(n, p, seed=seed).edges)


def cycle(n: int) -> Graph:
    _sized(n, n)
    return graph(n, {(i, (i + 1) % n) for i in range(n if n > 2 else n - 1)})


def complete_graph(n: int) -> Graph:
    _sized(n, n * (n - 1) // 2)
    return Graph(n, tuple((i, j) for i in range(n) for j in range(i + 1, n)))


def path_graph(n: int) -> Graph:
    _sized(n, n)
    return Graph(n, tuple((i, i + 1) for i in range(n - 1)))


def star_graph(n: int) -> Graph:
    """Node 0 in the middle of n - 1 others."""
    _sized(n, n)
    return Graph(n, tuple((0, i) for i in range(1, n)))


def grid_graph(rows: int, columns: int) -> Graph:
    if rows < 1 or columns < 1:
        raise GraphRefusal("it has no nodes")
    n = rows * columns
    _sized(n, 2 * n)
    across = [(i, i + 1) for i in range(n) if (i + 1) % columns]
    return graph(n, across + [(i, i + columns) for i in range(n - columns)])


def karate_club() -> Graph:
    import networkx

    return graph(34, networkx.karate_club_graph().edges)


@dataclass(frozen=True, slots=True)
class Generator:
    """A generator and its arguments: name -> whether it is an integer; `seed` is optional."""

    make: Callable[..., Graph]
    arguments: dict[str, bool]

    @property
    def required(self) -> list[str]:
        return [name for name in self.arguments if name != "seed"]


GENERATORS: dict[str, Generator] = {
    "random_regular": Generator(random_regular, {"d": True, "n": True, "seed": True}),
    "erdos_renyi": Generator(erdos_renyi, {"n": True, "p": False, "seed": True}),
    "cycle": Generator(cycle, {"n": True}),
    "complete_graph": Generator(complete_graph, {"n": True}),
    "path_graph": Generator(path_graph, {"n": True}),
    "star_graph": Generator(star_graph, {"n": True}),
    "grid_graph": Generator(grid_graph, {"rows": True, "columns": True}),
    "karate_club": Generator(karate_club, {}),
}


@lru_cache(maxsize=32)
def _generated(name: str, arguments: tuple[tuple[str, int | float], ...]) -> Graph:
    return GENERATORS[name].make(**dict(arguments))


def _generate(expr: Call, scope: Scope) -> Graph:
    generator = GENERATORS[expr.function.id]
    given = _bound(expr, generator)
    values: dict[str, int | float] = {}
    for name, value in given.items():
        if generator.arguments[name]:
            values[name] = integer(value, scope, f"an integer for '{name}'")
        else:
            values[name] = _probability(value, scope)
    try:
        return _generated(expr.function.id, tuple(sorted(values.items())))
    except GraphRefusal as refusal:
        raise Refusal(InvalidGraph(expr.span, str(refusal))) from None
    except Exception as problem:  # whatever networkx has to say of these arguments
        raise Refusal(InvalidGraph(expr.span, str(problem)[:200])) from None


def _probability(value: Any, scope: Scope) -> float:
    found = evaluate(value, scope)
    if isinstance(found, (int, float)) and not isinstance(found, bool) and 0 <= found <= 1:
        return float(found)
    raise Refusal(WrongKind(value.span, "a probability between 0 and 1", describe(found)))


def _bound(expr: Call, generator: Generator) -> dict[str, Any]:
    """Arguments by name, positional ones first."""
    names = list(generator.arguments)
    given = dict(zip(names, expr.args, strict=False))
    for keyword in expr.keywords:
        _check_keyword(keyword, names, given)
        given[keyword.name.id] = keyword.value
    if len(expr.args) > len(names) or any(name not in given for name in generator.required):
        wanted = ", ".join(names) or "no arguments"
        raise Refusal(WrongArgumentCount(expr.span, expr.function.id, wanted, len(expr.args)))
    return given


def _check_keyword(keyword: Keyword, names: list[str], given: dict[str, Any]) -> None:
    if keyword.name.id in names and keyword.name.id not in given:
        return
    meant = closest(keyword.name.id, names)
    suggestion = f"did you mean '{meant}'?" if meant else None
    wanted = f"one of {', '.join(names)}, once," if names else "no named argument"
    raise Refusal(WrongKind(keyword.name.span, wanted, f"'{keyword.name.id}'", suggestion))


def _of_graph(expr: Call, scope: Scope) -> Value:
    """`nodes(g)`, `edges(g)`, `degree(g, i)`."""
    name = expr.function.id
    wanted = 2 if name == "degree" else 1
    if len(expr.args) != wanted or expr.keywords:
        text = "a graph and a node" if wanted == 2 else "a graph"
        raise Refusal(WrongArgumentCount(expr.span, name, text, len(expr.args)))
    value = evaluate(expr.args[0], scope)
    if not isinstance(value, Graph):
        raise Refusal(WrongKind(expr.args[0].span, "a graph", describe(value)))
    if name == "nodes":
        return value.n
    return value.edges if name == "edges" else _degree(expr, value, scope)


def _degree(expr: Call, value: Graph, scope: Scope) -> int:
    node = integer(expr.args[1], scope, "a node's number")
    if not 0 <= node < value.n:
        span = expr.args[1].span
        raise Refusal(IndexOutOfRange(span, node, value.n, expr.args[0].span.text, scope.showing()))
    return value.degree(node)


FUNCTIONS = (*GENERATORS, "nodes", "edges", "degree")


def call(expr: Call, scope: Scope) -> Value:
    """A function of graphs, called in an expression."""
    return _generate(expr, scope) if expr.function.id in GENERATORS else _of_graph(expr, scope)
