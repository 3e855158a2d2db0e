"""The commands themselves."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any
from warnings import filterwarnings

import click

from qdsl.cli import completion
from qdsl.cli.grouped_help import format_options
from qdsl.cli.inputs import chosen_experiment, load_program, read_values
from qdsl.cli.options import (
    FILE,
    PATH,
    add_pass_options,
    allow_option,
    chosen_passes,
    dump_after_option,
    emit_option,
    form_options,
    json_option,
    monte_carlo_option,
    pass_options,
    passes_options,
    program_options,
    seed_option,
    settings_of,
    stop_after_option,
    values_option,
)
from qdsl.cli.output import (
    EXIT_INPUT,
    ProgressLine,
    check_forms,
    echo,
    exit_if_refuted,
    kept_steps,
    reported,
    save,
    show_diagnostics,
    show_report,
    write,
    write_json,
    write_page,
)
from qdsl.cli.processes import libraries_on_stderr, processes_options
from qdsl.cli.searching import searched

if TYPE_CHECKING:
    from qdsl.api import Compiled, Program
    from qdsl.run.processes import ProcessGroup


_COMPILING = ("compile", "run", "predict", "report", "cost", "sweep", "cut", "compare", "prepare")
TAKE_PASS_OPTIONS = frozenset((*_COMPILING, "grad", "verify", "draw", "watch"))

# In the order of the help. A name that is not a function below is a file beside this one, whose
# `command` it is: imported when it is asked for.
COMMANDS = ("demo", "new", "check", "fmt", "watch", "compile", "run", "predict", "grad",
            "report", "cost", "sweep", "cut", "analyze", "draw", "compare", "verify", "prepare",
            "node", "reproduce", "bench", "pareto", "doctor", "explain", "lsp")  # fmt: skip


class _Commands(click.Group):
    """Commands, and their options that come from the passes, are made when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = self._bare(ctx, cmd_name)
        if command is not None and cmd_name in TAKE_PASS_OPTIONS:
            add_pass_options(command)
        return command

    def _bare(self, ctx: click.Context, name: str) -> click.Command | None:
        command = super().get_command(ctx, name)
        if command is None and name in COMMANDS:
            command = import_module(f"qdsl.cli.{name}").command
        if command is not None:
            command.format_options = MethodType(format_options, command)  # type: ignore[method-assign]
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            command = self._bare(ctx, name)
            assert command is not None
            rows.append((name, command.get_short_help_str(limit=66)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qdsl", message="qdsl %(version)s")
def cli() -> None:
    """A compiler from model files (.qdm) to distributed quantum circuits.

    \b
    qdsl check examples/two_party.qdm      find the errors in a program
    qdsl compile examples/two_party.qdm    distribute it over its network
    qdsl run examples/two_party.qdm        compile it and run it on its data
    """


def compile_given(
    given: dict[str, Any],
    passes: tuple[str, ...] | None = None,
    after_each: Callable[[str, Any], None] | None = None,
    program: Program | None = None,
) -> Compiled:
    passes = passes or chosen_passes(given)
    program = program or load_program(given)
    following = (*passes[1:], "counting")
    shorter = "nothing is kept, and a lower --effort or a --time-limit makes the search shorter"
    with ProgressLine(given["quiet"], "passes", shorter) as progress, searched(progress):
        progress.bar(0, len(passes), passes[0])

        def done(name: str, stage: Any) -> None:
            k = passes.index(name)
            progress.bar(k + 1, len(passes), following[k])
            if after_each is not None:
                after_each(name, stage)

        return program.compile(
            given["model"],
            experiment=given["experiment"],
            network=given["network"],
            settings=settings_of(given["settings"]),
            verify=given["verify"],
            options=pass_options(given),
            passes=passes,
            after_each=done,
        )


@cli.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@allow_option
@json_option
def check(files: tuple[Path, ...], folders: tuple[Path, ...], as_json: bool) -> None:
    """Report errors and warnings in programs, without compiling them.

    Also reads the data files, and checks that the nodes have enough qubits."""
    from qdsl.diagnostics.diagnostic import Severity
    from qdsl.run.checking import check as problems_of

    found = tuple(problem for file in files for problem in problems_of(file, folders))
    if found or as_json:
        show_diagnostics(found, as_json)
    if any(d.severity is Severity.ERROR for d in found):
        sys.exit(EXIT_INPUT)
    if not as_json and not found:
        echo(f"{len(files)} file{'s' * (len(files) != 1)}: no problems found")


@cli.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option(
    "--check",
    "only_check",
    is_flag=True,
    help="Change nothing; exit with 1 if a file would change.",
)
@click.option("--stdout", is_flag=True, help="Write the result to standard output.")
def fmt(files: tuple[Path, ...], only_check: bool, stdout: bool) -> None:
    """Format programs in the standard style; comments are kept."""
    from qdsl.language.formatting.format import format_source
    from qdsl.language.parser.parse import read_source

    changed = []
    with reported(False):
        for file in files:
            source = read_source(file)
            text = format_source(source)
            if stdout:
                click.echo(text, nl=False)
            elif text != source.text:
                changed.append(file)
                if not only_check:
                    save(text, file)
    for file in changed:
        echo(f"{'would change' if only_check else 'changed'} {file}")
    if changed and only_check:
        sys.exit(EXIT_INPUT)


@cli.command("compile")
@program_options
@passes_options
@form_options
@emit_option("Write the program for a target: tket, qiskit, qasm3, ...")
@click.option("--output", "-o", type=PATH, help="File for --emit or --dump-after.")
@click.option("--routed", is_flag=True,
              help="With --emit nodes: on the nodes' devices, in their gates.")  # fmt: skip
@stop_after_option
@dump_after_option
@values_option
@click.option(
    "--exact", is_flag=True, help="Place small programs with provably fewest ebits for their gates."
)
@click.option(
    "--exact-seconds",
    type=click.FloatRange(0),
    help="Time limit of --exact, in seconds [default: 60]",
)
def compile_(
    target: str | None,
    output: Path | None,
    stop_after: str | None,
    dump_after: tuple[str, ...],
    values: Path | None,
    exact: bool,
    routed: bool,
    **given: Any,
) -> None:
    """Distribute a model over its network, and report the costs."""
    if given["as_json"] and (target or stop_after is not None or (dump_after and not output)):
        raise click.UsageError(
            "--json writes the report to standard output: it cannot be combined with --emit, "
            "--stop-after, or --dump-after without --output"
        )
    if stop_after is not None and any(given[form] for form in ("html", "markdown", "latex")):
        raise click.UsageError("a report requires the whole compilation: remove --stop-after")
    if target and (given["markdown"] or given["latex"]):
        raise click.UsageError("choose one of --emit and a report: both write to standard output")
    if routed and target != "nodes":
        raise click.UsageError("--routed requires --emit nodes")
    check_forms(given)
    with reported(given["as_json"]):
        passes = _passes_until(chosen_passes(given), stop_after, dump_after, exact)
        dumped: list[str] = []
        compiled = compile_given(given, passes, _dumper(dumped, dump_after, stop_after))
        if dumped:
            write("\n".join(dumped), None if target else output)
        if stop_after is None:
            exit_if_refuted(compiled, given)
        if target is not None:
            from qdsl.cli.emitting import emit

            emit(compiled, target, read_values(values), output, routed, given["online"])
            if given["html"] is not None:
                write_page(compiled.report(), given["html"], compiled)
        elif stop_after is None:
            with ProgressLine(given["quiet"]) as progress:
                progress.say("counting costs and bounds")
                report = compiled.report()
            show_report(report, given, compiled)


def _passes_until(
    asked: tuple[str, ...], stop_after: str | None, dump_after: tuple[str, ...], exact: bool
) -> tuple[str, ...]:
    passes = tuple("partition-exact" if exact and p == "partition" else p for p in asked)
    for name in (*dump_after, *(() if stop_after is None else (stop_after,))):
        if name not in passes and (name != "all" or name == stop_after):
            raise click.UsageError(f"no pass '{name}' is run; the passes are {', '.join(passes)}")
    return passes if stop_after is None else passes[: passes.index(stop_after) + 1]


def _dumper(
    dumped: list[str], dump_after: tuple[str, ...], stop_after: str | None
) -> Callable[[str, Any], None]:
    def after_each(name: str, stage: Any) -> None:
        if name in dump_after or "all" in dump_after or name == stop_after:
            from qdsl.ir.printing import print_ir

            dumped.append(f"// after {name}\n{print_ir(stage)}")

    return after_each


@cli.command()
@program_options
@passes_options
@click.argument(
    "named",
    metavar="[EXPERIMENT]",
    required=False,
    shell_complete=completion.declared("experiments"),
)
@form_options
@click.option(
    "--shots",
    type=click.IntRange(1),
    help="Number of shots [default: the experiment's, else exact results]",
)
@seed_option
@click.option(
    "--backend",
    type=click.Choice(["jax", "qiskit", "sharded"]),
    default="jax",
    show_default=True,
    help="Simulate by JAX, the distributed program by Qiskit's Aer, or the source by JAX with its "
    "state on all devices of all processes.",
)
@processes_options
@values_option
@click.option("--train/--no-train", default=True, help="Train if the experiment says so.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write checkpoints of the training to this folder.",
)
@click.option(
    "--resume",
    is_flag=True,
    help="Resume the training from --checkpoint; with --no-train, run with its parameters.",
)
@click.option(
    "--params",
    type=PATH,
    metavar="FILE",
    help="Start from these parameters: .npz, .safetensors, or a folder with a checkpoint.",
)
@click.option(
    "--save-params",
    type=FILE,
    metavar="FILE",
    help="Write the parameters of the run to this file: .npz or .safetensors.",
)
@click.option("--noise", is_flag=True, help="Simulate the network's noise, gate by gate.")
@click.option("--nodes", is_flag=True, help="Run every node in a process of its own, with shots.")
@click.option(
    "--patience",
    type=click.FloatRange(0.1),
    default=60.0,
    help="Seconds that a node waits for another; requires --nodes [default: 60]",
)
@click.option(
    "--runtime",
    type=click.Choice(["simulaqron"]),
    help="Run the nodes' NetQASM on this network runtime; requires --nodes.",
)
@click.option(
    "--runtime-python",
    metavar="PATH",
    help="Python in which the runtime is installed [default: $QDSL_RUNTIME_PYTHON]",
)
@click.option("--output", "-o", type=PATH, help="Also write the report to this file, as JSON.")
def run(
    named: str | None,
    shots: int | None,
    backend: str,
    values: Path | None,
    train: bool,
    checkpoint: Path | None,
    resume: bool,
    params: Path | None,
    save_params: Path | None,
    noise: bool,
    nodes: bool,
    patience: float,
    runtime: str | None,
    runtime_python: str | None,
    output: Path | None,
    group: ProcessGroup,
    **given: Any,
) -> None:
    """Compile a model, run it on its data, and report.

    If the model has several experiments, name one.
    """
    check_forms(given)
    if resume and checkpoint is None:
        raise click.UsageError("--resume requires --checkpoint")
    if checkpoint is not None and not train and not resume:
        raise click.UsageError(
            "--no-train writes no checkpoint: add --resume to run with the existing one"
        )
    if params is not None and resume and not train:
        raise click.UsageError("--params and --resume both supply parameters to run with")
    if named is not None and given["experiment"] not in (None, named):
        raise click.UsageError("two different experiments were named")
    if nodes and _is_given("backend"):
        raise click.UsageError("--nodes cannot be combined with --backend")
    if noise and (nodes or _is_given("backend")):
        raise click.UsageError("--noise cannot be combined with --backend or --nodes")
    for option in ("patience", "runtime"):
        if _is_given(option) and not nodes:
            raise click.UsageError(f"--{option} requires --nodes")
    if _is_given("runtime_python") and not runtime:
        raise click.UsageError("--runtime-python requires --runtime simulaqron")
    given["experiment"] = named or given["experiment"]
    with reported(given["as_json"]):
        from qdsl.api import ProgramWarning

        _, number = group.join() if backend == "sharded" else (1, 0)
        given["quiet"] |= number > 0

        program = load_program(given)
        if values is None:
            given["experiment"] = chosen_experiment(program, given["model"], given["experiment"])
        compiled = compile_given(given, program=program)
        exit_if_refuted(compiled, given)
        with (
            libraries_on_stderr(backend == "sharded"),
            ProgressLine(given["quiet"], "training steps", kept_steps(checkpoint)) as progress,
        ):
            progress.say("running")
            filterwarnings("ignore", category=ProgramWarning)  # they are shown below
            result = compiled.run(
                read_values(values),
                shots=shots,
                seed=given["seed"],
                train=train,
                backend="noisy" if noise else runtime or ("nodes" if nodes else backend),
                on_step=progress.step,
                on_round=progress.round,
                patience_s=patience,
                runtime_python=runtime_python,
                checkpoint=checkpoint,
                resume=resume,
                params=params,
                save_params=None if number else save_params,
            )
        if number:  # process 0 reports
            return
        _warn_of_far_features(compiled, given)
        report = compiled.report(result)
        if output is not None:
            write_json(report.to_json(), output)
        show_report(report, given, compiled)


def _is_given(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source is not click.core.ParameterSource.DEFAULT


@cli.command()
@program_options
@passes_options
@form_options
@click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="NAME=A..B",
    shell_complete=completion.settings,
    help="Also count the costs for these values, as `qdsl cost` does.",
)
@monte_carlo_option
def report(sweeps: tuple[str, ...], **given: Any) -> None:
    """Report on a program, or show a report that was saved as JSON."""
    from qdsl.cli.cost import axis_of
    from qdsl.report.compared import saved_report
    from qdsl.report.data import Report
    from qdsl.studies.full_report import full_report

    check_forms(given)
    is_saved = given["file"].suffix == ".json"
    if sweeps and is_saved:
        raise click.UsageError("--sweep requires the program, not its saved report")
    if given["monte_carlo"] and is_saved:
        raise click.UsageError("--monte-carlo requires the program, not its saved report")
    with reported(given["as_json"]):
        if is_saved:
            show_report(Report.from_json(saved_report(given["file"])), given)
            return
        compiled = compile_given(given)
        exit_if_refuted(compiled, given)
        over = {axis.name: axis.values for axis in map(axis_of, sweeps)}
        runs, seed = given["monte_carlo"] or 0, given.get("seed") or 0
        with ProgressLine(given["quiet"]) as progress:
            found = full_report(
                compiled, over=over, runs=runs, seed=seed, hardware=False, say=progress.say
            )
        show_report(found, given, compiled)


@cli.command()
@click.argument("code", required=False, shell_complete=completion.codes)
def explain(code: str | None) -> None:
    """Explain a diagnostic by its code, such as QDM203, or list all."""
    from qdsl.diagnostics.explain import explanation, listing

    if code is None:
        echo(listing())
        return
    text = explanation(code.upper())
    if text is None:
        raise click.UsageError(f"there is no diagnostic {code}; `qdsl explain` lists all of them")
    echo(text)


def _warn_of_far_features(compiled: Compiled, given: dict[str, Any]) -> None:
    if compiled.experiment and compiled.warnings:
        show_diagnostics(compiled.warnings, False)
