"""What can be wrong with a text, its characters and its size: QDM004 to QDM014, QDM025."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.printable import quoted
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import Label, places, when
from qdsl.language.syntax.foreign import GATES, gate_meant
from qdsl.language.syntax.spelling import closest
from qdsl.language.syntax.units import UNITS


class CannotRead(Diagnostic):
    """A file that cannot be opened.

    The file does not exist, is a folder, or may not be read by you.

    ```sh
    qdsl check no_such_file.qdm
    ```

    Check the spelling of the path and the folder you are in.
    """

    code = "QDM011"
    title = "file cannot be read"
    path: str
    reason: str
    message = "cannot read {path!q:200}: {reason}"
    why = "The operating system refused to open it."
    help = "check the path, and the folder it is relative to"


class SourceTooLarge(Diagnostic):
    """A source text beyond the size limit.

    A `.qdm` file may have 2 MB, unless the caller sets another limit. Data does not belong into
    a program: name a file in an experiment (`data x from "points.npz:x"`) instead. A large
    circuit is better imported (`circuit adder from "adder.qasm"`).
    """

    code = "QDM012"
    title = "file is too large"
    path: str
    limit: int
    message = "{path!q:200} has more than {limit:,} bytes"
    why = "A text of unbounded size would take unbounded time and memory."
    help = 'keep data in a file of its own: `data x from "points.npz:x"`'


class TooManyTokens(Diagnostic):
    """A program of too many words, numbers and signs.

    200,000 of them are read, comments included, unless the caller sets another limit: about 30,000
    gates written one by one. Write repeated gates as a loop, or import a large circuit
    (`circuit adder from "adder.qasm"`).
    """

    code = "QDM029"
    title = "program is too long"
    span: Span
    limit: int
    message = "the program has more than {limit:,} words, numbers and signs"
    labels = places(span="the first one too many")
    why = "A text of unbounded length would take unbounded time and memory."
    help = 'write repeated gates as a loop, or import the circuit: `circuit a from "a.qasm"`'


class NotText(Diagnostic):
    """A file that is not UTF-8 text.

    A `.qdm` file is UTF-8 text without NUL characters. This one is probably a binary file
    (an archive, an image), or was saved in another encoding such as UTF-16 or Latin-1.

    ```sh
    iconv -f latin1 -t utf-8 model.qdm > model_utf8.qdm
    ```
    """

    code = "QDM013"
    title = "file is not text"
    path: str
    offset: int
    message = "{path!q:200} is not UTF-8 text (at offset {offset:,})"
    why = "A model file is UTF-8 text; this one is binary or has another encoding."
    help = "if it is a QDM file, save it again as UTF-8"


class OtherLanguage(Diagnostic):
    """An OpenQASM file where a `.qdm` file is expected.

    A circuit alone does not say on which devices it is to run, or what is asked of it. A program
    that imports the circuit does:

    ```text
    network pair = complete(2) { qubits 17, comm 2 }
    circuit given from "big.qasm"

    model m() on pair {
      qubits q[32]
      given q
      return sample(q)
    }
    ```
    """

    code = "QDM025"
    title = "not a QDM file"
    path: str
    begins: Span | None = None
    message = "{path!q:200} is an OpenQASM file, not a QDM program"
    labels = places(begins="OpenQASM begins here")
    why = "A circuit alone does not say where it runs and what is asked of it."

    @property
    def help(self) -> str:
        name = quoted(PurePath(self.path).name, 100).strip("`")
        saved = ""
        if self.begins is not None:
            is_file = name.endswith(".qdm")
            name = name.removesuffix(".qdm") + ".qasm" if is_file else "circuit.qasm"
            saved = f"{'rename it to' if is_file else 'save it as'} `{name}` and "
        return (
            f"{saved}compile it as it is, `qdsl compile {name} --network lab.json`, or write a "
            f'`.qdm` file with `circuit given from "{name}"`, a network and a model'
        )


class TooDeep(Diagnostic):
    """Brackets, blocks or expressions nested too deeply.

    More than 100 levels (unless the caller sets another limit) are refused: no program needs
    them, and following them takes memory that grows with the depth. Long sums and products
    are not deep; long chains of `else if`, of unary minus, of `**` or of mixed `*` and `/` are.

    ```qdm
    model m() {
      qubits q
      rx(((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((
        (((((((((((((((((((((((pi))))))))))))))))))))))))))))))))))))))))))))))))))))))
        )))))))))))))))))))))))))))))))))))))))))))))))))) q
    }
    ```

    Give names to the parts with `let`, or split the circuit:

    ```qdm
    model m() {
      qubits q
      let angle = 2 * pi / 3
      rx(angle) q
    }
    ```
    """

    code = "QDM014"
    title = "nested too deeply"
    place: Span
    limit: int
    message = "nested more than {limit} levels deep"
    why = "The depth of brackets, blocks and expressions is limited."
    help = "name the parts with `let`, or move them into a `circuit`"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.place, f"level {self.limit + 1}"),)


LOOKALIKES = {
    "“": '"', "”": '"', "‘": '"', "’": '"', "−": "-", "–": "-", "—": "-", "×": "*", "·": "*",
    "⋅": "*", "÷": "/", "≤": "<=", "≥": ">=", "≠": "!=", "…": "..", "，": ",", "；": ";", "⊗": "*",
}  # fmt: skip


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

    code = "QDM004"
    title = "comment never ends"
    opening: Span
    message = "this comment never ends"
    labels = places(opening="opened here")
    why = "A comment that begins with `/*` goes on to the next `*/`, and there is none."
    help = "close it with `*/`, or use `//` for a comment up to the end of the line"


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

    code = "QDM005"
    title = "string never ends"
    string: Span
    message = "this string has no closing quote"
    labels = places(string="opened here")
    why = "A string ends on the line where it begins."

    @property
    def help(self) -> str:
        return "close it: " + quoted(self.string.text.rstrip() + '"', 60)


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

    code = "QDM006"
    title = "unknown character"
    place: Span
    message = "{place.text!q:20} has no meaning here"
    why = "Names are letters, digits and `_`; signs are those of a plain keyboard."

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.place, _character_name(self.place.text)),)

    @property
    def help(self) -> str:
        plain = LOOKALIKES.get(self.place.text)
        if plain:
            return f"type {quoted(plain)} instead"
        if self.place.text in ("&", "|"):
            return f"write `{'and' if self.place.text == '&' else 'or'}`"
        if self.place.text == "#":
            return "a comment begins with `//`"
        if self.place.text == "?":
            return "write `if c { ... } else { ... }`: there is no conditional expression"
        if self.place.text.isalpha():
            return "spell names with ASCII letters"
        return "remove it"


def _character_name(text: str) -> str:
    if len(text) > 1:
        return f"{len(text)} characters"
    return unicodedata.name(text, "").lower() or f"U+{ord(text):04X}"


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

    code = "QDM007"
    title = "malformed number"
    number: Span
    too_large: bool = False
    message = when(
        "too_large", "{number.text!q:24} is too large", "{number.text!q:24} is not a number in QDM"
    )
    labels = places(number="")
    why = when(
        "too_large",
        "Integers stay below 2^63 and reals below 1.8e308.",
        "Numbers look like `12`, `1_000`, `0.5`, `.5` or `1e-3`.",
    )

    @property
    def help(self) -> str | None:
        if self.too_large:
            return None
        text = self.number.text.lower()
        if re.fullmatch("0x[0-9a-f]{1,12}|0b[01]{1,40}|0o[0-7]{1,12}", text):
            return f"write `{int(text, 0)}`"
        parts = text.replace("__", "_").strip("_")
        return f"write `{parts}`" if re.fullmatch(r"\d+(_\d+)*", parts) else None


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

    code = "QDM008"
    title = "`^` is not a power"
    caret: Span
    message = "`^` is not a power"
    labels = places(caret="a power is written `**`")
    why = "In some languages `^` is exclusive or, so QDM does not use it at all."

    @property
    def help(self) -> str:
        text = self.caret.source.text
        left = re.search(r"\w{0,20}$", text[max(0, self.caret.start - 20) : self.caret.start])
        right = re.match(r"\w{0,20}", text[self.caret.end : self.caret.end + 20])
        return "write " + quoted((left[0] if left else "") + "**" + (right[0] if right else ""))


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

    code = "QDM009"
    title = "unknown unit"
    number: Span
    unit: Span
    message = "{unit.text!q} is not a unit"
    labels = places(unit="a word right after a number is its unit")
    why = "Units are Hz kHz MHz GHz, ns us ms s min, um mm cm m km, dB dB/km, deg rad, %."

    @property
    def help(self) -> str:
        number, word = self.number.text, self.unit.text
        near = _UNITS_SPELT_OUT.get(word.lower().removesuffix("s")) or closest(word, UNITS)
        after = self.unit.source.text[self.unit.end : self.unit.end + 20].lstrip(" \t")
        if word in ("then", "do"):
            return "a block stands in braces: `if n == 2 { ... }`"
        if word.lower().removesuffix("s") in _UNITS_SPELT_OUT:
            return f"write {quoted(f'{number} {near}')}"
        if near and near.lower() == word.lower():
            return f"write {quoted(f'{number} {near}')}"
        if after[:1].isdigit():
            return f"separate them by a comma: {quoted(f'{number}, {word}')}"
        gate = re.search(r"(?:^|[\n;{])[ \t]*(\w+)[ \t]+$", self._before_number())
        if gate and gate_meant(gate[1]) in GATES:
            right = f"{gate[1]}({number}) {word}{_index(after)}"
            return f"an angle stands in parentheses: {quoted(right, 60)}"
        return f"to multiply, write {quoted(f'{number}*{word}')}"

    def _before_number(self) -> str:
        return self.number.source.text[max(0, self.number.start - 40) : self.number.start]


def _index(after: str) -> str:
    found = re.match(r"\[\w{0,12}\]", after)
    return found[0] if found else ""


_UNITS_SPELT_OUT = {
    "second": "s", "sec": "s", "millisecond": "ms", "msec": "ms", "microsecond": "us",
    "usec": "us", "nanosecond": "ns", "nsec": "ns", "minute": "min", "hertz": "Hz",
    "kilohertz": "kHz", "megahertz": "MHz", "degree": "deg", "radian": "rad", "percent": "%",
    "kilometer": "km", "kilometre": "km", "meter": "m", "metre": "m", "k": "kHz",
}  # fmt: skip


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

    code = "QDM010"
    title = "an operator of another language"
    sign: Span
    message = "QDM does not have {sign.text!q}"
    labels = places(sign="")

    @property
    def why(self) -> str:
        return _FOREIGN.get(self.sign.text, _SINGLE_QUOTES)[0]

    @property
    def help(self) -> str:
        sign = self.sign.text
        if sign[:1] == "'":
            inside = sign.strip("'")
            right = f'"{inside}"'
            return f"write {quoted(right, 60)}" if inside else "a comment begins with `//`"
        if sign in ("->", "<->"):
            return f"write {quoted(_without_arrow(self.sign), 60)}"
        return _FOREIGN.get(sign, _SINGLE_QUOTES)[1]


def _without_arrow(arrow: Span) -> str:
    """The statement around `->` in the form it has here."""
    text = arrow.source.text
    before = re.split(r"[\n;{]", text[max(0, arrow.start - 60) : arrow.start])[-1].strip()
    behind = re.match(r"[^\n;}]*", text[arrow.end : arrow.end + 60])
    word, _, left = before.partition(" ")
    right = behind[0].partition("{")[0].strip() if behind else ""
    if word == "link":
        return f"link {left.strip('< -')} -- {right.strip('> -')}"
    if word in ("move", "reveal"):
        return f"{word} {left} to {right}"
    return f"{right} = measure {left}" if word == "measure" and right else "c[0] = measure q[0]"


_SINGLE_QUOTES = ("Strings stand in double quotes.", "leave it out")
_NO_ARROW = (
    "There are no arrows: links are written `a -- b`, measurements as assignments.",
    "leave it out",
)
_NO_CHANGE = ("Names stand for one value and never change it.", "use `let` with a new name")
_FOREIGN = {
    "&&": ("Logical operators are words.", "write `and`"),
    "||": ("Logical operators are words.", "write `or`"),
    "!": ("Logical operators are words.", "write `not`"),
    "->": _NO_ARROW,
    "<->": _NO_ARROW,
    "===": ("Comparisons are `==  !=  <  <=  >  >=`.", "write `==`"),
    "<>": ("Comparisons are `==  !=  <  <=  >  >=`.", "write `!=`"),
    "=>": ("Comparisons are `==  !=  <  <=  >  >=`.", "write `>=` if that is what you mean"),
    ":=": ("A name is given by a single `=`.", "write `let k = 2`"),
    "...": ("A range has two dots and ends before its end.", "write `0..n`"),
    "..=": ("A range has two dots and ends before its end.", "write `0..n+1` to include n"),
    "+=": _NO_CHANGE,
    "-=": _NO_CHANGE,
    "*=": _NO_CHANGE,
}
