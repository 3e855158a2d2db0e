"""What is true of every distributed circuit: wires, pairs and capacity."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.lifetimes import lifetimes, wire_uses
from qdsl.ir.operations import BY_NAME
from qdsl.ir.primitives import Effect
from qdsl.ir.rules import messages, privacy, tables
from qdsl.ir.rules.occupancy import first_overfull
from qdsl.ir.rules.rule import Rule, first_operand, first_row, named, outside
from qdsl.ir.stages import ROLES, DistributedCircuit, roles_of

Column = npt.NDArray[np.int64]
_COPIES: Final = roles_of(Effect.COPY)


def _columns(ir: DistributedCircuit) -> str | None:
    n = len(ir.table)
    wanted = {"origin": n, "role": n, "group": n, "home_wire": ir.placed.circuit.n_qubits,
              "final_wire": ir.placed.circuit.n_qubits, "wire_is_comm": ir.n_wires,
              "source_bit": ir.placed.circuit.n_bits}  # fmt: skip
    for name, count in wanted.items():
        if len(getattr(ir, name)) != count:
            return f"'{name}' has {len(getattr(ir, name))} entries, not {count}"
    return tables.columns_match(ir.table)


def _origins(ir: DistributedCircuit) -> str | None:
    broken = outside(ir.origin, 0, len(ir.placed.circuit.table))
    return first_row(ir.table, broken, "comes from no row of the placed circuit")


def _roles(ir: DistributedCircuit) -> str | None:
    local = ir.role == ROLES.index("local")
    broken = outside(ir.role, 0, len(ROLES)) | (local != (ir.group == -1))
    return first_row(ir.table, broken, "its role and group do not fit")


def _places(ir: DistributedCircuit) -> str | None:
    n = len(ir.network.nodes)
    if outside(ir.wire_node, 0, n).any():
        return f"wire {int(np.argmax(outside(ir.wire_node, 0, n)))} is at no node"
    if outside(ir.bit_node, 0, n).any():
        return f"bit {int(np.argmax(outside(ir.bit_node, 0, n)))} is at no node"
    return None


def _operands(ir: DistributedCircuit) -> str | None:
    table = ir.table
    is_send = np.repeat(table.codes("send"), table.arity)
    limit = np.where(is_send, len(ir.bit_node), ir.n_wires)
    broken = (table.operands < 0) | (table.operands >= limit)
    return first_operand(table, broken, "no such wire or bit")


def _spans(ir: DistributedCircuit) -> str | None:
    """One node for all wires of a row."""
    table = ir.table
    free = table.codes("ebit", "barrier", "send")
    first = table.operands[np.minimum(table.operand_start[:-1], len(table.operands) - 1)]
    home = np.where(free, 0, ir.wire_node[np.where(free, 0, first)]) if ir.n_wires else first
    wires = np.where(np.repeat(free, table.arity), 0, table.operands)
    broken = ~np.repeat(free, table.arity) & (ir.wire_node[wires] != np.repeat(home, table.arity))
    return first_operand(table, broken, "a gate between two nodes")


def _sources(ir: DistributedCircuit) -> str | None:
    for name, wires in (("home", ir.home_wire), ("final", ir.final_wire)):
        if outside(wires, 0, ir.n_wires).any() or len(set(wires.tolist())) != len(wires):
            return f"the {name} wires are not one a qubit"
        if ir.wire_is_comm[wires].any():
            return f"a {name} wire is a communication qubit"
    wrong = ir.wire_node[ir.home_wire] != ir.placed.home
    return f"qubit {int(np.argmax(wrong))} does not start at home" if wrong.any() else None


def _pair_wires(ir: DistributedCircuit) -> tuple[Column, Column]:
    rows = np.flatnonzero(ir.table.codes("ebit"))
    first = ir.table.operand_start[rows]
    return rows, ir.table.operands[np.stack([first, first + 1], 1)].astype(np.int64)


def _linked(ir: DistributedCircuit) -> str | None:
    n = len(ir.network.nodes)
    is_link = np.zeros((n, n), np.bool_)
    for a, b in ir.network.link_between:
        is_link[a, b] = True
    rows, wires = _pair_wires(ir)
    nodes = ir.wire_node[wires]
    broken = np.zeros(len(ir.table), np.bool_)
    broken[rows] = ~is_link[nodes[:, 0], nodes[:, 1]]
    return first_row(ir.table, broken, "no link joins these nodes")


def _fresh(ir: DistributedCircuit) -> str | None:
    """Pairs and communication wires: each begins with the other."""
    first, _ = lifetimes(ir)
    rows, wires = _pair_wires(ir)
    born = np.full(ir.n_wires, -2, np.int64)
    born[wires] = rows[:, None]
    broken = np.zeros(len(ir.table), np.bool_)
    broken[rows] = (~ir.wire_is_comm[wires] | (first[wires] != rows[:, None])).any(1)
    found = first_row(ir.table, broken, "a pair on a wire in use, or on a data qubit")
    orphan = ir.wire_is_comm & (born != first)
    if found is None and orphan.any():
        return f"communication wire {int(np.argmax(orphan))} does not begin with a pair"
    return found


def _consumed(ir: DistributedCircuit) -> str | None:
    """The last row of a communication wire measures it or swaps it with a fresh data wire;
    no earlier row measures it, resets it or swaps it."""
    table = ir.table
    first, last = lifetimes(ir)
    wire, row = wire_uses(ir)
    on_comm = ir.wire_is_comm[wire]
    wire, row = wire[on_comm], row[on_comm]
    code = table.opcode[row]
    is_measure = code == BY_NAME["measure"].code
    is_swap = (code == BY_NAME["swap"].code) & (table.arity[row] == 2) & (table.cond[row] < 0)
    start = table.operand_start[row]
    other = np.where(
        is_swap,
        table.operands[start]
        + table.operands[np.minimum(start + 1, len(table.operands) - 1)]
        - wire,
        wire,
    )
    is_swap &= ~ir.wire_is_comm[other] & (first[other] == row)
    ends = (is_measure & (table.cond[row] < 0)) | is_swap | (code == BY_NAME["reset"].code)
    is_last = row == last[wire]
    broken = np.zeros(len(table), np.bool_)
    broken[row[ends != is_last]] = True
    return first_row(table, broken, "a half of a pair is not consumed exactly once")


def gates_of_copies(ir: DistributedCircuit) -> Column:
    """What the ebit of every wire that is half of a pair serves: gates of the source on it, and
    copies that are made from it (in the primitive's gate of two wires the root is the first)."""
    is_local = np.repeat(ir.role == ROLES.index("local"), ir.table.arity)
    wires = ir.table.operands[is_local & ~np.repeat(ir.table.codes("barrier"), ir.table.arity)]
    pairs = np.flatnonzero(np.isin(ir.role, _COPIES) & (ir.table.arity == 2))
    pairs = pairs[~ir.table.codes("ebit", "send")[pairs]]
    roots = ir.table.operands[ir.table.operand_start[pairs]]
    served = np.bincount(np.concatenate([wires, roots]), minlength=ir.n_wires).astype(np.int64)
    served[~ir.wire_is_comm] = 0
    return served


def _lifetime(ir: DistributedCircuit) -> str | None:
    served = gates_of_copies(ir)
    worn = served > ir.gates_per_ebit
    if not ir.gates_per_ebit or not worn.any():
        return None
    wire = int(np.argmax(worn))
    return f"the ebit of wire {wire} serves {served[wire]} times, not {ir.gates_per_ebit} at most"


def _ends(ir: DistributedCircuit) -> str | None:
    """A data wire whose qubit goes on elsewhere ends with a measurement."""
    _, last = lifetimes(ir)
    leaves = ~ir.wire_is_comm & (last < len(ir.table))
    measures = np.append(ir.table.codes("measure"), False)
    broken = leaves & ~measures[last]
    return f"data wire {int(np.argmax(broken))} is left unmeasured" if broken.any() else None


def _overfull(ir: DistributedCircuit, is_comm: bool) -> str | None:
    first, last = lifetimes(ir)
    used = (ir.wire_is_comm == is_comm) & (last >= first)
    n = int(used.sum())
    node = ir.wire_node[used].astype(np.int64)
    size = ir.network.free_comm if is_comm else [v.qubits for v in ir.network.nodes]
    found = first_overfull(
        np.concatenate([first[used], last[used] + 1]),
        np.tile(node, 2),
        np.repeat(np.array([1, -1], np.int64), n),
        np.array(size, np.int64),
    )
    if found is None:
        return None
    when, where, count = found
    at = "the start" if when < 0 else named(ir.table, when)
    return f"{at}: {count} in use at {ir.network.nodes[where].name}, which has {size[where]}"


def _bits_of_source(ir: DistributedCircuit) -> str | None:
    broken = outside(ir.source_bit, -1, len(ir.bit_node))
    if broken.any():
        return f"source bit {int(np.argmax(broken))} is held by no bit"
    held = ir.source_bit[ir.source_bit >= 0].tolist()
    return "two source bits are held by one bit" if len(set(held)) < len(held) else None


DISTRIBUTED_RULES: Final[tuple[Rule[DistributedCircuit], ...]] = (
    Rule("program-columns-match", "All columns have one entry per row, wire or qubit.", _columns),
    Rule("program-operation-known", "Every row is a known operation; there are no moves left.",
         lambda ir: tables.operation_known(ir.table, "move")),
    Rule("origin-in-range", "Every row comes from a row of the placed circuit.", _origins),
    Rule("role-fits-group", "Rows of a primitive have a group, local ones have none.", _roles),
    Rule("wires-and-bits-at-nodes", "Every wire and bit is at a node.", _places),
    Rule("program-attr-valid", "Words, bits and data belong to the program.", lambda ir:
         tables.attr_valid(ir.table, len(ir.bit_node), len(ir.values.references))),
    Rule("program-arity-matches", "A row has the operands that its operation takes.",
         lambda ir: tables.arity_matches(ir.table)),
    Rule("wires-in-range", "Operands are wires, or bits for messages.", _operands),
    Rule("wires-distinct", "No wire occurs twice in a row.",
         lambda ir: tables.operands_distinct(ir.table)),
    Rule("program-angles-in-range", "Angles are expressions of the program.",
         lambda ir: tables.angles_in_range(ir.table, ir.values)),
    Rule("program-conditions-in-range", "Conditions are on bits of the program.",
         lambda ir: tables.conditions_in_range(ir.table, len(ir.bit_node))),
    Rule("source-wires-consistent", "Every qubit starts at its home, on data wires.", _sources),
    Rule("source-bits-in-range", "Every source bit has its own bit, or was never "
         "written.", _bits_of_source),
    Rule("no-gate-spans-nodes", "All wires of a row are at one node, except for "
         "pairs and barriers.", _spans),
    Rule("ebit-joins-linked-nodes", "A pair is generated over one link.", _linked),
    Rule("ebit-on-fresh-communication-wires", "A communication wire begins with a pair, and "
         "with nothing else.", _fresh),
    Rule("every-ebit-consumed-once", "Both halves end, once, in a measurement or a swap into a "
         "fresh data qubit.", _consumed),
    Rule("ebit-within-lifetime", "No ebit serves more gates and further "
         "copies than the limit.", _lifetime),
    Rule("left-data-qubits-measured", "A data wire that is vacated ends in a measurement.", _ends),
    Rule("classical-bit-written-once", "A bit is written by one measurement or message.",
         messages.written_once),
    Rule("classical-bit-sent-before-use", "Conditions and messages read bits written before.",
         messages.sent_before_use),
    Rule("classical-bit-known-where-used", "A condition is known at its gate's node; a "
         "measurement is known where it happens.", messages.known_where_used),
    Rule("private-value-stays-home", "A private value is used by its owner, or where it was "
         "disclosed before.", privacy.stays_home),
    Rule("communication-qubits-within-capacity", "In program order no node uses more "
         "communication qubits than it has.", lambda ir: _overfull(ir, True)),
    Rule("data-qubits-within-capacity", "In program order no node uses more data qubits than it "
         "has.", lambda ir: _overfull(ir, False)),
)  # fmt: skip
