"""What can be wrong with who owns what, and where operations happen."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import Label, places


class ForeignValue(Diagnostic):
    """An operation at one node uses a value that belongs to another.

    ```qdm
    network lan {
      node alice { qubits 2 }
      node bob { qubits 2 }
      link alice -- bob { rate 200 Hz }
    }
    model m(n = 1) on lan {
      data x: real[n] owner alice
      qubits q[n]
      at bob { rx(x[0]) q[0] }
      return sample(q)
    }
    ```
    Do it at the owner's node, or let the owner tell the value: `reveal x to bob`, which is counted
    as communication and shown in the privacy ledger.
    """

    code = "QDM301"
    title = "private value used at another node"
    span: Span
    name: str
    owner: str
    node: str
    declared: Span
    at: Span | None = None
    inside: Span | None = None  # the operation itself, where `span` is in a call
    message = "'{name}' belongs to {owner} and cannot be used at {node}"
    labels = places(
        span="used at {node}",
        inside="in this operation",
        declared="owned by {owner}",
        at="at {node}",
    )
    why = "An operation that uses a private value happens at its owner and nowhere else."
    help = "use it `at {owner}`, or write `reveal {name} to {node}` before"


class TwoOwners(Diagnostic):
    """One operation uses private values of two nodes.

    ```qdm
    network lan {
      node alice { qubits 2 }
      node bob { qubits 2 }
      link alice -- bob { rate 200 Hz }
    }
    model m(n = 1) on lan {
      data x: real[n] owner alice
      param w: angle[n] owner bob
      qubits q[n]
      rx(x[0] * w[0]) q[0]
      return sample(q)
    }
    ```
    No single node knows both. `reveal` one of them to the owner of the other. A sum can be split
    instead: `rx(x[0] + w[0]) q` is `rx(x[0]) q; rx(w[0]) q`. A circuit may be called with values
    of any number of owners, as long as each operation in it uses those of one.
    """

    code = "QDM302"
    title = "one operation, two owners"
    span: Span
    names: tuple[str, str]
    owners: tuple[str, str]
    declared: tuple[Span, Span]
    inside: Span | None = None  # the operation itself, where `span` is a call
    message = "'{names[0]}' of {owners[0]} and '{names[1]}' of {owners[1]} in one operation"
    why = "An operation happens at one node, and no node knows both values."
    help = "write `reveal {names[0]} to {owners[1]}` before, or split the operation"

    @property
    def labels(self) -> tuple[Label, ...]:
        owned = zip(self.declared, self.owners, strict=True)
        return (
            Label(self.span, "uses both"),
            *((Label(self.inside, "in this operation"),) if self.inside else ()),
            *(Label(span, f"owned by {owner}") for span, owner in owned),
        )


class UnknownNode(Diagnostic):
    """A node that the model's network does not have.

    ```qdm
    network lan {
      node alice { qubits 2 }
      node bob { qubits 2 }
      link alice -- bob { rate 200 Hz }
    }
    model m(n = 1) on lan {
      qubits q[n]
      at alise { h q }
      return sample(q)
    }
    ```
    Correct the name; nodes of `ring(4)` and its like are called node0, node1, ...
    """

    code = "QDM303"
    title = "unknown node"
    span: Span
    name: str
    network: str
    known: tuple[str, ...]
    meant: str | None
    declared: Span | None = None
    message = "the network '{network}' has no node '{name}'"
    labels = places(span="no such node", declared="the network")
    why = "Owners and places are nodes of the network that the model is on."

    @property
    def help(self) -> str:
        if self.meant:
            return f"did you mean '{self.meant}'?"
        more = ", ..." if len(self.known) > 6 else ""
        return f"the nodes are {', '.join(self.known[:6])}{more}"


class PlacementWithoutNetwork(Diagnostic):
    """`at`, `owner`, `move`, `reveal` or `to` in a model that is on no network.

    ```qdm
    model m(n = 1) {
      qubits q[n]
      at alice { h q }
      return sample(q)
    }
    ```
    Say where the model runs: `model m(n = 1) on lan`.
    """

    code = "QDM304"
    title = "a place without a network"
    span: Span
    what: str
    model: str
    head: Span
    message = "'{what}' names a node, but '{model}' is on no network"
    labels = places(span="which network?", head="on no network")
    why = "Nodes belong to a network, and a model says which one it is on."
    help = "write `model {model}(...) on NETWORK`"


class PointlessReveal(Diagnostic):
    """A `reveal` that tells nothing new: the value is public, or the node knows it already.

    ```qdm
    network lan {
      node alice { qubits 2 }
      node bob { qubits 2 }
      link alice -- bob { rate 200 Hz }
    }
    model m(n = 1) on lan {
      data x: real[n]
      qubits q[n]
      reveal x to bob
      rx(x[0]) q[0]
      return sample(q)
    }
    ```
    Delete it.
    """

    code = "QDM305"
    title = "nothing to reveal"
    severity = Severity.WARNING
    span: Span
    name: str
    node: str
    reason: str
    declared: Span
    message = "revealing '{name}' to {node} tells nothing: {reason}"
    labels = places(span="{reason}", declared="declared here")
    why = "Only a private value of another node can be told."
    help = "delete the `reveal`"


class PublicByNature(Diagnostic):
    """A private graph, or a private value written in the program.

    ```qdm
    network lan {
      node alice { qubits 2 }
      node bob { qubits 2 }
      link alice -- bob { rate 200 Hz }
    }
    model m(n = 4) on lan {
      data g: graph owner alice = cycle(n)
      qubits q[n]
      for (i, j) in edges(g) { cz q[i], q[j] }
      return sample(q)
    }
    ```
    Leave the owner out, or pass the private part as an array of data.
    """

    code = "QDM306"
    title = "this cannot be private"
    span: Span
    name: str
    owner: str
    reason: str
    message = "'{name}' cannot be private to {owner}: {reason}"
    labels = places(span="seen by every node")
    why = "Every node runs its part of the circuit, and so knows the circuit's shape."
    help = "leave `owner` out"


class NestedPlaces(Diagnostic):
    """An `at` inside an `at` of another node.

    ```qdm
    network lan {
      node alice { qubits 2 }
      node bob { qubits 2 }
      link alice -- bob { rate 200 Hz }
    }
    model m(n = 1) on lan {
      qubits q[n]
      at alice { at bob { h q } }
      return sample(q)
    }
    ```
    Close the outer block first.
    """

    code = "QDM307"
    title = "two places at once"
    span: Span
    inner: str
    outer: str
    around: Span
    message = "`at {inner}` stands inside `at {outer}`"
    labels = places(span="at {inner}", around="at {outer}")
    why = "An operation happens at one node."
    help = "close `at {outer}` first"


class UsedElsewhere(Diagnostic):
    """A private value is used on a qubit that `move` took to another node.

    ```qdm
    network lan {
      node alice { qubits 2 }
      node bob { qubits 2 }
      link alice -- bob { rate 200 Hz }
    }
    model m() on lan {
      data x: real owner alice
      qubits q[2]
      move q[0] to bob
      rx(x) q[0]
      return sample(q)
    }
    ```
    It works, but the qubit or a cat copy of it has to come to the owner. Move the qubit to the
    owner before, or, where values and qubits are paired by a list, put them in the same order.
    """

    code = "QDM308"
    title = "the qubit is at another node"
    severity = Severity.WARNING
    span: Span
    name: str
    owner: str
    qubit: str
    node: str
    moved: Span
    inside: Span | None = None  # the operation itself, where `span` is in a call
    message = "'{name}' of {owner} is used on '{qubit}', which is at {node}"
    labels = places(
        span="used at {owner}", inside="in this operation", moved="'{qubit}' goes to {node}"
    )
    why = "A private value is used at its owner; the qubit, or a cat copy, has to go there."
    help = "write `move {qubit} to {owner}` before, or use the value on a qubit that is there"
