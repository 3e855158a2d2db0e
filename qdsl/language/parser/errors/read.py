"""Problems with a source text as a whole, not with its grammar: QDM011 to QDM014, QDM025."""

from __future__ import annotations

from pathlib import PurePath

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.printable import quoted
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import Label


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


class TooLarge(Diagnostic):
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
    message = "{path!q:200} is an OpenQASM file, not a QDM program"
    why = "A circuit alone does not say where it runs and what is asked of it."

    @property
    def help(self) -> str:
        name = quoted(PurePath(self.path).name, 100).strip("`")
        return f'write a `.qdm` file with `circuit given from "{name}"`, a network and a model'


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
