"""What a source circuit computes of whose values: operations that matter, owners, amounts."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from qdsl.analysis.layers import layers_of
from qdsl.ir.light_cone import light_cone
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit, Eigenvalue, Expectation, Output, Overlap, Sample
from qdsl.ir.table import Row
from qdsl.ir.values import Values, ValueVector
from qdsl.records import dataclass

LARGEST = 300_000  # operations; beyond, the structure is not looked at

CIRCUIT_NOISE = frozenset({"barrier", "move", "id"})


@dataclass(frozen=True, slots=True)
class OperationUse:
    """One operation in the light cone of the outputs. `slots` are the value slots it depends on;
    `owners` the nodes that own them privately, `vectors` the private vectors, by name; `encodes`
    the vector an encoding loads."""

    row: Row
    slots: Sequence[int]
    owners: tuple[str, ...]
    encodes: ValueVector | None
    vectors: frozenset[str] = frozenset()

    @property
    def qubits(self) -> tuple[int, ...]:
        return self.row.operands

    @property
    def owner(self) -> str | None:
        """The one private owner; None for a public operation."""
        return self.owners[0] if self.owners else None


@dataclass(frozen=True, slots=True)
class Holding:
    """Numbers of one vector that the outputs depend on. `way`: "angle" in angles of gates,
    otherwise the encoding that loads them, the one that takes the most bits a number of those that
    take them to the same scale; numbers on two scales are two holdings, but for bits and matchings.
    `loads`: how often they are loaded. `weight`: by how much, at most, an expectation of
    norm 1 moves if the angles of all of these numbers, taken once round, move by 1: at least 1 a
    number; 0 for encodings."""

    vector: ValueVector
    way: str
    numbers: int
    weight: float = 0.0
    loads: int = 0

    @property
    def is_exact(self) -> bool:
        """Told in full, whatever the accuracy."""
        return is_exact(self.vector)


def is_exact(vector: ValueVector) -> bool:
    return vector.kind in ("matching", "bits")


# encodings that divide a vector by the same norm; any other has its own scale
SCALES = {"block": "matrix", "lcu": "matrix", "eigenbasis": "matrix",
          "amplitude": "vector", "reflect": "vector"}  # fmt: skip


@dataclass(frozen=True)
class Structure:
    """A circuit's outputs and the operations in their light cone, in program order. `others` are
    those that no output depends on: they are executed all the same."""

    circuit: Circuit
    uses: tuple[OperationUse, ...]
    outputs: tuple[Output, ...]
    others: tuple[OperationUse, ...] = ()

    @cached_property
    def secrets(self) -> dict[str, tuple[Holding, ...]]:
        """What each owner owns that an execution uses, by name in the order of the network: qubits
        can tell of it, whether an output depends on it or not."""
        return self._by_owner((*self.uses, *self.others))

    @cached_property
    def holdings(self) -> dict[str, tuple[Holding, ...]]:
        """What each owner owns that the outputs depend on, and that not every owner knows."""
        disclosed = known_to_all(self.circuit)
        kept = {
            name: tuple(h for h in held if h.vector.name not in disclosed)
            for name, held in self._by_owner(self.uses).items()
        }
        return {name: held for name, held in kept.items() if held}

    def _by_owner(self, uses: Sequence[OperationUse]) -> dict[str, tuple[Holding, ...]]:
        by_owner: dict[str, list[Holding]] = {}
        for holding in _holdings(self.circuit.values, uses):
            if holding.vector.owner is not None:
                by_owner.setdefault(holding.vector.owner, []).append(holding)
        network = self.circuit.network
        names = [n.name for n in network.nodes] if network else sorted(by_owner)
        return {name: tuple(by_owner[name]) for name in names if name in by_owner}

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(self.holdings)

    @cached_property
    def known(self) -> dict[str, frozenset[str]]:
        """By node, in the order of the network, the private vectors that it knows: its own, and
        those that are revealed to it. Nodes that know none are left out."""
        told = disclosed_to(self.circuit)
        private = {h.vector.name: owner for owner, held in self.holdings.items() for h in held}
        network = self.circuit.network
        names = [n.name for n in network.nodes] if network else list(self.holdings)
        found = {
            n: frozenset(v for v, o in private.items() if n == o or n in told.get(v, ()))
            for n in names
        }
        return {n: vectors for n, vectors in found.items() if vectors}

    def unknown_to(self, node: str) -> dict[str, tuple[Holding, ...]]:
        """By owner the private holdings that a node does not know."""
        mine = self.known.get(node, frozenset())
        left = {
            owner: tuple(h for h in held if h.vector.name not in mine)
            for owner, held in self.holdings.items()
        }
        return {owner: held for owner, held in left.items() if held}

    def can(self, node: str, *uses: OperationUse) -> bool:
        """Whether a node knows all values that these operations depend on."""
        return all(u.vectors <= self.known.get(node, frozenset()) for u in uses)

    @cached_property
    def knows_all(self) -> tuple[str, ...]:
        """Nodes that know all that the outputs depend on."""
        return tuple(node for node in self.known if not self.unknown_to(node))

    @cached_property
    def qubits(self) -> tuple[int, ...]:
        """Qubits in the light cone."""
        return tuple(sorted({q for use in self.uses for q in use.qubits}))

    @cached_property
    def has_feedback(self) -> bool:
        """Measured bits decide, or qubits are measured or reset on the way."""
        kinds = (Kind.MEASURE, Kind.RESET)
        return any(u.row.op.kind in kinds or u.row.cond >= 0 for u in self.uses)

    @cached_property
    def relay(self) -> tuple[frozenset[str], ...]:
        """The fewest stretches of private operations that one node each can compute, with the
        nodes that can; the last one's are among the receivers of the outputs, if there is one."""
        layer = layers_of(self.circuit)
        able = [
            frozenset(n for n in self.known if self.can(n, u)) or frozenset(u.owners)
            for u in sorted(self.uses, key=lambda u: int(layer[u.row.index]))
            if u.vectors
        ]
        if able and self.receiver is not None:
            able.append(frozenset({self.receiver}))
        stretches: list[frozenset[str]] = []
        for nodes in able:
            if stretches and stretches[-1] & nodes:
                stretches[-1] &= nodes
            else:
                stretches.append(nodes)
        return tuple(stretches)

    @property
    def handovers(self) -> int:
        """Changes of node along the private operations, the last one to the receiver of the
        outputs; a node computes what it knows the values of."""
        return max(0, len(self.relay) - 1)

    @property
    def receiver(self) -> str | None:
        """The one node that the outputs are for; None where they are public or for several."""
        network = self.circuit.network
        to = {o.to if isinstance(o, Sample) else None for o in self.outputs}
        if len(to) != 1 or network is None:
            return None
        index = to.pop()
        return None if index is None else network.nodes[index].name


def structure_of(circuit: Circuit) -> Structure | None:
    """The structure of a source circuit; None if it is too large to be looked at."""
    if len(circuit.table) > LARGEST:
        return None
    reader = Reader(circuit.values)
    vectors = circuit.values.vectors
    disclosed = known_to_all(circuit)
    matters = light_cone(circuit).tolist()
    uses: tuple[list[OperationUse], list[OperationUse]] = ([], [])
    for row in circuit.table:
        if row.op.name in CIRCUIT_NOISE:
            continue
        slots, read = reader.read(circuit.values, row)
        secret = [
            v for k in read if (v := vectors[k]).name not in disclosed and v.owner is not None
        ]
        private = tuple(dict.fromkeys(v.owner for v in secret if v.owner is not None))
        encodes = vectors[read[0]] if row.op.kind is Kind.ENCODE and read else None
        uses[not matters[row.index]].append(
            OperationUse(row, slots, private, encodes, frozenset(v.name for v in secret))
        )
    return Structure(circuit, tuple(uses[0]), circuit.outputs, tuple(uses[1]))


def disclosed_to(circuit: Circuit) -> dict[str, frozenset[str]]:
    """For every revealed vector the nodes that it is told to."""
    nodes = circuit.network.nodes if circuit.network else ()
    found: dict[str, frozenset[str]] = {}
    for d in circuit.disclosures:
        found[d.vector] = found.get(d.vector, frozenset()) | {nodes[d.to].name}
    return found


def known_to_all(circuit: Circuit) -> frozenset[str]:
    """Owned vectors that every node knows which owns anything or gets a result for itself:
    revealed, they are public."""
    vectors = circuit.values.vectors
    concerned = {v.owner for v in vectors if v.owner is not None}
    if circuit.network is not None:
        nodes = circuit.network.nodes
        receivers = (getattr(output, "to", None) for output in circuit.outputs)
        concerned |= {nodes[k].name for k in receivers if k is not None}
    disclosed = disclosed_to(circuit)
    return frozenset(
        v.name
        for v in vectors
        if v.name in disclosed and concerned <= disclosed[v.name] | {v.owner}
    )


class Reader:
    """The values behind rows; what an angle expression depends on is found once."""

    def __init__(self, values: Values) -> None:
        self._starts = [v.start for v in values.vectors]
        self._known: dict[int, tuple[int, ...]] = {}

    def read(self, values: Values, row: Row) -> tuple[Sequence[int], tuple[int, ...]]:
        """The value slots of a row, and the vectors they belong to, by index."""
        if row.op.kind is Kind.ENCODE:
            reference = values.references[row.attr]
            slots: Sequence[int] = range(reference.start, reference.start + reference.size)
            ends = slots[:1]
        else:
            slots = ends = self._of_angles(values, row)
        found = dict.fromkeys(bisect_right(self._starts, s) - 1 for s in ends)
        return slots, tuple(found)

    def _of_angles(self, values: Values, row: Row) -> tuple[int, ...]:
        found: dict[int, None] = {}
        for e in row.angles if row.angle >= 0 else ():
            if e not in self._known:
                terms = values.angles.terms(e)
                self._known[e] = tuple(f for _, s in terms for f in values.factors(s))
            found.update(dict.fromkeys(self._known[e]))
        return tuple(found)


def output_qubits(output: Output) -> tuple[int, ...]:
    if isinstance(output, Expectation):
        return tuple(sorted({q for term in output.terms for q, _ in term.paulis}))
    if isinstance(output, Overlap):
        return (*output.left, *output.right)
    if isinstance(output, Eigenvalue):
        return (*output.flags, *output.qubits)
    return output.qubits


def _holdings(values: Values, uses: Sequence[OperationUse]) -> list[Holding]:
    weight: dict[int, float] = {}
    loaded: dict[str, dict[str, list[OperationUse]]] = {}
    for use in uses:
        if use.encodes is None:
            for slot, moved in _weights(values, use.row):
                weight[slot] = weight.get(slot, 0.0) + moved
        elif use.slots:
            name = use.row.op.name
            scale = "" if is_exact(use.encodes) else SCALES.get(name, name)
            loaded.setdefault(use.encodes.name, {}).setdefault(scale, []).append(use)
    angles = np.zeros(values.n_slots)
    # a number that turns by less has a range that is as much wider: its angles go all the way round
    angles[list(weight)] = [max(w, 1.0) if w else 0.0 for w in weight.values()]
    found = []
    for v in values.vectors:
        mine = angles[v.start : v.start + v.size]
        scales = loaded.get(v.name, {})
        if mine.any() and not (scales and is_exact(v)):
            found.append(Holding(v, "angle", int((mine > 0).sum()), float(mine.sum())))
        for loads in scales.values():
            taken = mine > 0 if is_exact(v) else np.zeros(v.size, np.bool_)
            for use in loads:
                taken[use.slots[0] - v.start : use.slots[-1] + 1 - v.start] = True
            found.append(Holding(v, _finest(loads), int(taken.sum()), loads=len(loads)))
    return found


def _finest(loads: Sequence[OperationUse]) -> str:
    """An entry of a block takes more bits than one of a matrix that is measured."""
    ways = [use.row.op.name for use in loads]
    return next((way for way in ways if way != "eigenbasis"), ways[0])


def turn_of(row: Row, k: int) -> float:
    """How far angle k of a row turns about its Pauli words, all together."""
    turns = [r.angle.coefficients for r in row.op.body]
    return sum(abs(c[k]) for c in turns if k < len(c)) if turns else 1.0


def _weights(values: Values, row: Row) -> Iterator[tuple[int, float]]:
    """By how much an expectation of norm 1 moves with each slot of a row, at most: an angle of
    exp(-i c t P / 2) counts |c|, the other factors of a product 2 pi each."""
    for k, e in enumerate(row.angles if row.angle >= 0 else ()):
        turn = turn_of(row, k)
        for coefficient, slot in values.angles.terms(e):
            factors = values.factors(slot)
            for f in factors:
                yield f, turn * abs(coefficient) * (2 * math.pi) ** (len(factors) - 1)
