"""The costs of one execution shared out over layers and communication primitives."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.analysis.layers import layers_of
from qdsl.ir.distinct import distinct
from qdsl.ir.lifetimes import wire_uses
from qdsl.ir.messages import message_of_sends
from qdsl.ir.primitives import Effect
from qdsl.ir.stages import ROLES, Circuit, DistributedCircuit, roles_of
from qdsl.records import dataclass

Column = npt.NDArray[np.int64]
_PAIRS: Final = roles_of(Effect.PAIR)
_LOCAL: Final = ROLES.index("local")


@dataclass(frozen=True, slots=True)
class LayerCost:
    """A layer (`layers`): what one node does before another has to, `node` None where operations
    are pinned to none. What an operation made necessary stands at its layer.

    `first_line` to `last_line`: the lines of the source it comes from, 0 if not known.
    """

    node: str | None
    first_line: int
    last_line: int
    operations: int
    remote_gates: int
    ebits: int
    classical_bits: int
    messages: int


@dataclass(frozen=True, slots=True)
class PrimitiveCost:
    """All uses of one communication primitive. Ebits and bits of entanglement swapping on the
    way stand at the primitive that the long pair serves."""

    name: str
    uses: int
    ebits: int
    classical_bits: int
    messages: int


def first_of_messages(program: DistributedCircuit) -> Column:
    """The first `send` of every message, by row."""
    rows, message = message_of_sends(program)
    _, first = np.unique(message, return_index=True)
    found: Column = rows[first]
    return found


def remote_rows(program: DistributedCircuit) -> Column:
    """The operations of the source with an operand served by a cat copy, by placed row."""
    placed = program.placed
    table = placed.circuit.table
    away = placed.residence != np.repeat(placed.site, table.arity)
    rows = distinct(np.repeat(np.arange(len(table)), table.arity)[away])
    found: Column = rows[~table.codes("barrier")[rows]]
    return found


def layer_costs(program: DistributedCircuit) -> tuple[LayerCost, ...]:
    circuit, table = program.placed.circuit, program.table
    layer = layers_of(circuit)
    n = int(layer.max()) + 1 if len(layer) else 0

    def spread(rows: Column) -> list[int]:
        origin = program.origin[rows]
        counts: list[int] = np.bincount(layer[origin[origin >= 0]], minlength=n).tolist()
        return counts

    plain = ~circuit.table.codes("barrier")
    first, last = _lines(circuit, layer, n)
    node = np.full(n, -1, np.int64)
    node[layer[plain]] = circuit.pin[plain]
    columns = (
        first,
        last,
        np.bincount(layer[plain], minlength=n).tolist(),
        np.bincount(layer[remote_rows(program)], minlength=n).tolist(),
        spread(np.flatnonzero(table.codes("ebit"))),
        spread(np.flatnonzero(table.codes("send"))),
        spread(first_of_messages(program)),
    )
    nodes = program.network.nodes
    names = [nodes[k].name if k >= 0 else None for k in node.tolist()]
    return tuple(LayerCost(names[i], *(column[i] for column in columns)) for i in range(n))


def _lines(circuit: Circuit, layer: Column, n: int) -> tuple[list[int], list[int]]:
    spans = np.array([s.line for s in circuit.table.spans], np.int64)
    known = circuit.table.span >= 0
    first, last = np.full(n, np.iinfo(np.int64).max), np.zeros(n, np.int64)
    lines = spans[circuit.table.span[known]]
    np.minimum.at(first, layer[known], lines)
    np.maximum.at(last, layer[known], lines)
    first[last == 0] = 0
    return first.tolist(), last.tolist()


def served_roles(program: DistributedCircuit) -> Column:
    """The role of every row, that of entanglement swapping replaced by what the pair serves: the
    primitive that goes on with its wires."""
    role, group = program.role.astype(np.int64), program.group
    swaps = np.isin(role, _PAIRS) & (group >= 0)
    if not swaps.any():
        return role
    wire, row = wire_uses(program)
    of_wire = np.full(program.n_wires, -1, np.int64)
    of_wire[wire[swaps[row]]] = group[row[swaps[row]]]
    goes_on = np.flatnonzero(~swaps[row] & (of_wire[wire] >= 0))[::-1]
    serves = np.zeros(int(group.max()) + 1, np.int64)
    serves[of_wire[wire[goes_on]]] = role[row[goes_on]]  # rows descend: the first one stays
    role[swaps] = serves[group[swaps]]
    return role


def primitive_costs(program: DistributedCircuit) -> tuple[PrimitiveCost, ...]:
    """By role, those that are used. A bit that a condition needs elsewhere is a "message"."""
    role, table = served_roles(program), program.table
    send = np.flatnonzero(table.codes("send"))
    ebits = np.bincount(role[table.codes("ebit")], minlength=len(ROLES))
    bits = np.bincount(role[send], minlength=len(ROLES))
    messages = np.bincount(role[first_of_messages(program)], minlength=len(ROLES))
    found = []
    for k, name in enumerate(ROLES):
        mine = program.group[(program.role == k) & (program.group >= 0)]
        uses = int(distinct(mine).size) or int(bits[k])
        if k not in (_LOCAL, *_PAIRS) and uses:
            found.append(PrimitiveCost(name, uses, int(ebits[k]), int(bits[k]), int(messages[k])))
    return tuple(found)
