"""The frozen circuits: made here, the same on every machine, known by name, version and hash.

Random circuits take their numbers from `random.Random` seeded with their name. Conventions are
those of the sources named; no circuit is measured.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import acos, ceil, pi, sqrt

from qdsl.studies.bench.gates import GateList, NamedGate, gate_list

VERSION = 1
Gates = Iterator[NamedGate]


def _chance(name: str, n: int) -> random.Random:
    return random.Random(f"qdsl bench {VERSION} {name} {n}")


def _qft(n: int) -> Gates:
    """Without the final swaps (Nielsen and Chuang, figure 5.1)."""
    for i in range(n):
        yield NamedGate("h", (i,))
        for j in range(i + 1, n):
            yield NamedGate("cp", (j, i), (pi / 2 ** (j - i),))


def _ghz(n: int) -> Gates:
    yield NamedGate("h", (0,))
    for q in range(n - 1):
        yield NamedGate("cx", (q, q + 1))


def _ghz_star(n: int) -> Gates:
    yield NamedGate("h", (0,))
    for q in range(1, n):
        yield NamedGate("cx", (0, q))


def _bv(n: int) -> Gates:
    """Bernstein and Vazirani: a secret of n - 1 bits, two thirds of them 1."""
    chance = _chance("bv", n)
    yield NamedGate("x", (n - 1,))
    for q in [n - 1, *range(n - 1)]:
        yield NamedGate("h", (q,))
    for q in range(n - 1):
        if chance.random() < 2 / 3:
            yield NamedGate("cx", (q, n - 1))
    for q in range(n - 1):
        yield NamedGate("h", (q,))


def _wstate(n: int) -> Gates:
    yield NamedGate("x", (n - 1,))
    for k in range(n - 1, 0, -1):
        angle = acos(sqrt(1 / (k + 1)))
        yield NamedGate("ry", (k - 1,), (angle,))
        yield NamedGate("cx", (k, k - 1))
        yield NamedGate("ry", (k - 1,), (-angle,))
        yield NamedGate("cx", (k, k - 1))
        yield NamedGate("cx", (k - 1, k))


def _regular(chance: random.Random, degree: int, n: int) -> list[tuple[int, int]]:
    """Edges of a random regular graph: pairings of half-edges, until one is simple."""
    while True:
        ends = [v for v in range(n) for _ in range(degree)]
        chance.shuffle(ends)
        edges = {(min(a, b), max(a, b)) for a, b in zip(ends[::2], ends[1::2], strict=True)}
        if len(edges) == n * degree // 2 and all(a != b for a, b in edges):
            return sorted(edges)


def _qaoa(degree: int, layers: int) -> Callable[[int], Gates]:
    def gates(n: int) -> Gates:
        chance = _chance(f"qaoa{degree}", n)
        edges = _regular(chance, degree, n)
        yield from (NamedGate("h", (q,)) for q in range(n))
        for _ in range(layers):
            gamma, beta = chance.uniform(0, pi), chance.uniform(0, pi)
            yield from (NamedGate("rzz", edge, (gamma,)) for edge in edges)
            yield from (NamedGate("rx", (q,), (beta,)) for q in range(n))

    return gates


def _hardware_efficient(entangler: str, ring: bool, layers: int) -> Callable[[int], Gates]:
    def gates(n: int) -> Gates:
        chance = _chance(f"hea {entangler} {ring}", n)
        for _ in range(layers):
            for q in range(n):
                yield NamedGate("ry", (q,), (chance.uniform(0, 2 * pi),))
                yield NamedGate("rz", (q,), (chance.uniform(0, 2 * pi),))
            for q in range(n if ring else n - 1):
                yield NamedGate(entangler, (q, (q + 1) % n))

    return gates


def _cz_fraction(percent: int) -> Callable[[int], Gates]:
    """n layers: every qubit gets h, or is paired by cz with that probability."""

    def gates(n: int) -> Gates:
        chance = _chance(f"czf{percent}", n)
        for _ in range(n):
            free = []
            for q in range(n):
                if chance.random() * 100 < percent:
                    free.append(q)
                else:
                    yield NamedGate("h", (q,))
            chance.shuffle(free)
            yield from (NamedGate("cz", p) for p in zip(free[::2], free[1::2], strict=False))

    return gates


def quantum_volume(n: int, chance: random.Random) -> Gates:
    """n layers of three-cx blocks on random pairs (Cross et al., PRA 100, 032328)."""
    for _ in range(n):
        order = chance.sample(range(n), n)
        for a, b in zip(order[::2], order[1::2], strict=False):
            for control, target in ((a, b), (b, a), (a, b)):
                for q in (a, b):
                    for name in ("rz", "ry", "rz"):
                        yield NamedGate(name, (q,), (chance.uniform(0, 2 * pi),))
                yield NamedGate("cx", (control, target))


def _gadget(word: str, angle: float) -> Gates:
    """exp(-i angle P / 2) by a ladder of cx."""
    qubits = [q for q, letter in enumerate(word) if letter != "I"]
    changes = [(q, word[q]) for q in qubits if word[q] in "XY"]
    for q, letter in changes:
        yield NamedGate("h", (q,)) if letter == "X" else NamedGate("rx", (q,), (pi / 2,))
    ladder = list(pairwise(qubits))
    yield from (NamedGate("cx", pair) for pair in ladder)
    yield NamedGate("rz", (qubits[-1],), (angle,))
    yield from (NamedGate("cx", pair) for pair in reversed(ladder))
    for q, letter in changes:
        yield NamedGate("h", (q,)) if letter == "X" else NamedGate("rx", (q,), (-pi / 2,))


def _pauli(n: int) -> Gates:
    chance = _chance("pauli", n)
    for _ in range(n):
        word = "".join(chance.choice("IXYZ") for _ in range(n))
        if word.strip("I"):
            yield from _gadget(word, chance.uniform(0, 2 * pi))


def _uccsd(n: int) -> Gates:
    """Excitations of neighbouring pairs of Jordan-Wigner spin orbitals, one Trotter step, half
    filling: like the doubles of UCCSD, not all of them."""
    chance = _chance("uccsd", n)
    occupied, empty = range(n // 2), range(n // 2, n)
    yield from (NamedGate("x", (q,)) for q in occupied)
    for i, j in pairwise(occupied):
        for a, b in pairwise(empty):
            angle = chance.uniform(-0.1, 0.1)
            for letters in ("XXXY", "XXYX", "XYXX", "YXXX", "YYYX", "YYXY", "YXYY", "XYYY"):
                word = ["I"] * n
                for q in [*range(i + 1, j), *range(a + 1, b)]:
                    word[q] = "Z"
                for q, letter in zip((i, j, a, b), letters, strict=True):
                    word[q] = letter
                yield from _gadget("".join(word), angle)


def _toffoli(a: int, b: int, c: int) -> Gates:
    """Nielsen and Chuang, figure 4.9, by cx, h and t."""
    yield NamedGate("h", (c,))
    for name, *qubits in (("cx", b, c), ("tdg", c), ("cx", a, c), ("t", c), ("cx", b, c),
                          ("tdg", c), ("cx", a, c), ("t", b), ("t", c), ("h", c), ("cx", a, b),
                          ("t", a), ("tdg", b), ("cx", a, b)):  # fmt: skip
        yield NamedGate(str(name), tuple(int(q) for q in qubits))


def _cuccaro(n: int) -> Gates:
    """The ripple-carry adder (Cuccaro et al., quant-ph/0410184): carry in, then b and a by turns,
    carry out."""
    bits = (n - 2) // 2
    trios = [(2 * k, 2 * k + 1, 2 * k + 2) for k in range(bits)]
    yield from (NamedGate("x", (a,)) for _, _, a in trios[::2])
    for c, b, a in trios:
        yield NamedGate("cx", (a, b))
        yield NamedGate("cx", (a, c))
        yield from _toffoli(c, b, a)
    yield NamedGate("cx", (2 * bits, 2 * bits + 1))
    for c, b, a in reversed(trios):
        yield from _toffoli(c, b, a)
        yield NamedGate("cx", (a, c))
        yield NamedGate("cx", (c, b))


def _draper(n: int) -> Gates:
    """The adder by Fourier transforms (Draper, quant-ph/0008033): b += a, half the qubits each."""
    half = n // 2
    there = [g._replace(qubits=tuple(q + half for q in g.qubits)) for g in _qft(half)]
    yield from (NamedGate("x", (q,)) for q in range(half))
    yield from there
    for b in range(half):
        yield from (NamedGate("cp", (a, half + b), (pi / 2 ** (a - b),)) for a in range(b, half))
    yield from (g._replace(angles=tuple(-x for x in g.angles)) for g in reversed(there))


def _grover(n: int) -> Gates:
    """Two rounds over n/2 + 1 qubits, controls collected on the others."""
    search = n // 2 + 1
    chain, marked = list(range(search, n)), [q for q in range(search) if q % 3 == 0]
    yield from (NamedGate("h", (q,)) for q in range(search))
    for _ in range(2):
        yield from (NamedGate("x", (q,)) for q in marked)
        yield from _reflection(search, chain)
        yield from (NamedGate("x", (q,)) for q in marked)
        for q in range(search):
            yield NamedGate("h", (q,))
            yield NamedGate("x", (q,))
        yield from _reflection(search, chain)
        for q in range(search):
            yield NamedGate("x", (q,))
            yield NamedGate("h", (q,))


def _reflection(search: int, chain: list[int]) -> Gates:
    """A phase -1 on |1...1> of the searched qubits."""
    steps = []
    last = 0
    for k in range(1, search - 1):
        steps.append((last, k, chain[k - 1]))
        last = chain[k - 1]
    target = search - 1
    for step in steps:
        yield from _toffoli(*step)
    yield NamedGate("cz", (last, target))
    for step in reversed(steps):
        yield from _toffoli(*step)


FAMILIES: dict[str, Callable[[int], Gates]] = {
    "bv": _bv,
    "cuccaro": _cuccaro,
    "czf30": _cz_fraction(30),
    "czf50": _cz_fraction(50),
    "czf90": _cz_fraction(90),
    "draper": _draper,
    "ghz": _ghz,
    "ghz_star": _ghz_star,
    "grover": _grover,
    "hea_cz": _hardware_efficient("cz", False, 3),
    "hea_lin": _hardware_efficient("cx", False, 4),
    "hea_ring": _hardware_efficient("cx", True, 4),
    "pauli": _pauli,
    "qaoa3": _qaoa(3, 2),
    "qaoa4": _qaoa(4, 1),
    "qft": _qft,
    "qv": lambda n: quantum_volume(n, _chance("qv", n)),
    "uccsd": _uccsd,
    "wstate": _wstate,
}


def frozen(family: str, n: int) -> GateList:
    """The circuit of a family on n qubits; KeyError if there is no such family."""
    return gate_list(f"{family}_n{n}", n, FAMILIES[family](n))


def slack_room(n: int, share: float) -> int:
    """Data qubits of a node with that share of n qubits: one to spare."""
    return ceil(round(n * share, 9)) + 1
