"""What can be wrong with names, and with where things stand in a file."""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from qdsl.diagnostics.source import Span


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


@dataclass(frozen=True, slots=True)
class UnknownModule(Diagnostic):
    """A `use` of a module that does not exist.

    ```qdm
    use std.ansatzes
    ```
    There are `std.encode`, `std.ansatz` and `std.algorithms`.
    """

    code = "QDM105"
    title = "unknown module"
    span: Span
    name: str
    known: tuple[str, ...]
    meant: str | None

    def message(self) -> str:
        return f"there is no module '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "unknown"),)

    def why(self) -> str:
        return f"Modules are {', '.join(self.known)}; circuits of other files cannot be used."

    def help(self) -> str | None:
        return f"did you mean '{self.meant}'?" if self.meant else None


@dataclass(frozen=True, slots=True)
class UnusedCircuit(Diagnostic):
    """A circuit that no model and no other circuit calls.

    ```qdm
    circuit pair on a, b {
      h a
      cx a, b
    }
    model m(n = 2) {
      qubits q[n]
      h q
      return sample(q)
    }
    ```
    Call it, or delete it.
    """

    code = "QDM106"
    title = "circuit without use"
    severity = Severity.WARNING
    span: Span
    name: str

    def message(self) -> str:
        return f"nothing calls '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "never called"),)

    def why(self) -> str:
        return "A circuit has an effect only where it is called."


@dataclass(frozen=True, slots=True)
class UnusedName(Diagnostic):
    """A parameter, data, register or bit that nothing uses.

    ```qdm
    model m(n = 2) {
      param w: angle[n]
      qubits q[n]
      h q
      return sample(q)
    }
    ```
    Use it, or delete its declaration.
    """

    code = "QDM107"
    title = "name without use"
    severity = Severity.WARNING
    span: Span
    name: str
    role: str

    def message(self) -> str:
        return f"'{self.name}' is never used"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, f"{self.role} without use"),)

    def why(self) -> str:
        return "What nothing uses has no effect on the circuit, or is a misspelling."


@dataclass(frozen=True, slots=True)
class UnknownType(Diagnostic):
    """A type that does not exist, or cannot stand there, or has a wrong number of sizes.

    ```qdm
    model m(n = 2) {
      param w: float[n]
      qubits q[n]
      rx(w[0]) q
      return sample(q)
    }
    ```
    Data are `real`, `angle`, `bits`, `int`, `matching[N]` or `graph`; parameters are `angle` or
    `real`.
    """

    code = "QDM110"
    title = "unknown type"
    span: Span
    name: str
    reason: str
    meant: str | None = None

    def message(self) -> str:
        return f"'{self.name}' is not possible here: {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, self.reason),)

    def why(self) -> str:
        return "Types are real, angle, bits, int, matching and graph."

    def help(self) -> str | None:
        return f"did you mean '{self.meant}'?" if self.meant else None


@dataclass(frozen=True, slots=True)
class Misplaced(Diagnostic):
    """A statement where it cannot stand.

    ```qdm
    circuit pair on a, b {
      cx a, b
      return sample(a)
    }
    model m(n = 2) {
      qubits q[n]
      pair q[0], q[1]
      return sample(q)
    }
    ```
    Declarations and `return` stand at the top of a model, not in loops, blocks or circuits.
    Circuits own, place and return nothing.
    """

    code = "QDM111"
    title = "statement in the wrong place"
    span: Span
    what: str
    where: str
    suggestion: str | None = None

    def message(self) -> str:
        return f"`{self.what}` cannot stand {self.where}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, f"not {self.where}"),)

    def why(self) -> str:
        return "Declarations and `return` belong to a model as a whole."

    def help(self) -> str | None:
        return self.suggestion


@dataclass(frozen=True, slots=True)
class MissingReturn(Diagnostic):
    """A model that returns nothing.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      h q
    }
    ```
    End it with `return expect(...)`, `return sample(q)`, `return probability(q)` or
    `return overlap(a, b)`.
    """

    code = "QDM112"
    title = "model without result"
    span: Span
    name: str

    def message(self) -> str:
        return f"'{self.name}' returns nothing"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "without `return`"),)

    def why(self) -> str:
        return "Nothing could be learned from running it."

    def help(self) -> str | None:
        return "end it with `return sample(q)` or `return expect(Z q[0])`"


@dataclass(frozen=True, slots=True)
class AfterReturn(Diagnostic):
    """A statement after `return`, a second `return` among them.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      return sample(q)
      h q
    }
    ```
    Put `return` last; several outputs stand in one: `return expect(Z q[0]), sample(q)`.
    """

    code = "QDM113"
    title = "statement after the result"
    span: Span
    returned: Span
    is_return: bool

    def message(self) -> str:
        return "a second `return`" if self.is_return else "a statement after `return`"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "never reached"), Label(self.returned, "the result"))

    def why(self) -> str:
        return "A model ends with its one `return`."

    def help(self) -> str | None:
        if self.is_return:
            return "return several outputs at once: `return expect(Z q[0]), sample(q)`"
        return "move it above `return`"
