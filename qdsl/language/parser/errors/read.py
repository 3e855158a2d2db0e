"""Problems with a source text as a whole, not with its grammar: QDM011 to QDM014, QDM025."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from qdsl.diagnostics.diagnostic import Diagnostic, Label
from qdsl.diagnostics.source import Span
from qdsl.language.syntax.words import quoted


@dataclass(frozen=True, slots=True)
class CannotRead(Diagnostic):
    """A file that cannot be opened.

    The file does not exist, is a folder, or may not be read by you.

    ```sh
    qdsl check no_such_file.qdm
    ```

    Check the spelling of the path and the folder you are in.
    """

    code: ClassVar[str] = "QDM011"
    title: ClassVar[str] = "file cannot be read"
    path: str
    reason: str

    def message(self) -> str:
        return f"cannot read {quoted(self.path, 200)}: {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        return ()

    def why(self) -> str:
        return "The operating system refused to open it."

    def help(self) -> str:
        return "check the path, and the folder it is relative to"


@dataclass(frozen=True, slots=True)
class TooLarge(Diagnostic):
    """A source text beyond the size limit.

    A `.qdm` file may have 2 MB, unless the caller sets another limit. Data does not belong into
    a program: name a file in an experiment (`data x from "points.npz:x"`) instead. A large
    circuit is better imported (`circuit adder from "adder.qasm"`).
    """

    code: ClassVar[str] = "QDM012"
    title: ClassVar[str] = "file is too large"
    path: str
    limit: int

    def message(self) -> str:
        return f"{quoted(self.path, 200)} has more than {self.limit:,} bytes"

    def labels(self) -> tuple[Label, ...]:
        return ()

    def why(self) -> str:
        return "A text of unbounded size would take unbounded time and memory."

    def help(self) -> str:
        return 'keep data in a file of its own: `data x from "points.npz:x"`'


@dataclass(frozen=True, slots=True)
class NotText(Diagnostic):
    """A file that is not UTF-8 text.

    A `.qdm` file is UTF-8 text without NUL characters. This one is probably a binary file
    (an archive, an image), or was saved in another encoding such as UTF-16 or Latin-1.

    ```sh
    iconv -f latin1 -t utf-8 model.qdm > model_utf8.qdm
    ```
    """

    code: ClassVar[str] = "QDM013"
    title: ClassVar[str] = "file is not text"
    path: str
    offset: int

    def message(self) -> str:
        return f"{quoted(self.path, 200)} is not UTF-8 text (at offset {self.offset:,})"

    def labels(self) -> tuple[Label, ...]:
        return ()

    def why(self) -> str:
        return "A model file is UTF-8 text; this one is binary or has another encoding."

    def help(self) -> str:
        return "if it is a QDM file, save it again as UTF-8"


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM025"
    title: ClassVar[str] = "not a QDM file"
    path: str

    def message(self) -> str:
        return f"{quoted(self.path, 200)} is an OpenQASM file, not a QDM program"

    def labels(self) -> tuple[Label, ...]:
        return ()

    def why(self) -> str:
        return "A circuit alone does not say where it runs and what is asked of it."

    def help(self) -> str:
        name = quoted(PurePath(self.path).name, 100).strip("`")
        return f'write a `.qdm` file with `circuit given from "{name}"`, a network and a model'


@dataclass(frozen=True, slots=True)
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

    code: ClassVar[str] = "QDM014"
    title: ClassVar[str] = "nested too deeply"
    place: Span
    limit: int

    def message(self) -> str:
        return f"nested more than {self.limit} levels deep"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.place, f"level {self.limit + 1}"),)

    def why(self) -> str:
        return "The depth of brackets, blocks and expressions is limited."

    def help(self) -> str:
        return "name the parts with `let`, or move them into a `circuit`"
