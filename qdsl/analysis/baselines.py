"""Classical protocols for the inference of a program, computed from what it reads of whom.

All reach the accuracy that is asked of the program, and end as it does: whoever knows an output
tells it to the node that it is for, or announces it where it is public. A protocol that does not
fit the program's shape is listed with the reason.
"""

from __future__ import annotations

import math

from qdsl.analysis import formulas
from qdsl.analysis.contents import log2, message_bits
from qdsl.analysis.cost import Cost
from qdsl.analysis.executions import Accuracy, executions_of
from qdsl.analysis.findings import Baselines, ClassicalProtocol, LowerBound, TaskCost
from qdsl.analysis.gradient_circuits import scale_of
from qdsl.analysis.recognise import (
    Boundary,
    MatchingProtocol,
    boundaries,
    forrelation,
    hidden_matching,
    inner_product,
)
from qdsl.analysis.structure import Structure
from qdsl.analysis.subspaces import trace_product, vector_in_subspace
from qdsl.analysis.told import announced_bits
from qdsl.diagnostics.numbers import count
from qdsl.ir.stages import DistributedCircuit, Eigenvalue, Expectation, Output, Sample
from qdsl.records import dataclass

LARGEST_LOG2 = 1000.0
MOST_IN_GRAM = 250  # qubits that cross, of a Gram matrix
HERE = "counted here; docs/reference/report.md"
BHM = (
    "Bar-Yossef, Jayram, Kerenidis, STOC 2004; Gavinsky, Kempe, Kerenidis, Raz, de Wolf, STOC 2007"
)
GRT = "Girish, Raz, Tal, SIAM J. Comput. 2022, arXiv 1911.02218"
_TWO = {"one way": "two way"}  # rounds, with the answer
ABCD = "Arunachalam, Girish, Lifshitz, arXiv 2310.02406"


@dataclass(frozen=True, slots=True)
class Question:
    """The inference: the structure, its cost, and the accuracy: `asked` of every output, and
    `epsilon` of that with the largest values, relative to outcomes in [-1, 1]."""

    structure: Structure
    program: DistributedCircuit
    counted: Cost
    inference: TaskCost
    asked: float
    epsilon: float
    delta: float

    def relative(self, output: Output) -> float:
        """The accuracy asked of an output, relative to outcomes in [-1, 1]."""
        return _relative(self.asked, scale_of(output))


def question(
    structure: Structure,
    program: DistributedCircuit,
    counted: Cost,
    inference: TaskCost,
    accuracy: Accuracy,
) -> Question:
    scale = max((scale_of(o) for o in structure.outputs), default=1.0) or 1.0
    eps = _relative(accuracy.epsilon, scale)
    return Question(structure, program, counted, inference, accuracy.epsilon, eps, accuracy.delta)


def _relative(asked: float, scale: float) -> float:
    return min(1.0, max(asked / (scale or 1.0), formulas.FINEST))


def baselines(q: Question) -> Baselines:
    protocols = (
        alone(q), *send_to_one(q), activations(q), reduced_state(q), sketch(q), simhash(q),
        shared_positions(q), one_edge(q), cutting(q),
    )  # fmt: skip
    best, best_bits = _least(protocols)
    one_way, one_way_bits = _least([p for p in protocols if p.rounds == "one way"])
    return Baselines(
        q.inference.ebits,
        protocols,
        best,
        best_bits,
        one_way,
        one_way_bits,
        lower_bounds(q),
        _outcome_bits(q),
    )


def _outcome_bits(q: Question) -> int:
    """All classical bits but those that correct what pairs do."""
    pairs = (p for p in q.counted.primitives if p.name != "message")  # that an `if` waits for
    corrections = sum(p.classical_bits for p in pairs)
    return max(0, q.inference.classical_bits - q.inference.executions * corrections)


def _least(
    protocols: tuple[ClassicalProtocol, ...] | list[ClassicalProtocol],
) -> tuple[str | None, int | None]:
    fit = [p for p in protocols if p.bits is not None]
    if not fit:
        return None, None
    least = min(fit, key=lambda p: p.bits or 0)
    return least.name, least.bits


def _cost(name: str, rounds: str, bits: int, detail: str, source: str) -> ClassicalProtocol:
    return ClassicalProtocol(name, rounds, bits, round(log2(bits), 6), detail, source)


def _unfit(name: str, rounds: str, why: str, source: str) -> ClassicalProtocol:
    return ClassicalProtocol(name, rounds, None, None, f"does not apply: {why}", source)


# ---- each protocol -----------------------------------------------------------------------


def alone(q: Question) -> ClassicalProtocol:
    """Whoever knows all inputs computes, and tells the result where it is asked for."""
    name = "compute alone, announce"
    parties, able = q.structure.parties, q.structure.knows_all
    if parties and not able:
        return _unfit(name, "one way", f"{_and(parties)} each own a part of the input", HERE)
    answer, node = min(((answer_bits(q, n), n) for n in able), key=_bits, default=(0, ""))
    if not answer:
        return _cost(name, "one way", 0, "whoever wants the result can compute it", HERE)
    return _cost(name, "one way", answer, f"{node} tells the outputs to epsilon", HERE)


def _bits(found: tuple[int, object]) -> int:
    return found[0]


def answer_bits(q: Question, *knows: str) -> int:
    """Bits that tell the outputs to the accuracy asked for: a public one once, one for a node
    unless it `knows` all outputs. An expectation is one number, however many its terms."""
    network = q.structure.circuit.network

    def is_there(output: Output) -> bool:
        if not isinstance(output, Sample) or output.to is None or network is None:
            return False
        return network.nodes[output.to].name in knows

    def bits(output: Output) -> int:
        values = math.ceil(1 / q.relative(output))  # so many steps of a number, and one value more
        if isinstance(output, Expectation):
            return math.ceil(math.log2(values + 1))
        return announced_bits(output, values)

    return sum(bits(o) for o in q.structure.outputs if not is_there(o))


def _answered(q: Question, bits: int, rounds: str, said: str, *knows: str) -> tuple[int, str, str]:
    """Bits, rounds and detail of a protocol, after which these know the outputs, with the answer.
    An announcement to everybody, or to a node that owns no input, is no message back."""
    answer, to = answer_bits(q, *knows), q.structure.receiver
    if not answer:
        return bits, rounds, said
    if to is None:
        return bits + answer, rounds, f"{said}, and {answer} to tell the outputs"
    said = f"{said}, and {answer} to {to}"
    if not bits:  # the answer is the only message
        return answer, _one_way_to(q, to), said
    is_back = to in q.structure.parties
    more = _TWO.get("one way" if rounds.startswith("one way") else rounds, rounds)
    return bits + answer, more if is_back else rounds, said


def _one_way_to(q: Question, node: str) -> str:
    """Of one message to a node. Where a theorem is about messages from the owner of a string to
    that of a matching, one to the former is none of these."""
    m = hidden_matching(q.structure)
    is_back = m is not None and not m.towards_sender and node == m.string_at
    return f"one way, to {node}" if is_back else "one way"


def send_to_one(q: Question) -> list[ClassicalProtocol]:
    """Everybody else sends what the result depends on, and the receiver does not know, to one
    node: the data to whoever has the parameters, or the parameters, once, to whoever has the
    data."""
    found = []
    for hub in q.structure.known:
        held = q.structure.unknown_to(hub)
        others = [h for hs in held.values() for h in hs]
        if not others:
            continue
        bits, said = message_bits(others, q.epsilon)
        roles = {h.vector.role for h in others}
        what = (
            "data and parameters"
            if len(roles) > 1
            else ("parameters once" if roles == {"param"} else "data")
        )
        who = _and(list(held))
        bits, rounds, said = _answered(q, bits, _one_way_to(q, hub), said, hub)
        found.append(_cost(f"send {who}'s {what} to {hub}", rounds, bits, said, HERE))
    return found or [_unfit("send the data or the parameters", "one way",
                            "there is nothing that has to be sent", HERE)]  # fmt: skip


def activations(q: Question) -> ClassicalProtocol:
    """The state vector at every hand-over, as in a pipeline of classical devices."""
    name, s = "activations", q.structure
    if s.has_feedback or not s.parties or s.knows_all:
        return _unfit(name, "many", "no pure state is handed over between parties", HERE)
    n, h = len(s.qubits), max(1, s.handovers)
    log = n + 1 + math.log2(h)
    if log > LARGEST_LOG2:
        each = n / 2 + math.log2(8 / q.epsilon)
        return ClassicalProtocol(
            name,
            "many",
            None,
            round(log + math.log2(each), 6),
            f"{h} hand-overs of 2 * 2^{n} numbers",
            HERE,
        )
    each = math.ceil(n / 2 + math.log2(8 / q.epsilon))
    said = f"{h} hand-overs of 2 * 2^{n} numbers of {each} bits"
    last = min(sorted(s.relay[-1]), key=lambda node: answer_bits(q, node))
    rounds = "one way" if h == 1 else "many"
    bits, rounds, said = _answered(q, h * 2 * 2**n * each, rounds, said, last)
    return _cost(name, rounds, bits, said, HERE)


def reduced_state(q: Question) -> ClassicalProtocol:
    """The Gram matrix: the reduced state of the qubits that cross, when part of them stays."""
    name = "Gram matrix"
    parts = [b for b in boundaries(q.structure) if b.is_part and len(b.crossing) <= MOST_IN_GRAM]
    if not parts:
        return _unfit(name, "one way", "the others act on every qubit of the prepared state", HERE)
    ways = [(b, node) for b in parts for node in b.receivers(q.structure)]
    if not ways:
        return _unfit(name, "one way", "what comes after it needs values of its sender", HERE)
    _, (bits, rounds, detail) = min(((w[0], w) for w in (_gram(q, *w) for w in ways)), key=_bits)
    return _cost(name, rounds, bits, detail, HERE)


def _gram(q: Question, b: Boundary, receiver: str) -> tuple[int, str, str]:
    """The Gram matrix to one node, and what that node does not know of the rest, each to half of
    epsilon."""
    dimension = 2 ** len(b.crossing)
    numbers = dimension * (dimension + 1) // 2 if b.is_real else dimension**2
    each = formulas.state_bits(dimension, q.epsilon)
    detail = f"{b.sender} sends {b.matrices} x {numbers} numbers of {each} bits, "
    left = len(b.early) - len(b.crossing)
    detail += f"whatever stands on the {left} other {'qubit' if left == 1 else 'qubits'}"
    rest = b.rest(q.structure, receiver)
    more, said = message_bits((h for hs in rest.values() for h in hs), q.epsilon / 2)
    if rest:
        detail += f"; {_and(list(rest))} to {receiver}: {said}"
    return _answered(q, b.matrices * numbers * each + more, "one way", detail, receiver)


def sketch(q: Question) -> ClassicalProtocol:
    """A random projection of the prepared state; the other party estimates <v|M|v> from it."""
    name, s = "random projection", q.structure
    ways = [
        (b, node)
        for b in boundaries(s)
        for node in b.receivers(s)
        if not b.is_part and not b.rest(s, node)
    ]
    if not ways or not _is_expectation(s):
        why = "it needs one state sent once, and an expectation of it"
        return _unfit(name, "one way", why, HERE)
    way, other = ways[0]
    n = len(way.crossing)
    if n > LARGEST_LOG2 / 2:
        return _unfit(name, "one way", "the state has more than 2^500 numbers", HERE)
    numbers = 2 * math.ceil(math.sqrt(way.dimension) / q.epsilon)
    each = math.ceil(math.log2(way.dimension) / 2 + math.log2(8 / q.epsilon))
    size = f"2^{n}" if way.dimension == 1 << n else str(way.dimension)
    detail = f"2 sqrt({size}) / eps = {numbers} numbers of {each} bits; root mean square error eps"
    bits, rounds, detail = _answered(q, numbers * each, "one way", detail, other)
    return _cost(name, rounds, bits, detail, "formula checked on random instances")


def simhash(q: Question) -> ClassicalProtocol:
    """Signs of shared random projections: their agreement tells the angle between two vectors."""
    name = "SimHash"
    source = "Charikar, STOC 2002; Hoeffding's bound"
    found = inner_product(q.structure)
    if found is None:
        return _unfit(
            name, "one way", "the output is no inner product of two parties' vectors", source
        )
    if found.is_real:
        bits = formulas.simhash_bits(q.epsilon, q.delta / 2)
        detail = "pi^2 / 2 ln(2 / delta) / eps^2, any length"
    else:
        bits = 2 * formulas.simhash_bits(q.epsilon / 2, q.delta / 4)
        detail = "real and imaginary part, each pi^2 / 2 ln(4 / delta) / (eps / 2)^2, any length"
    bits, rounds, detail = _answered(q, bits, "one way", detail, found.right)
    return _cost(name, rounds, bits, detail, source)


def shared_positions(q: Question) -> ClassicalProtocol:
    """Random positions of the string, chosen together beforehand: likely both ends of an edge,
    and all edges equally so."""
    name, source = "bits at shared random positions", "birthday bound"
    m = hidden_matching(q.structure)
    if m is None or m.loads == "amplitudes" or not m.is_edge_only:
        return _unfit(name, "one way", _no_edge(m), source)
    each = formulas.phase_bits(q.epsilon) if m.loads == "phases" else 1
    times = _drawn(q, q.delta / 2)
    miss = q.delta if m.is_sample else q.delta / (2 * times)
    many = min(times * formulas.birthday_bits(2**m.qubits, miss), 2**m.qubits)
    said = f"sqrt(2 * 2^{m.qubits} ln(1 / delta))"
    if times > 1:
        said = f"for {times} edges {times} x sqrt(2 * 2^{m.qubits} ln(2 * {times} / delta))"
    said += f", at most 2^{m.qubits}, positions of {count(each, 'bit')}"
    bits, rounds, said = _answered(q, many * each, "one way", said, m.matching_at)
    return _cost(name, rounds, bits, said, source)


def one_edge(q: Question) -> ClassicalProtocol:
    """An edge by chance, which both come to know: if all are equally likely, the owner of the
    matching names one, else the other a node, by its weight, and the owner its partner. Then the
    owner of the string draws the outcome, from both values of the edge, and tells it, to everybody
    where it is public."""
    name = "name an edge, get its bit"
    m = hidden_matching(q.structure)
    if m is None or not m.is_edge_only:
        return _unfit(name, "two way", _no_edge(m), HERE)
    bits, said = 2 * m.qubits, f"2 * {m.qubits}"
    is_drawn = m.towards_sender or m.is_public  # with all that the outcome depends on
    if m.turns == "phases" or (m.turns and is_drawn):
        turn = formulas.phase_bits(q.epsilon) if m.turns == "phases" else 1
        bits, said = bits + turn, f"{said} + {turn}"
    if not is_drawn:
        bits, said = bits + 1, f"{said} + 1"
    if not m.is_sample:
        times = _drawn(q, q.delta)
        bits, said = bits * times, f"{times} x ({said})"
    one_way = is_drawn and m.loads != "amplitudes"
    rounds = _one_way_to(q, m.string_at) if one_way else "two way"
    knows = (m.string_at,) if is_drawn else (m.string_at, m.matching_at)
    bits, rounds, said = _answered(q, bits, rounds, f"{said} bits", *knows)
    return _cost(name, rounds, bits, said, HERE)


def _drawn(q: Question, delta: float) -> int:
    """So many outcomes of an edge tell a matching's output to its accuracy."""
    (output,) = q.structure.outputs
    return executions_of(output, Accuracy(q.asked, delta))[0]


def _no_edge(m: MatchingProtocol | None) -> str:
    if m is None:
        return "no hidden matching"
    return "edges are not equally likely" if m.is_edge_only else "more than an edge is asked for"


def cutting(q: Question) -> ClassicalProtocol:
    """No ebits: each group of pairs replaced by a quasi-probability of local operations."""
    name = "local operations and messages"
    source = "Piveteau, Sutter, arXiv 2205.00016: (2^(m+1) - 1)^2 executions for m pairs"
    pairs = pairs_between(q)
    if not pairs or not q.inference.executions:
        return _cost(name, "many", q.inference.classical_bits, "no pairs to replace", source)
    if not _is_expectation(q.structure):
        return _unfit(name, "many", "cut circuits give expectations, no samples", source)
    factor = sum(formulas.cutting_log2(m) for m in pairs)
    log = factor + log2(max(1, q.inference.classical_bits))
    said = f"2^{factor:.4g} x the executions, for {sum(pairs)} pairs"
    if log > LARGEST_LOG2:
        return ClassicalProtocol(name, "many", None, round(log, 6), said, source)
    times = math.prod((2 ** (m + 1) - 1) ** 2 for m in pairs)
    return _cost(name, "many", times * q.inference.classical_bits, said, source)


def pairs_between(q: Question) -> list[int]:
    """Long pairs used, by the two nodes they join."""
    from qdsl.analysis.recount import used_pairs

    return sorted(used_pairs(q.program).values())


# ---- lower bounds ------------------------------------------------------------------------


def lower_bounds(q: Question) -> tuple[LowerBound, ...]:
    """Only where the program is recognised: a bound for other inputs says nothing here."""
    s, found = q.structure, []
    if s.knows_all:
        return ()
    m, f, v, t = hidden_matching(s), forrelation(s), vector_in_subspace(s), trace_product(s)
    if m is not None and not m.towards_sender:
        way = f"one way from {m.sender} to {m.matching_at}"
        found.append((f"{way}, Omega(sqrt(N)) bits, N = 2^{m.qubits}", BHM))
    if f is not None:
        found.append((f"two way, Omega(N^(1/4)) bits up to logarithms, N = 2^{f[1]}", GRT))
    if v is not None:
        source = "Klartag, Regev, STOC 2011 (vector in subspace; Raz, STOC 1999)"
        found.append((f"two way, Omega(N^(1/3)) bits, N = 2^{len(v.qubits)}", source))
    if t is not None:
        found.append((f"two way, Omega(N^(1/2)) bits, N = 2^{len(t.qubits)}", ABCD))
    return tuple(LowerBound(statement, source) for statement, source in found)


def _is_expectation(s: Structure) -> bool:
    return bool(s.outputs) and all(isinstance(o, Expectation | Eigenvalue) for o in s.outputs)


def _and(names: list[str] | tuple[str, ...]) -> str:
    shown = list(names[:3]) + ([f"{len(names) - 3} more"] if len(names) > 3 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
