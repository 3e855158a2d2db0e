"""The typed tree: names have declarations, expressions have kinds, places have meanings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qdsl.diagnostics.source import Source
from qdsl.language import syntax
from qdsl.language.check import typed_source
from qdsl.language.check.circuits import library
from qdsl.language.check.standard import MODULES
from qdsl.language.typed import tree
from qdsl.language.typed.program import Checked
from qdsl.language.typed.query import Meaning, meaning_at, meanings
from qdsl.language.values.arithmetic import CONSTANTS
from tests.sources import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("*.qdm"))

TEXT = """\
use std.ansatz
network pair {
  node alice { qubits 4 }
  node bob { qubits 4 }
  link alice -- bob
}
circuit turn(theta: angle[m]) on q[m] {
  for i in 0..m { ry(theta[i] / 2) q[i] }
}
model work(n = 3, k = n - 1) on pair {
  data x: angle[n, 2] owner alice
  param t: angle[n]
  qubits q[n], spare
  bits c[n]
  turn(t) q
  let half = t[0] / 2
  rz(half + x[k, 1]) q[0]
  c[0] = measure q[0]
  if c[0] == 1 { x spare }
  return expect(sum(j in 1..n) Z q[j])
}
"""


def checked(text: str = TEXT) -> Checked:
    return typed_source(Source("work.qdm", text))


def at(piece: str, text: str = TEXT, inside: int = 0) -> Meaning:
    """What the first character of a piece of the text means, or one further on."""
    found = meaning_at(checked(text), text.index(piece) + inside)
    assert found is not None
    return found


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_names_have_declarations_and_expressions_kinds(path: Path) -> None:
    program = typed_source(Source(str(path), path.read_text(encoding="utf-8")))
    assert program.is_sound
    seen = 0
    for meaning in meanings(program):
        seen += 1
        if meaning.operation is not None:
            continue
        assert meaning.type is not None
        if re.fullmatch(r"[a-zA-Z_]\w*", meaning.span.text) and meaning.span.text not in CONSTANTS:
            assert meaning.symbol is not None, meaning.span.text
            assert meaning.symbol.span.text == meaning.span.text
            before = meaning.symbol.span.start <= meaning.span.start
            assert before or meaning.symbol.role == "size"  # a register's size names it first
    assert seen > 10


@pytest.mark.parametrize("module", MODULES)
def test_every_use_in_the_library_is_resolved(module: str) -> None:
    for circuit in library(module).values():
        assert circuit.body
        for statement in circuit.body:
            if isinstance(statement, tree.TypedApply):
                assert statement.operation is not None
                assert all(operand.symbol is not None for operand in statement.operands)


def test_types_at_a_place() -> None:
    assert str(at("t[0] / 2", inside=1).type) == "a value of data or parameters"
    assert at("x[k, 1]").type == at("x: angle").type
    assert at("c[0] == 1", inside=5).type is not None
    assert at("c[0] == 1", inside=5).span.text == "c[0] == 1"
    assert at("0..m", inside=1).span.text == "0..m"


def test_declarations_and_owners_at_a_place() -> None:
    use = at("x[k, 1]")
    assert use.owner == "alice"
    assert use.declaration is not None and use.declaration.start == TEXT.index("x: angle")
    index = at("k, 1]")
    assert index.declaration is not None and index.declaration.start == TEXT.index("k = n")
    default = at("n - 1")
    assert default.declaration is not None and default.declaration.start == TEXT.index("n = 3")
    bound = at("q[j]", inside=2)
    assert bound.declaration is not None and bound.declaration.start == TEXT.index("j in")
    register = at("q[j]")
    assert register.symbol is not None and register.symbol.role == "qubits"


def test_operations_at_a_place() -> None:
    call = at("turn(t)")
    assert isinstance(call.operation, tree.TypedCircuit)
    assert call.declaration is not None and call.declaration.start == TEXT.index("turn(theta")
    gate = at("rz(half")
    assert isinstance(gate.operation, tree.Builtin) and gate.operation.is_gate
    assert gate.declaration is None


def test_conditions_on_bits_are_dynamic() -> None:
    body = checked().models["work"].declaration.body
    (condition,) = [s for s in body if isinstance(s, tree.TypedIf)]
    assert condition.is_dynamic
    static = checked("model m(n = 2) {\n qubits q\n if n == 2 { x q }\n return sample(q)\n}")
    (condition,) = [s for s in static.models["m"].declaration.body if isinstance(s, tree.TypedIf)]
    assert not condition.is_dynamic


def test_a_program_with_errors_has_a_tree() -> None:
    text = "model m(n = 2) {\n qubits q[n]\n h q[missing]\n foo q\n rz(n) q\n return sample(q)\n}"
    program = checked(text)
    assert not program.is_sound
    assert at("n) q", text).declaration is not None
    unknown = at("missing", text)
    assert unknown.symbol is None and unknown.type is not None and unknown.type.is_unknown
    (wrong,) = [
        s
        for s in program.models["m"].declaration.body
        if isinstance(s, tree.TypedApply) and s.name == "foo"
    ]
    assert wrong.operation is None and isinstance(wrong.syntax, syntax.Apply)


def test_a_refused_declaration_makes_no_further_errors() -> None:
    text = 'model m() {\n data g: graph = "../g"\n qubits q[nodes(g)]\n return sample(q)\n}'
    assert [problem.code for problem in checked(text).problems] == ["QDM701"]


def test_the_library_is_not_changed_by_names_of_the_program() -> None:
    circuit = next(iter(library("ansatz").values()))
    before = circuit.body
    checked("use std.ansatz\n" + TEXT.partition("\n")[2])
    assert circuit.body is before
