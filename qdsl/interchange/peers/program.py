"""A distributed program of another compiler, in terms that all of their forms share."""

from __future__ import annotations

from collections.abc import Mapping

from qdsl.diagnostics.request_error import Refused
from qdsl.records import dataclass


class NotDistributed(Refused):
    """A text is no distributed program of the form that it seems to be; the message says where."""


Place = int | str  # in a text: a line, or in words


def said(place: Place) -> str:
    return f"line {place}" if isinstance(place, int) else place


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
    None for a local gate. `angles` are expressions of OpenQASM 3. `condition`: a bit by its number
    among the outcomes, and the value that it must have."""

    line: Place
    name: str
    angles: tuple[str, ...]
    qubits: tuple[int, ...]
    pair: PeerPair | None = None
    condition: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class CatBegins:
    """The cat-entangler: `root` is copied to the far half of the pair."""

    line: Place
    root: int
    pair: PeerPair


@dataclass(frozen=True, slots=True)
class CatEnds:
    line: Place
    root: int
    pair: PeerPair


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two data qubits exchange their states by two teleportations."""

    line: Place
    qubits: tuple[int, int]
    pairs: tuple[PeerPair, PeerPair]


@dataclass(frozen=True, slots=True)
class PeerMeasure:
    """`bit`: the name of a bit register and an index of it."""

    line: Place
    qubit: int
    bit: tuple[str, int]


@dataclass(frozen=True, slots=True)
class PairMade:
    """An EPR pair begins to be held."""

    line: Place
    pair: PeerPair


@dataclass(frozen=True, slots=True)
class HalfEnds:
    """A communication qubit is measured or reset."""

    line: Place
    half: Half


@dataclass(frozen=True, slots=True)
class Message:
    """One classical bit from node to node."""

    line: Place
    sender: int
    receiver: int


TrafficStep = PairMade | HalfEnds | Message
PeerStep = PeerGate | CatBegins | CatEnds | Exchange | PeerMeasure


@dataclass(frozen=True, slots=True)
class PeerProgram:
    """`node_of[q]` is the node of data qubit q, `names[q]` what the text calls it. `comm`:
    communication qubits by node. `bits`: sizes of the bit registers. `remarks`: what is odd about
    the text, and does not change what it means.

    A program that is written out (`Assembly`) has in `steps` what it does without communication,
    and in `traffic` that; None: the steps say both. `outcomes`: the number of outcomes, which
    have no names, and whether they are the source's by "bit", or by the "qubit" that is measured
    into it, each in increasing order. `data`: data qubits by node."""

    form: str
    node_of: tuple[int, ...]
    names: tuple[str, ...]
    comm: Mapping[int, int]
    bits: Mapping[str, int]
    steps: tuple[PeerStep, ...]
    remarks: tuple[str, ...] = ()
    traffic: tuple[TrafficStep, ...] | None = None
    outcomes: tuple[str, int] | None = None
    data: Mapping[int, int] | None = None

    @property
    def n_nodes(self) -> int:
        return 1 + max((*self.node_of, *self.comm, *(self.data or ())), default=-1)

    def data_of(self, node: int) -> int:
        """How many data qubits of a node are declared."""
        return self.node_of.count(node) if self.data is None else self.data.get(node, 0)
