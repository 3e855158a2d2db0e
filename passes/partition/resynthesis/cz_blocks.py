"""Blocks of CZ gates between nodes, written with as few as their GF(2) rank.

A block multiplies by (-1)^(x^T M y), x and y the bits at two nodes. Where a row of M is the sum of
others, its qubit is added to theirs by CX inside the node, and none of its own gates is left; so
too for columns. What is left is an invertible matrix on as many qubits as M has rank; the CX are
undone after it. Its gates need one copy a qubit, the given ones as many as a vertex cover has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from math import pi, remainder
from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import z_diagonal
from qdsl.ir.operations import BY_NAME, OPERATIONS
from qdsl.ir.stages import Circuit
from qdsl.passes.canonicalize.merging import TOLERANCE, Sums
from qdsl.passes.canonicalize.rows import Draft, drafts
from qdsl.passes.canonicalize.writing import rewritten
from qdsl.passes.partition.resynthesis.cover import cover_size

Pair = tuple[int, int]
Gates = list[tuple[str, Pair]]

MOST_ROWS: Final = 50_000
MOST_HELD: Final = 1000  # rows that wait for the end of a block
WORTH: Final = 20  # a gain of one part in so many of all covers is worth another annealing
LEAST: Final = 4  # gates of a block that can gain: all between two qubits and two others
_CZ: Final = BY_NAME["cz"].code
_CP: Final = BY_NAME["cp"].code


def with_parities(circuit: Circuit, home: Sequence[int]) -> Circuit | None:
    """The circuit with its blocks of CZ gates reduced for these homes; None where it gains little,
    has no such blocks, or tells secrets (a disclosure has its place among the rows)."""
    table = circuit.table
    if len(table) > MOST_ROWS or circuit.disclosures:
        return None
    are_cz = _are_cz(circuit)
    if sum(home[a] != home[b] for a, b in _pairs(circuit, are_cz)) < LEAST:
        return None
    rows: list[Draft] = []
    before = after = 0
    for others, block in _blocks(circuit, are_cz.tolist()):
        gates, cost, less = _reduced([row.operands for row in block], home)
        before, after = before + cost, after + less
        rows += others
        rows += block if less == cost else [_like(block[0], *gate) for gate in gates]
    if (before - after) * WORTH < max(1, before):
        return None
    return rewritten(circuit, rows, Sums(circuit.values), table.words)


def _are_cz(circuit: Circuit) -> npt.NDArray[np.bool_]:
    """For every row whether it is `cz`, or `cp` by pi, without pin and condition."""
    table, angles = circuit.table, circuit.values.angles
    is_free = (circuit.pin < 0) & (table.cond < 0)
    found: npt.NDArray[np.bool_] = (table.opcode == _CZ) & is_free
    for row in ((table.opcode == _CP) & is_free).nonzero()[0].tolist():
        angle = int(table.angle[row])
        off = remainder(float(angles.constant[angle]) - pi, 2 * pi)
        found[row] = angles.is_constant(angle) and abs(off) < TOLERANCE
    return found


def _pairs(circuit: Circuit, rows: npt.NDArray[np.bool_]) -> list[Pair]:
    first = circuit.table.operand_start[:-1][rows]
    qubits = circuit.table.operands
    return list(zip(qubits[first].tolist(), qubits[first + 1].tolist(), strict=True))


def _like(row: Draft, name: str, qubits: Pair) -> Draft:
    return row.rewritten(BY_NAME[name].code, qubits, -1, -1)


# ---- finding blocks --------------------------------------------------------------------


def _blocks(circuit: Circuit, are_cz: list[bool]) -> Iterator[tuple[list[Draft], list[Draft]]]:
    """All rows in another order that means the same: in turn rows as they are, and a block of CZ
    gates."""
    flags, start = z_diagonal(circuit.table).tolist(), circuit.table.operand_start.tolist()
    waiting = deque(drafts(circuit))

    def turned(row: Draft) -> set[int]:
        return {q for k, q in enumerate(row.operands, start[row.source]) if not flags[k]}

    while waiting:
        others, block, held = _next_block(waiting, turned, are_cz, circuit.n_qubits)
        yield others, block
        waiting.extendleft(reversed(held))


def _next_block(
    waiting: deque[Draft],
    turned: Callable[[Draft], set[int]],
    are_cz: list[bool],
    n_qubits: int,
) -> tuple[list[Draft], list[Draft], list[Draft]]:
    """Rows before a block, the block, and rows held back because they come after it."""
    others: list[Draft] = []
    block: list[Draft] = []
    held: list[Draft] = []
    blocked: set[int] = set()
    used: set[int] = set()
    while waiting and len(held) < MOST_HELD and len(blocked) < n_qubits:
        row = waiting.popleft()
        is_fence = row.cond >= 0 or not OPERATIONS[row.code].is_unitary
        if is_fence and (block or held):
            held.append(row)
            break
        if not blocked.isdisjoint(row.operands) or not used.isdisjoint(turned(row)):
            held.append(row)
            blocked.update(row.operands)
        elif are_cz[row.source]:
            block.append(row)
            used.update(row.operands)
        else:
            others.append(row)
    return others, block, held


# ---- reducing one ----------------------------------------------------------------------


def _reduced(pairs: Sequence[tuple[int, ...]], home: Sequence[int]) -> tuple[Gates, int, int]:
    """Gates that do what CZ on these pairs do, and the sum of covers before and after. First what
    a node's qubits have in common towards all other nodes, then pairs of nodes by themselves."""
    left: set[Pair] = set()
    for a, b in pairs:
        left ^= {(min(a, b), max(a, b))}
    inside = {pair for pair in left if home[pair[0]] == home[pair[1]]}
    sums, core = _eliminated(left - inside, home)
    gates, less = [*_czs(inside), *sums], 0
    for part in _between_nodes(core, home).values():
        again, rest = _eliminated(part, home)
        gates += [*again, *_czs(rest), *reversed(again)]
        less += _covers(rest, home)
    return [*gates, *reversed(sums)], _covers(left - inside, home), less


def _czs(pairs: set[Pair]) -> Gates:
    return [("cz", pair) for pair in sorted(pairs)]


def _eliminated(pairs: set[Pair], home: Sequence[int]) -> tuple[Gates, set[Pair]]:
    """CX inside nodes, and the pairs left between them and their inverse; none where that does
    not make the covers less."""
    near: dict[int, int] = {}
    for a, b in sorted(pairs):
        near[a] = near.get(a, 0) | 1 << b
        near[b] = near.get(b, 0) | 1 << a
    sums: Gates = []
    for node in sorted({home[q] for q in near}):
        sums += _dependent({q: near[q] for q in sorted(near) if home[q] == node})
    gone = {q for _, (q, _) in sums}
    core = {pair for pair in pairs if gone.isdisjoint(pair)}
    return (sums, core) if _covers(core, home) < _covers(pairs, home) else ([], pairs)


def _dependent(near: dict[int, int]) -> Gates:
    """CX from every qubit whose partners (a bit mask) are the sum of those of others, to these.
    Gaussian elimination over GF(2)."""
    kept: list[tuple[int, int, list[int]]] = []  # a bit, a sum of masks with it, whose masks
    gates: Gates = []
    for q, mask in near.items():
        left, made = mask, set[int]()
        for bit, other, whose in kept:
            if left & bit:
                left ^= other
                made ^= set(whose)
        if left:
            kept.append((left & -left, left, [*made, q]))
        else:
            gates += [("cx", (q, p)) for p in sorted(made)]
    return gates


def _between_nodes(pairs: set[Pair], home: Sequence[int]) -> dict[Pair, set[Pair]]:
    parts: dict[Pair, set[Pair]] = {}
    for a, b in sorted(pairs, key=lambda p: sorted((home[p[0]], home[p[1]]))):
        parts.setdefault((min(home[a], home[b]), max(home[a], home[b])), set()).add((a, b))
    return parts


def _covers(pairs: set[Pair], home: Sequence[int]) -> int:
    """The sum over pairs of nodes of the copies that serve these gates as they are."""
    lines = np.array([(a, b) if home[a] < home[b] else (b, a) for a, b in pairs], np.int64)
    if not len(lines):
        return 0
    n_nodes, node = max(home) + 1, np.asarray(home)
    low, high = lines.T  # a qubit copied to one node is another copy than to the next
    return cover_size(low * n_nodes + node[high], high * n_nodes + node[low])
