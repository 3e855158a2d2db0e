"""What can be wrong with the grammar: QDM001 to QDM003 and QDM015 to QDM023."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.printable import quoted
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import first_of, places, when


class UnexpectedToken(Diagnostic):
    """A word or sign that cannot stand where it stands.

    The message says what could have stood there, the help shows the right form.

    ```qdm
    model m(n = 4) { qubits q[n]; for i 0..n { h q[i] } }
    ```

    Here the word `in` is missing:

    ```qdm
    model m(n = 4) { qubits q[n]; for i in 0..n { h q[i] } }
    ```
    """

    code = "QDM001"
    title = "unexpected word or sign"
    found: Span
    found_words: str
    expected: str
    after: str = ""
    form: str = ""
    message = "expected {expected}, found {found_words}"
    labels = places(found="expected {expected}")
    why = first_of(
        "What comes after {after!q} must be {expected}.", "What stands here must be {expected}."
    )
    help = "the form is `{form}`"


class UnclosedBracket(Diagnostic):
    """A bracket that is opened and never closed, or closed by another kind.

    ```qdm
    model m(n = 4) {
      qubits q[n
      h q
    }
    ```

    Close it:

    ```qdm
    model m(n = 4) {
      qubits q[n]
      h q
    }
    ```

    For a missing `}` the place shown is the block whose indentation does not fit.
    """

    code = "QDM002"
    title = "bracket is never closed"
    opening: Span
    noticed: Span
    closing: str
    message = "{opening.text!q} is never closed"
    labels = places(opening="opened here", noticed="expected {closing!q} before this")
    why = "Every bracket is closed by its own kind, innermost first."
    help = "add the missing {closing!q}"


class UnmatchedBracket(Diagnostic):
    """A closing bracket with nothing to close.

    ```qdm
    model m() { qubits q; rx(pi)) q }
    ```

    Remove it, or add the opening one:

    ```qdm
    model m() { qubits q; rx(pi) q }
    ```
    """

    code = "QDM003"
    title = "closing bracket too many"
    bracket: Span
    message = "{bracket.text!q} closes nothing"
    labels = places(bracket="nothing is open here")
    why = "Every closing bracket needs an opening one of its kind before it."
    help = "remove it, or add the bracket that it should close"


class MissingComma(Diagnostic):
    """Two things in a list without a comma between them.

    Operands, arguments, registers, properties and outputs are separated by commas.

    ```qdm
    model m() { qubits q[2]; cx q[0] q[1] }
    ```

    Write:

    ```qdm
    model m() { qubits q[2]; cx q[0], q[1] }
    ```
    """

    code = "QDM015"
    title = "missing comma"
    before: Span
    found: Span
    message = "missing comma before {found.text!q}"
    labels = places(found="a comma goes before this")
    why = "The parts of a list are separated by commas."

    @property
    def help(self) -> str:
        return f"write {quoted(f'{self.before.text}, {self.found.text}', 60)}"


class EqualsMixup(Diagnostic):
    """`=` where `==` is meant, or the other way round.

    One `=` gives a name to a value, two compare.

    ```qdm
    model m() {
      qubits q[2]; bits c
      c = measure q[0]
      if c = 1 { x q[1] }
    }
    ```

    Write:

    ```qdm
    model m() {
      qubits q[2]; bits c
      c = measure q[0]
      if c == 1 { x q[1] }
    }
    ```
    """

    code = "QDM016"
    title = "`=` and `==` mixed up"
    sign: Span
    message = "{sign.text!q} where `{meant}` is meant"
    labels = places(sign="write `{meant}`")
    why = "One `=` gives a name to a value, `==` compares two values."
    help = "write `{meant}`"

    @property
    def meant(self) -> str:
        return "==" if self.sign.text == "=" else "="


class WrongWord(Diagnostic):
    """A misspelt keyword, or the keyword of another language.

    ```qdm
    model m(n = 4) { qubits q[n]; fro i in 0..n { h q[i] } }
    ```

    Write:

    ```qdm
    model m(n = 4) { qubits q[n]; for i in 0..n { h q[i] } }
    ```
    """

    code = "QDM017"
    title = "misspelt keyword"
    word: Span
    meant: str
    form: str = ""
    message = "unknown statement {word.text!q}: did you mean `{meant}`?"
    labels = places(word="did you mean `{meant}`?")
    why = "No gate application reads like this, and no keyword is spelt like this."
    help = first_of("write `{form}`", "write `{meant}`")


class ReservedWord(Diagnostic):
    """A keyword used as a name.

    These words can never be names: and at barrier circuit else experiment for if in let measure
    model network not or reset return. The other keywords can, wherever their own meaning
    is not possible.

    ```qdm
    model m() { qubits in[2]; h in }
    ```

    Choose another name:

    ```qdm
    model m() { qubits inp[2]; h inp }
    ```
    """

    code = "QDM018"
    title = "keyword used as a name"
    word: Span
    message = "{word.text!q} is a keyword and cannot be a name"
    labels = places(word="expected a name")
    why = "{word.text!q} has a meaning of its own in the language."

    @property
    def help(self) -> str:
        return f"choose another name, such as {quoted(self.word.text + '_')}"


class OutOfPlace(Diagnostic):
    """A declaration inside a block, or a statement outside of any.

    Networks, circuits, models, experiments and `use` stand at the top of a file; everything else
    stands inside a circuit or a model.

    ```qdm
    qubits q[2]
    ```

    Write:

    ```qdm
    model m() { qubits q[2] }
    ```
    """

    code = "QDM019"
    title = "statement out of place"
    statement: Span
    is_declaration: bool
    closed: Span | None = None
    message = when(
        "is_declaration",
        "{statement.text!q} cannot stand inside a block",
        "{statement.text!q} cannot stand outside of a model or circuit",
    )
    labels = places(statement="", closed="the block before it ends here")
    why = when(
        "is_declaration",
        "Networks, circuits, models and experiments are not nested.",
        "A file consists of `network`, `circuit`, `model`, `experiment` and `use`.",
    )

    @property
    def help(self) -> str:
        if self.is_declaration:
            return "close the block before it"
        if self.closed is not None:
            return "remove the `}` before it, or put it into a model: `model m() { ... }`"
        return "put it into a model: `model m() { ... }`"


class OptionWithEquals(Diagnostic):
    """An option of an experiment that is written as if it were a size.

    ```qdm
    model m() { qubits q; h q; return sample(q) }
    experiment e of m { shots = 1000 }
    ```

    `set` gives the model's sizes; options stand without `=`:

    ```qdm
    experiment e of m { shots 1000 }
    ```
    """

    code = "QDM026"
    title = "an option with `=`"
    name: Span
    value: str
    message = "the option {name.text!q} takes no `=`"
    labels = places(name="an option")
    why = "Only sizes, behind `set`, are given with `=`."
    help = "write `{name.text} {value}`"


class ValueChanged(Diagnostic):
    """A second value for a name that has one already.

    ```qdm
    model m() { qubits q[4]; let k = 1; k = k + 1; h q[k]; return sample(q) }
    ```

    What `let` names stays as it is: a program says what is, not what to do next. Take another
    name, or a loop:

    ```qdm
    model m() { qubits q[4]; let k = 1; let next = k + 1; h q[next]; return sample(q) }
    ```
    """

    code = "QDM027"
    title = "a value changed"
    name: Span
    message = "{name.text!q} has a value already"
    labels = places(name="given a second value")
    why = "What `let` names never changes; `for i in 0..n` counts."
    help = "give the new value a name of its own: `let {name.text}2 = ...`"


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

    code = "QDM020"
    title = "`let` or `set` is missing"
    name: Span
    keyword: str
    form: str = ""
    message = "{name.text!q} is given a value without `{keyword}`"
    labels = places(name="write `{keyword}` before it")

    @property
    def why(self) -> str:
        if self.keyword == "set":
            return "In an experiment `set` gives the model's sizes."
        return "Without `let` only the result of a measurement can be assigned."

    @property
    def help(self) -> str:
        if self.form:
            return f"write {quoted(self.form, 80)}"
        return f"write {quoted(f'{self.keyword} {self.name.text} = ...')}"


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

    code = "QDM021"
    title = "`range(...)` is written `0..n`"
    call: Span
    replacement: str
    message = "a range is written with two dots"
    labels = places(call="write {replacement!q}")
    why = "QDM has no function `range`; `a..b` runs from a to b - 1."
    help = "write {replacement!q}"


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

    code = "QDM022"
    title = "not a Pauli"
    word: Span
    operand: Span
    in_rotation: bool = False
    message = when(
        "in_rotation", "{word.text!q} is not a Pauli word", "{word.text!q} is not a Pauli letter"
    )
    labels = places(word="only X, Y, Z and I can stand before a qubit")
    why = "Two names side by side mean a Pauli and the qubits it acts on."

    @property
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

    code = "QDM023"
    title = "`//` is not a division"
    comment: Span
    message = "`//` begins a comment, it does not divide"
    labels = places(comment="all this is a comment")
    why = "`//` begins a comment, as in OpenQASM; what follows on the line is not read."

    @property
    def help(self) -> str:
        divisor = self.comment.text[2:].split(")")[0].split("]")[0].split("{")[0].strip()
        division = quoted(f"n div {divisor or 2}")
        return f"integer division is {division}; a comment needs a word beside its number"
