"""Tickets: what one process is given to take its part in a run, and nothing else.

Processes are numbered: the nodes, then the hardware, then the reader, who collects outcomes.
"""

from __future__ import annotations

import hmac
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_bytes
from time import time

from qdsl.backends.nodes.codec import NotReadable, digest_of, read, text_of
from qdsl.backends.nodes.keys import public_key
from qdsl.backends.nodes.program import (
    Begin,
    Encode,
    End,
    Gate,
    Measure,
    NodeProgram,
    Pair,
    Reset,
)
from qdsl.backends.nodes.split import Basis, split
from qdsl.backends.nodes.time_slots import lent_slots, register_width
from qdsl.backends.nodes.weave import WovenStep, peak_width, weave
from qdsl.diagnostics.request_error import Refused
from qdsl.ir.stages import Output, ScheduledCircuit
from qdsl.records import dataclass

VERSION = "qdsl-nodes/3"
LONGEST_PATIENCE_S = 1e6
VALID_S = 7 * 24 * 3600  # how long tickets can be used, unless something else is wanted
LARGEST_TICKET = 2**28  # bytes
LOOPBACK = "tcp://127.0.0.1:*"
FIRST_PORT = 47100
MAX_LANES = 4096
MOST_EXECUTIONS = 10**15
LARGEST_REGISTER = 10  # qubits of a register of SimulaQron, which has 4**10 numbers then
LANE_BUDGET = 2**22  # amplitudes of one entangled group over all lanes: 64 MiB

AtHardware = Begin | End | Gate | Encode | Measure | Reset | Pair


@dataclass(frozen=True, slots=True)
class Round:
    """One pass through the programs: `lanes` executions on one item, read in one setting."""

    item: int
    setting: int
    lanes: int


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """How often the programs are run. Every setting has `shots` executions an item."""

    items: int
    settings: int
    shots: int
    lanes: int

    def __post_init__(self) -> None:
        """Refused if there is nothing to run, or more than can be."""
        if min(self.items, self.settings, self.shots, self.lanes) < 1:
            raise Refused("a plan of shots has at least one item, setting, shot and lane")
        if self.lanes > MAX_LANES or self.executions > MOST_EXECUTIONS:
            raise Refused(
                f"a plan of {self.executions:,} executions, {self.lanes:,} at a time: at most "
                f"{MOST_EXECUTIONS:,}, {MAX_LANES:,} at a time, are possible"
            )

    def rounds(self) -> Iterator[Round]:
        for item in range(self.items):
            for setting in range(self.settings):
                for done in range(0, self.shots, self.lanes):
                    yield Round(item, setting, min(self.lanes, self.shots - done))

    @property
    def n_rounds(self) -> int:
        return self.items * self.settings * -(-self.shots // self.lanes)

    @property
    def executions(self) -> int:
        return self.items * self.settings * self.shots


@dataclass(frozen=True, slots=True)
class Peer:
    """Another process: where it listens, its public key, and the `commitment` to its ticket."""

    index: int
    name: str
    address: str
    key: bytes
    commitment: str = ""


@dataclass(frozen=True, slots=True)
class Predicted:
    """What one execution costs, by the report; `disclosed_bits` are those of one item's reveals."""

    classical_bits: int
    messages: int
    ebits: int
    disclosed_bits: int


@dataclass(frozen=True, slots=True)
class ReaderPlan:
    """What the reader has to know: the program's outputs, the bases of every setting, which
    source qubits each node tells in each setting, and the traffic to expect."""

    outputs: tuple[Output, ...]
    bases: tuple[tuple[tuple[int, str], ...], ...]
    disclosed: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...]
    predicted: Predicted


@dataclass(frozen=True, slots=True)
class Timetable:
    """The hardware's: whose instructions come when (two nodes: they make a pair), and how many
    measurements every node takes at the end in each setting."""

    slots: tuple[tuple[int, ...], ...]
    readouts: tuple[tuple[tuple[int, int], ...], ...]
    seed: int

    def __post_init__(self) -> None:
        """Refused if no generator of random numbers takes the seed."""
        if self.seed < 0:
            raise Refused(f"the seed {self.seed} is negative")


@dataclass(frozen=True, slots=True)
class Runtime:
    """An existing network runtime that stands for the hardware: SimulaQron. `python` is the
    interpreter that has it, known to the hardware only; `qubits` are those of the largest node."""

    qubits: int
    python: str = ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """`secret` is the key of this process, by which peers know it; `digest` that of all programs
    together and of a secret salt, and names the session; one of `program`, `timetable` and
    `reading` is given. After `expires` (seconds since 1970) it is refused. `seal` is a MAC of all
    the rest, under `secret`."""

    version: str
    name: str
    index: int
    address: str
    secret: bytes
    digest: str
    plan: ShotPlan
    patience_s: float
    peers: tuple[Peer, ...]
    program: NodeProgram | None = None
    timetable: Timetable | None = None
    reading: ReaderPlan | None = None
    runtime: Runtime | None = None
    expires: int = 0
    seal: str = ""

    def __post_init__(self) -> None:
        """Refused if this process would wait for ever."""
        if not 0 < self.patience_s <= LONGEST_PATIENCE_S:
            raise Refused(
                f"a patience of {self.patience_s:g} s: it is above 0 and at most "
                f"{LONGEST_PATIENCE_S:g} s"
            )

    def peer(self, name: str) -> Peer:
        return next(p for p in self.peers if p.name == name)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is to do. `predicted` are the report's costs of one execution; `python` is the
    interpreter that has SimulaQron, None: qdsl simulates the hardware."""

    items: int
    shots: int
    seed: int
    predicted: Predicted
    patience_s: float = 60.0
    python: str | None = None
    valid_s: int = VALID_S


def tickets(
    stage: ScheduledCircuit,
    bases: Sequence[Basis],
    wanted: Wanted,
    addresses: Mapping[str, str] | None = None,
    new_key: Callable[[], bytes] = lambda: token_bytes(32),
) -> tuple[Ticket, ...]:
    """One ticket a process: the nodes that do something, the hardware, the reader. Without an
    address a process listens on the loopback device, at a port of its own choice."""
    programs = tuple(p for p in split(stage, bases) if p.steps or any(p.readings))
    slots = weave(programs)
    runtime = _runtime(programs, slots, wanted)
    width = peak_width(programs, slots)
    lanes = max(1, min(MAX_LANES, wanted.shots, LANE_BUDGET >> min(width, 40)))
    if runtime is not None:
        lanes = 1
    plan = ShotPlan(wanted.items, max(len(bases), 1), wanted.shots, lanes)
    # salted: nobody can try out what constants another node's program has
    digest = digest_of((VERSION, new_key(), *programs))
    names = process_names(p.name for p in programs)
    secrets = [new_key() for _ in names]
    keys = [public_key(secret) for secret in secrets]
    met = _acquainted(programs)
    expires = int(time()) + wanted.valid_s
    made = []
    for index, name in enumerate(names):
        peers = tuple(
            Peer(other, names[other], (addresses or {}).get(names[other], LOOPBACK), keys[other])
            for other in range(len(names)) if (min(index, other), max(index, other)) in met
        )  # fmt: skip
        node = index < len(programs)
        is_hardware, is_reader = index == len(programs), index == len(programs) + 1
        address = (addresses or {}).get(name, LOOPBACK)
        made.append(
            Ticket(VERSION, name, index, address, secrets[index], digest, plan,
                   wanted.patience_s, peers,
                   programs[index] if node else None,
                   _timetable(programs, slots, plan, wanted) if is_hardware else None,
                   _reading(stage, programs, bases, wanted) if is_reader else None,
                   _disclosed(runtime, node, is_hardware), expires)
        )  # fmt: skip
    return sealed(made)


def sealed(dealt: Sequence[Ticket]) -> tuple[Ticket, ...]:
    """The tickets of one session (the k-th has index k), each with the commitments of its peers
    and its own seal."""
    known = [commitment(t) for t in dealt]
    acquainted = [
        replace(t, peers=tuple(replace(p, commitment=known[p.index]) for p in t.peers))
        for t in dealt
    ]
    return tuple(replace(t, seal=_seal(t)) for t in acquainted)


def commitment(ticket: Ticket) -> str:
    """What a process will do, as a MAC under its own key: the peers compare it with what they were
    told, and cannot try out which constants give it. Its patience is its owner's affair."""
    peers = tuple(replace(p, commitment="") for p in ticket.peers)
    return _mac(replace(ticket, peers=peers, patience_s=1.0, seal=""))


def _seal(ticket: Ticket) -> str:
    return _mac(replace(ticket, seal=""))


def _mac(ticket: Ticket) -> str:
    """HMAC-SHA-256 (RFC 2104) of the JSON form under the ticket's own key, in hexadecimal."""
    return hmac.new(ticket.secret, text_of(ticket).encode(), "sha256").hexdigest()


def process_names(nodes: Iterator[str] | Sequence[str]) -> tuple[str, ...]:
    """The nodes' names, then those of the hardware and of the reader; all different."""
    names = list(nodes)
    for name in ("hardware", "reader"):
        while name in names:
            name += "_"
        names.append(name)
    return tuple(names)


def addresses_of(names: Sequence[str], places: Sequence[str]) -> dict[str, str]:
    """Where every process listens: as `places` ("NAME=HOST:PORT") say, else at a port from
    `FIRST_PORT` on of this machine. Refused for a place that is none, or has two processes."""
    found = {name: f"tcp://127.0.0.1:{FIRST_PORT + k}" for k, name in enumerate(names)}
    for place in places:
        name, is_there, where = place.partition("=")
        host, _, port = where.rpartition(":")
        if name not in found:
            raise Refused(f"'{name}' takes no part; there are {', '.join(names)}")
        if not (
            is_there
            and host
            and not set(host) & set(" \t\n/;@")
            and port.isascii()
            and port.isdecimal()
            and 0 < int(port) < 2**16
        ):
            raise Refused(f"'{place}' is no NODE=HOST:PORT")
        found[name] = f"tcp://{host}:{int(port)}"
    there: dict[str, str] = {}
    for name, address in found.items():
        other = there.setdefault(address, name)
        if other != name:
            raise Refused(f"'{other}' and '{name}' would both listen at {address}")
    return found


def file_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names of files for processes: letters, digits, `-` and `_` only, all different."""
    given: list[str] = []
    for name in names:
        safe = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in name)
        while safe.lower() in [g.lower() for g in given] or not safe:
            safe += "_"
        given.append(safe)
    return tuple(given)


def _acquainted(programs: Sequence[NodeProgram]) -> set[tuple[int, int]]:
    """Which processes talk to one another, the lower index first."""
    index = {p.name: k for k, p in enumerate(programs)}
    n = len(programs)
    pairs = {(k, index[peer]) for k, p in enumerate(programs) for peer in p.peers}
    met = {(min(a, b), max(a, b)) for a, b in pairs}
    return met | {(k, other) for k in range(n) for other in (n, n + 1)} | {(n, n + 1)}


def _runtime(
    programs: Sequence[NodeProgram], slots: Sequence[WovenStep], wanted: Wanted
) -> Runtime | None:
    """Refused for what SimulaQron cannot hold."""
    if wanted.python is None:
        return None
    width = register_width(programs, slots)
    if width > LARGEST_REGISTER:
        raise Refused(
            f"{width} qubits are in one register of SimulaQron at one time, which keeps density "
            f"matrices: up to {LARGEST_REGISTER} can be run on it"
        )
    return Runtime(max(p.data + p.comm for p in programs), wanted.python)


def _disclosed(runtime: Runtime | None, is_node: bool, is_hardware: bool) -> Runtime | None:
    """Nodes know that there is a runtime; only the hardware, how to start it."""
    if runtime is None or is_hardware:
        return runtime
    return Runtime(runtime.qubits) if is_node else None


def _timetable(
    programs: Sequence[NodeProgram], slots: Sequence[WovenStep], plan: ShotPlan, wanted: Wanted
) -> Timetable:
    """On a runtime, turns are those of subroutines, and every node has one at the end."""
    if wanted.python is not None:
        lent = tuple((node,) for node in lent_slots(programs, slots))
        ends = tuple((k, 1) for k in range(len(programs)))
        return Timetable(lent, (ends,) * plan.settings, wanted.seed)
    steps = [programs[t.places[0][0]].steps[t.places[0][1]] for t in slots]
    whose = tuple(
        tuple(node for node, _ in t.places)
        for t, step in zip(slots, steps, strict=True)
        if isinstance(step, AtHardware)
    )
    readouts = tuple(
        tuple((k, len(p.readings[s])) for k, p in enumerate(programs) if p.readings)
        for s in range(plan.settings)
    )
    return Timetable(whose, readouts, wanted.seed)


def _reading(
    stage: ScheduledCircuit, programs: Sequence[NodeProgram], bases: Sequence[Basis], wanted: Wanted
) -> ReaderPlan:
    outputs = stage.distributed.placed.circuit.outputs
    disclosed = tuple(
        (p.name, tuple(tuple(r.source_qubit for r in reading) for reading in p.readings))
        for p in programs
    )
    return ReaderPlan(
        tuple(replace(o, span=None) for o in outputs),
        tuple(tuple(sorted(basis.items())) for basis in bases),
        disclosed,
        wanted.predicted,
    )


# ---- files -----------------------------------------------------------------------------


def ticket_text(ticket: Ticket) -> str:
    """What stands in the ticket's file, which `read_ticket` reads."""
    return text_of(ticket) + "\n"


def read_ticket(text: str) -> Ticket:
    """NotReadable if it is none, of another version of qdsl's, altered, or has expired."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise NotReadable("this is no ticket of a node") from None
    if not isinstance(document, dict) or document.get("is") != "Ticket":
        raise NotReadable("this is no ticket of a node")
    if document.get("version") != VERSION:
        raise NotReadable(f"this ticket is of {document.get('version')}, this is {VERSION}")
    ticket = read(Ticket, document, "the ticket")
    assert isinstance(ticket, Ticket)
    is_whole = hmac.compare_digest(ticket.seal.encode(), _seal(ticket).encode())
    if not is_whole or text.rstrip("\r\n") != text_of(ticket):
        raise NotReadable("this ticket has been changed since `qdsl prepare` wrote it")
    if ticket.expires <= time():
        raise NotReadable(f"this ticket expired at {_date(ticket.expires)}: prepare new ones")
    return ticket


def _date(seconds: int) -> str:
    with suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{seconds} s"


def load_ticket(path: Path) -> Ticket:
    """NotReadable if it is no ticket, or if others may read or write the file: a key is in it."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            _refuse_exposed(path, os.fstat(handle))
            return read_ticket(file.read(LARGEST_TICKET).decode())
    except (OSError, UnicodeDecodeError) as error:
        raise NotReadable(f"{path} cannot be read: {error}") from None


def _refuse_exposed(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise NotReadable(f"{path} is no ordinary file, so it is no ticket")
    if os.name == "posix" and found.st_mode & 0o077:
        raise NotReadable(
            f"{path} contains a secret key, and others may open it (mode "
            f"{stat.S_IMODE(found.st_mode):o}): chmod 600 it if nobody else has, else prepare anew"
        )
