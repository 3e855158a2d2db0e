"""Nodes and links from their figures, whether these stand in a program or in a file."""

from __future__ import annotations

from dataclasses import replace

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.diagnostics.reported import Refusal
from qdsl.diagnostics.source import Span
from qdsl.language import syntax
from qdsl.language.networks.errors import InvalidProperty, UnknownPreset
from qdsl.language.networks.network_properties import Figures
from qdsl.language.networks.presets import PRESETS
from qdsl.language.syntax.spelling import closest
from qdsl.network.network import Link, Node

MAX_NODES = 1_000  # tables of routes take n^2
MAX_LINKS = 1_000_000
MAX_QUBITS = 10_000_000  # of all nodes, data and communication


def node_of(name: str, span: Span, figures: Figures, problems: Diagnostics) -> Node:
    """A node from its figures; `qubits` has to be among them."""
    if "qubits" not in figures.values and "qubits" not in figures.wrong:
        problems.add(InvalidProperty(span, "qubits", "write `{ qubits 8 }`, for example"))
    every = figures.time_ns("gate_time") or 0
    times = (
        figures.time_ns("one_qubit_time", every),
        figures.time_ns("two_qubit_time", every),
        figures.time_ns("readout_time", every),
    )
    return Node(
        name,
        figures.count("qubits", 0),
        figures.count("comm", 2),
        figures.values.get("gate_fidelity", 1.0),
        times,
    )


def link_of(a: int, b: int, figures: Figures, preset: syntax.Name | None = None) -> Link:
    """A link from its figures, on top of a preset's if one is named."""
    link = Link(min(a, b), max(a, b))
    if preset is not None:
        found = PRESETS.get(preset.id)
        if found is None:
            known = tuple(PRESETS)
            raise Refusal(UnknownPreset(preset.span, preset.id, known, closest(preset.id, known)))
        link = replace(
            link,
            fidelity=found.fidelity,
            rate_hz=found.rate_hz,
            preset=found.name,
            source=f"{found.kind}: {found.source} ({found.date})",
        )
    return replace(
        link,
        fidelity=figures.values.get("fidelity", link.fidelity),
        rate_hz=figures.values.get("rate", link.rate_hz),
        latency_ns=figures.time_ns("latency"),
    )
