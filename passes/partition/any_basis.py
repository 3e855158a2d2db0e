"""What uses of a qubit ask for if its copies may be taken in any basis.

A gate that is diagonal on a qubit in some basis can be served by a cat copy taken in that basis:
local changes of basis are free, and happen wherever the qubit lives. And a local gate does not end
a copy: it is repeated on the copy, and turns the basis. So a copy lasts as long as gates ask for
the same basis, turned along by the local gates between them: a *run* of uses. Bases are axes of
the Bloch sphere. Symbolic angles are set to fixed numbers: a program for all values is one for
these. Bounds are counted over runs, as the rows of a circuit may be spelled in another basis.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import LETTERS, NO_AXIS, WIDEST, axis_by_code, positions, rows_of_operands
from qdsl.ir.distinct import distinct
from qdsl.ir.jit import entry
from qdsl.ir.operations import BY_NAME, OPERATIONS
from qdsl.ir.stages import Circuit
from qdsl.ir.table import OpTable
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Vectors = npt.NDArray[np.float64]
NOTHING, TURN, USE, STATION = range(4)  # what a use does to the copies of its qubit
PARALLEL: Final = 1e-9
_CH_TARGET: Final = (0.5**0.5, 0.0, 0.5**0.5)


@dataclass(frozen=True, slots=True, eq=False)
class BasisRuns:
    """Columns beside `circuit.table.operands`: `run`, uses of one qubit that one copy can serve
    share a number; `kind` of the use; `is_station`: the qubit itself has to be there, whatever
    basis a copy is taken in (it is then the first use of its run)."""

    run: Column
    kind: Column
    is_station: Flags


def runs(circuit: Circuit) -> BasisRuns:
    """The runs of all qubits; numbers of one qubit's runs count upwards."""
    table = circuit.table
    row = rows_of_operands(table).astype(np.int64)
    alone = np.array([op.is_unitary and op.arity == 1 for op in OPERATIONS])[table.opcode]
    alone |= (table.opcode == BY_NAME["rot"].code) & (table.arity == 1)
    turns = _turns(circuit, np.flatnonzero(alone))
    axis, kind = _axes(table, row)
    place = np.cumsum(alone) - 1
    pinned = circuit.pin >= 0
    kind[alone[row]] = TURN
    own = np.flatnonzero((alone & pinned)[row])
    axis[own], is_free = _own_axes(turns[place[row[own]]])
    kind[own] = np.where(is_free, TURN, USE)
    qubit = table.operands.astype(np.int64)
    order = np.argsort(qubit, kind="stable").astype(np.int64)
    begins = np.ones(len(order), np.bool_)
    begins[1:] = qubit[order][1:] != qubit[order][:-1]
    found = np.zeros(len(order), np.int64)
    turn = np.where(alone[row], place[row], 0)
    no_turn = np.zeros((1, 9))
    matrices = np.concatenate([turns.reshape(-1, 9), no_turn])
    number_runs(order, begins.astype(np.int64), kind, turn, matrices, axis, found)
    return BasisRuns(found, kind, kind == STATION)


@entry
def number_runs(
    order: Column, begins: Column, kind: Column, turn: Column, turns: Vectors, axes: Vectors,
    found: Column,
) -> None:  # fmt: skip
    """The uses in `order`; a run has an axis from the first use on that asks for one."""
    run, known = -1, 0
    x, y, z = 0.0, 0.0, 0.0
    for place in range(len(order)):
        k = order[place]
        if begins[place] or kind[k] == 3:
            run += 1
            known = 0
        if kind[k] == 1 and known:
            m = turn[k]
            a = turns[m, 0] * x + turns[m, 1] * y + turns[m, 2] * z
            b = turns[m, 3] * x + turns[m, 4] * y + turns[m, 5] * z
            c = turns[m, 6] * x + turns[m, 7] * y + turns[m, 8] * z
            x, y, z = a, b, c
        if kind[k] == 2:
            along = x * axes[k, 0] + y * axes[k, 1] + z * axes[k, 2]
            if known and along * along < 1.0 - 1e-9:
                run += 1
            x, y, z, known = axes[k, 0], axes[k, 1], axes[k, 2], 1
        found[k] = run


def _axes(table: OpTable, row: Column) -> tuple[Vectors, Column]:
    """Axes on the Bloch sphere, float64[uses, 3], and kinds, of gates on several qubits and of
    all that is no gate."""
    place = positions(table)
    code = table.opcode[row]
    letter = axis_by_code()[code, np.minimum(place, WIDEST)]
    is_rot = np.flatnonzero(code == BY_NAME["rot"].code)
    words = table.words
    letter[is_rot] = [
        LETTERS.index(words[w][k])
        for w, k in zip(table.attr[row[is_rot]].tolist(), place[is_rot].tolist(), strict=True)
    ]
    letter[code == BY_NAME["diagonal"].code] = LETTERS.index("Z")
    axis = np.concatenate([np.zeros((1, 3)), np.eye(3), np.zeros((1, 3))])[letter]
    is_target = (code == BY_NAME["ch"].code) & (place == 1)
    axis[is_target] = _CH_TARGET
    kind = np.where(letter == NO_AXIS, STATION, USE)
    kind[is_target] = USE
    kind[letter == LETTERS.index("I")] = NOTHING
    kind[np.isin(code, [BY_NAME[name].code for name in ("barrier", "move")])] = NOTHING
    return axis, kind.astype(np.int64)


def _turns(circuit: Circuit, rows: Column) -> Vectors:
    """What gates on one qubit do to the Bloch sphere, float64[rows, 3, 3]."""
    table, values = circuit.table, circuit.values
    places = np.arange(values.n_slots, dtype=np.float64)
    flat = np.asarray((places * 0.6180339887498949 + 0.377) % 1.0 * np.pi, np.float64)
    angles = values.angles.evaluate(values.extend(flat))
    found = np.tile(np.eye(3), (len(rows), 1, 1))
    for code in distinct(table.opcode[rows]).tolist():
        at = np.flatnonzero(table.opcode[rows] == code)
        op, first = OPERATIONS[code], table.angle[rows[at]]
        if op.name == "rot":
            for word in distinct(table.attr[rows[at]]).tolist():
                some = at[table.attr[rows[at]] == word]
                found[some] = _turned(table.words[word], angles[table.angle[rows[some]]])
            continue
        for r in op.body:
            angle = np.full(len(at), r.angle.constant)
            for k, factor in enumerate(r.angle.coefficients):
                angle = angle + factor * angles[first + k]
            found[at] = _turned(r.word, angle) @ found[at]
    return found


def _turned(letter: str, angle: Vectors) -> Vectors:
    """Turns about a letter's axis, float64[angles, 3, 3]."""
    found = np.tile(np.eye(3), (len(angle), 1, 1))
    if letter == "I":
        return found
    a = "XYZ".index(letter)
    b, c = (a + 1) % 3, (a + 2) % 3
    found[:, b, b] = found[:, c, c] = np.cos(angle)
    found[:, c, b] = np.sin(angle)
    found[:, b, c] = -np.sin(angle)
    return found


def _own_axes(turns: Vectors) -> tuple[Vectors, Flags]:
    """The axis of every turn, float64[turns, 3], and whether it is a change of basis, by gates
    that turn by multiples of pi / 4: those may happen wherever the qubit lives."""
    if not len(turns):
        return np.zeros((0, 3)), np.zeros(0, np.bool_)
    skew = np.stack(
        [turns[:, 2, 1] - turns[:, 1, 2], turns[:, 0, 2] - turns[:, 2, 0],
         turns[:, 1, 0] - turns[:, 0, 1]], axis=1,
    )  # fmt: skip
    half = turns + np.eye(3)  # of a turn by pi twice the projector onto the axis
    longest = np.argmax(np.einsum("nij,nij->nj", half, half), axis=1)
    by_pi = half[np.arange(len(turns)), :, longest]
    is_half = np.linalg.norm(skew, axis=1) < PARALLEL
    axis = np.where(is_half[:, None], by_pi, skew)
    axis = axis / np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), PARALLEL)
    sizes = np.abs(turns.reshape(-1, 9, 1))
    is_free = (np.abs(sizes - [0, 0.5, 0.5**0.5, 1]).min(2) < PARALLEL).all(axis=1)
    return axis, is_free
