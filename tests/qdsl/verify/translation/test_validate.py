"""Translation validation: right programs are proved equal, and a wrong one never is.

Every fault is put into a compiled program by itself. Where the exact comparison finds that the
program has really become another one, validation must not call it equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.operations import BY_NAME, Kind
from qdsl.ir.random_values import random_slot_values
from qdsl.ir.stages import Circuit, DistributedCircuit
from qdsl.ir.table import Row, TableBuilder
from qdsl.ir.values import Angles
from qdsl.verify.simulation.channel import affordable, channel_distance
from qdsl.verify.translation import validate
from tests.build import Line, circuit, network
from tests.passes.test_channel import QUICK, compiled
from tests.protocols import PROTOCOLS
from tests.sources import EXAMPLES
from tests.strategies import circuits

DIFFERENT = 1e-6


@pytest.mark.parametrize("name", ["ghz", "matching", "qaoa", "qft", "two_party"])
def test_the_examples_validate(name: str) -> None:
    made = qdsl.load(EXAMPLES / f"{name}.qdm").compile(verify=False)
    verdict = validate(made.circuit, made.scheduled.distributed)
    assert verdict.equal, verdict


@pytest.mark.parametrize("name", sorted(PROTOCOLS))
def test_protocols_by_hand_validate_and_broken_ones_do_not(name: str) -> None:
    program = PROTOCOLS[name]()
    assert validate(program.placed.circuit, program).equal
    for omit in "xz":
        broken = PROTOCOLS[name](omit)
        assert not validate(broken.placed.circuit, broken).equal


def test_size_is_no_obstacle() -> None:
    lines: list[Line] = [("rz", [k % 30], 0.1 * k) for k in range(100)]
    lines += [("cx", [k % 30, (7 * k + 4) % 30]) for k in range(500) if (6 * k + 4) % 30]
    source = circuit(30, lines, network=network(nodes=3, qubits=10))
    program = compiled(source)
    assert program is not None
    assert not affordable(source, program)
    assert validate(source, program).equal


# ---- random programs ---------------------------------------------------------------------


@pytest.mark.parametrize("programs", [60, pytest.param(400, marks=pytest.mark.slow)])
def test_random_programs_validate(programs: int) -> None:
    """All of them: outcomes are gone through where conditions stand in the way."""
    seen: Counter[str] = Counter()

    @given(circuits(max_qubits=4, max_rows=12))
    @settings(QUICK, max_examples=programs)
    def tally(source: Circuit) -> None:
        program = compiled(source)
        if program is None:
            return
        verdict = validate(source, program)
        assert verdict.equal, verdict
        seen["proved"] += 1

    tally()
    assert seen["proved"] > programs / 2


# ---- faults ------------------------------------------------------------------------------

Rows = list[Row]


def rebuilt(program: DistributedCircuit, rows: Sequence[Row]) -> DistributedCircuit:
    """The program with other rows; each keeps what its index says of it."""
    builder = TableBuilder(program.table.words, program.table.spans)
    for row in rows:
        builder.copy(row)
    kept = np.array([row.index for row in rows], np.int64)
    return replace(
        program,
        table=builder.build(),
        origin=program.origin[kept],
        role=program.role[kept],
        group=program.group[kept],
    )


def without(rows: Rows, i: int) -> Rows:
    return rows[:i] + rows[i + 1 :]


def with_row(rows: Rows, i: int, row: Row) -> Rows:
    return [*rows[:i], row, *rows[i + 1 :]]


def is_correction(row: Row) -> bool:
    return row.cond >= 0 and row.op.name in ("x", "z")


def dropped(rows: Rows, program: DistributedCircuit) -> Iterator[Rows]:
    """A correction, a gate, a Hadamard before a measurement, a measurement of the source."""
    for i, row in enumerate(rows):
        if row.op.is_unitary or row.op.kind in (Kind.ENCODE, Kind.RESET):
            yield without(rows, i)


def doubled(rows: Rows, program: DistributedCircuit) -> Iterator[Rows]:
    for i, row in enumerate(rows):
        if row.op.is_unitary:
            yield [*rows[: i + 1], *rows[i:]]


def on_the_wrong_bit(rows: Rows, program: DistributedCircuit) -> Iterator[Rows]:
    bits = [row.attr for row in rows if row.op.kind in (Kind.MEASURE, Kind.SEND)]
    for i, row in enumerate(rows):
        if row.cond >= 0:
            for bit in {bits[0], bits[-1], row.cond >> 1} | {bits[len(bits) // 2]}:
                for value in (0, 1):
                    if 2 * bit + value != row.cond:
                        yield with_row(rows, i, row._replace(cond=2 * bit + value))
            yield with_row(rows, i, row._replace(cond=-1))


def of_the_wrong_kind(rows: Rows, program: DistributedCircuit) -> Iterator[Rows]:
    other = {"x": "z", "z": "x", "h": "x", "s": "sdg", "cx": "cz", "cz": "cx", "rx": "rz",
             "rz": "rx", "rzz": "rxx", "cp": "crz", "t": "tdg"}  # fmt: skip
    for i, row in enumerate(rows):
        if row.op.name in other:
            yield with_row(rows, i, row._replace(op=BY_NAME[other[row.op.name]]))


def turned_around(rows: Rows, program: DistributedCircuit) -> Iterator[Rows]:
    for i, row in enumerate(rows):
        if row.op.is_unitary and len(row.operands) > 1 and not row.op.symmetric:
            yield with_row(rows, i, row._replace(operands=row.operands[::-1]))


def on_another_wire(rows: Rows, program: DistributedCircuit) -> Iterator[Rows]:
    wires = range(program.n_wires)
    for i, row in enumerate(rows):
        if row.op.is_unitary and len(row.operands) == 1:
            node = program.wire_node[row.operands[0]]
            for wire in wires:
                if wire != row.operands[0] and program.wire_node[wire] == node:
                    yield with_row(rows, i, row._replace(operands=(wire,)))


def moved(rows: Rows, program: DistributedCircuit) -> Iterator[Rows]:
    """One row before the one before it."""
    for i in range(1, len(rows)):
        if set(rows[i].operands) & set(rows[i - 1].operands):
            yield [*rows[: i - 1], rows[i], rows[i - 1], *rows[i + 1 :]]


def written_elsewhere(rows: Rows, program: DistributedCircuit) -> Iterator[Rows]:
    """A measurement or message into a bit that is another's; a message of another bit."""
    for i, row in enumerate(rows):
        if row.op.kind in (Kind.MEASURE, Kind.SEND):
            for bit in range(len(program.bit_node)):
                if bit != row.attr and program.bit_node[bit] == program.bit_node[row.attr]:
                    yield with_row(rows, i, row._replace(attr=bit))
        if row.op.kind is Kind.SEND:
            for bit in range(len(program.bit_node)):
                if bit != row.operands[0]:
                    yield with_row(rows, i, row._replace(operands=(bit,)))


FAULTS = {
    fault.__name__: fault
    for fault in (
        dropped,
        doubled,
        on_the_wrong_bit,
        of_the_wrong_kind,
        turned_around,
        on_another_wire,
        moved,
        written_elsewhere,
    )
}

SOURCES = {
    "telegates": [("h", [0]), ("cx", [0, 2]), ("rzz", [0, 3], 0.7), ("cx", [1, 2]), ("h", [1]),
                  ("cp", [3, 1], 0.4), ("crx", [0, 3], 1.1)],
    "feed-forward": [("h", [0]), ("rx", [1], 0.3), ("cx", [0, 2]), ("measure", [2], 0),
                     ("reset", [2]), ("x", [3]), ("cx", [3, 1]), ("ry", [1], 0.9)],
    "words": [("rot", [0, 1, 2], "XYZ", 0.8), ("t", [2]), ("swap", [0, 3]), ("s", [0]),
              ("cz", [0, 2])],
}  # fmt: skip
PINS = {"teledata": {0: 0, 1: 1, 2: 0, 3: 1, 4: 1, 5: 0, 6: 1}}


def programs() -> dict[str, tuple[Circuit, DistributedCircuit]]:
    """Small programs with telegates, teledata, swaps, measurement and feed-forward in them."""
    found = {}
    for name, lines in SOURCES.items():
        conditions = {5: (0, 1)} if name == "feed-forward" else {}
        for kind, nodes, pins in (
            ("complete", 2, {}),
            ("line", 3, {}),
            ("complete", 2, PINS["teledata"]),
        ):
            where = network(kind, nodes, 4 if pins else 2, 2)
            mine = {k: v for k, v in pins.items() if k < len(lines)}
            source = circuit(4, lines, network=where, pins=mine, conditions=conditions, n_bits=1)
            program = compiled(source)
            if program is not None:
                found[f"{name}, {kind} {nodes}, {'pinned' if pins else 'free'}"] = source, program
    return found


def distance(source: Circuit, program: DistributedCircuit) -> float | None:
    """How different the two really are; None for a program that means nothing."""
    try:
        return channel_distance(source, program, random_slot_values(source.values, 0))
    except Exception:
        return None


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_no_broken_program_is_called_equal(fault: str) -> None:
    wrong = harmless = 0
    for source, program in programs().values():
        assert validate(source, program).equal
        for rows in FAULTS[fault](list(program.table), program):
            broken = rebuilt(program, rows)
            if validate(source, broken).equal:
                found = distance(source, broken)
                assert found is not None and found < DIFFERENT, [str(r) for r in rows]
                harmless += 1
            else:
                wrong += 1
    assert wrong > 20, (wrong, harmless)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_the_exact_comparison_agrees_that_most_faults_are_real(fault: str) -> None:
    """Else the test above would test nothing. A sample, as the comparison takes its time."""
    real = tried = 0
    for source, program in programs().values():
        for rows in list(FAULTS[fault](list(program.table), program))[::7]:
            found = distance(source, rebuilt(program, rows))
            tried += 1
            real += found is None or found > DIFFERENT
    assert real > 0.5 * tried > 0


def test_a_changed_angle_is_seen() -> None:
    for source, program in programs().values():
        angles = program.values.angles
        for e in np.unique(program.table.angle[program.table.angle >= 0]).tolist():
            for by in (1e-6, 0.1, np.pi / 2, np.pi):
                constant = angles.constant.copy()
                constant[e] += by
                changed = Angles(constant, angles.term_start, angles.coefficient, angles.slot)
                broken = replace(program, values=replace(program.values, angles=changed))
                assert not validate(source, broken).equal
                if by == 0.1:
                    found = distance(source, broken)
                    assert found is None or found > DIFFERENT


def test_a_full_turn_is_no_change() -> None:
    source = circuit(2, [("rx", [0], 0.3), ("cz", [0, 1])], network=network(qubits=1))
    other = circuit(2, [("rx", [0], 0.3 + 2 * np.pi), ("cz", [0, 1])], network=network(qubits=1))
    program = compiled(source)
    assert program is not None
    assert validate(other, program).equal


def test_a_qubit_that_ends_elsewhere_is_seen() -> None:
    for source, program in programs().values():
        final = program.final_wire.copy()
        final[[0, 1]] = final[[1, 0]]
        assert not validate(source, replace(program, final_wire=final)).equal


def test_other_sources_are_not_proved() -> None:
    """A program is not equal to a source with a line more, less, or in another place."""
    for name, lines in SOURCES.items():
        if name == "feed-forward":
            continue
        source = circuit(4, lines, network=network(qubits=2))
        program = compiled(source)
        assert program is not None and validate(source, program).equal
        others = [[*lines[:i], *lines[i + 1 :]] for i in range(len(lines))]
        others += [[*lines, ("rz", [0], 1e-3)], [("h", [3]), *lines], [*lines, ("cz", [0, 1])]]
        for other in others:
            assert not validate(circuit(4, other, network=network(qubits=2)), program).equal


def test_what_it_says() -> None:
    """A verdict names the row that could not be undone, or the event without a counterpart."""
    source, program = programs()["telegates, complete 2, free"]
    verdict = validate(source, program)
    assert verdict.method == "translation validation"
    assert "matched to 1e-9 rad" in verdict.detail
    rows = list(program.table)
    first = next(i for i, row in enumerate(rows) if is_correction(row))
    assert "row " in validate(source, rebuilt(program, without(rows, first))).detail


def test_infeasible_programs_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """`compiled` gives None for them, so the laws above do not pass by having no program."""
    with pytest.raises(InvalidProgram):
        qdsl.load(EXAMPLES / "ghz.qdm").compile(settings={"n": 17})
    assert len(programs()) >= 7
