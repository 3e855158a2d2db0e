"""Circuits of CUNQA, one for every node, in the JSON form that its `run` takes.

Two forms of its instructions are known, as CUNQA's `CunqaCircuit` writes them. The present one has
pairs (`gen_ent` on communication qubits, behind the data qubits) and `cif ... endcif`; the former
one has `qsend`, `qrecv`, `expose` and `rcontrol`, whose instructions act on the exposed qubit -1,
and `cif` with instructions of its own. Messages between two circuits arrive in the order in which
they are sent.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any, Final, NoReturn

from qdsl.backends.cunqa.cunqa import OUTCOME, OUTCOME_FILE
from qdsl.diagnostics.request_error import Refused
from qdsl.files.reading import read_bounded
from qdsl.interchange.peers.assembly import Assembly, Bit, Condition, Slot
from qdsl.interchange.peers.program import NotDistributed, PeerProgram
from qdsl.language.syntax.files import MAX_CIRCUIT_BYTES
from qdsl.records import dataclass

MOST_FILES: Final = 10_000
FORM: Final = "circuits of CUNQA"
MAX_QUBITS: Final = 100_000
MOST_TURNED: Final = 1e9  # radians
_ALONE: Final = frozenset({"id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx"})
_BY_NUMBER: Final[Mapping[str, tuple[str, int]]] = {
    "rx": ("rx", 1),
    "ry": ("ry", 1),
    "rz": ("rz", 1),
    "u1": ("p", 1),
    "p": ("p", 1),
    "u2": ("u2", 2),
    "u3": ("u3", 3),
    "u": ("u3", 3),
    "cp": ("cp", 1),
    "crx": ("crx", 1),
    "cry": ("cry", 1),
    "crz": ("crz", 1),
}
_SEVERAL: Final = frozenset({"cx", "cy", "cz", "swap", "ccx", "cswap"})
_ALWAYS: Final = frozenset({"and", "or", "xor", "andn", "orn", "xorn"})
EXPOSED: Final = -1

Json = dict[str, Any]


def is_cunqa(text: str) -> bool:
    """Does it look like circuits of CUNQA?"""
    return text.lstrip()[:1] in ("{", "[") and '"instructions"' in text and '"id"' in text


def read_cunqa(text: str, called: str) -> PeerProgram:
    """A list of circuits, or a dictionary with one in `circuits` and qdsl's `outcome`.
    `NotDistributed` for what CUNQA or this reader does not know."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotDistributed(f"{called} is no JSON: {error}") from None
    outcome = found.get("outcome") if isinstance(found, dict) else None
    circuits = found.get("circuits", [found]) if isinstance(found, dict) else found
    if not isinstance(circuits, list) or not circuits:
        raise NotDistributed(f"{called} has no list of circuits")
    reader = _CunqaReader([_circuit(k, c) for k, c in enumerate(circuits)])
    reader.find_outcomes(outcome)
    reader.run()
    comm = {c.node: c.n_comm for c in reader.circuits}
    return reader.assembly.program(comm, by_qubit=outcome is not None)


def text_of_folder(folder: Path) -> str:
    """The circuits in the files of a folder, as `--emit cunqa -o` writes it, by name; with the
    outcome where there is one. `NotDistributed` for a file that is no circuit."""
    circuits: list[Any] = []
    outcome = None
    files = sorted(folder.glob("*.json"))
    if len(files) > MOST_FILES:
        raise NotDistributed(f"{folder} has more than {MOST_FILES:,} files")
    for file in files:
        try:
            found = json.loads(read_bounded(file, MAX_CIRCUIT_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            raise NotDistributed(f"{file} cannot be read: {error}") from None
        if file.name == OUTCOME_FILE:
            outcome = found
        elif isinstance(found, dict) and "instructions" in found:
            circuits.append(found)
        else:
            raise NotDistributed(f"{file} is no circuit of CUNQA")
    if not circuits:
        raise NotDistributed(f"{folder} has no circuits of CUNQA: a .json file for each node")
    document = {"circuits": circuits} | ({} if outcome is None else {OUTCOME: outcome})
    return json.dumps(document)


def arranged(text: str, names: Sequence[str]) -> str:
    """The same circuits in the order of these nodes, which are empty where they have none; as they
    are where one is called otherwise."""
    try:
        found = json.loads(text)
        listed = found["circuits"] if isinstance(found, dict) else found
        by_name = {circuit["id"]: circuit for circuit in listed}
    except (ValueError, RecursionError, KeyError, TypeError):
        return text  # which is refused when it is read
    if len(by_name) < len(listed) or not by_name.keys() <= set(names):
        return text
    empty = {"instructions": [], "num_qubits": 0}
    circuits = [by_name.get(name, {"id": name, **empty}) for name in names]
    return json.dumps(circuits if isinstance(found, list) else {**found, "circuits": circuits})


@dataclass(slots=True)
class _Circuit:
    """One node: its instructions, and which comes next. `left`: instructions of blocks in progress,
    to be done first; `conditions`: of the blocks; `copy`: the qubit that is exposed to it."""

    node: int
    name: str
    instructions: list[Json]
    n_data: int
    n_comm: int
    next: int = 0
    conditions: list[list[Condition]] = field(default_factory=list)
    inbox: dict[str, deque[Bit]] = field(default_factory=dict)
    copy: Slot | None = None

    @property
    def where(self) -> str:
        return f"circuit '{self.name}', instruction {self.next + 1}"

    def wrong(self, problem: str) -> NoReturn:
        raise NotDistributed(f"{self.where}: {problem}")

    def slot(self, qubit: Any) -> Slot:
        if qubit == EXPOSED and self.copy is not None:
            return self.copy
        if type(qubit) is not int or not 0 <= qubit < self.n_data + self.n_comm:
            self.wrong(f"there is no qubit {qubit!r}")
        return Slot(self.node, f"{self.name}[{qubit}]", qubit >= self.n_data)


def _circuit(node: int, given: Any) -> _Circuit:
    if not isinstance(given, dict) or not isinstance(given.get("instructions"), list):
        raise NotDistributed(f"circuit {node} has no list of instructions")
    sizes = given.get("num_qubits")
    sizes = [sizes, 0] if type(sizes) is int else sizes
    if not (isinstance(sizes, list) and len(sizes) == 2 and all(type(n) is int for n in sizes)):
        raise NotDistributed(f"circuit {node}: `num_qubits` is no number, and no two numbers")
    if not all(0 <= n <= MAX_QUBITS for n in sizes):
        raise NotDistributed(f"circuit {node}: a circuit has 0 to {MAX_QUBITS:,} qubits")
    if not all(
        isinstance(i, dict) and isinstance(i.get("name"), str) for i in given["instructions"]
    ):
        raise NotDistributed(f"circuit {node}: an instruction has no name")
    return _Circuit(node, str(given.get("id", node)), given["instructions"], *sizes)


class _CunqaReader:
    """Runs the circuits side by side, an instruction each while it need not wait."""

    def __init__(self, circuits: list[_Circuit]) -> None:
        self.circuits = circuits
        self.by_name = {c.name: c for c in circuits}
        if sum(c.n_data + c.n_comm for c in circuits) > MAX_QUBITS:
            raise NotDistributed(f"more than {MAX_QUBITS:,} qubits")
        if len(self.by_name) < len(circuits):
            raise NotDistributed("two circuits have one id")
        slots = [
            Slot(c.node, f"{c.name}[{q}]", q >= c.n_data)
            for c in circuits
            for q in range(c.n_data + c.n_comm)
        ]
        self.assembly = Assembly(FORM, slots)
        self.outcomes: dict[Bit, int] = {}
        self.has_saved = False

    def find_outcomes(self, given: Any) -> None:
        """As qdsl's `outcome` says; else every bit that is saved, circuit by circuit."""
        if given is not None:
            try:
                bits = [(self.by_name[o["circuit"]].node, o["clbit"]) for o in given]
            except (KeyError, TypeError, ValueError):
                raise NotDistributed("`outcome` names a circuit or bit that is not there") from None
            self.outcomes = {bit: k for k, bit in enumerate(bits)}
            return
        saved = sorted({bit for c in self.circuits for bit in _saved(c)})
        self.outcomes = {bit: k for k, bit in enumerate(saved)}

    def run(self) -> None:
        """`NotDistributed` where circuits wait for each other."""
        while True:
            waiting = [c for c in self.circuits if c.next < len(c.instructions)]
            if not waiting:
                return
            moved = [self._followed(c) for c in waiting]
            if not any(moved):
                waiting[0].wrong("it waits for what never comes")

    def _followed(self, circuit: _Circuit) -> bool:
        """Values of other types than CUNQA's are refused, wherever they show."""
        try:
            return self._advanced(circuit)
        except Refused:
            raise
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            circuit.wrong("it is not of this form")

    def _advanced(self, circuit: _Circuit) -> bool:
        """As far as it goes."""
        before = circuit.next
        while circuit.next < len(circuit.instructions):
            if not self._done(circuit, circuit.instructions[circuit.next]):
                break
            circuit.next += 1
        return circuit.next > before

    def _done(self, circuit: _Circuit, instruction: Json) -> bool:
        """False: it has to wait."""
        name = instruction["name"]
        if circuit.conditions and name in (*_REMOTE, "measure", "reset"):
            circuit.wrong(f"`{name}` under a condition is not known here")
        if name in _REMOTE:
            return _REMOTE[name](self, circuit, instruction)
        self._local(circuit, instruction)
        return True

    # ---- at one node ---------------------------------------------------------------------

    def _local(self, circuit: _Circuit, instruction: Json) -> None:
        match instruction["name"]:
            case "cif":
                self._if(circuit, instruction)
            case "endcif":
                if not circuit.conditions:
                    circuit.wrong("`endcif` without `cif`")
                circuit.conditions.pop()
            case "measure":
                qubits, bits = (_listed(instruction.get(k)) for k in ("qubits", "clbits"))
                for qubit, bit in zip(qubits, bits, strict=True):
                    self._measured(circuit, circuit.slot(qubit), self._bit(circuit, bit))
            case "reset":
                for qubit in _listed(instruction.get("qubits")):
                    self.assembly.reset(circuit.where, circuit.slot(qubit))
            case "barrier" | "save_state":
                pass
            case _:
                self._gate(circuit, instruction)

    def _measured(self, circuit: _Circuit, slot: Slot, bit: Bit) -> None:
        self.assembly.measure(circuit.where, slot, bit, self.outcomes.get(bit))

    def _bit(self, circuit: _Circuit, bit: Any) -> Bit:
        if type(bit) is not int or bit < 0:
            circuit.wrong(f"there is no classical bit {bit!r}")
        return circuit.node, bit

    def _if(self, circuit: _Circuit, instruction: Json) -> None:
        bits = [self._bit(circuit, b) for b in _listed(instruction.get("clbits"))]
        operation = instruction.get("operation", "and")
        value = instruction.get("condition", 0 if operation.endswith("n") else 1)
        if operation not in _ALWAYS or value not in (0, 1) or not bits:
            circuit.wrong("a condition of this kind is not known here")
        if len(bits) > 1 and operation != "xor":
            circuit.wrong("a condition on several bits, other than `xor`, is not known here")
        circuit.conditions.append([(bit, value) for bit in bits])
        inner = instruction.get("instructions")
        if inner is not None:  # the former form
            for one in inner:
                self._local(circuit, one)
            circuit.conditions.pop()

    def _gate(self, circuit: _Circuit, instruction: Json) -> None:
        name = instruction["name"]
        called, n_angles = _BY_NUMBER.get(name, (name, 0))
        if name not in _ALONE | _SEVERAL and name not in _BY_NUMBER:
            circuit.wrong(f"`{name}` is not known here")
        angles = instruction.get("params", [])
        if len(angles) != n_angles or not all(map(is_number, angles)):
            circuit.wrong(f"`{name}` has {n_angles} numbers as its angles")
        slots = [circuit.slot(q) for q in _listed(instruction.get("qubits"))]
        if len(set(slots)) < len(slots):
            circuit.wrong(f"`{name}` acts twice on one qubit")
        texts = tuple(repr(float(a)) for a in angles)
        if len(circuit.conditions) > 1:
            circuit.wrong("a condition inside a condition is not known here")
        conditions: list[Condition | None] = [*(circuit.conditions or [[]])[0]]
        if len(conditions) > 1 and called not in ("x", "z"):
            circuit.wrong(f"`{name}` under a condition on several bits is not known here")
        for condition in conditions or [None]:
            self.assembly.gate(circuit.where, called, texts, slots, condition)

    # ---- between nodes -------------------------------------------------------------------

    def _peer(self, circuit: _Circuit, instruction: Json) -> _Circuit:
        names = [n for n in _listed(instruction.get("circuits")) if n != circuit.name]
        if len(names) != 1 or names[0] not in self.by_name:
            circuit.wrong(f"`{instruction['name']}` names no other circuit that is there")
        return self.by_name[names[0]]

    def _send(self, circuit: _Circuit, instruction: Json) -> bool:
        peer = self._peer(circuit, instruction)
        box = peer.inbox.setdefault(circuit.name, deque())
        for bit in _listed(instruction.get("clbits")):
            passing: Bit = (peer.node, (circuit.name, circuit.next, bit))
            self.assembly.message(circuit.where, self._bit(circuit, bit), passing)
            box.append(passing)
        return True

    def _recv(self, circuit: _Circuit, instruction: Json) -> bool:
        box = circuit.inbox.setdefault(self._peer(circuit, instruction).name, deque())
        bits = _listed(instruction.get("clbits"))
        if len(box) < len(bits):
            return False
        for bit in bits:
            self.assembly.hold(circuit.where, box.popleft(), self._bit(circuit, bit))
        return True

    def _gen_ent(self, circuit: _Circuit, instruction: Json) -> bool:
        """Done at once for both, when both are there."""
        peer = self._peer(circuit, instruction)
        other = _awaited(peer)
        if other is None or other["name"] != "gen_ent" or self._peer(peer, other) is not circuit:
            return False
        if other.get("tag") != instruction.get("tag"):
            circuit.wrong(f"tag {instruction.get('tag')!r} meets {other.get('tag')!r}")
        slots = circuit.slot(instruction.get("comm_qubit")), peer.slot(other.get("comm_qubit"))
        if not all(slot.is_comm for slot in slots):
            circuit.wrong("a pair is made on communication qubits")
        self.assembly.pair(circuit.where, *slots)
        peer.next += 1
        return True

    def _qsend(self, circuit: _Circuit, instruction: Json) -> bool:
        """A teleportation, once the other circuit is at its `qrecv`."""
        peer = self._peer(circuit, instruction)
        other = _awaited(peer)
        if other is None or other["name"] != "qrecv" or self._peer(peer, other) is not circuit:
            return False
        (sent,), (got,) = (_listed(i.get("qubits")) for i in (instruction, other))
        self.assembly.teleport(circuit.where, circuit.slot(sent), peer.slot(got))
        peer.next += 1
        return True

    def _expose(self, circuit: _Circuit, instruction: Json) -> bool:
        """A cat copy for all instructions of the other circuit's `rcontrol`."""
        peer = self._peer(circuit, instruction)
        other = _awaited(peer)
        if other is None or other["name"] != "rcontrol" or self._peer(peer, other) is not circuit:
            return False
        (shown,) = _listed(instruction.get("qubits"))
        peer.copy = self.assembly.copy(circuit.where, circuit.slot(shown), peer.node)
        for one in other.get("instructions", ()):
            if one.get("name") in _REMOTE:
                peer.wrong(f"`{one['name']}` inside `rcontrol`")
            self._local(peer, one)
        self.assembly.end_copy(circuit.where, peer.copy, circuit.slot(shown))
        peer.copy = None
        peer.next += 1
        return True

    def _met(self, circuit: _Circuit, instruction: Json) -> bool:
        """The other circuit does both parts."""
        return False


_REMOTE: Final = {
    "send": _CunqaReader._send,
    "recv": _CunqaReader._recv,
    "gen_ent": _CunqaReader._gen_ent,
    "qsend": _CunqaReader._qsend,
    "expose": _CunqaReader._expose,
    "qrecv": _CunqaReader._met,
    "rcontrol": _CunqaReader._met,
}


def is_number(given: Any) -> bool:
    """Is it a finite number?"""
    is_real = isinstance(given, int | float) and not isinstance(given, bool)
    return is_real and abs(given) < MOST_TURNED


def _awaited(circuit: _Circuit) -> Json | None:
    return circuit.instructions[circuit.next] if circuit.next < len(circuit.instructions) else None


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


def _saved(circuit: _Circuit) -> Iterator[Bit]:
    """Bits whose measurement is saved; all of a circuit that says nothing about it and whose bits
    decide about nothing."""
    deciding = {
        b
        for i in circuit.instructions
        if i["name"] in ("cif", "send")
        for b in _listed(i.get("clbits"))
    }
    for instruction in circuit.instructions:
        if instruction["name"] != "measure":
            continue
        for bit in _listed(instruction.get("clbits")):
            if type(bit) is int and instruction.get("save", bit not in deciding):
                yield circuit.node, bit
