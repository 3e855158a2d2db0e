"""Arguments of the Python interface: what is taken, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import networkx
import numpy as np
import pytest

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused, WrongArgument

TEXT = """network lan = line(2) { qubits 4, comm 2 }
model m(n = 2) on lan {
  data x: real[n]
  param w: angle[n]
  qubits q[n]
  for i in 0..n { ry(x[i]) q[i]; rz(w[i]) q[i] }
  cz q[0], q[1]
  return expect(Z q[0])
}
"""
PROGRAM = qdsl.loads(TEXT)
COMPILED = PROGRAM.compile()
X, W = {"x": [0.1, 0.2]}, {"w": [0.3, 0.4]}
STRANGE = [3, 2.5, [1], "w.x", b"w", object(), dict]


def test_a_graph_is_taken_as_a_network() -> None:
    graph = networkx.Graph(name="lab")
    graph.add_nodes_from("ab", qubits=np.int64(1))
    graph.add_edge("a", "b", fidelity=np.float64(0.9))
    found = PROGRAM.compile(network=graph).scheduled.network
    assert [node.name for node in found.nodes] == ["a", "b"]
    assert found.links[0].fidelity == 0.9
    graph.graph["fidelity"] = 0.8
    with pytest.raises(InvalidProgram, match="attribute of the whole graph: give it to every link"):
        PROGRAM.compile(network=graph)
    with pytest.raises(InvalidProgram, match="attribute of the whole graph: give it to every link"):
        qdsl.distribute("OPENQASM 2.0;\nqreg q[2];\n", graph)
    with pytest.raises(
        InvalidProgram, match=r"'networkx\.Graph' holds no network: 1 to 1,000 nodes"
    ):
        PROGRAM.compile(network=networkx.Graph())


@pytest.mark.parametrize("given", [3, {}, [1], b"lan", object()])
def test_what_is_no_network(given: Any) -> None:
    with pytest.raises(WrongArgument, match=r"`network` is of type .*: give the name of one"):
        PROGRAM.compile(network=given)


@pytest.mark.parametrize("given", STRANGE)
def test_what_has_no_names(given: Any) -> None:
    calls: dict[str, Any] = {
        "settings": lambda: PROGRAM.compile(settings=given),
        "options": lambda: PROGRAM.compile(options=given),
        "params": lambda: COMPILED.expectation(given, X),
        "data": lambda: COMPILED.expectation(W, given),
        "values": lambda: COMPILED.run(given),
        "over": lambda: qdsl.sweep(PROGRAM, over=given),
    }
    for argument, call in calls.items():
        with pytest.raises(WrongArgument, match=f"`{argument}` is of type .*: give a dict by name"):
            call()
    with pytest.raises((Refused, InvalidProgram)):  # text is the name of a file
        COMPILED.predict(given, X)
    with pytest.raises((Refused, InvalidProgram)):
        COMPILED.predict(W, given)


@pytest.mark.parametrize(
    "given", [[[1], [2, 3]], "x", [1, "one"], None, object(), {"a": 1}, [1j, 2]]
)
def test_what_is_no_array_of_numbers(given: Any) -> None:
    for call in (
        lambda: COMPILED.expectation({"w": given}, X),
        lambda: COMPILED.expectation(W, {"x": given}),
        lambda: COMPILED.run({"w": given}),
        lambda: COMPILED.run(X, params={"w": given}),
        lambda: COMPILED.predict({"w": given}, X),
        lambda: COMPILED.predict(W, {"x": given}),
    ):
        with pytest.raises((Refused, InvalidProgram)):
            call()


@pytest.mark.parametrize("given", [3, [1], {"a": 1}, object()])
def test_what_is_no_name(given: Any) -> None:
    calls: tuple[Callable[[], Any], ...] = (
        lambda: qdsl.load(given),
        lambda: qdsl.loads(given),
        lambda: PROGRAM.compile(given),
        lambda: PROGRAM.compile(experiment=given),
        lambda: PROGRAM.compile(passes=given),
        lambda: COMPILED.emit(given),
        lambda: COMPILED.draw(given),
        lambda: COMPILED.run(X | W, backend=given),
        lambda: qdsl.sweep(given, over={"link.rate": "10..100"}),
    )
    for call in calls:
        with pytest.raises((Refused, InvalidProgram)):
            call()
    with pytest.raises(WrongArgument, match="`passes` is of type str"):
        PROGRAM.compile(passes="canonicalize")


@pytest.mark.parametrize("given", [3, [1], {"w": "x"}, {"w": [1]}, {"z": [1]}])
@pytest.mark.parametrize("target", ["qasm3", "netqasm", "nodes", "jax"])
def test_values_of_targets(target: str, given: Any) -> None:
    with pytest.raises((Refused, InvalidProgram)):
        COMPILED.emit(target, given)


def test_an_empty_graph_is_no_default_of_a_sweep() -> None:
    with pytest.raises(InvalidProgram, match="holds no network"):
        qdsl.sweep(COMPILED, over={"link.rate": "10..100"}, network=networkx.Graph())


def test_the_backends_that_there_are() -> None:
    with pytest.raises(Refused, match="there is no backend 'jaxx'; there are jax, qiskit, noisy"):
        COMPILED.run(X | W, backend="jaxx")


COUNTS: dict[str, Callable[[Any], Any]] = {
    "shots": lambda given: COMPILED.run({**X, **W}, shots=given),
    "seed": lambda given: COMPILED.run({**X, **W}, seed=given),
    "shots of grad": lambda given: COMPILED.grad({**X, **W}, shots=given),
    "runs": lambda given: COMPILED.arrivals(given),
    "seed of arrivals": lambda given: COMPILED.arrivals(3, seed=given),
    "seed of analyze": lambda given: PROGRAM.analyze(seed=given),
    "seeds": lambda given: qdsl.pareto(PROGRAM, seeds=given),
    "effort": lambda given: qdsl.pareto(PROGRAM, effort=given),
    "count": lambda given: qdsl.Workers(given),
}


@pytest.mark.parametrize("asked", COUNTS)
@pytest.mark.parametrize("given", ["3", 2.5, True, -1, [3]])
def test_what_is_no_count(asked: str, given: Any) -> None:
    named = asked.partition(" ")[0]
    with pytest.raises(WrongArgument, match=rf"^`{named}` is .*: give a whole number from [01] on"):
        COUNTS[asked](given)


def test_whole_numbers_of_numpy_are_counts() -> None:
    numbers: dict[str, Any] = {"shots": np.int64(7), "seed": np.uint8(1)}
    assert COMPILED.run({**X, **W}, **numbers).shots == 7
    with pytest.raises(WrongArgument, match="`shots` is 0: give a whole number from 1 on"):
        COMPILED.run({**X, **W}, shots=0)
