"""The data encodings as pytket boxes: state preparation, diagonal, permutation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qdsl.backends._angles import wanted
from qdsl.backends._matrix_boxes import bits, matrix_box
from qdsl.diagnostics.diagnostic import InternalError
from qdsl.diagnostics.extras import require
from qdsl.ir.encodings import direction, norm
from qdsl.ir.values import DataReference, Floats, Values

if TYPE_CHECKING:
    from pytket.circuit import CircBox, DiagonalBox, StatePreparationBox, ToffoliBox

    Box = CircBox | DiagonalBox | StatePreparationBox | ToffoliBox


def encoding(
    name: str, data: Floats, reference: DataReference, n_qubits: int, values: Values
) -> Box:
    """The box of encoding operation `name`; data shorter than 2**n_qubits is filled up with
    zeros, a matching with pairs of its own. `InvalidProgram` where the data encode nothing,
    `MissingExtra` where pytket is not installed."""
    require("pytket", "an encoding")
    if name in ("block", "lcu", "eigenbasis"):
        return matrix_box(name, data, reference, n_qubits, values)
    if data.size > 2**n_qubits:
        detail = f"{data.size} numbers of '{reference.vector}' on {n_qubits} qubits"
        raise InternalError("emit", "encoding-fits-its-qubits", detail)
    if name == "amplitude":
        return _amplitude(data.reshape(-1), reference, n_qubits, values)
    if name == "reflect":
        return _reflection(_amplitude(data.reshape(-1), reference, n_qubits, values), n_qubits)
    if name == "diagonal":
        return _phase(data.reshape(-1), reference, n_qubits)
    return _relabel(data, reference, n_qubits, values)


def _amplitude(
    data: Floats, reference: DataReference, n_qubits: int, values: Values
) -> StatePreparationBox:
    from pytket.circuit import StatePreparationBox

    if not np.isfinite(data).all() or not data.any():
        problem = f"'{reference.vector}' has no direction: its norm is {norm(data)}"
        raise wanted(values, reference.vector, problem)
    state = np.zeros(2**n_qubits, np.complex128)
    state[: data.size] = direction(data)
    return StatePreparationBox(state)


def _reflection(prepared: StatePreparationBox, n_qubits: int) -> CircBox:
    """The preparation undone, a phase of -1 on |0...0>, and the preparation."""
    from pytket.circuit import CircBox, Circuit, DiagonalBox

    qubits = list(range(n_qubits))
    phases = np.ones(2**n_qubits)
    phases[0] = -1
    circuit = Circuit(n_qubits)
    circuit.add_gate(prepared.dagger, qubits)
    circuit.add_gate(DiagonalBox(phases), qubits)
    circuit.add_gate(prepared, qubits)
    return CircBox(circuit)


def _phase(data: Floats, reference: DataReference, n_qubits: int) -> DiagonalBox:
    from pytket.circuit import DiagonalBox

    phases = np.zeros(2**n_qubits)
    phases[: data.size] = data * (np.pi if reference.kind == "bits" else 1.0)
    return DiagonalBox(np.exp(1j * phases))


def _relabel(data: Floats, reference: DataReference, n_qubits: int, values: Values) -> ToffoliBox:
    from pytket.circuit import ToffoliBox

    labels = data.reshape(-1).astype(np.int64)
    if sorted(labels.tolist()) != list(range(labels.size)):
        problem = f"'{reference.vector}' is no perfect matching of 0 to {labels.size - 1}"
        raise wanted(values, reference.vector, problem)
    images: dict[tuple[bool, ...], Sequence[bool]] = {
        bits(old, n_qubits): bits(new, n_qubits) for new, old in enumerate(labels.tolist())
    }
    return ToffoliBox(images)
