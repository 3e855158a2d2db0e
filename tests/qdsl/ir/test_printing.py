"""The text of every stage, and of angles and numbers."""

from __future__ import annotations

from dataclasses import replace
from math import pi

import numpy as np
import pytest

from qdsl.diagnostics.source import Source, Span
from qdsl.ir.operations import operation
from qdsl.ir.print_values import angle_text, number_text
from qdsl.ir.printing import print_ir
from qdsl.ir.stages import (
    Circuit,
    Disclosure,
    Expectation,
    Overlap,
    PauliTerm,
    PlacedCircuit,
    Probability,
    Sample,
)
from qdsl.ir.values import DataReference, ValueVector
from tests.backends.programs import (
    LAN,
    SOURCE_OPERATIONS,
    Rows,
    any_operation,
    circuit,
    distributed,
    random_circuit,
    scheduled,
    teleport,
)


def everything() -> Circuit:
    source = Source("models/two_party.qdm", "model two_party\ncz q[0], q[1]\n")
    vectors = [
        ValueVector("x", "data", "real", (8,), "alice", 0),
        ValueVector("theta", "param", "angle", (2, 2), None, 8),
    ]
    rows = Rows(vectors, [DataReference("x", "real", 4, (4,))])
    product = rows.angles.product([8, 11])
    rows.add("amplitude", 0, 1, to=0)
    rows.add("rz", 0, angles=[(pi / 2, [(2.0, 11), (-0.25, product)])])
    rows.add("rot", 0, 2, angles=[(0.0, [(-1.0, 8)])], word="XY").add("measure", 1, to=0)
    span = rows.table.span(Span(source, 16, 29))
    rows.table.add(operation("cz").code, (0, 2), cond=1, span=span)
    outputs = (
        Expectation((PauliTerm(0.5, ()), PauliTerm(-1.0, ((0, "X"), (2, "Z"))))),
        Sample((2, 0), 1),
        Probability((1,)),
        Overlap((0,), (1,)),
    )
    made = circuit(rows, 3, 1, outputs, "two_party")
    pin = np.array([0, -1, -1, -1, 1], np.int16)
    told = Disclosure("x", 0, 1, 16, 3)
    return replace(made, network=LAN, pin=pin, disclosures=(told,))


CIRCUIT = """\
circuit two_party
  data x: real[8] owner alice
  param theta: angle[2, 2]
  qubits q[3]
  bits c[1]
      0  amplitude(x[4..8])  q[0], q[1]                        @alice
      1  rz(theta[1, 1]*2 - theta[0, 0]*theta[1, 1]*0.25 + pi/2)  q[0]
      2  rot(-theta[0, 0]) XY  q[0], q[2]
      reveal x of alice to bob: 16 bits
      3  measure      q[1] -> c[0]
      4  cz           q[0], q[2]                        @bob  if c[0]==1  // two_party.qdm:2
return expect(0.5 - X q[0]*Z q[2])
return sample(q[2], q[0]) to bob
return probability(q[1])
return overlap(q[0]; q[1])
"""


def test_circuit() -> None:
    assert print_ir(everything()) == CIRCUIT


def test_placed() -> None:
    source = replace(
        circuit(Rows().add("h", 0).add("cz", 0, 1).add("barrier", 0, 1), 2), network=LAN
    )
    placed = PlacedCircuit(
        source,
        LAN,
        np.array([0, 1], np.int16),
        np.array([0, 1, -1], np.int16),
        np.array([0, 0, 1, 0, 1], np.int16),
    )
    assert print_ir(placed) == (
        "placed test on lan\n"
        "  qubits q[2]\n"
        "  home q[0] @alice\n"
        "  home q[1] @bob\n"
        "      0  h            q[0]                              @alice\n"
        "      1  cz           q[0]@alice, q[1]                  @bob\n"
        "      2  barrier      q[0], q[1]\n"
    )


def test_distributed() -> None:
    program = teleport(0.25, [Sample((0,))])
    group = np.array([-1] + [0] * 9, np.int32)
    role = np.array([0] + [4] * 9, np.uint8)
    assert print_ir(replace(program, group=group, role=role)) == (
        "distributed test on lan\n"
        "      0  ry(0.25)     alice.data.0                      <- 0\n"
        "      1  ebit         alice.comm.1, bob.comm.2          teledata#0 <- 0\n"
        "      2  cx           alice.data.0, alice.comm.1        teledata#0 <- 0\n"
        "      3  h            alice.data.0                      teledata#0 <- 0\n"
        "      4  measure      alice.data.0 -> alice.bit.0       teledata#0 <- 0\n"
        "      5  measure      alice.comm.1 -> alice.bit.1       teledata#0 <- 0\n"
        "      6  send         alice.bit.0 -> bob.bit.2          teledata#0 <- 0\n"
        "      7  send         alice.bit.1 -> bob.bit.3          teledata#0 <- 0\n"
        "      8  x            bob.comm.2                        if bob.bit.3==1  teledata#0 <- 0\n"
        "      9  z            bob.comm.2                        if bob.bit.2==1  teledata#0 <- 0\n"
        "  end q[0] in bob.comm.2\n"
        "return sample(q[0])\n"
    )


def test_scheduled() -> None:
    rows = Rows().add("ebit", 1, 2).add("cz", 0, 1)
    source = circuit(Rows(), 1)
    program = distributed(source, rows, [(0, False), (0, True), (1, True)], [], [0])
    assert print_ir(scheduled(program, [3, 1, 0])) == (
        "scheduled test on lan\n"
        "  makespan 20 ns\n"
        "       0..10            0  ebit         alice.comm[1], bob.comm[0]        <- 0\n"
        "      10..20            1  cz           alice.data[3], alice.comm[1]      <- 0\n"
        "  end q[0] in alice.data[3]\n"
    )


@pytest.mark.parametrize("name", SOURCE_OPERATIONS)
def test_every_operation_has_a_line(name: str) -> None:
    text = print_ir(any_operation(name)[0])
    assert any(line.split()[1:2] and line.split()[1].startswith(name) for line in text.splitlines())


def test_the_same_text_every_time() -> None:
    assert print_ir(random_circuit(3, 4, 30)) == print_ir(random_circuit(3, 4, 30))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (pi, "pi"),
        (-pi, "-pi"),
        (pi / 2, "pi/2"),
        (-3 * pi / 4, "-3*pi/4"),
        (2 * pi, "2*pi"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (3.14159, "3.14159"),
        (1e-9, "1e-09"),
        (1e20, "1e+20"),
        (float("inf"), "inf"),
        (float("nan"), "nan"),
    ],
)
def test_numbers(number: float, text: str) -> None:
    assert number_text(number) == text


@pytest.mark.parametrize(
    ("constant", "terms", "text"),
    [
        (0.0, (), "0"),
        (0.5, (), "0.5"),
        (pi / 2, ((2.0, 1),), "a[1]*2 + pi/2"),
        (-pi / 2, ((-1.0, 1),), "-a[1] - pi/2"),
        (0.0, ((pi / 4, 0), (-pi, 1)), "a[0]*(pi/4) - a[1]*pi"),
    ],
)
def test_angles(constant: float, terms: tuple[tuple[float, int], ...], text: str) -> None:
    rows = Rows([ValueVector("a", "param", "angle", (2,), None, 0)])
    expression = rows.angles.add((constant, terms))
    assert angle_text(rows.values(), expression) == text
