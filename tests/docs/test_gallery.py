"""The gallery has every example, and the pages that teach say what their programs do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qdsl.drawing.layout import layout
from tests.docs.gallery import (
    GALLERY,
    GUIDE,
    LESSONS,
    PICTURES,
    SECTIONS,
    TITLES,
    anchor,
    compiled,
    gallery_pages,
    until,
)
from tests.docs.steps import steps
from tests.sources import EXAMPLES

NAMES = [name for names in SECTIONS.values() for name in names]


def test_every_example_is_there_once() -> None:
    there = sorted(path.stem for path in EXAMPLES.glob("*.qdm"))
    assert sorted(NAMES) == there, "each has a section and a title in tests/docs/gallery.py"
    assert set(TITLES) == set(NAMES) and len(set(TITLES.values())) == len(NAMES) >= 20


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_short(name: str) -> None:
    assert 10 <= len((EXAMPLES / f"{name}.qdm").read_text("utf-8").splitlines()) <= 50


@pytest.mark.slow
def test_no_picture_is_left_over() -> None:
    """That each is up to date is tested with the other made pages."""
    made = {path for path in gallery_pages() if path.suffix == ".svg"}
    folders = ("gallery", "concepts", *LESSONS)
    assert {path for name in folders for path in (PICTURES / name).iterdir()} == made


def test_every_picture_is_shown() -> None:
    text = "".join(path.read_text("utf-8") for path in GUIDE.glob("*.md"))
    shown = set(re.findall(r"\]\((pictures/[^)]+)\)", text))
    assert shown >= {str(p.relative_to(GUIDE)) for p in gallery_pages() if p.suffix == ".svg"}


def test_links_inside_the_gallery_lead_to_a_heading() -> None:
    text = GALLERY.read_text("utf-8")
    headings = {anchor(title) for title in re.findall(r"^#+ (.*)$", text, re.M)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


@pytest.mark.parametrize("name", LESSONS.values())
def test_the_steps_are_the_whole_program_in_time(name: str) -> None:
    ir = compiled(name).scheduled
    found = steps(ir)
    assert [step.last for step in found][-1] == len(layout(ir).marks)
    assert max(step.end for step in found) == ir.makespan_ns
    ends = [step.end for step in found if "makes a pair" not in step.what]
    assert ends == sorted(ends)


def test_the_lessons_name_the_right_steps() -> None:
    """Of what their prose says of a step by its number."""
    remote = [step.what for step in steps(compiled("remote_cnot").scheduled)]
    for number, word in ((2, "makes a pair"), (3, "measures that half"), (4, "flips its half"),
                         (5, "`cx` on the copy"), (6, "X basis"), (7, "applies Z")):  # fmt: skip
        assert word in remote[number - 1]
    fourier = [step.what for step in steps(compiled("qft_two").scheduled)]
    for number, word in ((1, "`h` on `q[0]`"), (4, "makes a pair"), (6, "the copy of `q[0]`"),
                         (9, "Z to `q[0]`"), (10, "from `q[3]`"),
                         (12, "the copy of `q[3]`")):  # fmt: skip
        assert word in fourier[number - 1]
    assert fourier[5].count("cp(") == fourier[11].count("cp(") == 2


def test_a_drawing_of_the_first_operations_has_no_others() -> None:
    whole = layout(compiled("remote_cnot").scheduled)
    part = until(whole, 5)
    assert part.marks == whole.marks[:5] and until(whole, 99) is whole
    assert {s.last for s in part.stays} == {part.columns, 2}  # the half that is measured


def test_all_pictures_are_whole() -> None:
    for path in (Path(p) for p in gallery_pages() if p.suffix == ".svg"):
        text = path.read_text("utf-8")
        assert text.startswith("<svg") and "columns" not in text, path
