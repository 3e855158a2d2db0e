"""Programs over source qubits as columns: a circuit's own, and a distributed program's once its
communication is taken away."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.source import Span
from qdsl.ir.jit import suited
from qdsl.ir.operations import OPERATIONS, Kind, Operation
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.table import OpTable
from qdsl.ir.values import Values
from qdsl.records import dataclass
from qdsl.verify.translation import undo_kernel as kernel
from qdsl.verify.translation.explain import MOST
from qdsl.verify.translation.logical import LogicalOp, NotUndone, resolved

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_SORTS = {
    Kind.BARRIER: kernel.SKIP,
    Kind.MOVE: kernel.SKIP,
    Kind.EBIT: kernel.EBIT,
    Kind.SEND: kernel.SEND,
    Kind.MEASURE: kernel.MEASURE,
}
_NAMED = {
    "x": kernel.X,
    "y": kernel.Y,
    "z": kernel.Z,
    "cx": kernel.CX,
    "h": kernel.H,
    "swap": kernel.SWAP,
}
SORT = np.array(
    [_SORTS.get(op.kind, _NAMED.get(op.name, kernel.OTHER)) for op in OPERATIONS], np.int8
)
IS_MEASURE = np.array([op.kind is Kind.MEASURE for op in OPERATIONS])
ROT, DIAGONAL = (
    next(op.code for op in OPERATIONS if op.name == name) for name in ("rot", "diagonal")
)
SPARE_LINKS = 1024  # for corrections that are open; more where these do not do
COMPILED_FROM = 20_000  # rows; below, plain Python is done in a few seconds
WIDEST = max(op.arity or 0 for op in OPERATIONS)

WHY = {
    kernel.CONDITIONED_PAIR: "a pair or a message is conditioned",
    kernel.SENT_UNWRITTEN: "bit {} is sent before it is written",
    kernel.MEASURED_BEFORE: "wire {} was measured before",
    kernel.PAIR_IN_USE: "a pair is made on a wire in use",
    kernel.LAST_HOLDER: "the last holder of a qubit is measured in the X basis",
    kernel.CONDITIONED_END: "a measurement of the communication is conditioned",
    kernel.CORRECTS_NOTHING: "a correction on a wire that holds nothing, or on the bit 0",
    kernel.CORRECTS_LEAVING: "wire {} is corrected in the middle of its measurement",
    kernel.NO_QUBIT: "wire {} holds no qubit of the source",
    kernel.TWO_COPIES: "it acts on two copies of one qubit",
    kernel.NOT_ITS_BIT: "a source qubit is measured into a bit that is not its own",
    kernel.MAYBE_STALE: "may leave source bit {} as it was, which is elsewhere",
    kernel.IN_BELL: "wire {} is in the middle of a Bell measurement",
    kernel.WAITS_X: "wire {} still waits for an X correction",
    kernel.COPIES_OUT: "not diagonal on wire {}, of which copies are out",
    kernel.WAITS_Z: "wire {} still waits for a Z correction",
    kernel.UNKNOWN_BIT: "is conditioned on bit {}, which the source does not know",
    kernel.STALE_BIT: "is conditioned on bit {}, which was written anew since",
    kernel.END_BIT: "source bit {} does not hold its value at the end",
    kernel.END_WIRE: "source qubit {} is not on its final wire at the end",
    kernel.END_OPEN: "source qubit {} has copies or corrections left open",
}


@dataclass(frozen=True, slots=True, eq=False)
class LogicalColumns:
    """Rows `row` of `table`, over source qubits: those of operation k are
    `qubits[start[k]:start[k + 1]]`; `bit` is the source bit written, -1 without; `cond` as in
    the table, of a source bit."""

    table: OpTable
    values: Values
    row: Ints
    start: Ints
    qubits: Ints
    bit: Ints
    cond: Ints

    def __len__(self) -> int:
        return len(self.row)

    def operation(self, k: int) -> Operation:
        return OPERATIONS[int(self.table.opcode[self.row[k]])]

    def logical_ops(self, most: int = MOST) -> list[LogicalOp]:
        """The first of them, one by one."""
        found = []
        for k in range(min(len(self), most)):
            row, cond = self.table.row(int(self.row[k])), int(self.cond[k])
            qubits = tuple(self.qubits[self.start[k] : self.start[k + 1]].tolist())
            condition = None if cond < 0 else (cond >> 1, cond & 1)
            bit = int(self.bit[k])
            found.append(resolved(self.table, self.values, row, qubits, bit, condition))
        return found

    def taken(self, order: Ints) -> LogicalColumns:
        """Operations by number."""
        arity = np.diff(self.start)[order]
        start = np.concatenate([[0], np.cumsum(arity)])
        at = np.repeat(self.start[order] - start[:-1], arity) + np.arange(start[-1])
        return replace(
            self,
            row=self.row[order],
            start=start,
            qubits=self.qubits[at],
            bit=self.bit[order],
            cond=self.cond[order],
        )

    def span(self, k: int) -> Span | None:
        """Where the source says it."""
        at = int(self.table.span[self.row[k]])
        return self.table.spans[at] if at >= 0 else None


def source_columns(circuit: Circuit) -> LogicalColumns:
    """A source circuit's own operations."""
    table = circuit.table
    bit = np.where(IS_MEASURE[table.opcode], table.attr, -1)
    return LogicalColumns(
        table,
        circuit.values,
        np.arange(len(table)),
        _wide(table.operand_start),
        _wide(table.operands),
        _wide(bit),
        _wide(table.cond),
    )


def undone_columns(program: DistributedCircuit) -> LogicalColumns:
    """The source operations of a distributed program, in order. NotUndone if it is wrong."""
    table = program.table
    if not _is_well_formed(program):
        raise NotUndone(None, None, "it names a wire or a bit that is not there")
    spare = SPARE_LINKS
    found, fault, at, what = _undone(program, spare)
    while fault == kernel.TOO_MANY:
        spare *= 8
        found, fault, at, what = _undone(program, spare)
    if fault != kernel.FINE:
        row = table.row(at) if at >= 0 else None
        span = table.spans[row.span] if row is not None and row.span >= 0 else None
        raise NotUndone(row, span, WHY[fault].format(what))
    start = np.concatenate([[0], np.cumsum(table.arity[found.row])]).astype(np.int64)
    return LogicalColumns(
        table, program.values, found.row, start, found.qubits, found.bit, found.cond
    )


def _undone(program: DistributedCircuit, spare: int) -> tuple[kernel.Undone, int, int, int]:
    """What was found; a fault, at which row, bit or qubit, about what."""
    columns = _columns(program)
    n, uses = len(columns.sort), len(columns.operands)
    found = kernel.Undone(*(np.empty(size, np.int64) for size in (n, uses, n, n)))
    undo = suited(kernel.undo_columns, n, COMPILED_FROM)
    count, filled, *problem = undo(columns, _fresh_state(program, spare), found)
    row, qubits, bit, cond = found
    fault, at, what = problem
    kept = kernel.Undone(row[:count], qubits[:filled], bit[:count], cond[:count])
    return kept, fault, at, what


def _wide(column: npt.NDArray[np.generic]) -> Ints:
    return np.array(column, np.int64)


def _columns(program: DistributedCircuit) -> kernel.DistributedColumns:
    table, source = program.table, program.placed.circuit.table
    origin_bit = np.where(IS_MEASURE[source.opcode], source.attr, -1)
    return kernel.DistributedColumns(
        SORT[table.opcode], _wide(table.operand_start), _wide(table.operands), free_of(table),
        _wide(table.attr), _wide(table.cond), _wide(program.origin), _wide(origin_bit),
        _wide(program.home_wire), _wide(program.final_wire), _wide(program.source_bit),
    )  # fmt: skip


def free_of(table: OpTable) -> Flags:
    """By operand: is the operation diagonal there? bool[len(operands)]."""
    known = np.zeros((len(OPERATIONS), WIDEST), np.bool_)
    for op in OPERATIONS:
        if op.is_unitary and op.arity:
            known[op.code, : op.arity] = [op.axis(k) in ("Z", "I") for k in range(op.arity)]
    arity = table.arity
    opcode = np.repeat(table.opcode, arity)
    place = places_of(arity)
    free: Flags = known[opcode, np.minimum(place, WIDEST - 1)] | (opcode == DIAGONAL)
    turned = opcode == ROT
    if turned.any():
        letters = letters_of(table, np.repeat(table.attr, arity)[turned], place[turned])
        free[turned] = (letters == ord("Z")) | (letters == ord("I"))
    return free


def places_of(arity: npt.NDArray[np.integer[Any]]) -> Ints:
    """0, 1, ... within every operation, beside its operands."""
    ends = np.cumsum(arity)
    return np.asarray(np.arange(int(arity.sum())) - np.repeat(ends - arity, arity), np.int64)


def letters_of(table: OpTable, words: Ints, places: Ints) -> npt.NDArray[np.uint8]:
    """The letters at those places of those Pauli words, as ASCII."""
    starts = np.cumsum([0, *map(len, table.words)])
    return np.frombuffer("".join(table.words).encode(), np.uint8)[starts[words] + places]


def _fresh_state(program: DistributedCircuit, spare: int) -> kernel.UndoState:
    qubits, source_bits = len(program.home_wire), len(program.source_bit)
    bits = len(program.bit_node)
    return fresh_state(program.table, program.n_wires, bits, qubits, source_bits, spare)


def fresh_state(
    table: OpTable, wires: int, bits: int, qubits: int, source_bits: int, spare: int
) -> kernel.UndoState:
    """What the loop knows before the first row, with room for so many open corrections."""
    groups = qubits + int(table.codes("ebit").sum())

    def none(n: int) -> Ints:
        return np.full(n, -1, np.int64)

    def no(n: int) -> Flags:
        return np.zeros(n, np.bool_)

    links = wires + groups + spare
    return kernel.UndoState(
        none(wires), np.arange(wires), np.arange(wires), none(wires), no(wires), no(wires),
        no(wires), none(groups), np.zeros(groups, np.int64), none(groups),
        np.zeros(links, np.int64), np.zeros(links, np.int64), np.zeros(2, np.int64),
        np.zeros(bits, np.int64), np.zeros(source_bits, np.int64), none(bits),
    )  # fmt: skip


def _is_well_formed(program: DistributedCircuit) -> bool:
    """Whether every index stays inside its column; the loop does not look."""
    table, bits = program.table, len(program.bit_node)
    arity = np.array([-1 if op.arity is None else op.arity for op in OPERATIONS])[table.opcode]
    if bool(((arity >= 0) & (arity != table.arity)).any()):
        return False
    if bool((table.arity < 1)[~table.codes("barrier", "move")].any()):
        return False
    words = np.array([*map(len, table.words), 0])[np.where(table.codes("rot"), table.attr, -1)]
    if bool((words != table.arity)[table.codes("rot")].any()):
        return False
    is_send, writes = table.codes("send"), table.codes("send", "measure")
    of_send = np.repeat(is_send, table.arity)
    ends = np.concatenate([program.home_wire, program.final_wire])
    return (
        _within(table.operands[~of_send], program.n_wires)
        and _within(table.operands[of_send], bits)
        and _within(table.attr[writes], bits)
        and int(table.cond.max(initial=-1)) < 2 * bits
        and _within(ends, program.n_wires)
        and int(program.source_bit.max(initial=-1)) < bits
    )


def _within(column: npt.NDArray[np.int32], end: int) -> bool:
    return not len(column) or (int(column.min()) >= 0 and int(column.max()) < end)
