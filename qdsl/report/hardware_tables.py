"""The programs of the nodes on their devices, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from qdsl.diagnostics.numbers import count, duration, integer
from qdsl.hardware.facts import FORMULA, DeviceFacts
from qdsl.report.data import Report
from qdsl.report.table import ReportTable

_HEADER = (
    "node", "device", "gates", "on two", "depth", "two-qubit depth", "swaps", "fidelity"
)  # fmt: skip
_CAUSES = (
    ("links", "pairs, as they are born"),
    ("memory", "qubits that wait"),
    ("one_qubit_gates", "gates on one qubit"),
    ("two_qubit_gates", "gates on two qubits"),
    ("readout", "measurements on the way"),
    ("final_readout", "measurements at the end, not in the fidelity"),
)


def device_table(report: Report) -> ReportTable:
    """Every node that has a device; no rows where nothing was compiled for one."""
    found = report.hardware
    nodes = () if found is None else found.nodes
    rows = tuple(_row(n) for n in nodes)
    notes = tuple(_note(n) for n in nodes)
    return ReportTable("devices", "Devices", _HEADER, rows, words=2, notes=notes)


def _row(n: DeviceFacts) -> tuple[str, ...]:
    gates = sum(g.count for g in n.gates)
    numbers = (gates, n.two_qubit_gates, n.depth, n.two_qubit_depth, n.swaps)
    return n.node, n.device, *map(integer, numbers), f"{n.fidelity:.4g}"


def _note(n: DeviceFacts) -> str:
    gates = ", ".join(f"{integer(g.count)} {g.name}" for g in n.gates) or "no gates"
    other = f"{count(n.measurements, 'measurement')}, {count(n.resets, 'reset')}"
    return f"{n.node}: {gates}, {other}; {', '.join(_places(n))} of {n.qubits}"


def _places(n: DeviceFacts) -> Iterator[str]:
    for p in n.places:
        moved = f" to {p.last}" if p.last != p.first else ""
        yield f"{p.qubit} at {p.first}{moved}"


def device_error_table(report: Report) -> ReportTable:
    """What goes wrong on the devices and links by cause; no rows where nothing is known."""
    header, title = ("cause", "what goes wrong", "error"), "Errors on the devices by cause"
    found = report.hardware
    if found is None:
        return ReportTable("device_errors", title, header, (), words=2)
    errors = ((name, what, getattr(found.errors, name)) for name, what in _CAUSES)
    rows = tuple((_words(name), what, f"{x:.3g}") for name, what, x in errors if x > 0)
    notes = (
        f"fidelity of the final state {found.fidelity:.4g} to {found.fidelity_at_most:.4g}, "
        f"makespan {duration(found.makespan_ns)} with the devices' times",
        f"by calibration: {FORMULA}",
    )
    return ReportTable("device_errors", title, header, rows, words=2, notes=notes)


def _words(name: str) -> str:
    return {"one_qubit_gates": "one-qubit gates", "two_qubit_gates": "two-qubit gates",
            "readout": "read-out", "final_readout": "final read-out"}.get(name, name)  # fmt: skip
