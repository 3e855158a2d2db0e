"""What can be wrong with an expression: names, kinds, arithmetic, indices."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import Label, first_of, places, when

Loops = tuple[tuple[str, int], ...]  # the loop variables and their values at that moment


def while_loops(loops: Loops) -> str:
    """`i = 3, j = 0: ` before what is wrong then, or nothing outside loops."""
    return ", ".join(f"{name} = {value}" for name, value in loops) + ": " if loops else ""


class UnknownName(Diagnostic):
    """A name that is declared nowhere, or only further down, or that of something else, such as a
    network.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      h qq
      return sample(q)
    }
    ```
    Correct the spelling, or declare the name above its first use.
    """

    code = "QDM101"
    title = "unknown name"
    span: Span
    name: str
    meant: str | None = None
    declared: Span | None = None
    suggestion: str | None = None
    what: str | None = None
    wanted: str | None = None
    there: Span | None = None
    message = when("what", "'{name}' is {what}, not a {wanted}", "nothing is called '{name}' here")
    labels = places(
        span=when("what", "not a {wanted}", "not declared"),
        declared="'{meant}'",
        there="{what}",
    )
    why = when(
        "what",
        "Networks, nodes, circuits, models and experiments are no values.",
        "A name has to be declared above its first use.",
    )
    help = first_of("did you mean '{meant}'?", "{suggestion}")


class TypeMismatch(Diagnostic):
    """A name or an expression of one type stands where another type is needed.

    ```qdm
    model m(n = 2) {
      qubits q[n]
      rx(q[0]) q[1]
      return sample(q)
    }
    ```
    Give what the message asks for: a number or an angle, qubits, classical bits, an array.
    """

    code = "QDM104"
    title = "type mismatch"
    span: Span
    wanted: str
    found: str
    suggestion: str | None = None
    message = "expected {wanted}, found {found}"
    labels = places(span="{found}")
    why = "Qubits, bits, numbers, arrays and graphs are types of their own; none becomes another."
    help = "{suggestion}"


class UnknownFunction(Diagnostic):
    """A function that expressions do not have.

    ```qdm
    model m(n = 8) {
      qubits q[lg(n)]
      return sample(q)
    }
    ```
    Expressions have `log2 clog2 floor ceil round abs min max sqrt exp ln sin cos tan asin acos
    atan`, and for graphs `nodes edges degree` and the generators.
    """

    code = "QDM109"
    title = "unknown function"
    span: Span
    name: str
    meant: str | None = None
    suggestion: str | None = None
    message = "no function is called '{name}'"
    labels = places(span="unknown")
    why = "Only the functions of the language reference can be called in an expression."
    help = first_of("did you mean '{meant}'?", "{suggestion}")


class InvalidArithmetic(Diagnostic):
    """A computation whose result does not exist or is absurdly large.

    ```qdm
    model m(n = 6) {
      qubits q[log2(n)]
      return sample(q)
    }
    ```
    Division by zero, the logarithm of what is no power of two, `2**10**9`: change the numbers.
    """

    code = "QDM202"
    title = "arithmetic without a result"
    span: Span
    reason: str
    suggestion: str | None = None
    loops: Loops = ()
    message = "'{span.text:.60}' has no usable value: {reason}"
    why = "Sizes and numbers are computed exactly before a circuit is built."
    help = "{suggestion}"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, while_loops(self.loops) + self.reason),)


class NotAnAngle(Diagnostic):
    """A computation with data or parameters that is not a polynomial.

    ```qdm
    model m(n = 1) {
      data x: real[n]
      qubits q[n]
      rx(sin(x[0])) q[0]
      return sample(q)
    }
    ```
    Angles are sums and products of data, parameters and numbers, so that gradients and feature
    maps stay exact. Compute anything else beforehand and pass it as data of its own.
    """

    code = "QDM203"
    title = "not a polynomial of the data"
    span: Span
    operation: str
    message = "{operation} of data or parameters is no angle"
    labels = places(span="not a sum or product")
    why = "An angle is a polynomial in the values, known only when the program runs."
    help = "compute this feature beforehand and declare it as data of its own"


class WrongArgumentCount(Diagnostic):
    """Too few or too many values in parentheses.

    ```qdm
    model m(n = 1) {
      qubits q[n]
      rx q[0]
      return sample(q)
    }
    ```
    Give as many angles or arguments as the gate, circuit or function takes.
    """

    code = "QDM204"
    title = "wrong number of arguments"
    span: Span
    name: str
    wanted: str
    found: int
    declared: Span | None = None
    form: str | None = None
    message = "'{name}' takes {wanted}, not {found}"
    labels = places(span="takes {wanted}", declared="declared here")
    why = "Every gate, circuit and function has a fixed number of arguments."
    help = first_of("write `{form}`", "give {wanted} in parentheses")


class WrongDimensions(Diagnostic):
    """An array with too many indices, or an array where one number is wanted.

    ```qdm
    model m(n = 2) {
      param a: angle[n, n]
      qubits q[n]
      rx(a[0]) q[0]
      return sample(q)
    }
    ```
    Write one index for each dimension to get a number.
    """

    code = "QDM207"
    title = "wrong number of dimensions"
    span: Span
    what: str
    declared: Span | None = None
    suggestion: str | None = None
    message = "{what}"
    labels = places(span="", declared="declared here")
    why = "`angle[r, c]` has two dimensions: `a[i]` is a row of it and `a[i, j]` a number."
    help = "{suggestion}"


class IndexOutOfRange(Diagnostic):
    """An index beyond the end of a register, an array or a list.

    ```qdm
    model m(n = 4) {
      qubits q[n]
      for i in 0..n { cx q[i], q[i+1] }
      return sample(q)
    }
    ```
    Indices count from 0 and ranges exclude their end: `0..n` runs to n-1.
    """

    code = "QDM209"
    title = "index out of range"
    span: Span
    index: int
    size: int
    name: str
    loops: Loops = ()
    labels = places(span="is {index} here")

    @property
    def message(self) -> str:
        return f"{while_loops(self.loops)}index {self.index} of {self.name}[{self.size}]"

    @property
    def why(self) -> str:
        last = f"0 to {self.size - 1}" if self.size else "none, as it is empty"
        return f"The indices of '{self.name}' are {last}."

    @property
    def help(self) -> str | None:
        if self.index < 0:
            return f"the last element is {self.name}[{self.size - 1}]" if self.size else None
        if self.loops:
            return f"end the loop earlier: indices count from 0 to {self.size - 1}"
        return f"the last one is {self.name}[{self.size - 1}]" if self.size else None


class WrongUnit(Diagnostic):
    """A number without the unit it needs, or with one that does not fit.

    ```qdm
    network lan {
      node a { qubits 2 }
      node b { qubits 2 }
      link a -- b { fidelity 0.97, rate 200 }
    }
    ```
    Rates are in Hz, kHz, MHz; times in ns, us, ms, s; counts and probabilities have no unit.
    """

    code = "QDM211"
    title = "missing or wrong unit"
    span: Span
    found: str | None
    wanted: str
    suggestion: str | None = None
    message = first_of(
        "expected {wanted}, found a number in {found}",
        "expected {wanted}, found a number without unit",
    )
    labels = places(span="{wanted}")
    why = "A number that measures something says in what unit; counts have none."
    help = "{suggestion}"


class NotKnownAtCompileTime(Diagnostic):
    """A size, a range or a condition that depends on data, parameters or measured bits.

    ```qdm
    model m(n = 2) {
      data k: int
      qubits q[n]
      for i in 0..k { h q[0] }
      return sample(q)
    }
    ```
    Sizes come from the model's integer parameters: the circuit is built before data is read.
    """

    code = "QDM218"
    title = "not known when the circuit is built"
    span: Span
    wanted: str
    declared: Span | None = None
    message = "{wanted} has to be known when the circuit is built"
    labels = places(span="known only when the program runs", declared="declared here")
    why = "Data, parameters and measured bits have values only when the program runs."
    help = "use an integer parameter of the model, set by `set` or its default"


class InvalidLoop(Diagnostic):
    """A loop over something that has no elements, or with the wrong number of names.

    ```qdm
    model m(n = 4) {
      qubits q[n]
      for i in n { h q[i] }
      return sample(q)
    }
    ```
    Loops run over ranges `0..n`, over `edges(g)` with two names, and over lists of integers.
    """

    code = "QDM226"
    title = "nothing to loop over"
    span: Span
    what: str
    suggestion: str | None = None
    message = "{what}"
    labels = places(span="")
    why = "A loop takes ranges, edges of a graph, and lists of integers."
    help = "{suggestion}"


class InvalidGraph(Diagnostic):
    """A graph that does not exist or is too large.

    ```qdm
    model m(n = 5) {
      data g: graph = random_regular(3, n, seed = 1)
      qubits q[n]
      for (i, j) in edges(g) { cz q[i], q[j] }
      return sample(q)
    }
    ```
    A d-regular graph on n nodes needs d < n and n*d even; probabilities lie between 0 and 1.
    """

    code = "QDM227"
    title = "no such graph"
    span: Span
    reason: str
    suggestion: str | None = None
    message = "this graph cannot be made: {reason}"
    labels = places(span="{reason}")
    why = "The circuit is built from the graph's nodes and edges."
    help = "{suggestion}"
