"""Circuits of other libraries as OpenQASM."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from qdsl.diagnostics.extras import require
from qdsl.diagnostics.request_error import Refused
from qdsl.interchange.outputs import ImportedOutput

_REGISTER = re.compile(r"^\s*(?:qreg|qubit)\b", re.MULTILINE)


class UnknownCircuit(Refused):
    """Something is no circuit of a library that is known here, or cannot be said in OpenQASM."""


def openqasm(circuit: Any) -> str:
    """OpenQASM of a circuit of Qiskit, pytket, Cirq, PennyLane or stim; text that is OpenQASM
    already is taken as it is.

    Qiskit's are OpenQASM 3, with what is measured and decided on the way; pytket's are where they
    decide, or where OpenQASM 2 lacks a gate, and so are Cirq's; PennyLane's are OpenQASM 2, stim's
    3. Gates that none of these can say are defined by the library first. `UnknownCircuit` for
    anything else; it names what cannot be said.
    """
    return str(_of_library(circuit, _WRITERS))


def openqasm_and_outputs(circuit: Any) -> tuple[str, tuple[ImportedOutput, ...]]:
    """The same, and what the circuit returns in place of its bits: the measurements of a circuit of
    PennyLane with `expval`, nothing of others."""
    found = _of_library(circuit, {**_WRITERS, "pennylane": _of_pennylane_with_outputs})
    return (found, ()) if isinstance(found, str) else found


def _of_library(circuit: Any, writers: Mapping[str, Callable[[Any], Any]]) -> Any:
    if isinstance(circuit, str):
        return circuit
    library = type(circuit).__module__.partition(".")[0]
    writer = writers.get(library)
    if writer is None:
        raise UnknownCircuit(
            f"a {type(circuit).__name__} is no circuit of Qiskit, pytket, Cirq, PennyLane or "
            "stim, no OpenQASM text and no path"
        )
    try:
        found = writer(circuit)
    except Exception as problem:
        is_said = isinstance(problem, Refused | ValueError | NotImplementedError | TypeError)
        said = problem if is_said else repr(problem)
        raise UnknownCircuit(f"{library} cannot write this as OpenQASM: {said}") from problem
    text = found if isinstance(found, str) else found[0]
    if not _REGISTER.search(text):
        raise UnknownCircuit(f"this {type(circuit).__name__} of {library} has no qubits")
    return found


def _of_qiskit(circuit: Any) -> str:
    from qiskit import qasm3

    from qdsl.interchange.qiskit_circuits import writable

    return str(qasm3.dumps(writable(circuit)))


def _of_pytket(circuit: Any) -> str:
    from qdsl.interchange.pytket_circuits import written

    return written(circuit)


def _of_cirq(circuit: Any) -> str:
    from qdsl.interchange.cirq_circuits import written

    return written(circuit)


def _of_pennylane(circuit: Any) -> str:
    from qdsl.interchange.pennylane_circuits import written

    return written(circuit)


def _of_pennylane_with_outputs(circuit: Any) -> tuple[str, tuple[ImportedOutput, ...]]:
    from qdsl.interchange.pennylane_circuits import written_with_outputs

    return written_with_outputs(circuit)


def _of_stim(circuit: Any) -> str:
    from qdsl.interchange.stim_circuits import written

    return written(circuit)


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "qiskit": _of_qiskit,
    "pytket": _of_pytket,
    "cirq": _of_cirq,
    "pennylane": _of_pennylane,
    "stim": _of_stim,
}


def stim_circuit(text: str) -> Any:
    """The circuit in a `.stim` file."""
    require("stim", "reading a circuit of stim")
    import stim

    try:
        return stim.Circuit(text)
    except ValueError as problem:
        raise UnknownCircuit(f"this is no circuit of stim: {problem}") from problem


def is_path(circuit: Any, suffix: str = ".qasm") -> bool:
    """Is it the path of a file that ends so, and no text of a circuit? A path with another end
    counts as one of OpenQASM."""
    if isinstance(circuit, Path):
        end = circuit.suffix.lower()
        return suffix == (end if end in (".stim", ".qpy") else ".qasm")
    return isinstance(circuit, str) and "\n" not in circuit and circuit.lower().endswith(suffix)
