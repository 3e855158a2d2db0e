"""What circuit cutting would cost in place of pairs: formulas, not simulations.

Instead of a pair on a link its two ends may be prepared apart, by one of several local operations
drawn at random; results weighted by signs have the same mean, and their variance is `gamma**2`
times as large, so that `gamma**2` times as many executions are needed.

- A pair, with the messages that a program has anyway: `gamma = 3`, whatever it is used for, a gate
  or a qubit that moves (Piveteau, Sutter, IEEE Trans. Inf. Theory 70, 2734 (2024); Brenner,
  Piveteau, Sutter, arXiv 2302.03366 (2023)).
- Where it serves one gate alone, with operator-Schmidt coefficients `s` of which the squares add up
  to 1: `gamma = 2 (sum s)**2 - 1`. For `rzz(theta)` that is `1 + 2 |sin(theta)|`: 3 for CX and CZ
  (Mitarai, Fujii, New J. Phys. 23, 023021 (2021); Schmitt, Piveteau, Sutter, arXiv 2312.11638).
- Several at a time: with `k = (gamma + 1) / 2` of each, `gamma = 2 prod k - 1` for all of them
  instead of the product: `2**(n + 1) - 1` for n pairs. All of them are then prepared at once, which
  takes as many communication qubits (arXiv 2302.03366, 2312.11638).
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

from qdsl.analysis.served import matrix_of
from qdsl.ir.durations import link_of_rows
from qdsl.ir.lifetimes import wire_uses
from qdsl.ir.operations import Kind
from qdsl.ir.stages import ROLES, DistributedCircuit
from qdsl.ir.state_vectors import Matrix
from qdsl.records import dataclass

GAMMA_OF_PAIR = 3.0
LEAST_GAIN = 1e-9
MOST = 1e300  # of a factor


@dataclass(frozen=True, slots=True)
class CutLink:
    """All `pairs` on one link, cut: by how much the number of executions grows if each is cut by
    itself, and all `together`, each up to 1e300. `gates`: pairs that serve one gate of less than CX
    each."""

    link: int
    pairs: int
    gates: int
    one_by_one: float
    together: float


def cut_links(program: DistributedCircuit) -> tuple[CutLink, ...]:
    """Every link that makes pairs, in the order of the network."""
    link = link_of_rows(program)
    gammas = defaultdict(list)
    served = _served(program)
    for row in np.flatnonzero(link >= 0).tolist():
        gammas[int(link[row])].append(_gamma_of_use(program, row, served))
    return tuple(
        CutLink(
            k, len(found), sum(g < GAMMA_OF_PAIR for g in found),
            min(math.prod(g**2 for g in found), MOST), _squared(together(found)),
        )
        for k, found in sorted(gammas.items())
    )  # fmt: skip


def together(gammas: list[float]) -> float:
    """Of several cuts that are made at once."""
    return 2 * math.prod((g + 1) / 2 for g in gammas) - 1


def _squared(gamma: float) -> float:
    return min(gamma * gamma, MOST)


def gamma_of(gate: Matrix) -> float:
    """Of a gate on two qubits, complex[4, 4], whose parts are cut from each other."""
    parts = gate.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4)
    coefficients = np.linalg.svd(parts, compute_uv=False) / 2
    return float(2 * coefficients.sum() ** 2 - 1)


def _served(program: DistributedCircuit) -> dict[int, list[int]]:
    """For every wire of a communication qubit the rows on it that no primitive wrote, and those of
    other uses of it: what a pair is for."""
    wire, row = wire_uses(program)
    kept = program.wire_is_comm[wire]
    found: dict[int, list[int]] = defaultdict(list)
    own: dict[int, int] = {}  # of every such wire, the use that it was made for
    is_end = program.role == ROLES.index("cat-disentangler")
    for w, r, use in zip(*(x[kept].tolist() for x in (wire, row, program.group[row])), strict=True):
        if own.setdefault(w, use) != use and not is_end[r]:
            found[w].append(r)
    return found


def _gamma_of_use(program: DistributedCircuit, pair: int, served: dict[int, list[int]]) -> float:
    """Of the gate, if a pair makes a cat copy that serves one gate on two qubits alone, whose
    angles are known; else of the pair."""
    table = program.table
    start = table.operand_start[pair]
    rows = [r for wire in table.operands[start : start + 2].tolist() for r in served.get(wire, [])]
    is_copy = int(program.role[pair]) == ROLES.index("cat-entangler")
    if not is_copy or len(rows) != 1:
        return GAMMA_OF_PAIR
    row = table.row(rows[0])
    if row.op.kind is not Kind.UNITARY or len(row.operands) != 2 or row.cond >= 0:
        return GAMMA_OF_PAIR
    gate = matrix_of(program, row)
    if gate is None:
        return GAMMA_OF_PAIR
    found = gamma_of(gate)
    return found if found < GAMMA_OF_PAIR - LEAST_GAIN else GAMMA_OF_PAIR


# ---- with and without ----------------------------------------------------------------------


def error_bound(fidelity: float, overhead: float, executions: float) -> float:
    """Of the mean of a result between -1 and 1: the root of the squares of its bias, at most
    `2 (1 - fidelity)`, and of its standard error, at most `sqrt(overhead / executions)`; at most 2,
    as means beyond the ends are known to be wrong."""
    return min(math.hypot(2 * (1 - fidelity), math.sqrt(overhead / executions)), 2.0)


def break_even(fidelity: float, without: float, overhead: float) -> float | None:
    """From how many executions on the bound is smaller with the cut, whose fidelity is `without`
    the errors of the link; None if never, or not up to 1e300."""
    gained = (2 * (1 - fidelity)) ** 2 - (2 * (1 - without)) ** 2
    is_known = overhead < MOST and gained > overhead / MOST
    return (overhead - 1) / gained if is_known else None
