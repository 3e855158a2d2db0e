"""Programs as OpenQASM 3 text, written by Qiskit's exporter: the whole network in one file."""

from __future__ import annotations

from qdsl.backends._angles import Given
from qdsl.backends._layout import lay_out
from qdsl.backends.qiskit import emit as emit_qiskit
from qdsl.backends.tket import z_qubits
from qdsl.driver.targets import Target
from qdsl.ir.stages import Circuit, PlacedCircuit, Stage

SHOWN = 8  # runs of qubits in a comment
TARGET = Target("qasm3", "OpenQASM 3, all nodes in one program", ".qasm")


def emit(stage: Stage, values: Given | None = None) -> str:
    """The text; Z-basis outputs are measured into bit register `outcome`."""
    circuit = emit_qiskit(stage, values)
    from qiskit import qasm3

    program: str = qasm3.dumps(circuit)
    version, _, body = program.partition("\n")
    return "\n".join([version, *header(stage), body])


def emit_text(stage: Stage, values: Given | None = None) -> str:
    return emit(stage, values)


def header(stage: Stage, has_bits: bool = True) -> list[str]:
    """Comment lines that say which registers belong to which node, those of bits if wanted, and
    which qubits the bits of the outcome are read from."""
    layout = lay_out(stage)
    lines = [f"// {one_line(layout.circuit.name)}", *_order(layout.circuit)]
    if isinstance(stage, Circuit | PlacedCircuit):
        return lines
    registers = [*layout.qubit_registers, *(layout.bit_registers if has_bits else ())]
    for name, node in zip(layout.nodes, stage.network.nodes, strict=True):
        own = [f"{r}[{n}]" for r, n in registers if r.rpartition("_")[0] == name]
        lines.append(f"// node {one_line(node.name)}: {', '.join(own) or 'nothing'}")
    return lines


def _order(circuit: Circuit) -> list[str]:
    """The order of the outcome's bits; several qubits of a register in a row as its ends."""
    read = sorted({q for output in circuit.outputs for q in z_qubits(output)})
    runs: list[list[int]] = []
    for q in read:
        follows = bool(runs) and q == runs[-1][-1] + 1 and _register(circuit, q - 1, q)
        runs[-1:] = [[*runs[-1], q]] if follows else [*runs[-1:], [q]]
    names = [
        one_line(circuit.short_name(r[0]))
        + (f" to {one_line(circuit.short_name(r[-1]))}" if len(r) > 1 else "")
        for r in runs
    ]
    said = "// outcome, from bit 0 on: " + ", ".join(names[:SHOWN])
    more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return [said + more + "; bit 0 is the last one that Qiskit prints"] if read else []


def _register(circuit: Circuit, a: int, b: int) -> bool:
    """Whether two qubits are of one register."""
    return any(r.first <= a and b < r.first + r.size for r in circuit.registers)


def one_line(name: str) -> str:
    """Names come from the user: none may end the comment it stands in."""
    return "".join(c if c.isprintable() else "?" for c in name)
