"""Tapes and QNodes of PennyLane as OpenQASM."""

from __future__ import annotations

import re
from typing import Any

_GLOBAL_PHASE = re.compile(r"^gphase\([^;]*;\n", re.MULTILINE)
_REGISTER = re.compile(r"^creg c\[\d+\];", re.MULTILINE)
_MEASURED = re.compile(r"^measure q\[(\d+)\] -> c\[\1\];\n?", re.MULTILINE)
_DECIDED = re.compile(r"^if\s*\(", re.MULTILINE)


def written(circuit: Any) -> str:
    """OpenQASM 2, or 3 where a bit decides, that measures what `counts`, `sample` or `probs` names,
    in that order: all wires where they name none, as PennyLane orders them. Global phases are left
    out.

    ValueError for a QNode with arguments and for other measurements, such as `expval`: they are no
    outcomes, and PennyLane would measure them by turning the qubits first.
    """
    import pennylane  # type: ignore[import-not-found, unused-ignore]

    tape = circuit
    if not hasattr(circuit, "measurements"):
        try:
            tape = pennylane.workflow.construct_tape(circuit)()
        except TypeError as problem:
            raise ValueError(
                f"{problem}; give the tape of a QNode with arguments, "
                "`pennylane.workflow.construct_tape(qnode)(...)`"
            ) from problem
    measured = _measured(tape)
    order = [*measured, *(w for w in tape.wires if w not in measured)]
    text = str(pennylane.to_openqasm(tape, pennylane.wires.Wires(order), rotations=False))
    text = _REGISTER.sub(f"creg c[{len(measured)}];", _GLOBAL_PHASE.sub("", text))
    text = _MEASURED.sub(lambda m: m[0] if int(m[1]) < len(measured) else "", text)
    if _DECIDED.search(text):  # of single bits, as OpenQASM 3 alone has them
        text = text.replace("OPENQASM 2.0;", "OPENQASM 3.0;").replace("qelib1", "stdgates")
    return text


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
