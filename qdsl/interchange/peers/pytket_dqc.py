"""Circuits of pytket-dqc: JSON of a pytket circuit, as `Circuit.to_dict` gives it.

Qubits are in registers `server_<k>` and `server_<k>_link_register`. A `starting_process` from a
qubit to a link qubit is a cat-entangler, an `ending_process` from a link qubit to a qubit a
cat-disentangler, `teleportation` moves a qubit; as custom gates their definition is a barrier, and
their names (`StartingProcess` and so on in earlier versions) are all that says what they are. The
half of a pair at the first qubit has no name in the text: it is measured at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from qdsl.diagnostics.request_error import Refused
from qdsl.interchange.peers.assembly import Assembly, Slot
from qdsl.interchange.peers.program import NotDistributed, PeerProgram, said

FORM: Final = "circuit of pytket-dqc"
_REGISTER: Final = re.compile(r"[sS]erver[_ ]([0-9]{1,4})([_ ][lL]ink[_ ].*)?")
_ALONE: Final[Mapping[str, str]] = {
    "noop": "id", "X": "x", "Y": "y", "Z": "z", "H": "h", "S": "s", "Sdg": "sdg", "T": "t",
    "Tdg": "tdg", "SX": "sx", "V": "sx", "CX": "cx", "CY": "cy", "CZ": "cz", "CH": "ch",
    "SWAP": "swap", "CCX": "ccx", "CSWAP": "cswap",
    "Rx": "rx", "Ry": "ry", "Rz": "rz", "U1": "p", "U3": "u3", "U2": "u2",
    "CU1": "cp", "CRx": "crx", "CRy": "cry", "CRz": "crz",
}  # fmt: skip
_ANGLES: Final = {"U1": 1, "U2": 2, "U3": 3, "CU1": 1} | {
    f"{c}R{axis}": 1 for c in ("", "C") for axis in "xyz"
}
_STARTS, _ENDS, _MOVES = "startingprocess", "endingprocess", "teleportation"
MAX_QUBITS: Final = 100_000
MOST_TURNED: Final = 1e9  # half turns


def is_pytket_dqc(text: str) -> bool:
    """Does it look like a circuit of pytket-dqc?"""
    return text.lstrip()[:1] == "{" and '"commands"' in text and '"server' in text.lower()


def read_pytket_dqc(text: str, called: str) -> PeerProgram:
    """Its measurements are the source's, bit by bit in increasing order. `NotDistributed` for what
    is no such circuit."""
    try:
        found = json.loads(text)
        commands, qubits = found["commands"], found["qubits"]
        slots = {_key(unit): _slot(unit) for unit in qubits}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotDistributed(f"{called} is no JSON of a pytket circuit: {error!r}") from None
    if len(slots) > MAX_QUBITS:
        raise NotDistributed(f"more than {MAX_QUBITS:,} qubits")
    try:
        reader = _DqcReader(slots, commands)
        for number, command in enumerate(commands, 1):
            reader.take(f"command {number}", command)
    except Refused:
        raise
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise NotDistributed(f"{called} is no circuit of pytket-dqc: {error!r}") from None
    links = [slot.node for slot in slots.values() if slot.is_comm]
    return reader.assembly.program({node: links.count(node) for node in set(links)})


def _key(unit: Any) -> tuple[str, tuple[int, ...]]:
    name, index = unit
    if not isinstance(name, str) or not all(type(k) is int for k in index):
        raise ValueError(f"{unit!r} is no qubit and no bit")
    return name, tuple(index)


def _slot(unit: Any) -> Slot:
    name, index = _key(unit)
    match = _REGISTER.fullmatch(name)
    if match is None:
        raise NotDistributed(f"register '{name}' is neither of a server nor of its links")
    return Slot(int(match[1]), f"{name}[{', '.join(map(str, index))}]", match[2] is not None)


class _DqcReader:
    def __init__(self, slots: Mapping[tuple[str, tuple[int, ...]], Slot], commands: Any) -> None:
        self.slots = slots
        self.assembly = Assembly(FORM, [*slots.values()])
        bits = sorted({_key(c["args"][1]) for c in commands if _is_measure(c)})
        self.outcomes = {bit: k for k, bit in enumerate(bits)}

    def take(self, place: str, command: Any) -> None:
        try:
            op, kind = command["op"], command["op"]["type"]
            if kind == "Barrier":
                return
            if kind == "Measure":
                qubit, bit = map(_key, command["args"])
                slot = self.slots[qubit]
                self.assembly.measure(place, slot, (slot.node, bit), self.outcomes[bit])
                return
            slots = [self.slots[_key(unit)] for unit in command["args"]]
        except (KeyError, TypeError, ValueError):
            problem = f"{said(place)}: it is no operation on qubits that are there"
            raise NotDistributed(problem) from None
        if kind == "CustomGate":
            self._process(place, op, slots)
        elif kind in _ALONE:
            self.assembly.gate(place, _ALONE[kind], _angles(place, op, kind), slots)
        else:
            raise NotDistributed(f"{said(place)}: `{kind}` is not known here")

    def _process(self, place: str, op: Any, slots: list[Slot]) -> None:
        name = str(op.get("box", {}).get("gate", {}).get("name", ""))
        kind = name.lower().replace("_", "")
        if kind not in (_STARTS, _ENDS, _MOVES) or len(slots) != 2:
            raise NotDistributed(f"{said(place)}: the custom gate `{name}` is not known here")
        first, second = slots
        if kind == _MOVES:
            self.assembly.teleport(place, first, second)
        elif kind == _STARTS:
            if not second.is_comm:
                raise NotDistributed(f"{said(place)}: {second.name} is no link qubit")
            self.assembly.copy_to(place, first, second)
        else:
            if not first.is_comm:
                raise NotDistributed(f"{said(place)}: {first.name} is no link qubit")
            self.assembly.end_copy(place, first, second)
            self.assembly.reset(place, first)


def _is_measure(command: Any) -> bool:
    return isinstance(command, dict) and command.get("op", {}).get("type") == "Measure"


def _angles(place: str, op: Any, kind: str) -> tuple[str, ...]:
    """pytket's half turns in radians, as expressions."""
    params = op.get("params", [])
    number = _ANGLES.get(kind, 0)
    try:
        turns = [float(p) for p in params]
    except (TypeError, ValueError):
        raise NotDistributed(f"{said(place)}: `{kind}` has symbols as its angles") from None
    if len(turns) != number or not all(abs(t) < MOST_TURNED for t in turns):
        raise NotDistributed(f"{said(place)}: `{kind}` has {number} angles")
    return tuple(f"{t!r} * pi" for t in turns)
