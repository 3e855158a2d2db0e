"""The line on an objective names the program with fewest ebits of all that were finished."""

from __future__ import annotations

import pytest

from qdsl.objectives.outcome import ObjectiveOutcome
from qdsl.report.headline import optimised


@pytest.mark.parametrize(
    ("ebits", "fewest", "said"),
    [
        # the plain program takes more ebits than one that was found on the way
        (5, (7.0, 3), "for message rounds: 2 with 5 ebits; for fewest ebits: 7 with 3 ebits"),
        # than the chosen one itself
        (3, (2.0, 3), "for message rounds: 2, as for fewest ebits"),
        # none has fewer than the plain one
        (6, (4.0, 4), "for message rounds: 2 with 6 ebits; for fewest ebits: 4 with 4 ebits"),
        # reports of before do not say
        (6, (None, None), "for message rounds: 2 with 6 ebits; for fewest ebits: 4 with 4 ebits"),
    ],
)
def test_the_fewest_ebits_are_those_of_all(
    ebits: int, fewest: tuple[float | None, int | None], said: str
) -> None:
    o = ObjectiveOutcome("rounds", 2.0, ebits, 4.0, 4, 9, (), *fewest)
    assert optimised(o) == said
