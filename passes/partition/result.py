"""Writes trajectories down as a placed circuit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qdsl.ir.axes import rows_of_operands
from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit, Nodes, PlacedCircuit
from qdsl.ir.table import TableBuilder
from qdsl.network.network import Network
from qdsl.passes.partition.greedy import Trajectories


def placed(circuit: Circuit, network: Network, found: Trajectories) -> PlacedCircuit:
    """The placed circuit. A relocation of qubits that the next row does not use becomes a
    barrier over them: a row that does nothing, at which residences may change."""
    if not found.relocations:
        return PlacedCircuit(
            circuit, network, _nodes(found.home), _nodes(found.site), _nodes(found.residence)
        )
    return _with_barriers(circuit, network, found)


def _with_barriers(circuit: Circuit, network: Network, found: Trajectories) -> PlacedCircuit:
    table = circuit.table
    builder = TableBuilder(table.words, table.spans)
    site: list[int] = []
    pin: list[int] = []
    residence: list[int] = []
    waiting = list(reversed(found.relocations))
    old_pin = circuit.pin.tolist()
    for row in table:
        while waiting and waiting[-1].before == row.index:
            moved = waiting.pop()
            builder.add(BY_NAME["barrier"].code, moved.qubits, span=row.span)
            residence.extend(moved.nodes)
            site.append(-1)
            pin.append(-1)
        builder.copy(row)
        start = int(table.operand_start[row.index])
        residence.extend(found.residence[start : start + len(row.operands)])
        site.append(found.site[row.index])
        pin.append(old_pin[row.index])
    disclosed = tuple(
        replace(d, before=d.before + sum(r.before < d.before for r in found.relocations))
        for d in circuit.disclosures
    )
    wider = replace(circuit, table=builder.build(), pin=_nodes(pin), disclosures=disclosed)
    return PlacedCircuit(wider, network, _nodes(found.home), _nodes(site), _nodes(residence))


def unplaced(ir: PlacedCircuit) -> tuple[Circuit, Trajectories]:
    """The circuit without the barriers at which qubits move, and where everything happens in it;
    the moves between its rows are left out."""
    table = ir.circuit.table
    kept = ~_is_relocation(ir)
    builder = TableBuilder(table.words, table.spans)
    for row in np.flatnonzero(kept).tolist():
        builder.copy(table.row(row))
    gone = np.append(0, np.cumsum(~kept))
    disclosed = tuple(
        replace(d, before=d.before - int(gone[d.before])) for d in ir.circuit.disclosures
    )
    circuit = replace(
        ir.circuit, table=builder.build(), pin=_nodes(ir.circuit.pin[kept]), disclosures=disclosed
    )
    residence = ir.residence[kept[rows_of_operands(table)]]
    found = Trajectories(ir.home.tolist(), ir.site[kept].tolist(), residence.tolist())
    return circuit, found


def _is_relocation(ir: PlacedCircuit) -> npt.NDArray[np.bool_]:
    """Barriers at which a qubit moves."""
    table = ir.circuit.table
    order = np.argsort(table.operands, kind="stable")
    qubit, now = table.operands[order], ir.residence[order]
    before = np.append(now[:1], now[:-1])
    starts = np.append(True, qubit[1:] != qubit[:-1])[: len(qubit)]
    before[starts] = ir.home[qubit[starts]]
    moves = np.zeros(len(table), np.bool_)
    moves[rows_of_operands(table)[order][now != before]] = True
    return moves & table.codes("barrier")


def with_names(ir: PlacedCircuit, number: npt.NDArray[np.int64]) -> PlacedCircuit:
    """A placement of a circuit whose qubit q was called number[q], with the source's names."""
    circuit = with_numbers(ir.circuit, np.argsort(number))
    return replace(ir, circuit=circuit, home=_nodes(ir.home[number]))


def with_numbers(ir: Circuit, number: npt.NDArray[np.int64]) -> Circuit:
    """A circuit whose qubit q is called number[q]."""
    operands = number[ir.table.operands].astype(np.int32)
    operands.flags.writeable = False
    return replace(ir, table=replace(ir.table, operands=operands))


def beginning(ir: PlacedCircuit, rows: int) -> PlacedCircuit:
    """The first so many rows of a placed circuit."""
    if len(ir.circuit.table) <= rows:
        return ir
    disclosed = tuple(d for d in ir.circuit.disclosures if d.before <= rows)
    table = ir.circuit.table.first(rows)
    circuit = replace(ir.circuit, table=table, pin=ir.circuit.pin[:rows], disclosures=disclosed)
    return replace(
        ir, circuit=circuit, site=ir.site[:rows], residence=ir.residence[: len(table.operands)]
    )


def _nodes(values: npt.ArrayLike) -> Nodes:
    column: npt.NDArray[np.int16] = np.array(values, np.int16)
    column.flags.writeable = False
    return column
