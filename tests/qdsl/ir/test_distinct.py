"""Distinct values of a column."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qdsl.ir.distinct import distinct, is_among


@given(st.lists(st.integers(-3, 3)))
def test_they_are_those_of_numpy(values: list[int]) -> None:
    column = np.array(values, np.int32)
    found = distinct(column)
    assert found.dtype == column.dtype
    assert found.tolist() == np.unique(column).tolist()


@given(st.lists(st.integers(-3, 3)), st.lists(st.integers(-4, 4)))
def test_members_are_those_of_numpy(values: list[int], among: list[int]) -> None:
    column, known = np.array(values, np.int64), distinct(np.array(among, np.int64))
    assert is_among(column, known).tolist() == np.isin(column, known).tolist()
