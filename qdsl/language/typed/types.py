"""What is known of a value before sizes are: its sort, kind and number of dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from qdsl.diagnostics.source import Span
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Type:
    """`sort` is one of:

    int, real, truth, text: known when the circuit is built; value: data or parameters, of a
    `kind`; list, range, graph, edges; qubits, bits; condition: of a measured bit; observable;
    unknown: part of an error already reported, which silences what follows from it.
    """

    sort: str
    kind: str = ""
    rank: int = 0

    @property
    def is_unknown(self) -> bool:
        return self.sort == "unknown"

    @property
    def is_number(self) -> bool:
        return self.sort in ("int", "real")

    @property
    def is_dynamic(self) -> bool:
        """Whether it is decided only when the circuit runs."""
        return self.sort in ("bits", "condition")

    @property
    def is_static(self) -> bool:
        """Whether it may be a list of integers that stands in the program."""
        return self.kind.startswith("static ")

    @property
    def plain_kind(self) -> str:
        return self.kind.removeprefix("static ")

    def __str__(self) -> str:
        if self.sort == "value":
            if not self.rank:
                return "a value of data or parameters"
            return f"an array of {self.rank} dimension{'s' * (self.rank != 1)}"
        return _NAMES.get(self.sort, "this")


_NAMES = {
    "int": "an integer", "real": "a real number", "truth": "a truth value", "text": "a text",
    "list": "a list", "range": "a range", "graph": "a graph", "edges": "the edges of a graph",
    "qubits": "qubits", "bits": "classical bits", "condition": "a condition on a measured bit",
    "observable": "an observable",
}  # fmt: skip

INT, REAL, TRUTH, TEXT = Type("int"), Type("real"), Type("truth"), Type("text")
LIST, RANGE, GRAPH, EDGES = Type("list"), Type("range"), Type("graph"), Type("edges")
CONDITION, OBSERVABLE, UNKNOWN = Type("condition"), Type("observable"), Type("unknown")
SCALAR = Type("value", "real")

# Kinds of data and parameters as they are declared; a param is trained and so continuous.
DATA_KINDS = ("real", "angle", "bits", "int", "matching", "graph")
PARAM_KINDS = ("angle", "real")
CIRCUIT_KINDS = DATA_KINDS


@dataclass(slots=True)
class Symbol:
    """A declared name. `role` says as what; `uses` counts."""

    name: str
    type: Type
    span: Span
    role: str  # integer, data, param, qubits, bits, let, loop, circuit parameter
    owner: str | None = None
    uses: int = 0


@dataclass(frozen=True, slots=True)
class NonValue:
    """What has a name and is no value: `a network`, and where it is declared, if that is known."""

    what: str
    span: Span | None = None


@dataclass(slots=True)
class Names:
    """The symbols of a block, and those around it. `others`: by name what a file declares that
    is no value, as a network, in words, and where; of the outermost block."""

    around: Names | None = None
    symbols: dict[str, Symbol] = field(default_factory=dict)
    others: Mapping[str, NonValue] = field(default_factory=dict)

    def other(self, name: str) -> NonValue | None:
        return self.around.other(name) if self.around else self.others.get(name)

    def find(self, name: str) -> Symbol | None:
        here: Names | None = self
        while here is not None:
            if name in here.symbols:
                return here.symbols[name]
            here = here.around
        return None

    def visible(self) -> list[Symbol]:
        outer = self.around.visible() if self.around else []
        return [*outer, *self.symbols.values()]
