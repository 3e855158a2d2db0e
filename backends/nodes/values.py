"""A node's own numbers: angles and encodings computed from them, and vectors told to others."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from qdsl.backends.nodes.program import Angle, Encode, Vector
from qdsl.diagnostics.extras import require
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.values import real_numbers

Floats = npt.NDArray[np.float64]
Numbers = Mapping[str, Floats]  # one item's, flat, by vector
Op = tuple[str, tuple[int, ...], tuple[float, ...], str]  # name, qubits, angles, Pauli word


class WrongNodeValues(Refused):
    """The values given to a node are not those of its vectors."""


def own_values(vectors: tuple[Vector, ...], given: Mapping[str, Any], items: int) -> dict[str, Any]:
    """Arrays (1 or items, size) by vector, for the vectors that are not told by others."""
    wanted = {v.name: v for v in vectors if v.source in ("private", "public")}
    if sorted(given) != sorted(wanted):
        there, asked = (", ".join(sorted(x)) or "none" for x in (given, wanted))
        hint = "" if given else " (--values FILE.npz)"
        raise WrongNodeValues(f"values of {asked} are wanted, and those of {there} are given{hint}")
    found: dict[str, Any] = {}
    for name, v in wanted.items():
        try:
            array = real_numbers(given[name])
        except ValueError as error:
            raise WrongNodeValues(f"'{name}': {error}") from None
        rows = array.size // max(v.size, 1)
        if array.size != rows * v.size or rows not in (1, items):
            many = "" if items == 1 else f", or {items} times as many"
            raise WrongNodeValues(f"'{name}' has {array.size} numbers; {v.size} are wanted{many}")
        if not np.isfinite(array).all():
            raise WrongNodeValues(f"'{name}' is not finite everywhere")
        found[name] = array.reshape(rows, v.size)
    return found


def of_item(values: Mapping[str, Any], item: int) -> dict[str, Floats]:
    return {name: rows[item if len(rows) > 1 else 0] for name, rows in values.items()}


def angle_of(angle: Angle, numbers: Numbers) -> float:
    terms = (c * prod(float(numbers[v][k]) for v, k in elements) for c, elements in angle.terms)
    return angle.constant + sum(terms)


def gates_of(step: Encode, numbers: Numbers) -> list[Op]:
    """An encoding as elementary gates, which is all that the hardware is told."""
    require("pytket", "an encoding at a node")
    from pytket.circuit import Circuit, OpType
    from pytket.passes import AutoRebase, DecomposeBoxes

    from qdsl.backends._encodings import encoding
    from qdsl.ir.values import AngleBuilder, DataReference, ValueVector

    size = prod(step.shape)
    data = numbers[step.vector][step.start : step.start + size].reshape(step.shape)
    vector = ValueVector(step.vector, "data", step.kind, (size,), None, 0)
    reference = DataReference(step.vector, step.kind, 0, step.shape)
    values = AngleBuilder(size).build((vector,), (reference,))
    box = encoding(step.name, data, reference, len(step.qubits), values)
    circuit = Circuit(len(step.qubits))
    circuit.add_gate(box, list(range(len(step.qubits))))
    DecomposeBoxes().apply(circuit)
    AutoRebase({OpType.CX, OpType.U3}).apply(circuit)
    place = {q: step.qubits[k] for k, q in enumerate(circuit.qubits)}
    found: list[Op] = []
    for command in circuit.get_commands():
        qubits = tuple(place[q] for q in command.qubits)
        angles = tuple(float(p) * np.pi for p in command.op.params)
        found.append(("cx" if command.op.type == OpType.CX else "u", qubits, angles, ""))
    return found


# ---- reveals ----------------------------------------------------------------------------


def _width(vector: Vector) -> int:
    """Bits a number takes: as the report counts them."""
    if vector.kind == "bits":
        return 1
    return max((vector.size - 1).bit_length(), 1) if vector.kind == "matching" else 64


def disclosed_bits(vector: Vector) -> int:
    return vector.size * _width(vector)


def disclosed_body(vector: Vector, numbers: Floats) -> bytes:
    """The numbers of a vector in `disclosed_bits` bits, filled up to whole bytes."""
    width = _width(vector)
    if width == 64:
        return numbers.astype(">f8").tobytes()
    shifts = np.arange(width - 1, -1, -1)
    bits = (numbers.astype(np.int64)[:, None] >> shifts) & 1
    return np.packbits(bits.astype(np.uint8).reshape(-1)).tobytes()


def disclosed_from(vector: Vector, body: bytes) -> Floats:
    """The numbers that `disclosed_body` wrote; ValueError if there are too few or too many."""
    width = _width(vector)
    if len(body) != -(-disclosed_bits(vector) // 8):
        raise ValueError(f"'{vector.name}' was told in {len(body)} bytes")
    if width == 64:
        return np.frombuffer(body, ">f8").astype(np.float64)
    bits = np.unpackbits(np.frombuffer(body, np.uint8))[: disclosed_bits(vector)]
    return (bits.reshape(-1, width) @ (1 << np.arange(width - 1, -1, -1))).astype(np.float64)
