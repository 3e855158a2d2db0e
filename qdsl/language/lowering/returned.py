"""One output of an unrolled model."""

from __future__ import annotations

from typing import NamedTuple

from qdsl.diagnostics.source import Span
from qdsl.language.values.domain import View
from qdsl.language.values.steps import Factor

Word = tuple[tuple[int, str], ...]  # (qubit, letter) by qubit; empty: the identity


class Returned(NamedTuple):
    """One output; `others` is the second register of an overlap, or the flags of an eigenvalue,
    `to` the node that learns it, `scales` what the encodings behind a `norm2` or `quadratic`
    divided by, `matrix` whose eigenvalue it is, `zeros` where an outcome has a constant 0,
    `recorded` which of its qubits show what classical bit."""

    kind: str
    qubits: tuple[int, ...]
    others: tuple[int, ...]
    words: tuple[tuple[Word, float], ...]
    to: int | None
    span: Span
    scales: tuple[Factor, ...] = ()
    matrix: View | None = None
    zeros: tuple[int, ...] = ()
    recorded: tuple[tuple[int, int], ...] = ()

    @property
    def seen(self) -> frozenset[int]:
        """The qubits it measures."""
        in_words = (q for word, _ in self.words for q, _ in word)
        return frozenset((*self.qubits, *self.others, *in_words))
