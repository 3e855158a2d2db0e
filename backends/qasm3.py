"""Programs as OpenQASM 3 text, written by Qiskit's exporter: the whole network in one file."""

from __future__ import annotations

from qdsl.backends._angles import Given
from qdsl.backends._layout import lay_out
from qdsl.backends.qiskit import emit as emit_qiskit
from qdsl.driver.targets import Target
from qdsl.ir.stages import Circuit, PlacedCircuit, Stage

TARGET = Target("qasm3", "OpenQASM 3, all nodes in one program", ".qasm")


def emit(stage: Stage, values: Given | None = None) -> str:
    """The text; Z-basis outputs are measured into bit register `outcome`."""
    from qiskit import qasm3

    program: str = qasm3.dumps(emit_qiskit(stage, values))
    version, _, body = program.partition("\n")
    return "\n".join([version, *header(stage), body])


def emit_text(stage: Stage, values: Given | None = None) -> str:
    return emit(stage, values)


def header(stage: Stage, has_bits: bool = True) -> list[str]:
    """Comment lines that say which registers belong to which node, those of bits if wanted."""
    layout = lay_out(stage)
    lines = [f"// {one_line(layout.circuit.name)}"]
    if isinstance(stage, Circuit | PlacedCircuit):
        return lines
    registers = [*layout.qubit_registers, *(layout.bit_registers if has_bits else ())]
    for name, node in zip(layout.nodes, stage.network.nodes, strict=True):
        own = [f"{r}[{n}]" for r, n in registers if r.rpartition("_")[0] == name]
        lines.append(f"// node {one_line(node.name)}: {', '.join(own) or 'nothing'}")
    return lines


def one_line(name: str) -> str:
    """Names come from the user: none may end the comment it stands in."""
    return "".join(c if c.isprintable() else "?" for c in name)
