"""What a party can learn about what another owns: upper bounds in bits, and what is told openly.

The bounds are Holevo's. An honest party keeps only what ends at it; k identical copies of a pure
state of d dimensions tell at most log2 C(k + d - 1, k) bits, of a mixed one more (`copies_leak`).
States that are not entangled add. A malicious one gets a bit for every
qubit sent to it, two if it may hold the other half of a pair, as it has itself sent a qubit or got
one before: I(X : BQ) <= I(X : B) + 2 log2 |Q|.
That holds for an honest one, too: where no qubit is sent, all it can learn is what is disclosed.
Bounds of several uses add.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from qdsl.analysis.contents import BITS_PER_ANGLE, BITS_PER_REAL, secret_bits
from qdsl.analysis.cost import Cost
from qdsl.analysis.executions import (
    NOT_COUNTED,
    Accuracy,
    TrainingPlan,
    block_runs,
    executions_by_output,
    returning_trained,
)
from qdsl.analysis.findings import Announcement, Leak, Privacy, ShotBudget, TaskCost
from qdsl.analysis.formulas import copies_leak, count_bits
from qdsl.analysis.gradient_circuits import EVERYONE, ToldCounts, shift_runs, told_by_shifts
from qdsl.analysis.joining import FinalPlaces, JoinedOutput, joined_output
from qdsl.analysis.layers import layers_of
from qdsl.analysis.moved import FINITE, SPSA, moved_runs, told_by_moved
from qdsl.analysis.structure import Reader, Structure, disclosed_to
from qdsl.analysis.told import told_bits, told_qubits
from qdsl.analysis.transfers import EndState, ExecutionTransfers, Owners, Transfer, execution_of
from qdsl.diagnostics.numbers import integer
from qdsl.ir.operations import Kind
from qdsl.ir.primitives import Effect
from qdsl.ir.stages import (
    DistributedCircuit,
    Eigenvalue,
    Expectation,
    Output,
    Sample,
    roles_of,
)
from qdsl.records import dataclass

REVEAL = "reveal "
NORM = "norm of "
PARTS = "outcomes to be joined"
LARGEST = 1_000_000  # rows of a distributed program


@dataclass(frozen=True, slots=True)
class Group:
    """`copies` executions alike; `transfers` of one, and the `states` that it ends with."""

    copies: int
    transfers: tuple[Transfer, ...]
    states: tuple[EndState, ...]


def privacy_of(
    s: Structure,
    program: DistributedCircuit,
    counted: Cost,
    budget: ShotBudget,
    plan: TrainingPlan | None,
) -> Privacy | None:
    """The ledger of all parties; None for a program too large to be gone through."""
    if len(program.table) > LARGEST:
        return None
    run = execution_of(program)
    tasks = {t.name: t for t in budget.tasks if t.chosen}
    inference = (1, _forward(run, tasks["inference"].executions))
    disclosed = [*_revealed(s), *_norms(s, plan), *_conditions(run, tasks["inference"])]
    disclosed += _outcomes(program, run, budget, "inference", 1)
    leaks = list(_leaks(s, tasks["inference"], [inference], disclosed))
    assumed = ""
    if plan is not None and "training" in tasks:
        training = tasks["training"]
        read = returning_trained(program, plan)
        step = _gradient_groups(run, read, counted, budget)
        times = plan.steps * (1 if plan.is_linear else plan.batch)
        disclosed += _conditions(run, training)
        disclosed += _counts(run, read, counted, budget, times)
        every = [(times * many, group) for many, group in step]
        if plan.values:
            disclosed += _outcomes(read, run, budget, "training", plan.values)
            outputs = read.placed.circuit.outputs
            values = executions_by_output(outputs, Accuracy(budget.epsilon, budget.delta))
            every.append((plan.values, _forward(run, sum(k for _, k, _ in values))))
        found = _leaks(s, training, every, disclosed)
        leaks += [replace(leak, steps=plan.steps) for leak in found]
        assumed = _assumed(plan, training)
    elif plan is not None:
        assumed = f"no bound is stated for the training: {budget.uncounted}"
    uniform = counted.classical_bits - len(run.disclosed)
    return Privacy(BITS_PER_REAL, BITS_PER_ANGLE, tuple(leaks), tuple(disclosed), uniform, assumed)


def _assumed(plan: TrainingPlan, training: TaskCost) -> str:
    """What the bounds of a training are for, where the experiment asks for something else."""
    said = []
    if plan.method == "exact":
        said.append("the experiment's gradients are exact, by simulation")
    elif plan.method != "auto" and not plan.counted:
        why = f": {NOT_COUNTED[plan.method]}" if plan.method in NOT_COUNTED else ""
        said.append(f"the experiment's own, {plan.method}, is not counted{why}")
    elif plan.method != "auto" and plan.counted != training.method:
        said.append(f"{plan.counted} cannot be counted here: {_why_not(plan.counted)}")
    if plan.shots is not None:
        said.append(f"not with the experiment's {integer(plan.shots)} shots")
    if not said:
        return ""
    by = f"training: by {training.method}, with the executions of the shot budget"
    return "; ".join([by, *said])


def _why_not(method: str) -> str:
    if method in (FINITE, SPSA):
        return "its bias has no bound for products of parameters, nor for outputs with scales"
    return (
        "layers do not hand over whole qubits by teledata alone, or a parameter turns more than "
        "one word"
    )


# ---- groups of identical executions ------------------------------------------------------


def _forward(run: ExecutionTransfers, copies: int) -> Group:
    return Group(copies, tuple(run.transfers), tuple(run.states))


def _gradient_groups(
    run: ExecutionTransfers, program: DistributedCircuit, counted: Cost, budget: ShotBudget
) -> list[tuple[int, Group]]:
    """The executions of one gradient by the training's method, for every shifted circuit, or two
    signs for every block, with how often each group is there."""
    method, circuit = _method(budget), program.placed.circuit
    eps, delta = budget.epsilon, budget.delta
    by_copies: Counter[int] = Counter()
    if method == "parameter shift":
        by_copies.update(k for run in shift_runs(circuit, eps, delta) for k in run.copies)
    elif method in (FINITE, SPSA):
        moved = moved_runs(circuit, method, eps, delta)
        for p in moved.points if moved else ():
            by_copies[p.copies] += p.points
    if by_copies:
        return [(many, _forward(run, copies)) for copies, many in sorted(by_copies.items())]
    return [
        (many, block)
        for of_output in block_runs(program, counted, Accuracy(eps, delta)) or ()
        for copies in (of_output.copies - of_output.copies // 2, of_output.copies // 2)  # by sign
        for many, block in zip(
            of_output.blocks, _block_groups(program, counted, copies), strict=True
        )
    ]


def _method(budget: ShotBudget) -> str:
    """That of the training's gradients."""
    return next(t.method for t in budget.tasks if t.name == "training")


def _block_groups(program: DistributedCircuit, counted: Cost, copies: int) -> list[Group]:
    """For every layer a pass forward through all layers and back to it, where it is measured."""
    nodes = [x.node or "" for x in counted.layers]
    qubits = [x.ebits for x in counted.layers]
    copies_end = any((program.role == role).any() for role in roles_of(Effect.END))
    owners, touched = _by_layer(program, len(nodes))
    about: Owners = frozenset()
    forward: list[Transfer] = []
    for layer, node in enumerate(nodes):
        before = nodes[layer - 1]
        if layer and qubits[layer]:
            forward.append(Transfer(before, node, qubits[layer], about))
        about |= owners[layer]
        if layer and qubits[layer] and copies_end:
            forward.append(Transfer(node, before, 0, about, qubits[layer]))
    back: list[Transfer] = []
    found = []
    for layer in range(len(nodes) - 1, -1, -1):
        measured, rest = touched[layer], program.placed.circuit.n_qubits - touched[layer]
        states = [EndState({nodes[layer]: measured, "": rest}, about)]
        states += [
            EndState({node: rest, "": measured}, about)  # wherever the rest has stayed
            for node in dict.fromkeys(nodes)
            if node != nodes[layer]
        ]
        found.append(Group(copies, (*forward, *back), tuple(states)))
        if layer and qubits[layer]:
            back.append(Transfer(nodes[layer], nodes[layer - 1], qubits[layer], about))
            if copies_end:
                back.append(Transfer(nodes[layer - 1], nodes[layer], 0, about, qubits[layer]))
    return found[::-1]


def _by_layer(program: DistributedCircuit, n: int) -> tuple[list[Owners], list[int]]:
    """By layer the owners of the values it uses, and how many qubits it touches."""
    circuit = program.placed.circuit
    layer, reader = layers_of(circuit).tolist(), Reader(circuit.values)
    owners: list[Owners] = [frozenset()] * n
    touched: list[set[int]] = [set() for _ in range(n)]
    for row in circuit.table:
        at = layer[row.index]
        touched[at].update(row.operands)
        if row.angle >= 0 or row.op.kind is Kind.ENCODE:
            _, vectors = reader.read(circuit.values, row)
            names = (circuit.values.vectors[k].owner for k in vectors)
            owners[at] |= {o for o in names if o is not None}
    return owners, [len(qubits) for qubits in touched]


# ---- bounds ------------------------------------------------------------------------------


def _leaks(
    s: Structure,
    task: TaskCost,
    groups: Sequence[tuple[int, Group]],
    disclosed: Sequence[Announcement],
) -> Iterator[Leak]:
    """One for every ordered pair of nodes of which the second owns what the first does not
    know. `groups` with how often each is there."""
    network = s.circuit.network
    knows = disclosed_to(s.circuit)
    for party in [n.name for n in network.nodes] if network else ():
        for about, held in s.secrets.items():
            secret = secret_bits(
                h for h in held if party not in knows.get(h.vector.name, frozenset())
            )
            if party == about or not secret:
                continue
            honest = sum(k * _honest(g, party, about) for k, g in groups)
            malicious = sum(k * g.copies * _malicious(g, party, about) for k, g in groups)
            honest = round(min(honest, float(malicious)), 6)  # to be honest is one of its choices
            openly = _disclosed(_news(disclosed, party, knows), party, about, task.name)
            if honest or malicious or openly:
                yield Leak(party, about, task.name, task.executions, secret, honest,
                           float(malicious), openly, honest + openly >= secret,
                           malicious + openly >= secret)  # fmt: skip


def _honest(g: Group, party: str, about: str) -> float:
    """Bits in what ends at a party. All that is entangled there counts, whoever acted on it: half
    of a pair that an owner turned the other half of tells nothing alone, and both do. A party that
    has sent no qubit holds no more than has come: its own, which begin as |0>, add nothing."""
    came = sum(t.qubits for t in g.transfers if t.to == party)
    has_sent = any(t.by == party and t.qubits for t in g.transfers)
    found = 0.0
    for state in g.states:
        if about in state.about and (held := state.held.get(party, 0)):
            mine = held if has_sent else min(held, came)
            found += copies_leak(mine, g.copies, sum(state.held.values()) - held)
    return found


def _malicious(g: Group, party: str, about: str) -> int:
    """Bits of one execution: every arriving qubit one, two after the party has sent one; and
    every bit that ends a cat copy of a qubit of the party one. A qubit that came before, though it
    told nothing, may be half of what the next is the other half of, which then tells two."""
    total, early, has_sent = 0, 0, False
    for t in g.transfers:
        if t.to == party and about in t.about:
            total += t.qubits * (2 if has_sent else 1) + t.bits
            if not has_sent:
                halves = min(early, t.qubits)
                total, early = total + halves, early - halves
        elif t.to == party:
            early += t.qubits
        has_sent = has_sent or (t.by == party and t.qubits > 0)
    return total


def _news(
    disclosed: Iterable[Announcement], party: str, knows: Mapping[str, frozenset[str]]
) -> Iterator[Announcement]:
    """Without the norms of vectors that are revealed to the party."""
    known = {f"{NORM}{vector}" for vector, nodes in knows.items() if party in nodes}
    return (a for a in disclosed if a.what not in known)


def _disclosed(disclosed: Iterable[Announcement], party: str, about: str, task: str) -> int:
    """Bits disclosed in the task. What is disclosed once counts in each; a vector that is
    revealed is no secret any more, and none of its bits are about what still is one."""
    return sum(
        a.bits
        for a in disclosed
        if about in a.about
        and not a.what.startswith(REVEAL)
        and a.by != party
        and a.to in (party, EVERYONE)
        and a.task in (task, "once")
    )


# ---- announcements -----------------------------------------------------------------------


def _revealed(s: Structure) -> Iterator[Announcement]:
    nodes = s.circuit.network.nodes if s.circuit.network else ()
    for d in s.circuit.disclosures:
        by, to = nodes[d.owner].name, nodes[d.to].name
        yield Announcement(f"{REVEAL}{d.vector}", by, to, "once", 1, d.bits, (by,))


def _norms(s: Structure, plan: TrainingPlan | None) -> Iterator[Announcement]:
    """Factors that an output is multiplied by; whoever wants it has to be told them, those of
    parameters in every step of a training anew."""
    values = s.circuit.values
    for output in s.outputs:
        for scale in output.scales if isinstance(output, Expectation | Eigenvalue) else ():
            vector = values.vector(scale.reference.vector)
            if vector.owner is not None:
                steps = plan.steps if plan is not None and vector.role == "param" else 0
                tasks = {"inference": 1, "training": steps} if steps else {"once": 1}
                for task, times in tasks.items():
                    what, bits = f"{NORM}{vector.name}", times * BITS_PER_REAL
                    by = vector.owner
                    yield Announcement(what, by, EVERYONE, task, times, bits, (by,))


def _conditions(run: ExecutionTransfers, task: TaskCost) -> Iterator[Announcement]:
    """Outcomes that a condition needs at another node."""
    pairs = dict.fromkeys((t.by, t.to, t.about) for t in run.disclosed)
    for by, to, about in pairs:
        each = sum((t.by, t.to, t.about) == (by, to, about) for t in run.disclosed)
        times = task.executions
        yield Announcement(
            "outcomes for `if`", by, to, task.name, times, times * each, tuple(sorted(about))
        )


def _counts(
    run: ExecutionTransfers,
    program: DistributedCircuit,
    counted: Cost,
    budget: ShotBudget,
    times: int,
) -> Iterator[Announcement]:
    """The counts of `times` gradients, to those who follow the parameters, and what joins the
    outcomes of several nodes."""
    method, circuit = _method(budget), program.placed.circuit
    eps, delta = budget.epsilon, budget.delta
    everywhere = frozenset[str]().union(*(owners for _, owners in run.final))
    told: list[ToldCounts] = []
    if method == "parameter shift":
        what, told = "counts of shifted circuits", [*told_by_shifts(program, eps, delta)]
    elif method in (FINITE, SPSA):
        moved = moved_runs(circuit, method, eps, delta)
        what, told = f"counts of {method}", [*told_by_moved(program, moved)] if moved else []
    else:
        what = "counts of commuting blocks"
        runs = block_runs(program, counted, Accuracy(eps, delta)) or ()
        told = [t for r in runs for t in r.told]
        owners, _ = _by_layer(program, len(counted.layers))
        everywhere = frozenset[str]().union(*owners)
    for t in told:
        about = frozenset[str]().union(*(run.final[q][1] for q in t.qubits)) or everywhere
        bits, each = times * t.bits, PARTS if t.is_part else what
        many = bits if t.is_part else times
        yield Announcement(each, t.by, t.to, "training", many, bits, tuple(sorted(about)))


def _outcomes(
    program: DistributedCircuit, run: ExecutionTransfers, budget: ShotBudget, task: str, times: int
) -> Iterator[Announcement]:
    """What the outputs tell: the counts of outcomes, or the samples."""
    nodes, accuracy = program.network.nodes, Accuracy(budget.epsilon, budget.delta)
    places = FinalPlaces(program)
    for output, copies, _ in executions_by_output(program.placed.circuit.outputs, accuracy):
        if not isinstance(output, Sample):
            joined = joined_output(places, output, copies)
            yield from _joined(joined, run, task, times)
            yield from _told_counts(program, output, joined, copies, run, task, times)
            continue
        qubits = told_qubits(program, output)
        to = EVERYONE if output.to is None else nodes[output.to].name
        by = ", ".join(dict.fromkeys(run.final[q][0] for q in qubits))
        bits = told_bits(program, output, copies)
        if bits and by:
            about = _about(run, qubits)
            yield Announcement("sample", by, to, task, times, times * bits, about)


def _about(run: ExecutionTransfers, qubits: Iterable[int]) -> tuple[str, ...]:
    return tuple(sorted(set[str]().union(*(run.final[q][1] for q in qubits))))


def _joined(
    joined: Sequence[JoinedOutput], run: ExecutionTransfers, task: str, times: int
) -> Iterator[Announcement]:
    """What nodes send in every execution to the one that puts an output together; those that are
    alike in one row."""
    found: dict[tuple[str, str, tuple[str, ...]], tuple[int, int]] = {}
    for one in joined:
        for part in one.joining.sent:
            key = (part.by, part.to, _about(run, part.qubits))
            runs, bits = found.get(key, (0, 0))
            found[key] = (runs + one.executions, bits + one.executions * part.bits)
    for (by, to, about), (runs, bits) in found.items():
        yield Announcement(PARTS, by, to, task, times * runs, times * bits, about)


def _told_counts(program: DistributedCircuit, output: Output, joined: Sequence[JoinedOutput],
                 copies: int, run: ExecutionTransfers, task: str, times: int,
                 ) -> Iterator[Announcement]:  # fmt: skip
    """The counts of an output, from the nodes that put its words together."""
    qubits: dict[str, list[int]] = {}
    words: Counter[str] = Counter()
    for one in joined:
        qubits.setdefault(one.joining.at, []).extend(one.qubits)
        words[one.joining.at] += 1
    for by, mine in qubits.items():
        bits = told_bits(program, output, copies)
        if isinstance(output, Expectation):
            bits = words[by] * count_bits(copies)
        if bits:
            about = _about(run, mine)
            yield Announcement("counts of outcomes", by, EVERYONE, task, times, times * bits, about)
