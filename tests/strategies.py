"""Random programs and networks for the laws."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from qdsl.ir.operations import BY_NAME, OPERATIONS, Kind
from qdsl.ir.stages import Circuit
from qdsl.ir.values import DataReference, ValueVector
from qdsl.network.network import Network
from tests.build import circuit, network

UNITARY = tuple(op.name for op in OPERATIONS if op.is_unitary)
KINDS = ("line", "ring", "star", "complete")
VECTORS = (
    ValueVector("x", "data", "real", (4,), None, 0),
    ValueVector("w", "param", "angle", (3,), None, 4),
)
REFERENCES = (DataReference("x", "real", 0, (4,)), DataReference("x", "real", 0, (2,)))
ANGLES = (0.0, 0.3, -1.1, 3.141592653589793, 1.5707963267948966, 2.2)


@st.composite
def networks(draw: st.DrawFn, n_qubits: int) -> Network:
    """Two to four nodes that hold the qubits, one of them everything if need be."""
    nodes = draw(st.integers(2, 4))
    kind = draw(st.sampled_from(KINDS))
    widest = draw(st.sampled_from((1, 2, 2, n_qubits)))  # tight more often than not
    sizes = draw(st.lists(st.integers(1, widest), min_size=nodes, max_size=nodes))
    while sum(sizes) < n_qubits:
        sizes[sizes.index(min(sizes))] += 1
    comm = draw(st.lists(st.integers(1, 3), min_size=nodes, max_size=nodes))
    if kind in ("line", "ring", "star"):  # inner nodes have to swap
        comm = [max(c, 2) if kind != "star" or i == 0 else c for i, c in enumerate(comm)]
    return network(kind, nodes, sizes, comm)


@st.composite
def angles(draw: st.DrawFn) -> Any:
    constant = draw(st.sampled_from(ANGLES))
    if draw(st.booleans()):
        return constant
    return (constant, ((draw(st.sampled_from((1.0, -0.5, 2.0))), draw(st.integers(0, 6))),))


@st.composite
def lines(draw: st.DrawFn, n_qubits: int, n_bits: int) -> tuple[Any, ...]:
    """One operation: any unitary, and now and then a measurement, reset or encoding."""
    name = draw(st.sampled_from((*UNITARY, "rot", "cx", "cz", "rzz", "measure", "reset", "diagonal",
                                 "amplitude", "move", "barrier")))  # fmt: skip
    op = BY_NAME[name]
    widest = n_qubits if op.arity is None else op.arity
    if widest > n_qubits:
        name, op, widest = "cz", BY_NAME["cz"], 2
    if op.kind in (Kind.ENCODE, Kind.MOVE):
        widest = 2
    size = draw(st.integers(1, min(widest, 4))) if op.arity is None else op.arity
    qubits = tuple(draw(st.permutations(range(n_qubits)))[:size])
    if name == "measure":
        return (name, qubits, draw(st.integers(0, n_bits - 1)))
    if op.kind is Kind.ENCODE:
        return (name, qubits, 2 - size)
    if name == "rot":
        word = "".join(draw(st.lists(st.sampled_from("IXYZZ"), min_size=size, max_size=size)))
        return (name, qubits, word, draw(angles()))
    return (name, qubits, *(draw(angles()) for _ in range(op.angles)))


@st.composite
def circuits(
    draw: st.DrawFn, max_qubits: int = 4, max_rows: int = 14, pinned: bool = True
) -> Circuit:
    """A random circuit on a random network: pins, conditions and measurements included."""
    n = draw(st.integers(max_qubits - 1, max_qubits))
    n_bits = 2
    where = draw(networks(n))
    body = draw(st.lists(lines(n, n_bits), min_size=max_rows // 2, max_size=max_rows))
    written: set[int] = set()
    pins: dict[int, int] = {}
    conditions: dict[int, tuple[int, int]] = {}
    for i, line in enumerate(body):
        is_measure = line[0] == "measure"
        free = line[0] not in ("barrier", "move") and not (is_measure and line[2] in written)
        if written and free and draw(st.integers(0, 3)) == 0:
            bit = draw(st.sampled_from(sorted(written)))
            conditions[i] = (bit, draw(st.integers(0, 1)))
        if is_measure:
            written.add(line[2])
        wants_pin = pinned and line[0] != "barrier" and draw(st.integers(0, 2)) == 0
        if wants_pin or line[0] == "move":
            roomy = [v for v, node in enumerate(where.nodes) if node.qubits >= len(line[1])]
            if roomy:
                pins[i] = draw(st.sampled_from(roomy))
    return circuit(
        n, body, network=where, pins=pins, conditions=conditions, n_bits=n_bits,
        vectors=VECTORS, references=REFERENCES,
    )  # fmt: skip
