"""Programs that cannot run on their network: QDM6xx."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qdsl.diagnostics.diagnostic import Diagnostic, Label
from qdsl.diagnostics.source import Span


def _labels(span: Span | None, text: str) -> tuple[Label, ...]:
    return () if span is None else (Label(span, text),)


@dataclass(frozen=True, slots=True)
class TooManyQubits(Diagnostic):
    """The program has more qubits than all nodes of its network hold together.

    Every qubit needs a data qubit of some node at every time, whether it is used or not.
    """

    code: ClassVar[str] = "QDM601"
    title: ClassVar[str] = "the network has too few qubits"

    network: str
    wanted: int
    available: int
    span: Span | None = None

    def message(self) -> str:
        return (
            f"the program has {self.wanted} qubits, and the nodes of '{self.network}' hold "
            f"{self.available}"
        )

    def labels(self) -> tuple[Label, ...]:
        return _labels(self.span, "used here")

    def why(self) -> str:
        return "Every qubit needs a data qubit at some node all the time."

    def help(self) -> str | None:
        return f"give the nodes {self.wanted - self.available} more qubits, or the program fewer"


@dataclass(frozen=True, slots=True)
class TooWideForNode(Diagnostic):
    """An operation needs all of its qubits at one node, and that node is too small.

    Encodings act on all of their qubits at once; so do gates that are diagonal on none.
    """

    code: ClassVar[str] = "QDM602"
    title: ClassVar[str] = "an operation is wider than the node it runs at"

    operation: str
    node: str
    wanted: int
    available: int
    span: Span | None = None

    def message(self) -> str:
        return (
            f"'{self.operation}' needs {self.wanted} qubits at one node, and {self.node} holds "
            f"{self.available}"
        )

    def labels(self) -> tuple[Label, ...]:
        return _labels(self.span, f"{self.wanted} qubits together")

    def why(self) -> str:
        return "This operation acts on all of its qubits at once, so they have to be in one place."

    def help(self) -> str | None:
        return f"give {self.node} {self.wanted} qubits, or load the data in smaller parts"


@dataclass(frozen=True, slots=True)
class NoRoute(Diagnostic):
    """Two nodes have to share entanglement, and no chain of links joins them.

    Both ends need one communication qubit, and every node between them two, to swap.
    """

    code: ClassVar[str] = "QDM603"
    title: ClassVar[str] = "no usable route between two nodes"

    network: str
    a: str
    b: str
    span: Span | None = None

    def message(self) -> str:
        return f"'{self.network}' has no usable route between {self.a} and {self.b}"

    def labels(self) -> tuple[Label, ...]:
        return _labels(self.span, f"needs a pair between {self.a} and {self.b}")

    def why(self) -> str:
        return "A pair needs links all the way, with two communication qubits at inner nodes."

    def help(self) -> str | None:
        return f"link {self.a} -- {self.b}, or give the nodes between them `comm 2`"


@dataclass(frozen=True, slots=True)
class NoCommunicationQubit(Diagnostic):
    """A node has to share entanglement and has too few communication qubits for it.

    Each half of a pair needs one, and every copy that a gate uses at a node keeps one.
    """

    code: ClassVar[str] = "QDM604"
    title: ClassVar[str] = "too few communication qubits"

    node: str
    wanted: int
    available: int
    span: Span | None = None

    def message(self) -> str:
        return (
            f"{self.node} has {self.available} communication qubits and needs {self.wanted} at once"
        )

    def labels(self) -> tuple[Label, ...]:
        return _labels(self.span, f"needs {self.wanted} at {self.node}")

    def why(self) -> str:
        return "Half of an entangled pair, and a copy that serves a gate, need one each."

    def help(self) -> str | None:
        return f"give {self.node} `comm {self.wanted}`"


@dataclass(frozen=True, slots=True)
class NoRoom(Diagnostic):
    """Qubits have to change places, and every data qubit on their way is taken.

    Two full nodes can exchange qubits if one of them has two communication qubits: one then
    waits there until its place is free.
    """

    code: ClassVar[str] = "QDM605"
    title: ClassVar[str] = "no room to move qubits"

    operation: str
    node: str
    span: Span | None = None

    def message(self) -> str:
        return f"the qubits of '{self.operation}' cannot be brought to {self.node}: no room"

    def labels(self) -> tuple[Label, ...]:
        return _labels(self.span, f"runs at {self.node}")

    def why(self) -> str:
        return "Every data qubit on the way is taken, and too few communication qubits are free."

    def help(self) -> str | None:
        return f"give {self.node} one more qubit, or `comm 2`"


@dataclass(frozen=True, slots=True)
class BitOverwrittenConditionally(Diagnostic):
    """A measurement that may not happen writes a bit that was written before.

    Nodes pass on classical bits that are written once; here the old value would have to
    survive at run time in one case and not in the other.
    """

    code: ClassVar[str] = "QDM606"
    title: ClassVar[str] = "a conditional measurement overwrites a bit"

    bit: int
    span: Span | None = None

    def message(self) -> str:
        return f"bit {self.bit} was measured before, and this measurement may not happen"

    def labels(self) -> tuple[Label, ...]:
        return _labels(self.span, "writes the bit again, under a condition")

    def why(self) -> str:
        return "Which of the two values the bit has would be known at run time only."

    def help(self) -> str | None:
        return "measure into a bit of its own"
