"""What can be wrong with one operation: its operands, sizes, modifiers and Pauli word."""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.diagnostics.diagnostic import Diagnostic, Label
from qdsl.diagnostics.source import Span
from qdsl.language.values.errors import Loops, while_loops


@dataclass(frozen=True, slots=True)
class UnknownOperation(Diagnostic):
    """A gate or circuit that is neither built in, nor declared, nor in a used module.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      hadamard q
      return sample(q)
    }
    ```
    Correct the spelling, declare `circuit name on q[n] { ... }`, or `use` the module that has it.
    """

    code = "QDM103"
    title = "unknown operation"
    span: Span
    name: str
    meant: str | None = None
    module: str | None = None

    def message(self) -> str:
        return f"no gate or circuit is called '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "unknown"),)

    def why(self) -> str:
        return "Operations are the built-in gates, this file's circuits and those of used modules."

    def help(self) -> str | None:
        if self.module:
            return f"write `use {self.module}` at the top of the file"
        return f"did you mean '{self.meant}'?" if self.meant else None


@dataclass(frozen=True, slots=True)
class WrongOperandCount(Diagnostic):
    """Too few or too many operands behind a gate or circuit.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      cx q
      return sample(q)
    }
    ```
    Name as many qubits or registers as it acts on, separated by commas.
    """

    code = "QDM205"
    title = "wrong number of operands"
    span: Span
    name: str
    wanted: str
    found: int
    declared: Span | None = None

    def message(self) -> str:
        return f"'{self.name}' acts on {self.wanted}, not {self.found}"

    def labels(self) -> tuple[Label, ...]:
        main = Label(self.span, f"acts on {self.wanted}")
        return (main, Label(self.declared, "declared here")) if self.declared else (main,)

    def why(self) -> str:
        return "Every operation acts on a fixed number of operands; controls count among them."


@dataclass(frozen=True, slots=True)
class SizeMismatch(Diagnostic):
    """Registers of different sizes where they are paired element by element.

    ```qdm
    model m(n = 2) {
      qubits a[n], b[n+1]
      cx a, b
      return sample(a)
    }
    ```
    Give registers of one size, parts of them (`b[0..n]`), or single qubits.
    """

    code = "QDM206"
    title = "registers of different sizes"
    span: Span
    size: int
    other_size: int
    other: Span
    noun: str = "qubit"

    def message(self) -> str:
        here, there = self.labels()
        return f"{here.text} here, {there.text} there"

    def labels(self) -> tuple[Label, ...]:
        plural = "s" * (self.other_size != 1)
        return (
            Label(self.span, f"{self.size} {self.noun}{'s' * (self.size != 1)}"),
            Label(self.other, f"{self.other_size} qubit{plural}"),
        )

    def why(self) -> str:
        return "Gates on registers act on the first elements, the second elements, and so on."


@dataclass(frozen=True, slots=True)
class ShapeMismatch(Diagnostic):
    """An argument or operand whose size is not what the circuit declares.

    ```qdm
    circuit turn(w: angle[2*n]) on q[n] {
      for i in 0..n { u(w[i], w[n+i], 0) q[i] }
    }
    model m(n = 2) {
      param a: angle[n]
      qubits q[n]
      turn(a) q
      return sample(q)
    }
    ```
    Declare the array with the circuit's shape, or pass the part that fits (`a[l]`, `a[0..n]`).
    """

    code = "QDM208"
    title = "wrong shape"
    span: Span
    what: str
    wanted: str
    found: str
    declared: Span

    def message(self) -> str:
        return f"{self.what} is {self.wanted}, but {self.found} is given"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, self.found), Label(self.declared, f"wants {self.wanted}"))

    def why(self) -> str:
        return "Arguments and operands have exactly the sizes that the circuit declares."


@dataclass(frozen=True, slots=True)
class RepeatedQubit(Diagnostic):
    """One gate acts on the same qubit twice.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      for i in 0..n { cx q[i], q[0] }
      return sample(q)
    }
    ```
    Name distinct qubits, or start the loop later.
    """

    code = "QDM210"
    title = "the same qubit twice"
    span: Span
    name: str
    loops: Loops = ()

    def message(self) -> str:
        return f"{while_loops(self.loops)}a qubit of '{self.name}' occurs twice in one operation"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "not distinct"),)

    def why(self) -> str:
        return "A gate acts on distinct qubits: a state cannot be copied."


@dataclass(frozen=True, slots=True)
class StateOnUsedQubits(Diagnostic):
    """`amplitude` or `phase` on qubits that something acted on before.

    ```qdm
    model m(n = 2) {
      data x: real[2**n]
      qubits q[n]
      h q
      amplitude(x) q
      return sample(q)
    }
    ```
    Load the state first, or `reset q` before. To multiply the amplitudes of a state by phases,
    write `diagonal(x) q` instead of `phase(x) q`.
    """

    code = "QDM213"
    title = "state preparation on used qubits"
    span: Span
    register: str
    loops: Loops = ()

    def message(self) -> str:
        return f"{while_loops(self.loops)}'{self.register}' is no longer in |0...0> here"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "needs untouched qubits"),)

    def why(self) -> str:
        return "Preparing a state starts from |0...0>; on other states it is not defined."

    def help(self) -> str | None:
        return f"load the state first, or write `reset {self.register}` before"


@dataclass(frozen=True, slots=True)
class EncodingSizeMismatch(Diagnostic):
    """Data whose size does not fit the qubits it is loaded into.

    ```qdm
    model m(n = 2) {
      data x: real[n]
      qubits q[n]
      amplitude(x) q
      return sample(q)
    }
    ```
    `amplitude` loads up to 2**n numbers into n qubits (and more than half of that), filling up
    with zeros, and `block` likewise a matrix of up to 2**n rows and columns; `phase`, `diagonal`
    and `relabel` take exactly 2**n.
    """

    code = "QDM214"
    title = "data that does not fit the qubits"
    span: Span
    name: str
    found: int
    qubits: int
    declared: Span
    noun: str = "number"

    def message(self) -> str:
        there = f"{self.qubits} qubit{'s' * (self.qubits != 1)}"
        return f"{self.found} {self.noun}{'s' * (self.found != 1)} of '{self.name}' on {there}"

    def labels(self) -> tuple[Label, ...]:
        there = f"{self.qubits} qubit{'s take' if self.qubits != 1 else ' takes'}"
        wanted = f"{there} {2 ** min(self.qubits, 64)} {self.noun}s"
        return (Label(self.span, wanted), Label(self.declared, f"{self.found} {self.noun}s"))

    def why(self) -> str:
        return f"n qubits have 2**n basis states, one for each {self.noun}."

    def help(self) -> str | None:
        return "declare `real[2**n]` and `qubits q[n]`"


@dataclass(frozen=True, slots=True)
class InvalidModifier(Diagnostic):
    """A modifier on something that has no inverse, power or controlled form.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      pow(0.5) @ cx q[0], q[1]
      return sample(q)
    }
    ```
    `inv`, `pow` and `ctrl` need unitary operations; a power that is not whole needs a single
    rotation (`x`, `rz`, `rot`, ...).
    """

    code = "QDM217"
    title = "modifier that does not apply"
    span: Span
    modifier: str
    reason: str
    place: Span | None = None

    def message(self) -> str:
        return f"`{self.modifier}` does not apply here: {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        main = Label(self.span, self.reason)
        return (main, Label(self.place, "because of this")) if self.place else (main,)

    def why(self) -> str:
        return "Only unitary operations can be undone, repeated in part, or controlled."


@dataclass(frozen=True, slots=True)
class InvalidPauliWord(Diagnostic):
    """A Pauli word with other letters than I, X, Y, Z, or of another length than its qubits.

    ```qdm
    model m(n = 3) {
      param t: angle
      qubits q[n]
      rot(t) XZ q
      return sample(q)
    }
    ```
    Write one letter for each qubit: `rot(t) XZY q[0], q[3], q[5]`.
    """

    code = "QDM225"
    title = "Pauli word that does not fit"
    span: Span
    word: str
    reason: str

    def message(self) -> str:
        return f"'{self.word}' does not fit: {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, self.reason),)

    def why(self) -> str:
        return "A Pauli word has one of the letters I, X, Y, Z for each qubit."


@dataclass(frozen=True, slots=True)
class InvalidSize(Diagnostic):
    """A register or array of a size that cannot be.

    ```qdm
    model m(n = 0) {
      qubits q[n]
      return sample(q)
    }
    ```
    Registers have at least one qubit; arrays have no negative dimension; a matching pairs an even
    number of elements.
    """

    code = "QDM215"
    title = "impossible size"
    span: Span
    name: str
    size: int
    wanted: str

    def message(self) -> str:
        return f"'{self.name}' would have size {self.size}; {self.wanted}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, f"is {self.size}"),)

    def why(self) -> str:
        return "Sizes follow from the integer parameters of the model."


@dataclass(frozen=True, slots=True)
class MissingInteger(Diagnostic):
    """A model's integer parameter that has neither a default nor a setting.

    ```qdm
    model m(n) {
      qubits q[n]
      return sample(q)
    }
    experiment e of m { shots 10 }
    ```
    Give it a default (`model m(n = 4)`), or `set n = 4` in the experiment.
    """

    code = "QDM224"
    title = "integer parameter without a value"
    span: Span
    name: str
    model: str
    declared: Span | None = None

    def message(self) -> str:
        return f"'{self.name}' of '{self.model}' has no value"

    def labels(self) -> tuple[Label, ...]:
        main = Label(self.span, f"'{self.name}' is needed")
        return (main, Label(self.declared, "without default")) if self.declared else (main,)

    def why(self) -> str:
        return "All sizes have to be known when the circuit is built."

    def help(self) -> str | None:
        return f"write `set {self.name} = 4`, or give the parameter a default"
