"""What can be wrong with names, and with where things stand in a file."""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.diagnostics import Diagnostic, Label, Severity
from qdsl.source import Span


@dataclass(frozen=True, slots=True)
class DuplicateName(Diagnostic):
    """One name for two things.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      bits q[n]
      h q
      return sample(q)
    }
    ```
    Rename one of them. A name of an outer block cannot be used again inside it, either.
    """

    code = "QDM102"
    title = "name used twice"
    span: Span
    name: str
    earlier: Span | None
    what: str = "here already"

    def message(self) -> str:
        return f"'{self.name}' has a meaning already"

    def labels(self) -> tuple[Label, ...]:
        main = Label(self.span, "again" if self.earlier else self.what)
        return (main, Label(self.earlier, self.what)) if self.earlier else (main,)

    def why(self) -> str:
        return "Within a model or circuit every name means one thing."

    def help(self) -> str | None:
        return "rename one of them"
