"""The passes, found by their file names, and the loop that runs, verifies, times and counts them.

`passes/schedule/schedule.py` holds one frozen dataclass `Schedule` and is the pass `schedule`: the
name of the folder (or of a single file `passes/NAME.py`) is the registry. The annotations of `run`
are the pass's contract, the dataclass's fields are its options. A name that is not there may be
that of a plug-in (`qdsl.plugins`).
"""

from __future__ import annotations

import importlib
import pkgutil
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from time import perf_counter
from typing import Any, Protocol, get_type_hints

from qdsl.diagnostics.diagnostic import InternalError, InvalidProgram
from qdsl.diagnostics.request_error import Refused, of_type
from qdsl.ir.batch import CircuitBatch
from qdsl.ir.rules import verify
from qdsl.ir.stages import Circuit, DistributedCircuit, PlacedCircuit, ScheduledCircuit, Stage
from qdsl.plugins.registry import Plugin, guarded, loaded, misfit, plugin, plugin_names
from qdsl.records import dataclass

STAGES = frozenset((Circuit, PlacedCircuit, DistributedCircuit, ScheduledCircuit, CircuitBatch))
DEFAULT_PASSES = ("canonicalize", "partition", "insert-communication", "schedule")


class Pass(Protocol):
    """What a pass looks like from outside; `run` takes one stage and returns one."""

    name: typing.ClassVar[str]

    def run(self, ir: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class PassOption:
    """One option of a pass: a field of its dataclass."""

    name: str
    type: Any  # bool, int, float, str, or a Literal of strings
    default: Any
    help: str

    @property
    def choices(self) -> tuple[str, ...]:
        """The values there are, where they are listed."""
        return typing.get_args(self.type)

    def refusal(self, value: Any) -> str | None:
        """Why a value is no value of this option."""
        if self.choices:
            return None if value in self.choices else f"it is {' or '.join(self.choices)}"
        if isinstance(value, bool) and self.type is not bool:
            return f"it is of type {self.type.__name__}"
        fits = isinstance(value, int | float if self.type is float else self.type)
        if not fits:
            return f"it is of type {self.type.__name__}"
        return "it is at least 0" if self.type is int and value < 0 else None


@dataclass(frozen=True, slots=True)
class PassEntry:
    """A pass as the registry knows it. `plugin`: None for a pass of qdsl."""

    name: str
    make: type[Any]
    source: type[Any]
    target: type[Any]
    options: tuple[PassOption, ...]
    doc: str
    plugin: Plugin | None = None


@dataclass(frozen=True, slots=True)
class StageCounts:
    """What a stage costs, as far as it can be seen at that stage. None: not yet known."""

    operations: int
    multi_qubit: int
    ebits: int | None
    makespan_ns: int | None


@dataclass(frozen=True, slots=True)
class PassRecord:
    """What one pass did. `seconds` are wall time and vary from run to run."""

    name: str
    seconds: float
    verify_seconds: float
    before: StageCounts
    after: StageCounts


class PassFailure(InternalError):
    """A pass broke an invariant; carries its input, so that the failure can be reproduced."""

    def __init__(self, error: InternalError, before: Stage) -> None:
        super().__init__(error.stage, error.rule, error.detail)
        self.before = before


class UnknownPass(Refused):
    """There is no such pass, or the passes do not fit one after another."""


class UnknownPassOption(Refused):
    """No pass has such an option, or the option has no such value."""


def pass_names() -> tuple[str, ...]:
    """The names of all passes of qdsl; reads file names only, imports none."""
    import qdsl.passes

    found = (m.name for m in pkgutil.iter_modules(qdsl.passes.__path__))
    return tuple(sorted(n.replace("_", "-") for n in found if not n.startswith("_")))


def find_pass(name: str) -> PassEntry:
    """The pass of that name, a plug-in if qdsl has none. UnknownPass if there is none."""
    if name not in pass_names():
        return _of_plugin(name)
    snake = name.replace("-", "_")
    module = importlib.import_module(f"qdsl.passes.{snake}")
    if hasattr(module, "__path__"):
        module = importlib.import_module(f"qdsl.passes.{snake}.{snake}")
    return _entry(name, getattr(module, "".join(part.capitalize() for part in snake.split("_"))))


def _of_plugin(name: str) -> PassEntry:
    found = plugin("pass", name)
    if found is None:
        there = ", ".join((*pass_names(), *plugin_names("pass")))
        raise UnknownPass(f"no pass is called '{name}'; there are {there}")
    make = loaded(found)
    if not (isinstance(make, type) and is_dataclass(make)):
        raise misfit(found, "a pass is a data class")
    if getattr(make, "name", None) != name:
        raise misfit(found, f"its `name` is not '{name}'")
    try:
        entry = _entry(name, make, found)
    except (AttributeError, KeyError, NameError, TypeError):
        raise misfit(found, "`run(self, ir)` says by annotations what it takes and gives") from None
    stages = typing.get_args(entry.source) or (entry.source,)
    if not {*stages, entry.target} <= STAGES:
        raise misfit(found, "`run` takes and gives stages of `qdsl.ir.stages`")
    return entry


def _entry(name: str, make: type[Any], found: Plugin | None = None) -> PassEntry:
    hints = get_type_hints(make.run)
    field_types = get_type_hints(make)
    options = tuple(
        PassOption(f.name, field_types[f.name], f.default, f.metadata.get("help", ""))
        for f in fields(make)
        if f.default is not MISSING
    )
    return PassEntry(name, make, hints["ir"], hints["return"], options, make.__doc__ or "", found)


def configured(name: str, options: Mapping[str, Any]) -> Pass:
    """A pass with those of `options` that it has. UnknownOption for a value of another kind."""
    entry = find_pass(name)
    mine = [o for o in entry.options if o.name in options]
    for option in mine:
        why = option.refusal(options[option.name])
        if why is not None:
            raise UnknownPassOption(
                f"'{options[option.name]}' is no {option.name} of '{name}': {why}"
            )
    with guarded(entry.plugin):
        return typing.cast(Pass, entry.make(**{o.name: options[o.name] for o in mine}))


def check_options(names: Sequence[str], options: Mapping[str, Any]) -> None:
    """UnknownOption if none of the passes has one of the options."""
    known = {o.name for name in names for o in find_pass(name).options}
    unknown = sorted(set(options) - known)
    if unknown:
        there = ", ".join(sorted(known)) or "none"
        raise UnknownPassOption(
            f"no pass that is run has an option '{unknown[0]}'; there are {there}"
        )


def check_order(names: Sequence[str], first: type[Any] = Circuit) -> None:
    """UnknownPass if a pass would get a stage that it does not take."""
    stage = first
    of_type(names, (list, tuple), "passes", 'a list of names, such as ["canonicalize"]')
    for name in names:
        entry = find_pass(name)
        taken = typing.get_args(entry.source) or (entry.source,)
        if stage not in taken:
            wanted = " or ".join(t.__name__ for t in taken)
            raise UnknownPass(f"'{name}' takes a {wanted}, and would get a {stage.__name__}")
        stage = entry.target


def counts(stage: Stage | CircuitBatch) -> StageCounts:
    """What can be counted at this stage."""
    if isinstance(stage, CircuitBatch):
        parts = [counts(stage.template(k)) for k in range(len(stage.jobs))]
        operations, many = (sum(p.operations for p in parts), sum(p.multi_qubit for p in parts))
        return StageCounts(operations, many, None, None)
    table = _table(stage)
    multi = int(((table.arity > 1) & ~table.codes("barrier", "ebit", "move")).sum())
    known = isinstance(stage, DistributedCircuit | ScheduledCircuit)
    ebits = int(table.codes("ebit").sum()) if known else None
    makespan = stage.makespan_ns if isinstance(stage, ScheduledCircuit) else None
    return StageCounts(len(table), multi, ebits, makespan)


def _table(stage: Stage) -> Any:
    if isinstance(stage, PlacedCircuit):
        return stage.circuit.table
    if isinstance(stage, ScheduledCircuit):
        return stage.distributed.table
    return stage.table


def run_passes(
    circuit: Circuit,
    passes: Sequence[Pass],
    after_each: Callable[[str, Stage], None] | None = None,
) -> tuple[Stage, tuple[PassRecord, ...]]:
    """Run `passes` in order, verifying the circuit first and every result.

    `after_each(pass_name, result)` is called after each pass. Raises what a pass raises
    (`InvalidProgram` for infeasible input) and `PassFailure` for a broken invariant.
    """
    verify(circuit, "lower")
    stage: Stage = circuit
    records: list[PassRecord] = []
    for p in passes:
        stage, record = _run_one(p, stage)
        records.append(record)
        if after_each is not None:
            after_each(p.name, stage)
    return stage, tuple(records)


def _verify(stage: Stage | CircuitBatch, made_by: str) -> None:
    """The rules of the stage; of a batch, those of all its templates."""
    if isinstance(stage, CircuitBatch):
        for k in range(len(stage.jobs)):
            verify(stage.template(k), made_by)
    else:
        verify(stage, made_by)


def _plugin_of(p: Pass) -> Plugin | None:
    """The plug-in that a pass comes from."""
    return None if p.name in DEFAULT_PASSES or p.name in pass_names() else plugin("pass", p.name)


def applied(p: Pass, stage: Any) -> Any:
    """What a pass makes of a stage, not verified; a plug-in's exception is its failure."""
    with guarded(_plugin_of(p)):
        return p.run(stage)


def _run_one(p: Pass, before: Stage) -> tuple[Stage, PassRecord]:
    start = perf_counter()
    try:
        with guarded(_plugin_of(p)):
            after: Stage = p.run(before)
            done = perf_counter()
            _verify(after, p.name)
    except (InvalidProgram, Refused, MemoryError):
        raise
    except InternalError as error:
        raise PassFailure(error, before) from error
    except Exception as error:
        what = InternalError(p.name, "ends-without-exception", f"{type(error).__name__}: {error}")
        raise PassFailure(what, before) from error
    verified = perf_counter()
    return after, PassRecord(p.name, done - start, verified - done, counts(before), counts(after))
