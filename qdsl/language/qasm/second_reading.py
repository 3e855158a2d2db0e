"""A second reading of OpenQASM, which shares nothing with the first but the text.

Gates are unrolled to `U` and phases and become matrices; every statement becomes events on
numbered qubits and bits. What it cannot read it leaves alone: `NotRead`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import cache
from typing import NamedTuple

import numpy as np

from qdsl.language.qasm.gate_library import LIBRARY
from qdsl.language.qasm.matrix_stacks import (
    Angle,
    Column,
    Matrix,
    modified,
    on_qubits,
    phase_gate,
    u_gate,
)
from qdsl.language.qasm.unbound import ALWAYS
from qdsl.language.values.truth import Truth
from qdsl.records import dataclass

Number = int | float | Column  # a column: one number a call, of many calls at once
MOST_QUBITS = 7  # of one gate as a matrix
MOST_STEPS = 200_000  # calls of gates within one gate
MOST_KNOWN = 20_000  # matrices that are kept

_TOKEN = re.compile(
    r"\s*(\d+(?:_\d+)*(?![\w.])|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|\w+|\"[^\"]*\"|->|==|!=|\+\+|\S)"
)
_CONSTANTS = {"pi": math.pi, "π": math.pi, "tau": math.tau, "τ": math.tau,
              "euler": math.e, "ℇ": math.e}  # fmt: skip
_FUNCTIONS = {"sin": math.sin, "cos": math.cos, "tan": math.tan, "exp": math.exp,
              "ln": math.log, "sqrt": math.sqrt}  # fmt: skip
_OF_COLUMNS = {name: getattr(np, "log" if name == "ln" else name) for name in _FUNCTIONS}


class NotRead(Exception):
    """The second reading does not know this; the text says what."""


class ReadCall(NamedTuple):
    """A gate with its modifiers, the outermost first: (name, number)."""

    name: str
    angles: tuple[Angle, ...]
    modifiers: tuple[tuple[str, float], ...] = ()


class ReadEvent(NamedTuple):
    """What happens at a place of the text, from one character to another, as in
    `qdsl.language.qasm.unbound.Happening`. `call` None: `kind` says what it is."""

    kind: str
    qubits: tuple[int, ...]
    span: tuple[int, int]
    condition: Truth = ALWAYS
    result: int | None = None
    call: ReadCall | None = None


class Doubt(NamedTuple):
    """A reading that may not be what was meant: where, what is read, what was probably meant."""

    start: int
    end: int
    what: str
    meant: str


def _angle(value: Number) -> Angle:
    return value if isinstance(value, np.ndarray) else float(value)


def _constant(value: Number) -> float:
    if isinstance(value, np.ndarray):
        raise NotRead("a modifier with a parameter")
    return float(value)


@dataclass(frozen=True, slots=True)
class _Definition:
    angles: tuple[str, ...]
    qubits: tuple[str, ...]
    start: int  # of the body among the tokens
    end: int


@dataclass(slots=True)
class _Tokens:
    """Tokens of a text, and a place among them."""

    words: list[str]
    starts: list[int]
    ends: list[int]
    at: int = 0

    @staticmethod
    def of(text: str) -> _Tokens:
        found = list(_TOKEN.finditer(text))
        return _Tokens(
            [m[1] for m in found], [m.start(1) for m in found], [m.end(1) for m in found]
        )

    def span_from(self, start: int) -> tuple[int, int]:
        """From a token to the one before the next."""
        return self.starts[start], self.ends[min(self.at, len(self.ends)) - 1]

    @property
    def next(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self) -> str:
        word = self.next
        self.at += 1
        return word

    def skip(self, word: str) -> bool:
        found = self.next == word
        self.at += found
        return found

    def need(self, word: str) -> None:
        if not self.skip(word):
            raise NotRead(f"`{self.next}`")


class QasmExpressions:
    """Numbers. In version 3 a division of two integers is one of integers."""

    def __init__(self, tokens: _Tokens, version: int, doubts: dict[int, Doubt]) -> None:
        self.tokens, self.version, self.doubts = tokens, version, doubts

    def number(self, names: Mapping[str, Angle]) -> Number:
        value = self._product(names)
        while self.tokens.next in ("+", "-"):
            value = (
                value + self._product(names)
                if self.tokens.take() == "+"
                else (value - self._product(names))
            )
        return value

    def _product(self, names: Mapping[str, Angle]) -> Number:
        start = self.tokens.at
        value = self._signed(names)
        while self.tokens.next in ("*", "/"):
            if self.tokens.take() == "*":
                value = value * self._signed(names)
            else:
                value = self._quotient(value, self._signed(names), start)
        return value

    def _quotient(self, left: Number, right: Number, start: int) -> Number:
        if np.any(right == 0):
            raise NotRead("a division by zero")
        if self.version == 2 or not (isinstance(left, int) and isinstance(right, int)):
            return left / right
        if left % right:
            t = self.tokens
            first, last = t.span_from(start)
            what = f"{left}/{right} is a division of integers, {int(left / right)}"
            self.doubts.setdefault(start, Doubt(first, last, what, f"{left}.0/{right}"))
        return int(left / right)

    def _signed(self, names: Mapping[str, Angle]) -> Number:
        if self.tokens.skip("-"):
            return -self._signed(names)
        if self.tokens.skip("+"):
            return self._signed(names)
        value = self._atom(names)
        if self.tokens.next == "^" and self.version == 2:
            self.tokens.take()
            value = _angle(value) ** self._signed(names)
        return value

    def _atom(self, names: Mapping[str, Angle]) -> Number:
        word = self.tokens.take()
        if word == "(":
            value = self.number(names)
            self.tokens.need(")")
            return value
        if word in names:
            return names[word]
        if word in _CONSTANTS:
            return _CONSTANTS[word]
        if word in _FUNCTIONS and self.tokens.skip("("):
            value = self._function(word, self.number(names))
            self.tokens.need(")")
            return value
        return self._literal(word)

    def _function(self, name: str, value: Number) -> Number:
        if not isinstance(value, np.ndarray):
            return _FUNCTIONS[name](value)
        with np.errstate(all="ignore"):
            return np.asarray(_OF_COLUMNS[name](value))

    def _literal(self, word: str) -> Number:
        digits = word.replace("_", "")
        if digits.isascii() and digits.isdecimal():
            return int(digits)
        try:
            return float(word)
        except ValueError:
            raise NotRead(f"`{word}` in an expression") from None


@dataclass(slots=True)
class GateDefinitions:
    """Definitions of gates, and their matrices; `outer` has those that are not here."""

    tokens: _Tokens
    version: int
    outer: GateDefinitions | None = None
    defined: dict[str, _Definition] = field(default_factory=dict)
    doubts: dict[int, Doubt] = field(default_factory=dict)
    known: dict[tuple[ReadCall, int], Matrix] = field(default_factory=dict)
    steps: int = 0

    @property
    def expressions(self) -> QasmExpressions:
        return QasmExpressions(self.tokens, self.version, self.doubts)

    def define(self) -> None:
        """The definition behind the word `gate`."""
        t = self.tokens
        name = t.take()
        angles = tuple(self._names(")")) if t.skip("(") else ()
        t.skip(")")
        qubits = tuple(self._names("{"))
        t.need("{")
        start = t.at
        while t.next not in ("}", ""):
            t.take()
        self.defined[name] = _Definition(angles, qubits, start, t.at)
        t.need("}")

    def _names(self, end: str) -> Iterator[str]:
        while self.tokens.next not in (end, ""):
            yield self.tokens.take()
            self.tokens.skip(",")

    def call(self, names: Mapping[str, Angle]) -> ReadCall:
        """Modifiers, a name and angles."""
        t, modifiers = self.tokens, []
        while t.next in ("ctrl", "negctrl", "inv", "pow"):
            kind, number = t.take(), 1.0
            if t.skip("("):
                number = _constant(self.expressions.number(names))
                t.need(")")
            t.need("@")
            modifiers.append((kind, number))
        name, angles = t.take(), []
        if t.skip("("):
            while not t.skip(")"):
                angles.append(_angle(self.expressions.number(names)))
                t.skip(",")
        return ReadCall(name, tuple(angles), tuple(modifiers))

    def matrix(self, call: ReadCall, n_qubits: int) -> Matrix:
        """The unitary on so many qubits, the first one the most significant; where angles are
        columns, a stack of them along the first axis. At most `MOST_STEPS` of gates in gates."""
        if n_qubits > MOST_QUBITS:
            raise NotRead(f"`{call.name}` on {n_qubits} qubits")
        if any(isinstance(angle, np.ndarray) for angle in call.angles):
            return self._matrix(call, n_qubits)
        key = (call, n_qubits)
        if key not in self.known:
            self.known[key] = self._matrix(call, n_qubits)
        return self.known[key]

    def begin(self) -> None:
        """The gate that is asked for next is another one: steps are counted anew."""
        self.steps = 0
        if len(self.known) > MOST_KNOWN:
            self.known.clear()
        if self.outer is not None:
            self.outer.begin()

    def _matrix(self, call: ReadCall, n_qubits: int) -> Matrix:
        controls = sum(int(k) for kind, k in call.modifiers if kind.endswith("ctrl"))
        found = self._plain(call.name, call.angles, n_qubits - controls)
        for kind, k in reversed(call.modifiers):
            found = modified(found, kind, k)
        return found

    def _plain(self, name: str, angles: tuple[Angle, ...], n_qubits: int) -> Matrix:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise NotRead("so many gates within gates")
        if name in self.defined:
            return self._body(self.defined[name], angles, n_qubits)
        if name == "U" and len(angles) == 3:
            return u_gate(*angles)
        if name == "gphase" and len(angles) == 1:
            return phase_gate(angles[0], n_qubits)
        if self.outer is None:
            raise NotRead(f"gate `{name}`")
        return self.outer.matrix(ReadCall(name, angles), n_qubits)

    def _body(self, gate: _Definition, angles: tuple[Angle, ...], n_qubits: int) -> Matrix:
        if n_qubits != len(gate.qubits):
            raise NotRead("a gate on other qubits than it has")
        names = dict(zip(gate.angles, angles, strict=True))
        qubits = {q: k for k, q in enumerate(gate.qubits)}
        total: Matrix = np.eye(2**n_qubits, dtype=np.complex128)
        t, back = self.tokens, self.tokens.at
        t.at = gate.start
        while t.at < gate.end:
            is_barrier = t.next == "barrier"
            call = self.call(names)
            on = [qubits[q] for q in self._names(";")]
            t.need(";")
            if is_barrier:
                continue
            here = t.at
            total = on_qubits(self.matrix(call, len(on)), on, total)
            t.at = here
        t.at = back
        return total


@cache
def library() -> GateDefinitions:
    gates = GateDefinitions(_Tokens.of(LIBRARY), 2)
    while gates.tokens.skip("gate"):
        gates.define()
    return gates


def of_text(text: str, version: int) -> GateDefinitions:
    """No gates yet, at the start of a text without comments."""
    return GateDefinitions(_Tokens.of(text), version, library())
