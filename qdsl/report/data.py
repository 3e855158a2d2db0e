"""The report of one compile (and run): plain data with a JSON form, no rendering here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, asdict, fields, is_dataclass
from math import isfinite
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from qdsl.analysis.arrivals import Arrivals
from qdsl.analysis.cost import Cost
from qdsl.analysis.error_budget import ErrorBudget, LineErrors
from qdsl.analysis.findings import Advantage, Baselines, MoreRoom, Privacy, Scaling, ShotBudget
from qdsl.analysis.placement import QubitPlacement
from qdsl.analysis.time_use import TimeUse
from qdsl.bounds.result import Optimality
from qdsl.diagnostics.request_error import Refused
from qdsl.driver.pass_manager import StageCounts
from qdsl.hardware.facts import HardwareFacts
from qdsl.ir.stages import Circuit
from qdsl.network.network import Network
from qdsl.objectives.outcome import ObjectiveOutcome
from qdsl.plugins.registry import PluginFacts
from qdsl.records import dataclass
from qdsl.report.former import renewed
from qdsl.run.result import RunResult
from qdsl.verify.result import Verification

SCHEMA = "qdsl-report/2"
MAX_FLOAT = 1 << 1000  # of integers that stand for a float


@dataclass(frozen=True, slots=True)
class DisclosureFacts:
    """A classical disclosure: a `reveal`."""

    value: str
    owner: str
    to: str
    bits: int


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the report comes from: versions, source hash (SHA-256), options, and the plug-ins that
    had a part in the compilation. No times. `files`: what the source names and is read with it
    (modules, imported circuits, networks, graphs), by relative path, with SHA-256.
    `is_search_ended`: True where somebody ended the search for a placement early."""

    qdsl: str
    source: str
    sha256: str
    model: str
    settings: tuple[tuple[str, int], ...]
    options: tuple[tuple[str, Any], ...]
    plugins: tuple[PluginFacts, ...] | None = None
    files: tuple[tuple[str, str], ...] = ()
    is_search_ended: bool | None = None


@dataclass(frozen=True, slots=True)
class ValueFacts:
    """A named vector of the program: role "data" or "param", its kind, shape and owner."""

    name: str
    role: str
    kind: str
    shape: tuple[int, ...]
    owner: str | None


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """The size of the source program."""

    name: str
    qubits: int
    bits: int
    operations: int
    values: tuple[ValueFacts, ...]


@dataclass(frozen=True, slots=True)
class PassFacts:
    """What one pass did. `seconds` are wall time: not in the JSON form, as they vary."""

    name: str
    before: StageCounts
    after: StageCounts
    seconds: float | None = None


_OPTIONAL = ("more_room", "error_budget", "arrivals", "time_use", "errors_by_line", "objective",
             "hardware")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """Everything said about one compiled program. Its JSON form is the same, byte for byte,
    for the same input, options and seed."""

    program: ProgramFacts
    network: Network
    cost: Cost
    verification: Verification
    disclosures: tuple[DisclosureFacts, ...]
    passes: tuple[PassFacts, ...]
    provenance: Provenance
    result: RunResult | None = None
    shot_budget: ShotBudget | None = None
    baselines: Baselines | None = None
    advantage: Advantage | None = None
    privacy: Privacy | None = None
    scaling: Scaling | None = None
    optimality: Optimality | None = None
    placement: tuple[QubitPlacement, ...] | None = None
    more_room: MoreRoom | None = None
    error_budget: ErrorBudget | None = None
    arrivals: Arrivals | None = None
    time_use: TimeUse | None = None
    errors_by_line: tuple[LineErrors, ...] | None = None
    objective: ObjectiveOutcome | None = None
    hardware: HardwareFacts | None = None

    def to_json(self) -> dict[str, Any]:
        """JSON-ready; `docs/reference/report.schema.json` is its schema."""
        plain = asdict(self)
        for p in plain["passes"]:
            del p["seconds"]
        plain["verification"]["verified"] = self.verification.verified
        if not self.provenance.files:
            del plain["provenance"]["files"]
        if not self.verification.imports:
            del plain["verification"]["imports"]
        if self.optimality is not None and not self.optimality.left_out:
            del plain["optimality"]["left_out"]
        for name in _OPTIONAL:
            if plain[name] is None:
                del plain[name]
        for name in ("expected_makespan_ns", "online"):
            if plain["cost"][name] is None:
                del plain["cost"][name]
        for name in ("simulation", "settings"):
            if self.result is not None and getattr(self.result, name) is None:
                del plain["result"][name]
        for member in (*plain["network"]["nodes"], *plain["network"]["links"]):
            if member["model"] is None:
                del member["model"]
            for name in ("device", "comm_at"):
                _without(member.get("model", {}), name)
        for name in ("plugins", "is_search_ended"):
            _without(plain["provenance"], name)
        for name in ("sizes", "way"):
            _without(plain.get("advantage") or {}, name)
        _without(plain["network"], "comm_limit")
        for link in plain["network"]["links"]:
            _without(link, "distilled")
            _without(link.get("model", {}), "distillation")
        for name in ("distilled", "raw_pairs", "shortest_ns", "longest_ns", "histogram"):
            _without(plain.get("arrivals", {}), name)
        return {"schema": SCHEMA, **plain}

    @staticmethod
    def from_json(document: Any) -> Report:
        """The report that `to_json` wrote, in this version or an earlier one. `NotAReport` if it is
        something else."""
        document = renewed(document, SCHEMA)
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise NotAReport(f"this is not a {SCHEMA} document")
        report = _decoded(Report, document, "report")
        assert isinstance(report, Report)
        misfit = next(_misfits(report), None)
        if misfit is not None:
            raise NotAReport(f"report.{misfit}")
        return report


def _without(members: dict[str, Any], name: str) -> None:
    """What is not there is not said."""
    if members.get(name) is None:
        members.pop(name, None)


class NotAReport(Refused):
    """A document is no report, or one of another version."""


def program_facts(circuit: Circuit) -> ProgramFacts:
    values = tuple(
        ValueFacts(v.name, v.role, v.kind, v.shape, v.owner) for v in circuit.values.vectors
    )
    return ProgramFacts(circuit.name, circuit.n_qubits, circuit.n_bits, len(circuit.table), values)


def disclosures_of(circuit: Circuit, network: Network) -> tuple[DisclosureFacts, ...]:
    nodes = network.nodes
    return tuple(
        DisclosureFacts(d.vector, nodes[d.owner].name, nodes[d.to].name, d.bits)
        for d in circuit.disclosures
    )


def _misfits(report: Report) -> Iterator[str]:
    """What of a report does not fit the rest of it, so that it could not be shown."""
    names = {node.name for node in report.network.nodes}
    there = range(len(report.network.nodes))
    for k, link in enumerate(report.network.links):
        if link.a not in there or link.b not in there or link.a == link.b:
            yield f"network.links[{k}] does not join two of the network's nodes"
    for k, cost in enumerate(report.cost.links):
        if not {cost.a, cost.b} <= names:
            yield f"cost.links[{k}] names a node that the network has not"
    if not all(qubit.residences for qubit in report.placement or ()):
        yield "placement has a qubit that is at no node"
    if report.result is not None:
        yield from (f"result.{misfit}" for misfit in _misfits_of_run(report.result))


def _misfits_of_run(result: RunResult) -> Iterator[str]:
    """A training says of every step what it took; a share is between 0 and 1."""
    t = result.training
    if t is not None:
        lengths = {len(t.executions), len(t.ebits), len(t.classical_bits)}
        if len(t.losses) != t.steps or lengths not in ({0}, {t.steps}):
            yield f"training is not of {t.steps:,} steps everywhere"
    if result.accuracy is not None and not 0 <= result.accuracy <= 1:
        yield "accuracy is no share"
    for k, output in enumerate(result.outputs):
        if (output.success is None) != (output.scale is None):
            yield f"outputs[{k}] has one of 'success' and 'scale'"


def _decoded(kind: Any, value: Any, where: str) -> Any:
    """`value`, as it came out of JSON, as the type `kind`; NotAReport if it is not one."""
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return tuple(value) if isinstance(value, list) else value
    if is_dataclass(kind):
        return _decoded_fields(kind, value, where)
    if origin is UnionType:
        options = [a for a in arguments if a is not NoneType]
        return None if value is None else _decoded(options[0], value, where)
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise NotAReport(f"{where} is no list")
        kinds = [arguments[0]] * len(value) if arguments[-1] is ... else arguments
        if len(kinds) != len(value):
            raise NotAReport(f"{where} has {len(value)} entries, not {len(kinds)}")
        pairs = zip(kinds, value, strict=True)
        return tuple(_decoded(k, v, f"{where}[{i}]") for i, (k, v) in enumerate(pairs))
    if origin is dict:
        if not isinstance(value, dict):
            raise NotAReport(f"{where} is no object")
        return {str(k): _decoded(arguments[1], v, f"{where}.{k}") for k, v in value.items()}
    if kind is float and isinstance(value, int) and abs(value) <= MAX_FLOAT:
        return float(value)
    if isinstance(value, float) and not isfinite(value):
        raise NotAReport(f"{where} is no finite number")
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise NotAReport(f"{where} is no {kind.__name__}")
    return value


def _decoded_fields(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise NotAReport(f"{where} is no object")
    hints = get_type_hints(kind)
    given = {}
    for f in fields(kind):
        if f.name in value:
            given[f.name] = _decoded(hints[f.name], value[f.name], f"{where}.{f.name}")
        elif f.default is MISSING:
            raise NotAReport(f"{where} has no '{f.name}'")
    try:
        return kind(**given)
    except (ValueError, IndexError, ArithmeticError) as problem:  # of what links distil
        raise NotAReport(f"{where} is not possible: {problem}") from None
