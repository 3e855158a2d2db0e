"""What is true of every placed circuit."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands, z_diagonal
from qdsl.ir.operations import OPERATIONS, Kind
from qdsl.ir.rules.occupancy import first_overfull
from qdsl.ir.rules.rule import Flags, Rule, first_operand, first_row, named, outside
from qdsl.ir.stages import PlacedCircuit

Column = npt.NDArray[np.int64]


def _columns(ir: PlacedCircuit) -> str | None:
    wanted = {
        "home": (len(ir.home), ir.circuit.n_qubits),
        "site": (len(ir.site), len(ir.circuit.table)),
        "residence": (len(ir.residence), len(ir.circuit.table.operands)),
    }
    for name, (found, want) in wanted.items():
        if found != want:
            return f"'{name}' has {found} entries, not {want}"
    return None


def _network(ir: PlacedCircuit) -> str | None:
    asked = ir.circuit.network
    return None if asked is None or asked == ir.network else "placed on another network"


def _homes(ir: PlacedCircuit) -> str | None:
    broken = outside(ir.home, 0, len(ir.network.nodes))
    return f"qubit {int(np.argmax(broken))} starts at no node" if broken.any() else None


def _residences(ir: PlacedCircuit) -> str | None:
    broken = outside(ir.residence, 0, len(ir.network.nodes))
    return first_operand(ir.circuit.table, broken, "lives at no node")


def _sites(ir: PlacedCircuit) -> str | None:
    table = ir.circuit.table
    is_barrier = table.codes("barrier")
    broken = np.where(is_barrier, ir.site != -1, outside(ir.site, 0, len(ir.network.nodes)))
    return first_row(table, broken, "happens at no node")


def _pins(ir: PlacedCircuit) -> str | None:
    broken = (ir.circuit.pin >= 0) & (ir.circuit.pin != ir.site)
    return first_row(ir.circuit.table, broken, "does not happen at its pinned node")


def _remote(ir: PlacedCircuit) -> Flags:
    """Beside the operands: served by a copy."""
    site = ir.site[rows_of_operands(ir.circuit.table)]
    remote: Flags = (site >= 0) & (ir.residence != site)
    return remote


def _diagonal(ir: PlacedCircuit) -> str | None:
    table = ir.circuit.table
    return first_operand(table, _remote(ir) & ~z_diagonal(table), "remote and not diagonal")


def _local(ir: PlacedCircuit) -> str | None:
    table = ir.circuit.table
    is_gate = np.array([op.kind is Kind.UNITARY for op in OPERATIONS])
    broken = _remote(ir) & ~is_gate[table.opcode][rows_of_operands(table)]
    return first_operand(table, broken, "not a gate, and its operand is elsewhere")


def _served(ir: PlacedCircuit) -> str | None:
    """Each copy keeps a communication qubit at the site while the operation happens."""
    table = ir.circuit.table
    copies = np.bincount(rows_of_operands(table)[_remote(ir)], minlength=len(table))
    comm = np.array(ir.network.free_comm)
    return first_row(table, (copies > 0) & (copies > comm[ir.site]), "more copies than comm")


def _changes(ir: PlacedCircuit) -> tuple[Column, Column, Column]:
    """(row, from, to) of every change of residence, by row."""
    table = ir.circuit.table
    order = np.argsort(table.operands, kind="stable")
    qubit = table.operands[order]
    now = ir.residence[order].astype(np.int64)
    before = np.empty_like(now)
    before[1:] = now[:-1]
    starts = np.ones(len(order), np.bool_)
    starts[1:] = qubit[1:] != qubit[:-1]
    before[starts] = ir.home[qubit[starts]]
    moved = now != before
    row = rows_of_operands(table)[order][moved].astype(np.int64)
    by_row = np.argsort(row, kind="stable")
    return row[by_row], before[moved][by_row], now[moved][by_row]


def _capacity(ir: PlacedCircuit) -> str | None:
    row, source, target = _changes(ir)
    sizes = np.array([node.qubits for node in ir.network.nodes], np.int64)
    start = np.full(len(ir.home), -1, np.int64)
    node = np.concatenate([ir.home.astype(np.int64), source, target])
    delta = np.concatenate(
        [np.ones(len(ir.home), np.int64), -np.ones_like(source), np.ones_like(target)]
    )
    found = first_overfull(np.concatenate([start, row, row]), node, delta, sizes)
    if found is None:
        return None
    at, where, count = found
    place = "the start" if at < 0 else named(ir.circuit.table, at)
    return f"{place}: {count} qubits live at {ir.network.nodes[where].name}"


def _joined(ir: PlacedCircuit) -> str | None:
    apart = np.array(ir.network.routing.hops, np.int64) < 0
    table = ir.circuit.table
    site = ir.site[rows_of_operands(table)]
    remote = _remote(ir)
    broken = np.zeros(len(site), np.bool_)
    broken[remote] = apart[ir.residence[remote], site[remote]]
    row, source, target = _changes(ir)
    if apart[source, target].any():
        return f"{named(table, int(row[np.argmax(apart[source, target])]))}: moves without a route"
    return first_operand(table, broken, "no route to its site")


PLACED_RULES: Final[tuple[Rule[PlacedCircuit], ...]] = (
    Rule("placement-columns-match", "Homes, sites and residences are complete.", _columns),
    Rule("network-kept", "A circuit is placed on its own network.", _network),
    Rule("homes-in-range", "Every qubit starts at a node.", _homes),
    Rule("residences-in-range", "Every operand resides at a node.", _residences),
    Rule("site-is-a-node", "Every row is executed at a node; barriers at none.", _sites),
    Rule("pin-obeyed", "A pinned row is executed at its pin.", _pins),
    Rule("others-stay-local", "All operands of encodings, measurements, resets and moves are "
         "at their site.", _local),
    Rule("remote-operand-is-diagonal", "A row is diagonal on every operand that is remote.",
         _diagonal),
    Rule("copies-within-communication-qubits", "A row needs no more copies than its site has "
         "communication qubits.", _served),
    Rule("remote-nodes-are-joined", "Moves and copies have a route.", _joined),
    Rule("data-capacity-at-every-time", "No node ever holds more qubits than it has.", _capacity),
)  # fmt: skip
