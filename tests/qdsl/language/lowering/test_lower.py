"""Lowering: rows, pins, conditions, outputs; unitaries against matrices built by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.ir.stages import Circuit, Expectation, Overlap, PauliTerm, Probability, Sample
from qdsl.language.lowering.lower import lower
from qdsl.network.network import Node, topology
from tests.qdsl.programs import HIDDEN_MATCHING, QAOA, TWO_PARTY
from tests.qdsl.unitaries import (
    I2,
    SWAP,
    SX,
    H,
    Matrix,
    S,
    T,
    X,
    Y,
    Z,
    control,
    embed,
    kron,
    on_qubits,
    phase,
    power,
    program,
    rotation,
    same,
    same_up_to_phase,
    u_gate,
    unitary,
)

LAN = """\
network lan {
  node alice { qubits 12 }
  node bob { qubits 12 }
  link alice -- bob { rate 200 Hz }
}
"""
QUAD = "network quad = ring(4) { qubits 8, comm 2, fidelity 0.97, rate 200 Hz }\n"


def names(circuit: Circuit) -> list[str]:
    return [row.op.name for row in circuit.table]


def operands(circuit: Circuit) -> list[tuple[int, ...]]:
    return [row.operands for row in circuit.table]


# ---- whole programs --------------------------------------------------------------------


def test_two_party() -> None:
    circuit = program(TWO_PARTY.replace('network lab  = from "lab.json"', ""), "two_party")
    assert circuit.n_qubits == 4
    assert names(circuit)[0] == "amplitude"
    assert len(circuit.table) == 1 + 4 * (4 + 2 + 1 + 4)
    assert circuit.pin.tolist() == [0] * 12 + [1] * 11 + [0] * 11 + [1] * 11
    assert circuit.outputs[0] == Expectation(
        (PauliTerm(1.0, ((0, "Z"),)),), circuit.outputs[0].span
    )
    assert [v.name for v in circuit.values.vectors] == ["x", "a", "b"]
    assert [v.shape for v in circuit.values.vectors] == [(16,), (2, 8), (2, 8)]
    layer = [circuit.values.angles.terms(row.angle) for row in circuit.table if row.angle >= 0]
    assert [t for ((_, t),) in layer[:8]] == list(range(16, 24))  # ry then rz of a[0]


def test_qaoa() -> None:
    circuit = program(QUAD + QAOA, "qaoa")
    assert names(circuit) == ["h"] * 24 + (["rzz"] * 36 + ["rx"] * 24) * 2
    assert set(circuit.pin.tolist()) == {-1}
    (output,) = circuit.outputs
    assert isinstance(output, Expectation)
    assert output.terms[0] == PauliTerm(18.0, ())
    assert {t.coefficient for t in output.terms[1:]} == {-0.5}
    assert len(output.terms) == 37
    edges = {t.paulis[0][0] for t in output.terms[1:]} | {t.paulis[1][0] for t in output.terms[1:]}
    assert edges == set(range(24))


def test_qaoa_is_the_same_every_time() -> None:
    first, second = (program(QUAD + QAOA, "qaoa") for _ in range(2))
    assert first.table.operands.tolist() == second.table.operands.tolist()


def test_hidden_matching() -> None:
    circuit = program(LAN + HIDDEN_MATCHING, "hidden_matching")
    assert names(circuit) == ["h"] * 4 + ["diagonal", "relabel", "h"]
    assert circuit.pin.tolist() == [0, 0, 0, 0, 0, 1, 1]
    assert circuit.values.vector("m").shape == (8, 2)
    assert [r.kind for r in circuit.values.references] == ["bits", "matching"]
    assert circuit.outputs[0] == Sample((0, 1, 2, 3), 1, circuit.outputs[0].span)


def test_settings_and_network_replace_defaults() -> None:
    text = QUAD + QAOA
    circuit = program(text, "qaoa", n=6, p=1)
    assert circuit.n_qubits == 6
    from qdsl.language.check import check_text

    checked, _ = check_text(text)
    assert checked is not None
    other = topology("line", (2,), Node("", 9), circuit.network.links[0])  # type: ignore[union-attr]
    assert lower(checked, "qaoa", {"n": 4}, other).network is other


def test_an_owner_that_another_network_lacks() -> None:
    from qdsl.language.check import check_text

    checked, _ = check_text(LAN + HIDDEN_MATCHING)
    assert checked is not None
    other = topology("line", (2,), Node("", 9), checked.networks["lan"].links[0])
    with pytest.raises(InvalidProgram) as caught:
        lower(checked, "hidden_matching", {}, other)
    assert {p.code for p in caught.value.diagnostics} == {"QDM303"}


# ---- gates -----------------------------------------------------------------------------

GATES: dict[str, Matrix] = {
    "x": X, "y": Y, "z": Z, "h": H, "s": S, "t": T, "sx": SX, "sdg": S.conj(), "tdg": T.conj(),
    "cx": control(X), "cy": control(Y), "cz": control(Z), "ch": control(H), "swap": SWAP,
    "ccx": control(control(X)), "ccz": control(control(Z)), "cswap": control(SWAP),
    "rx(0.3)": rotation("X", 0.3), "ry(0.4)": rotation("Y", 0.4), "rz(0.5)": rotation("Z", 0.5),
    "p(0.6)": phase(0.6), "cp(0.7)": control(phase(0.7)), "u(0.3, 0.4, 0.5)": u_gate(0.3, 0.4, 0.5),
    "crx(0.3)": control(rotation("X", 0.3)), "cry(0.4)": control(rotation("Y", 0.4)),
    "crz(0.5)": control(rotation("Z", 0.5)), "rxx(0.3)": rotation("XX", 0.3),
    "ryy(0.4)": rotation("YY", 0.4), "rzz(0.5)": rotation("ZZ", 0.5),
}  # fmt: skip


def width(matrix: Matrix) -> int:
    return len(matrix).bit_length() - 1


def on_first(gate: str, n: int, prefix: str = "", skip: int = 0) -> str:
    word = gate.split("!")[1] if "!" in gate else ""
    qubits = ", ".join(f"q[{i}]" for i in range(n + skip))
    return f"{prefix} {gate.split('!')[0]} {word} {qubits}"


@pytest.mark.parametrize("gate", GATES)
def test_every_gate(gate: str) -> None:
    matrix = GATES[gate]
    n = width(matrix)
    assert same(unitary(on_qubits(on_first(gate, n), n)), matrix)


MODIFIERS = st.lists(
    st.sampled_from(["inv", "pow(2)", "pow(-1)", "pow(3)", "ctrl", "negctrl", "pow(0)"]),
    max_size=3,
)


def modified(matrix: Matrix, modifiers: list[str]) -> Matrix:
    for modifier in reversed(modifiers):
        if modifier == "inv":
            matrix = matrix.conj().T
        elif modifier == "ctrl":
            matrix = control(matrix)
        elif modifier == "negctrl":
            flip = np.kron(X, np.eye(len(matrix)))
            matrix = flip @ control(matrix) @ flip
        else:
            matrix = np.linalg.matrix_power(matrix, int(modifier[4:-1]))
    return matrix


@given(st.sampled_from(sorted(GATES)), MODIFIERS)
@settings(max_examples=60, deadline=None)
def test_modifiers_of_gates(gate: str, modifiers: list[str]) -> None:
    """A control around everything makes global phases count."""
    modifiers = ["ctrl", *modifiers]
    wanted = modified(GATES[gate], modifiers)
    n = width(wanted)
    if n > 6:
        return
    prefix = " @ ".join(modifiers) + " @"
    found = unitary(on_qubits(on_first(gate, n, prefix), n))
    assert same_up_to_phase(found, wanted)


CIRCUITS = "circuit body(t: angle) on q[n] { h q; p(t) q[0]; rot(2*t) XY q[0], q[1]; s q[1] }"


@given(MODIFIERS)
@settings(max_examples=25, deadline=None)
def test_modifiers_of_circuits(modifiers: list[str]) -> None:
    modifiers = ["ctrl", *modifiers]
    body = kron(I2, S) @ rotation("XY", 0.6) @ kron(phase(0.3), I2) @ kron(H, H)
    wanted = modified(body, modifiers)
    n = width(wanted)
    controls = "".join(f"q[{i}], " for i in range(n - 2))
    prefix = " @ ".join(modifiers) + " @"
    found = unitary(on_qubits(f"{prefix} body(0.3) {controls}q[{n - 2}..{n}]", n, head=CIRCUITS))
    assert same_up_to_phase(found, wanted)


@pytest.mark.parametrize("gate", ["x", "y", "z", "s", "t", "sx", "tdg", "rx(0.3)", "rzz(0.5)"])
@pytest.mark.parametrize("k", [0.5, -0.25, 1.5])
def test_real_powers_of_single_rotations(gate: str, k: float) -> None:
    wanted = control(power(GATES[gate], k))
    n = width(wanted)
    found = unitary(on_qubits(on_first(gate, n, f"ctrl @ pow({k}) @"), n))
    assert same_up_to_phase(found, wanted)


def test_named_entries_serve_controls() -> None:
    def one(text: str) -> list[str]:
        return names(on_qubits(text, 3))

    assert one("ctrl @ x q[0], q[1]") == ["cx"]
    assert one("ctrl @ ctrl @ x q[0], q[1], q[2]") == ["ccx"]
    assert one("ctrl(2) @ x q[0..2], q[2]") == ["ccx"]
    assert one("ctrl @ cz q[0], q[1], q[2]") == ["ccz"]
    assert one("ctrl @ rz(0.1) q[0], q[1]") == ["crz"]
    assert one("ctrl @ p(0.1) q[0], q[1]") == ["cp"]
    assert one("ctrl @ s q[0], q[1]") == ["cp"]
    assert one("ctrl @ swap q[0], q[1], q[2]") == ["cswap"]
    assert one("inv @ s q[0]") == ["sdg"]
    assert one("ctrl @ rot(0.1) ZX q[0], q[1], q[2]") == ["rot", "rot"]
    assert one("negctrl @ x q[0], q[1]") == ["x", "cx", "x"]
    assert one("pow(3) @ rx(0.1) q[0]") == ["rx"]


def test_control_keeps_the_phase() -> None:
    rz = unitary(on_qubits("ctrl @ rz(0.4) q[0], q[1]", 2))
    p = unitary(on_qubits("ctrl @ p(0.4) q[0], q[1]", 2))
    assert same(rz, control(rotation("Z", 0.4)))
    assert same(p, control(phase(0.4)))
    assert not same_up_to_phase(rz, p)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("pow(1/2) @ x a", power(X, 0.5)),
        ("pow(0.5) @ sx a; inv @ pow(0.3) @ y a", power(Y, -0.3) @ power(SX, 0.5)),
        ("rot(0.6) I a", rotation("I", 0.6)),
        ("half a; inv @ half a; pow(3) @ half a", power(X, 1.5)),
    ],
)
def test_control_keeps_the_phases_inside_of_circuits(body: str, expected: Matrix) -> None:
    head = f"circuit half on a {{ pow(1/2) @ x a }}\ncircuit f on a {{ {body} }}"
    found = unitary(on_qubits("ctrl @ f q[0], q[1]", 2, head=head))
    assert same_up_to_phase(found, control(expected))


def test_registers_under_controls() -> None:
    head = "circuit f on a { h a }"
    both = on_qubits("ctrl(2) @ x q[..2], q[4]; ctrl @ ctrl @ f q[..2], q[4]", 6, head=head)
    assert operands(both)[0] == (0, 1, 4)
    paired = on_qubits("ctrl(2) @ x q[..2], q[2..4], q[4..]", 6)
    assert operands(paired) == [(0, 2, 4), (1, 3, 5)]
    word = on_qubits("ctrl(2) @ rot(0.3) XX q[..2], q[2..]", 4)
    assert operands(word)[-1] == (0, 1, 2, 3)
    spread = on_qubits("ctrl @ x q[0], q[1..]", 3)
    assert operands(spread) == [(0, 1), (0, 2)]


def test_pauli_words() -> None:
    found = unitary(on_qubits("rot(0.7) XZY q[0], q[3], q[1]", 4))
    assert same(found, embed(rotation("XZY", 0.7), (0, 3, 1), 4))
    circuit = on_qubits("rot(0.7) XIZ q", 3)
    assert circuit.table.words == ("XZ",)
    assert operands(circuit) == [(0, 2)]
    assert names(on_qubits("rot(0.7) II q", 2)) == []
    assert operands(on_qubits("rot(0.7) Z q", 2)) == [(0,), (1,)]


def test_registers_are_paired() -> None:
    assert operands(on_qubits("h q", 3)) == [(0,), (1,), (2,)]
    assert operands(on_qubits("cx q[0..2], q[2..4]", 4)) == [(0, 2), (1, 3)]
    assert operands(on_qubits("cx q[0], q[1..]", 4)) == [(0, 1), (0, 2), (0, 3)]
    assert operands(on_qubits("ctrl @ x q[0], q[1..]", 3)) == [(0, 1), (0, 2)]
    head = "circuit pair on a, b { cx a, b }"
    assert operands(on_qubits("pair q[0..2], q[2..]", 4, head)) == [(0, 2), (1, 3)]


def test_slices() -> None:
    assert operands(on_qubits("h q[0..5 step 2]", 5)) == [(0,), (2,), (4,)]
    assert operands(on_qubits("h q[4..1 step -1]", 5)) == [(4,), (3,), (2,)]
    assert operands(on_qubits("h q[2..2]", 5)) == []


# ---- values ----------------------------------------------------------------------------


def test_angles_are_polynomials() -> None:
    declare = "data x: real[2]\nparam w: angle[2, 2]"
    circuit = on_qubits("rx(2*x[0]*w[1, 0] - x[1]/4 + pi) q[0]", 1, declare=declare)
    found = unitary(circuit, {"x": [0.3, 0.5], "w": [[1, 2], [3, 4]]})
    assert same(found, rotation("X", 2 * 0.3 * 3 - 0.5 / 4 + np.pi))
    assert circuit.values.products == ((0, 4),)


def test_arrays_are_passed_by_rows_columns_and_lists() -> None:
    head = "circuit turn(w: angle[n]) on q[n] { for i in 0..n { rx(w[i]) q[i] } }"
    declare = "param w: angle[2, 2]"
    w = [[0.1, 0.2], [0.3, 0.4]]

    def turned(arg: str) -> Matrix:
        return unitary(on_qubits(f"turn({arg}) q", 2, head, declare), {"w": w})

    assert same(turned("w[1]"), kron(rotation("X", 0.3), rotation("X", 0.4)))
    assert same(turned("w[0..2, 1]"), kron(rotation("X", 0.2), rotation("X", 0.4)))
    assert same(turned("[w[0, 0], 2*w[1, 1]]"), kron(rotation("X", 0.1), rotation("X", 0.8)))
    assert same(turned("w[1][0..2]"), turned("w[1]"))


def test_sizes_are_bound_by_shapes() -> None:
    head = "circuit f(w: angle[layers, 2*n]) on q[n] { for l in 0..layers { rx(w[l, 2*n-1]) q } }"
    circuit = on_qubits("f(w) q", 2, head, "param w: angle[3, 4]")
    assert len(circuit.table) == 6


def test_integers_of_circuits() -> None:
    head = """circuit f(k: int, bits: int[n]) on q[n] {
      for i in 0..n { if bits[i] == 1 { x q[i] } }
      if k > 2 { z q } else { y q }
    }"""
    assert names(on_qubits("f(3, [1, 0]) q", 2, head)) == ["x", "z", "z"]


def test_lets_and_functions() -> None:
    circuit = program("""model m(n = 8) {
      let k = clog2(n) + 1
      qubits q[k]
      for i in 0..k { let a = pi / 2**i; rx(a) q[i] }
      rx(sum(i in 0..3) 0.1*i) q[0]
      return sample(q)
    }""")
    assert circuit.n_qubits == 4
    assert circuit.values.angles.constant.tolist() == pytest.approx(
        [np.pi, np.pi / 2, np.pi / 4, np.pi / 8, 0.3]
    )


# ---- places ----------------------------------------------------------------------------


def test_pins_follow_owners_and_places() -> None:
    circuit = program(
        LAN
        + """model m(n = 2) on lan {
      data x: real[n] owner alice
      param w: angle owner bob
      param v: angle
      qubits q[n]
      rx(x[0]) q[0]
      rx(w) q[0]
      rx(v) q[0]
      at bob { h q[0]; rx(v) q[0] }
      reveal x to bob
      rx(x[0] * w) q[0]
      at bob { rx(x[1]) q[0] }
      rx(x[0]) q[0]
      move q to alice
      return sample(q) to alice
    }"""
    )
    assert circuit.pin.tolist() == [0, 1, -1, 1, 1, 1, 1, 0, 0]
    (told,) = circuit.disclosures
    assert (told.vector, told.owner, told.to, told.bits, told.before) == ("x", 0, 1, 128, 5)
    assert circuit.table.row(8).op.name == "move"
    assert circuit.table.row(8).operands == (0, 1)


def test_rows_name_the_statement_of_the_model() -> None:
    circuit = program("""use std.algorithms
circuit pair on q[n] { cx q[0], q[1]
  ghz q }
model m(n = 2) { qubits q[n]
  pair q
  return sample(q) }""")
    lines = [circuit.table.spans[row.span].line for row in circuit.table]
    assert lines == [5, 5, 5]


# ---- measurement -----------------------------------------------------------------------


def test_measurement_and_conditions() -> None:
    circuit = program("""model m(n = 2) {
      qubits q[n]
      bits c[n], d
      c = measure q
      d = measure q[0]
      if c[1] == 0 { x q[0] } else { y q[0] }
      if not d { z q[1] }
      if d != 1 { reset q[1] }
      measure q[1]
      barrier
      return sample(q)
    }""")
    rows = list(circuit.table)
    assert [(r.op.name, r.condition) for r in rows] == [
        ("measure", None), ("measure", None), ("measure", None), ("x", (1, 0)), ("y", (1, 1)),
        ("z", (2, 0)), ("reset", (2, 0)), ("measure", None), ("barrier", None),
    ]  # fmt: skip
    assert [r.attr for r in rows if r.op.name == "measure"] == [0, 1, 2, 3]
    assert [(r.name, r.first, r.size) for r in circuit.bit_registers] == [
        ("c", 0, 2),
        ("d", 2, 1),
        ("discarded", 3, 1),
    ]


def test_reset_makes_qubits_fresh() -> None:
    circuit = program("""model m(n = 2) {
      data x: real[3]
      qubits q[n]
      h q
      reset q
      amplitude(x) q
      return sample(q)
    }""")
    assert names(circuit)[-1] == "amplitude"


# ---- outputs ---------------------------------------------------------------------------


def expectation(text: str, n: int = 3) -> list[tuple[float, tuple[tuple[int, str], ...]]]:
    circuit = program(f"model m() {{ qubits q[{n}]; h q; return expect({text}) }}")
    (output,) = circuit.outputs
    assert isinstance(output, Expectation)
    return [(t.coefficient, t.paulis) for t in output.terms]


def test_observables() -> None:
    assert expectation("2 * Z q[0] * X q[2]") == [(2.0, ((0, "Z"), (2, "X")))]
    assert expectation("X q[0] * X q[0] + 1") == [(2.0, ())]
    assert expectation("X q[0] * Y q[0] * Z q[0] * X q[1] * -1 * Z q[1] * Y q[1]") == [(-1.0, ())]
    assert expectation("Z q[0] - Z q[0] + 0.5 * I q[1]") == [(0.5, ())]
    assert expectation("sum(i in 0..3) Z q[i] / 4") == [(0.25, ((i, "Z"),)) for i in range(3)]
    assert expectation("(Z q[0] + X q[0]) ** 2") == [(2.0, ())]
    assert expectation("Z q[0] - Z q[0]") == [(0.0, ())]


def test_outputs() -> None:
    circuit = program("""model m(n = 2) {
      qubits a[n], b[n], c[n]
      h a
      return overlap(a, b), probability(c[0]), sample(c[1], c[0])
    }""")
    left, probability, sample = circuit.outputs
    assert isinstance(left, Overlap) and (left.left, left.right) == ((0, 1), (2, 3))
    assert isinstance(probability, Probability) and probability.qubits == (4,)
    assert isinstance(sample, Sample) and sample.qubits == (5, 4)
    assert operands(circuit)[2:] == [(0, 2), (1, 3), (0,), (1,)]
    assert names(circuit)[2:] == ["cx", "cx", "h", "h"]


# ---- graphs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("graph", "nodes", "edges"),
    [
        ("cycle(5)", 5, 5),
        ("complete_graph(4)", 4, 6),
        ("path_graph(4)", 4, 3),
        ("star_graph(4)", 4, 3),
        ("grid_graph(2, 3)", 6, 7),
        ("karate_club()", 34, 78),
        ("random_regular(3, 8, seed = 1)", 8, 12),
        ("erdos_renyi(6, 1.0)", 6, 15),
    ],
)
def test_graphs(graph: str, nodes: int, edges: int) -> None:
    circuit = program(f"""model m() {{
      data g: graph = {graph}
      qubits q[nodes(g)]
      for (i, j) in edges(g) {{ cz q[i], q[j] }}
      for i in 0..nodes(g) {{ if degree(g, i) > 100 {{ h q[i] }} }}
      return sample(q)
    }}""")
    assert circuit.n_qubits == nodes
    found = operands(circuit)
    assert len(found) == edges
    assert found == sorted(found)
    assert all(i < j for i, j in found)


def test_many_discarded_measurements() -> None:
    circuit = on_qubits("for i in 0..3000 { measure q[0] }", 1)
    assert [(r.name, r.size) for r in circuit.bit_registers] == [("discarded", 3000)]
