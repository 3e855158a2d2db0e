"""The Python API: load a program, compile it, report on it, run it, emit it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qdsl import __version__
from qdsl.diagnostics.diagnostic import Diagnostic as Diagnostic
from qdsl.diagnostics.diagnostic import InvalidProgram as InvalidProgram
from qdsl.diagnostics.diagnostic import Severity
from qdsl.diagnostics.request_error import Refused, by_name, of_type, values_by_name
from qdsl.diagnostics.source import Source
from qdsl.diagnostics.warning import ProgramWarning as ProgramWarning
from qdsl.drawing.network_map import network_picture
from qdsl.driver.emitted import EmittedProgram
from qdsl.driver.pass_manager import (
    DEFAULT_PASSES,
    PassRecord,
    check_options,
    check_order,
    run_passes,
)
from qdsl.files.reading import folder_of
from qdsl.hardware.devices_of_program import DeviceProgram
from qdsl.ir.search_watch import SearchWatch as SearchWatch
from qdsl.ir.search_watch import is_over
from qdsl.language.check import Checked, Experiment, check_source
from qdsl.network.network import Network, one_device
from qdsl.records import dataclass
from qdsl.report.asked import AskedCompiled, AskedProgram
from qdsl.report.shown import ShownCompiled, ShownProgram, shown_in_notebooks
from qdsl.run.cutting.cuttable import CuttableProgram

if TYPE_CHECKING:
    import numpy.typing as npt

    from qdsl.analysis.assess import Assessment
    from qdsl.analysis.cost import Cost
    from qdsl.ir.stages import Circuit, ScheduledCircuit, Stage
    from qdsl.objectives.outcome import ObjectiveOutcome
    from qdsl.report.data import Report
    from qdsl.run.jax_function import ExactFunction
    from qdsl.run.job import Inputs, RunJob
    from qdsl.run.prediction import Prediction
    from qdsl.run.result import RunResult
    from qdsl.verify.result import Check, Verification

Values = Mapping[str, "npt.ArrayLike"]


class UsageError(Refused):
    """What was asked for does not exist in the program: a model, experiment, network, setting."""


def load(path: str | Path, folders: Sequence[Path] = ()) -> Program:
    """Read and check a `.qdm` file. InvalidProgram if it has errors.

    Files that the program names are read only inside its own folder and `folders`.
    """
    from qdsl.language.parser.parse import read_source

    of_type(path, (str, PathLike), "path", "the path of a `.qdm` file")
    allowed = (folder_of(path), *folders)
    return _checked(read_source(path), allowed)


def loads(text: str, name: str = "<text>", folders: Sequence[Path] = ()) -> Program:
    """Check a program given as text; it may read files only inside `folders`."""
    text = of_type(text, str, "text", "the text of a program, or its file to `load`")
    return _checked(Source(name, text), tuple(folders))


def _checked(source: Source, folders: tuple[Path, ...]) -> Program:
    checked, diagnostics = check_source(source, folders)
    errors = any(d.severity is Severity.ERROR for d in diagnostics)
    if checked is None or errors:
        raise InvalidProgram(diagnostics)
    return Program(checked, source, folders, diagnostics)


@dataclass(frozen=True)
class Program(ShownProgram, AskedProgram):
    """A checked program. `warnings` are the diagnostics that did not stop it."""

    checked: Checked
    source: Source
    folders: tuple[Path, ...]
    warnings: tuple[Diagnostic, ...]

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(self.checked.models)

    @property
    def experiments(self) -> tuple[str, ...]:
        return tuple(self.checked.experiments)

    def experiment(self, name: str) -> Experiment:
        """The experiment of that name; UsageError if there is none."""
        found: Experiment = _named("experiment", self.checked.experiments, name)
        return found

    def experiments_of(self, model: str) -> tuple[str, ...]:
        """The experiments of one model, in the order of the file."""
        return tuple(n for n, e in self.checked.experiments.items() if e.model == model)

    def only_experiment(self, model: str) -> str | None:
        """The one that is meant where none is named: the only one of the model, None if it has
        none. UsageError if there are several."""
        names = self.experiments_of(model)
        if len(names) > 1:
            raise UsageError(f"name an experiment: '{model}' has {', '.join(names)}")
        return names[0] if names else None

    def model_of(self, model: str | None, experiment: str | None) -> str:
        """The model meant: the one named, the experiment's, or the only one of the file."""
        if experiment is not None:
            return self.experiment(experiment).model
        if model is not None:
            _named("model", self.checked.models, model)
            return model
        if len(meant := self.checked.own_models or self.models) != 1:
            raise UsageError(f"name a model: there are {', '.join(meant) or 'none'}")
        return meant[0]

    def lower(
        self,
        model: str | None = None,
        *,
        experiment: str | None = None,
        settings: Mapping[str, int] | None = None,
        network: str | Network | Any = None,
        show: str = "held",
    ) -> Circuit:
        """The source circuit of a model. Settings come from the model's defaults, then the
        experiment, then `settings`; `network` (a name, a `Network`, a NetworkX graph) replaces the
        model's own. `show`: what returned bits are read from (`lowering.context.Show`)."""
        from qdsl.language.lowering.context import Show
        from qdsl.language.lowering.lower import lower

        name = self.model_of(model, experiment)
        known = set(self.checked.models[name].parameters)
        given = self._settings(experiment, settings)
        if unknown := [n for n in settings or () if n not in known]:
            there = ", ".join(sorted(known)) or "none"
            raise UsageError(f"'{name}' has no parameter '{min(unknown, key=str)}'; it has {there}")
        circuit = lower(self.checked, name, given, self._network(network), Show(show))
        own = circuit.network or one_device(circuit.n_qubits)
        return replace(circuit, network=own)

    def expectation(
        self,
        params: Values,
        data: Values | None = None,
        *,
        model: str | None = None,
        experiment: str | None = None,
        settings: Mapping[str, int] | None = None,
    ) -> Any:
        """The exact outputs of a model as a pure function for JAX; see `Compiled.expectation`."""
        key = (model, experiment, tuple(sorted((settings or {}).items())))
        if key not in self._functions:
            from qdsl.run.jax_function import ExactFunction

            circuit = self.lower(model, experiment=experiment, settings=settings)
            self._functions[key] = ExactFunction(circuit)
        return self._functions[key](params, data)

    @cached_property
    def _functions(self) -> dict[Any, ExactFunction]:
        return {}

    def _settings(
        self, experiment: str | None, settings: Mapping[str, int] | None
    ) -> dict[str, int]:
        base = dict(self.experiment(experiment).settings) if experiment else {}
        return base | by_name(settings, "settings", '{"n": 2}')

    def _network(self, network: Any) -> Network | None:
        from qdsl.language.networks.network_graphs import given_network

        if not isinstance(network, str):
            return given_network(network)
        return _named("network", self.checked.networks, network)  # type: ignore[no-any-return]

    def compile(
        self,
        model: str | None = None,
        *,
        experiment: str | None = None,
        settings: Mapping[str, int] | None = None,
        network: str | Network | Any = None,
        passes: Sequence[str] = DEFAULT_PASSES,
        options: Mapping[str, Any] | None = None,
        verify: bool | None = None,
        after_each: Callable[[str, Stage], None] | None = None,
    ) -> Compiled:
        """Compile a model by `passes`, with `options` by name, such as `{"optimise": "makespan"}`.

        `verify`: compare the result with its source; None: up to 2,000,000 operations.
        Raises InvalidProgram where the program cannot be compiled for the network.
        """
        from qdsl.ir.stages import ScheduledCircuit
        from qdsl.objectives.passes import passes_for
        from qdsl.verify.translation import is_quick

        chosen = by_name(options, "options", '{"seed": 1}')
        check_order(passes)
        check_options(passes, chosen)
        circuit = self.lower(model, experiment=experiment, settings=settings, network=network)
        made, search = passes_for(passes, chosen)
        stage, records = run_passes(circuit, made, after_each)
        verify = is_quick(circuit) if verify is None else verify
        name, given = self.model_of(model, experiment), self._settings(experiment, settings)
        bound = {k: given.get(k, d) for k, d in self.checked.models[name].parameters.items()}
        return Compiled(
            program=self,
            model=name,
            experiment=experiment,
            circuit=circuit,
            stage=stage,
            passes=records,
            settings=tuple((k, v) for k, v in sorted(bound.items()) if v is not None),
            options=tuple(sorted(chosen.items())),
            wants_verification=bool(verify and isinstance(stage, ScheduledCircuit)),
            objective=search.outcome if search else None,
            is_search_ended=is_over() or None,
        )


def _named(kind: str, table: Mapping[str, Any], name: str) -> Any:
    if not isinstance(name, str) or name not in table:
        there = ", ".join(table) or "none"
        raise UsageError(f"there is no {kind} '{name}'; there are: {there}")
    return table[name]


@dataclass(frozen=True)
class Compiled(ShownCompiled, AskedCompiled, EmittedProgram, CuttableProgram, DeviceProgram):
    """A compiled model: its source circuit, the last stage reached, and what can be said of it."""

    program: Program
    model: str
    experiment: str | None
    circuit: Circuit
    stage: Stage
    passes: tuple[PassRecord, ...]
    settings: tuple[tuple[str, int], ...]
    options: tuple[tuple[str, Any], ...]
    wants_verification: bool
    objective: ObjectiveOutcome | None = None
    is_search_ended: bool | None = None  # True: early, by a `SearchWatch`

    @property
    def scheduled(self) -> ScheduledCircuit:
        """The final stage; UsageError if compilation was stopped before it."""
        from qdsl.ir.stages import ScheduledCircuit

        if not isinstance(self.stage, ScheduledCircuit):
            raise UsageError("the program was not compiled to its last stage")
        return self.stage

    @cached_property
    def verification(self) -> Verification:
        """The comparison with the source, made once."""
        from qdsl.verify.methods import compare, untried

        if not self.wants_verification:
            return untried("verification was not asked for")
        return replace(compare(self.circuit, self.scheduled), imports=self.imports)

    @cached_property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What a run would warn of: features of files far beyond an angle's range, or flat."""
        from qdsl.run.readiness import doubtful_features

        files = self.program.checked.folders
        return tuple(doubtful_features(self.circuit, self._experiment_meant(), files))

    @property
    def imports(self) -> tuple[Check, ...]:
        """Of every imported file, whether two readings of it are equal."""
        from qdsl.run.imported_files import read_twice

        return read_twice(self.program.checked)

    def expectation(self, params: Values, data: Values | None = None) -> Any:
        """The exact outputs of the source circuit: the only one, or a tuple of all.

        A pure function of arrays by name, for the caller's own `jax.jit`, `grad`, `vmap`, with
        the adjoint method as its derivative. It is the source that is evaluated; `verification`
        says whether the compiled program was proved equal to it.
        """
        return self._function(params, data)

    @cached_property
    def _function(self) -> ExactFunction:
        from qdsl.run.jax_function import ExactFunction

        return ExactFunction(self.circuit)

    @cached_property
    def cost(self) -> Cost:
        """The counts of one execution, made twice; InternalError if the two differ."""
        from qdsl.analysis.cost import cost
        from qdsl.analysis.recount import confirm

        counted = cost(self.scheduled)
        confirm(counted, self.scheduled)
        return counted

    def assess(
        self, epsilon: float | None = None, delta: float | None = None, batch: int | None = None
    ) -> Assessment:
        """Uses, classical baselines, verdict and privacy, to additive error `epsilon` with
        probability 1 - `delta`; None: the experiment's, else 0.1 and 0.05. `batch`: items a step of
        training, None: the experiment's."""
        from qdsl.analysis.assess import accuracy_of, assess
        from qdsl.run.planned import training_plan

        checked, sizes = self.program.checked, dict(self.settings)
        plan = training_plan(self.circuit, self._experiment, checked.folders, batch)
        accuracy = accuracy_of(self._experiment, epsilon, delta)
        given = (self.circuit, self.scheduled, self.cost, checked, self.model, sizes)
        return assess(*given, accuracy, plan)

    def report(
        self,
        result: RunResult | None = None,
        *,
        epsilon: float | None = None,
        delta: float | None = None,
    ) -> Report:
        """Costs, verification, what is found (see `assess`) and, if given, a run's result."""
        import qdsl.report.notebook  # noqa: F401 (it lets prompts and notebooks show reports)
        from qdsl.analysis.error_budget import error_budget_of, errors_by_line_of
        from qdsl.analysis.placement import placement_of
        from qdsl.analysis.time_use import time_use
        from qdsl.bounds.bounds import bounds_of
        from qdsl.bounds.more_room import more_room
        from qdsl.report.data import PassFacts, Provenance, Report, disclosures_of, program_facts
        from qdsl.report.used_plugins import plugins_of

        source = self.program.source
        named = (source.path, source.sha256, self.model, self.settings, self.options)
        others = plugins_of(self.passes, dict(self.options), self.scheduled.network)
        files = self.program.checked.folders.read_files()
        provenance = Provenance(__version__, *named, others, files, self.is_search_ended)
        passes = tuple(PassFacts(p.name, p.before, p.after, p.seconds) for p in self.passes)
        batch = result.training.batch if result is not None and result.training else None
        found, ir = self.assess(epsilon, delta, batch), self.scheduled
        return Report(program_facts(self.circuit), ir.network, self.cost, self.verification,
                      disclosures_of(self.circuit, ir.network), passes, provenance, result,
                      found.shot_budget, found.baselines, found.advantage, found.privacy,
                      optimality=bounds_of(ir.distributed), placement=placement_of(ir),
                      more_room=more_room(self.circuit, self.cost.ebits, self.options),
                      error_budget=error_budget_of(ir), time_use=time_use(ir),
                      errors_by_line=errors_by_line_of(ir), objective=self.objective)  # fmt: skip

    def html(self, result: RunResult | None = None) -> str:
        """The report as one HTML page that needs no network, the program drawn in it."""
        from qdsl.report.html import PageProgram, render_html

        return render_html(self.report(result), PageProgram.of(self.scheduled, self.program.source))

    def run(
        self,
        values: Values | None = None,
        *,
        shots: int | None = None,
        seed: int | None = None,
        backend: str = "jax",
        train: bool = True,
        on_step: Callable[[int, int, float], None] | None = None,
        patience_s: float = 60.0,
        on_round: Callable[[int, int], None] | None = None,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        params: Values | str | Path | None = None,
        save_params: str | Path | None = None,
        runtime_python: str | Path | None = None,
    ) -> RunResult:
        """Run the compiled (distributed) program, on the experiment's data where there is one.

        `values` gives or replaces vectors by name; those that have no source are drawn with
        `seed`. `backend` is "jax" (exact, or with shot noise), "qiskit" (Aer shots), "noisy" (the
        network's noise, gate by gate), "nodes" (every node's program in a process of its own, see
        docs/guide/nodes.md; they wait at most `patience_s` for one another, and `on_round` hears of
        every round), or "simulaqron": the nodes' NetQASM on SimulaQron, which the interpreter
        `runtime_python` has installed. Training writes checkpoints in the folder `checkpoint`;
        `resume` goes on from the one there, to the same result as without a break; without training
        it runs with the parameters there. `params`: all parameters to start from, by name or in a
        file (docs/guide/prediction.md); those of the run are in the result and `save_params`.
        Without a named experiment and values, the only one is run; `warnings` are warned of, too.
        """
        from qdsl.run.execute import execute
        from qdsl.run.parameters import parameters_of, require_writable, save_parameters

        if save_params is not None:
            require_writable(Path(save_params))
        kept = params if params is not None or not resume else checkpoint
        job = replace(self.job_of(values, shots, seed, backend, kept, train), patience_s=patience_s,
                      runtime_python=str(runtime_python) if runtime_python is not None else None,
                      on_round=on_round, resume=resume,
                      checkpoint=Path(checkpoint) if checkpoint is not None else None)  # fmt: skip
        experiment = job.experiment
        trains = train and experiment is not None and experiment.optimiser is not None
        if resume and not trains and checkpoint is not None:
            params = checkpoint
        inputs, told = self.inputs_of(job, values, params), None
        if trains:
            from qdsl.run.training.run import train as trained

            inputs, told = trained(job, inputs, on_step)
        result = execute(job, inputs, told)
        if save_params is not None:
            save_parameters(Path(save_params), parameters_of(self.circuit, inputs), job)
        return shown_in_notebooks(result)

    def job_of(
        self,
        values: Values | None,
        shots: int | None,
        seed: int | None,
        backend: str,
        params: Any,
        trains: bool = True,
    ) -> RunJob:
        """What `run` would run, without files and processes; what `params` say of the seed counts,
        too. `warnings` are warned of."""
        from qdsl.run.job import RunJob
        from qdsl.run.parameters import seed_meant

        experiment = self._experiment_meant() if not values else self._experiment
        if experiment is not None:
            shots = experiment.shots if shots is None else shots
            seed = seed_meant(seed, params, experiment, trains)
        for found in self.warnings if experiment is not None else ():
            warnings.warn(f"{found.message} ({found.help})", ProgramWarning, stacklevel=3)
        facts = (self.circuit, self.scheduled, self.options, lambda: self.verification.verified)
        return RunJob(*facts, experiment, shots, seed or 0, backend)

    def inputs_of(self, job: RunJob, values: Values | None, params: Any = None) -> Inputs:
        """The values of all vectors for a job: given, of its experiment, or drawn."""
        from qdsl.run.inputs import gather

        given = (values_by_name(values) or {}) | self._parameters(params)
        return gather(self.circuit, job.experiment, given, self.program.checked.folders, job.seed)

    def predict(self, params: Any, data: Any, seed: int | None = None) -> Prediction:
        """The exact outputs for every item of new data: arrays by name, or a file with what the
        experiment names. `seed`: the training run's, if `params` does not say; without it a
        ProgramWarning where it matters, as it chose the items by which data are scaled."""
        from qdsl.run import job, parameters, prediction

        meant = self._experiment_meant()
        facts = (self.circuit, self.scheduled, self.options, lambda: self.verification.verified)
        is_file = isinstance(data, str | Path)
        if meant is not None:  # arrays are taken as they are
            seed = parameters.seed_meant(seed, params, meant, trains=not is_file, level=3)
        made = job.RunJob(*facts, meant, None, seed or 0, "jax")
        given = Path(data) if is_file else by_name(data, "data", '{"x": [[1.0, 2.0]]}')
        where = self.program.checked.folders
        return prediction.predicted(made, self._parameters(params), given, where)

    def _parameters(self, params: Values | str | Path | None) -> dict[str, Any]:
        from qdsl.run.parameters import matched, read_parameters

        if isinstance(params, str | Path):
            return dict(read_parameters(Path(params), self.circuit))
        given = by_name(params, "params", '{"w": [0.1, 0.2]}')
        return dict(matched(given, self.circuit, "`params`")) if params is not None else {}

    @property
    def _experiment(self) -> Experiment | None:
        return self.program.experiment(self.experiment) if self.experiment else None

    def _experiment_meant(self) -> Experiment | None:
        """The one compiled for, else the only one of the model. UsageError if that one sets other
        sizes than were compiled."""
        name = self.experiment or self.program.only_experiment(self.model)
        if name is None:
            return None
        found = self.program.experiment(name)
        if self.experiment is None and not found.settings.items() <= dict(self.settings).items():
            raise UsageError(
                f"experiment '{name}' sets other sizes: compile(experiment='{name}') takes them"
            )
        return found


# Notebooks look for this method; the class itself lies below what draws it.
Network._repr_svg_ = network_picture  # type: ignore[attr-defined]
