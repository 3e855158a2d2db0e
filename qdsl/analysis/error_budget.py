"""The fidelity of one execution, and how much of its error every cause brings about.

The estimate is the probability that no error happens which has an effect, `F = prod (1 - e)` over
everything that can go wrong, with process infidelities `e`:

- a pair that is born Bell-diagonal, perhaps joined from several (Bennett et al., PRA 54, 3824
  (1996): its fidelity is the process fidelity of what uses it), ages from its birth to its use;
- a qubit that waits between two operations relaxes and dephases (T1, T2), twirled to a Pauli
  channel;
- a gate is followed by depolarising noise on its qubits with the node's process infidelity; a
  correction that depends on a uniform bit happens half of the time;
- a measurement gives the wrong bit, a reset the wrong state.

Errors without effect do not count: Z before a measurement, any on a wire that is over, and of flips
of a cat copy what its operations do not see (`qdsl.analysis.flips`). Of Pauli errors any other
single one makes the process orthogonal to what it should be, and two or more may cancel, so that
the true process fidelity lies between `F` and `F + s**2 / 2`, where `s` is the sum of all
`-log(1 - e)`: the probability of two errors or more is below `s**2 / 2`. What is not known of flips
of copies, as angles are not known yet or many operations depend on one another, counts in full in
`F` and not at all in its upper end; nor do errors that may reach a measurement or a reset of the
source, which can forget them (`qdsl.analysis.lost_errors`). Relaxation is no Pauli channel, which
also matters in second order only. The read-out of what the program returns is not in it, nor is
waiting before a qubit's first operation or after its last.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qdsl.analysis.cost import place_of
from qdsl.analysis.flips import FlipShares, flip_shares
from qdsl.analysis.lost_errors import may_be_lost
from qdsl.analysis.wire_steps import OVER, Z_IDLE, WireSteps, wire_steps
from qdsl.ir.channels import coherence_times, correlations, decay, error_probabilities
from qdsl.ir.distinct import distinct
from qdsl.ir.durations import node_of_rows
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.pairs import PairTimes, pair_times
from qdsl.ir.stages import ROLES, DistributedCircuit, ScheduledCircuit
from qdsl.network.network import Network
from qdsl.records import dataclass

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Column = npt.NDArray[np.int64]
LEAST = 1e-300
_UNITARY = np.array([op.kind in (Kind.UNITARY, Kind.ENCODE) for op in OPERATIONS])


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """`fidelity`: the estimate of the process fidelity, which is up to `uncertainty` too low. The
    others are the probabilities of an error with effect by cause: pairs as they are born, memory
    while pairs and qubits wait, gates on one qubit and on more, measurements and resets."""

    fidelity: float
    uncertainty: float
    link: float
    memory: float
    one_qubit: float
    two_qubit: float
    readout: float


@dataclass(frozen=True, slots=True)
class LineErrors:
    """The probability of an error with effect in what one line of a source made necessary; line 0:
    what has no place in a source."""

    path: str
    line: int
    text: str
    error: float


def error_budget_of(ir: ScheduledCircuit) -> ErrorBudget | None:
    """None on a network in which nothing goes wrong, as far as it says."""
    return error_budget(ir) if _is_imperfect(ir.network) else None


def errors_by_line_of(ir: ScheduledCircuit) -> tuple[LineErrors, ...] | None:
    """None on a network in which nothing goes wrong, as far as it says."""
    return errors_by_line(ir) if _is_imperfect(ir.network) else None


def _is_imperfect(network: Network) -> bool:
    is_imperfect = any(v.gate_fidelity < 1 or v.model is not None for v in network.nodes)
    return is_imperfect or any(x.pair_state[0] < 1 for x in network.links)


def error_budget(ir: ScheduledCircuit) -> ErrorBudget:
    """Linear in the program's length."""
    steps = wire_steps(ir.distributed)
    flips = flip_shares(ir.distributed, steps)
    lost = may_be_lost(ir.distributed)
    low = _logs(ir, steps, flips, 0, np.zeros_like(lost)).sum(1)
    high = _logs(ir, steps, flips, 1, lost).sum()
    total = float(low.sum())
    fidelity = float(np.exp(total))
    most = min(float(np.exp(high)) + total**2 / 2, 1.0)
    causes = (float(-np.expm1(log)) + 0.0 for log in low)
    return ErrorBudget(fidelity, max(most - fidelity, 0.0), *causes)


def errors_by_line(ir: ScheduledCircuit) -> tuple[LineErrors, ...]:
    """The errors of `error_budget`, all causes together, by source line: those of a pair belong to
    the line that it is made for, those of waiting to the line that waits. One minus each of them,
    multiplied, is the budget's fidelity. In the order of the sources; none that is 0."""
    program, source = ir.distributed, ir.distributed.placed.circuit.table
    steps = wire_steps(program)
    nothing_lost = np.zeros_like(may_be_lost(program))
    logs = _logs(ir, steps, flip_shares(program, steps), 0, nothing_lost).sum(0)
    span_of = np.append(source.span, -1)[program.origin]
    totals: dict[tuple[str, int, str], float] = {}
    for index in distinct(span_of).tolist():
        key = place_of(source.spans[index]) if index >= 0 else ("", 0, "")
        totals[key] = totals.get(key, 0.0) + float(logs[span_of == index].sum())
    return tuple(LineErrors(*key, float(-np.expm1(totals[key]))) for key in sorted(totals)
                 if totals[key] < 0)  # fmt: skip


def _logs(
    ir: ScheduledCircuit, steps: WireSteps, flips: FlipShares, bound: int, lost: Flags
) -> Numbers:
    """Logarithms that nothing goes wrong, float[causes, rows]. `bound`: flips have as much effect
    as they may, 0, or as little, 1; `lost`: rows whose errors do not count."""
    after, first = flips.after[:, bound], flips.first[:, bound]
    born, aged = _pair_logs(ir, steps, first, lost)
    several = flips.serves if bound else np.zeros_like(flips.serves)
    one, more = _gate_logs(ir.distributed, steps, after, several, lost)
    waiting = _waiting_logs(ir, steps, after.sum(0), lost)
    readout = _readout_logs(ir.distributed, steps, after[0], lost)
    return np.stack([born, aged - born + waiting, one, more, readout])


# ---- pairs -------------------------------------------------------------------------------


def _pair_logs(
    ir: ScheduledCircuit, steps: WireSteps, first: Numbers, lost: Flags
) -> tuple[Numbers, Numbers]:
    """Logarithms of the fidelities of all pairs that are used, joined ones as one at the row of the
    first: as they are born, and when they are used; float[rows] each."""
    pairs, nothing = pair_times(ir), np.zeros(len(ir.distributed.table))
    if not len(pairs.row):
        return nothing, nothing
    born = np.array([correlations(x.pair_state) for x in ir.network.links])[pairs.link]
    aged = _aged(ir, steps, pairs, born)
    joined = _joined(ir.distributed, pairs)
    start = ir.distributed.table.operand_start[pairs.row]
    halves = ir.distributed.table.operands[np.stack([start, start + 1])]
    spared = np.zeros((2, len(pairs.row)))
    for k in (0, 1):
        np.maximum.at(spared[k], joined, first[k][halves].max(0))
    counted = np.ones(len(pairs.row), np.bool_)
    np.logical_and.at(counted, joined, ~lost[pairs.row])
    found = nothing.copy(), nothing.copy()
    for logs, factors in zip(found, (born, aged), strict=True):
        own, each = _logs_of_products(factors, joined, spared, counted)
        logs[pairs.row[own]] = each
    return found


def _aged(ir: ScheduledCircuit, steps: WireSteps, pairs: PairTimes, born: Numbers) -> Numbers:
    """Correlations of every pair when each of its halves is used for the first time."""
    program = ir.distributed
    start = program.table.operand_start[pairs.row]
    wires = program.table.operands[np.stack([start, start + 1])]
    second = np.full(program.n_wires, -1, np.int64)  # the step after the wire's first
    first = np.append(True, steps.wire[1:] != steps.wire[:-1])
    second[steps.wire[first]] = steps.following[first]
    at = second[wires]
    used = np.append(ir.start_ns[steps.row], 0)[at]
    waited = np.where(at < 0, 0, np.maximum(used - pairs.born, 0)).astype(np.float64)
    t1, t2 = _times(program)
    flip, stay = decay(waited, t1[wires], t2[wires])
    aged: Numbers = born * np.stack([flip.prod(0), flip.prod(0), stay.prod(0)], axis=1)
    aged[:, 2] += (1 - stay).prod(0)  # both halves have relaxed
    return aged


def _joined(program: DistributedCircuit, pairs: PairTimes) -> Column:
    """For every pair the first of those that are swapped into one with it."""
    table = program.table
    pair_of = np.full(program.n_wires, -1, np.int64)
    start = table.operand_start[pairs.row]
    for side in (0, 1):
        pair_of[table.operands[start + side]] = np.arange(len(pairs.row))
    root = list(range(len(pairs.row)))
    swaps = np.flatnonzero(table.codes("cx") & (program.role == ROLES.index("swapping")))
    ends = pair_of[table.operands[np.stack([table.operand_start[swaps] + k for k in (0, 1)])]]
    for a, b in ends.T.tolist():
        a, b = _root(root, a), _root(root, b)
        root[max(a, b)] = min(a, b)
    return np.array([_root(root, k) for k in range(len(root))], np.int64)


def _root(root: list[int], k: int) -> int:
    while root[k] != k:
        root[k] = root[root[k]]
        k = root[k]
    return k


def _logs_of_products(
    factors: Numbers, joined: Column, spared: Numbers, counted: Flags
) -> tuple[Column, Numbers]:
    """Of the first pair of those that are joined: its place, and the logarithm of the fidelity.
    Correlations of pairs that are joined multiply; `spared`: the shares of X and Y without effect,
    of the first pair, as is `counted`."""
    total = np.ones_like(factors)
    np.multiply.at(total, joined, factors)
    own = distinct(joined[counted[joined]])
    p = error_probabilities(total[own])
    return own, np.log(np.maximum(p[:, 0] + (spared[:, own] * p[:, 1:3].T).sum(0), LEAST))


# ---- memory ------------------------------------------------------------------------------


def _times(program: DistributedCircuit) -> tuple[Numbers, Numbers]:
    """T1 and T2 of every wire in ns, float[w] each."""
    models = [node.physics for node in program.network.nodes]
    data = np.array([coherence_times(m.t1_ns, m.t2_ns) for m in models]).reshape(-1, 2)
    comm = np.array([coherence_times(m.comm_t1_ns, m.comm_t2_ns) for m in models]).reshape(-1, 2)
    is_comm = program.wire_is_comm[:, None]
    found = np.where(is_comm, comm[program.wire_node], data[program.wire_node])
    return found[:, 0], found[:, 1]


def _waiting_logs(ir: ScheduledCircuit, steps: WireSteps, spared: Numbers, lost: Flags) -> Numbers:
    """Of all waiting between two steps, but for that of pairs before their use, at the row that
    waits, float[rows]. `spared`: the sum of the shares of X and Y without effect."""
    waits = (steps.following >= 0) & ~ir.distributed.table.codes("ebit")[steps.row]
    time = ir.start_ns[steps.row[steps.following]] - ir.end_ns[steps.row]
    waits &= time > 0
    t1, t2 = (times[steps.wire[waits]] for times in _times(ir.distributed))
    flip, stay = decay(time[waits].astype(np.float64), t1, t2)
    kind, spared = steps.after[waits], spared[waits]
    error = (3 - stay - 2 * flip) / 4 - spared * (1 - stay) / 4
    measured = kind == Z_IDLE
    error[measured] = (2 - spared[measured]) * (1 - stay[measured]) / 4
    error[(kind == OVER) | lost[steps.row[waits]]] = 0.0
    found = np.zeros(len(ir.distributed.table))
    np.add.at(found, steps.row[steps.following[waits]], _logs_without(error))
    return found


def _logs_without(error: Numbers) -> Numbers:
    """Logarithms that these do not happen."""
    return np.asarray(np.log(np.maximum(1 - error, LEAST)))


# ---- gates and read-out ------------------------------------------------------------------


def _gate_logs(
    program: DistributedCircuit, steps: WireSteps, after: Numbers, serves: Flags, lost: Flags
) -> tuple[Numbers, Numbers]:
    """Of gates on one qubit, and on more, float[rows] each."""
    table = program.table
    arity = table.arity
    gates = _UNITARY[table.opcode] & (arity > 0)
    models = program.network.nodes
    single = np.array([1 - node.physics.one_qubit_fidelity for node in models])
    several = np.array([1 - node.gate_fidelity for node in models])
    node = node_of_rows(program)
    error = np.where(arity == 1, single[node], several[node])
    error *= _share_with_effect(program, steps, after, serves)
    error[(table.cond >= 0) & (program.role != ROLES.index("local"))] /= 2
    error[lost] = 0.0
    logs = _logs_without(error)
    return np.where(gates & (arity == 1), logs, 0.0), np.where(gates & (arity > 1), logs, 0.0)


def _share_with_effect(
    program: DistributedCircuit, steps: WireSteps, after: Numbers, serves: Flags
) -> Numbers:
    """Of the Pauli errors after every row, the identity apart, float[n]. Of the four Paulis of a
    wire the identity is without effect, Z too before a measurement, X and Y by their shares; where
    a copy `serves` more operations, up to two more that act on others as well."""
    n = len(program.table)
    on_wire = 1 + after.sum(0)
    on_wire[steps.after == Z_IDLE] *= 2
    serves = serves & (program.table.arity > 1)[steps.row]
    on_wire[serves] = np.maximum(on_wire[serves], 3.0)
    on_wire[steps.after == OVER] = 4.0
    harmless = np.zeros(n)
    np.add.at(harmless, steps.row, np.log(on_wire))
    every = program.table.arity * np.log(4.0)
    shift = np.exp(-every)
    share: Numbers = 1 - (np.exp(harmless - every) - shift) / np.maximum(1 - shift, 0.5)
    return share


def _readout_logs(
    program: DistributedCircuit, steps: WireSteps, spared: Numbers, lost: Flags
) -> Numbers:
    """Measurements, whose flip is that of the qubit just before them, and resets, float[rows]."""
    table, node = program.table, node_of_rows(program)
    models = [v.physics for v in program.network.nodes]
    wrong = 1 - np.array([m.readout_fidelity for m in models])[node]
    before = np.flatnonzero(steps.after == Z_IDLE)
    wrong[steps.row[steps.following[before]]] *= 1 - spared[before]
    resets = 1 - np.array([m.reset_fidelity for m in models])[node]
    wrong[lost] = resets[lost] = 0.0
    wrong[~table.codes("measure")] = resets[~table.codes("reset")] = 0.0
    return _logs_without(wrong) + _logs_without(resets)
