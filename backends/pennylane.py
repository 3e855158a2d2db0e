"""Programs as quantum functions of PennyLane, for `qml.QNode`: measurements, `qml.cond`.

The text is the function in Python, and the function is what the text defines. It returns one
measurement for every output: `qml.expval` of an expectation, else `qml.probs` of the qubits that
the output reads in the Z basis, in its order; shots of these are frequencies. Wires are called like
`alice_data[0]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from qdsl.backends._angles import Given, bind
from qdsl.backends._gates import GateProgram, GateStep, gate_program, refuse_conditional
from qdsl.backends._layout import Place
from qdsl.backends._readout import factor_of
from qdsl.backends.tket import z_qubits
from qdsl.diagnostics.extras import library
from qdsl.driver.targets import Target
from qdsl.ir.operations import Kind
from qdsl.ir.stages import Expectation, Stage

TARGET = Target("pennylane", "PennyLane quantum function, as Python", ".py")

_GATES: Final[Mapping[str, str]] = MappingProxyType({
    "X": "qml.X", "Y": "qml.Y", "Z": "qml.Z", "H": "qml.Hadamard", "S": "qml.S", "T": "qml.T",
    "Sdg": "qml.adjoint(qml.S)", "Tdg": "qml.adjoint(qml.T)", "V": "qml.SX",
    "Vdg": "qml.adjoint(qml.SX)", "Rx": "qml.RX", "Ry": "qml.RY", "Rz": "qml.RZ", "CX": "qml.CNOT",
    "CY": "qml.CY", "CZ": "qml.CZ", "CH": "qml.CH", "SWAP": "qml.SWAP", "CRx": "qml.CRX",
    "CRy": "qml.CRY", "CRz": "qml.CRZ", "CCX": "qml.Toffoli", "CSWAP": "qml.CSWAP",
})  # fmt: skip


def emit(stage: Stage, values: Given | None = None) -> Any:
    """The function, a callable without arguments; `function.wires` are the names of its wires."""
    library("pennylane")
    text, names = emit_text(stage, values), dict[str, Any]()
    exec(compile(text, "<qdsl.backends.pennylane>", "exec"), names)
    function = names["circuit"]
    function.wires = names["wires"]
    return function


def emit_text(stage: Stage, values: Given | None = None) -> str:
    """Python that defines `circuit`; `InvalidProgram` (QDM758) if a measurement or a reset depends
    on a bit."""
    has = "PennyLane's measurements and resets depend on nothing."
    refuse_conditional(stage, {Kind.MEASURE, Kind.RESET}, has)
    program = gate_program(stage, values, _GATES)
    wires = [_wire(place) for place in program.qubits()]
    body = [*_lines(program), f"return ({''.join(f'{m}, ' for m in _outputs(program, values))})"]
    return "\n".join([
        "import pennylane as qml", "", f"wires = [{', '.join(wires)}]", "", "",
        "def circuit():", *(f"    {line}" for line in body), "",
    ])  # fmt: skip


def _lines(program: GateProgram) -> Iterator[str]:
    numbers = {place: f"m{k}" for place, k in program.bits().items()}
    read, measured = program.read_bits(), set[Place]()
    for step in program.steps:
        wires = [_wire(place) for place in step.qubits]
        if step.name == "Reset":
            yield f"qml.measure({wires[0]}, reset=True)"
        elif step.writes is not None and step.writes[0] == program.outcome:
            continue  # what the function returns reads it
        elif step.writes is not None:
            measured.add(step.writes)
            to = f"{numbers[step.writes]} = " if step.writes in read else ""
            yield f"{to}qml.measure({wires[0]})"
        elif step.name != "Barrier":
            yield from _gate(step, wires, numbers, measured)


def _gate(
    step: GateStep, wires: list[str], numbers: Mapping[Place, str], measured: set[Place]
) -> Iterator[str]:
    gate = _GATES[step.name]
    arguments = [*(repr(float(a)) for a in step.angles), f"wires=[{', '.join(wires)}]"]
    if step.condition is not None:
        place, value = step.condition
        if place in measured:
            gate = f"qml.cond({numbers[place]} == {value}, {gate})"
        elif value:  # a bit that nothing wrote is 0
            return
    yield f"{gate}({', '.join(arguments)})"


def _outputs(program: GateProgram, values: Given | None) -> Iterator[str]:
    layout = program.layout
    final, named = layout.final_qubit, layout.circuit.values
    flat = bind(named, values if values is not None else {})
    for output in layout.circuit.outputs:
        if not isinstance(output, Expectation):
            wires = ", ".join(_wire(final[q]) for q in z_qubits(output))
            yield f"qml.probs(wires=[{wires}])"
            continue
        factor = factor_of(output, named, flat) if flat is not None else 1.0
        weights, words = [], []
        for term in output.terms:
            weights.append(repr(float(term.coefficient * factor)))
            letters = [f"qml.{letter}({_wire(final[q])})" for q, letter in term.paulis]
            words.append(" @ ".join(letters) or "qml.I(wires[0])")
        yield f"qml.expval(qml.Hamiltonian([{', '.join(weights)}], [{', '.join(words)}]))"


def _wire(place: Place) -> str:
    return f'"{place[0]}[{place[1]}]"'
