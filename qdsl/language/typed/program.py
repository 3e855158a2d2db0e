"""A checked program: what a `.qdm` file declares, resolved and found consistent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import NamedTuple

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.source import Source, Span
from qdsl.language import syntax
from qdsl.language.syntax.files import Folders
from qdsl.language.typed import tree
from qdsl.network.network import Network
from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class DeclaredVector:
    """A `data` or `param` of a model; `shape` is the text of its dimensions."""

    name: str
    role: str  # "data" or "param"
    kind: str
    shape: tuple[str, ...]
    owner: str | None
    is_given: bool  # its value stands in the program
    span: Span


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model before its integer parameters are bound.

    `parameters` gives each one's default, None where a value has to be set.
    """

    name: str
    parameters: Mapping[str, int | None]
    vectors: tuple[DeclaredVector, ...]
    network: str | None
    declaration: tree.Model


SCALINGS = ("standardise", "minmax")


class ExperimentSource(NamedTuple):
    """`data x from "points.npz:x" minmax`: `key` is what stands after the colon, or None."""

    role: str  # "data" or "label"
    name: str
    path: str
    key: str | None
    span: Span
    scaling: str | None = None  # one of SCALINGS


class Instances(NamedTuple):
    """`instances hidden_matching { seed 7, items 20, share 0.5 }`: item k is made of seed + k."""

    problem: str
    seed: int
    items: int
    share: float
    span: Span


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment with every option checked; None where the file does not say."""

    name: str
    model: str
    span: Span
    settings: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[ExperimentSource, ...] = ()
    loss: str | None = None  # a name, or the text of `loss_expression`
    loss_expression: syntax.Expr | None = None  # of `value` and `label`
    gradient: str = "exact"
    gradient_shots: int | None = None
    epsilon: float | None = None
    delta: float | None = None
    optimiser: str | None = None  # None: nothing is trained
    optimiser_options: Mapping[str, float] = field(default_factory=dict)
    steps: int = 100
    batch: int | None = None  # None: all points
    validation: float | None = None  # the share of the items that is held out
    test: float | None = None  # the share of the items that training never looks at
    patience: int | None = None  # steps without a better loss before training stops
    noise: str | None = None
    seed: int = 0
    shots: int | None = None
    instances: Instances | None = None  # what fills vectors and labels that no file does


CircuitEntry = tree.TypedCircuit | tree.Import


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """A program. `circuits` has those of the used standard modules too; where `problems` has
    errors, the trees are what can be said of it all the same."""

    source: Source
    networks: Mapping[str, Network]
    circuits: Mapping[str, CircuitEntry]
    models: Mapping[str, ModelInfo]
    experiments: Mapping[str, Experiment]
    problems: tuple[Diagnostic, ...] = ()
    folders: Folders = field(default_factory=Folders)

    @property
    def own_models(self) -> tuple[str, ...]:
        """The models that the file declares itself, and not one that it uses."""
        own = {n: m.declaration.syntax.span.source for n, m in self.models.items()}
        return tuple(name for name, source in own.items() if source is self.source)

    @property
    def is_sound(self) -> bool:
        return not any(problem.severity is Severity.ERROR for problem in self.problems)
