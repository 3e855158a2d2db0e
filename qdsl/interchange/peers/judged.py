"""Distributed programs of other compilers, verified against their source, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from qdsl.backends.nodes.ticket import file_names
from qdsl.diagnostics.request_error import Refused
from qdsl.files.reading import read_bounded
from qdsl.interchange.circuits import is_path
from qdsl.interchange.peers.cunqa import arranged, is_cunqa, read_cunqa, text_of_folder
from qdsl.interchange.peers.disqco import is_disqco, read_disqco, written_out
from qdsl.interchange.peers.followed import written_as_source
from qdsl.interchange.peers.memq import is_memq, read_memq
from qdsl.interchange.peers.program import (
    NotDistributed,
    PeerGate,
    PeerMeasure,
    PeerProgram,
    PeerStep,
)
from qdsl.interchange.peers.pytket_dqc import is_pytket_dqc, read_pytket_dqc
from qdsl.interchange.peers.rules import PeerCost, cost_of
from qdsl.interchange.programs import network_of, program_of
from qdsl.interchange.qpy_files import read_qpy
from qdsl.ir.operations import Kind
from qdsl.ir.random_values import random_slot_values
from qdsl.ir.stages import Circuit
from qdsl.language.syntax.files import MAX_CIRCUIT_BYTES
from qdsl.network.network import Network
from qdsl.records import dataclass
from qdsl.verify.methods import DRAWS, compare_sources
from qdsl.verify.result import FROM_ZERO, Check, Verification
from qdsl.verify.simulation import sampled

_FORMS: Final[tuple[tuple[Callable[[str], bool], Callable[[str, str], PeerProgram]], ...]] = (
    (is_cunqa, read_cunqa),
    (is_pytket_dqc, read_pytket_dqc),
    (is_disqco, read_disqco),
    (is_memq, read_memq),
)
OUTCOME: Final = "outcome"
LONGEST_PATH: Final = 4096
_OUTCOMES: Final = f"outcomes {FROM_ZERO}"


@dataclass(frozen=True, slots=True)
class Judged:
    """`verification`: is it equal to its source? `cost`: what it takes, and `cost.violations`,
    the rules that it breaks. `form` and `remarks` are about its text."""

    form: str
    n_nodes: int
    verification: Verification
    cost: PeerCost
    remarks: tuple[str, ...]
    has_network: bool

    @property
    def is_invalid(self) -> bool:
        """Proved to differ from its source, or a step cannot be executed."""
        return self.verification.refuted or bool(self.cost.violations)

    @property
    def is_valid(self) -> bool:
        """Proved equal to its source, and every step can be executed."""
        return self.verification.verified and not self.cost.violations


def verify_distributed(distributed: Any, source: Any, network: Any = None) -> Judged:
    """Verify a distributed program that another compiler wrote, and count what it costs.

    `distributed`: its text, or the path of the file; for CUNQA also of a folder with a file for
    each node, for DISQCO a Qiskit circuit or the path of its QPY file. `source`: a circuit as
    `distribute` takes it. `network`: a network as `distribute` takes it, whose node k is the text's
    node k, or has the name of CUNQA's circuit; without one, links and room are not checked. Forms
    known: OpenQASM 3 of memQ's compiler, circuits of CUNQA, pytket-dqc and DISQCO.

    Raises `NotDistributed` or `InvalidProgram` for texts that are not understood,
    `CannotBeFollowed` where qubits cannot be told apart, because several are never measured.
    """
    known = network if isinstance(network, Network) or network is None else network_of(network)
    return judged_against(distributed, program_of(source).lower(show="returned"), known)


def judged_against(distributed: Any, source: Circuit, network: Network | None) -> Judged:
    """As `verify_distributed`; `source`: lowered, all its bits returned."""
    text, called = peer_text(distributed)
    if network is not None and is_cunqa(text):
        text = arranged(text, file_names([node.name for node in network.nodes]))
    program = read_peer(text, called)
    program = _by_qubits(program, source)
    cost = cost_of(program, network)
    found = _compared(_with_names(program, source), source)
    if cost.violations and found.verified and cost_of(program, None).violations:
        found = _without_meaning(found)
    form, nodes = program.form, program.n_nodes
    return Judged(form, nodes, found, cost, program.remarks, network is not None)


def is_distributed(text: str) -> bool:
    """Is it a form that `verify_distributed` reads?"""
    return any(is_it(text) for is_it, _ in _FORMS)


def read_peer(text: str, called: str) -> PeerProgram:
    """`NotDistributed` if the text is of no known form."""
    for is_it, read in _FORMS:
        if is_it(text):
            return read(text, called)
    raise NotDistributed(f"{called} is no distributed program of a known form")


def peer_text(given: Any) -> tuple[str, str]:
    """The text of a distributed program, and what it is called: of a file, of a folder of CUNQA's
    circuits, of a circuit of Qiskit or of a QPY file, with its instructions written out.
    `NotDistributed` or `NotQpy` for what cannot be read."""
    if is_path(given, ".qpy"):
        return written_out(read_qpy(given)), Path(given).name
    if _is_folder(given):
        return text_of_folder(Path(given)), Path(given).name
    if type(given).__module__.partition(".")[0] == "qiskit":
        return written_out(given), "<distributed>"
    is_file = isinstance(given, Path) or is_path(given) or _is_json_path(given)
    if not is_file:
        return str(given), "<distributed>"
    try:
        return read_bounded(given, MAX_CIRCUIT_BYTES).decode(), Path(given).name
    except (OSError, UnicodeDecodeError) as error:
        raise NotDistributed(f"{given} cannot be read: {error}") from None


def _is_folder(given: Any) -> bool:
    is_name = isinstance(given, Path) or (isinstance(given, str) and len(given) < LONGEST_PATH)
    try:
        return is_name and Path(given).is_dir()
    except (OSError, ValueError):
        return False


def _by_qubits(program: PeerProgram, source: Circuit) -> PeerProgram:
    """A text that calls its outcomes as `--emit memq` does, of a source that does not: outcome k
    is that of the k-th qubit that is measured."""
    if program.bits.keys() != {OUTCOME} or any(r.name == OUTCOME for r in source.bit_registers):
        return program
    steps = (
        replace(s, bit=("", s.bit[1])) if isinstance(s, PeerMeasure) else s for s in program.steps
    )
    said = "its `outcome` is taken to be of the source's measured qubits, in order"
    return replace(
        program, bits={}, steps=tuple(steps), outcomes=("qubit", program.bits[OUTCOME]),
        remarks=(*program.remarks, said),
    )  # fmt: skip


def _with_names(program: PeerProgram, source: Circuit) -> PeerProgram:
    """Outcomes without names as bits of the source."""
    if program.outcomes is None:
        return program
    by, number = program.outcomes
    names = [(r.name, k) for r in source.bit_registers for k in range(r.size)]
    measured = {r.attr: r.operands[0] for r in source.table if r.op.kind is Kind.MEASURE}
    order = sorted(measured, key=measured.__getitem__) if by == "qubit" else sorted(measured)
    if number != len(order):
        raise Refused(
            f"the distributed program has {number} outcomes, the source measures {len(order)} bits"
        )

    def named(step: PeerStep) -> PeerStep:
        if isinstance(step, PeerMeasure):
            return replace(step, bit=names[order[step.bit[1]]])
        if isinstance(step, PeerGate) and step.condition is not None:
            return replace(step, condition=(order[step.condition[0]], step.condition[1]))
        return step

    bits = {r.name: r.size for r in source.bit_registers}
    return replace(program, bits=bits, steps=tuple(named(s) for s in program.steps))


def _is_json_path(given: Any) -> bool:
    return isinstance(given, str) and "\n" not in given and given.endswith(".json")


def _compared(program: PeerProgram, source: Circuit) -> Verification:
    registers = source.bit_registers
    sizes = {r.name: r.size for r in registers}
    if not sizes:
        raise Refused("the source measures nothing: measure the qubits whose outcomes count")
    for name, size in program.bits.items():
        if sizes.get(name) != size:
            raise Refused(f"bits `{name}` of the distributed program are not those of the source")
    first = dict(zip(sizes, accumulate((0, *sizes.values())), strict=False))
    text = written_as_source(program, source, first)
    written = program_of(text).lower(show="returned")
    found = compare_sources(source, written, thorough=False)
    if found.verified or found.refuted:
        return found
    return Verification((*found.checks, _by_outcomes(source, written)))


def _without_meaning(found: Verification) -> Verification:
    """Of a program that breaks rules whatever the network: what it does is not what stands there
    once its communication is taken away, and that alone was compared."""
    said = "not decided: equal if it kept the rules, which it breaks"
    return Verification(
        tuple(replace(c, equal=None, detail=said) if c.equal else c for c in found.checks)
    )


def _by_outcomes(source: Circuit, written: Circuit) -> Check:
    """What one outcome after another says, where every bit is measured once: two programs that
    give it different probabilities differ."""
    for circuit in (source, written):
        bits = [row.attr for row in circuit.table if row.op.kind is Kind.MEASURE]
        if len(set(bits)) < len(bits) or circuit.table.codes("reset").any():
            return Check(_OUTCOMES, None, "not tried, a bit is measured twice or a qubit reset")
    if not sampled.affordable(source, written):
        return Check(_OUTCOMES, None, "not tried, the program is too large for it")
    values = random_slot_values(source.values, 1)
    for seed in range(1, 1 + DRAWS):
        mine, theirs = sampled.outcome_probabilities(source, written, values, seed)
        if abs(mine - theirs) > sampled.TOLERANCE * max(mine, theirs):
            said = f"seed {seed}: an outcome has probability {mine:.6g}, and {theirs:.6g} here"
            return Check(_OUTCOMES, False, said)
    return Check(_OUTCOMES, None, f"no difference found, {DRAWS} outcomes")
