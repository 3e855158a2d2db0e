"""The loop that takes communication away does the same in C as in Python."""

from __future__ import annotations

import pytest

import qdsl
from qdsl.ir.native import library
from qdsl.verify.translation import columns
from qdsl.verify.translation.undo_kernel import Undone, undo_columns
from tests.sources import EXAMPLES


@pytest.mark.skipif(library.compiler() is None, reason="there is no C compiler here")
@pytest.mark.parametrize("name", ["two_party", "ghz"])
@pytest.mark.parametrize("spare", [1, 4096], ids=["too few links", "enough"])
def test_both_ways_undo_the_same(name: str, spare: int) -> None:
    program = qdsl.load(EXAMPLES / f"{name}.qdm").compile().scheduled.distributed
    found = []
    call = library.native(undo_columns.py_func)  # type: ignore[attr-defined]
    assert call is not None
    for way in (undo_columns.py_func, call):  # type: ignore[attr-defined]
        given = columns._columns(program)
        state = columns._fresh_state(program, spare)
        room = Undone(*(columns._wide(given.operands) * 0 for _ in Undone._fields))
        answer = way(given, state, room)
        found.append((answer, *(part.tolist() for part in (*room, *state))))
    assert found[0] == found[1]
