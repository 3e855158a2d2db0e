"""What an expression may stand for while a program is compiled."""

from __future__ import annotations

from math import prod

from qdsl.diagnostics.source import Span
from qdsl.language.values.polynomial import Polynomial
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class VectorSlots:
    """A declared `data` or `param`, with its first slot; `shape` as it is stored."""

    name: str
    role: str
    kind: str
    shape: tuple[int, ...]
    owner: str | None
    start: int
    span: Span

    @property
    def size(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True, slots=True)
class View:
    """Part of a vector: element `index` has slot `start + sum(index * strides)`."""

    vector: VectorSlots
    start: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @staticmethod
    def whole(vector: VectorSlots) -> View:
        return View(vector, vector.start, vector.shape, row_major(vector.shape))

    @property
    def kind(self) -> str:
        return self.vector.kind

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def is_contiguous(self) -> bool:
        wanted = row_major(self.shape)
        return all(
            n <= 1 or s == w for n, s, w in zip(self.shape, self.strides, wanted, strict=True)
        )


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of an array in C order."""
    return tuple(prod(shape[k + 1 :]) for k in range(len(shape)))


@dataclass(frozen=True, slots=True)
class Graph:
    """An undirected graph on nodes 0..n-1; `edges` are pairs i < j in sorted order."""

    n: int
    edges: tuple[tuple[int, int], ...]

    def degree(self, node: int) -> int:
        return sum(node in edge for edge in self.edges)


@dataclass(frozen=True, slots=True)
class Qubits:
    """A register or part of one; `scalar`: one qubit, not a list of one."""

    name: str
    ids: tuple[int, ...] | range
    scalar: bool


@dataclass(frozen=True, slots=True)
class Bits:
    """Classical bits, as `Qubits`."""

    name: str
    ids: tuple[int, ...] | range
    scalar: bool


Value = (
    int
    | float
    | bool
    | str
    | Polynomial
    | View
    | Graph
    | Qubits
    | Bits
    | range
    | tuple[object, ...]
)


def describe(value: object) -> str:
    """A value as a message names it: 'an integer', 'the data vector 'x''."""
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, View):
        return f"an array of {len(value.shape)} dimension{'s' * (len(value.shape) != 1)}"
    names: dict[type, str] = {
        int: "an integer", float: "a real number", str: "a text", Polynomial: "a value of data",
        Graph: "a graph", Qubits: "qubits", Bits: "classical bits", range: "a range",
        tuple: "a list",
    }  # fmt: skip
    return next((text for kind, text in names.items() if isinstance(value, kind)), "this")
