"""A distributed program of another compiler, in terms that all of their forms share."""

from __future__ import annotations

from collections.abc import Mapping

from qdsl.diagnostics.request_error import Refused
from qdsl.records import dataclass


class NotDistributed(Refused):
    """A text is no distributed program of the form that it seems to be; the message says where."""


@dataclass(frozen=True, slots=True)
class Half:
    """A communication qubit: the node and the name that the text gives it."""

    node: int
    name: str


@dataclass(frozen=True, slots=True)
class PeerPair:
    """One EPR pair between two nodes."""

    near: Half
    far: Half


@dataclass(frozen=True, slots=True)
class PeerGate:
    """A gate on data qubits. `pair`: that of the cat copy of `qubits[0]` on which it acts instead,
    None for a local gate. `angles` are expressions of OpenQASM 3."""

    line: int
    name: str
    angles: tuple[str, ...]
    qubits: tuple[int, ...]
    pair: PeerPair | None = None


@dataclass(frozen=True, slots=True)
class CatBegins:
    """The cat-entangler: `root` is copied to the far half of the pair."""

    line: int
    root: int
    pair: PeerPair


@dataclass(frozen=True, slots=True)
class CatEnds:
    line: int
    root: int
    pair: PeerPair


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two data qubits exchange their states by two teleportations."""

    line: int
    qubits: tuple[int, int]
    pairs: tuple[PeerPair, PeerPair]


@dataclass(frozen=True, slots=True)
class PeerMeasure:
    """`bit`: the name of a bit register and an index of it."""

    line: int
    qubit: int
    bit: tuple[str, int]


PeerStep = PeerGate | CatBegins | CatEnds | Exchange | PeerMeasure


@dataclass(frozen=True, slots=True)
class PeerProgram:
    """`node_of[q]` is the node of data qubit q, `names[q]` what the text calls it. `comm`:
    communication qubits by node. `bits`: sizes of the bit registers. `remarks`: what is odd about
    the text, and does not change what it means."""

    form: str
    node_of: tuple[int, ...]
    names: tuple[str, ...]
    comm: Mapping[int, int]
    bits: Mapping[str, int]
    steps: tuple[PeerStep, ...]
    remarks: tuple[str, ...] = ()

    @property
    def n_nodes(self) -> int:
        return 1 + max((*self.node_of, *self.comm), default=-1)
