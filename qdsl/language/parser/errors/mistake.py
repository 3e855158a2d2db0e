"""Mistakes a reader of other languages makes: QDM020 to QDM024."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qdsl.diagnostics.diagnostic import Diagnostic, Label
from qdsl.diagnostics.source import Span
from qdsl.language.syntax.words import quoted


@dataclass(frozen=True, slots=True)
class MissingLet(Diagnostic):
    """A name given to a value without `let` or `set`.

    In a model or circuit `let` names a value; in an experiment `set` gives a model's size. A
    bare `c = ...` is only for measurements.

    ```qdm
    model m(n = 4) { k = n - 1; qubits q[n]; h q[k] }
    ```

    Write:

    ```qdm
    model m(n = 4) { let k = n - 1; qubits q[n]; h q[k] }
    ```
    """

    code: ClassVar[str] = "QDM020"
    title: ClassVar[str] = "`let` or `set` is missing"
    name: Span
    keyword: str

    def message(self) -> str:
        return f"{quoted(self.name.text)} is given a value without `{self.keyword}`"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.name, f"write `{self.keyword}` before it"),)

    def why(self) -> str:
        if self.keyword == "set":
            return "In an experiment `set` gives the model's sizes."
        return "Without `let` only the result of a measurement can be assigned."

    def help(self) -> str:
        return f"write {quoted(f'{self.keyword} {self.name.text} = ...')}"


@dataclass(frozen=True, slots=True)
class RangeCall(Diagnostic):
    """`range(...)` in a `for` or `sum`.

    A range is written `0..n`, with `step s` behind it if it is not 1. As in Python it ends
    before its end.

    ```qdm
    model m(n = 4) { qubits q[n]; for i in range(n) { h q[i] } }
    ```

    Write:

    ```qdm
    model m(n = 4) { qubits q[n]; for i in 0..n { h q[i] } }
    ```
    """

    code: ClassVar[str] = "QDM021"
    title: ClassVar[str] = "`range(...)` is written `0..n`"
    call: Span
    replacement: str

    def message(self) -> str:
        return "a range is written with two dots"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.call, f"write {quoted(self.replacement)}"),)

    def why(self) -> str:
        return "QDM has no function `range`; `a..b` runs from a to b - 1."

    def help(self) -> str:
        return f"write {quoted(self.replacement)}"


@dataclass(frozen=True, slots=True)
class NotAPauliWord(Diagnostic):
    """A name right before another one that is not a Pauli word.

    Two names side by side mean a Pauli: `Z q[0]` in an observable, `rot(t) XZY q[0], q[1], q[2]`
    in a rotation. An observable takes one letter at a time: a product is written with `*`.

    ```qdm
    model m() { qubits q[2]; return expect(XX q) }
    ```

    Write:

    ```qdm
    model m() { qubits q[2]; return expect(X q[0] * X q[1]) }
    ```
    """

    code: ClassVar[str] = "QDM022"
    title: ClassVar[str] = "not a Pauli"
    word: Span
    operand: Span
    in_rotation: bool = False

    def message(self) -> str:
        kind = "word" if self.in_rotation else "letter"
        return f"{quoted(self.word.text)} is not a Pauli {kind}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.word, "only X, Y, Z and I can stand before a qubit"),)

    def why(self) -> str:
        return "Two names side by side mean a Pauli and the qubits it acts on."

    def help(self) -> str:
        word, operand = self.word.text, self.operand.text
        if set(word.upper()) <= set("XYZI") and word != word.upper():
            return f"write {quoted(word.upper())}"
        if self.in_rotation:
            return f"operands are separated by commas: {quoted(f'{word}, {operand}')}"
        if word and set(word) <= set("XYZI"):
            return f"write the product: {quoted(' * '.join(f'{p} q[{i}]' for i, p in _few(word)))}"
        return f"to multiply, write {quoted(f'{word} * {operand}')}"


def _few(word: str) -> list[tuple[int, str]]:
    return list(enumerate(word[:3]))


@dataclass(frozen=True, slots=True)
class SlashComment(Diagnostic):
    """`//` meant as a division.

    `//` begins a comment, always. Integer division, rounding down, is written `div`.

    ```qdm
    model m(n = 4) { let half = n // 2
      qubits q[n]; h q[half] }
    ```

    Write:

    ```qdm
    model m(n = 4) { let half = n div 2
      qubits q[n]; h q[half] }
    ```

    If it is meant as a comment, let it say something in words.
    """

    code: ClassVar[str] = "QDM023"
    title: ClassVar[str] = "`//` is not a division"
    comment: Span

    def message(self) -> str:
        return "`//` begins a comment, it does not divide"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.comment, "all this is a comment"),)

    def why(self) -> str:
        return "`//` begins a comment, as in OpenQASM; what follows on the line is not read."

    def help(self) -> str:
        divisor = self.comment.text[2:].split(")")[0].split("]")[0].split("{")[0].strip()
        return f"integer division is {quoted(f'n div {divisor or 2}')}"
