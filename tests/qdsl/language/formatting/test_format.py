"""The canonical form of programs."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.source import Source
from qdsl.language.formatting.format import format_source
from qdsl.language.parser.lexer import COMMENTS, lex
from tests.mutations import assert_formats_well, formatted, parsing
from tests.qdsl.programs import PROGRAMS, TWO_PARTY


def in_model(text: str) -> str:
    """The statements of a formatted model, without their indentation."""
    lines = formatted(f"model m() {{\n{text}\n}}").split("\n")[1:-2]
    return "\n".join(line[2:] for line in lines)


@pytest.mark.parametrize("text", PROGRAMS)
def test_programs(text: str) -> None:
    assert_formats_well(text)


def test_mutated_examples_with_comments() -> None:
    """A sample; `python -m tests.mutations 10000` goes through more of them."""
    for _, text in islice(parsing(1), 60):
        assert_formats_well(text)


def respaced(text: str, seed: int) -> str:
    """The same program with blanks, line breaks and comments put in wherever they may be."""
    rng = random.Random(seed)
    tokens, _ = lex(Source("a.qdm", text))
    out: list[str] = []
    level = 0
    before = ""
    for token in tokens:
        level += (token.kind in ("(", "[")) - (token.kind in (")", "]"))
        out.append(token.text)
        fills = [" ", "  ", "\t"]
        if token.kind not in ("INTEGER", "REAL", "UNIT", "%"):  # a unit follows its number directly
            fills += [" /* c */ "]
        if level or token.kind in (",", "{"):
            fills += ["\n", " // c\n", "\n\n\n"] if " /* c */ " in fills else ["\n"]
        if token.kind == "SEP":
            fills += ["\n", "\n\n \n", "// own line\n", " " if level or before == "," else ";"]
        if token.kind != "LINE_COMMENT":
            out.append(rng.choice(fills))
        before = token.kind if token.kind not in COMMENTS else before
    return "".join(out)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("program", range(len(PROGRAMS)))
def test_programs_with_other_spacing(program: int, seed: int) -> None:
    text = respaced(PROGRAMS[program], seed)
    assert_formats_well(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rx( 2*n,-  pi )q[ 0 ],q [1]", "rx(2*n, -pi) q[0], q[1]"),
        ("ctrl  @inv@ pow( 2 )@ h q,r", "ctrl @ inv @ pow(2) @ h q, r"),
        ("cz q[0 .. 2],q[.. 2],q[1 ..]", "cz q[0..2], q[..2], q[1..]"),
        ("let a=1+ 2 *-3", "let a = 1 + 2 * -3"),
        ("let a = - -x", "let a = - -x"),
        ("let a = 2 ** n", "let a = 2**n"),
        ("let a = not(b)", "let a = not (b)"),
        ("let a = 3us + 5 % ", "let a = 3 us + 5%"),
        ("for(i,j) in edges( g ){h q}", "for (i, j) in edges(g) { h q }"),
        ("if a{h q}else{x q}", "if a { h q } else { x q }"),
        ("if a { h q }\nelse\n{ x q }", "if a { h q } else { x q }"),
        ("at a { h q\n x q }", "at a {\n  h q\n  x q\n}"),
        ("at a {   }", "at a {}"),
        ("at a {\n\n\n}", "at a {}"),
        ("h q;x q ;", "h q; x q"),
        ("h q // c", "h q  // c"),
        ("h q // c\nxx q // d", "h q   // c\nxx q  // d"),
        ("/* a */ h /* b */ q", "/* a */ h /* b */ q"),
        ("\n\n\nh q\n\n\n\nx q\n\n", "h q\n\nx q"),
        ("qubits a,\nb", "qubits a,\n  b"),
        ("rx(\na,\nb\n) q", "rx(\n  a,\n  b\n) q"),
        ("return expect(Z q[0],)", "return expect(Z q[0])"),
        ("let a = (b\n- 2*c)", "let a = (b\n  - 2*c)"),
        ("let a = (b // c\n-2)", "let a = (b  // c\n  - 2)"),
        ("let a = [b,\n- 2]", "let a = [b,\n  -2]"),
        ("return f(a),\nf(b\n+ c)", "return f(a),\n  f(b\n    + c)"),
        ("return f(a),\nf(\nb\n),\nf(c)", "return f(a),\n  f(\n    b\n  ),\n  f(c)"),
        ("h q; for i in 0..n { h q\nx q }", "h q\nfor i in 0..n {\n  h q\n  x q\n}"),
        ("if a { h q } if b { h q\nx q }", "if a { h q }\nif b {\n  h q\n  x q\n}"),
        ("data x :real[ n ]owner a", "data x: real[n] owner a"),
    ],
)
def test_spacing(text: str, expected: str) -> None:
    assert in_model(text) == expected


def test_properties() -> None:
    text = "network n=ring( 4 ){qubits 8,offset -1 ,weights [1,2], z (1+2),}"
    assert formatted(text) == (
        "network n = ring(4) { qubits 8, offset -1, weights [1, 2], z (1+2) }\n"
    )


def test_a_comma_stays_at_the_end_of_its_line() -> None:
    text = "network n { node a { qubits 1 },link a -- b { rate 1 Hz\nlatency 1 s } }\n"
    assert "node a { qubits 1 }, link a -- b {\n" in formatted(text)


def test_a_block_that_spans_lines_is_opened_up() -> None:
    text = "model m() on lan\n{ // why\n  h q } model k() { }"
    assert formatted(text) == "model m() on lan {  // why\n  h q\n}\nmodel k() {}\n"


def test_nothing_stays_nothing() -> None:
    assert formatted("") == ""
    assert formatted("\n\n // a\n\n") == "// a\n"


def test_broken_programs_are_refused() -> None:
    with pytest.raises(InvalidProgram):
        formatted(TWO_PARTY.replace("owner alice", "owner", 1))


def test_a_label_is_a_value_beside_an_operator() -> None:
    text = "experiment e of m {\n  loss ln(1 + exp(-3*label*value))\n}\n"
    assert format_source(Source("m.qdm", text)) == text
