"""Tapes and QNodes of PennyLane as OpenQASM."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from math import isfinite
from typing import Any

from qdsl.interchange.outputs import ImportedOutput, Term

MOST_DECOMPOSED = 5  # wires of an observable that is given as a matrix
IMAGINARY = 1e-10  # what rounding leaves of the factors of one

_GLOBAL_PHASE = re.compile(r"^gphase\([^;]*;\n", re.MULTILINE)
_REGISTER = re.compile(r"^creg c\[\d+\];", re.MULTILINE)
_MEASURED = re.compile(r"^measure q\[(\d+)\] -> c\[\1\];\n?", re.MULTILINE)
_DECIDED = re.compile(r"^if\s*\((\w+\[\d+\])==1\)", re.MULTILINE)

_KINDS = {
    "ExpectationMP": "expect",
    "ProbabilityMP": "probability",
    "CountsMP": "sample",
    "SampleMP": "sample",
}
_NAMED = {  # gates that OpenQASM has, by PennyLane's names
    "CNOT", "CZ", "U3", "U2", "U1", "Identity", "PauliX", "PauliY", "PauliZ", "Hadamard", "S", "T",
    "Adjoint(S)", "Adjoint(T)", "RX", "RY", "RZ", "CRX", "CRY", "CRZ", "SWAP", "Toffoli", "CSWAP",
    "PhaseShift",
}  # fmt: skip


def written(circuit: Any) -> str:
    """OpenQASM 2, or 3 where a bit decides, that measures what `counts`, `sample` or `probs` names,
    in that order: all wires where they name none, as PennyLane orders them. Global phases are left
    out.

    ValueError for a QNode with arguments and for other measurements, such as `expval`: they are no
    outcomes, and PennyLane would measure them by turning the qubits first.
    """
    tape = tape_of(circuit)
    measured = _measured(tape)
    return _text(tape, [*measured, *(w for w in tape.wires if w not in measured)], len(measured))


def written_with_outputs(circuit: Any) -> tuple[str, tuple[ImportedOutput, ...]]:
    """The same where all measurements are outcomes. Where one is `expval`, OpenQASM without the
    measurements at the end, and these as outputs: expectations, probabilities and samples."""
    tape = tape_of(circuit)
    if all(type(process).__name__ != "ExpectationMP" for process in tape.measurements):
        return written(tape), ()
    order = _all(tape)
    at = {wire: k for k, wire in enumerate(order)}
    return _text(tape, order, 0), tuple(_output(p, order, at) for p in tape.measurements)


def tape_of(circuit: Any) -> Any:
    """The tape itself, or that of a QNode."""
    import pennylane  # type: ignore[import-not-found, unused-ignore]

    if hasattr(circuit, "measurements"):
        return circuit
    try:
        return pennylane.workflow.construct_tape(circuit)()
    except TypeError as problem:
        if not _wants_arguments(circuit):
            raise
        raise ValueError(
            f"{problem}; give the tape of a QNode with arguments, "
            "`pennylane.workflow.construct_tape(qnode)(...)`"
        ) from problem


def _wants_arguments(qnode: Any) -> bool:
    try:
        signature(qnode.func).bind()
    except (AttributeError, TypeError, ValueError):
        return True
    return False


def _text(tape: Any, order: list[Any], measured: int) -> str:
    """The first `measured` wires are measured at the end."""
    import pennylane

    operations, wanted = _conditions(tape.operations)
    bare = pennylane.tape.QuantumScript(operations, [pennylane.counts(wires=order or None)])
    text = str(pennylane.to_openqasm(bare, pennylane.wires.Wires(order), rotations=False))
    register = f"creg c[{measured}];" if measured else ""
    text = _REGISTER.sub(register, _GLOBAL_PHASE.sub("", text))
    text = _MEASURED.sub(lambda m: m[0] if int(m[1]) < measured else "", text)
    if wanted:  # of single bits, as OpenQASM 3 alone has them
        values = iter(wanted)
        text = _DECIDED.sub(lambda m: f"if({m[1]}=={next(values)})", text)
        text = text.replace("OPENQASM 2.0;", "OPENQASM 3.0;").replace("qelib1", "stdgates")
    return text


def _conditions(operations: Sequence[Any]) -> tuple[list[Any], list[int]]:
    """Operations whose conditions are a bit as it was measured and one gate that OpenQASM has, as
    PennyLane writes them, and the value that each of these conditions asks for.

    ValueError for a condition on several bits."""
    import pennylane

    found: list[Any] = []
    wanted: list[int] = []
    for operation in operations:
        if type(operation).__name__ != "Conditional":
            found.append(operation)
            continue
        asked = operation.meas_val
        if len(asked.measurements) != 1:
            raise ValueError(
                f"a condition on {len(asked.measurements)} measured bits has no form in OpenQASM "
                "that PennyLane writes: nest the conditions, or write the circuit in QDM"
            )
        values = [branch[0] for branch, holds in asked.items() if holds]
        gates = list(_named(operation.base))
        if len(values) == 2:
            found += gates
        elif values:
            bit = pennylane.ops.MeasurementValue(asked.measurements)
            found += [pennylane.ops.Conditional(bit, gate) for gate in gates]
            wanted += [int(values[0])] * len(gates)
    return found, wanted


def _named(gate: Any) -> Iterator[Any]:
    """A gate under a condition by gates of OpenQASM; phases of a whole branch are left out."""
    if gate.name == "GlobalPhase":
        return
    if gate.name in _NAMED or not gate.has_decomposition:
        yield gate
        return
    for part in gate.decomposition():
        yield from _named(part)


# ---- measurements ------------------------------------------------------------------------


def _output(process: Any, order: list[Any], at: Mapping[Any, int]) -> ImportedOutput:
    """A measurement beside an expectation."""
    kind = _KINDS.get(type(process).__name__)
    if kind is None or (kind != "expect" and _is_turned(process)):
        raise ValueError(
            f"{process} is no output of QDM: beside expval() there may be counts(), sample() or "
            "probs() of wires"
        )
    if kind == "expect":
        return ImportedOutput(kind, tuple(_terms(process, at)))
    return ImportedOutput(kind, qubits=tuple(at[w] for w in (process.wires or order)))


def _terms(process: Any, at: Mapping[Any, int]) -> Iterator[Term]:
    """The observable as a sum of Pauli words, in its own order."""
    import pennylane

    observable = process.obs
    if observable is None:
        raise ValueError(
            f"{process} is of what was measured on the way: give the observable on its wires, such "
            "as expval(Z(0))"
        )
    found = observable.pauli_rep
    if found is None:
        if len(observable.wires) > MOST_DECOMPOSED or not observable.has_matrix:
            raise ValueError(
                f"the observable {observable} is no sum of Pauli words, and no matrix on up to "
                f"{MOST_DECOMPOSED} wires"
            )
        wires = observable.wires
        matrix = pennylane.matrix(observable, wire_order=wires)
        found = pennylane.pauli_decompose(matrix, wire_order=wires, pauli=True)
    for word, factor in found.items():
        number = complex(factor)
        if not isfinite(number.real) or abs(number.imag) > IMAGINARY:
            raise ValueError(f"the observable {observable} has the factor {factor}: give real ones")
        letters = sorted((at[wire], letter) for wire, letter in word.items())
        yield number.real, tuple((letter, qubit) for qubit, letter in letters)


def _measured(tape: Any) -> list[Any]:
    """The wires that are measured, in the order of the outcome."""
    found: list[Any] = []
    for process in tape.measurements:
        kind = type(process).__name__
        if kind not in ("CountsMP", "SampleMP", "ProbabilityMP") or _is_turned(process):
            raise ValueError(
                f"{process} is no outcome of its qubits: end with counts(), sample() or probs(), "
                "or write the observable in QDM"
            )
        found += process.wires
    return list(dict.fromkeys(found)) or _all(tape)


def _is_turned(process: Any) -> bool:
    return process.obs is not None or process.mv is not None


def _all(tape: Any) -> list[Any]:
    """All wires as a device without wires of its own has them: 0 to n - 1 by number, other labels
    as the tape comes to them."""
    wires = list(tape.wires)
    is_numbered = all(isinstance(w, int) for w in wires) and set(wires) == set(range(len(wires)))
    return sorted(wires) if is_numbered else wires
