"""Problems with the grammar: QDM001 to QDM003 and QDM015 to QDM024."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.printable import quoted
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import Label, places


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
    help = "the form is `{form}`"

    @property
    def why(self) -> str:
        place = f"comes after {quoted(self.after)}" if self.after else "stands here"
        return f"What {place} must be {self.expected}."


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
    why = "One `=` gives a name to a value, `==` compares two values."

    @property
    def message(self) -> str:
        return f"{quoted(self.sign.text)} where `{self._meant()}` is meant"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.sign, f"write `{self._meant()}`"),)

    @property
    def help(self) -> str:
        return f"write `{self._meant()}`"

    def _meant(self) -> str:
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

    @property
    def help(self) -> str:
        return f"write `{self.form or self.meant}`"


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
    labels = places(statement="")

    @property
    def message(self) -> str:
        place = "inside a block" if self.is_declaration else "outside of a model or circuit"
        return f"{quoted(self.statement.text)} cannot stand {place}"

    @property
    def why(self) -> str:
        if self.is_declaration:
            return "Networks, circuits, models and experiments are not nested."
        return "A file consists of `network`, `circuit`, `model`, `experiment` and `use`."

    @property
    def help(self) -> str:
        if self.is_declaration:
            return "close the block before it"
        return "put it into a model: `model m() { ... }`"
