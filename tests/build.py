"""Small circuits and networks, written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qdsl.ir.operations import BY_NAME, Attr
from qdsl.ir.stages import Circuit, Disclosure, Register
from qdsl.ir.table import TableBuilder
from qdsl.ir.values import AngleBuilder, DataReference, ValueVector
from qdsl.network.network import Link, Network, Node, topology

Line = Sequence[Any]


def network(
    kind: str = "complete",
    nodes: int = 2,
    qubits: int | Sequence[int] = 4,
    comm: int | Sequence[int] = 2,
    link: Link | None = None,
    gate_time_ns: tuple[int, int, int] = (10, 100, 300),
) -> Network:
    """A preset network with these qubits per node."""
    shape = topology(kind, (nodes,), Node("n", 1), link or Link(0, 1, rate_hz=1e6, latency_ns=50))
    sizes = [qubits] * nodes if isinstance(qubits, int) else list(qubits)
    comms = [comm] * nodes if isinstance(comm, int) else list(comm)
    made = tuple(Node(f"node{i}", sizes[i], comms[i], 1.0, gate_time_ns) for i in range(nodes))
    return Network(kind, made, shape.links)


def circuit(
    n_qubits: int,
    lines: Sequence[Line],
    *,
    network: Network | None = None,
    pins: Mapping[int, int] | None = None,
    conditions: Mapping[int, tuple[int, int]] | None = None,
    n_bits: int = 0,
    vectors: Sequence[ValueVector] = (),
    references: Sequence[DataReference] = (),
    disclosures: Sequence[Disclosure] = (),
) -> Circuit:
    """Lines are (name, qubits, ...): then angles for gates, word and angle for `rot`, bit for
    `measure`, reference for encodings. An angle is a number, or (number, ((factor, slot), ...)).
    `pins` and `conditions` go by line."""
    angles = AngleBuilder(sum(v.size for v in vectors))
    table = TableBuilder()
    pin = np.full(len(lines), -1, np.int16)
    for i, (name, qubits, *rest) in enumerate(lines):
        op = BY_NAME[name]
        attr = -1
        if op.attr is Attr.WORD:
            attr = table.word(rest.pop(0))
        elif op.attr is not Attr.NONE:
            attr = rest.pop(0)
        given = [(a, ()) if isinstance(a, int | float) else a for a in rest]
        angle = angles.add(*given) if given else -1
        bit, value = (conditions or {}).get(i, (-1, 0))
        table.add(op.code, qubits, angle, 2 * bit + value if bit >= 0 else -1, attr)
        pin[i] = (pins or {}).get(i, -1)
    bits = (Register("c", 0, n_bits),) if n_bits else ()
    return Circuit(
        "test", table.build(), angles.build(vectors, references), (Register("q", 0, n_qubits),),
        bits, (), network, pin, tuple(disclosures),
    )  # fmt: skip
