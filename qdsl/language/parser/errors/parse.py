"""Problems with the grammar: QDM001 to QDM003 and QDM015 to QDM024."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qdsl.diagnostics.diagnostic import Diagnostic, Label
from qdsl.diagnostics.source import Span
from qdsl.language.syntax.words import quoted


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM001"
    title: ClassVar[str] = "unexpected word or sign"
    found: Span
    found_words: str
    expected: str
    after: str = ""
    form: str = ""

    def message(self) -> str:
        return f"expected {self.expected}, found {self.found_words}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.found, f"expected {self.expected}"),)

    def why(self) -> str:
        place = f"comes after {quoted(self.after)}" if self.after else "stands here"
        return f"What {place} must be {self.expected}."

    def help(self) -> str | None:
        return f"the form is `{self.form}`" if self.form else None


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM002"
    title: ClassVar[str] = "bracket is never closed"
    opening: Span
    noticed: Span
    closing: str

    def message(self) -> str:
        return f"{quoted(self.opening.text)} is never closed"

    def labels(self) -> tuple[Label, ...]:
        where = Label(self.noticed, f"expected {quoted(self.closing)} before this")
        return (Label(self.opening, "opened here"), where)

    def why(self) -> str:
        return "Every bracket is closed by its own kind, innermost first."

    def help(self) -> str:
        return f"add the missing {quoted(self.closing)}"


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM003"
    title: ClassVar[str] = "closing bracket too many"
    bracket: Span

    def message(self) -> str:
        return f"{quoted(self.bracket.text)} closes nothing"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.bracket, "nothing is open here"),)

    def why(self) -> str:
        return "Every closing bracket needs an opening one of its kind before it."

    def help(self) -> str:
        return "remove it, or add the bracket that it should close"


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM015"
    title: ClassVar[str] = "missing comma"
    before: Span
    found: Span

    def message(self) -> str:
        return f"missing comma before {quoted(self.found.text)}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.found, "a comma goes before this"),)

    def why(self) -> str:
        return "The parts of a list are separated by commas."

    def help(self) -> str:
        return f"write {quoted(f'{self.before.text}, {self.found.text}', 60)}"


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM016"
    title: ClassVar[str] = "`=` and `==` mixed up"
    sign: Span

    def message(self) -> str:
        return f"{quoted(self.sign.text)} where `{self._meant()}` is meant"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.sign, f"write `{self._meant()}`"),)

    def why(self) -> str:
        return "One `=` gives a name to a value, `==` compares two values."

    def help(self) -> str:
        return f"write `{self._meant()}`"

    def _meant(self) -> str:
        return "==" if self.sign.text == "=" else "="


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM017"
    title: ClassVar[str] = "misspelt keyword"
    word: Span
    meant: str
    form: str = ""

    def message(self) -> str:
        return f"unknown statement {quoted(self.word.text)}: did you mean `{self.meant}`?"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.word, f"did you mean `{self.meant}`?"),)

    def why(self) -> str:
        return "No gate application reads like this, and no keyword is spelt like this."

    def help(self) -> str:
        return f"write `{self.form or self.meant}`"


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM018"
    title: ClassVar[str] = "keyword used as a name"
    word: Span

    def message(self) -> str:
        return f"{quoted(self.word.text)} is a keyword and cannot be a name"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.word, "expected a name"),)

    def why(self) -> str:
        return f"{quoted(self.word.text)} has a meaning of its own in the language."

    def help(self) -> str:
        return f"choose another name, such as {quoted(self.word.text + '_')}"


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM019"
    title: ClassVar[str] = "statement out of place"
    statement: Span
    is_declaration: bool

    def message(self) -> str:
        place = "inside a block" if self.is_declaration else "outside of a model or circuit"
        return f"{quoted(self.statement.text)} cannot stand {place}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.statement),)

    def why(self) -> str:
        if self.is_declaration:
            return "Networks, circuits, models and experiments are not nested."
        return "A file consists of `network`, `circuit`, `model`, `experiment` and `use`."

    def help(self) -> str:
        if self.is_declaration:
            return "close the block before it"
        return "put it into a model: `model m() { ... }`"
