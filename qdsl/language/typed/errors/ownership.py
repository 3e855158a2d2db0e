"""What can be wrong with who owns what, and where operations happen."""

from __future__ import annotations

from dataclasses import dataclass

from qdsl.diagnostics.diagnostic import Diagnostic, Label, Severity
from qdsl.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
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

    def message(self) -> str:
        return f"'{self.name}' belongs to {self.owner} and cannot be used at {self.node}"

    def labels(self) -> tuple[Label, ...]:
        use = Label(self.span, f"used at {self.node}")
        owner = Label(self.declared, f"owned by {self.owner}")
        return (use, owner, Label(self.at, f"at {self.node}")) if self.at else (use, owner)

    def why(self) -> str:
        return "An operation that uses a private value happens at its owner and nowhere else."

    def help(self) -> str | None:
        return f"use it `at {self.owner}`, or write `reveal {self.name} to {self.node}` before"


@dataclass(frozen=True, slots=True)
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
    No single node knows both. Split the operation (`rx(x[0]) q; rx(w[0]) q`), or `reveal` one.
    """

    code = "QDM302"
    title = "one operation, two owners"
    span: Span
    names: tuple[str, str]
    owners: tuple[str, str]
    declared: tuple[Span, Span]
    inside: Span | None = None  # the operation itself, where `span` is a call

    def message(self) -> str:
        first, second = self.names
        return f"'{first}' of {self.owners[0]} and '{second}' of {self.owners[1]} in one operation"

    def labels(self) -> tuple[Label, ...]:
        owned = zip(self.declared, self.owners, strict=True)
        return (
            Label(self.span, "uses both"),
            *((Label(self.inside, "in this operation"),) if self.inside else ()),
            *(Label(span, f"owned by {owner}") for span, owner in owned),
        )

    def why(self) -> str:
        return "An operation happens at one node, and no node knows both values."

    def help(self) -> str | None:
        return f"write `reveal {self.names[0]} to {self.owners[1]}` before, or split the operation"


@dataclass(frozen=True, slots=True)
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
    meant: str | None
    declared: Span | None = None

    def message(self) -> str:
        return f"the network '{self.network}' has no node '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        main = Label(self.span, "no such node")
        return (main, Label(self.declared, "the network")) if self.declared else (main,)

    def why(self) -> str:
        return "Owners and places are nodes of the network that the model is on."

    def help(self) -> str | None:
        return f"did you mean '{self.meant}'?" if self.meant else None


@dataclass(frozen=True, slots=True)
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

    def message(self) -> str:
        return f"'{self.what}' names a node, but '{self.model}' is on no network"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "which network?"), Label(self.head, "on no network"))

    def why(self) -> str:
        return "Nodes belong to a network, and a model says which one it is on."

    def help(self) -> str | None:
        return f"write `model {self.model}(...) on NETWORK`"


@dataclass(frozen=True, slots=True)
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

    def message(self) -> str:
        return f"revealing '{self.name}' to {self.node} tells nothing: {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, self.reason), Label(self.declared, "declared here"))

    def why(self) -> str:
        return "Only a private value of another node can be told."

    def help(self) -> str | None:
        return "delete the `reveal`"


@dataclass(frozen=True, slots=True)
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
    Leave the owner out, or hand the private part in as an array of data.
    """

    code = "QDM306"
    title = "this cannot be private"
    span: Span
    name: str
    owner: str
    reason: str

    def message(self) -> str:
        return f"'{self.name}' cannot be private to {self.owner}: {self.reason}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "seen by every node"),)

    def why(self) -> str:
        return "Every node runs its part of the circuit, and so knows the circuit's shape."

    def help(self) -> str | None:
        return "leave `owner` out"


@dataclass(frozen=True, slots=True)
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

    def message(self) -> str:
        return f"`at {self.inner}` stands inside `at {self.outer}`"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, f"at {self.inner}"), Label(self.around, f"at {self.outer}"))

    def why(self) -> str:
        return "An operation happens at one node."

    def help(self) -> str | None:
        return f"close `at {self.outer}` first"
