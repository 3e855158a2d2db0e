"""What compiling for an objective came to."""

from __future__ import annotations

from typing import Any, Final

from qdsl.records import dataclass

OPTION: Final = "optimise"
PLACES: Final = "partition"  # the pass that a search stands in for, with those after it


@dataclass(frozen=True, slots=True)
class ObjectiveOutcome:
    """What compiling for an objective came to.

    `value`, `ebits`: of the program; `plain_value`, `plain_ebits`: of the one compiled without
    an objective; `fewest_value`, `fewest_ebits`: of the one with the fewest ebits among those that
    were finished, the plain one where none has fewer; None in reports of before;
    `measured`: how many programs were compared; `chosen`: the options of the passes that it was
    finished with, where they are not the given ones. A value is ns for `makespan`, the process
    fidelity for `fidelity`, message rounds for `rounds`, and for `comm` the most communication
    qubits held at one node at one time.
    """

    optimise: str
    value: float
    ebits: int
    plain_value: float
    plain_ebits: int
    measured: int
    chosen: tuple[tuple[str, Any], ...] = ()
    fewest_value: float | None = None
    fewest_ebits: int | None = None
