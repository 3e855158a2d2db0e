"""Stages with their nodes in another order.

Searches break ties by the numbers of nodes. So that the order in which nodes and links are declared
does not decide, a pass works on its input with the nodes in the circuit's `node_order`, and gives
its result with the nodes as declared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from qdsl.ir.stages import (
    Circuit,
    DistributedCircuit,
    Nodes,
    Output,
    PlacedCircuit,
    Sample,
    ScheduledCircuit,
)
from qdsl.network.network import inverse

Before = TypeVar("Before", Circuit, PlacedCircuit, DistributedCircuit)
After = TypeVar("After", PlacedCircuit, DistributedCircuit, ScheduledCircuit)


def in_node_order(work: Callable[[Before], After], stage: Before) -> After:
    """What `work` makes of a stage whose nodes are in the circuit's order; nodes as declared
    again."""
    order = _circuit_of(stage).node_order
    n = 0 if order is None else len(order)
    if order is None or order == tuple(range(n)):
        return work(stage)
    return as_declared(work(_ordered(stage, order, tuple(range(n)))), order)


def as_declared(stage: After, order: tuple[int, ...] | None) -> After:
    """A stage whose nodes are in this order, with its nodes as declared again; None: they are."""
    declared: After = stage if order is None else _ordered(stage, inverse(order), order)
    return declared


def ordered_circuit(
    ir: Circuit, order: tuple[int, ...], known: tuple[int, ...] | None = None
) -> Circuit:
    """The circuit on its network with the nodes in this order: node k of it is `order[k]` here.
    `known`: its `node_order`."""
    if ir.network is None:
        return replace(ir, node_order=known)
    place = inverse(order)
    told = (replace(d, owner=place[d.owner] if d.owner >= 0 else d.owner, to=place[d.to])
            for d in ir.disclosures)  # fmt: skip
    return replace(
        ir,
        network=ir.network.in_order(order),
        pin=_renumbered(ir.pin, place),
        disclosures=tuple(told),
        outputs=tuple(_output(output, place) for output in ir.outputs),
        node_order=known,
    )


def _circuit_of(stage: Circuit | PlacedCircuit | DistributedCircuit) -> Circuit:
    if isinstance(stage, DistributedCircuit):
        stage = stage.placed
    return stage.circuit if isinstance(stage, PlacedCircuit) else stage


def _ordered(stage: Any, order: tuple[int, ...], known: tuple[int, ...]) -> Any:
    """A stage of any kind, as `ordered_circuit`."""
    place = inverse(order)
    match stage:
        case Circuit():
            return ordered_circuit(stage, order, known)
        case PlacedCircuit():
            columns = _columns(stage, place, "home", "site", "residence")
            circuit, network = _ordered(stage.circuit, order, known), stage.network.in_order(order)
            return replace(stage, circuit=circuit, network=network, **columns)
        case DistributedCircuit():
            columns = _columns(stage, place, "wire_node", "bit_node")
            return replace(stage, placed=_ordered(stage.placed, order, known), **columns)
        case ScheduledCircuit():
            return replace(stage, distributed=_ordered(stage.distributed, order, known))
    raise TypeError(type(stage).__name__)


def _columns(stage: Any, place: tuple[int, ...], *names: str) -> dict[str, Any]:
    return {name: _renumbered(getattr(stage, name), place) for name in names}


def _output(output: Output, place: tuple[int, ...]) -> Output:
    if isinstance(output, Sample) and output.to is not None:
        return replace(output, to=place[output.to])
    return output


def _renumbered(nodes: Nodes, place: tuple[int, ...]) -> Nodes:
    """No node, -1, stays none."""
    column: Nodes = np.array((*place, -1), np.int16)[nodes]
    column.flags.writeable = False
    return column
