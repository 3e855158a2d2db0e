"""A scheduled program and its node programs in one form, in which they can be compared.

Every operation is named by its operation, the stays of its qubits, its angles and where its bits
come from; a stay is (node, qubit, how many were there before). The form is, for every stay, the
operations on it in order, which with the bits' names says all that a program says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from qdsl.backends.nodes.program import (
    Begin,
    Encode,
    End,
    Gate,
    Measure,
    NodeProgram,
    Pair,
    Receive,
    Reset,
    Send,
)
from qdsl.backends.nodes.weave import weave
from qdsl.ir.operations import Kind
from qdsl.ir.stages import ScheduledCircuit

Form = dict[Any, list[Any]]


def of_program(stage: ScheduledCircuit) -> Form:
    """From the table itself, without the code that splits it."""
    program, values = stage.distributed, stage.distributed.values
    stay = _stays(stage)
    bit: dict[int, Any] = {}
    form: Form = defaultdict(list)
    measured: Counter[Any] = Counter()
    for row in program.table:
        if row.op.kind is Kind.SEND:
            bit[row.attr] = ("copy", int(program.bit_node[row.attr]), bit.get(row.operands[0]))
            continue
        if row.op.kind in (Kind.BARRIER, Kind.MOVE):
            continue
        places = tuple(stay[w] for w in row.operands)
        name: list[Any] = [row.op.name, places]
        if row.op.kind is Kind.EBIT:
            name[1] = tuple(sorted(places))
        if row.op.name == "rot":
            name.append(program.table.words[row.attr])
        if row.op.kind is Kind.ENCODE:
            ref = values.references[row.attr]
            name.append((ref.vector, ref.start - values.vector(ref.vector).start, ref.shape))
        name.append(tuple(_angle(values, e) for e in row.angles))
        if row.condition is not None:
            name.append((bit.get(row.condition[0]), row.condition[1]))
        if row.op.kind is Kind.MEASURE:
            bit[row.attr] = ("measured", places[0], measured[places[0]])
            measured[places[0]] += 1
        for place in places:
            form[place].append(tuple(name))
    return dict(form)


def _angle(values: Any, e: int) -> Any:
    def element(slot: int) -> Any:
        v = next(v for v in values.vectors if slot in v.slots)
        return v.name, slot - v.start

    terms = tuple(
        (c, tuple(element(f) for f in values.factors(s))) for c, s in values.angles.terms(e)
    )
    return float(values.angles.constant[e]), terms


def _stays(stage: ScheduledCircuit) -> dict[int, Any]:
    program = stage.distributed
    begin: dict[int, tuple[int, int]] = {}
    for row in program.table:
        if row.op.kind not in (Kind.SEND, Kind.BARRIER, Kind.MOVE):
            for w in row.operands:
                begin.setdefault(w, (int(stage.start_ns[row.index]), row.index))
    taken: Counter[Any] = Counter()
    stay: dict[int, Any] = {}
    for w in sorted(begin, key=begin.__getitem__):
        node = int(program.wire_node[w])
        first = stage.network.nodes[node].qubits if program.wire_is_comm[w] else 0
        place = (node, first + int(stage.slot[w]))
        stay[w] = (*place, taken[place])
        taken[place] += 1
    return stay


def of_nodes(programs: Sequence[NodeProgram], names: Sequence[str]) -> Form:
    """From the node programs, woven together by their pairs and messages."""
    form: Form = defaultdict(list)
    taken: Counter[Any] = Counter()
    bits: dict[Any, Any] = {}
    sent: dict[Any, Any] = {}
    measured: Counter[Any] = Counter()
    index = {name: k for k, name in enumerate(names)}

    def stay(node: int, qubit: int) -> Any:
        return node, qubit, taken[node, qubit] - 1

    for turn in weave(programs):
        steps = [(index[programs[k].name], programs[k].steps[at]) for k, at in turn.places]
        node, step = steps[0]
        for n, s in steps:
            if isinstance(s, Begin | Pair):
                taken[n, s.qubit] += 1
        name: list[Any] = []
        places: tuple[Any, ...] = ()
        match step:
            case Begin() | End():
                continue
            case Send(peer, number, own):
                sent[node, index[peer], number] = [bits.get((node, b)) for b in own]
                continue
            case Receive(peer, number, own):
                for b, known in zip(own, sent.pop((index[peer], node, number)), strict=True):
                    bits[node, b] = ("copy", node, known)
                continue
            case Pair():
                places = tuple(sorted(stay(n, s.qubit) for n, s in steps if isinstance(s, Pair)))
                name = ["ebit", places, ()]
            case Gate(op, qubits, angles, word, _):
                places = tuple(stay(node, q) for q in qubits)
                own_angles = tuple((a.constant, a.terms) for a in angles)
                name = [op, places, *([word] if op == "rot" else []), own_angles]
            case Encode(op, qubits, vector, _, start, shape, _):
                places = tuple(stay(node, q) for q in qubits)
                name = [op, places, (vector, start, shape), ()]
            case Measure(qubit, _, _):
                places = (stay(node, qubit),)
                name = ["measure", places, ()]
            case Reset(qubit, _):
                places = (stay(node, qubit),)
                name = ["reset", places, ()]
        when = getattr(step, "condition", None)
        if when is not None:
            name.append((bits.get((node, when.bit)), when.value))
        if isinstance(step, Measure):
            bits[node, step.bit] = ("measured", places[0], measured[places[0]])
            measured[places[0]] += 1
        for place in places:
            form[place].append(tuple(name))
    return dict(form)


def some_values(stage: ScheduledCircuit, seed: int = 1) -> dict[str, Any]:
    """Random values of all vectors."""
    random = np.random.default_rng(seed)
    return {v.name: random.uniform(-3, 3, v.shape) for v in stage.distributed.values.vectors}
