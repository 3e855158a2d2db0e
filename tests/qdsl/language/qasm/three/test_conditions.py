"""Conditions of OpenQASM 3 on measured bits, at all values of two registers of two bits."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.language.qasm.files.import_qasm import read_qasm
from qdsl.language.qasm.rows import ImportedCircuit

HEAD = """OPENQASM 3.0;
include "stdgates.inc";
qubit[5] q;
bit[2] c;
bit[2] d;
bit e;
c = measure q[0:1];
d = measure q[2:3];
"""
Answer = Callable[[int, int], object]

READ_BY_ALL: dict[str, Answer] = {
    "~c == 2": lambda c, d: c == 1,
    "~c != 1": lambda c, d: c != 2,
    '~c == "10"': lambda c, d: c == 1,
    "!c == 1": lambda c, d: c == 0,
    "!c == 2": lambda c, d: False,
    "!c": lambda c, d: c == 0,
    "~c[0]": lambda c, d: c in (0, 2),
    "~c[0] == 1": lambda c, d: c in (0, 2),
    "!c[0] != 1": lambda c, d: c in (1, 3),
    "~~c == 2": lambda c, d: c == 2,
    "!~c[1] == 1": lambda c, d: c > 1,
    "c == 0b10": lambda c, d: c == 2,
    "c[0:1] == 2": lambda c, d: c == 2,
    "c[1:-1:0] == 2": lambda c, d: c == 1,
    "c[-2:-1] == 2": lambda c, d: c == 2,
    "d[1:1] == 1": lambda c, d: d > 1,
    "c == 4": lambda c, d: False,
    "c != 4": lambda c, d: True,
    "!e": lambda c, d: True,
    "~e == 1": lambda c, d: True,
}
READ_HERE: dict[str, Answer] = {
    "~c": lambda c, d: c != 3,
    "~c < 2": lambda c, d: c > 1,
    "!(c == 2)": lambda c, d: c != 2,
    "(c & d) == 1": lambda c, d: c & d == 1,
    "c & d == 1": lambda c, d: c & (d == 1),
    "(c | d) == 3": lambda c, d: c | d == 3,
    "c ^ d": lambda c, d: c != d,
    "~(c ^ d) == 3": lambda c, d: c == d,
    '(c ^ "11") == "01"': lambda c, d: c == 2,
    "c & -2": lambda c, d: c > 1,
    "c << 1 == 2": lambda c, d: c in (1, 3),
    "(c << 1) == 4": lambda c, d: False,
    "(c >> 1) == 1": lambda c, d: c > 1,
    "c < d": lambda c, d: c < d,
    "c <= d": lambda c, d: c <= d,
    "c >= d": lambda c, d: c >= d,
    "c != d": lambda c, d: c != d,
    "1 < c": lambda c, d: c > 1,
    "c < 4": lambda c, d: True,
    "c == 1.0": lambda c, d: c == 1,
    "int(c) == 2": lambda c, d: c == 2,
    "int[3](c) > 1": lambda c, d: c > 1,
    "int[2](c) == 1": lambda c, d: c == 1,
    "int[2](c) != -1": lambda c, d: c != 3,
    "-2 == int[2](c)": lambda c, d: c == 2,
    "bool(int[2](c))": lambda c, d: c,
    "int[3](int[2](c)) == -2": lambda c, d: c == 2,
    "uint[2](int[2](c)) == 3": lambda c, d: c == 3,
    "uint[2](c) == 2": lambda c, d: c == 2,
    "uint[1](c) == 1": lambda c, d: c in (1, 3),
    "uint[4](~c) == 2": lambda c, d: c == 1,
    "~uint[4](c) == 13": lambda c, d: c == 2,
    "~uint[4](2) == 13": lambda c, d: True,
    "bool(c)": lambda c, d: c,
    "bit[3](c) == 2": lambda c, d: c == 2,
    "bit[2](angle[2](c)) == 2": lambda c, d: c == 2,
    "c[{1, 0}] == 2": lambda c, d: c == 1,
    "c[-1]": lambda c, d: c > 1,
    "c[0] & ~d[0]": lambda c, d: c & ~d & 1,
    "c[0] || !d[1]": lambda c, d: c & 1 or d < 2,
    "c && d": lambda c, d: c and d,
    "c[0] == d[0]": lambda c, d: c & 1 == d & 1,
    "(c == 2) ^ (d == 1)": lambda c, d: (c == 2) != (d == 1),
    "c == 2 && d == 1 || e": lambda c, d: (c, d) == (2, 1),
    "rotl(c, 1) == 2": lambda c, d: c == 1,
}


def flipped(circuit: ImportedCircuit, c: int, d: int) -> int:
    """What becomes of q[4], where the others hold these numbers: all gates are x."""
    wires = [c & 1, c >> 1, d & 1, d >> 1, *[0] * (circuit.n_qubits - 3)]
    bits: dict[int | None, int] = {}
    for row in circuit.rows:
        if row.condition is not None and bits.get(row.condition[0], 0) != row.condition[1]:
            continue
        if row.name == "measure":
            bits[row.bit] = wires[row.qubits[0]]
        elif row.name != "barrier":
            assert row.name == "x"
            wires[row.qubits[0]] ^= 1
    return wires[4]


@pytest.mark.parametrize("condition", [*READ_BY_ALL, *READ_HERE])
def test_conditions(condition: str) -> None:
    circuit = read_qasm(f"{HEAD}if ({condition}) {{ x q[4]; }}", "f.qasm")
    answer = READ_BY_ALL.get(condition) or READ_HERE[condition]
    for c, d in product(range(4), repeat=2):
        assert flipped(circuit, c, d) == bool(answer(c, d)), (c, d)
    if condition in READ_BY_ALL:
        assert circuit.read_twice


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("c < 1.5", "no integer"),
        ("c == pi", "no integer"),
        ("c == -1", "have no sign, and -1"),
        ("c << -1", "have no sign, and -1"),
        ("c + d == 3", "arithmetic with measured bits"),
        ("int[2](c) == 3", "never 3"),
        ("int[2](c) < 1", "sign is a measured bit"),
        ("int[2](c) + 1 == 2", "sign is a measured bit"),
        ("angle[2](c) == pi", "`==` of an angle"),
    ],
)
def test_conditions_that_are_refused(condition: str, said: str) -> None:
    with pytest.raises(InvalidProgram, match=said):
        read_qasm(f"{HEAD}if ({condition}) {{ x q[4]; }}", "f.qasm")


@pytest.mark.parametrize(
    ("index", "qubits"), [("3:-1:0", [3, 2, 1, 0]), ("3:-2:0", [3, 1]), ("-3:-1", [2, 3, 4])]
)
def test_ranges_that_qiskit_ends_elsewhere(index: str, qubits: list[int]) -> None:
    circuit = read_qasm(f"{HEAD}x q[{index}];", "f.qasm")
    assert [row.qubits[0] for row in circuit.rows if row.name == "x"] == qubits
    assert circuit.read_twice


@pytest.mark.parametrize(
    ("width", "angles"),
    [(2, {0: 0.5, 1: 1.0}), (3, {0: 0.5, 1: 1.0}), (1, {1: 1.0})],
)
def test_an_angle_keeps_its_value_in_other_bits(width: int, angles: dict[int, float]) -> None:
    """In half turns, by the bit that turns."""
    circuit = read_qasm(f"{HEAD}angle[{width}] a = angle[2](c); rz(a) q[4];", "f.qasm")
    found = {row.condition[0]: row.angles[0] for row in circuit.rows if row.condition}
    assert found == pytest.approx({bit: turns * 3.141592653589793 for bit, turns in angles.items()})


def test_a_switch_over_a_number_with_a_measured_sign() -> None:
    cases = "case -1 { x q[4]; } case 1 { } default { x q[4]; }"
    circuit = read_qasm(f"{HEAD}switch (int[2](c)) {{ {cases} }}", "f.qasm")
    for c in range(4):
        assert flipped(circuit, c, 0) == (c != 1)
    for target in ("1.5", "pi"):
        with pytest.raises(InvalidProgram, match="of an integer"):
            read_qasm(f"{HEAD}switch ({target}) {{ case 1 {{ x q[4]; }} }}", "f.qasm")
