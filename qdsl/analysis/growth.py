"""How fast what the parties hold grows with the number of qubits, read off the declarations.

A model has a size only when its integer parameters are bound. Binding one of them to two larger
values, the others as they are, gives two sizes of every vector and register: where log2 of a
size grows by less than `FEW` for every further qubit, that size is small beside the dimension
2^qubits (any polynomial is, at the sizes looked at); the square root of the dimension grows by
1/2.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from qdsl.diagnostics.diagnostic import Diagnostics
from qdsl.language.lowering.declare import declare
from qdsl.language.lowering.sizes import operations, size_of
from qdsl.language.typed.program import Checked, ModelInfo
from qdsl.records import dataclass

FEW = 0.3
BOTH_SIDES = 1.5  # numbers of a matrix per qubit: 1 if one side grows, 2 if both do
# pairs of values; the larger, the clearer
PAIRS = ((128, 256), (64, 96), (32, 40), (18, 22), (14, 18), (10, 14), (8, 10), (6, 8), (4, 6))
# for sizes that are themselves a dimension, as the number of nodes of a graph
POWERS = ((2**20, 2**24), (2**14, 2**18), (2**10, 2**14), (2**8, 2**10), (2**6, 2**8), (16, 32))


@dataclass(frozen=True, slots=True)
class Sizes:
    """Numbers of every vector, qubits of every register, and operations where they are soon
    counted, at one setting."""

    vectors: Mapping[str, int]
    registers: Mapping[str, int]
    operations: int | None

    @property
    def qubits(self) -> int:
        return sum(self.registers.values())


@dataclass(frozen=True, slots=True)
class Growth:
    """A model's sizes at two values of one integer parameter."""

    parameter: str
    values: tuple[int, int]
    small: Sizes
    large: Sizes

    def is_few(self, vector: str) -> bool:
        """Whether the size of a vector is small beside the dimension."""
        return self._is_few(self.small.vectors.get(vector, 0), self.large.vectors.get(vector, 0))

    def is_square(self, vector: str, registers: Iterable[str]) -> bool:
        """Whether a vector grows like a matrix on these registers, 4^n and not 2^n."""
        names = tuple(registers)
        more = sum(self.large.registers[r] - self.small.registers[r] for r in names)
        a, b = self.small.vectors.get(vector, 0), self.large.vectors.get(vector, 0)
        return more > 0 and 0 < a < b and math.log2(b / a) / more > BOTH_SIDES

    @property
    def has_few_operations(self) -> bool:
        """Gates of so many operations cannot turn by more angles than that."""
        a, b = self.small.operations, self.large.operations
        return a is not None and b is not None and self._is_few(a, b)

    def is_fixed(self, registers: Iterable[str]) -> bool:
        return all(self.small.registers[r] == self.large.registers[r] for r in registers)

    def _is_few(self, a: int, b: int) -> bool:
        if a < 1 or b < 1:
            return True
        return math.log2(b / a) / (self.large.qubits - self.small.qubits) < FEW


def growths(checked: Checked, model: ModelInfo, settings: Mapping[str, int]) -> tuple[Growth, ...]:
    """One for every integer parameter that adds qubits, in the order of declaration."""
    return tuple(
        found
        for name in model.parameters
        if (found := _growth(checked, model, dict(settings), name)) is not None
    )


def _growth(
    checked: Checked, model: ModelInfo, settings: dict[str, int], name: str
) -> Growth | None:
    pairs: tuple[tuple[int, int], ...] = PAIRS
    if _adds_as_a_logarithm(checked, model, settings, name):
        has_graph = any(v.kind == "graph" for v in model.vectors)  # large ones take long to make
        pairs = POWERS[2 if has_graph else 0 :]
    for a, b in pairs:
        small = _sizes(checked, model, settings | {name: a})
        large = _sizes(checked, model, settings | {name: b}) if small else None
        if small is not None and large is not None:
            return Growth(name, (a, b), small, large) if large.qubits > small.qubits else None
    return None


def _adds_as_a_logarithm(
    checked: Checked, model: ModelInfo, settings: dict[str, int], name: str
) -> bool:
    """Whether 2^k times as much is k qubits or a few times k more."""
    sizes = [_sizes(checked, model, settings | {name: v}) for v in (16, 32, 64)]
    qubits = [size.qubits for size in sizes if size is not None]
    if len(qubits) < 3:
        return False
    return 0 < qubits[2] - qubits[1] == qubits[1] - qubits[0]


def _sizes(checked: Checked, model: ModelInfo, settings: dict[str, int]) -> Sizes | None:
    """None where the declarations do not fit these values."""
    problems = Diagnostics()
    declared = declare(checked, model, settings, problems)
    if len(problems):
        return None
    tally = size_of(model, declared)
    vectors = {v.name: v.size for v in declared.vectors}
    registers = {r.name: r.size for r in declared.registers}
    return Sizes(vectors, registers, operations(tally) if tally is not None else None)
