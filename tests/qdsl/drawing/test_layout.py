"""Where things stand in a drawing: nothing on top of another, nothing left of its cause."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import qdsl
from qdsl.drawing.circuit import WIDEST, circuit_picture
from qdsl.drawing.layout import DrawingLayout, layout
from qdsl.drawing.plain import plain_picture
from tests.qdsl.report.pages import NAMES, compiled
from tests.sources import EXAMPLES


@pytest.mark.parametrize("name", NAMES)
def test_marks_stand_alone_and_after_what_they_depend_on(name: str) -> None:
    drawing = layout(compiled(name).scheduled)
    taken: set[tuple[int, int]] = set()
    last: dict[int, int] = {}
    for m in drawing.marks:
        for lane in range(min(m.lanes), max(m.lanes) + 1):
            assert (lane, m.column) not in taken
            taken.add((lane, m.column))
        assert all(last.get(lane, -1) < m.column for lane in m.lanes)
        last.update(dict.fromkeys(m.lanes, m.column))
        if m.decided_by >= 0:
            by = drawing.marks[m.decided_by]
            assert by.name == "measure" and by.column < m.column and by.end <= m.start
    assert [m.start for m in drawing.marks] == sorted(m.start for m in drawing.marks)


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_drawn_and_ebits_join_two_devices(name: str) -> None:
    scheduled, drawing = compiled(name).scheduled, layout(compiled(name).scheduled)
    table = scheduled.distributed.table
    left_out = int(table.codes("send", "barrier").sum())
    assert len(drawing.marks) == len(table) - left_out
    ebits = [m for m in drawing.marks if m.name == "ebit"]
    assert len(ebits) == compiled(name).report().cost.ebits
    for m in ebits:
        first, second = (drawing.lanes[k] for k in m.lanes)
        assert first.is_comm and second.is_comm and first.node != second.node
    assert circuit_picture(drawing, name, 10**6).count('stroke="#b5127b"') == len(ebits)


@pytest.mark.parametrize("name", NAMES)
def test_stays_in_one_lane_do_not_overlap(name: str) -> None:
    drawing = layout(compiled(name).scheduled)
    by_lane: dict[int, list[tuple[int, int]]] = {}
    for s in drawing.stays:
        by_lane.setdefault(s.lane, []).append((s.first, s.last))
    for stays in by_lane.values():
        for before, after in zip(sorted(stays), sorted(stays)[1:], strict=False):
            assert before[1] < after[0]


def held(drawing: DrawingLayout, node: str) -> set[str]:
    return {s.qubit for s in drawing.stays if drawing.nodes[drawing.lanes[s.lane].node] == node}


def test_a_stay_says_whose_state_it_holds() -> None:
    assert held(layout(compiled("two_party").scheduled), "bob") == {"q[0]", "q[1]", ""}
    copies = {s.qubit for s in layout(compiled("ghz").scheduled).stays if s.qubit.endswith("'")}
    assert len(copies) == 2


def test_a_program_without_operations() -> None:
    empty = qdsl.loads("model m() { qubits q[2]; return sample(q) }").compile()
    drawing = layout(empty.scheduled)
    assert drawing.marks == () and drawing.columns == 0 and len(drawing.lanes) == 2
    assert circuit_picture(drawing, "m").startswith("<svg")
    assert "The program has no operations." in empty.html()


def test_a_long_picture_says_what_it_leaves_out() -> None:
    drawing = layout(compiled("two_party").scheduled)
    assert f"first 8 of {drawing.columns} columns" in circuit_picture(drawing, "x", 8)


def test_the_picture_of_the_documents_is_made_by_qdsl(request: pytest.FixtureRequest) -> None:
    file = EXAMPLES.parent / "docs" / "guide" / "pictures" / "two_party.svg"
    program = qdsl.load(EXAMPLES / "two_party.qdm")
    made = program.compile(settings={"layers": 1}, verify=False)._repr_svg_() + "\n"
    if request.config.getoption("--update-goldens"):
        file.write_text(made, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == made
    assert len(made) < 200_000


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_no_wider_than_a_page_and_shows_everything_once(name: str) -> None:
    drawing = layout(compiled(name).scheduled)
    made = ElementTree.fromstring(circuit_picture(drawing, name, 10**6))
    assert float(made.get("width", 0)) <= WIDEST
    shown = [e for e in made.iter() if e.tag.endswith("}g")]
    assert len(shown) == len(drawing.marks)
    high = float(made.get("height", 0))
    for rect in (e for e in made.iter() if e.tag.endswith("}rect")):
        left, top = float(rect.get("x", 0)), float(rect.get("y", 0))
        assert left >= 0 and left + float(rect.get("width", 0)) <= float(made.get("width", 0))
        assert top >= 0 and top + float(rect.get("height", 0)) <= high


def test_a_row_names_the_qubits_that_are_there() -> None:
    drawing = layout(compiled("two_party").scheduled)
    moved = next(s for s in drawing.stays if s.qubit and s.first >= 0 and is_data(drawing, s.lane))
    assert moved.lane not in drawing.held_at(0)
    assert drawing.held_at(moved.first + 1)[moved.lane] == moved.qubit
    for column in range(drawing.columns):
        held = drawing.held_at(column)
        assert all(is_data(drawing, lane) for lane in held)
        assert len(set(held.values())) == len(held) or column > 0
    rows = plain_picture(drawing, 80).split("\n\n")
    assert rows[0].startswith("alice data 0 q[0]") and len(rows) > 2
    later = [line for row in rows[1:] for line in row.splitlines()]
    assert any(line.startswith("bob   data 0 q[0]") for line in later)


def is_data(drawing: DrawingLayout, lane: int) -> bool:
    return not drawing.lanes[lane].is_comm
