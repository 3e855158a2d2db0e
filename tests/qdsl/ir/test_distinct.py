"""Distinct values of a column."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qdsl.ir.distinct import distinct


@given(st.lists(st.integers(-3, 3)))
def test_they_are_those_of_numpy(values: list[int]) -> None:
    column = np.array(values, np.int32)
    found = distinct(column)
    assert found.dtype == column.dtype
    assert found.tolist() == np.unique(column).tolist()
