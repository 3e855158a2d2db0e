"""Rotations, their resynthesis at nodes, and what the partition makes of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from qdsl.ir.operations import BY_NAME
from qdsl.ir.stages import Circuit
from qdsl.ir.values import ValueVector
from qdsl.passes.canonicalize.canonicalize import Canonicalize
from qdsl.passes.insert_communication.insert_communication import InsertCommunication
from qdsl.passes.partition.partition import Partition
from qdsl.passes.partition.resynthesis.resynthesize import gadgets_of, resynthesized
from qdsl.verify.translation import validate
from tests.build import Line, circuit, network
from tests.qdsl.unitaries import same_up_to_phase, unitary

N = 4
INVERSE = {"h": "h", "s": "sdg", "cx": "cx"}
HOMES = [(0, 0, 1, 1), (0, 1, 0, 1), (0, 0, 0, 1), (0, 1, 2, 3), (0, 0, 0, 0)]


def gadgets(seed: int, n: int = N, count: int = 5) -> list[Line]:
    """Pauli gadgets as they are usually written: bases, a ladder, a turn, and all back."""
    random = np.random.default_rng(seed)
    lines: list[Line] = [("x", (0,)), ("s", (n - 1,))]
    for _ in range(count):
        qubits = sorted(random.permutation(n)[: random.integers(1, n + 1)].tolist())
        around: list[tuple[str, tuple[int, ...]]] = []
        for q in qubits:
            letter = random.integers(3)
            around += [("s", (q,))] * int(letter == 1) + [("h", (q,))] * int(letter > 0)
        around += [("cx", (a, b)) for a, b in pairwise(qubits)]
        lines += around
        lines.append(("rz", (qubits[-1],), float(random.uniform(-3, 3))))
        lines += [(INVERSE[name], on) for name, on in reversed(around)]
    return lines


def other(source: Circuit, home: tuple[int, ...], ahead: int = 8, gain: float = 1.0) -> Circuit:
    found = gadgets_of(source)
    assert found is not None
    return resynthesized(found, home, ahead, gain)


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("seed", range(6))
def test_resynthesis_keeps_the_operation(seed: int, home: tuple[int, ...]) -> None:
    source = circuit(N, gadgets(seed))
    assert same_up_to_phase(unitary(other(source, home)), unitary(source))


@pytest.mark.parametrize("comm", [1, 2, 3])
def test_words_are_no_wider_than_the_network_serves(comm: int) -> None:
    source = circuit(N, gadgets(3), network=network("complete", 2, 3, comm))
    made = other(source, (0, 0, 1, 1))
    assert int(made.table.arity.max()) <= comm + 1
    assert same_up_to_phase(unitary(made), unitary(source))


def test_every_gate_has_rotations() -> None:
    """With its inverse after it nothing is left but the turns."""
    for op in BY_NAME.values():
        if not op.is_unitary or op.arity is None or op.name == "id":
            continue
        angles = (0.3, 0.7, 1.1)[: op.angles]
        qubits = tuple(range(op.arity))
        lines: list[Line] = [("h", (0,)), ("t", (0,)), ("h", (0,)), (op.name, qubits, *angles)]
        source = circuit(N, lines)
        found = gadgets_of(source)
        if found is not None:
            made = resynthesized(found, (0, 0, 1, 1), 8, 1.0)
            assert same_up_to_phase(unitary(made), unitary(source)), op.name


def test_angles_with_values_stay_expressions() -> None:
    vector = ValueVector("a", "param", "angle", (2,), None, 0)
    lines: list[Line] = [
        ("cx", (0, 1)),
        ("rz", (1,), (0.5, ((2.0, 0),))),
        ("x", (1,)),
        ("rz", (1,), (0.0, ((1.0, 1),))),
        ("cx", (0, 1)),
    ]
    source = circuit(2, lines, vectors=[vector])
    values = {"a": np.array([0.3, -1.2])}
    made = other(source, (0, 1))
    assert same_up_to_phase(unitary(made, values), unitary(source, values))


@pytest.mark.parametrize(
    "lines",
    [
        [("rz", (0,), 0.3), ("cx", (0, 1))],  # a Clifford operation on two qubits is left
        [("rz", (0,), 0.3), ("measure", (0,), 0)],
        [("h", (0,))],  # no rotation
        [],
    ],
)
def test_other_circuits_are_left_as_they_are(lines: list[Line]) -> None:
    assert gadgets_of(circuit(N, lines, n_bits=1)) is None


def test_pins_are_left_as_they_are() -> None:
    assert (
        gadgets_of(circuit(N, gadgets(0), pins={0: 1}, network=network("complete", 2, 4))) is None
    )


def excitations() -> list[Line]:
    """Four double excitations with common orbitals, of eight gadgets each."""
    lines: list[Line] = []
    words = ("XXXY", "XXYX", "XYXX", "YXXX", "YYYX", "YYXY", "YXYY", "XYYY")
    for k, qubits in enumerate(((0, 1, 4, 5), (0, 3, 4, 7), (1, 2, 5, 6), (2, 3, 6, 7))):
        for word in words:
            around: list[tuple[str, tuple[int, ...]]] = []
            for q, letter in zip(qubits, word, strict=True):
                around += [("s", (q,))] * int(letter == "Y") + [("h", (q,))]
            around += [("cx", (a, b)) for a, b in pairwise(qubits)]
            sign = 1 if word.count("Y") == 1 else -1
            lines += [*around, ("rz", (qubits[-1],), 0.1 * sign * (k + 1))]
            lines += [("sdg" if n == "s" else n, on) for n, on in reversed(around)]
    return lines


@pytest.mark.slow
def test_a_partition_takes_the_cheaper_rewriting_and_is_proved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = network("complete", 2, 4, 8)
    source = circuit(8, excitations(), network=where)
    canonical = Canonicalize().run(source)
    best = InsertCommunication().run(Partition().run(canonical))
    monkeypatch.setattr("qdsl.passes.partition.candidates.GATES_PER_ROTATION", 1000)
    plain = InsertCommunication().run(Partition().run(canonical))
    after, before = (int(p.table.codes("ebit").sum()) for p in (best, plain))
    assert after <= 10  # 8 when this was written
    assert before > 1.5 * after
    assert validate(source, best).equal


def test_the_same_every_time() -> None:
    source = circuit(N, gadgets(5))
    one, two = (other(source, (0, 0, 1, 1)) for _ in range(2))
    assert one.table.opcode.tolist() == two.table.opcode.tolist()
    assert one.table.operands.tolist() == two.table.operands.tolist()
