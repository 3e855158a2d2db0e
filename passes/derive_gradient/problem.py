"""A circuit whose gradient is wanted, in the form that the methods work on."""

from __future__ import annotations

from dataclasses import field

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.request_error import Refused
from qdsl.ir.batch import Site
from qdsl.ir.light_cone import cone_of_words, encoded_parameter
from qdsl.ir.paulis import PauliWord, of_term
from qdsl.ir.stages import Circuit, Expectation
from qdsl.passes.derive_gradient.sites import (
    is_unitary,
    normal_form,
    parameter_slots,
    sites,
)
from qdsl.records import dataclass


class NoGradient(Refused):
    """The program returns nothing that has a derivative, or the method cannot take it."""


@dataclass(frozen=True, slots=True)
class GradientProblem:
    """A circuit in normal form, what it returns, and where its parameters act.

    `terms` are the distinct words of all expectations, each with its coefficient by output;
    `ranges`: no value of a slot is larger in size, None: not known, they count as 1.
    """

    circuit: Circuit
    sites: tuple[Site, ...]
    terms: tuple[tuple[PauliWord, tuple[tuple[int, float], ...]], ...]
    ranges: npt.NDArray[np.float64] | None = None
    cones: dict[PauliWord, np.ndarray] = field(default_factory=dict, compare=False)

    def cone(self, word: PauliWord) -> np.ndarray:
        """The rows that can change this word's mean."""
        if word not in self.cones:
            self.cones[word] = cone_of_words(self.circuit, (word,))
        return self.cones[word]

    def live_sites(self) -> list[int]:
        """Sites in the light cone of some word."""
        reached = np.zeros(len(self.circuit.table), np.bool_)
        for word, _ in self.terms:
            reached |= self.cone(word)
        return [k for k, site in enumerate(self.sites) if reached[site.row]]

    def live_parameters(self) -> tuple[tuple[int, int], ...]:
        """(place among all parameters, slot) of those that live sites depend on."""
        slots = {r.slot for k in self.live_sites() for r in self.sites[k].reaches}
        return tuple(
            (k, s) for k, s in enumerate(parameter_slots(self.circuit.values)) if s in slots
        )

    @property
    def reader(self) -> int:
        """The node that measures all words of the observable; -1: several, or any."""
        nodes = {self.owner(word) for word, _ in self.terms}
        return nodes.pop() if len(nodes) == 1 else -1

    def owner(self, word: PauliWord) -> int:
        """The node of the last row that touches the word's qubits: where it is measured."""
        table, pin = self.circuit.table, self.circuit.pin
        rows = np.repeat(np.arange(len(table)), table.arity)
        mine = np.isin(table.operands, [q for q, _ in word.letters()]) & (pin[rows] >= 0)
        return int(pin[rows[mine].max()]) if mine.any() else -1


def problem_of(
    circuit: Circuit,
    with_parameters: bool = True,
    ranges: npt.NDArray[np.float64] | None = None,
) -> GradientProblem:
    """NoGradient if there is no expectation, or no parameter where there has to be one."""
    plain = normal_form(circuit)
    outputs = plain.outputs
    if not outputs or not all(isinstance(o, Expectation) and not o.scales for o in outputs):
        raise NoGradient(f"'{circuit.name}' has no gradient: it does not return expectations only")
    terms: dict[PauliWord, dict[int, float]] = {}
    for k, output in enumerate(outputs):
        assert isinstance(output, Expectation)
        for term in output.terms:
            if term.paulis and term.coefficient:
                shares = terms.setdefault(of_term(term.paulis), {})
                shares[k] = shares.get(k, 0.0) + term.coefficient
    if not terms:
        raise NoGradient(f"'{circuit.name}' has no gradient: what it returns is constant")
    if with_parameters:
        _require_angles(circuit)
    found = sites(plain)
    if not found and with_parameters:
        raise NoGradient(f"'{circuit.name}' has no gradient: no angle depends on a parameter")
    words = tuple((w, tuple(s.items())) for w, s in terms.items())
    return GradientProblem(plain, found, words, ranges)


def _require_angles(circuit: Circuit) -> None:
    """NoGradient where a parameter is not an angle, but numbers that an operation encodes: no
    circuits here have its derivative, and to leave it out would say that it is 0."""
    encoded = encoded_parameter(circuit)
    if encoded is not None:
        operation, name = encoded
        raise NoGradient(
            f"'{circuit.name}' has no gradient circuits: '{operation}' encodes the parameter "
            f"'{name}', which is no angle of a gate; `gradient exact` trains it"
        )


def needs_unitary(problem: GradientProblem, method: str) -> None:
    if not is_unitary(problem.circuit):
        raise NoGradient(
            f"'{method}' has to run the program backwards, which measures or resets qubits; "
            "parameter_shift does not"
        )


def norms_of(circuit: Circuit) -> npt.NDArray[np.float64]:
    """The sum of |coefficients| of every output, without its constant part."""
    return np.array([sum(abs(t.coefficient) for t in o.terms if t.paulis)
                     for o in circuit.outputs if isinstance(o, Expectation)])  # fmt: skip
