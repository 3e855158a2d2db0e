"""What to run, on which values, and why it may not go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from qdsl.diagnostics.request_error import Refused, whole
from qdsl.ir.stages import Circuit, Eigenvalue, Expectation, Overlap, ScheduledCircuit
from qdsl.records import dataclass

if TYPE_CHECKING:
    from qdsl.language.typed.program import Experiment

Array = npt.NDArray[np.float64]
NUMBERS = (Expectation, Overlap, Eigenvalue)  # outputs that are one number an item
OnStep = Callable[[int, int, float], None]


BACKENDS = ("jax", "qiskit", "noisy", "nodes", "simulaqron", "sharded")


class CannotRun(Refused):
    """The values given do not fit the program, or it is too large to be simulated."""


class StateTooLarge(CannotRun):
    """The state does not fit in the memory that a simulation may take."""


@dataclass(frozen=True, slots=True)
class RunJob:
    """What to run: a source circuit, and what it was compiled to by the passes' `options`.
    `is_proved` compares the two when it is first asked."""

    circuit: Circuit
    scheduled: ScheduledCircuit
    options: tuple[tuple[str, Any], ...]
    is_proved: Callable[[], bool]
    experiment: Experiment | None
    shots: int | None  # None: exact, where the backend can
    seed: int
    backend: str
    patience_s: float = 60.0  # of nodes that wait for one another
    runtime_python: str | None = None  # the interpreter that has SimulaQron
    on_round: Callable[[int, int], None] | None = None
    checkpoint: Path | None = None  # the folder for checkpoints of training
    resume: bool = False

    def __post_init__(self) -> None:
        """Before anything is trained: CannotRun for a backend that there is not, WrongArgument for
        shots and seeds that are no numbers."""
        if self.shots is not None:
            whole(self.shots, "shots", 1)
        whole(self.seed, "seed", 0)
        if self.backend not in BACKENDS:
            there = ", ".join(BACKENDS)
            raise CannotRun(f"there is no backend '{self.backend}'; there are {there}")

    @property
    def simulates_noise(self) -> bool:
        """That of the network, gate by gate: as asked for, or as the experiment says."""
        named = self.experiment is not None and self.experiment.noise == "simulated"
        return self.backend == "noisy" or (named and self.backend == "jax")


@dataclass(frozen=True, slots=True)
class Inputs:
    """`single`: one array per vector; `batched`: (items, ...) per vector that varies by item."""

    single: dict[str, Array]
    batched: dict[str, Array]
    labels: Array | None
    drawn: tuple[str, ...]
    # labels for which -1 and 1 stand, or more than two for which 0, 1, ... stand
    classes: tuple[float, ...] | None = None

    @property
    def scores(self) -> int:
        """How many outputs, from the first on, the loss looks at: one, or one a class."""
        return len(self.classes) if self.classes and len(self.classes) > 2 else 1

    @property
    def items(self) -> int:
        return next((len(a) for a in self.batched.values()), 1)
