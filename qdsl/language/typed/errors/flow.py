"""What can be wrong with measured bits, conditions, observables and outputs."""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.diagnostics.diagnostic import Diagnostic, Label
from qdsl.diagnostics.source import Span
from qdsl.language.values.errors import Loops, while_loops


@dataclass(frozen=True, slots=True)
class InvalidCondition(Diagnostic):
    """A condition on more than one measured bit, or one inside another.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      bits c[n]
      c[0] = measure q[0]
      c[1] = measure q[1]
      if c[0] == 1 and c[1] == 1 { x q[0] }
      return sample(q)
    }
    ```
    One bit at a time: `if c[0]`, `if c[0] == 0`, `if not c[0]`. For a parity, write one `if` for
    each bit; for both, use a controlled gate before measuring.
    """

    code = "QDM219"
    title = "condition on more than one bit"
    span: Span
    reason: str
    outer: Span | None = None

    def message(self) -> str:
        return f"this condition is not possible: {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        main = Label(self.span, self.reason)
        return (main, Label(self.outer, "inside this condition")) if self.outer else (main,)

    def why(self) -> str:
        return "An operation depends on one classical bit, which is what today's devices offer."

    def help(self) -> str | None:
        return "write `if c[i] == 1 { ... }` with one bit; for a parity, one `if` after the other"


@dataclass(frozen=True, slots=True)
class UnmeasuredBit(Diagnostic):
    """A condition on a bit that no measurement has written.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      bits c[n]
      c[0] = measure q[0]
      if c[1] { x q[1] }
      return sample(q)
    }
    ```
    Measure into it first: `c[1] = measure q[1]`.
    """

    code = "QDM220"
    title = "bit that was never measured"
    span: Span
    bit: str
    loops: Loops = ()

    def message(self) -> str:
        return f"{while_loops(self.loops)}no measurement has written {self.bit} yet"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "never measured"),)

    def why(self) -> str:
        return "A bit has a value only after a measurement above."

    def help(self) -> str | None:
        return f"write `{self.bit} = measure ...` before"


@dataclass(frozen=True, slots=True)
class NotInConditional(Diagnostic):
    """Something that may not depend on a measured bit.

    ```qdm
    model m(n = 2) {
      data x: real[2**n]
      qubits q[n], r
      bits c
      c = measure r
      if c { amplitude(x) q }
      return sample(q)
    }
    ```
    Gates and `reset` may stand under `if c`; encodings, measurements, `move` and `reveal` may not.
    """

    code = "QDM221"
    title = "this cannot depend on a measured bit"
    span: Span
    what: str
    condition: Span

    def message(self) -> str:
        return f"`{self.what}` cannot depend on a measured bit"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "always done or never"), Label(self.condition, "this condition"))

    def why(self) -> str:
        return "Only gates and resets can be switched by a measured bit."

    def help(self) -> str | None:
        return "move it out of the `if`"


@dataclass(frozen=True, slots=True)
class InvalidObservable(Diagnostic):
    """An expression in `expect(...)` that is no real sum of Pauli words.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      h q
      return expect(X q[0] * Y q[0])
    }
    ```
    Write sums and products of numbers and `X q[i]`, `Y q[i]`, `Z q[i]`; `sum(i in 0..n) Z q[i]`
    goes over a register.
    """

    code = "QDM222"
    title = "not an observable"
    span: Span
    reason: str
    suggestion: str | None = None
    loops: Loops = ()

    def message(self) -> str:
        return f"{while_loops(self.loops)}this is no observable: {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, self.reason),)

    def why(self) -> str:
        return "A mean is taken of a Hermitian operator: a real sum of Pauli words."

    def help(self) -> str | None:
        return self.suggestion


@dataclass(frozen=True, slots=True)
class InvalidOutput(Diagnostic):
    """An output that does not exist or does not fit its qubits.

    ```qdm
    model m(n = 2) {
      qubits a[n], b[n+1]
      return overlap(a, b)
    }
    ```
    A model returns `expect(...)` of Pauli words or of a matrix and registers, `sample(q)`,
    `probability(q)`, `overlap(a, b)` of equal, disjoint registers, `norm2(q)` of all encoded
    registers, or `quadratic(M, q)`.
    """

    code = "QDM223"
    title = "output that does not fit"
    span: Span
    reason: str
    suggestion: str | None = None
    other: Span | None = None

    def message(self) -> str:
        return self.reason

    def labels(self) -> tuple[Label, ...]:
        main = Label(self.span)
        return (main, Label(self.other, "the other output")) if self.other else (main,)

    def why(self) -> str:
        known = "`expect`, `sample`, `probability`, `overlap`, `norm2` and `quadratic`"
        return f"Outputs are {known}."

    def help(self) -> str | None:
        return self.suggestion


@dataclass(frozen=True, slots=True)
class TooLarge(Diagnostic):
    """A model beyond the sizes that are compiled.

    ```qdm
    model m(n = 1000000000) {
      qubits q
      for i in 0..n { for j in 0..n { h q } }
      return sample(q)
    }
    ```
    The size is computed before anything is built. Up to 20,000,000 operations, 100,000 qubits
    and 50,000,000 numbers of data and parameters are accepted.
    """

    code = "QDM216"
    title = "too large"
    span: Span
    what: str
    found: str
    limit: int

    def message(self) -> str:
        return f"this needs {self.found} {self.what}; the limit is {self.limit:,}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, f"{self.found} {self.what}"),)

    def why(self) -> str:
        return "The size is known before the circuit is built, and larger ones are refused."

    def help(self) -> str | None:
        return "choose smaller integer parameters"


@dataclass(frozen=True, slots=True)
class RecursiveCircuit(Diagnostic):
    """A circuit that calls itself, by way of others or directly, or calls nested too deeply.

    ```qdm
    circuit a on q[n] { b q }
    circuit b on q[n] { a q }
    model m(n = 2) {
      qubits q[n]
      a q
      return sample(q)
    }
    ```
    Write a loop instead.
    """

    code = "QDM108"
    title = "circuit that calls itself"
    span: Span
    chain: tuple[str, ...]
    declared: Span

    def message(self) -> str:
        shown = self.chain if len(self.chain) <= 6 else (*self.chain[:3], "...", self.chain[-1])
        return f"calls without end: {' -> '.join(shown)}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "this call"), Label(self.declared, "back to here"))

    def why(self) -> str:
        return "Every program unrolls to a finite circuit, so circuits cannot call themselves."

    def help(self) -> str | None:
        return "write a loop instead"
