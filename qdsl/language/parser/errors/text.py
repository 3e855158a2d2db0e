"""Problems with the characters of a source text, before any grammar: QDM004 to QDM010."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import ClassVar

from qdsl.diagnostics.diagnostic import Diagnostic, Label
from qdsl.diagnostics.source import Span
from qdsl.language.syntax.spelling import closest
from qdsl.language.syntax.units import UNITS
from qdsl.language.syntax.words import quoted

LOOKALIKES = {
    "“": '"', "”": '"', "‘": '"', "’": '"', "−": "-", "–": "-", "—": "-", "×": "*", "·": "*",
    "⋅": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "…": "..", "，": ",", "；": ";", "⊗": "*",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnterminatedComment(Diagnostic):
    """A block comment that never ends.

    A comment that begins with `/*` goes on to the next `*/`. Without one it would swallow the
    rest of the file. Block comments do not nest.

    ```qdm
    model m() { /* prepare a bell pair
      qubits q[2]; h q[0]; cx q[0], q[1]
    }
    ```

    Close the comment, or use a line comment:

    ```qdm
    model m() { // prepare a bell pair
      qubits q[2]; h q[0]; cx q[0], q[1]
    }
    ```
    """

    code: ClassVar[str] = "QDM004"
    title: ClassVar[str] = "comment never ends"
    opening: Span

    def message(self) -> str:
        return "this comment never ends"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.opening, "opened here"),)

    def why(self) -> str:
        return "A comment that begins with `/*` goes on to the next `*/`, and there is none."

    def help(self) -> str:
        return "close it with `*/`, or use `//` for a comment up to the end of the line"


@dataclass(frozen=True, slots=True)
class UnterminatedString(Diagnostic):
    """A string without its closing quote.

    A string stands between two double quotes on one line.

    ```qdm
    circuit adder from "adder.qasm
    ```

    Close it:

    ```qdm
    circuit adder from "adder.qasm"
    ```
    """

    code: ClassVar[str] = "QDM005"
    title: ClassVar[str] = "string never ends"
    string: Span

    def message(self) -> str:
        return "this string has no closing quote"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.string, "opened here"),)

    def why(self) -> str:
        return "A string ends on the line where it begins."

    def help(self) -> str:
        return "close it: " + quoted(self.string.text.rstrip() + '"', 60)


@dataclass(frozen=True, slots=True)
class BadCharacter(Diagnostic):
    """A character that has no meaning in QDM.

    Names are made of ASCII letters, digits, `_` and Greek letters; everything else is plain
    ASCII. Typographic quotes, dashes and multiplication signs slip in when text is copied from
    a document.

    ```qdm
    model m() { qubits q[2]; rx(2 × pi) q[0] }
    ```

    Type the plain sign:

    ```qdm
    model m() { qubits q[2]; rx(2 * pi) q[0] }
    ```
    """

    code: ClassVar[str] = "QDM006"
    title: ClassVar[str] = "unknown character"
    place: Span

    def message(self) -> str:
        return f"{quoted(self.place.text, 20)} has no meaning here"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.place, _character_name(self.place.text)),)

    def why(self) -> str:
        return "Names are letters, digits and `_`; signs are those of a plain keyboard."

    def help(self) -> str:
        plain = LOOKALIKES.get(self.place.text)
        if plain:
            return f"type {quoted(plain)} instead"
        if self.place.text in ("&", "|"):
            return f"write `{'and' if self.place.text == '&' else 'or'}`"
        if self.place.text == "#":
            return "a comment begins with `//`"
        if self.place.text.isalpha():
            return "spell names with ASCII letters"
        return "remove it"


def _character_name(text: str) -> str:
    if len(text) > 1:
        return f"{len(text)} characters"
    return unicodedata.name(text, "").lower() or f"U+{ord(text):04X}"


@dataclass(frozen=True, slots=True)
class BadNumber(Diagnostic):
    """A malformed or far too large number.

    Integers are decimal and below 2^63, reals need digits after an `e`, and `_` may only stand
    between two digits.

    ```qdm
    model m(n = 0x10) { qubits q[n]; h q }
    ```

    Write it in decimal:

    ```qdm
    model m(n = 16) { qubits q[n]; h q }
    ```
    """

    code: ClassVar[str] = "QDM007"
    title: ClassVar[str] = "malformed number"
    number: Span
    too_large: bool = False

    def message(self) -> str:
        what = "is too large" if self.too_large else "is not a number in QDM"
        return f"{quoted(self.number.text, 24)} {what}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.number),)

    def why(self) -> str:
        if self.too_large:
            return "Integers stay below 2^63 and reals below 1.8e308."
        return "Numbers look like `12`, `1_000`, `0.5`, `.5` or `1e-3`."

    def help(self) -> str | None:
        if self.too_large:
            return None
        text = self.number.text.lower()
        if re.fullmatch("0x[0-9a-f]{1,12}|0b[01]{1,40}|0o[0-7]{1,12}", text):
            return f"write `{int(text, 0)}`"
        parts = text.replace("__", "_").strip("_")
        return f"write `{parts}`" if re.fullmatch(r"\d+(_\d+)*", parts) else None


@dataclass(frozen=True, slots=True)
class CaretPower(Diagnostic):
    """`^` used for a power.

    Powers are written `**`, as in Python and OpenQASM 3.

    ```qdm
    model m(n = 4) { data x: real[2^n]; qubits q[n]; amplitude(x) q }
    ```

    Write:

    ```qdm
    model m(n = 4) { data x: real[2**n]; qubits q[n]; amplitude(x) q }
    ```
    """

    code: ClassVar[str] = "QDM008"
    title: ClassVar[str] = "`^` is not a power"
    caret: Span

    def message(self) -> str:
        return "`^` is not a power"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.caret, "a power is written `**`"),)

    def why(self) -> str:
        return "In some languages `^` is exclusive or, so QDM does not use it at all."

    def help(self) -> str:
        text = self.caret.source.text
        left = re.search(r"\w{0,20}$", text[max(0, self.caret.start - 20) : self.caret.start])
        right = re.match(r"\w{0,20}", text[self.caret.end : self.caret.end + 20])
        return "write " + quoted((left[0] if left else "") + "**" + (right[0] if right else ""))


@dataclass(frozen=True, slots=True)
class UnknownUnit(Diagnostic):
    """A word right after a number that is not a unit.

    A number may carry a unit: Hz kHz MHz GHz, ns us ms s min, um mm cm m km, dB, dB/km, deg
    rad, %. Any other word after a number is a slip: a missing `*`, a missing comma, or a
    misspelt unit.

    ```qdm
    model m(n = 4) { data x: real[2n]; qubits q[n]; amplitude(x) q }
    ```

    Write the `*`:

    ```qdm
    model m(n = 4) { data x: real[2*n]; qubits q[n]; amplitude(x) q }
    ```
    """

    code: ClassVar[str] = "QDM009"
    title: ClassVar[str] = "unknown unit"
    number: Span
    unit: Span

    def message(self) -> str:
        return f"{quoted(self.unit.text)} is not a unit"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.unit, "a word right after a number is its unit"),)

    def why(self) -> str:
        return "Units are Hz kHz MHz GHz, ns us ms s min, um mm cm m km, dB dB/km, deg rad, %."

    def help(self) -> str:
        number, word = self.number.text, self.unit.text
        near = closest(word, UNITS)
        after = self.unit.source.text[self.unit.end : self.unit.end + 20].lstrip(" \t")
        if near and near.lower() == word.lower():
            return f"write {quoted(f'{number} {near}')}"
        if after[:1].isdigit():
            return f"separate them by a comma: {quoted(f'{number}, {word}')}"
        return f"to multiply, write {quoted(f'{number}*{word}')}"


@dataclass(frozen=True, slots=True)
class ForeignOperator(Diagnostic):
    """An operator that other languages have and QDM spells differently.

    `and`, `or` and `not` are words; a measurement is an assignment; names never change their
    value, so there is no `+=`; strings stand in double quotes.

    ```qdm
    model m() { qubits q; bits c; measure q -> c }
    ```

    Write:

    ```qdm
    model m() { qubits q; bits c; c = measure q }
    ```
    """

    code: ClassVar[str] = "QDM010"
    title: ClassVar[str] = "an operator of another language"
    sign: Span

    def message(self) -> str:
        return f"QDM does not have {quoted(self.sign.text)}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.sign),)

    def why(self) -> str:
        return _FOREIGN.get(self.sign.text, _SINGLE_QUOTES)[0]

    def help(self) -> str:
        return _FOREIGN.get(self.sign.text, _SINGLE_QUOTES)[1]


_SINGLE_QUOTES = ("Strings stand in double quotes.", 'write `"points.npz:x"`')
_NO_CHANGE = ("Names stand for one value and never change it.", "use `let` with a new name")
_FOREIGN = {
    "&&": ("Logical operators are words.", "write `and`"),
    "||": ("Logical operators are words.", "write `or`"),
    "!": ("Logical operators are words.", "write `not`"),
    "->": ("A measurement is written as an assignment.", "write `c[0] = measure q[0]`"),
    "=>": ("Comparisons are `==  !=  <  <=  >  >=`.", "write `>=` if that is what you mean"),
    ":=": ("A name is given by a single `=`.", "write `let k = 2`"),
    "...": ("A range has two dots and ends before its end.", "write `0..n`"),
    "..=": ("A range has two dots and ends before its end.", "write `0..n+1` to include n"),
    "+=": _NO_CHANGE,
    "-=": _NO_CHANGE,
    "*=": _NO_CHANGE,
}
