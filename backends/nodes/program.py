"""The program of one node: what it does, in order, and nothing of what others do.

Qubits are numbered within the node: data qubits first, then communication qubits. Bits are the
node's own, each written once. Pairs and messages are numbered between the two nodes that share
them, so that a number says nothing about a third node. Values stand by name; no step holds one.
"""

from __future__ import annotations

from qdsl.diagnostics.request_error import Refused
from qdsl.records import dataclass

MOST_PLACES = 10_000_000  # qubits or bits of one node


@dataclass(frozen=True, slots=True)
class Angle:
    """`constant + sum_k factor_k * (product of the elements in term k)`, in radians; an element
    is (vector, index in C order)."""

    constant: float
    terms: tuple[tuple[float, tuple[tuple[str, int], ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """The step happens only if the node's bit has this value."""

    bit: int
    value: int


@dataclass(frozen=True, slots=True)
class Begin:
    """Take the qubit, in |0>."""

    qubit: int


@dataclass(frozen=True, slots=True)
class End:
    """Give the qubit back: nothing of the program is in it any more."""

    qubit: int


@dataclass(frozen=True, slots=True)
class Gate:
    """A unitary operation of the operation table; `word` is the Pauli word of `rot`."""

    name: str
    qubits: tuple[int, ...]
    angles: tuple[Angle, ...] = ()
    word: str = ""
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Encode:
    """An encoding of elements `start ...` of a vector, in this shape; `kind` as in `Vector`."""

    name: str
    qubits: tuple[int, ...]
    vector: str
    kind: str
    start: int
    shape: tuple[int, ...]
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """Z measurement into one of the node's bits."""

    qubit: int
    bit: int
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """Back to |0>."""

    qubit: int
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Take a communication qubit and wait until it is half of pair `number` with `peer`."""

    qubit: int
    peer: str
    number: int


@dataclass(frozen=True, slots=True)
class Send:
    """Message `number` to `peer`, made of these bits."""

    peer: str
    number: int
    bits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Receive:
    """Wait for message `number` from `peer`; its bits become these."""

    peer: str
    number: int
    bits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tell:
    """`reveal`: the numbers of a vector go to `peer`."""

    peer: str
    vector: str


@dataclass(frozen=True, slots=True)
class Learn:
    """Wait for the numbers of a vector that `peer` reveals."""

    peer: str
    vector: str


Step = Begin | End | Gate | Encode | Measure | Reset | Pair | Send | Receive | Tell | Learn


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector whose numbers the node uses. `source` is "private" (its own), "public", or the
    name of the node that reveals it."""

    name: str
    kind: str
    size: int
    source: str


@dataclass(frozen=True, slots=True)
class Readout:
    """One of the program's qubits at its end: measured in basis X, Y or Z."""

    qubit: int
    basis: str
    source_qubit: int


@dataclass(frozen=True, slots=True)
class NodeProgram:
    """What one node runs. `data` and `comm` count its qubits, `bits` its bits.

    `readings[k]` ends the program in setting k; different settings are different executions.
    """

    name: str
    data: int
    comm: int
    bits: int
    vectors: tuple[Vector, ...]
    steps: tuple[Step, ...]
    readings: tuple[tuple[Readout, ...], ...] = ()

    def __post_init__(self) -> None:
        """Refused before anything is allocated, if no node has so many."""
        for count in (self.data, self.comm, self.bits):
            if not 0 <= count <= MOST_PLACES:
                raise Refused(f"{count:,} qubits or bits at {self.name[:40]}")

    @property
    def peers(self) -> tuple[str, ...]:
        """The nodes that it shares pairs, messages or values with, in order of first meeting."""
        met = (s.peer for s in self.steps if isinstance(s, Pair | Send | Receive | Tell | Learn))
        return tuple(dict.fromkeys(met))

    def vector(self, name: str) -> Vector:
        return next(v for v in self.vectors if v.name == name)
