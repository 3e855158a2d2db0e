"""The program of every node as NetQASM, checked by the `netqasm` package.

NetQASM (Dahlberg et al., Quantum Sci. Technol. 7, 035023, 2022) has no classical messages: they
are the host's, between subroutines. `qdsl.backends.netqasm.text` says what stands in a text.
"""

from __future__ import annotations

from qdsl.backends._angles import Given, bind
from qdsl.backends._readout import settings
from qdsl.backends.netqasm.text import known_numbers, node_text, subroutines
from qdsl.backends.nodes.split import split
from qdsl.backends.nodes.ticket import file_names
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.targets import Target
from qdsl.ir.stages import ScheduledCircuit, Stage

TARGET = Target("netqasm", "NetQASM, a program for every node", ".nqasm")


def emit(stage: Stage, values: Given | None = None) -> dict[str, str]:
    """The texts by node; nodes that do nothing have none. In a node's text are its own values and
    those revealed to it, and no others."""
    if not isinstance(stage, ScheduledCircuit):
        raise Refused("programs of the nodes are made of a scheduled program")
    bind(stage.distributed.values, values if values is not None else {})
    bases = settings(stage.distributed.placed.circuit.outputs)
    programs = [p for p in split(stage, bases) if p.steps or any(p.readings)]
    index = {p.name: k for k, p in enumerate(programs)}
    texts = {p.name: node_text(p, index, known_numbers(p, values or {})) for p in programs}
    for text in texts.values():
        subroutines(text)
    return texts


def emit_files(stage: Stage, values: Given | None = None) -> dict[str, str]:
    """The texts by file name."""
    found = emit(stage, values)
    names = file_names(list(found))
    return {f"{n}{TARGET.suffix}": text for n, text in zip(names, found.values(), strict=True)}


def emit_text(stage: Stage, values: Given | None = None) -> str:
    """All files, one after the other, each under its name."""
    return "\n".join(f"// file {n}\n{text}" for n, text in emit_files(stage, values).items())
