"""Gates and names written as in Python, Q# or OpenQASM: QDM030 and QDM031."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import places


class QubitsInParentheses(Diagnostic):
    """A gate whose qubits stand in parentheses.

    ```qdm
    model m() { qubits q[2]; cx(q[0], q[1]) }
    ```

    Parentheses hold the angles of a gate; the qubits follow behind them:

    ```qdm
    model m() { qubits q[2]; cx q[0], q[1]; rx(0.3) q[0] }
    ```
    """

    code = "QDM030"
    title = "qubits in parentheses"
    inside: Span
    name: str
    right: str
    message = "the qubits of '{name}' stand behind it, not in parentheses"
    labels = places(inside="only angles stand in parentheses")
    why = "A gate is written `name(angles) qubits`, without parentheses if it has no angles."
    help = "write `{right}`"


class DottedName(Diagnostic):
    """A name with a dot, as of a Python object or module.

    ```qdm
    model m() { qubits q[2]; qc.h(q[0]); rx(np.pi / 2) q[1] }
    ```

    Gates, constants and functions are known by their names alone:

    ```qdm
    model m() { qubits q[2]; h q[0]; rx(pi / 2) q[1] }
    ```

    Only `use` takes dots: `use std.ansatz`. Its circuits are then called by their own names.
    """

    code = "QDM031"
    title = "a name with a dot"
    dotted: Span
    whole: Span
    right: str
    message = "{dotted.text!q} is no name: there are no objects and no modules before a dot"
    labels = places(dotted="a name stands alone")
    why = "Gates, constants and functions are known by their names alone."
    help = "write `{right}`"
