"""Graphs that shape a circuit: generators, files, and the functions that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language.syntax import Call
from qdsl.language.values.domain import Graph, Value, describe
from qdsl.language.values.errors import IndexOutOfRange, InvalidGraph, Loops, TypeMismatch
from qdsl.language.values.numbers import as_integer
from qdsl.language.values.random_graphs import independent_edges, regular_edges
from qdsl.records import dataclass

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


def sized(n: int, n_edges: int) -> None:
    if n < 1:
        raise GraphRefusal("it has no nodes")
    if n > MAX_NODES or n_edges > MAX_EDGES:
        raise GraphRefusal(f"at most {MAX_NODES:,} nodes and {MAX_EDGES:,} edges are allowed")


def random_regular(d: int, n: int, seed: int = 0) -> Graph:
    sized(n, n * max(d, 0) // 2)
    if not 0 <= d < n or n * d % 2:
        raise GraphRefusal(f"no graph on {n} nodes has {d} edges at each: d < n, n*d even")
    return graph(n, regular_edges(d, n, seed))


def erdos_renyi(n: int, p: float, seed: int = 0) -> Graph:
    if not 0 <= p <= 1:
        raise GraphRefusal("the probability lies outside 0 to 1")
    sized(n, int(n * (n - 1) * p / 2))
    return graph(n, independent_edges(n, p, seed))


def cycle(n: int) -> Graph:
    sized(n, n)
    return graph(n, {(i, (i + 1) % n) for i in range(n if n > 2 else n - 1)})


def complete_graph(n: int) -> Graph:
    sized(n, n * (n - 1) // 2)
    return Graph(n, tuple((i, j) for i in range(n) for j in range(i + 1, n)))


def path_graph(n: int) -> Graph:
    sized(n, n)
    return Graph(n, tuple((i, i + 1) for i in range(n - 1)))


def star_graph(n: int) -> Graph:
    """Node 0 in the middle of n - 1 others."""
    sized(n, n)
    return Graph(n, tuple((0, i) for i in range(1, n)))


def grid_graph(rows: int, columns: int) -> Graph:
    if rows < 1 or columns < 1:
        raise GraphRefusal("it has no nodes")
    n = rows * columns
    sized(n, 2 * n)
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


def generate(call: Call, values: Sequence[Value]) -> Graph:
    """The graph of a generator; the values are those of its arguments, named ones last."""
    generator = GENERATORS[call.function.id]
    names = [*list(generator.arguments)[: len(call.args)], *(k.name.id for k in call.keywords)]
    places = [*call.args, *(keyword.value for keyword in call.keywords)]
    given = {
        name: _number(name, value, place.span, generator)
        for name, value, place in zip(names, values, places, strict=True)
    }
    try:
        return _generated(call.function.id, tuple(sorted(given.items())))
    except GraphRefusal as refusal:
        raise Refusal(InvalidGraph(call.span, str(refusal))) from None
    except Exception as problem:  # whatever networkx has to say of these arguments
        raise Refusal(InvalidGraph(call.span, str(problem)[:200])) from None


def _number(name: str, value: Value, span: Span, generator: Generator) -> int | float:
    if generator.arguments[name]:
        return as_integer(value, span, f"an integer for '{name}'")
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise Refusal(TypeMismatch(span, "a probability between 0 and 1", describe(value)))


def as_graph(value: Value, span: Span) -> Graph:
    if isinstance(value, Graph):
        return value
    raise Refusal(TypeMismatch(span, "a graph", describe(value)))


def degree(graph: Graph, node: int, call: Call, loops: Loops) -> int:
    """`degree(g, i)`."""
    if not 0 <= node < graph.n:
        name, place = call.args
        raise Refusal(IndexOutOfRange(place.span, node, graph.n, name.span.text, loops))
    return graph.degree(node)


FUNCTIONS = (*GENERATORS, "nodes", "edges", "degree")
