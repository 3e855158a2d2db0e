"""Which circuits call which, and those that call themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.language import syntax
from qdsl.language.lowering.calls import MAX_DEPTH
from qdsl.language.typed import tree
from qdsl.language.typed.errors.flow import RecursiveCircuit
from qdsl.language.typed.program import CircuitEntry


def applications(body: Iterable[syntax.Statement]) -> Iterator[syntax.Apply]:
    """Every operation in a body, however deep in blocks."""
    for statement in body:
        match statement:
            case syntax.Apply():
                yield statement
            case syntax.For() | syntax.At():
                yield from applications(statement.body)
            case syntax.If():
                yield from applications(statement.then)
                yield from applications(statement.otherwise)


class Calls:
    """Calls between circuits; `recursive` are those from which a circle of calls is reached."""

    def __init__(self, circuits: Mapping[str, CircuitEntry]) -> None:
        self._circuits = circuits
        self._direct: dict[str, tuple[syntax.Apply, ...]] = {}
        self.recursive: set[str] = set()

    def of(self, name: str) -> tuple[syntax.Apply, ...]:
        """The calls in a circuit's body."""
        if name not in self._direct:
            entry = self._circuits.get(name)
            body = entry.syntax.body if isinstance(entry, tree.TypedCircuit) else ()
            found = (a for a in applications(body) if a.name.id in self._circuits)
            self._direct[name] = tuple(found)
        return self._direct[name]

    def reached(self, body: Iterable[syntax.Statement]) -> set[str]:
        """The circuits that a body calls, by way of others too."""
        todo = [a.name.id for a in applications(body) if a.name.id in self._circuits]
        seen: set[str] = set()
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                todo.extend(call.name.id for call in self.of(name))
        return seen


def check_recursion(
    circuits: Sequence[syntax.CircuitDecl], calls: Calls, problems: Diagnostics
) -> None:
    """Report every circle of calls once, and calls nested too deeply. Never recurses itself."""
    depth: dict[str, int] = {}
    for circuit in circuits:
        _visit(circuit.name.id, calls, depth, problems, {c.name.id: c for c in circuits})
    for circuit in circuits:
        name = circuit.name.id
        if {name, *calls.reached(circuit.body)} & calls.recursive:
            calls.recursive.add(name)


def _visit(
    start: str,
    calls: Calls,
    depth: dict[str, int],
    problems: Diagnostics,
    own: Mapping[str, syntax.CircuitDecl],
) -> None:
    """Depth first with a stack of our own; `depth[c]` is how deep the calls of c go."""
    path: list[str] = [start] if start not in depth else []
    todo: list[Iterator[syntax.Apply]] = [iter(calls.of(start))] if path else []
    while todo:
        call = next(todo[-1], None)
        if call is None:
            todo.pop()
            name = path.pop()
            deepest = max((depth.get(c.name.id, 0) for c in calls.of(name)), default=0)
            depth[name] = deepest + 1
            if depth[name] == MAX_DEPTH + 1 and name in own:
                span = own[name].name.span
                deep = (name, f"more than {MAX_DEPTH} calls deep")
                problems.add(RecursiveCircuit(span, deep, span))
                calls.recursive.add(name)
        elif call.name.id in path:
            chain = (*path[path.index(call.name.id) :], call.name.id)
            if call.name.id in own:
                declared = own[call.name.id].name.span
                problems.add(RecursiveCircuit(call.name.span, chain, declared))
            calls.recursive.update(chain)
        elif call.name.id not in depth:
            path.append(call.name.id)
            todo.append(iter(calls.of(call.name.id)))
