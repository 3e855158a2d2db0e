"""Exact outcome distributions by following every branch of every measurement: the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qdsl.ir.operations import Kind
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.table import OpTable, Row
from qdsl.ir.values import Floats, Values
from tests.backends.matrices import Matrix, operation_matrix, rotation_matrix

State = npt.NDArray[np.complex128]  # not normalised: its square norm is the branch's weight
EPR = np.array([[1, 0, 0, 1], [0, 1, 1, 0], [0, 1, -1, 0], [1, 0, 0, -1]], np.complex128).T / 2**0.5


@dataclass(frozen=True, slots=True)
class Branch:
    """One history of measurement results: the state, axis k being wire k, and the bits."""

    state: State
    bits: Mapping[int, int]


def branches(program: Circuit | DistributedCircuit, n_wires: int) -> list[Branch]:
    """All histories of a program whose angles are constant."""
    zero = np.zeros((2,) * n_wires, np.complex128)
    zero[(0,) * n_wires] = 1
    alive = [Branch(zero, {})]
    for row in program.table:
        alive = [after for b in alive for after in _step(b, row, program.table, program.values)]
    return alive


def _step(branch: Branch, row: Row, table: OpTable, values: Values) -> list[Branch]:
    condition = row.condition
    if condition is not None and branch.bits.get(condition[0], 0) != condition[1]:
        return [branch]
    if row.op.kind is Kind.SEND:
        return [
            Branch(branch.state, {**branch.bits, row.attr: branch.bits.get(row.operands[0], 0)})
        ]
    if row.op.kind in (Kind.MEASURE, Kind.RESET):
        return _measure(branch, row)
    if row.op.kind in (Kind.MOVE, Kind.BARRIER):
        return [branch]
    return [Branch(_apply(branch.state, _matrix(row, table, values), row.operands), branch.bits)]


def _matrix(row: Row, table: OpTable, values: Values) -> Matrix:
    angles = tuple(values.angles.constant[list(row.angles)].tolist())
    if row.op.kind is Kind.EBIT:
        return EPR
    if row.op.name == "rot":
        return rotation_matrix(table.words[row.attr], angles[0])
    return operation_matrix(row.op, angles)


def _apply(state: State, matrix: Matrix, wires: Sequence[int]) -> State:
    k = len(wires)
    moved = np.tensordot(matrix.reshape((2,) * 2 * k), state, (range(k, 2 * k), wires))
    return np.moveaxis(moved, range(k), wires)


def _measure(branch: Branch, row: Row) -> list[Branch]:
    (wire,) = row.operands
    results = []
    for value in (0, 1):
        state = np.zeros_like(branch.state)
        kept = 0 if row.op.kind is Kind.RESET else value
        np.moveaxis(state, wire, 0)[kept] = np.moveaxis(branch.state, wire, 0)[value]
        if np.vdot(state, state).real < 1e-12:
            continue
        written = {row.attr: value} if row.op.kind is Kind.MEASURE else {}
        results.append(Branch(state, {**branch.bits, **written}))
    return results


def distribution(program: Circuit | DistributedCircuit, qubits: Sequence[int]) -> Floats:
    """Probabilities of the basis states of these source qubits at the end, float64[2**k]."""
    if isinstance(program, Circuit):
        n_wires, wires = program.n_qubits, list(qubits)
    else:
        n_wires, wires = program.n_wires, program.final_wire[list(qubits)].tolist()
    total = np.zeros(2 ** len(wires))
    others = tuple(w for w in range(n_wires) if w not in wires)
    for branch in branches(program, n_wires):
        weights = np.abs(branch.state) ** 2
        marginal = weights.sum(axis=others)
        kept = sorted(wires)
        total += marginal.transpose([kept.index(w) for w in wires]).reshape(-1)
    return total


def p_value(counts: Mapping[str, int], expected: Floats) -> float:
    """Pearson's chi-square test of counts by bit string; 0 if an impossible outcome occurred."""
    from scipy.stats import chisquare

    observed = np.zeros(len(expected))
    for bits, times in counts.items():
        observed[int(bits, 2)] = times
    possible = expected > 1e-9
    if observed[~possible].any():
        return 0.0
    if possible.sum() == 1:
        return 1.0
    scaled = expected[possible] / expected[possible].sum() * observed.sum()
    return float(chisquare(observed[possible], scaled).pvalue)
