"""Programs built in Python are those of the files, and say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source, Span
from qdsl.interchange.building.expressions import BuilderMisuse, BuiltExpr, expression
from qdsl.interchange.building.programs import ProgramBuilder
from qdsl.language.check import Checked
from qdsl.language.formatting.format import format_source
from qdsl.language.typed.program import DeclaredVector
from tests.qdsl.interchange.building.built import BUILT
from tests.sources import EXAMPLES

N, M, K = (BuiltExpr(name) for name in "nmk")


def bare(value: Any) -> Any:
    """A tree without the places of its nodes."""
    if isinstance(value, Span | Source):
        return None
    if isinstance(value, DeclaredVector):  # it has its shape as it is written
        value = replace(value, shape=tuple(size.replace(" ", "") for size in value.shape))
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *(bare(getattr(value, f.name)) for f in fields(value)))
    if isinstance(value, Mapping):
        return {name: bare(part) for name, part in value.items()}
    if isinstance(value, tuple | list):
        return tuple(map(bare, value))
    return value


def meaning(checked: Checked) -> Any:
    named = (checked.networks, checked.circuits, checked.models, checked.experiments)
    return tuple(map(bare, named))


@pytest.mark.parametrize("make", BUILT, ids=lambda make: make.__name__)
def test_a_built_example_is_the_file(make: Callable[[], ProgramBuilder]) -> None:
    built = make()
    file = qdsl.load(EXAMPLES / f"{make.__name__}.qdm")
    program = built.program((EXAMPLES,))
    assert meaning(program.checked) == meaning(file.checked)
    text = str(built)
    assert format_source(Source("built", text)) == text
    assert qdsl.loads(text, folders=(EXAMPLES,)).models == file.models


def line(angle: float, node: str, size: int) -> ProgramBuilder:
    p = qdsl.build()
    m = p.model("m", on=p.shaped_network("two", "line", 2, qubits=3))
    q = m.qubits("q", size)
    with m.at(node):
        m.ry(angle, q[0])
    m.returns(m.sample(q))
    return p


def test_differences_are_seen() -> None:
    one = meaning(line(0.1, "node0", 2).program().checked)
    assert meaning(line(0.1, "node0", 2).program().checked) == one
    for other in (line(0.2, "node0", 2), line(0.1, "node1", 2), line(0.1, "node0", 3)):
        assert meaning(other.program().checked) != one


def test_it_compiles_runs_and_is_reported_on() -> None:
    p = qdsl.build("bell")
    pair = p.shaped_network("pair", "line", 2, qubits=1, comm=1)
    m = p.model("bell", on=pair)
    a, b = m.qubits("a", "b")
    with m.at("node0"):
        m.h(a)
    with m.at("node1"):
        m.cx(a, b)
    m.returns(m.sample(a, b))
    compiled = p.compile(options={"seed": 1})
    assert compiled.verification.verified
    assert compiled.cost.ebits == 1
    assert compiled.report().provenance.source == "bell"
    shares = compiled.run().outputs[0].values
    assert shares["00"] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("built", "text"),
    [
        (2 * N + 1, "2 * n + 1"),
        (2 * (N + 1), "2 * (n + 1)"),
        (N - (M - K), "n - (m - k)"),
        (N - M - K, "n - m - k"),
        (N / (M * K), "n / (m * k)"),
        (N // 2 % 3, "n div 2 % 3"),
        (-(N**2), "-n**2"),
        ((-N) ** 2, "(-n)**2"),
        (N ** (M**K), "n**m**k"),
        ((N**M) ** K, "(n**m)**k"),
        (2 ** (N + 1), "2**(n + 1)"),
        (N * -M, "n * -m"),
        (N - -1, "n - -1"),
        (1 - N, "1 - n"),
        (1 / N, "1 / n"),
        (7 // N, "7 div n"),
        (7 % N, "7 % n"),
        ((N == 1) & ~(M < 2) | (K >= 3), "n == 1 and not m < 2 or k >= 3"),
        (~((N == 1) | (M != 2)), "not (n == 1 or m != 2)"),
        (expression([1, N, 0.5]), "[1, n, 0.5]"),
        (expression(np.float64(0.25)), "0.25"),
        (N[0:M, ::2], "n[0..m, .. step 2]"),
    ],
)
def test_expressions_are_written_as_they_bind(built: BuiltExpr, text: str) -> None:
    assert built.text == text


def test_a_sum_is_kept_apart_from_what_stands_beside_it() -> None:
    m = qdsl.build().model("m")
    terms = m.sum(lambda i: N * i + 1, "i", 1, M, step=2)
    assert terms.text == "sum(i in 1..m step 2) (n * i + 1)"
    assert (terms * 2).text == f"({terms.text}) * 2"
    assert (3 - terms).text == f"3 - ({terms.text})"


def test_all_statements() -> None:
    p = qdsl.build()
    net = p.shaped_network("two", "line", 2, qubits=3, comm=2)
    m = p.model("m", on=net)
    x = m.data("x", "angle", 2, owner="node0")
    q, c = m.qubits("q", 3), m.bits("c", 2)
    turn = m.let("turn", m.name("pi") / 4)
    m.reveal(x, to="node1")
    m.modified("ctrl", "inv").rx(turn, q[0], q[1])
    m.modified("ctrl(2)").x(q[0], q[1], q[2])
    m.rot(0.3, "XYZ", q[0], q[1], q[2])
    m.barrier(q[0])
    m.barrier()
    m.measure(q[0], into=c[0])
    m.measure(q[1])
    with m.when(c[0] == 1):
        m.x(q[1])
    with m.otherwise():
        m.z(q[1])
    m.reset(q[0], q[1])
    m.move(q[2], to="node0")
    m.returns(m.sample(q), m.probability(q[0]))
    text = str(p)
    for line in (
        "let turn = pi / 4", "reveal x to node1", "ctrl @ inv @ rx(turn) q[0], q[1]",
        "ctrl(2) @ x q[0], q[1], q[2]", "rot(0.3) XYZ q[0], q[1], q[2]", "barrier q[0]",
        "c[0] = measure q[0]", "measure q[1]", "if c[0] == 1 {", "} else {", "reset q[0], q[1]",
        "move q[2] to node0", "return sample(q), probability(q[0])",
    ):  # fmt: skip
        assert f"{line}\n" in text
    assert p.program().models == ("m",)


def test_uses_and_files() -> None:
    p = qdsl.build()
    p.use_file("ions.qdm")
    p.network_file("far", "net.json")
    p.experiment("e", of="cluster").data("x", "points.csv:a", "standardized")
    assert str(p) == (
        'use "ions.qdm"\n\nnetwork far = from "net.json"\n\nexperiment e of cluster {\n'
        '  data x from "points.csv:a" standardized\n}\n'
    )


def test_what_is_wrong_is_told_at_the_line_of_the_text() -> None:
    p = qdsl.build("mine")
    m = p.model("m")
    q = m.qubits("q", 2)
    m.hadamard(q)
    m.returns(m.sample(q))
    with pytest.raises(InvalidProgram) as refused:
        p.compile()
    (label,) = refused.value.diagnostics[0].labels
    assert (label.span.source.path, label.span.source.position(label.span.start)[0]) == ("mine", 3)
    assert "hadamard" in refused.value.diagnostics[0].message


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda m, q: m.h(), "acts on no qubits"),
        (lambda m, q: m.retrun(N), "`retrun` acts on no qubits"),
        (lambda m, q: m.rx("0.3 + 1", q), "'0.3 \\+ 1' is no name"),
        (lambda m, q: m.rx(None, q), "a NoneType is no expression"),
        (lambda m, q: m.rx(True, q), "a bool is no expression"),
        (lambda m, q: m.rx(float("nan"), q), "nan is no number"),
        (lambda m, q: bool(N == 1), "no truth value"),
        (lambda m, q: list(N), "no length in Python"),
        (lambda m, q: m.parameter("2n"), "'2n' is no name"),
        (lambda m, q: m.otherwise().__enter__(), "right behind `when`"),
        (lambda m, q: m.loop("i").__enter__(), "give an end"),
        (lambda m, q: m.loop("i", 3, through=N).__enter__(), "give an end"),
        (lambda m, q: m.Z(N), "an operator on a qubit"),
        (lambda m, q: m.at(3).__enter__(), "is no node"),
        (lambda m, q: m.modified("ctrl(a b)").x(q), "is no modifier"),
        (lambda m, q: m.qubits(), "have names"),
        (lambda m, q: qdsl.build().network("n").node("a", rate="1; node b"), "no value of a prop"),
        (lambda m, q: qdsl.build().use_file('a"b'), "cannot stand in quotes"),
    ],
)
def test_misuse_is_refused_in_python(act: Callable[[Any, Any], object], said: str) -> None:
    m = qdsl.build().model("m")
    q = m.qubits("q", 2)
    with pytest.raises(BuilderMisuse, match=said):
        act(m, q)


def test_private_names_are_no_operations() -> None:
    m = qdsl.build().model("m")
    with pytest.raises(AttributeError):
        m._repr_html_()
    with pytest.raises(AttributeError):
        m.modified("inv")._repr_html_()
    assert repr(N) == "<n>"


def test_numbers_of_properties_are_in_base_units() -> None:
    program = qdsl.build()
    lab = program.network("lab")
    a = lab.node("a", qubits=1, comm=1, gate_time=1e-6, t2=0.5, gate_fidelity=0.99)
    b = lab.node("b", qubits=1, comm=1)
    lab.link(a, b, rate=250, latency=1e-4, fidelity=0.97, buffer=2)
    network = program.program().checked.networks["lab"]
    (link,) = network.links
    assert (link.rate_hz, link.latency_ns, link.fidelity) == (250, 100_000, 0.97)
    node = network.nodes[0]
    assert node.gate_time_ns[0] == 1000 and node.physics.t2_ns == 500_000_000
