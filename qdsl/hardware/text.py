"""The routed programs of the nodes as OpenQASM 3: a text for each, in the gates of its device.

They are in the form of `--emit nodes`, but on the qubits of the devices: `pair_bob(k, p)` waits
until qubit p is half of pair k with bob, `send_bob(k, b)` puts a bit into message k to bob and
`receive_bob(k)` takes the next bit of message k from bob. The steps of every node are in the order
in which the times of all nodes have them, so that nodes which carry them out one after another
never wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import pi
from types import MappingProxyType
from typing import Any, Final

from qdsl.backends._layout import register_names
from qdsl.backends.nodes.program import Receive, Send
from qdsl.backends.nodes.ticket import file_names
from qdsl.hardware.merging import KnownBit, TimedOperation, bit_sources
from qdsl.hardware.routed import RoutedProgram
from qdsl.hardware.routing import RoutedNode

SUFFIX: Final = ".qasm"
# The gates of devices by pytket's names; of some there is none in the library.
_CALLED: Final[Mapping[str, str]] = MappingProxyType({
    "Rz": "rz", "Rx": "rx", "Ry": "ry", "SX": "sx", "X": "x", "H": "h", "S": "s", "Sdg": "sdg",
    "U1": "p", "U3": "U", "PhasedX": "r", "CX": "cx", "CZ": "cz", "ECR": "ecr",
})  # fmt: skip
_ECR = "h b; cx a, b; rz(pi / 4) b; cx a, b; h b; x a; h b; cx a, b; rz(-pi / 4) b; cx a, b; h b;"
_DEFINED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "r": "gate r(t, f) a { U(t, f - pi / 2, pi / 2 - f) a; }",
        "ecr": f"gate ecr a, b {{ {_ECR} }}",
    }
)


def routed_texts(program: RoutedProgram) -> dict[str, str]:
    """The texts by file name, a file for every node that does something."""
    index = program.network.index
    writers = {index[name]: _NodeWriter(routed) for name, routed in program.nodes.items()}
    _NodesWriting(program, writers).run()
    names = file_names(list(program.nodes))
    texts = (w.text(w.routed.node in program.named) for w in writers.values())
    return {f"{name}{SUFFIX}": text for name, text in zip(names, texts, strict=True)}


class _NodeWriter:
    """One node's lines, and which of its bits are known by then."""

    def __init__(self, routed: RoutedNode) -> None:
        self.routed = routed
        program = routed.program
        self.peer = dict(zip(program.peers, register_names(program.peers), strict=True))
        self.lines: list[str] = []
        self.known: set[int] = set()
        self.to_send = [step for step in program.steps if isinstance(step, Send)]
        self.awaited = {
            bit: step for step in program.steps if isinstance(step, Receive) for bit in step.bits
        }
        self.pairs: dict[int, list[tuple[str, int]]] = {}  # by qubit, the next one last
        for command in routed.circuit.get_commands():
            if command.op.type.name == "Barrier":
                barrier: Any = command.op
                _, *peer, number = barrier.data.split(" ")
                self.pairs.setdefault(command.qubits[0].index[0], []).append(
                    (" ".join(peer), int(number))
                )
        for those in self.pairs.values():
            those.reverse()
        self._externs: set[str] = set()
        self._gates: set[str] = set()

    def pair(self, qubit: int) -> None:
        peer, number = self.pairs[qubit].pop()
        name = self._extern(f"pair_{self.peer[peer]}", "uint[32], uint[32]")
        self.lines.append(f"{name}({number}, {qubit});")

    def send(self, step: Send) -> None:
        name = self._extern(f"send_{self.peer[step.peer]}", "uint[32], bit")
        self.lines += [f"{name}({step.number}, {self.bit(b)});" for b in step.bits]
        self.to_send.remove(step)

    def receive(self, step: Receive) -> None:
        name = self._extern(f"receive_{self.peer[step.peer]}", "uint[32]", " -> bit")
        self.lines += [f"{self.bit(b)} = {name}({step.number});" for b in step.bits]
        self.known |= set(step.bits)
        for bit in step.bits:
            del self.awaited[bit]

    def operation(self, op: TimedOperation, condition: int | None) -> None:
        places = ", ".join(f"q[{p}]" for _, p in op.places)
        if op.name == "Measure":
            assert op.writes is not None
            line = f"{self.bit(op.writes[1])} = measure {places};"
        elif op.name == "Reset":
            line = f"reset {places};"
        else:
            called = _CALLED[op.name]
            self._gates.add(called)
            angles = ", ".join(repr(x * pi) for x in op.params)
            line = f"{called}{f'({angles})' if angles else ''} {places};"
        if op.when is None or condition is None:
            self.lines.append(line)
        else:
            self.lines += [f"if ({self.bit(condition)} == {op.when[1]}) {{", f"  {line}", "}"]

    def bit(self, number: int) -> str:
        """Those of the read-outs at the end come after the node's own."""
        own = self.routed.program.bits
        return f"c[{number}]" if number < own else f"outcome[{number - own}]"

    def text(self, has_device: bool) -> str:
        return "\n".join([*self._head(has_device), *self.lines, ""])

    def _head(self, has_device: bool) -> Iterator[str]:
        routed, program = self.routed, self.routed.program
        on = f"on {routed.device.name}" if has_device else "which names no device"
        yield "OPENQASM 3.0;"
        yield f"// the program of node {_printable(program.name)}, {_printable(on)}"
        yield f"// at the beginning: {', '.join(self._places()) or 'nothing'}"
        if len(program.readings) > 1:
            yield f"// outcomes are those of the first of {len(program.readings)} settings"
        yield 'include "stdgates.inc";'
        yield from (text for name, text in _DEFINED.items() if name in self._gates)
        yield from (f"extern {e};" for e in sorted(self._externs))
        sizes = (("qubit", len(routed.device.qubits), "q"), ("bit", program.bits, "c"),
                 ("bit", len(routed.readouts), "outcome"))  # fmt: skip
        yield from (f"{kind}[{n}] {name};" for kind, n, name in sizes if n)

    def _places(self) -> Iterator[str]:
        data = self.routed.program.data
        for qubit, place in sorted(self.routed.first.items()):
            name = f"data[{qubit}]" if qubit < data else f"comm[{qubit - data}]"
            yield f"{name} at q[{place}]"

    def _extern(self, name: str, takes: str, gives: str = "") -> str:
        self._externs.add(f"{name}({takes}){gives}")
        return name


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


class _NodesWriting:
    """All nodes, in the order of their operations. A bit is sent once it is known, and received
    right before what needs it."""

    def __init__(self, program: RoutedProgram, writers: Mapping[int, _NodeWriter]) -> None:
        self._program, self._writers = program, writers
        self._index = {writer.routed.node: v for v, writer in writers.items()}
        self._local: dict[tuple[int, KnownBit], int] = {}  # what a node calls a measured bit
        sources = bit_sources({v: writer.routed for v, writer in writers.items()})
        for (node, bit), source in sorted(sources.items()):
            self._local.setdefault((node, source), bit)

    def run(self) -> None:
        for op in self._program.operations:
            node = op.places[0][0]
            if op.name == "Pair":
                for v, place in op.places:
                    self._writers[v].pair(place)
                continue
            condition = None
            if op.when is not None:
                condition = self._local[node, op.when[0]]
                self._learn(node, condition)
            self._writers[node].operation(op, condition)
            if op.writes is not None:
                self._writers[node].known.add(op.writes[1])
                self._send_known(node)
        for node, writer in self._writers.items():
            for bit in sorted(writer.awaited):
                self._learn(node, bit)

    def _learn(self, node: int, bit: int) -> None:
        """Receive what the node has not measured itself."""
        writer = self._writers[node]
        if bit in writer.known:
            return
        step = writer.awaited[bit]
        sender = self._index[step.peer]
        sent = self._writers[sender]
        message = writer.routed.node, step.number
        for one in [s for s in sent.to_send if (s.peer, s.number) == message]:
            for needed in one.bits:
                self._learn(sender, needed)
        self._send_known(sender)
        writer.receive(step)
        self._send_known(node)

    def _send_known(self, node: int) -> None:
        writer = self._writers[node]
        for step in [s for s in writer.to_send if writer.known.issuperset(s.bits)]:
            writer.send(step)
