"""Shapes of programs for which a theorem or a counter-protocol is known.

Every recogniser looks at the operations in the light cone of the outputs, at who owns what they
depend on, and at nothing else: no names, no comments.
"""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.analysis.structure import Holding, OperationUse, Structure, output_qubits
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Expectation, Output, Overlap, Probability, Sample
from qdsl.records import dataclass

REAL = frozenset({"amplitude", "relabel", "h", "x", "z", "cx", "cz", "ry", "swap", "ccx", "ccz",
                  "cswap", "ch", "cry", "ryy"})  # fmt: skip


# ---- boolean hidden matching -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MatchingProtocol:
    """`sender` loads 2^qubits signs, phases or amplitudes on qubits `places`, `receiver` owns a
    perfect matching of them and looks at one edge. `string_at` and `matching_at`: who stands for
    them in classical protocols, that node which gets the outcome where it was told what they own.
    `towards_sender`: it is `string_at` that gets it; `is_public`: everybody does.

    `loads`: "signs", "phases" or "amplitudes"; `turns`: "signs" or "phases" that the receiver
    adds, "" for none. `is_edge_only`: nothing but the edge and its outcome is asked for.
    """

    sender: str
    receiver: str
    places: tuple[int, ...]
    string_at: str
    matching_at: str
    is_sample: bool
    towards_sender: bool
    is_public: bool
    loads: str
    turns: str
    is_edge_only: bool

    @property
    def qubits(self) -> int:
        return len(self.places)


def hidden_matching(s: Structure) -> MatchingProtocol | None:
    """Signs or amplitudes of one party, then another party's matching, a Hadamard on the qubit
    within a pair, and that qubit's Z. Other qubits may be there, as long as nothing after the
    loading joins them to these."""
    relabels = [k for k, u in enumerate(s.uses) if u.row.op.name == "relabel" and u.owner]
    if len(relabels) != 1 or s.has_feedback or len(s.outputs) != 1:
        return None
    k = relabels[0]
    use = s.uses[k]
    node_qubits = set(use.qubits)
    before = [u for u in s.uses[:k] if node_qubits.intersection(u.qubits)]
    after = [u for u in s.uses[k + 1 :] if node_qubits.intersection(u.qubits)]
    sender, receiver = _loader(before, use.qubits), use.owner
    if sender is None or receiver is None or sender == receiver or len(use.qubits) < 2:
        return None
    if s.can(receiver, before[-1]) or s.can(sender, use):
        return None  # it is revealed
    if not _is_last_hadamard(after, use.qubits, receiver):
        return None
    output = s.outputs[0]
    if not _reads_edge(output, use.qubits):
        return None
    to = s.receiver
    knows_string = to is not None and s.can(to, *before)
    knows_matching = to is not None and s.can(to, use, *after)
    return MatchingProtocol(
        sender, receiver, use.qubits,
        to if to is not None and knows_string else sender,
        to if to is not None and knows_matching else receiver,
        isinstance(output, Sample), knows_string, to is None,
        _phases(before[-1:]) or "amplitudes", _phases(after[:-1]),
        node_qubits.issuperset(output_qubits(output)),
    )  # fmt: skip


def _phases(uses: Sequence[OperationUse]) -> str:
    """What diagonals among them hold: "signs" if all are bits; "" where there are none."""
    found = [u for u in uses if u.row.op.name == "diagonal"]
    is_bits = all(u.encodes is not None and u.encodes.kind == "bits" for u in found)
    return ("signs" if is_bits else "phases") if found else ""


def _loader(before: Sequence[OperationUse], node_qubits: tuple[int, ...]) -> str | None:
    """The party whose free choice of signs stands on the qubits, None if there is no such."""
    if not before:
        return None
    last = before[-1]
    if last.row.op.name == "amplitude" and len(before) == 1:
        covers = set(last.qubits) >= set(node_qubits)
        return last.owner if covers else None
    hadamards = sorted(u.qubits[0] for u in before[:-1] if u.row.op.name == "h")
    is_uniform = hadamards == sorted(node_qubits) and len(hadamards) == len(before) - 1
    is_whole = last.row.op.name == "diagonal" and sorted(last.qubits) == sorted(node_qubits)
    return last.owner if is_uniform and is_whole else None


def _is_last_hadamard(
    after: Sequence[OperationUse], node_qubits: tuple[int, ...], receiver: str
) -> bool:
    """One Hadamard on the last qubit, and before it at most phases of the receiver's own, on
    none but these qubits."""
    if not after or after[-1].row.op.name != "h" or after[-1].qubits != node_qubits[-1:]:
        return False
    return all(
        u.row.op.name == "diagonal" and u.owner == receiver and set(u.qubits) <= set(node_qubits)
        for u in after[:-1]
    )


def _reads_edge(output: Output, node_qubits: tuple[int, ...]) -> bool:
    last = node_qubits[-1]
    if isinstance(output, Expectation):
        words = [t.paulis for t in output.terms if t.paulis]
        return words == [((last, "Z"),)]
    return isinstance(output, Sample | Probability) and last in output.qubits


# ---- forrelation of a product ------------------------------------------------------------


def forrelation(s: Structure) -> tuple[tuple[str, str], int] | None:
    """Hadamards on all qubits, signs of both parties, Hadamards, signs of both, Hadamards, and the
    probability of all zeros: the parties and the number of qubits. The signs multiply, so it is
    the forrelation of the products of their two strings."""
    if s.has_feedback or len(s.parties) != 2 or len(s.outputs) != 1:
        return None
    qubits = s.qubits
    output = s.outputs[0]
    if not isinstance(output, Probability | Sample) or sorted(output.qubits) != list(qubits):
        return None
    groups = _sign_layers(s.uses, qubits)
    if groups is None or len(groups) != 2:
        return None
    for layer in groups:
        if sorted(u.owner or "" for u in layer) != sorted(s.parties):
            return None
        if any(s.can(party, u) for u in layer for party in s.parties if party != u.owner):
            return None  # it is revealed
    seen = [u.slots[0] for layer in groups for u in layer]
    if len(set(seen)) != len(seen):
        return None
    a, b = s.parties
    return (a, b), len(qubits)


def _sign_layers(
    uses: Sequence[OperationUse], qubits: tuple[int, ...]
) -> list[list[OperationUse]] | None:
    """The signs between full layers of Hadamards, which stand first and last; None if there is
    anything else."""
    layers: list[list[OperationUse]] = []
    pending: set[int] = set()
    for u in uses:
        if u.row.op.name == "h":
            if u.qubits[0] in pending:
                return None
            pending.add(u.qubits[0])
        elif u.row.op.name == "diagonal" and set(u.qubits) == set(qubits):
            kind = u.encodes.kind if u.encodes else ""
            if pending and pending != set(qubits):
                return None
            if pending:
                layers.append([])
            pending = set()
            if not layers or kind != "bits":
                return None
            layers[-1].append(u)
        else:
            return None
    return layers if pending == set(qubits) else None


# ---- inner products of two states --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InnerProduct:
    """Two parties each prepare a state of their own; the output is the square of its inner
    product with the other's. `is_real`: amplitudes are real numbers."""

    left: str
    right: str
    is_real: bool


def inner_product(s: Structure) -> InnerProduct | None:
    """An overlap of two registers that nothing joins before the swap test, and that one party
    each, but none both, knows the values of."""
    if len(s.outputs) != 1 or not isinstance(s.outputs[0], Overlap) or s.has_feedback:
        return None
    output = s.outputs[0]
    uses = _without_swap_test(s.uses, output)
    if uses is None:
        return None
    left, right = _reached(uses, output.left), _reached(uses, output.right)
    if left & right:
        return None
    sides = [[u for u in uses if side.intersection(u.qubits)] for side in (left, right)]
    if not all(any(u.vectors for u in side) for side in sides):
        return None
    able = [[node for node in s.known if s.can(node, *side)] for side in sides]
    if not all(able) or set(able[0]).intersection(able[1]):
        return None
    owners = [{o for u in side for o in u.owners} for side in sides]
    names = [
        next((n for n in nodes if n in own), nodes[0])
        for nodes, own in zip(able, owners, strict=True)
    ]
    return InnerProduct(names[0], names[1], all(_is_real(u) for u in uses))


def _is_real(u: OperationUse) -> bool:
    if u.row.op.name == "diagonal":
        return u.encodes is not None and u.encodes.kind == "bits"
    return u.row.op.name in REAL


def _without_swap_test(uses: Sequence[OperationUse], output: Overlap) -> list[OperationUse] | None:
    """The operations before the test itself, which ends on every pair with cx a, b and h a."""
    drop: set[int] = set()
    for a, b in zip(output.left, output.right, strict=True):
        mine = [k for k, u in enumerate(uses) if {a, b}.intersection(u.qubits)]
        tail = [(uses[k].row.op.name, uses[k].qubits) for k in mine[-2:]]
        if tail != [("cx", (a, b)), ("h", (a,))]:
            return None
        drop.update(mine[-2:])
    return [u for k, u in enumerate(uses) if k not in drop]


def _reached(uses: Sequence[OperationUse], start: Sequence[int]) -> set[int]:
    """All qubits that operations join to these, directly or not."""
    reached, grew = set(start), True
    while grew:
        grew = False
        for u in uses:
            if not reached.isdisjoint(u.qubits) and not reached.issuperset(u.qubits):
                reached.update(u.qubits)
                grew = True
    return reached


# ---- what crosses from the first party to the others -------------------------------------


@dataclass(frozen=True, slots=True)
class Boundary:
    """All operations that only `sender` knows the values of stand before those of the others.

    `crossing`: qubits that carry its state to the others; `early`: all that it prepared;
    `matrices`: Hermitian matrices on the crossing qubits that hold all the others need; `late`:
    the private vectors that they depend on. `dimension`: of the space of its states: fewer than its
    qubits' where it only loads shorter vectors, between operations that all know.
    """

    sender: str
    crossing: tuple[int, ...]
    early: tuple[int, ...]
    matrices: int
    is_real: bool
    late: frozenset[str]
    dimension: int

    def rest(self, s: Structure, node: str) -> dict[str, tuple[Holding, ...]]:
        """By owner what comes after the sender's part and a node does not know."""
        left = {
            owner: tuple(h for h in held if h.vector.name in self.late)
            for owner, held in s.unknown_to(node).items()
        }
        return {owner: held for owner, held in left.items() if held}

    def receivers(self, s: Structure) -> tuple[str, ...]:
        """Nodes that can compute the outputs from the matrices and what the others send them."""
        mine = s.known.get(self.sender, frozenset())
        others = (node for node in s.known if node != self.sender)
        return tuple(n for n in others if not mine & (self.late - s.known[n]))

    @property
    def is_part(self) -> bool:
        """Part of the prepared state stays behind: the rest is a reduced state."""
        return len(self.crossing) < len(self.early)


def boundaries(s: Structure) -> tuple[Boundary, ...]:
    """One for every party that can be the only sender of states; none where a node knows all."""
    if s.has_feedback or not s.outputs or s.knows_all:
        return ()
    found = (_boundary(s, party) for party in s.known)
    return tuple(b for b in found if b is not None)


def _boundary(s: Structure, sender: str) -> Boundary | None:
    late: set[int] = set()
    early: set[int] = set()
    read: set[str] = set()
    is_real, loaded = True, 1
    for u in s.uses:
        if not s.can(sender, u) or not late.isdisjoint(u.qubits):
            if u.vectors and s.can(sender, u) and not _knows_another(s, sender, u):
                return None
            late.update(u.qubits)
            read |= u.vectors
        else:
            early.update(u.qubits)
            is_real = is_real and _is_real(u)
            if u.vectors:
                is_load = u.row.op.name == "amplitude"
                size = s.circuit.values.references[u.row.attr].size if is_load else 0
                loaded *= size  # 0 from where something else of its own decides
    matrices = _matrices(s.outputs, late, early)
    if not late or matrices is None:
        return None
    crossing, all_early = tuple(sorted(late & early)), tuple(sorted(early))
    dimension = min(loaded or 1 << len(all_early), 1 << len(all_early))
    return Boundary(sender, crossing, all_early, matrices, is_real, frozenset(read), dimension)


def _knows_another(s: Structure, sender: str, use: OperationUse) -> bool:
    return any(s.can(node, use) for node in s.known if node != sender)


def _matrices(outputs: Sequence[Output], late: set[int], early: set[int]) -> int | None:
    """How many operators on the qubits that stay behind the outputs tell apart; None where the
    outputs are not expectations and look at qubits that stay."""
    behind = early - late
    found: set[tuple[tuple[tuple[tuple[int, str], ...], float], ...]] = set()
    for output in outputs:
        if not isinstance(output, Expectation):
            if behind.intersection(output_qubits(output)):
                return None
            found.add((((), 1.0),))
            continue
        parts: dict[tuple[tuple[int, str], ...], dict[tuple[tuple[int, str], ...], float]] = {}
        for term in output.terms:
            stays = tuple(p for p in term.paulis if p[0] in behind)
            goes = tuple(p for p in term.paulis if p[0] not in behind)
            at = parts.setdefault(goes, {})
            at[stays] = at.get(stays, 0.0) + term.coefficient
        for goes, operator in parts.items():
            if goes:
                found.add(_normalised(operator))
    return len(found) or 1


def _normalised(
    operator: dict[tuple[tuple[int, str], ...], float],
) -> tuple[tuple[tuple[tuple[int, str], ...], float], ...]:
    """Equal for operators that are multiples of one another."""
    items = sorted(operator.items())
    first = next((c for _, c in items if c), 1.0)
    return tuple((word, round(c / first, 12)) for word, c in items)


def is_unitary(s: Structure) -> bool:
    """Only gates and encodings."""
    return all(u.row.op.kind in (Kind.UNITARY, Kind.ENCODE) for u in s.uses)
