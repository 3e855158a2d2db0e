"""Random small programs, whose exact optimum can be found."""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import pi

from qdsl.network.network import Link, Network, Node, topology
from qdsl.records import dataclass
from qdsl.studies.bench.gates import GateList, NamedGate, gate_list

AMPLE = 32  # communication qubits: more than any of these programs can use


@dataclass(frozen=True, slots=True)
class SmallProgram:
    """A circuit on 4 or 5 qubits, and 2 or 3 nodes with at most one place to spare each."""

    gates: GateList
    network: Network


def small_program(number: int) -> SmallProgram:
    """Program `number` of the series: the same on every machine."""
    chance = random.Random(f"qdsl small program {number}")
    qubits = chance.choice((4, 4, 5))
    nodes = chance.choice((2, 2, 2, 3))
    steps = chance.randint(6, 12)
    gates = gate_list(f"small{number}", qubits, _gates(chance, qubits, steps))
    kind = chance.choice(("complete", "complete", "line"))
    room = -(-qubits // nodes) + chance.choice((0, 1, 1))
    network = topology(kind, (nodes,), Node("n", room, AMPLE), Link(0, 1))
    return SmallProgram(gates, network)


def _gates(chance: random.Random, qubits: int, steps: int) -> Iterator[NamedGate]:
    kinds = ("one", "one", "cz", "cx", "cx", "cp", "zz", "swap")
    for _ in range(steps):
        a, b = chance.sample(range(qubits), 2)
        kind, angle = chance.choice(kinds), round(chance.uniform(0.1, pi), 6)
        if kind == "one":
            name = chance.choice(("h", "h", "t", "x", "ry"))
            yield NamedGate(name, (a,), (angle,) if name == "ry" else ())
        elif kind == "zz":
            yield NamedGate("cx", (a, b))
            yield NamedGate("rz", (b,), (angle,))
            yield NamedGate("cx", (a, b))
        else:
            yield NamedGate(kind, (a, b), (angle,) if kind == "cp" else ())
