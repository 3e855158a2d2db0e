"""Programs that cannot run on their network, QDM6xx, and links that cannot or should not be,
QDM413 and QDM414."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import first_of, places


class TooManyQubits(Diagnostic):
    """The program has more qubits than all nodes of its network hold together.

    Every qubit needs a data qubit of some node at every time, whether it is used or not.
    """

    code = "QDM601"
    title = "the network has too few qubits"
    network: str
    wanted: int
    available: int
    span: Span | None = None
    added: str = ""  # which of them the program does not declare
    message = first_of(
        "the program has {wanted} qubits, {added}, and the nodes of '{network}' hold {available}",
        "the program has {wanted} qubits, and the nodes of '{network}' hold {available}",
    )
    labels = places(span="used here")
    why = "Every qubit needs a data qubit at some node all the time."

    @property
    def help(self) -> str | None:
        more = self.wanted - self.available
        return f"give the nodes {more} more qubit{'s' * (more > 1)}, or the program fewer"


class TooWideForNode(Diagnostic):
    """An operation needs all of its qubits at one node, and that node is too small.

    Encodings act on all of their qubits at once; so do gates that are diagonal on none.
    """

    code = "QDM602"
    title = "an operation is wider than the node it runs at"
    operation: str
    node: str
    wanted: int
    available: int
    span: Span | None = None
    message = "'{operation}' needs {wanted} qubits at one node, and {node} holds {available}"
    labels = places(span="{wanted} qubits together")
    why = "This operation acts on all of its qubits at once, so they have to be in one place."
    help = "give '{node}' {wanted} qubits, or load the data in smaller parts"


class NoRoute(Diagnostic):
    """Two nodes have to share entanglement, and no chain of links joins them.

    Both ends need one communication qubit, and every node between them two, to swap. Qubits can
    go from node to node instead, where every one on the way has a free data qubit.
    """

    code = "QDM603"
    title = "no usable route between two nodes"
    network: str
    a: str
    b: str
    short: tuple[str, ...] = ()  # nodes between them, with too few communication qubits to swap
    change: str = ""  # of the network, with which the program compiles
    span: Span | None = None
    comm: int = 2  # that is enough to swap, with what distillation takes
    message = first_of(
        "'{network}' has no usable route between {a} and {b}: too few communication qubits to "
        "swap at {short}",
        "'{network}' has no usable route between {a} and {b}",
    )
    labels = places(span="needs a pair between {a} and {b}")
    why = "A pair needs links all the way, with two communication qubits at inner nodes."
    help = first_of("{change}", "give {short} `comm {comm}`, or link {a} -- {b}", "link {a} -- {b}")


class NoCommunicationQubit(Diagnostic):
    """A node has to share entanglement and has too few communication qubits for it.

    Each half of a pair needs one, and every copy that a gate uses at a node keeps one.
    """

    code = "QDM604"
    title = "too few communication qubits"
    node: str
    wanted: int
    available: int
    span: Span | None = None
    message = "{node} has {available} communication qubits and needs {wanted} at once"
    labels = places(span="needs {wanted} at {node}")
    why = "Half of an entangled pair, and a copy that serves a gate, need one each."
    help = "give '{node}' `comm {wanted}`"


class NoRoom(Diagnostic):
    """Qubits have to change places, and every data qubit on their way is taken.

    Two full nodes can exchange qubits if one of them has two communication qubits: one then
    waits there until its place is free.
    """

    code = "QDM605"
    title = "no room to move qubits"
    operation: str
    node: str
    change: str = ""  # of the network, with which the program compiles
    span: Span | None = None
    comm: int = 2  # that is enough for two pairs, with what distillation takes
    message = "the qubits of '{operation}' cannot be brought to {node}: no room"
    labels = places(span="runs at {node}")
    why = "Every data qubit on the way is taken, and too few communication qubits are free."
    help = first_of("{change}", "give '{node}' one more qubit, or `comm {comm}`")


class BitOverwrittenConditionally(Diagnostic):
    """A measurement that may not happen writes a bit that was written before.

    Nodes pass on classical bits that are written once; here the old value would have to
    survive at run time in one case and not in the other.
    """

    code = "QDM606"
    title = "a conditional measurement overwrites a bit"
    bit: int
    span: Span | None = None
    message = "bit {bit} was measured before, and this measurement may not happen"
    labels = places(span="writes the bit again, under a condition")
    why = "Which of the two values the bit has would be known at run time only."
    help = "measure into a bit of its own"


class BufferedDistillation(Diagnostic):
    """A link that keeps pairs in a memory of its own, and is asked to distil them.

    ```qdm
    network lan {
      node a { qubits 2 }
      node b { qubits 2 }
      link a -- b { rate 200 Hz, fidelity 0.9, buffer 2, distillation dejmps }
    }
    ```
    Distillation takes gates and read-outs of the nodes, on communication qubits of theirs.
    """

    code = "QDM413"
    title = "a link with a buffer distils"
    a: str
    b: str
    span: Span | None = None
    message = "the link {a} -- {b} has a buffer and is asked to distil"
    labels = places(span="")
    why = "Pairs in a link's own memory are beyond the gates of its nodes."
    help = "leave out `buffer`, or say the fidelity of the pairs that come out of it"


class VainDistillation(Diagnostic):
    """A link whose distilled pairs are no better than its raw ones, or than those of fewer levels.

    ```qdm
    network lan {
      node a { qubits 2, comm 2, t2 20 ms }
      node b { qubits 2, comm 2 }
      link a -- b { fidelity 0.9, rate 250 Hz, distillation bbpssw }
    }
    ```
    While the second pair of a round is made, the first one ages, and the gates and read-outs of a
    round have errors, too. `min_fidelity` distils only where that helps, with the fewest levels.
    """

    code = "QDM414"
    title = "distillation that makes no better pairs"
    severity = Severity.WARNING
    a: str
    b: str
    reached: str
    suggestion: str
    span: Span | None = None
    message = "distillation makes no better pairs of the link {a} -- {b}"
    labels = places(span="{reached}")
    why = "Pairs age while others are made, and a round's gates and read-outs have errors."
    help = "{suggestion}"


class FidelityNotReached(Diagnostic):
    """A link whose pairs do not come to the fidelity that it is asked for, by any distillation.

    ```qdm
    network lan {
      node a { qubits 2, comm 4, gate_fidelity 0.97 }
      node b { qubits 2, comm 4, gate_fidelity 0.97 }
      link a -- b { fidelity 0.9, rate 200 Hz, min_fidelity 0.99 }
    }
    ```
    Each level of distillation adds the errors of its gates and read-outs, so that fidelities come
    to a fixed point. Pairs of fidelity 1/2 or less gain nothing. What limits the link is what has
    to become better by the least factor, all else unchanged.
    """

    code = "QDM607"
    title = "a fidelity that distillation does not reach"
    a: str
    b: str
    wanted: str
    reached: str
    how: str
    limit: str = ""
    change: str = ""  # of the network, with which it is reached
    perfect: str = ""
    possible: str = ""  # with the communication qubits that there are
    span: Span | None = None
    message = "pairs of {a} -- {b} come to a fidelity of {reached}, {how}, not {wanted}"
    labels = places(span="")
    why = first_of(
        "What limits it is {limit}: without that error it would come to {perfect}.",
        "Several things limit it: no single one, made perfect, is enough.",
    )
    help = first_of(
        "give {change}, or ask for `min_fidelity {possible}`", "ask for `min_fidelity {possible}`"
    )


class NoRoomToDistil(Diagnostic):
    """A node with fewer communication qubits than its links take to distil their pairs.

    ```qdm
    network lan {
      node a { qubits 2, comm 2 }
      node b { qubits 2, comm 3 }
      link a -- b { fidelity 0.9, rate 200 Hz, distillation dejmps, distillation_levels 2 }
    }
    ```
    While a pair of level n is made, each node holds up to n + 1 halves: one pair of every level
    below waits for its partner. n of these qubits are set aside, for every pair that the node
    distils at one time; what remains is for pairs and copies.
    """

    code = "QDM608"
    title = "too few communication qubits to distil"
    node: str
    levels: int
    wanted: int
    available: int
    lanes: int = 1
    span: Span | None = None
    message = "{node} has {available} communication qubits and needs {wanted} to distil"
    labels = places(span="")
    why = first_of(
        "Each level, {levels} at most, keeps a pair waiting, in each of {side_by_side} channels.",
        "Each level, {levels} at most, keeps a pair waiting, beside the one that is made.",
    )
    help = "give {node} `comm {wanted}`, or its links fewer levels"

    @property
    def side_by_side(self) -> int | None:
        return self.lanes if self.lanes > 1 else None
