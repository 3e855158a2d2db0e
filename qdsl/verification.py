"""Compares a compiled program with its source by every method that fits its size."""

from __future__ import annotations

from qdsl.ir.stages import Circuit, ScheduledCircuit
from qdsl.report.data import Check, Verification
from qdsl.simulation.channel import affordable, equal_channels
from qdsl.validate import validate


def compare(source: Circuit, program: ScheduledCircuit) -> Verification:
    """Translation validation at any size, exact simulation where it is small.

    Translation validation that finds no proof is no disproof: it is then reported as undecided,
    and the simulation, where it fits, decides.
    """
    return Verification((_by_validation(source, program), _by_simulation(source, program)))


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


_SIMULATION = "exact simulation"
_HOW = {"choi": "of the channel", "state": "from |0...0>"}
