"""Syntax trees of sound programs, and what is reported of broken ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source
from qdsl.language import syntax as ast
from qdsl.language.parser.parse import Limits, parse, read_source
from tests.qdsl.programs import FEATURES, PROGRAMS, QAOA, TWO_PARTY, without_spans


def parse_text(text: str, limits: Limits | None = None) -> ast.File:
    return parse(Source("test.qdm", text), limits or Limits())


def statements(text: str) -> tuple[ast.Statement, ...]:
    (model,) = parse_text(f"model m() {{\n{text}\n}}").items
    assert isinstance(model, ast.ModelDecl)
    return model.body


def value(text: str) -> ast.Expr:
    (let,) = statements(f"let v = {text}")
    assert isinstance(let, ast.Let)
    return let.value


def shown(tree: Any) -> str:
    """An expression with all its parentheses."""
    match tree:
        case ast.Binary(op, left, right):
            return f"({shown(left)} {op} {shown(right)})"
        case ast.Unary(op, operand):
            return f"({op} {shown(operand)})"
        case ast.SumOver(_, _, body):
            return f"(sum {shown(body)})"
        case _:
            return str(tree.span.text)


def test_a_line_end_ends_a_statement() -> None:
    assert codes("model m() { h\nq }") == ["QDM001", "QDM001"]


def codes(text: str, limits: Limits | None = None) -> list[str]:
    with pytest.raises(InvalidProgram) as caught:
        parse_text(text, limits)
    return [problem.code for problem in caught.value.diagnostics]


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs_parse(text: str) -> None:
    assert parse_text(text).items


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    windows = "\ufeff" + TWO_PARTY.replace("\n", "\r\n")
    assert without_spans(parse_text(windows)) == without_spans(parse_text(TWO_PARTY))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 ** 2 ** n", "(1 + (2 * (3 ** (2 ** n))))"),
        ("-2 ** -n", "(- (2 ** (- n)))"),
        ("1 - 2 - 3", "((1 - 2) - 3)"),
        ("a div 2 % b / c * d", "((((a // 2) % b) / c) * d)"),
        ("not a == 1 and b or c", "(((not (a == 1)) and b) or c)"),
        ("2 * sum(i in 0..n) 3 * Z q[i] + 1", "((2 * (sum (3 * Z q[i]))) + 1)"),
        ("-sum(i in 0..n) -X q[i]", "(- (sum (- X q[i])))"),
        ("(a + b) * c[0, 1]", "((a + b) * c[0, 1])"),
    ],
)
def test_precedence(text: str, expected: str) -> None:
    tree = shown(value(text))
    assert tree.replace("(a + b)", "a + b") == expected.replace("(a + b)", "a + b")


def test_sum_in_parentheses() -> None:
    tree = value("sum((i, j) in edges(g)) 0.5 * (1 - Z q[i] * Z q[j])")
    assert isinstance(tree, ast.SumOver)
    assert [name.id for name in tree.names] == ["i", "j"]
    assert isinstance(tree.body, ast.Binary)
    assert tree.body.op == "*"


@pytest.mark.parametrize("operator", ["+", "*", "and", "or"])
def test_long_chains_are_shallow(operator: str) -> None:
    text = f" {operator} ".join(f"a{i}" for i in range(5000))
    assert _height(value(text)) < 20


def test_a_long_chain_keeps_its_signs() -> None:
    numbers = list(range(1, 40))
    tree = value("0" + "".join(f" {'+-'[i % 2]} {i}" for i in numbers))
    assert _evaluated(tree) == sum(-i if i % 2 else i for i in numbers)


def _height(tree: ast.Expr) -> int:
    if isinstance(tree, ast.Binary):
        return 1 + max(_height(tree.left), _height(tree.right))
    return 0


def _evaluated(tree: ast.Expr) -> int:
    match tree:
        case ast.IntLit(number):
            return number
        case ast.Unary("-", operand):
            return -_evaluated(operand)
        case ast.Binary("+", left, right):
            return _evaluated(left) + _evaluated(right)
        case ast.Binary("-", left, right):
            return _evaluated(left) - _evaluated(right)
    raise AssertionError(tree)


def test_numbers_and_units() -> None:
    tree = value("[1_000, .5, 1e-3, 2., 200 Hz, 50us, 0.5 %, 3 µs, 0.2 dB/km]")
    assert isinstance(tree, ast.ListLit)
    plain = [item.value for item in tree.items if isinstance(item, ast.IntLit | ast.RealLit)]
    assert plain == [1000, 0.5, 1e-3, 2.0]
    quantities = [(q.value, q.unit) for q in tree.items if isinstance(q, ast.Quantity)]
    assert quantities == [(200, "Hz"), (50, "us"), (0.5, "%"), (3, "µs"), (0.2, "dB/km")]


def test_slices() -> None:
    (apply,) = statements("cz q[0..2], q[..], q[1..], q[..n step 2], q[i, 0]")
    assert isinstance(apply, ast.Apply)
    bounds = [
        tuple(part and part.span.text for part in (index.lo, index.hi, index.step))
        for operand in apply.operands
        for index in operand.indices
        if isinstance(index, ast.Range)
    ]
    assert bounds == [("0", "2", None), (None,) * 3, ("1", None, None), (None, "n", "2")]
    assert len(apply.operands[4].indices) == 2


def test_modifiers_and_pauli_rotation() -> None:
    (apply,) = statements("ctrl @ inv @ pow(2) @ rot(t) XZ q[0], q[1]")
    assert isinstance(apply, ast.Apply)
    assert [(m.kind, m.argument is None) for m in apply.modifiers] == [
        ("ctrl", True),
        ("inv", True),
        ("pow", False),
    ]
    assert apply.word is not None
    assert apply.word.id == "XZ"
    assert apply.span.text == "ctrl @ inv @ pow(2) @ rot(t) XZ q[0], q[1]"


def test_else_if_nests() -> None:
    (tree,) = statements("if a { x q } else if b { y q } else { z q; h q }")
    assert isinstance(tree, ast.If)
    (inner,) = tree.otherwise
    assert isinstance(inner, ast.If)
    assert [len(part) for part in (tree.then, inner.then, inner.otherwise)] == [1, 1, 2]


def test_measurements() -> None:
    first, second = statements("c[i] = measure q[i]; measure q")
    assert isinstance(first, ast.MeasureStatement)
    assert isinstance(second, ast.MeasureStatement)
    assert first.target is not None
    assert second.target is None


def test_experiment() -> None:
    experiment = parse_text(TWO_PARTY).items[-1]
    assert isinstance(experiment, ast.ExperimentDecl)
    assert [item.name.id for item in experiment.settings] == ["n", "layers"]
    assert [(s.role, s.name.id, s.file.value) for s in experiment.sources] == [
        ("data", "x", "points.npz:x"),
        ("label", "y", "points.npz:y"),
    ]
    assert [option.name.id for option in experiment.options] == [
        "loss",
        "gradient",
        "train",
        "shots",
    ]
    assert [p.name.id for p in experiment.options[2].properties] == ["steps", "batch", "seed"]


def test_keywords_as_names() -> None:
    (apply,) = statements("rx(data[0] + label + step) bits[1], to")
    assert isinstance(apply, ast.Apply)
    assert [operand.name.id for operand in apply.operands] == ["bits", "to"]


@pytest.mark.parametrize(
    "text",
    [
        "model m()\n{ h q }",
        "model m() { h q }; model k() { }",
        "model m() { ; ; h q;; }",
        "model m() { qubits a,\n b\n if c { h a }\n else { x b } }",
        "network n { node a { qubits 1, }, node b { }\n }",
        "",
        "// nothing",
    ],
)
def test_line_ends_where_they_do_not_matter(text: str) -> None:
    parse_text(text)


def test_several_problems_are_reported_once_each() -> None:
    text = """\
model m(n = 4) {
  for i 0..n { cx q[0] q[1] }
  for i in range(n) {
    cx q[0] q[1]
  }
  let j == 2
  retrun expect(Z q[0])
}
experiment e of m { set n = 2n }
"""
    assert codes(text) == ["QDM001", "QDM021", "QDM015", "QDM016", "QDM017", "QDM009"]


def test_a_missing_brace_is_one_problem_at_the_right_block() -> None:
    text = QAOA.replace("q[j] }\n", "q[j]\n") + TWO_PARTY
    with pytest.raises(InvalidProgram) as caught:
        parse_text(text)
    (problem,) = caught.value.diagnostics
    assert problem.code == "QDM002"
    assert problem.labels[0].span.line == 9


def test_no_more_than_the_limit_are_reported() -> None:
    text = "model m() {\n" + "cx q r\n" * 500 + "cx q[0] q[1]\n" * 500 + "}"
    assert len(codes(text)) == 20


DEEP = (
    "model m() { rx(" + "(" * 5_000,
    "model m() { let a = " + "-" + " -" * 5_000 + "1 }",
    "model m() { let a = " + "not " * 5_000 + "1 }",
    "model m() { let a = " + "2 ** " * 5_000 + "1 }",
    "model m() { let a = 1" + " / 2 * 3" * 5_000 + " }",
    "model m() { let a = b" + "[0]" * 5_000 + " }",
    "model m() { " + "if a { " * 5_000 + "} " * 5_000 + "}",
    "model m() { if a { } " + "else if a { } " * 5_000 + "}",
    "model m() { let a = " + "sum(i in a) " * 5_000 + "1 }",
    "model m() { let a = " + "f(" * 90 + "-" + " -" * 90 + "1" + ")" * 90 + "}",
    "[" * 10_000,
    "{" * 10_000,
)


@pytest.mark.parametrize("text", DEEP, ids=range(len(DEEP)))
def test_depth_is_limited(text: str) -> None:
    assert codes(text) == ["QDM014"]


def test_ninety_levels_are_fine() -> None:
    parse_text("model m() { let a = " + "(" * 90 + "1" + ")" * 90 + "}")
    parse_text("model m() { " + "for i in 0..2 { " * 90 + "}" * 91)


def test_limits_can_be_set() -> None:
    assert codes("model m() { h q }", Limits(max_bytes=10)) == ["QDM012"]
    assert codes("model m() { h q }", Limits(max_tokens=5)) == ["QDM029"]
    assert codes("h q[0];" * 200_000) == ["QDM029"]
    assert codes("model m() { at a { h q } }", Limits(max_depth=1)) == ["QDM014"]


def test_a_large_program_parses_in_seconds() -> None:
    text = "model m() {\n" + "  cx q[0], q[1]; rz(2*x[3]) q[2]\n" * 5000 + "}"
    assert len(statements_of(parse_text(text))) == 10_000


def statements_of(file: ast.File) -> tuple[ast.Statement, ...]:
    (model,) = file.items
    assert isinstance(model, ast.ModelDecl)
    return model.body


def read_codes(path: Path, limits: Limits | None = None) -> list[str]:
    with pytest.raises(InvalidProgram) as caught:
        read_source(path, limits or Limits())
    assert str(caught.value)
    return [problem.code for problem in caught.value.diagnostics]


def test_reading_files(tmp_path: Path) -> None:
    sound = tmp_path / "sound.qdm"
    sound.write_text(FEATURES, encoding="utf-8")
    assert read_source(sound).text == FEATURES
    assert read_codes(sound, Limits(max_bytes=10)) == ["QDM012"]
    assert read_codes(tmp_path) == ["QDM011"]
    assert read_codes(tmp_path / "missing.qdm") == ["QDM011"]
    assert read_codes(tmp_path / "nul\0.qdm") == ["QDM011"]
    assert read_codes(tmp_path / "given.QASM") == ["QDM025"]


@pytest.mark.parametrize("data", [b"\xff\xfe\x00m", b"\x80", "ü".encode("latin-1")])
def test_reading_what_is_not_text(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "binary.qdm"
    path.write_bytes(data)
    assert read_codes(path) == ["QDM013"]


def test_nul_characters_are_refused() -> None:
    assert codes("model m() { \0 }") == ["QDM013"]


def test_parsing_does_not_import_lark() -> None:
    code = (
        "import sys; from qdsl.language.parser.parse import parse; "
        "from qdsl.diagnostics.source import Source; "
        "parse(Source('a', 'use std.ansatz')); sys.exit('lark' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
