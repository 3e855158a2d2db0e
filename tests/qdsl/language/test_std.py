"""The standard library against matrices written directly."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from qdsl.language.check import check_text
from qdsl.language.check.standard import MODULES, module
from tests.docs.listing import Entry, entries
from tests.qdsl.unitaries import (
    H,
    Matrix,
    X,
    control,
    embed,
    kron,
    on_qubits,
    phase,
    rotation,
    same,
    same_up_to_phase,
    unitary,
)

rng = np.random.default_rng(5)


def library(call: str, n: int, module: str, declare: str = "", **values: npt.ArrayLike) -> Matrix:
    circuit = on_qubits(call, n, uses=f"use std.{module}", declare=declare)
    return unitary(circuit, values)


def each(word: str, angles: npt.NDArray[np.float64]) -> Matrix:
    return kron(*(rotation(word, a) for a in angles))


def cz_chain(n: int, start: int) -> Matrix:
    total: Matrix = np.eye(2**n, dtype=np.complex128)
    for i in range(start, n - 1, 2):
        total = embed(np.diag([1, 1, 1, -1]).astype(complex), (i, i + 1), n) @ total
    return total


def cx_on(pairs: list[tuple[int, int]], n: int) -> Matrix:
    total: Matrix = np.eye(2**n, dtype=np.complex128)
    for pair in pairs:
        total = embed(control(X), pair, n) @ total
    return total


# ---- std.encode ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "axis"), [("angle_rx(x) q", "X"), ("angle_ry(x) q", "Y"), ("angle_rz(x) q", "Z")]
)
def test_angle_encodings(call: str, axis: str) -> None:
    x = rng.normal(size=3)
    found = library(call, 3, "encode", "data x: real[3]", x=x)
    assert same(found, each(axis, x))


def test_dense_angle() -> None:
    x = rng.normal(size=4)
    found = library("dense_angle(x) q", 2, "encode", "data x: real[4]", x=x)
    assert same(found, each("Z", x[1::2]) @ each("Y", x[::2]))


def test_basis_state() -> None:
    found = library("basis(b) q", 3, "encode", "data b: bits[3]", b=[1, 0, 1])
    assert abs(found[0b101, 0]) == pytest.approx(1)


def test_iqp() -> None:
    x = rng.normal(size=3)
    found = library("iqp(x) q", 3, "encode", "data x: real[3]", x=x)
    signs = np.array([[1 - 2 * (k >> (2 - i) & 1) for k in range(8)] for i in range(3)])
    exponent = sum(x[i] * signs[i] for i in range(3))
    exponent = exponent + sum(
        x[i] * x[j] * signs[i] * signs[j] for i, j in combinations(range(3), 2)
    )
    assert same(found, np.diag(np.exp(-0.5j * exponent)) @ kron(H, H, H))


def test_zz_feature_map() -> None:
    x = rng.normal(size=2)
    found = library("zz_feature_map(x) q", 2, "encode", "data x: real[2]", x=x)
    both = 2 * (np.pi - x[0]) * (np.pi - x[1])
    parity = np.diag(np.exp(1j * both * np.array([0, 1, 1, 0])))
    assert same(found, parity @ kron(phase(2 * x[0]), phase(2 * x[1])) @ kron(H, H))


# ---- std.ansatz ------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_brickwork(n: int) -> None:
    w = rng.normal(size=(2, 2 * n))
    declare = f"param w: angle[2, {2 * n}]"
    found = library("brickwork_layers(w) q", n, "ansatz", declare, w=w)
    wanted: Matrix = np.eye(2**n, dtype=np.complex128)
    for row in w:
        bricks = cz_chain(n, 1) @ cz_chain(n, 0)
        wanted = each("Z", row[n:]) @ bricks @ each("Y", row[:n]) @ wanted
    assert same(found, wanted)
    first = library("brickwork(w[0]) q", n, "ansatz", declare, w=w)
    second = library("brickwork(w[1]) q", n, "ansatz", declare, w=w)
    assert same(second @ first, wanted)


def test_hardware_efficient() -> None:
    n, w = 3, rng.normal(size=(2, 6))
    found = library("hardware_efficient(w) q", n, "ansatz", "param w: angle[2, 6]", w=w)
    wanted: Matrix = np.eye(8, dtype=np.complex128)
    for row in w:
        chain = cx_on([(0, 1), (1, 2)], n)
        wanted = chain @ each("Z", row[n:]) @ each("Y", row[:n]) @ wanted
    assert same(found, wanted)


def test_real_amplitudes() -> None:
    n, w = 3, rng.normal(size=(3, 3))
    found = library("real_amplitudes(w) q", n, "ansatz", "param w: angle[3, 3]", w=w)
    chain = cx_on([(0, 1), (1, 2)], n)
    assert same(found, each("Y", w[2]) @ chain @ each("Y", w[1]) @ chain @ each("Y", w[0]))
    assert np.allclose(found.imag, 0)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_strongly_entangling(n: int) -> None:
    w = rng.normal(size=(3, 3 * n))
    declare = f"param w: angle[3, {3 * n}]"
    found = library("strongly_entangling(w) q", n, "ansatz", declare, w=w)
    wanted: Matrix = np.eye(2**n, dtype=np.complex128)
    for layer, row in enumerate(w):
        a, b, c = row.reshape(n, 3).T
        wanted = each("Z", c) @ each("Y", b) @ each("Z", a) @ wanted
        reach = layer % max(n - 1, 1) + 1
        ring = [(i, (i + reach) % n) for i in range(n)] if n > 2 else [(0, 1)][: n - 1]
        wanted = cx_on(ring, n) @ wanted
    assert same(found, wanted)


@pytest.mark.parametrize("reach", [1, 2, 3])
def test_entangle(reach: int) -> None:
    n, w = 4, rng.normal(size=12)
    a, b, c = w.reshape(n, 3).T
    ring = [(i, (i + reach) % n) for i in range(n)]
    wanted = cx_on(ring, n) @ each("Z", c) @ each("Y", b) @ each("Z", a)
    declare = "param w: angle[12]"
    assert same(library(f"entangle_by(w, {reach}) q", n, "ansatz", declare, w=w), wanted)
    if reach == 1:
        assert same(library("entangle(w) q", n, "ansatz", declare, w=w), wanted)


def test_qaoa_layer() -> None:
    declare = "data g: graph = path_graph(3)\nparam c: angle\nparam b: angle"
    found = library("qaoa_layer(g, c, b) q", 3, "ansatz", declare, c=0.3, b=0.7)
    wanted = each("X", np.full(3, 1.4)) @ rotation("IZZ", 0.3) @ rotation("ZZI", 0.3)
    assert same(found, wanted)


def test_qaoa() -> None:
    n, gamma, beta = 4, rng.normal(size=2), rng.normal(size=2)
    declare = "data g: graph = cycle(4)\nparam c: angle[2]\nparam b: angle[2]"
    found = library("qaoa(g, c, b) q", n, "ansatz", declare, c=gamma, b=beta)
    wanted = kron(H, H, H, H)
    for c, b in zip(gamma, beta, strict=True):
        for i in range(4):
            word = "".join("Z" if k in (i, (i + 1) % 4) else "I" for k in range(4))
            wanted = rotation(word, c) @ wanted
        wanted = each("X", np.full(4, 2 * b)) @ wanted
    assert same(found, wanted)


# ---- std.algorithms --------------------------------------------------------------------


def fourier(n: int) -> Matrix:
    size = 2**n
    j = np.arange(size)
    matrix: Matrix = np.exp(2j * np.pi * np.outer(j, j) / size) / np.sqrt(size)
    return matrix


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_qft(n: int) -> None:
    assert same(library("qft q", n, "algorithms"), fourier(n))
    assert same(library("inverse_qft q", n, "algorithms"), fourier(n).conj().T)
    reversed_bits = [int(f"{k:0{n}b}"[::-1], 2) for k in range(2**n)]
    assert same(library("qft_unordered q", n, "algorithms"), fourier(n)[reversed_bits])


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_ghz_and_w(n: int) -> None:
    ghz = library("ghz q", n, "algorithms")[:, 0]
    wanted = np.zeros(2**n)
    wanted[[0, -1]] = np.sqrt(0.5)
    assert np.allclose(ghz, wanted)
    w = library("w_state q", n, "algorithms")[:, 0]
    wanted = np.zeros(2**n)
    wanted[[2**k for k in range(n)]] = np.sqrt(1 / n)
    assert np.allclose(w, wanted)


@pytest.mark.parametrize(("n", "marked"), [(1, 0), (2, 2), (3, 5), (4, 0)])
def test_grover_pieces(n: int, marked: int) -> None:
    signs = np.ones(2**n)
    signs[marked] = -1
    found = library(f"mark({marked}) q", n, "algorithms")
    assert same_up_to_phase(found, np.diag(signs).astype(complex))
    uniform = np.full((2**n, 2**n), 1 / 2**n)
    signs[marked], signs[-1] = (1, -1) if marked != 2**n - 1 else (-1, -1)
    found = library("flip_ones q", n, "algorithms")
    assert same_up_to_phase(found, np.diag(signs).astype(complex))
    found = library("diffusion q", n, "algorithms")
    assert same_up_to_phase(found, (2 * uniform - np.eye(2**n)).astype(complex))


def test_grover_finds_the_marked_number() -> None:
    state = library("grover(6, 2) q", 3, "algorithms")[:, 0]
    assert abs(state[6]) ** 2 == pytest.approx(np.sin(5 * np.arcsin(2**-1.5)) ** 2)


def test_ising_step() -> None:
    n, t, h = 3, 0.3, 0.7
    found = library(f"ising({t}, {h}, 2) q", n, "algorithms")
    zz = rotation("ZZI", t) @ rotation("IZZ", t)
    step = kron(*[rotation("X", h)] * 3) @ zz
    assert same(found, step @ step)
    once = library(f"ising_step({t / 2}, {h / 2}) q", n, "algorithms")
    assert same(once, step)


def test_heisenberg_step() -> None:
    found = library("heisenberg_step(0.3) q", 3, "algorithms")
    wanted: Matrix = np.eye(8, dtype=np.complex128)
    for word in ("XXI", "YYI", "ZZI", "IXX", "IYY", "IZZ"):
        wanted = rotation(word, 0.6) @ wanted
    assert same(found, wanted)


def test_heisenberg_approaches_the_exact_evolution() -> None:
    n, t = 3, 0.4
    words = [w for i in range(2) for w in ("I" * i + p * 2 + "I" * (1 - i) for p in "XYZ")]
    paulis = {w: 1j * (rotation(w, np.pi)) for w in words}
    values, vectors = np.linalg.eigh(sum(paulis.values()))
    exact = vectors @ np.diag(np.exp(-1j * t * values)) @ vectors.conj().T
    found = library(f"heisenberg({t}, 60) q", n, "algorithms")
    assert np.linalg.norm(found - exact, 2) < 0.01
    assert not np.allclose(found, np.eye(8))


# ---- all of it -------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODULES)
def test_modules_check_without_problems(name: str) -> None:
    from importlib.resources import files

    text = files("qdsl.grammar").joinpath("std", f"{name}.qdm").read_text()
    checked, problems = check_text(text)
    assert checked is not None
    assert not problems
    assert set(checked.circuits) == set(module(name))


def test_every_entry_is_tested_against_its_definition() -> None:
    here = Path(__file__)
    others = ("test_collectives.py", "test_secure_sum.py")
    files = (here, *(here.with_name(name) for name in others))
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    called = set(re.findall(r'"(\w+)(?:\([^"]*\))? q["[]', text))
    assert called >= {name for m in MODULES for name in module(m)}


# ---- what the comments say, of which the reference is made ---------------------------------

ENTRIES = entries()
ARGUMENTS = {
    "marked: int": "0", "rounds: int": "2", "steps: int": "2", "reach: int": "1",
    "g: graph": "g", "w: angle[3*n]": "v", "theta: angle[2*n]": "u",
    "theta: angle[layers, 2*n]": "a", "theta: angle[layers, n]": "b",
    "w: angle[layers, 3*n]": "c", "x: real[n]": "x", "x: real[2*n]": "y", "b: bits[n]": "k",
    "values: angle[n]": "x", "gamma: angle[layers]": "s", "beta: angle[layers]": "s",
}  # fmt: skip
OPERANDS = {  # of those with several, registers of three
    "broadcast": (4, "q[3], q[..3]"), "reduce": (4, "q[..3], q[3]"),
    "all_reduce": (6, "q[..3], q[3..]"),
}  # fmt: skip
DECLARED = """param u: angle[2*3]
param v: angle[3*3]
param a: angle[2, 2*3]
param b: angle[2, 3]
param c: angle[2, 3*3]
param s: angle[2]
data x: real[3]
data y: real[6]
data k: bits[3]
data g: graph = cycle(3)"""
NUMBERS = {"n": 3, "layers": 2, "steps": 2, "rounds": 2, "m": 3}


def test_every_entry_is_listed() -> None:
    assert {(e.module, e.name) for e in ENTRIES} == {
        (m, name) for m in MODULES for name in module(m)
    }


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_entry_is_documented(entry: Entry) -> None:
    assert entry.what.endswith(".") and len(entry.what.split()) >= 5
    assert entry.cost
    assert re.search(r"doi:10\.\d{4,}/\S+|arXiv:\S+|circuit library of Qiskit", entry.source)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_has_the_gates_that_are_stated(entry: Entry) -> None:
    """On three qubits, in two layers, steps or rounds, on a cycle of three edges."""
    stated: Counter[str] = Counter()
    for part in entry.cost.partition(";")[0].split(", "):
        part = part.replace(" z with n-1 controls", " ccz")
        number, gate = part.rsplit(" ", 1)
        stated[gate] += eval(number.replace(" div ", "//"), {}, NUMBERS)
    given = [
        ARGUMENTS.get(part, "0.3") for part in re.findall(r"\w+: \w+(?:\[[^\]]*\])?", entry.taken)
    ]
    inside = f"({', '.join(given)})" if given else ""
    qubits, operands = OPERANDS.get(entry.name, (3, "q"))
    call = f"{entry.name}{inside} {operands}"
    circuit = on_qubits(call, qubits, uses=f"use std.{entry.module}", declare=DECLARED)
    assert Counter(row.op.name for row in circuit.table) == stated


@pytest.mark.parametrize(
    ("uses", "says"),
    [
        ("use std.algorithms\ncircuit ghz on q[n] { x q }", "'ghz' hides that of std.algorithms"),
        (
            "use std.collectives\nuse std.algorithms",
            "'ghz' of std.algorithms hides that of std.collectives",
        ),
        (
            "use std.algorithms\nuse std.collectives",
            "'ghz' of std.collectives hides that of std.algorithms",
        ),
        ("use std.algorithms\nuse std.algorithms", ""),
        (
            "use std.algorithms\nuse std.collectives\ncircuit ghz on q[n] { x q }",
            "'ghz' hides that of std.collectives",
        ),
    ],
)
def test_hidden_standard_circuits_are_warned_of(uses: str, says: str) -> None:
    _, found = check_text(f"{uses}\nmodel m() {{ qubits q[2]; ghz q; return sample(q) }}")
    assert [p.message for p in found] == ([says] if says else [])
    assert all(p.code == "QDM116" for p in found)


def test_modules_without_a_call_of_a_common_name() -> None:
    text = "use std.algorithms\nuse std.collectives\n"
    _, found = check_text(text + "model m() { qubits q[2]; qft q; return sample(q) }")
    assert not found


def test_a_broken_import_has_no_other_errors(tmp_path: Path) -> None:
    (tmp_path / "broken.qasm").write_text("OPENQASM 2.0;\nqreg q[1];\nU(0.3, 0, 0) q[0]")
    (tmp_path / "good.qasm").write_text(
        'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput angle t;\nqubit[1] q;\nry(t) q[0];\n'
    )
    text = """circuit g on q { f(0.3) q }
    circuit f from "FILE.qasm"
    model m() { qubits q; g q; f(0.1) q; return expect(Z q) }"""
    for file, codes in (("broken", ["QDM750"]), ("good", [])):
        _, found = check_text(text.replace("FILE", file), "p.qdm", [tmp_path])
        assert [p.code for p in found] == codes
