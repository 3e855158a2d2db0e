"""What can be wrong with a network."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import first_of, places, when


class UnknownProperty(Diagnostic):
    """A property that nodes or links do not have, or one given twice.

    ```qdm
    network lan {
      node a { qubits 2, com 2 }
      node b { qubits 2 }
      link a -- b { rate 200 Hz }
    }
    ```
    Nodes have `qubits comm`, times (`gate_time one_qubit_time two_qubit_time readout_time
    reset_time`), fidelities (`gate_fidelity one_qubit_fidelity readout_fidelity reset_fidelity`),
    limits of memory (`t1 t2 comm_t1 comm_t2`), a preset (`hardware`) and a `device` with
    `comm_at`. Links have `rate` or `attempt_rate success_probability`, `fidelity` or `pair_state`,
    `distillation distillation_levels min_fidelity`, `heralding_latency channels buffer cutoff
    latency latency_back preset`.
    """

    code = "QDM402"
    title = "unknown property"
    span: Span
    name: str
    known: tuple[str, ...]
    meant: str | None
    is_repeated: bool = False
    message = when("is_repeated", "'{name}' is given twice", "there is no property '{name}' here")
    labels = places(span=when("is_repeated", "again", "unknown"))
    why = "Possible here, once each: {known}."
    help = "did you mean '{meant}'?"


class InvalidProperty(Diagnostic):
    """A property whose value is of the wrong type or out of range, or one that is missing.

    ```qdm
    network lan {
      node a { qubits 2 }
      node b { qubits 2 }
      link a -- b { fidelity 1.2, rate 200 Hz }
    }
    ```
    Fidelities lie above 0 and up to 1; counts are whole and not negative; rates and times are
    positive. Every node says its `qubits`.
    """

    code = "QDM403"
    title = "impossible property"
    span: Span
    name: str
    wanted: str
    found: str | None = None
    suggestion: str | None = None
    message = when("found", "'{name}' is {wanted}, not {found}", "'{name}' is missing: {wanted}")
    labels = places(span="{wanted}")
    why = "The compiler counts, schedules and estimates with these figures."
    help = "{suggestion}"


class UnknownLinkEnd(Diagnostic):
    """A link to a node that the network does not have.

    ```qdm
    network lan {
      node alice { qubits 2 }
      node bob { qubits 2 }
      link alice -- bop { rate 200 Hz }
    }
    ```
    Declare the node, or correct its name.
    """

    code = "QDM404"
    title = "link to an unknown node"
    span: Span
    name: str
    meant: str | None
    message = "no node is called '{name}'"
    labels = places(span="not declared")
    why = "A link joins two nodes of the same network."
    help = first_of("did you mean '{meant}'?", "declare `node {name}`")


class InvalidLink(Diagnostic):
    """A second link between two nodes, or one from a node to itself.

    ```qdm
    network lan {
      node a { qubits 2 }
      node b { qubits 2 }
      link a -- b { rate 200 Hz }
      link b -- a { rate 100 Hz }
    }
    ```
    Delete one of them.
    """

    code = "QDM405"
    title = "impossible link"
    span: Span
    names: tuple[str, str]
    earlier: Span | None = None
    message = when(
        "earlier",
        "a second link between '{names[0]}' and '{names[1]}'",
        "a link from '{names[0]}' to itself",
    )
    labels = places(span="", earlier="the first one")
    why = "At most one link joins two different nodes."
    help = when("earlier", "delete one of them", "name two different nodes")


class Disconnected(Diagnostic):
    """A network that falls into parts without a link between them.

    ```qdm
    network lan {
      node a { qubits 2 }
      node b { qubits 2 }
    }
    ```
    Add a link, unless the parts are meant to work alone: an operation on qubits of two parts is
    then impossible.
    """

    code = "QDM406"
    title = "network in several parts"
    severity = Severity.WARNING
    span: Span
    name: str
    reached: str
    unreached: str
    message = "no links lead from '{reached}' to '{unreached}' in '{name}'"
    labels = places(span="not connected")
    why = "Nodes can only share qubits along links."
    help = "add `link {reached} -- {unreached}`"


class InvalidTopology(Diagnostic):
    """A generator that does not exist, or with sizes that do not fit.

    ```qdm
    network lan = torus(4) { qubits 2 }
    ```
    There are `ring(n)`, `complete(n)`, `line(n)`, `star(n)` and `grid(rows, columns)`.
    """

    code = "QDM407"
    title = "unknown shape of network"
    span: Span
    reason: str
    suggestion: str | None = None
    message = "{reason}"
    labels = places(span="")
    why = "Networks are rings, lines, stars, grids, or complete, or listed node by node."
    help = "{suggestion}"


class UnknownPreset(Diagnostic):
    """A preset that does not exist, or a preset of links on a node, or the other way round.

    ```qdm
    network lan {
      node a { qubits 2 }
      node b { qubits 2 }
      link a -- b = ion_2050
    }
    ```
    The language tables in the reference list all presets with their sources.
    """

    code = "QDM408"
    title = "unknown preset"
    span: Span
    name: str
    known: tuple[str, ...]
    meant: str | None
    message = "no preset is called '{name}'"
    labels = places(span="unknown")
    why = "There are {known}."
    help = "did you mean '{meant}'?"


class NetworkTooLarge(Diagnostic):
    """A network of more nodes, links or qubits than are accepted.

    ```qdm
    network lan = ring(1000000) { qubits 2 }
    ```
    Up to 1,000 nodes, 1,000,000 links, and 10,000,000 qubits of all nodes, communication qubits
    included.
    """

    code = "QDM409"
    title = "network too large"
    span: Span
    found: str
    message = "this network would have {found}"
    labels = places(span="{found}")
    why = "Up to 1,000 nodes, 1,000,000 links and 10,000,000 qubits are accepted."
    help = "declare fewer nodes, links or qubits"


class InvalidNetworkFile(Diagnostic):
    """A network file that is not in one of the formats that are read.

    ```qdm
    network lab = from "not_a_network.json"
    ```
    Accepted: NetworkX node-link JSON and GraphML with the properties of nodes and links that the
    language has, as attributes of nodes and edges; and JSON with `servers` (`id`, `data_qubits`,
    `comm_qubits`) and `links` (pairs of ids). Numbers are in Hz and seconds; text has a unit, like
    "200 Hz" or "50 us". Other keys are refused.
    """

    code = "QDM410"
    title = "no network in this file"
    span: Span
    name: str
    reason: str
    message = "'{name}' holds no network: {reason}"
    labels = places(span="{reason}")
    why = "Network files are node-link JSON or GraphML with `qubits` at every node."
    help = "`qdsl explain QDM410` says what the formats hold"


class UnknownNetwork(Diagnostic):
    """A model on a network that is not declared.

    ```qdm
    model m(n = 1) on lan {
      qubits q[n]
      h q
      return sample(q)
    }
    ```
    Declare it: `network lan { ... }`.
    """

    code = "QDM401"
    title = "unknown network"
    span: Span
    name: str
    meant: str | None
    what: str | None = None
    message = when("what", "'{name}' is {what}, not a network", "no network is called '{name}'")
    labels = places(span=when("what", "not a network", "not declared"))
    why = "A model runs on a network of its file, of one that it uses, or on none."
    help = first_of("did you mean '{meant}'?", "declare `network {name} {{ ... }}`")
