"""The attack on a training run, against matrices written out."""

from __future__ import annotations

import numpy as np
import pytest

from qdsl.studies.paper.privacy import square_root_measurement
from qdsl.studies.paper.training_attack import holevo, learned, ledger, patterns


def gram(size: int, copies: int) -> np.ndarray:
    """Inner products of all 2**N sign states."""
    signs = 1.0 - 2.0 * (np.arange(2**size)[:, None] >> np.arange(size) & 1)
    found: np.ndarray = (signs @ signs.T / size) ** copies
    return found


@pytest.mark.parametrize(("size", "copies"), [(2, 1), (4, 1), (4, 3), (8, 2), (8, 5)])
def test_weights_stand_for_all_strings(size: int, copies: int) -> None:
    matrix = gram(size, copies)
    _, information = square_root_measurement(matrix)
    assert learned(size, copies) == pytest.approx(information, abs=1e-6)
    values = np.linalg.eigvalsh(matrix / len(matrix))
    values = values[values > 1e-13]
    assert holevo(size, copies) == pytest.approx(-(values * np.log2(values)).sum(), abs=1e-9)
    assert sum(patterns(size, copies)) == pytest.approx(1)


def test_the_ledger_of_the_report_holds() -> None:
    """Two copies a block: only four of the eight angles change the output."""
    bound, copies = ledger(4, 1)
    assert copies == 2
    assert learned(16, copies) <= holevo(16, copies) <= bound
    twice, more = ledger(4, 2)
    assert twice == pytest.approx(2 * bound) and more == 4
