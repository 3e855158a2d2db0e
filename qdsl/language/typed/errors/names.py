"""What can be wrong with names, and with where things stand in a file."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import first_of, places, when


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
    Rename one of them. A name of an outer block cannot be used again inside it, either, nor can
    that of a constant: `pi`, `tau`, `e`, `true` and `false`.
    """

    code = "QDM102"
    title = "name used twice"
    span: Span
    name: str
    earlier: Span | None
    what: str = "here already"
    fix: str = "rename one of them"
    message = "'{name}' has a meaning already"
    labels = places(span=when("earlier", "again", "{what}"), earlier="{what}")
    why = "Within a model or circuit every name means one thing."
    help = "{fix}"


class UnknownModule(Diagnostic):
    """A `use` of a module that does not exist.

    ```qdm
    use std.ansatzes
    ```
    There are `std.encode`, `std.ansatz`, `std.algorithms` and `std.collectives`.
    """

    code = "QDM105"
    title = "unknown module"
    span: Span
    name: str
    known: tuple[str, ...]
    meant: str | None
    message = "there is no module '{name}'"
    labels = places(span="unknown")
    why = "Modules are {known}; a file of your own is used by its name in quotes."

    @property
    def help(self) -> str:
        if self.meant:
            return f"did you mean '{self.meant}'?"
        if self.name == "std":
            return f"name the module: `use {self.known[0]}`"
        return f'write `use "{self.name.removesuffix(".qdm")}.qdm"` for a file'


class CircularUse(Diagnostic):
    """Files that use each other in a circle.

    ```text
    // gates.qdm
    use "blocks.qdm"
    // blocks.qdm
    use "gates.qdm"
    ```
    Put what both of them need in a third file.
    """

    code = "QDM114"
    title = "files use each other in a circle"
    span: Span
    circle: str
    message = "this file uses itself: {circle}"
    labels = places(span="used again")
    why = "What is declared in a file is declared before the file that uses it goes on."
    help = "put what both of them need in a third file"


class NotUsable(Diagnostic):
    """A `use` of a file that is no QDM program, or of too many files.

    ```qdm
    use "adder.qasm"
    ```
    A circuit in OpenQASM is imported under a name: `circuit adder from "adder.qasm"`. A network in
    JSON or GraphML is, too: `network lab = from "lab.json"`.
    """

    code = "QDM115"
    title = "file that cannot be used"
    span: Span
    name: str
    limit: str = ""
    message = when("limit", "{limit}", "'{name}' is not a QDM file")
    labels = places(span=when("limit", "one too many", "does not end in `.qdm`"))
    why = when("limit", "Reading takes bounded time.", "Only QDM declares what `use` brings in.")
    help = when("limit", "join some of them", 'import a circuit by `circuit c from "{name}"`')


class HidesStandardCircuit(Diagnostic):
    """A circuit of the standard library is hidden by another one of its name.

    ```qdm
    use std.algorithms
    circuit ghz on q[n] {
      h q[0]
      for i in 1..n { cx q[0], q[i] }
    }
    model m() {
      qubits q[3]
      ghz q
      return sample(q)
    }
    ```
    A circuit of the program's own is taken before one of the standard library; of two modules that
    have circuits of one name, that of the last `use` is taken: `std.algorithms` and
    `std.collectives` both have a `ghz`, made of other gates. Rename the program's own circuit, or
    leave out the module that is not meant.
    """

    code = "QDM116"
    title = "circuit of the standard library hidden"
    severity = Severity.WARNING
    span: Span
    name: str
    hidden: str
    by: str = ""
    message = when(
        "by", "'{name}' of {by} hides that of {hidden}", "'{name}' hides that of {hidden}"
    )
    labels = places(span=when("by", "has a '{name}', too", "this one is called"))
    why = "A name that is called means one circuit."
    help = when("by", "leave out the `use` that is not meant", "rename it")


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
    title = "unused circuit"
    severity = Severity.WARNING
    span: Span
    name: str
    message = "nothing calls '{name}'"
    labels = places(span="never called")
    why = "A circuit has an effect only where it is called."
    help = "call it, or delete it"


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
    title = "unused name"
    severity = Severity.WARNING
    span: Span
    name: str
    role: str
    message = "'{name}' is never used"
    labels = places(span="unused {role}")
    why = "An unused name has no effect on the circuit; it may be misspelt."
    help = "use it, or delete its declaration"


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
    message = "'{name}' is not possible here: {reason}"
    labels = places(span="{reason}")
    why = "Types are real, angle, bits, int, matching and graph."
    help = first_of("did you mean '{meant}'?", "write one of them: {reason}")


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
    message = "`{what}` cannot stand {where}"
    labels = places(span="not {where}")
    why = "Declarations and `return` belong to a model as a whole."
    help = "{suggestion}"


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
    message = "'{name}' returns nothing"
    labels = places(span="without `return`")
    why = "Nothing could be learned from running it."
    help = "end it with `return sample(q)` or `return expect(Z q[0])`"


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
    message = when("is_return", "a second `return`", "a statement after `return`")
    labels = places(span="never reached", returned="the result")
    why = "A model ends with its one `return`."
    help = when(
        "is_return",
        "return several outputs at once: `return expect(Z q[0]), sample(q)`",
        "move it above `return`",
    )
