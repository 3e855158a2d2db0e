"""Random circuits after the rules of published tables: other draws, so means are compared.

The rules are those of DISQCO's generators: `qaoa50`, one layer on a graph in which every edge is
there with probability 1/2; `cp50`, n layers in which a qubit gets a random operation or, with
probability 1/2, takes part in a controlled phase on random pairs; `qv`, quantum volume.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import combinations
from math import pi

from qdsl.studies.bench.circuits import VERSION, Gates, quantum_volume
from qdsl.studies.bench.gates import GateList, NamedGate, gate_list


def _qaoa(n: int, chance: random.Random) -> Gates:
    gamma, beta = chance.uniform(0, pi), chance.uniform(0, pi)
    yield from (NamedGate("h", (q,)) for q in range(n))
    for edge in combinations(range(n), 2):
        if chance.random() < 0.5:
            yield NamedGate("rzz", edge, (gamma,))
    yield from (NamedGate("rx", (q,), (beta,)) for q in range(n))


def _cp_fraction(n: int, chance: random.Random) -> Gates:
    for _ in range(n):
        paired = [q for q in range(n) if chance.random() < 0.5]
        for q in sorted(set(range(n)) - set(paired)):
            for name in ("rz", "ry", "rz"):
                yield NamedGate(name, (q,), (chance.uniform(0, 2 * pi),))
        chance.shuffle(paired)
        for pair in zip(paired[::2], paired[1::2], strict=False):
            yield NamedGate("cp", pair, (chance.uniform(0, 2 * pi),))


DRAWN: dict[str, Callable[[int, random.Random], Gates]] = {
    "cp50": _cp_fraction,
    "qaoa50": _qaoa,
    "qv": quantum_volume,
}


def drawn(family: str, n: int, number: int) -> GateList:
    """The circuit of a family with this number; the same on every machine."""
    chance = random.Random(f"qdsl bench {VERSION} {family} {n} {number}")
    return gate_list(f"{family}_n{n}", n, DRAWN[family](n, chance))
