"""What can go wrong between nodes while they run. Names are those of the network's nodes, and
`hardware` and `reader`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram, Label, known_codes


class NodeProblem(Diagnostic):
    """One of the problems below: no place in a source, and plain fields."""

    def labels(self) -> tuple[Label, ...]:
        return ()

    def to_plain(self) -> dict[str, Any]:
        return {"code": self.code, **asdict(self)}  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True)
class PeerSilent(NodeProblem):
    """A node waited for another one, and nothing came in time.

    The other one may be dead, slow or not reachable, or a message may be late. No result is made
    of a run in which something is missing:

        qdsl node alice.ticket --values alice.npz    // QDM850: nothing came from bob for 30 s
        qdsl run --nodes --patience 120 model.qdm    // waits longer
    """

    code: ClassVar[str] = "QDM850"
    title: ClassVar[str] = "a node is silent"

    node: str
    peer: str
    seconds: float
    what: str

    def message(self) -> str:
        return f"nothing came from {self.peer} to {self.node} for {self.seconds:g} s"

    def why(self) -> str:
        return f"{self.node} was waiting for {self.what}; without it, it cannot go on."

    def help(self) -> str:
        return f"see that {self.peer} runs and can be reached, or give more --patience"


@dataclass(frozen=True, slots=True)
class PeerStopped(NodeProblem):
    """A node's process ended before its program did.

    It was killed, or its machine went down. The others are stopped, and no result is made:

        qdsl run --nodes model.qdm    // QDM851: bob ended before its program did
    """

    code: ClassVar[str] = "QDM851"
    title: ClassVar[str] = "a node has stopped"

    peer: str
    how: str

    def message(self) -> str:
        return f"{self.peer} ended before its program did: {self.how}"

    def why(self) -> str:
        return "Every node's program waits for others; if one stops, none can go on."

    def help(self) -> str:
        return "run it again"


@dataclass(frozen=True, slots=True)
class MessageForged(NodeProblem):
    """A message was altered on the way, made up, or of another run.

    Connections between nodes are encrypted with the keys in their tickets. One with other keys, or
    on which a byte is changed, is refused; if a node's messages are missing then, the run ends:

        qdsl run --nodes model.qdm    // QDM852: a message to bob is not from any peer
    """

    code: ClassVar[str] = "QDM852"
    title: ClassVar[str] = "forged message"

    node: str
    peer: str
    detail: str

    def message(self) -> str:
        return f"a message to {self.node} is not from {self.peer}: {self.detail}"

    def why(self) -> str:
        return "A message that is not from its sender may say anything."

    def help(self) -> str:
        return "give all nodes the tickets of one `qdsl prepare`, and see who uses the network"


@dataclass(frozen=True, slots=True)
class MessageLost(NodeProblem):
    """A message came, and one before it did not.

    Messages from one node to another are counted. One that was lost, or overtaken by the next,
    leaves a gap, which ends the run:

        qdsl run --nodes model.qdm    // QDM853: message 4 from alice to bob is missing
    """

    code: ClassVar[str] = "QDM853"
    title: ClassVar[str] = "lost message"

    node: str
    peer: str
    expected: int
    found: int

    def message(self) -> str:
        return f"frame {self.expected} from {self.peer} to {self.node} is missing"

    def why(self) -> str:
        return f"Frame {self.found} came in its place; the frames are counted."

    def help(self) -> str:
        return "run it again; if it stays so, something on the way drops or reorders messages"


@dataclass(frozen=True, slots=True)
class MessageRepeated(NodeProblem):
    """A message came a second time.

    Messages from one node to another are counted, so a copy is seen, and ends the run:

        qdsl run --nodes model.qdm    // QDM854: frame 4 from alice to bob came again
    """

    code: ClassVar[str] = "QDM854"
    title: ClassVar[str] = "repeated message"

    node: str
    peer: str
    found: int

    def message(self) -> str:
        return f"frame {self.found} from {self.peer} to {self.node} came again"

    def why(self) -> str:
        return "Used twice it could change a result; nothing that is counted comes twice."

    def help(self) -> str:
        return "run it again; if it stays so, something on the way repeats messages"


@dataclass(frozen=True, slots=True)
class OtherProgram(NodeProblem):
    """Two nodes have programs that were not made together.

    Before they start, nodes compare the hash of all node programs and the version of what they
    say to one another:

        qdsl node bob.ticket    // QDM855: alice runs program 3f2a..., bob runs 91c0...
    """

    code: ClassVar[str] = "QDM855"
    title: ClassVar[str] = "another program"

    node: str
    own: str
    peer: str
    other: str

    def message(self) -> str:
        return f"{self.node} runs program {self.own[:12]}, {self.peer} runs {self.other[:12]}"

    def why(self) -> str:
        return "Programs that were not made together would exchange bits that mean other things."

    def help(self) -> str:
        return "give all nodes the tickets of one `qdsl prepare`"


@dataclass(frozen=True, slots=True)
class TrafficDiffers(NodeProblem):
    """What went over the network is not what the report predicts.

    Bits, messages and ebits are counted by both ends and by the hardware, and compared with the
    costs of the compiled program. A difference is a fault, so the run gives no result:

        qdsl run --nodes model.qdm    // QDM856: 15 classical bits were sent, 16 are predicted
    """

    code: ClassVar[str] = "QDM856"
    title: ClassVar[str] = "traffic differs from the report"

    what: str
    measured: int
    predicted: int

    def message(self) -> str:
        return f"{self.measured} {self.what} were counted; {self.predicted} are predicted"

    def why(self) -> str:
        return "The costs in the report are those of the program; the nodes ran something else."

    def help(self) -> str:
        return "please report this"


@dataclass(frozen=True, slots=True)
class CannotListen(NodeProblem):
    """A node cannot open the address at which others reach it.

    The address is of another machine, or in use, for instance by a run that has not ended:

        qdsl node alice.ticket    // QDM857: alice cannot listen at tcp://127.0.0.1:4711
    """

    code: ClassVar[str] = "QDM857"
    title: ClassVar[str] = "address not available"

    node: str
    address: str
    detail: str

    def message(self) -> str:
        return f"{self.node} cannot listen at {self.address}: {self.detail}"

    def why(self) -> str:
        return "The other nodes send their messages to this address."

    def help(self) -> str:
        return "choose another address or port with `qdsl prepare --at NODE=ADDRESS:PORT`"


@dataclass(frozen=True, slots=True)
class HardwareRefuses(NodeProblem):
    """The simulated hardware cannot do what a node asks.

    Either too many qubits are entangled at one time to be simulated, or a node asks for
    something that its program does not say:

        qdsl run --nodes large.qdm    // QDM858: 28 qubits are entangled at one time
    """

    code: ClassVar[str] = "QDM858"
    title: ClassVar[str] = "not possible on this hardware"

    detail: str

    def message(self) -> str:
        return f"the hardware refuses: {self.detail}"

    def why(self) -> str:
        return "The hardware is a simulation of state vectors, and keeps to the programs' order."

    def help(self) -> str:
        return "take smaller sizes; if a node was out of turn, prepare all tickets anew"


@dataclass(frozen=True, slots=True)
class RuntimeMissing(NodeProblem):
    """The network runtime cannot be started with the Python that was given for it.

    SimulaQron wants other versions of packages than qdsl, so it has an environment of its own:

        python3.12 -m venv sq
        sq/bin/pip install "simulaqron>=4.1,<5" "qutip<5" "numpy<2" "networkx<3.6"
        qdsl run --nodes --runtime simulaqron --runtime-python sq/bin/python model.qdm
    """

    code: ClassVar[str] = "QDM859"
    title: ClassVar[str] = "no network runtime"

    python: str
    detail: str

    def message(self) -> str:
        by = f" with {self.python}" if self.python else ""
        return f"SimulaQron cannot be started{by}: {self.detail}"

    def why(self) -> str:
        return (
            "It needs versions of NumPy and networkx that qdsl cannot use, and so its own Python."
        )

    def help(self) -> str:
        packages = "'simulaqron>=4.1,<5' 'qutip<5' 'numpy<2' 'networkx<3.6'"
        return (
            f"with Python 3.10 to 3.12, install {packages} in an environment, and give its "
            "interpreter by --runtime-python or QDSL_RUNTIME_PYTHON"
        )


@dataclass(frozen=True, slots=True)
class RuntimeFails(NodeProblem):
    """The network runtime does not do what a node's program asks of it, or has stopped.

    A run ends at the first instruction that is not carried out:

        qdsl run --nodes --runtime simulaqron m.qdm    // QDM860: at bob, it has ended
    """

    code: ClassVar[str] = "QDM860"
    title: ClassVar[str] = "the network runtime fails"

    node: str
    detail: str

    def message(self) -> str:
        return f"the runtime of {self.node} fails: {self.detail}"

    def why(self) -> str:
        return "Without an instruction that the program has, its outcomes would mean nothing."

    def help(self) -> str:
        return "run it again; without --runtime, qdsl simulates the hardware itself"


def failed(problem: NodeProblem) -> InvalidProgram:
    return InvalidProgram((problem,))


def from_plain(document: dict[str, Any]) -> NodeProblem | None:
    """The problem that `to_plain` wrote; None if it is none."""
    fields = dict(document)
    code = fields.pop("code", None)
    kind = known_codes().get(str(code))
    if kind is None or not issubclass(kind, NodeProblem):
        return None
    try:
        return kind(**fields)
    except TypeError:
        return None
