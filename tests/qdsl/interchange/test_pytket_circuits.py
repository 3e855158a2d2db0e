"""Gates, boxes, conditions and logic of pytket, against its own unitaries and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.interchange.circuits import UnknownCircuit, openqasm
from qdsl.interchange.pytket_circuits import CONTROLLED, GATES
from qdsl.language.qasm.files.import_qasm import read_qasm
from qdsl.language.qasm.row_matrices import at_inputs, matrix_of

pytest.importorskip("pytket")

from pytket import circuit as tk
from pytket.circuit import Bit, CircBox, Circuit, OpType, Qubit
from pytket.circuit.logic_exp import RegNot, reg_eq, reg_geq, reg_gt, reg_leq, reg_lt, reg_neq
from pytket.pauli import Pauli
from sympy import Rational, Symbol  # type: ignore[import-untyped, unused-ignore]

LINE = "line(2) { qubits 8, comm 2 }"
BELL = CircBox(Circuit(2).H(0).CX(0, 1))
XY = [Pauli.X, Pauli.Y]


def overlap(circuit: Any, values: dict[str, float] | None = None) -> float:
    """1 if what is read has the unitary of the circuit, up to a phase."""
    read = read_qasm(openqasm(circuit), "f.qasm")
    numbers = {k: (values or {})[name] for k, (name, _) in enumerate(read.inputs)}
    found = matrix_of(at_inputs(read.rows, numbers), read.n_qubits)
    meant = circuit.copy()
    if values:  # pytket's changes boxes that have no symbols, too
        meant.symbol_substitution({Symbol(name): value for name, value in values.items()})
    return float(abs(np.vdot(found, meant.get_unitary())) / len(found))


def gates() -> list[tuple[str, int, int]]:
    """Every type of gate that pytket makes, with its numbers of qubits and angles."""
    others = {"Reset", "Measure", "Collapse", "Barrier", "Phase"}
    found = []
    for name, kind in OpType.__members__.items():
        for angles, qubits in product(range(7), (1, 2, 3, 4)):
            try:
                Circuit(qubits).add_gate(kind, [0.3] * angles, list(range(qubits)))
            except (IndexError, RuntimeError, TypeError, ValueError):
                continue
            if name not in others:
                found.append((name, qubits, angles))
    return found


def test_every_gate_keeps_its_unitary() -> None:
    kinds = gates()
    named = "PhasedX NPhasedX CnRy TK1 TK2 PhaseGadget ISWAPMax Sycamore ECR ZZMax FSim BRIDGE CSX"
    assert {*named.split()} <= {kind[0] for kind in kinds}
    for name, qubits, angles in kinds:
        circuit = Circuit(qubits)
        circuit.add_gate(
            OpType.__members__[name], [0.3 + 0.1 * k for k in range(angles)], list(range(qubits))
        )
        assert overlap(circuit) == pytest.approx(1), (name, qubits, angles)


@pytest.mark.parametrize(
    ("kind", "name"), [("ZZPhase", "rzz"), ("XXPhase", "rxx"), ("YYPhase", "ryy"), ("CnX", "x")]
)
def test_gates_that_are_known_stay_one(kind: str, name: str) -> None:
    """Also under conditions within conditions."""
    circuit = Circuit(4, 2).Measure(3, 0)
    angles = [] if kind == "CnX" else [0.3]
    inner = Circuit(3, 1).add_gate(
        OpType.__members__[kind], angles, [0, 1] if angles else [0, 1, 2], condition=Bit(0)
    )
    circuit.add_gate(CircBox(inner), [Qubit(0), Qubit(1), Qubit(2), Bit(0)], condition=Bit(1))
    circuit.add_gate(OpType.__members__[kind], angles, [0, 1] if angles else [0, 1, 2])
    read = read_qasm(openqasm(circuit), "f.qasm")
    named = [row.name for row in read.rows if len(row.qubits) > 1]
    assert named[-1] in (name, "ccx") and "cx" not in named


def unitary(n: int) -> Any:
    drawn = np.random.default_rng(n)
    shape = (2**n, 2**n)
    return np.linalg.qr(drawn.normal(size=shape) + 1j * drawn.normal(size=shape))[0]


BOXES: dict[str, Callable[[], Any]] = {
    "Unitary1qBox": lambda: tk.Unitary1qBox(unitary(1)),
    "Unitary2qBox": lambda: tk.Unitary2qBox(unitary(2)),
    "Unitary3qBox": lambda: tk.Unitary3qBox(unitary(3)),
    "PauliExpBox": lambda: tk.PauliExpBox([*XY, Pauli.Z], 0.3),
    "PauliExpPairBox": lambda: tk.PauliExpPairBox(XY, 0.3, [Pauli.Z, Pauli.Y], 0.2),
    "ToffoliBox": lambda: tk.ToffoliBox(
        {(False, True): (True, False), (True, False): (False, True)}
    ),
    "MultiplexorBox": lambda: tk.MultiplexorBox(
        {(False,): tk.Op.create(OpType.Rx, 0.3), (True,): tk.Op.create(OpType.H)}
    ),
    "CircBox": lambda: BELL,
    "QControlBox": lambda: tk.QControlBox(tk.Op.create(OpType.H), 2, [True, False]),
    "QControlBox of a box": lambda: tk.QControlBox(BELL, 1),
    "ConjugationBox": lambda: tk.ConjugationBox(BELL, CircBox(Circuit(2).Rz(0.3, 0))),
    "StatePreparationBox": lambda: tk.StatePreparationBox(np.array([0.6, 0, 0, 0.8])),
    "DiagonalBox": lambda: tk.DiagonalBox(np.exp(1j * np.arange(4))),
}


@pytest.mark.parametrize("name", BOXES)
def test_boxes_are_decomposed(name: str) -> None:
    box = BOXES[name]()
    assert overlap(Circuit(box.n_qubits).add_gate(box, list(range(box.n_qubits)))) == pytest.approx(
        1
    )


def test_symbols_are_parameters() -> None:
    """A third stays a third, where OpenQASM would divide integers."""
    a, b = Symbol("a"), Symbol("b")
    circuit = Circuit(2).Rx(a / 3 + Rational(1, 3), 0).CX(0, 1)
    circuit.add_gate(OpType.ZZPhase, [2 * a - b], [0, 1])
    circuit.add_gate(OpType.CnRy, [b], [0, 1])
    assert overlap(circuit, {"a": 0.3, "b": 0.8}) == pytest.approx(1)


# ---- conditions and logic ----------------------------------------------------------------


def measured(extra: int) -> tuple[Any, Any, Any]:
    """Two fair bits `a`, and bits `r`."""
    circuit = Circuit(3)
    a, r = circuit.add_c_register("a", 2), circuit.add_c_register("r", extra)
    circuit.H(0).H(1).Measure(Qubit(0), a[0]).Measure(Qubit(1), a[1])
    return circuit, a, r


def shares(circuit: Any) -> dict[str, float]:
    compiled = qdsl.distribute(circuit, LINE)
    (output,) = compiled.run().outputs
    assert compiled.verification.verified and output.text == "sample(a, r)"
    return {outcome: share for outcome, share in output.values.items() if share > 1e-9}


def inner() -> Any:
    circuit = Circuit(1, 1)
    return CircBox(circuit.X(0, condition=circuit.bits[0]))


TESTS: dict[str, tuple[Callable[[Any, Any], Any], Callable[[int, int], Any]]] = {
    "a bit": (lambda c, a: c.X(2, condition=a[0]), lambda x, y: x),
    "a bit that is 0": (
        lambda c, a: c.X(2, condition_bits=[a[0]], condition_value=0),
        lambda x, y: not x,
    ),
    "some bits": (
        lambda c, a: c.X(2, condition_bits=[a[1], a[0]], condition_value=1),
        lambda x, y: y and not x,
    ),
    "bit logic": (lambda c, a: c.X(2, condition=(a[0] ^ a[1]) | a[0]), lambda x, y: x or y),
    "equal": (lambda c, a: c.X(2, condition=reg_eq(a, 2)), lambda x, y: x + 2 * y == 2),
    "unequal": (lambda c, a: c.X(2, condition=reg_neq(a, 2)), lambda x, y: x + 2 * y != 2),
    "less": (lambda c, a: c.X(2, condition=reg_lt(a, 2)), lambda x, y: x + 2 * y < 2),
    "greater": (lambda c, a: c.X(2, condition=reg_gt(a, 1)), lambda x, y: x + 2 * y > 1),
    "at most": (lambda c, a: c.X(2, condition=reg_leq(a, 2)), lambda x, y: x + 2 * y <= 2),
    "at least": (lambda c, a: c.X(2, condition=reg_geq(a, 1)), lambda x, y: x + 2 * y >= 1),
    "registers": (lambda c, a: c.X(2, condition=reg_eq(a ^ 2, 1)), lambda x, y: x + 2 * y == 3),
    "shifted": (lambda c, a: c.X(2, condition=reg_eq(a >> 1, 1)), lambda x, y: y),
    "a rebased gate": (
        lambda c, a: c.add_gate(OpType.PhasedX, [1, 0.3], [2], condition=a[0]),
        lambda x, y: x,
    ),
    "a condition in a box": (
        lambda c, a: c.add_gate(inner(), [Qubit(2), a[0]], condition=a[1]),
        lambda x, y: x and y,
    ),
    "reset": (lambda c, a: c.X(2).Reset(2, condition=a[0]), lambda x, y: not x),
}


@pytest.mark.parametrize("name", TESTS)
def test_conditions(name: str) -> None:
    build, truth = TESTS[name]
    circuit, a, r = measured(1)
    build(circuit, a)
    circuit.Measure(Qubit(2), r[0])
    wanted = {f"{x}{y}{int(truth(x, y))}": 0.25 for x, y in product((0, 1), repeat=2)}
    assert shares(circuit) == pytest.approx(wanted)


MODIFIED = (0, 1, 0, 1, 1, 1, 0, 0)
TURNED = (1, 3, 0, 2)
LOGIC: dict[str, tuple[Callable[[Any, Any, Any], Any], Callable[[int, int], tuple[Any, ...]]]] = {
    "constants": (lambda c, a, r: c.add_c_setbits([True, False], [*r]), lambda x, y: (x, y, 1, 0)),
    "copies": (lambda c, a, r: c.add_c_copybits([*a], [r[1], r[0]]), lambda x, y: (x, y, y, x)),
    "in place": (lambda c, a, r: c.add_c_xor(a[0], a[1], a[1]), lambda x, y: (x, x ^ y, 0, 0)),
    "a predicate": (
        lambda c, a, r: c.add_c_predicate([True, True, False, True], [*a], r[0]),
        lambda x, y: (x, y, x + 2 * y != 2, 0),
    ),
    "a modifier": (
        lambda c, a, r: c.add_c_setbits([True], [r[0]]).add_c_modifier(
            [bool(v) for v in MODIFIED], [*a], r[0]
        ),
        lambda x, y: (x, y, MODIFIED[x + 2 * y + 4], 0),
    ),
    "a transformation": (
        lambda c, a, r: c.add_c_transform([*TURNED], [*a]),
        lambda x, y: (TURNED[x + 2 * y] & 1, TURNED[x + 2 * y] >> 1, 0, 0),
    ),
    "a range": (
        lambda c, a, r: c.add_c_range_predicate(1, 2, [*a], r[0]),
        lambda x, y: (x, y, x != y, 0),
    ),
    "many at once": (lambda c, a, r: c.add_c_xor_to_registers(a, r, r), lambda x, y: (x, y, x, y)),
    "registers": (
        lambda c, a, r: c.add_clexpr_from_logicexp((a ^ r) | 1, r.to_list()),
        lambda x, y: (x, y, 1, y),
    ),
    "a complement": (
        lambda c, a, r: c.add_clexpr_from_logicexp(RegNot(a), a.to_list()),
        lambda x, y: (not x, not y, 0, 0),
    ),
    "a shift": (
        lambda c, a, r: c.add_clexpr_from_logicexp(a << 1, r.to_list()),
        lambda x, y: (x, y, 0, x),
    ),
    "under a condition": (
        lambda c, a, r: c.add_clexpr_from_logicexp(a[0] ^ a[1], [r[0]], condition=a[0]),
        lambda x, y: (x, y, x and not y, 0),
    ),
}


@pytest.mark.parametrize("name", LOGIC)
def test_logic(name: str) -> None:
    build, truth = LOGIC[name]
    circuit, a, r = measured(2)
    build(circuit, a, r)
    wanted: dict[str, float] = {}
    for x, y in product((0, 1), repeat=2):
        outcome = "".join(str(int(value)) for value in truth(x, y))
        wanted[outcome] = wanted.get(outcome, 0) + 0.25
    assert shares(circuit) == pytest.approx(wanted)


@pytest.mark.parametrize("register", ["r", "z"])
@pytest.mark.parametrize("is_conditional", [False, True])
def test_names_of_one_version_are_not_those_of_the_other(
    register: str, is_conditional: bool
) -> None:
    """OpenQASM 3 has no `cu1`, and in OpenQASM 2 no register is called as a gate."""
    circuit = Circuit(2)
    bits = circuit.add_c_register(register, 1)
    circuit.H(0).X(1).add_gate(OpType.CU1, [1], [0, 1]).H(0).Measure(Qubit(0), bits[0])
    if is_conditional:
        circuit.X(1, condition_bits=[bits[0]], condition_value=1)
    (output,) = qdsl.distribute(circuit, LINE).run().outputs
    assert output.values["1"] == pytest.approx(1)


def test_every_gate_is_in_the_library_of_openqasm_3() -> None:
    folder = Path(str(find_spec("qiskit").origin)).parent  # type: ignore[union-attr]
    library = (folder / "qasm" / "libs" / "stdgates.inc").read_text(encoding="utf-8")
    known = re.findall(r"^gate (\w+)", library, re.MULTILINE)
    assert {*GATES.values(), *CONTROLLED.values()} <= {*known}


# ---- what is refused ---------------------------------------------------------------------


def numbered(circuit: Any) -> None:
    circuit.get_rng_num(circuit.add_c_register("big", 32))


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda c, a, r: c.add_clexpr_from_logicexp(a + r, r.to_list()), "'RegAdd' is arithmetic"),
        (lambda c, a, r: c.X(2, condition=reg_eq(a * 2, 2)), "'RegMul' is arithmetic"),
        (lambda c, a, r: numbered(c), "'RNGNum' has no counterpart"),
        (lambda c, a, r: c.add_qubit(Qubit("grid", [1, 2])), "no single index"),
        (lambda c, a, r: c.Rx(Symbol("α"), 0), "no name of OpenQASM"),
        (
            lambda c, a, r: c.add_c_predicate([False] * 512, [Bit("w", k) for k in range(9)], r[0]),
            "reads more than 8 bits",
        ),
    ],
)
def test_what_cannot_be_said_is_named(build: Callable[..., Any], said: str) -> None:
    circuit, a, r = measured(2)
    circuit.add_c_register("w", 9)
    build(circuit, a, r)
    with pytest.raises(UnknownCircuit, match=said):
        qdsl.distribute(circuit, LINE)
