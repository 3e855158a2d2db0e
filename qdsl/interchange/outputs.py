"""What a circuit of another library returns, where that is more than bits."""

from __future__ import annotations

from collections.abc import Sequence

from qdsl.records import dataclass

Term = tuple[float, tuple[tuple[str, int], ...]]  # a factor, and letters by qubit


@dataclass(frozen=True, slots=True)
class ImportedOutput:
    """`kind` is that of an output of QDM: "expect", of the sum of `terms`, or "probability" or
    "sample", of the `qubits`. Qubits are numbered in the order of the circuit's OpenQASM."""

    kind: str
    terms: tuple[Term, ...] = ()
    qubits: tuple[int, ...] = ()

    def text(self, names: Sequence[str]) -> str:
        """As QDM says it; `names` are those of the qubits."""
        if self.kind != "expect":
            return f"{self.kind}({', '.join(names[q] for q in self.qubits)})"
        terms = [_term(factor, letters, names) for factor, letters in self.terms]
        return f"expect({' + '.join(terms) or '0'})"


def _term(factor: float, letters: Sequence[tuple[str, int]], names: Sequence[str]) -> str:
    parts = [f"{letter} {names[q]}" for letter, q in letters]
    return " * ".join(parts if factor == 1 and parts else [repr(factor), *parts])
