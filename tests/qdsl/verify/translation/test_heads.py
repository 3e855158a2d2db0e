"""Programs of conditioned Clifford operations, spelt in other ways and then spoilt: none that
differs is called equal, however soon or late the comparison parts into branches."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from qdsl.ir.stages import Circuit
from qdsl.verify.translation.branches import Patience, are_equal_by_outcomes
from qdsl.verify.translation.logical import logical_ops
from tests.build import Line, circuit
from tests.simulate import channel, distance

Condition = tuple[int, int] | None
Program = list[tuple[Line, Condition]]
QUBITS, BITS = 3, 2
ONE = ("h", "x", "y", "z", "s", "sdg", "t", "sx")
TWO = ("cx", "cz", "cy", "swap", "ch")
CLOSE = 1e-7


def built(program: Program) -> Circuit:
    conditions = {i: c for i, (_, c) in enumerate(program) if c is not None}
    return circuit(QUBITS, [line for line, _ in program], conditions=conditions, n_bits=BITS)


def proved(left: Program, right: Program) -> bool:
    ops = [list(logical_ops(built(program))) for program in (left, right)]
    return are_equal_by_outcomes(*ops)


def apart(left: Program, right: Program) -> float:
    return distance(channel(built(left)), channel(built(right)))


def drawn_line(random: np.random.Generator) -> Line:
    first, second = random.permutation(QUBITS)[:2].tolist()
    kind = random.random()
    if kind < 0.15:
        return ("measure", [first], int(random.integers(BITS)))
    if kind < 0.2:
        return ("reset", [first])
    if kind < 0.25:
        return ("ry", [first], float(random.choice([0.3, np.pi / 4, np.pi / 2, -np.pi / 4])))
    if kind < 0.5:
        return (str(random.choice(ONE)), [first])
    return (str(random.choice(TWO)), [first, second])


def drawn(random: np.random.Generator) -> Program:
    program: Program = []
    written: set[int] = set()
    for _ in range(int(random.integers(4, 14))):
        line = drawn_line(random)
        condition = None
        if written and random.random() < (0.2 if line[0] == "measure" else 0.5):
            condition = (int(random.choice(sorted(written))), int(random.integers(2)))
        if line[0] == "measure":
            written.add(line[2])
        program.append((line, condition))
    return program


def by_other_gates(line: Line, given: Condition) -> Program:
    """The same by other gates; a change of basis needs no condition."""
    name, q = line[0], line[1]
    a, b = q[0], q[-1]
    around: dict[str, tuple[Line, Line, Line]] = {
        "cx": (("h", [b]), ("cz", q), ("h", [b])),
        "cy": (("sdg", [b]), ("cx", q), ("s", [b])),
        "ch": (("ry", [b], -np.pi / 4), ("cz", q), ("ry", [b], np.pi / 4)),
        "x": (("h", q), ("z", q), ("h", q)),
    }
    parts: dict[str, list[Line]] = {
        "swap": [("cx", [a, b]), ("cx", [b, a]), ("cx", [a, b])],
        "h": [("s", q), ("sx", q), ("s", q)],
        "y": [("z", q), ("x", q)],
        "s": [("t", q), ("t", q)],
    }
    if name in around:
        before, core, after = around[name]
        return [(before, None), (core, given), (after, None)]
    return [(part, given) for part in parts.get(name, [line])]


def touches(line: Line, condition: Condition) -> tuple[set[object], set[object]]:
    """What it acts on or writes, and what it only reads."""
    acts: set[object] = {("qubit", q) for q in line[1]}
    if line[0] == "measure":
        acts.add(("bit", line[2]))
    return acts, set() if condition is None else {("bit", condition[0])}


def rewritten(program: Program, random: np.random.Generator) -> Program:
    result: Program = []
    for line, condition in program:
        other = by_other_gates(line, condition) if random.random() < 0.7 else [(line, condition)]
        result += other
    for i in random.integers(len(result) - 1, size=20).tolist() if len(result) > 1 else ():
        (acts, reads), (acts_too, reads_too) = (touches(*result[k]) for k in (i, i + 1))
        if not (acts & acts_too or acts & reads_too or reads & acts_too):
            result[i], result[i + 1] = result[i + 1], result[i]
    return result


def spoilt(program: Program, random: np.random.Generator) -> Program:
    result = list(program)
    i, to = random.integers(len(result), size=2).tolist()
    line, condition = result.pop(i)
    kind = int(random.integers(6))
    if kind == 0:  # dropped
        return result
    if kind == 1:  # displaced
        return [*result[:to], (line, condition), *result[to:]]
    if kind == 2:
        condition = (int(random.integers(BITS)), int(random.integers(2)))
    elif kind == 3:
        condition = None
    elif kind == 4 and line[0] == "measure":
        line = ("measure", line[1], int(random.integers(BITS)))
    else:
        line = (line[0], random.permutation(line[1]).tolist(), *line[2:])
    return [*result[:i], (line, condition), *result[i:]]


@pytest.mark.parametrize("programs", [60, pytest.param(1500, marks=pytest.mark.slow)])
@pytest.mark.parametrize("patience", [0, 32])
def test_what_is_called_equal_is_equal(
    programs: int, patience: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = (Patience(patience, 1000, 10**7),)
    monkeypatch.setattr("qdsl.verify.translation.branches.PATIENCE", limits)
    random = np.random.default_rng(programs + patience)
    seen: Counter[str] = Counter()
    for _ in range(programs):
        asked = drawn(random)
        other = rewritten(asked, random)
        seen["right, proved"] += proved(asked, other)
        wrong = spoilt(other, random)
        if proved(asked, wrong):
            assert apart(asked, wrong) < CLOSE, (asked, wrong)
            seen["harmless"] += 1
    assert seen["right, proved"] > 0.99 * programs, seen
    assert programs / 4 < seen["harmless"] < programs, seen


PAIRS: dict[str, tuple[Program, Program, bool]] = {
    "a correction does not pass the operation of another bit": (
        [(("measure", [0], 0), None), (("measure", [1], 1), None),
         (("x", [2]), (0, 1)), (("h", [2]), (1, 1))],
        [(("measure", [0], 0), None), (("measure", [1], 1), None),
         (("h", [2]), (1, 1)), (("x", [2]), (0, 1))],
        False,
    ),
    "it does, given its opposite": (
        [(("measure", [0], 0), None), (("x", [2]), (0, 1)), (("h", [2]), (0, 0))],
        [(("measure", [0], 0), None), (("h", [2]), (0, 0)), (("x", [2]), (0, 1))],
        True,
    ),
    "a bit is read before and after it is measured again": (
        [(("h", [0]), None), (("measure", [0], 0), None), (("swap", [1, 2]), (0, 1)),
         (("h", [0]), None), (("measure", [0], 0), None), (("s", [1]), (0, 1))],
        [(("h", [0]), None), (("measure", [0], 0), None), (("h", [0]), None),
         (("measure", [0], 0), None), (("cx", [1, 2]), (0, 1)), (("cx", [2, 1]), (0, 1)),
         (("cx", [1, 2]), (0, 1)), (("s", [1]), (0, 1))],
        False,
    ),
    "what a conditioned measurement leaves is still the former outcome": (
        [(("h", [0]), None), (("measure", [0], 0), None), (("h", [1]), None),
         (("measure", [1], 1), None), (("h", [0]), None), (("measure", [0], 0), (1, 1)),
         (("swap", [1, 2]), (0, 1))],
        [(("h", [0]), None), (("measure", [0], 0), None), (("h", [1]), None),
         (("measure", [1], 1), None), (("h", [0]), None), (("measure", [0], 0), (1, 1)),
         (("cx", [1, 2]), (0, 1)), (("cx", [2, 1]), (0, 1)), (("cx", [1, 2]), (0, 1))],
        True,
    ),
    "nor is it taken for the new one": (
        [(("h", [0]), None), (("measure", [0], 0), None), (("h", [1]), None),
         (("measure", [1], 1), None), (("h", [0]), None), (("measure", [0], 0), (1, 1)),
         (("swap", [1, 2]), (0, 1))],
        [(("h", [0]), None), (("measure", [0], 0), None), (("h", [1]), None),
         (("measure", [1], 1), None), (("cx", [1, 2]), (0, 1)), (("cx", [2, 1]), (0, 1)),
         (("cx", [1, 2]), (0, 1)), (("h", [0]), None), (("measure", [0], 0), (1, 1))],
        False,
    ),
    "a reset between two conditioned operations stays between them": (
        [(("measure", [0], 0), None), (("swap", [1, 2]), (0, 1)), (("reset", [1]), None),
         (("swap", [1, 2]), (0, 1))],
        [(("measure", [0], 0), None), (("reset", [1]), None)],
        False,
    ),
    "it goes over to the other qubit where the bit is 1": (
        [(("measure", [0], 0), None), (("swap", [1, 2]), (0, 1)), (("reset", [1]), None),
         (("swap", [1, 2]), (0, 1))],
        [(("measure", [0], 0), None), (("reset", [1]), (0, 0)), (("reset", [2]), (0, 1))],
        True,
    ),
    "one of two conditions on one bit is turned around": (
        [(("measure", [0], 0), None), (("ch", [1, 2]), (0, 1)), (("t", [2]), None),
         (("ch", [1, 2]), (0, 1))],
        [(("measure", [0], 0), None), (("ch", [1, 2]), (0, 1)), (("t", [2]), None),
         (("ch", [1, 2]), (0, 0))],
        False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_pairs_made_to_deceive(name: str) -> None:
    left, right, equal = PAIRS[name]
    assert (apart(left, right) < CLOSE) == equal
    assert proved(left, right) == equal


def test_two_programs_that_wait_for_each_other_end() -> None:
    """Each bit is measured if the other one says so, the other way around in either program."""
    start: Program = [(("h", [0]), None), (("measure", [0], 0), None), (("measure", [1], 1), None)]
    one: Program = [
        *start,
        (("measure", [0], 0), (1, 1)),
        (("measure", [1], 1), (0, 1)),
        (("swap", [1, 2]), (1, 1)),
    ]
    two: Program = [
        *start,
        (("measure", [1], 1), (0, 1)),
        (("measure", [0], 0), (1, 1)),
        (("swap", [1, 2]), (0, 1)),
    ]
    assert not proved(one, two)
