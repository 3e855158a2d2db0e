"""What can be wrong with measured bits, conditions, observables and outputs."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import places
from qdsl.language.values.errors import Loops, while_loops


class InvalidCondition(Diagnostic):
    """A condition that is no yes-or-no question about measured bits.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      bits c[n]
      c = measure q
      if c { x q[0] }
      return sample(q)
    }
    ```
    Say what is asked of the register: `if c != 0`, `if c == 3`, `if c[0] and not c[1]`. A condition
    looks at 16 bits at most.
    """

    code = "QDM219"
    title = "condition not possible"
    span: Span
    reason: str
    message = "this condition is not possible: {reason}"
    labels = places(span="{reason}")
    why = "A condition is a question about bits whose answer is yes or no."
    help = "compare the register with a number, or name its bits: `c == 3`, `c[0] or c[1]`"


class UnmeasuredBit(Diagnostic):
    """A condition on a bit, or an output of one, that no measurement has written.

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
    labels = places(span="never measured")
    why = "A bit has a value only after a measurement above."
    help = "write `{bit} = measure ...` before"

    @property
    def message(self) -> str:
        return f"{while_loops(self.loops)}no measurement has written {self.bit} yet"


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
    call: Span | None = None  # of the imported circuit in whose file the place is
    message = "`{what}` cannot depend on a measured bit"
    labels = places(
        span="always done or never", condition="this condition", call="imported and called here"
    )
    why = "Only gates and resets can be switched by a measured bit."
    help = "move it out of the `if`"


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
    labels = places(span="{reason}")
    why = "A mean is taken of a Hermitian operator: a real sum of Pauli words."
    help = "{suggestion}"

    @property
    def message(self) -> str:
        return f"{while_loops(self.loops)}this is no observable: {self.reason}"


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
    message = "{reason}"
    labels = places(span="", other="the other output")
    why = "Outputs are `expect`, `sample`, `probability`, `overlap`, `norm2` and `quadratic`."
    help = "{suggestion}"


class ModelTooLarge(Diagnostic):
    """A model larger than the compiler accepts.

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
    message = "this needs {found} {what}; the limit is {limit:,}"
    labels = places(span="{found} {what}")
    why = "The size is known before the circuit is built, and larger ones are refused."
    help = "choose smaller integer parameters"


class RecursiveCircuit(Diagnostic):
    """A circuit that calls itself, directly or through others, or calls nested too deeply.

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
    labels = places(span="this call", declared="back to here")
    why = "Every program unrolls to a finite circuit, so circuits cannot call themselves."
    help = "write a loop instead"

    @property
    def message(self) -> str:
        shown = self.chain if len(self.chain) <= 6 else (*self.chain[:3], "...", self.chain[-1])
        return f"calls without end: {' -> '.join(shown)}"
