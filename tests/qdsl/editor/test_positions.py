"""Positions in the units of the protocol, and where places go."""

from __future__ import annotations

import random

import pytest

from qdsl.editor.navigation import references
from qdsl.editor.positions import Lines, Shift
from tests.qdsl.editor.programs import offset, opened

TEXT = "// α 𝔽🙂 end\r\nmodel\nlast 🙂"


def test_utf_16_counts_two_beyond_the_basic_plane() -> None:
    lines = Lines(TEXT)
    assert lines.position(TEXT.index(" end")) == {"line": 0, "character": 9}
    assert lines.position(TEXT.index("model")) == {"line": 1, "character": 0}
    assert lines.position(len(TEXT)) == {"line": 2, "character": 7}


@pytest.mark.parametrize("unit", ["utf-16", "utf-8", "utf-32"])
def test_offsets_and_positions_are_inverse(unit: str) -> None:
    lines = Lines(TEXT, unit)
    for k in range(len(TEXT)):
        if TEXT[k - 1 : k + 1] != "\r\n":
            assert lines.offset(lines.position(k)) == k


@pytest.mark.parametrize(
    ("position", "found"),
    [((0, 6), "𝔽"), ((0, 99), "\r"), ((9, 0), ""), ((-1, 3), "/"), ((1, 2), "d")],
)
def test_places_that_are_none_are_cut(position: tuple[int, int], found: str) -> None:
    line, character = position
    at = Lines(TEXT).offset({"line": line, "character": character})
    assert TEXT[at : at + 1] == found


def test_a_place_moves_with_what_is_before_it() -> None:
    shift = Shift.between("ab cd ef", "ab XYZ ef")
    assert (shift.to_new(1), shift.to_new(7), shift.to_new(4)) == (1, 8, None)
    assert (shift.to_old(8), shift.to_old(4)) == (7, None)
    assert shift.range_to_new(0, 2) == (0, 2)
    assert shift.range_to_new(6, 8) == (7, 9)
    assert shift.range_to_new(2, 5) is None


def test_every_replacement_is_found() -> None:
    rng = random.Random(5)
    for _ in range(200):
        old = "".join(rng.choices("ab", k=rng.randrange(12)))
        new = "".join(rng.choices("ab", k=rng.randrange(12)))
        s = Shift.between(old, new)
        assert old[: s.start] + new[s.start : s.new_end] + old[s.old_end :] == new


def test_names_behind_wide_characters_are_where_the_editor_shows_them() -> None:
    text = "model m() {\n  /* 🙂🙂 */ qubits q\n  /* 𝔽 */ h q\n  return sample(q)\n}\n"
    document = opened(text)
    found = references(document, offset(text, "q\n"))
    assert [r["start"]["character"] for r in found] == [20, 13, 16]
    for r in found:
        assert text[document.lines.offset(r["start"])] == "q"
