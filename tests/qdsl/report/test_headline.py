"""The line on an objective names the program without it, and one with fewer ebits."""

from __future__ import annotations

import pytest

from qdsl.objectives.outcome import ObjectiveOutcome
from qdsl.report.headline import optimised

TWO, PLAIN = "for message rounds: 2", "without it: 4 with 4 ebits"


@pytest.mark.parametrize(
    ("ebits", "fewest", "said"),
    [
        # the plain program takes more ebits than one that was found on the way
        (5, (7.0, 3), f"{TWO} with 5 ebits; {PLAIN}; fewest ebits found: 7 with 3 ebits"),
        # than the chosen one itself
        (3, (2.0, 3), f"{TWO} with 3 ebits; {PLAIN}"),
        # none has fewer than the plain one
        (6, (4.0, 4), f"{TWO} with 6 ebits; {PLAIN}"),
        # reports of before do not say
        (6, (None, None), f"{TWO} with 6 ebits; {PLAIN}"),
    ],
)
def test_the_fewest_ebits_are_those_of_all(
    ebits: int, fewest: tuple[float | None, int | None], said: str
) -> None:
    o = ObjectiveOutcome("rounds", 2.0, ebits, 4.0, 4, 9, (), *fewest)
    assert optimised(o) == said


def test_a_program_that_is_as_without_an_objective_says_so() -> None:
    o = ObjectiveOutcome("rounds", 4.0, 4, 4.0, 4, 9, (), 4.0, 4)
    assert optimised(o) == "for message rounds: 4, as without it"
