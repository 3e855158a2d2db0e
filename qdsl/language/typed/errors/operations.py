"""What can be wrong with one operation: its operands, sizes, modifiers and Pauli word."""

from __future__ import annotations

import re

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import Label, first_of, places, when
from qdsl.language.values.errors import Loops, while_loops


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
    form: str | None = None
    what: str | None = None
    message = when(
        "what",
        "'{name}' is {what}, not a gate or circuit",
        "no gate or circuit is called '{name}'",
    )
    labels = places(span=when("what", "not a gate or circuit", "unknown"))
    why = "Operations are the built-in gates, this file's circuits and those of used modules."
    help = first_of(
        "write `use {module}` at the top of the file",
        "did you mean '{form}'?",
        "did you mean '{meant}'?",
        "declare `circuit {name} on q[n] {{ ... }}`, or `use` the file that has it",
    )


class WrongOperandCount(Diagnostic):
    """Too few or too many operands behind a gate or circuit.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      cx q
      return sample(q)
    }
    ```
    Name as many operands as it acts on, separated by commas. There are two readings: qubits,
    `cx q[0], q[1]`, are one gate; registers of one size, `cx a, b`, are a gate on their first
    qubits, one on their second qubits, and so on. So `h q` acts on each qubit of a register. A gate
    on one register and then on another is a statement for each: `h q; h r`.
    """

    code = "QDM205"
    title = "wrong number of operands"
    span: Span
    name: str
    wanted: str
    found: int
    declared: Span | None = None
    message = "'{name}' acts on {wanted}, not {found}"
    labels = places(span="acts on {wanted}", declared="declared here")
    why = "Every operation acts on a fixed number of operands; controls count among them."

    @property
    def help(self) -> str:
        if self.declared is not None:
            return f"name {self.wanted}: one for each name behind `on` in the circuit's declaration"
        several = re.match(r"(\d+) controls", self.wanted)
        if several:
            return (
                f"name {self.wanted}; a register counts as one of them, unless it is all "
                f"{several[1]} controls: write its qubits one by one, `c[0], c[1], ...`"
            )
        if "control" in self.wanted:
            return f"name {self.wanted}: `ctrl @ x control, target`"
        given = re.match(r"\w+\s*\([^()]{1,20}\)", self.span.text)
        gate = given[0] if given else self.name
        if self.wanted.startswith("1 "):
            return (
                f"name a qubit, `{gate} q[0]`, or a register for a gate on each of its qubits, "
                f"`{gate} q`; for more, write a statement for each"
            )
        number = re.match(r"\d", self.wanted)
        n = int(number[0]) if number else 2
        qubits, registers = ", ".join(f"q[{k}]" for k in range(n)), ", ".join("abcdefgh"[:n])
        return (
            f"name {n} qubits for one gate, `{gate} {qubits}`, or {n} registers of one size for a "
            f"gate on their first qubits, one on their second, and so on, `{gate} {registers}`"
        )


class NoResults(Diagnostic):
    """Bits in front of an operation that has no results.

    ```qdm
    model m() {
      qubits q
      bits c
      c = h q            // QDM228: write `h q`, then `c = measure q`
      return sample(c)
    }
    ```
    Only `measure` and circuits from OpenQASM files, which have bits of their own, fill bits.
    """

    code = "QDM228"
    title = "no results to take"
    span: Span
    name: str
    operation: Span
    message = "'{name}' has no classical results"
    labels = places(span="nothing fills these bits", operation="no circuit from an OpenQASM file")
    why = "Only `measure` and circuits imported from OpenQASM files fill bits."
    help = "apply it first, and then write `{span.text} = measure ...`"


class ResultsOverwritten(Diagnostic):
    """Bits that hold a result already, and that an imported circuit may leave as they are.

    In the file its bits are 0 until it writes them. Bits of the model cannot be set back to 0, so
    a bit that the file never writes, or writes only under an `if`, has to be a fresh one:

    ```qdm
    circuit f from "partial.qasm"    // measures into c[0] only
    model m() {
      qubits q[2]
      bits c[2]
      c = measure q
      c = f q                        // QDM229: c[1] would keep its old value
      return sample(c)
    }
    ```
    Declare other bits for it.
    """

    code = "QDM229"
    title = "bit that keeps an old result"
    span: Span
    name: str
    number: int
    message = "'{name}' does not always write its bit {number}, and this one holds a result already"
    labels = places(span="these bits")
    why = "Bits of a file begin as 0, and bits of a model cannot be set back to 0."
    help = "declare other bits for the results of '{name}'"


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
    why = "Gates on registers act on the first elements, the second elements, and so on."
    help = "take parts of one size, such as `b[0..2]`, or single qubits"

    @property
    def message(self) -> str:
        here, there = self.labels
        return f"{here.text} here, {there.text} there"

    @property
    def labels(self) -> tuple[Label, ...]:
        plural = "s" * (self.other_size != 1)
        return (
            Label(self.span, f"{self.size} {self.noun}{'s' * (self.size != 1)}"),
            Label(self.other, f"{self.other_size} qubit{plural}"),
        )


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
    suggestion: str | None = None
    message = "{what} is {wanted}, but {found} is given"
    labels = places(span="{found}", declared="wants {wanted}")
    why = "Arguments and operands have exactly the sizes that the circuit declares."
    help = first_of(
        "{suggestion}",
        "declare it with the size that is wanted, or pass the part that fits: `a[l]`, `a[0..n]`",
    )


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
    noun: str = "qubit"
    labels = places(span="not distinct")
    why = "A gate acts on distinct qubits: a state cannot be copied."
    help = when(
        "loops",
        "name two different {noun}s, or start or end the loop so that they differ",
        "name two different {noun}s, such as `{name}[0], {name}[1]`",
    )

    @property
    def message(self) -> str:
        return (
            f"{while_loops(self.loops)}a {self.noun} of '{self.name}' occurs twice in one operation"
        )


class StateOnUsedQubits(Diagnostic):
    """`amplitude` or `phase` on qubits that have already been acted on.

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
    labels = places(span="needs untouched qubits")
    why = "Preparing a state starts from |0...0>; on other states it is not defined."
    help = "load the state first, or write `reset {register}` before"

    @property
    def message(self) -> str:
        return f"{while_loops(self.loops)}'{self.register}' is no longer in |0...0> here"


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
    why = "n qubits have 2**n basis states, one for each {noun}."
    help = "declare `real[2**n]` and `qubits q[n]`"

    @property
    def message(self) -> str:
        there = f"{self.qubits} qubit{'s' * (self.qubits != 1)}"
        return f"{self.found} {self.noun}{'s' * (self.found != 1)} of '{self.name}' on {there}"

    @property
    def labels(self) -> tuple[Label, ...]:
        there = f"{self.qubits} qubit{'s take' if self.qubits != 1 else ' takes'}"
        wanted = f"{there} {2 ** min(self.qubits, 64)} {self.noun}s"
        return (Label(self.span, wanted), Label(self.declared, f"{self.found} {self.noun}s"))


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
    message = "`{modifier}` does not apply here: {reason}"
    labels = places(span="{reason}", place="because of this")
    why = "Only unitary operations can be undone, repeated in part, or controlled."
    help = "leave `{modifier}` out, or apply it to a unitary gate or circuit"


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
    message = "'{word}' does not fit: {reason}"
    labels = places(span="{reason}")
    why = "A Pauli word has one of the letters I, X, Y, Z for each qubit."
    help = "write one letter for each qubit: `rot(t) XZ q[0], q[1]`"


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
    message = "'{name}' would have size {size}; {wanted}"
    labels = places(span="is {size}")
    why = "Sizes follow from the integer parameters of the model."
    help = "change the size, or the integer parameters that it depends on"


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
    message = "'{name}' of '{model}' has no value"
    labels = places(span="'{name}' is needed", declared="without default")
    why = "All sizes have to be known when the circuit is built."
    help = "write `set {name} = 4`, or give the parameter a default"
