"""Counts of routed programs, and what goes wrong by the devices' calibrations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod

from qdsl.hardware.calibration import Calibration
from qdsl.hardware.facts import (
    CalibratedErrors,
    DeviceFacts,
    DevicePlace,
    GateCount,
    HardwareFacts,
)
from qdsl.hardware.merging import TimedOperation
from qdsl.hardware.native import commands
from qdsl.hardware.routing import RoutedNode
from qdsl.network.network import Network


def facts_of(
    routed: Mapping[int, RoutedNode], operations: Sequence[TimedOperation], network: Network,
    named: Sequence[int],
) -> HardwareFacts:  # fmt: skip
    """`named`: the nodes that have a device."""
    calibrations = {v: Calibration.of(r.device) for v, r in routed.items()}
    losses = list(_losses(routed, operations, network, calibrations))
    causes = {name: 1 - _kept(x for c, _, x in losses if c == name) for name in _CAUSES}
    fidelity = _kept(x for c, _, x in losses if c != "final_readout")
    fails = (16 / 15 * x for c, _, x in losses if c == "two_qubit_gates")
    most = max(fidelity, (1 + _kept(min(x, 1.0) for x in fails)) / 2)
    found = []
    for v in named:
        own = _kept(x for c, w, x in losses if w == v and c not in ("links", "final_readout"))
        found.append(_of_node(routed[v], own))
    end = max((op.end_s for op in operations), default=0.0)
    errors = CalibratedErrors(**causes)
    return HardwareFacts(tuple(found), fidelity, most, round(end * 1e9), errors)


_CAUSES = ("links", "memory", "one_qubit_gates", "two_qubit_gates", "readout", "final_readout")


def _kept(errors: Iterable[float]) -> float:
    return prod((1 - x for x in errors), start=1.0)


def _losses(
    routed: Mapping[int, RoutedNode], operations: Sequence[TimedOperation], network: Network,
    calibrations: Mapping[int, Calibration],
) -> Iterator[tuple[str, int, float]]:  # fmt: skip
    """Cause, node (-1: a link) and error of everything that can go wrong."""
    for op in operations:
        for (v, p), idle in zip(op.places, op.idle_s, strict=True):
            yield "memory", v, calibrations[v].idle_error(p, idle)
        v, qubits = op.places[0][0], [p for _, p in op.places]
        if op.name == "Pair":
            link = network.link_between[v, op.places[1][0]]
            yield "links", -1, 1 - link.pair_state[0]
            continue
        is_final = op.writes is not None and op.writes[1] >= routed[v].program.bits
        cause = "one_qubit_gates" if len(qubits) == 1 else "two_qubit_gates"
        if op.name == "Measure":
            cause = "final_readout" if is_final else "readout"
        yield cause, v, calibrations[v].error(op.name, qubits)


def _of_node(routed: RoutedNode, fidelity: float) -> DeviceFacts:
    from pytket.circuit import Conditional

    names: Counter[str] = Counter()
    wide: list[tuple[int, ...]] = []
    every: list[tuple[object, ...]] = []
    for command in commands(routed.circuit):
        op = command.op.op if isinstance(command.op, Conditional) else command.op
        qubits = tuple(q.index[0] for q in command.qubits)
        if op.type.name == "Barrier":
            continue
        names[op.type.name] += 1
        every.append(tuple(command.args))
        if len(qubits) > 1:
            wide.append(qubits)
    measured, resets = names.pop("Measure", 0), names.pop("Reset", 0)
    gates = tuple(GateCount(n, k) for n, k in sorted(names.items()))
    data = routed.program.data
    places = tuple(
        DevicePlace(f"data[{q}]" if q < data else f"comm[{q - data}]", p, routed.last[q])
        for q, p in sorted(routed.first.items())
    )
    counts = (len(wide), _depth(every), _depth(wide), routed.swaps, measured, resets)
    size = len(routed.device.qubits)
    return DeviceFacts(routed.node, routed.device.name, size, gates, *counts, fidelity, places)


def _depth(operations: Sequence[tuple[object, ...]]) -> int:
    """The longest chain of operations that share qubits or bits."""
    level: dict[object, int] = {}
    for units in operations:
        here = 1 + max((level.get(u, 0) for u in units), default=0)
        level.update(dict.fromkeys(units, here))
    return max(level.values(), default=0)
