"""What can go wrong between nodes while they run. Names are those of the network's nodes, and
`hardware` and `reader`."""

from __future__ import annotations

from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostic, InvalidProgram, known_codes
from qdsl.diagnostics.template import first_of


class NodeProblem(Diagnostic):
    """One of the problems below: no place in a source, and fields that JSON has."""

    def to_plain(self) -> dict[str, Any]:
        return {"code": self.code, **vars(self)}


class PeerSilent(NodeProblem):
    """A node waited for another one, and nothing came in time.

    The other one may be dead, slow or not reachable, or a message may be late. No result is made
    of a run in which something is missing:

        qdsl node alice.ticket --values alice.npz    // QDM850: nothing came from bob for 30 s
        qdsl run --nodes --patience 120 model.qdm    // waits longer
    """

    code = "QDM850"
    title = "a node is silent"
    node: str
    peer: str
    seconds: float
    what: str
    message = "nothing came from {peer} to {node} for {seconds:g} s"
    why = "{node} was waiting for {what}; without it, it cannot go on."
    help = "see that {peer} runs and can be reached, or give more --patience"


class PeerStopped(NodeProblem):
    """A node's process ended before its program did.

    It was killed, or its machine went down. The others are stopped, and no result is made:

        qdsl run --nodes model.qdm    // QDM851: bob ended before its program did
    """

    code = "QDM851"
    title = "a node has stopped"
    peer: str
    how: str
    message = "{peer} ended before its program did: {how}"
    why = "Every node's program waits for others; if one stops, none can go on."
    help = "run it again"


class MessageForged(NodeProblem):
    """A message was altered on the way, made up, or of another run.

    Connections between nodes are encrypted with the keys in their tickets. One with other keys, or
    on which a byte is changed, is refused; if a node's messages are missing then, the run ends:

        qdsl run --nodes model.qdm    // QDM852: a message to bob is not from any peer
    """

    code = "QDM852"
    title = "forged message"
    node: str
    peer: str
    detail: str
    message = "a message to {node} is not from {peer}: {detail}"
    why = "A message that is not from its sender may say anything."
    help = "give all nodes the tickets of one `qdsl prepare`, and see who uses the network"


class MessageLost(NodeProblem):
    """A message came, and one before it did not.

    Messages from one node to another are counted. One that was lost, or overtaken by the next,
    leaves a gap, which ends the run:

        qdsl run --nodes model.qdm    // QDM853: message 4 from alice to bob is missing
    """

    code = "QDM853"
    title = "lost message"
    node: str
    peer: str
    expected: int
    found: int
    message = "frame {expected} from {peer} to {node} is missing"
    why = "Frame {found} came in its place; the frames are counted."
    help = "run it again; if it stays so, something on the way drops or reorders messages"


class MessageRepeated(NodeProblem):
    """A message came a second time.

    Messages from one node to another are counted, so a copy is seen, and ends the run:

        qdsl run --nodes model.qdm    // QDM854: frame 4 from alice to bob came again
    """

    code = "QDM854"
    title = "repeated message"
    node: str
    peer: str
    found: int
    message = "frame {found} from {peer} to {node} came again"
    why = "Used twice it could change a result; nothing that is counted comes twice."
    help = "run it again; if it stays so, something on the way repeats messages"


class OtherProgram(NodeProblem):
    """A peer does not run what was prepared for it.

    Before they start, all processes tell one another the hash of what they will run (program,
    plan, session, expiry), and compare it with the one that `qdsl prepare` wrote in their own
    tickets:

        qdsl node alice.ticket    // QDM855: alice was told that bob runs 3f2a..., it runs 91c0...
    """

    code = "QDM855"
    title = "another program"
    node: str
    own: str
    peer: str
    other: str
    message = "{node} was told that {peer} runs {own:.12}, it runs {other:.12}"
    why = "A ticket that was changed, or comes from another preparation, gives other results."
    help = "give all nodes the tickets of one `qdsl prepare`"


class TrafficDiffers(NodeProblem):
    """What went over the network is not what the report predicts.

    Bits, messages and ebits are counted by both ends and by the hardware, and compared with the
    costs of the compiled program. A difference is a fault, so the run gives no result:

        qdsl run --nodes model.qdm    // QDM856: 15 classical bits were sent, 16 are predicted
    """

    code = "QDM856"
    title = "traffic differs from the report"
    what: str
    measured: int
    predicted: int
    message = "{measured} {what} were counted; {predicted} are predicted"
    why = "The costs in the report are those of the program; the nodes ran something else."
    help = "please report this"


class CannotListen(NodeProblem):
    """A node cannot open the address at which others reach it.

    The address is of another machine, or in use, for instance by a run that has not ended:

        qdsl node alice.ticket    // QDM857: alice cannot listen at tcp://127.0.0.1:4711
    """

    code = "QDM857"
    title = "address not available"
    node: str
    address: str
    detail: str
    message = "{node} cannot listen at {address}: {detail}"
    why = "The other nodes send their messages to this address."
    help = "choose another address or port with `qdsl prepare --at NODE=ADDRESS:PORT`"


class HardwareRefuses(NodeProblem):
    """The simulated hardware cannot do what a node asks.

    Either too many qubits are entangled at one time to be simulated, or a node asks for
    something that its program does not say:

        qdsl run --nodes large.qdm    // QDM858: 28 qubits are entangled at one time
    """

    code = "QDM858"
    title = "not possible on this hardware"
    detail: str
    message = "the hardware refuses: {detail}"
    why = "The hardware is a simulation of state vectors, and keeps to the programs' order."
    help = "take smaller sizes; if a node was out of turn, prepare all tickets anew"


class RuntimeMissing(NodeProblem):
    """The network runtime cannot be started with the Python that was given for it.

    SimulaQron wants other versions of packages than qdsl, so it has an environment of its own:

        python3.12 -m venv sq
        sq/bin/pip install "simulaqron>=4.1,<5" "qutip<5" "numpy<2" "networkx<3.6"
        qdsl run --nodes --runtime simulaqron --runtime-python sq/bin/python model.qdm
    """

    code = "QDM859"
    title = "no network runtime"
    python: str
    detail: str
    message = first_of(
        "SimulaQron cannot be started with {python}: {detail}",
        "SimulaQron cannot be started: {detail}",
    )
    why = "It needs versions of NumPy and networkx that qdsl cannot use, and so its own Python."
    help = (
        "with Python 3.10 to 3.12, install 'simulaqron>=4.1,<5' 'qutip<5' 'numpy<2' "
        "'networkx<3.6' in an environment, and give its interpreter by --runtime-python or "
        "QDSL_RUNTIME_PYTHON"
    )


class RuntimeFails(NodeProblem):
    """The network runtime does not do what a node's program asks of it, or has stopped.

    A run ends at the first instruction that is not carried out:

        qdsl run --nodes --runtime simulaqron m.qdm    // QDM860: at bob, it has ended
    """

    code = "QDM860"
    title = "the network runtime fails"
    node: str
    detail: str
    message = "the runtime of {node} fails: {detail}"
    why = "Without an instruction that the program has, its outcomes would mean nothing."
    help = "run it again; without --runtime, qdsl simulates the hardware itself"


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
