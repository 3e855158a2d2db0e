"""Programs for the backends' tests, written row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import pi

import numpy as np

from qdsl.ir.operations import OPERATIONS, Attr, Kind, operation
from qdsl.ir.stages import (
    Circuit,
    DistributedCircuit,
    Output,
    PlacedCircuit,
    Register,
    ScheduledCircuit,
)
from qdsl.ir.table import TableBuilder
from qdsl.ir.values import AngleBuilder, DataReference, Floats, Values, ValueVector
from qdsl.network.network import Link, Network, Node

Term = tuple[float, Sequence[tuple[float, int]]]  # constant, (coefficient, slot) pairs

LAN = Network("lan", (Node("alice", 4, 2), Node("bob", 4, 2)), (Link(0, 1),))


@dataclass(slots=True)
class Rows:
    """Collects rows: `rows.add("rz", 0, angles=[0.3])`."""

    vectors: Sequence[ValueVector] = ()
    references: Sequence[DataReference] = ()
    table: TableBuilder = field(default_factory=TableBuilder)
    angles: AngleBuilder = field(init=False)

    def __post_init__(self) -> None:
        self.angles = AngleBuilder(sum(v.size for v in self.vectors))

    def add(
        self,
        name: str,
        *operands: int,
        angles: Sequence[float | Term] = (),
        to: int = -1,
        word: str = "",
        when: tuple[int, int] | None = None,
    ) -> Rows:
        """One row; `to` is the bit written or the data reference, `when` = (bit, value)."""
        terms = [(a, ()) if isinstance(a, int | float) else a for a in angles]
        first = self.angles.add(*terms) if terms else -1
        cond = -1 if when is None else 2 * when[0] + when[1]
        attr = self.table.word(word) if word else to
        self.table.add(operation(name).code, operands, first, cond, attr)
        return self

    def values(self) -> Values:
        return self.angles.build(self.vectors, self.references)


def circuit(
    rows: Rows, n_qubits: int, n_bits: int = 0, outputs: Sequence[Output] = (), name: str = "test"
) -> Circuit:
    """A source circuit on register `q`, with bits `c`."""
    table = rows.table.build()
    bits = (Register("c", 0, n_bits),) if n_bits else ()
    return Circuit(
        name, table, rows.values(), (Register("q", 0, n_qubits),), bits, tuple(outputs), None,
        np.full(len(table), -1, np.int16),
    )  # fmt: skip


def vector(name: str, *shape: int, kind: str = "angle", start: int = 0) -> ValueVector:
    return ValueVector(name, "param", kind, shape, None, start)


# ---- every operation ---------------------------------------------------------------------

# names and angles (radians) of all unitary operations of fixed arity
UNITARY = [op for op in OPERATIONS if op.is_unitary and op.arity is not None]
ANGLES = (0.7, -1.3, 2.1)


def alone(name: str) -> Circuit:
    """A circuit of one operation on its own qubits; unitary operations only."""
    op = operation(name)
    n = op.arity or 3
    word = "XZY" if op.attr is Attr.WORD else ""
    return circuit(Rows().add(name, *range(n), angles=ANGLES[: op.angles], word=word), n)


def any_operation(name: str) -> tuple[Circuit, dict[str, Floats]]:
    """A circuit that uses any source operation once, and values for it."""
    op = operation(name)
    if op.is_unitary:
        return alone(name), {}
    vectors, references, given = _data_for(name)
    rows = Rows(vectors, references)
    n = op.arity or 2
    if op.kind is Kind.ENCODE:
        n = 3 if name == "lcu" else 2
        rows.add(name, *range(n), to=0)
    else:
        rows.add(name, *range(n), to=0 if op.attr is Attr.BIT else -1)
    return circuit(rows, n, n_bits=1), given


SOURCE_OPERATIONS = [op.name for op in OPERATIONS if op.kind not in (Kind.EBIT, Kind.SEND)]
DATA = {
    "amplitude": ("real", np.array([1.0, -2.0, 0.5, 3.0])),
    "reflect": ("real", np.array([1.0, -2.0, 0.5, 3.0])),
    "diagonal": ("bits", np.array([1.0, 0.0, 1.0, 1.0])),
    "relabel": ("matching", np.array([[2.0, 0.0], [1.0, 3.0]])),
    "block": ("real", np.array([[0.5, -2.0], [0.25, 1.0]])),
    "lcu": ("real", np.array([[0.5, -2.0], [0.0, 1.0]])),
    "eigenbasis": ("real", np.array([[1.0, 2.0, 0.0], [0.5, 1.0, 0.0], [0.0, 1.0, 3.0]])),
}


def _data_for(
    name: str,
) -> tuple[list[ValueVector], list[DataReference], dict[str, Floats]]:
    if name not in DATA:
        return [], [], {}
    kind, data = DATA[name]
    vector = ValueVector("x", "data", kind, data.shape, None, 0)
    return [vector], [DataReference("x", kind, 0, data.shape)], {"x": data}


def random_circuit(
    seed: int, n_qubits: int, n_rows: int, outputs: Sequence[Output] = ()
) -> Circuit:
    """Unitary operations drawn evenly from the table, on random qubits, with random angles."""
    random = np.random.default_rng(seed)
    rows = Rows()
    pool = [op for op in OPERATIONS if op.is_unitary and (op.arity or 2) <= n_qubits]
    for _ in range(n_rows):
        op = pool[random.integers(len(pool))]
        qubits = random.permutation(n_qubits)[: op.arity or 2].tolist()
        angles = random.uniform(-pi, pi, op.angles).tolist()
        word = "".join(random.choice(list("XYZ"), 2)) if op.attr is Attr.WORD else ""
        rows.add(op.name, *qubits, angles=angles, word=word)
    return circuit(rows, n_qubits, outputs=outputs)


# ---- distributed programs ----------------------------------------------------------------


def distributed(
    source: Circuit,
    rows: Rows,
    wires: Sequence[tuple[int, bool]],
    bits: Sequence[int],
    final_wire: Sequence[int],
    source_bit: Sequence[int] = (),
) -> DistributedCircuit:
    """`wires` are (node, is communication), `bits` nodes; source qubit k starts in wire k."""
    n = source.n_qubits
    source = replace(source, network=LAN)
    empty = np.zeros(0, np.int16)
    placed = PlacedCircuit(source, LAN, np.zeros(n, np.int16), empty, empty)
    table = rows.table.build()
    return DistributedCircuit(
        placed, table, rows.values(),
        np.array([w[0] for w in wires], np.int16), np.array([w[1] for w in wires], np.bool_),
        np.array(bits, np.int16), np.zeros(len(table), np.int32), np.zeros(len(table), np.uint8),
        np.full(len(table), -1, np.int32), np.arange(n, dtype=np.int32),
        np.array(final_wire, np.int32), np.array(source_bit, np.int32),
    )  # fmt: skip


def scheduled(program: DistributedCircuit, slots: Sequence[int]) -> ScheduledCircuit:
    """One row after the other, 10 ns each, wires in the given physical qubits."""
    start = 10 * np.arange(len(program.table), dtype=np.int64)
    return ScheduledCircuit(program, start, start + 10, np.array(slots, np.int32))


def teleport(theta: float, outputs: Sequence[Output] = ()) -> DistributedCircuit:
    """`ry(theta)` then a teleportation of alice's qubit to bob: wires data, comm, comm."""
    source = circuit(Rows().add("ry", 0, angles=[theta]), 1, outputs=outputs)
    rows = Rows().add("ry", 0, angles=[theta]).add("ebit", 1, 2)
    rows.add("cx", 0, 1).add("h", 0).add("measure", 0, to=0).add("measure", 1, to=1)
    rows.add("send", 0, to=2).add("send", 1, to=3)
    rows.add("x", 2, when=(3, 1)).add("z", 2, when=(2, 1))
    return distributed(source, rows, [(0, False), (0, True), (1, True)], [0, 0, 1, 1], [2])


def two_remote_gates(
    theta: float, phi: float, outputs: Sequence[Output] = ()
) -> DistributedCircuit:
    """`ry(theta) a; ry(phi) b; cx a, b; ry(phi) a; cx a, b`: two telegates by cat states.

    Wires 0 and 1 are the data; 2, 3 and 4, 5 the communication qubits of the two pairs.
    """
    source_rows = Rows().add("ry", 0, angles=[theta]).add("ry", 1, angles=[phi]).add("cx", 0, 1)
    source = circuit(source_rows.add("ry", 0, angles=[phi]).add("cx", 0, 1), 2, outputs=outputs)
    rows = Rows().add("ry", 0, angles=[theta]).add("ry", 1, angles=[phi])
    _telegate(rows, 2, 0)
    rows.add("ry", 0, angles=[phi])
    _telegate(rows, 4, 4)
    wires = [(0, False), (1, False), (0, True), (1, True), (0, True), (1, True)]
    return distributed(source, rows, wires, [0, 1, 1, 0] * 2, [0, 1])


def _telegate(rows: Rows, comm: int, bit: int) -> None:
    rows.add("ebit", comm, comm + 1).add("cx", 0, comm).add("measure", comm, to=bit)
    rows.add("send", bit, to=bit + 1).add("x", comm + 1, when=(bit + 1, 1))
    rows.add("cx", comm + 1, 1).add("h", comm + 1).add("measure", comm + 1, to=bit + 2)
    rows.add("send", bit + 2, to=bit + 3).add("z", 0, when=(bit + 3, 1))
