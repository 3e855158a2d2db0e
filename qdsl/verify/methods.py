"""Compares a compiled program with its source by every method that fits its size."""

from __future__ import annotations

from dataclasses import replace

from qdsl.ir.random_values import random_slot_values
from qdsl.ir.stages import (
    Circuit,
    DistributedCircuit,
    Expectation,
    Output,
    Register,
    Sample,
    ScheduledCircuit,
)
from qdsl.verify.result import FROM_ZERO, AdvisedCheck, Check, Verification
from qdsl.verify.simulation import clifford, sampled
from qdsl.verify.simulation.branch import Unmatched, is_certain
from qdsl.verify.simulation.channel import affordable, equal_channels
from qdsl.verify.translation import validate, validate_circuits

DRAWS = 3
SEEDS = range(1, 1 + DRAWS)
QUICK_WORK = 2 * 10**6  # operations times qubits that stim goes through in tenths of a second


def compare(source: Circuit, program: ScheduledCircuit, thorough: bool = False) -> Verification:
    """Translation validation at any size, exact simulation where it is small, and where it is
    not, Clifford instances and random inputs where they are quick, or always if `thorough`.

    Translation validation that finds no proof is no disproof: it is then reported as undecided,
    and the simulations, where they fit, decide.
    """
    checks = [_by_validation(source, program), _by_simulation(source, program)]
    is_small = affordable(source, program)
    if thorough or not is_small:
        checks += _by_instances(source, program, thorough)
        checks += _by_random_inputs(source, program.distributed, thorough)
    return Verification(tuple(checks))


def compare_sources(left: Circuit, right: Circuit, thorough: bool = True) -> Verification:
    """Are two circuits one program, which begins in |0...0> and of which only the qubits are seen
    at the end? What their bits say has to be on qubits (`qdsl.language.lowering.context.Show`).
    Their vectors must go by the same names and sizes. Not `thorough`: simulations are tried only
    where there is no proof."""
    silent = _keeps_bits(left, right) or _keeps_bits(right, left)
    left, right = _with_bits(left, right.n_bits), _with_bits(right, left.n_bits)
    left, right = _with_scratch(left, right), _with_scratch(right, left)
    sizes = [(c.n_qubits - c.n_results - c.has_scratch, c.n_results) for c in (left, right)]
    if sizes[0] != sizes[1]:
        found = [f"{qubits} qubits and {bits} bits" for qubits, bits in sizes]
        facts = ("interface", False, " against ".join(found))
        return Verification((AdvisedCheck(*facts, _RETURN_BITS) if silent else Check(*facts),))
    mine, theirs = ([(v.name, v.shape) for v in c.values.vectors] for c in (left, right))
    if mine != theirs:
        named = [", ".join(name for name, _ in vectors) or "none" for vectors in (mine, theirs)]
        return Verification((Check("interface", False, f"vectors {named[0]} against {named[1]}"),))
    verdict = validate_circuits(left, right)
    detail = verdict.detail if verdict.equal else f"no proof found: {verdict.detail}"
    checks = [Check("normal form", True if verdict.equal else None, detail)]
    if verdict.equal and not thorough:
        return Verification(tuple(checks))
    if affordable(left, right):
        checks.append(_by_states(left, right))
    else:
        checks.append(Check(_SIMULATION, None, "not tried, the programs are too large for it"))
        checks += _by_random_inputs(left, right, True)
        if checks[-1].equal is False:
            checks[-1] = _from_zero(left, right, checks[-1])
    return Verification(tuple(checks))


def _from_zero(left: Circuit, right: Circuit, elsewhere: Check) -> Check:
    """What a difference from other inputs says of two programs without measurements."""
    values = random_slot_values(left.values, SEEDS[0])
    if sampled.distance(left, right, values, SEEDS[0], from_zero=True) > sampled.TOLERANCE:
        return replace(elsewhere, detail=f"{elsewhere.detail}; from |0...0> too")
    detail = f"no difference found from |0...0>; from other inputs {elsewhere.detail}"
    return Check(_INPUTS, None, detail)


def _by_states(left: Circuit, right: Circuit) -> Check:
    """Exact simulation of two sources: of the channel, and where that differs from |0...0>, in
    which every program begins."""
    found = equal_channels(left, right, shown_bits=False)
    more = ""
    if not found.equal and found.method == "choi":
        found = equal_channels(left, right, shown_bits=False, method="state")
        more = "; from other inputs they differ" * found.equal
    undecided = found.detail.startswith("undecided")
    same = f"trace distance below {found.tolerance:g}{more}"
    equal = True if found.equal else None if undecided else False
    method = f"{_SIMULATION} {_HOW[found.method]}"
    return Check(method, equal, same if found.equal else found.detail)


def _keeps_bits(circuit: Circuit, other: Circuit) -> bool:
    """Whether it has the bits that the other one returns, and returns fewer."""
    return circuit.n_results < other.n_results <= circuit.n_bits


def _with_scratch(circuit: Circuit, other: Circuit) -> Circuit:
    """With a scratch qubit if the other one has any: they end in |0>."""
    if circuit.has_scratch or not other.has_scratch:
        return circuit
    more = Register("scratch", circuit.n_qubits, 1)
    return replace(circuit, registers=(*circuit.registers, more), has_scratch=True)


def _with_bits(circuit: Circuit, n_bits: int) -> Circuit:
    """The circuit with at least so many bits: those that the other one has are never written."""
    missing = n_bits - circuit.n_bits
    if missing <= 0:
        return circuit
    more = Register("unwritten", circuit.n_bits, missing)
    return replace(circuit, bit_registers=(*circuit.bit_registers, more))


def compare_returns(left: Circuit, right: Circuit) -> Check:
    """Do two programs return the same things? `to` and the order of terms do not count."""
    mine, theirs = left.outputs, right.outputs
    if len(mine) != len(theirs):
        return Check(_RETURNS, False, f"{len(mine)} outputs against {len(theirs)}")
    for k, pair in enumerate(zip(mine, theirs, strict=True), 1):
        one, other = (_plain(output) for output in pair)
        if one != other:
            return Check(_RETURNS, False, f"output {k} is not what the other one returns")
    return Check(_RETURNS, None, "the same")


def _plain(output: Output) -> Output:
    match output:
        case Expectation(terms=terms):
            in_order = tuple(sorted(terms, key=lambda t: (t.paulis, t.coefficient)))
            return replace(output, terms=in_order, span=None)
        case Sample():
            return replace(output, to=None, span=None)
    return replace(output, span=None)


def untried(why: str) -> Verification:
    return Verification((Check("comparison", None, why),))


def _by_validation(source: Circuit, program: ScheduledCircuit) -> Check:
    verdict = validate(source, program.distributed)
    detail = verdict.detail if verdict.equal else f"no proof found: {verdict.detail}"
    return Check(verdict.method, True if verdict.equal else None, detail)


def _by_simulation(source: Circuit, program: ScheduledCircuit) -> Check:
    if not affordable(source, program):
        return Check(_SIMULATION, None, "not tried, the program is too large for it")
    verdict = equal_channels(source, program)
    method = f"{_SIMULATION} {_HOW[verdict.method]}"
    if verdict.equal:  # the distance itself is rounding, another on every machine
        return Check(method, True, f"trace distance below {verdict.tolerance:g}")
    return Check(method, None if verdict.detail.startswith("undecided") else False, verdict.detail)


def _by_instances(source: Circuit, program: ScheduledCircuit, thorough: bool) -> list[Check]:
    """Angles set to multiples of pi/2 by seed, all inputs at once. No proof for other angles."""
    made = program.distributed
    work = (len(source.table) + len(made.table)) * source.n_qubits
    if not thorough and (work > QUICK_WORK or not clifford.installed()):
        return []
    if not clifford.installed():
        return [Check(_INSTANCES, None, "not tried, it needs the extra clifford")]
    if not clifford.affordable(source, made):
        return [Check(_INSTANCES, None, "not tried, the program is too large for it")]
    for seed in SEEDS:
        values = clifford.instance(source, made, seed)
        if values is None:
            why = "not tried, not all operations become Clifford operations at multiples of pi/2"
            return [Check(_INSTANCES, None, why)] if thorough else []
        try:
            wrong = clifford.equal_instances(source, made, values, seed)
        except Unmatched:
            return [Check(_INSTANCES, None, "undecided: measurements cannot be told apart")]
        if wrong is not None:
            sure = is_certain(source)
            return [Check(_INSTANCES, False if sure else None, f"seed {seed}: {wrong}")]
    agree = f"stabilisers and outcomes agree exactly, seeds 1 to {DRAWS}, from all inputs"
    return [Check(_INSTANCES, None, f"no difference found: {agree}")]


def _by_random_inputs(
    source: Circuit, made: Circuit | DistributedCircuit, thorough: bool
) -> list[Check]:
    if not sampled.affordable(source, made, 1.0 if thorough else 2.0**-8):
        return [Check(_INPUTS, None, "not tried, the program is too large for it")] * thorough
    for seed in SEEDS:
        values = random_slot_values(source.values, seed)
        try:
            found = sampled.distance(source, made, values, seed)
        except Unmatched:
            return [Check(_INPUTS, None, "undecided: measurements cannot be told apart")]
        if found > sampled.TOLERANCE:
            sure = is_certain(source)
            detail = f"seed {seed}: trace distance {found:.3g}"
            return [Check(_INPUTS, False if sure else None, detail)]
    near = f"trace distance below {sampled.TOLERANCE:g}, seeds 1 to {DRAWS}, one branch each"
    return [Check(_INPUTS, None, f"no difference found: {near}")]


_SIMULATION = "exact simulation"
_RETURNS = "returns"
_INSTANCES = "Clifford instances by stim"
_INPUTS = "random inputs"
_RETURN_BITS = (
    "only bits that are returned are compared: let both programs return the same ones, as in "
    "`return sample(c)`"
)
_HOW = {"choi": "of the channel", "state": FROM_ZERO}
