"""Matrices of one party on vectors of another: shapes with theorems for any number of messages.

As in `recognise`: operations in the light cone of the outputs and owners count, names do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from qdsl.analysis.structure import OperationUse, Structure
from qdsl.ir.stages import Eigenvalue, Expectation
from qdsl.records import dataclass

# not `lcu`: its alpha grows with the dimension for matrices that are not sparse, and so does the
# number of executions
MATRICES = ("block", "eigenbasis")


@dataclass(frozen=True, slots=True)
class SubspaceProtocol:
    """`sender` loads a vector, and `receiver` owns the matrix `vector` on `qubits` of its qubits;
    the output is the squared norm of the product, or the matrix's mean."""

    sender: str
    receiver: str
    vector: str
    qubits: tuple[int, ...]


def vector_in_subspace(s: Structure) -> SubspaceProtocol | None:
    """Amplitudes of one party, then nothing but large matrices of the other on the same qubits:
    with at least half as many rows and columns as dimensions, so that a matrix can be the
    projection on half of the space. Other qubits may be there, as long as nothing joins them to
    these after the loading."""
    if s.has_feedback or len(s.outputs) != 1 or not _is_quadratic(s):
        return None
    for k, use in enumerate(s.uses):
        if use.row.op.name in MATRICES:
            return _loaded(s, k)
    return None


def _is_quadratic(s: Structure) -> bool:
    """A squared norm, or a mean of a matrix."""
    output = s.outputs[0]
    return isinstance(output, Eigenvalue) or (
        isinstance(output, Expectation) and bool(output.scales)
    )


def _loaded(s: Structure, first: int) -> SubspaceProtocol | None:
    """With the first matrix at use `first`."""
    candidates = [u for u in s.uses[first:] if u.row.op.name in MATRICES]
    for use in candidates:
        qubits = data_qubits(use)
        mine = [u for u in s.uses if not set(qubits).isdisjoint(u.qubits)]
        loading, *matrices = mine
        sender, receiver = loading.owner, use.owner
        is_loaded = loading.row.op.name == "amplitude" and set(loading.qubits) >= set(qubits)
        if not is_loaded or sender is None or receiver is None or sender == receiver:
            continue
        if s.can(receiver, loading) or s.can(sender, use):
            continue  # it is revealed
        if all(_is_large(s, u, qubits, receiver) for u in matrices) and use.encodes is not None:
            return SubspaceProtocol(sender, receiver, use.encodes.name, qubits)
    return None


def data_qubits(use: OperationUse) -> tuple[int, ...]:
    """Those that a matrix acts on, without its flag."""
    return use.qubits[1:] if use.row.op.name == "block" else use.qubits


def _is_large(s: Structure, use: OperationUse, qubits: Sequence[int], receiver: str) -> bool:
    if use.row.op.name not in MATRICES or use.owners != (receiver,):
        return False
    is_there = sorted(data_qubits(use)) == sorted(qubits) and len(qubits) >= 2
    return is_there and 2 * min(_shape(s, use)) >= 2 ** len(qubits)


def _shape(s: Structure, use: OperationUse) -> tuple[int, ...]:
    """Of the numbers that an encoding reads."""
    return s.circuit.values.references[use.row.attr].shape


# ---- the trace of a product --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TraceProductProtocol:
    """`parties` own the matrices `vectors` in turn, each on `qubits`, half of a public state."""

    parties: tuple[str, str]
    vectors: tuple[str, ...]
    qubits: tuple[int, ...]
    factors: int


def trace_product(s: Structure) -> TraceProductProtocol | None:
    """A public state of two registers, at least four square matrices on one of them, of two
    parties in turn, and the squared norm of what is left after a public column: with a maximally
    entangled pair of registers that is (tr(A B C D) / N)^2."""
    if s.has_feedback or len(s.parties) != 2 or len(s.outputs) != 1 or len(s.uses) < 6:
        return None
    output, (first, *matrices, last) = s.outputs[0], s.uses
    if not isinstance(output, Expectation) or not output.scales:
        return None
    if any(u.row.op.name != "block" for u in (*matrices, last)) or first.row.op.name != "amplitude":
        return None
    qubits, whole = data_qubits(matrices[0]), set(first.qubits)
    owners = [u.owner for u in matrices]
    if first.owners or last.owners or None in owners or any(a == b for a, b in pairwise(owners)):
        return None
    if set(data_qubits(last)) != whole or _shape(s, last)[1] != 1:
        return None
    if not set(qubits) <= whole or len(whole) < 2 * len(qubits):
        return None
    side = 2 ** len(qubits)
    is_whole = all(_shape(s, u) == (side, side) and len(u.owners) == 1 for u in matrices)
    if not is_whole or any(data_qubits(u) != qubits for u in matrices):
        return None
    a, b = s.parties
    if any(s.can(party, u) for u in matrices for party in (a, b) if party != u.owner):
        return None  # it is revealed
    if len({u.row.attr for u in matrices}) < len(matrices):  # a matrix that comes twice
        return None
    names = tuple(dict.fromkeys(u.encodes.name for u in matrices if u.encodes))
    return TraceProductProtocol((a, b), names, qubits, len(matrices))
