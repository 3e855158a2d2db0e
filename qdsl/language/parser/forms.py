"""The words for what the grammar expects, and the right form of every statement."""

from __future__ import annotations

from qdsl.diagnostics.printable import quoted
from qdsl.language.parser.lexer import Token
from qdsl.language.parser.tables import END
from qdsl.language.syntax.words import either

# An example for each keyword that begins something; shown as help. The tests parse them all.
FORMS = {
    "network": "network lan { node a { qubits 4, comm 1 } }",
    "node": "node a { qubits 4, comm 1 }",
    "link": "link a -- b { fidelity 0.97, rate 200 Hz }",
    "circuit": "circuit c(theta: angle[n]) on q[n] { ry(theta[0]) q[0] }",
    "model": "model m(n = 4) on lan { qubits q[n]; h q }",
    "experiment": "experiment e of m { set n = 4; shots 2000 }",
    "use": "use std.ansatz",
    "data": "data x: real[n] owner alice",
    "param": "param w: angle[n] owner bob",
    "qubits": "qubits q[n], r[2]",
    "bits": "bits c[n]",
    "let": "let k = 2*n",
    "ctrl": "ctrl @ h q[0], q[1]",
    "negctrl": "negctrl @ h q[0], q[1]",
    "inv": "inv @ s q[0]",
    "pow": "pow(2) @ t q[0]",
    "measure": "measure q[0]",
    "reset": "reset q[0]",
    "barrier": "barrier q",
    "for": "for i in 0..n { h q[i] }",
    "if": "if c[0] == 1 { x q[0] } else { z q[0] }",
    "at": "at alice { h q }",
    "move": "move q to bob",
    "reveal": "reveal x to bob",
    "return": "return expect(Z q[0]), sample(q) to bob",
    "set": "set n = 4",
    "label": 'label y from "points.npz:y"',
    "sum": "sum(i in 0..n) Z q[i]",
}
_ENTRY_FORMS = {
    "network": {word: FORMS[word] for word in ("node", "link")},
    "experiment": {
        "set": FORMS["set"],
        "label": FORMS["label"],
        "data": 'data x from "points.npz:x"',
    },
}
_BLOCKS = frozenset({"model", "circuit", "for", "if", "else", "at", ""})
_QUBITS = "the qubits to act on"
ITEM_STARTS = frozenset({"network", "circuit", "model", "experiment", "use"})
STATEMENT_STARTS = frozenset(
    [
        "data",
        "param",
        "qubits",
        "bits",
        "let",
        "ctrl",
        "negctrl",
        "inv",
        "pow",
        "measure",
        "reset",
        "barrier",
        "for",
        "if",
        "at",
        "move",
        "reveal",
        "return",
    ]
)
_VALUE_STARTS = frozenset({"INTEGER", "REAL", "STRING", "NAME", "(", "[", "-", "not", "sum"})
_OPERATORS = frozenset(
    [
        "or",
        "and",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "+",
        "-",
        "*",
        "/",
        "%",
        "div",
        "**",
        "[",
        "(",
        "NAME",
        "UNIT",
        "..",
    ]
)
_PLAIN = {"NAME": "a name", "STRING": "a file name in quotes", "UNIT": "a unit"}
_MOST = 4


def form(first: Token, head: str, expected: str) -> str:
    """The right form of a statement that begins with `first` in the block of `head`, or ""."""
    if head not in _BLOCKS:
        return _ENTRY_FORMS.get(head, {}).get(first.kind, "")
    if expected == _QUBITS:
        return f"{first.text} q[0]"
    return FORMS.get(first.kind, "")


def block_head(tokens: list[Token], begins: int) -> str:
    """The word that begins the block around token `begins`; "" at the top of the file."""
    level = 0
    i = begins - 1
    while i >= 0 and (level or tokens[i].kind != "{"):
        level += (tokens[i].kind == "}") - (tokens[i].kind == "{")
        i -= 1
    while i > 0 and tokens[i - 1].kind not in ("SEP", "{", "}"):
        i -= 1
    return tokens[i].kind if i >= 0 else ""


def expected_words(kinds: frozenset[str]) -> str:
    """`kinds` of tokens in a phrase: "`,` or `}`", "a value", "a statement or `}`"."""
    rest = set(kinds)
    words: list[str] = []
    if {"for", "qubits"} <= rest:
        words.append("a statement")
        rest -= STATEMENT_STARTS | {"NAME"}
    if {"network", "model"} <= rest:
        words += [quoted(word) for word in sorted(ITEM_STARTS)]
        rest -= ITEM_STARTS
    if {"NAME", "=", "[", "("} <= rest:
        words.append(_QUBITS)
        rest -= {"NAME", "=", "[", "(", ","}
    if {"INTEGER", "NAME", "("} <= rest:
        words.append("a value")
        rest -= _VALUE_STARTS
    if {"+", "*"} <= rest:
        words.append("an operator")
        rest -= _OPERATORS
    if rest & {"SEP", END}:
        words.append("the end of the line")
        rest -= {"SEP", END}
    if len(rest) > 1:
        rest -= {"[", "("}
    words += [_PLAIN.get(kind, f"`{kind}`") for kind in sorted(rest)]
    if len(words) > _MOST and "an operator" in words:
        words.remove("an operator")
    return either(words) if words else "nothing more"
