"""Figures of nodes and links that contradict one another."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import places


class ConflictingProperties(Diagnostic):
    """Two properties of a link that say the same thing in two ways.

    ```qdm
    network lan {
      node a { qubits 2 }
      node b { qubits 2 }
      link a -- b { rate 200 Hz, attempt_rate 1 MHz, success_probability 0.001 }
    }
    ```
    `rate` is the number of pairs a second; `attempt_rate` times `success_probability` is the
    same number. `fidelity` is that of a Werner state; `pair_state` has the fidelity as its first
    number. `distillation_levels` determine a fidelity, and `min_fidelity` the levels.
    """

    code = "QDM411"
    title = "two properties say the same"
    span: Span
    first: str
    second: str
    message = "'{first}' and '{second}' are given together"
    labels = places(span="both here")
    why = "Each of the two determines the other, and they need not agree."
    help = "leave out `{first}` or `{second}`"


class ImpossibleCoherence(Diagnostic):
    """A coherence time that is more than twice the relaxation time.

    ```qdm
    network lan {
      node a { qubits 2, t1 1 ms, t2 3 ms }
      node b { qubits 2 }
      link a -- b { rate 200 Hz }
    }
    ```
    Relaxation alone, with time constant T1, destroys coherence with time constant 2 T1. Without a
    `t1` there is none, and any `t2` is possible. Communication qubits have the node's `t1` and `t2`
    if they are given no `comm_t1` and `comm_t2`.
    """

    code = "QDM412"
    title = "impossible coherence time"
    span: Span
    one: str
    two: str
    suggestion: str
    message = "'{two}' is more than twice '{one}'"
    labels = places(span="of this node")
    why = "No qubit is coherent for longer than twice its relaxation time."
    help = "{suggestion}"
