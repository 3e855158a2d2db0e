"""Routed circuits do what their sources do, on couplings alone, up to where qubits are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

import qdsl
from qdsl.backends.nodes.split import split
from qdsl.hardware.merging import Place, TimedOperation
from qdsl.hardware.native import commands, native
from qdsl.hardware.routing import route
from qdsl.hardware.segments import add
from tests.backends.exact import distribution, p_value
from tests.qdsl.hardware.programs import BITS, DEVICES, LINE, LOCAL, STAR, TRAFFIC, compiled, device
from tests.sources import EXAMPLES

Vector = npt.NDArray[np.complex128]


@pytest.mark.parametrize("name", DEVICES)
def test_a_local_circuit_has_its_unitary_up_to_the_places(name: str) -> None:
    """By unitary, and not for a state alone: the routed circuit, its qubits called by their places
    at the beginning and at the end, is the source's."""
    from pytket.circuit import Circuit
    from pytket.passes import DecomposeBoxes

    stage = compiled(LOCAL).scheduled
    program = split(stage)[0]
    found = route(program, DEVICES[name], {})
    assert found.swaps > 0
    source = Circuit(4)
    (segment,) = found.source
    for op in segment.operations:
        if op.name != "Reset":
            add(source, op, [source.qubits[q] for q in op.qubits], [])
    DecomposeBoxes().apply(source)
    ends = {segment.names.get(q, q): found.last[q] for q in range(4)}  # of what began as q
    n = len(DEVICES[name].qubits)
    wanted = source.get_unitary()
    routed = found.circuit.get_unitary()
    rng = np.random.default_rng(1)
    for _ in range(3):
        state = rng.normal(size=16) + 1j * rng.normal(size=16)
        state /= np.linalg.norm(state)
        before = _at(state, found.first, n)
        after = _at(wanted @ state, ends, n)
        assert abs(np.vdot(after, routed @ before)) == pytest.approx(1, abs=1e-9)


def _at(state: Vector, places: Mapping[int, int], n: int) -> Vector:
    """A state of four qubits on these of n, the others in |0>."""
    rest = [p for p in range(n) if p not in places.values()]
    alone = np.zeros([2] * len(rest))
    alone.reshape(-1)[0] = 1
    whole = np.multiply.outer(state.reshape([2] * 4), alone)
    return np.moveaxis(whole, range(n), [*(places[q] for q in range(4)), *rest]).reshape(-1)


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("text", [LOCAL, TRAFFIC], ids=["local", "traffic"])
def test_without_noise_the_state_of_all_nodes_is_that_of_the_source(name: str, text: str) -> None:
    made = compiled(text)
    nodes = {node.name: DEVICES[name] for node in made.scheduled.network.nodes}
    found = made.hardware(nodes)
    assert found.simulate(100).fidelity == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fake_torino", "fake_sherbrooke", "fake_guadalupe"])
def test_large_devices_keep_the_state_of_the_source(name: str) -> None:
    made = compiled(TRAFFIC)
    found = made.hardware({node.name: name for node in made.scheduled.network.nodes})
    assert found.simulate(100, noise=False).fidelity == 1
    assert found.simulate(100).fidelity < 1


@pytest.mark.slow
@pytest.mark.parametrize("example", ["all_reduce", "grover", "qft_two", "two_party", "w_state"])
@pytest.mark.parametrize("name", DEVICES)
def test_examples_keep_their_states_on_devices(example: str, name: str) -> None:
    made = qdsl.load(EXAMPLES / f"{example}.qdm").compile()
    nodes = {node.name: DEVICES[name] for node in made.scheduled.network.nodes}
    assert made.hardware(nodes).simulate(50, noise=False).fidelity == 1


def test_the_test_of_a_state_can_fail() -> None:
    """A gate more, and the state is another one."""
    made = compiled(LOCAL)
    found = made.hardware({"a": LINE})
    extra = found.operations[-1].places[0]
    k = next(i for i, op in enumerate(found.operations) if op.name == "Rz")
    found.operations.insert(k + 1, _flip(found.operations[k], extra))
    assert found.simulate(100).fidelity < 0.9


def _flip(op: TimedOperation, place: Place) -> TimedOperation:
    return replace(op, name="X", places=(place,), params=())


@pytest.mark.parametrize("name", DEVICES)
def test_measured_bits_and_conditions_keep_working(name: str) -> None:
    made = compiled(BITS)
    found = made.hardware({"a": DEVICES[name], "b": DEVICES[name]})
    counts = found.sample(2000, 3, noise=False)
    exact = distribution(made.circuit, (1, 2, 3, 4))
    assert p_value(counts, exact) > 1e-4


def test_pairs_arrive_at_the_places_of_their_communication_qubits() -> None:
    made = compiled(TRAFFIC.replace("comm 2 }", 'comm 2, device "fake_jakarta", comm_at [5, 0] }'))
    found = made.hardware({"a": LINE, "c": LINE})
    pairs: list[TimedOperation] = [op for op in found.operations if op.name == "Pair"]
    assert {p for op in pairs for v, p in op.places if v == 1} <= {5, 0}
    homes = {v: r.first[r.program.data] for v, r in enumerate(found.nodes.values()) if v != 1}
    assert all(p == homes[v] for op in pairs for v, p in op.places if v != 1)
    assert found.simulate(1).shots == 1


def test_every_gate_is_on_a_coupling_in_its_direction() -> None:
    made = compiled(TRAFFIC)
    one_way = device(edges=[[i + 1, i] for i in range(6)], directed=True, gate="ecr")
    found = made.hardware({node.name: one_way for node in made.scheduled.network.nodes})
    for routed in found.nodes.values():
        wide = [c.qubits for c in commands(routed.circuit) if len(c.qubits) > 1]
        assert wide and all(a.index[0] == b.index[0] + 1 for a, b in wide)


def test_a_gate_beside_the_couplings_is_a_broken_rule() -> None:
    from qdsl.diagnostics.diagnostic import InternalError
    from qdsl.hardware.segments import PlainOp

    with pytest.raises(InternalError, match="couplings"):
        native(STAR, [PlainOp("CX", (1, 2))], 0, {}, [])


def test_swaps_are_named_and_counted() -> None:
    made = compiled(LOCAL)
    facts = made.hardware({"a": LINE}).facts
    assert facts.nodes[0].swaps > 0
    all_joined = device(edges=[[a, b] for a in range(5) for b in range(a)])
    assert made.hardware({"a": all_joined}).facts.nodes[0].swaps == 0
