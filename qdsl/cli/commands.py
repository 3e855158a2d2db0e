"""The commands themselves."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qdsl.cli.options import add_pass_options, form_options, program_options, settings_of
from qdsl.cli.output import (
    EXIT_INPUT,
    Progress,
    check_forms,
    exit_if_refuted,
    reported,
    save,
    show_diagnostics,
    show_report,
    write,
    write_page,
)

if TYPE_CHECKING:
    from qdsl.api import Compiled, Program


TAKE_PASS_OPTIONS = frozenset(
    {"compile", "run", "report", "cost", "compare", "prepare", "grad", "verify"}
)

# In the order of the help. A name that is not a function below is a file beside this one, whose
# `command` it is: imported when it is asked for.
COMMANDS = ("check", "fmt", "compile", "run", "grad", "report", "cost", "analyze", "compare",
            "verify", "prepare", "node", "reproduce", "bench",
            "pareto", "explain")  # fmt: skip


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
    qdsl check examples/two_party.qdm      find what is wrong with a program
    qdsl compile examples/two_party.qdm    distribute it over its network
    qdsl run examples/two_party.qdm        and run it on its data
    """


def _load(file: Path, folders: tuple[Path, ...]) -> Program:
    import qdsl

    return qdsl.load(file, folders)


def compile_given(
    given: dict[str, Any],
    passes: tuple[str, ...] | None = None,
    after_each: Any = None,
    program: Program | None = None,
) -> Compiled:
    from qdsl.driver.pass_manager import DEFAULT_PASSES

    passes = passes or DEFAULT_PASSES
    progress, names = Progress(given["quiet"]), iter((*passes, "counting"))
    if program is None:
        with progress.saying(f"reading {given['file']}"):
            program = _load(given["file"], given["folders"])
    if program.warnings and not given["as_json"]:
        show_diagnostics(program.warnings, False)
    shared = {"file", "model", "experiment", "network", "settings", "folders", "verify",
              "as_json", "timing", "quiet", "html", "markdown", "latex"}  # fmt: skip
    options = {k: v for k, v in given.items() if k not in shared and v is not None}
    progress.stage(0, len(passes), next(names))

    def done(name: str, stage: Any) -> None:
        progress.stage(1 + passes.index(name), len(passes), next(names))
        if after_each is not None:
            after_each(name, stage)

    try:
        return program.compile(
            given["model"],
            experiment=given["experiment"],
            network=given["network"],
            settings=settings_of(given["settings"]),
            verify=given["verify"],
            options=options,
            passes=passes,
            after_each=done,
        )
    finally:
        progress.clear()


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--allow",
    "folders",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A folder that programs may read files from, besides their own.",
)
@click.option("--json", "as_json", is_flag=True, help="Write diagnostics as JSON.")
def check(files: tuple[Path, ...], folders: tuple[Path, ...], as_json: bool) -> None:
    """Find what is wrong with programs."""
    from qdsl.diagnostics.diagnostic import InvalidProgram, Severity
    from qdsl.language.check import check_source
    from qdsl.language.parser.parse import read_source

    found: list[Any] = []
    for file in files:
        try:
            found += check_source(read_source(file), (file.resolve().parent, *folders))[1]
        except InvalidProgram as error:
            found += error.diagnostics
    if found or as_json:
        show_diagnostics(tuple(found), as_json)
    if any(d.severity is Severity.ERROR for d in found):
        sys.exit(EXIT_INPUT)
    if not as_json and not found:
        click.echo(f"{len(files)} file{'s' * (len(files) != 1)}: no problems found")


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; exit 1 if a file would change."
)
@click.option("--stdout", is_flag=True, help="Write the result to standard output.")
def fmt(files: tuple[Path, ...], only_check: bool, stdout: bool) -> None:
    """Bring programs into the standard layout; comments stay."""
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
        click.echo(f"{'would change' if only_check else 'changed'} {file}")
    if changed and only_check:
        sys.exit(EXIT_INPUT)


@cli.command("compile")
@program_options
@form_options
@click.option("--emit", "target", help="Write the program in this form: tket, qiskit, qasm3, ...")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="File for --emit or --dump-after."
)
@click.option("--stop-after", help="Stop after this pass and print its result.")
@click.option(
    "--dump-after", multiple=True, help="Print the program after this pass ('all': after each)."
)
@click.option(
    "--values",
    type=click.Path(path_type=Path),
    help="An .npz with the values of vectors, for targets that need numbers.",
)
@click.option("--exact", is_flag=True, help="Place with the fewest ebits, proved: small programs.")
@click.option("--exact-seconds", type=click.FloatRange(0), help="Time limit of --exact [60].")
def compile_(
    target: str | None,
    output: Path | None,
    stop_after: str | None,
    dump_after: tuple[str, ...],
    values: Path | None,
    exact: bool,
    **given: Any,
) -> None:
    """Distribute a model over its network, and report the costs."""
    if given["as_json"] and (target or stop_after or (dump_after and not output)):
        raise click.UsageError("--json writes the report: leave out what else would be written")
    if stop_after and any(given[form] for form in ("html", "markdown", "latex")):
        raise click.UsageError("a report needs the whole compilation: leave out --stop-after")
    if target and (given["markdown"] or given["latex"]):
        raise click.UsageError("--emit and a report both write to standard output: choose one")
    check_forms(given)
    with reported(given["as_json"]):
        passes = _passes_until(stop_after, dump_after, exact)
        dumped: list[str] = []
        compiled = compile_given(given, passes, _dumper(dumped, dump_after, passes, stop_after))
        if dumped:
            write("\n".join(dumped), None if target else output)
        if stop_after is None:
            exit_if_refuted(compiled, given)
        if target is not None:
            _emit(compiled, target, _values(values), output)
            if given["html"] is not None:
                write_page(compiled.report(), given["html"], compiled)
        elif stop_after is None:
            with Progress(given["quiet"]).saying("counting costs and bounds"):
                report = compiled.report()
            show_report(report, given, compiled)


def _emit(
    compiled: Compiled, target: str, values: dict[str, Any] | None, output: Path | None
) -> None:
    """Write the program; a target of several files writes them into the folder `output`."""
    files = None if output is None else compiled.emit_files(target, values)
    if output is None or files is None:
        write(compiled.emit_text(target, values), output)
        return
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"cannot make {output}: {error.strerror}") from None
    for name, text in files.items():
        write(text, output / name)


def _passes_until(
    stop_after: str | None, dump_after: tuple[str, ...], exact: bool = False
) -> tuple[str, ...]:
    from qdsl.driver.pass_manager import DEFAULT_PASSES

    passes = tuple("partition-exact" if exact and p == "partition" else p for p in DEFAULT_PASSES)
    for name in (*dump_after, *((stop_after,) if stop_after else ())):
        if name not in (*passes, "all"):
            raise click.UsageError(f"no pass '{name}' is run; there are {', '.join(passes)}")
    return passes if stop_after is None else passes[: passes.index(stop_after) + 1]


def _dumper(
    dumped: list[str], dump_after: tuple[str, ...], passes: tuple[str, ...], stop_after: str | None
) -> Callable[[str, Any], None]:
    def after_each(name: str, stage: Any) -> None:
        if name in dump_after or "all" in dump_after or name == stop_after:
            from qdsl.ir.printing import print_ir as print_stage

            dumped.append(f"// after {name}\n{print_stage(stage)}")

    return after_each


def _values(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    from qdsl.run.data_files import read_archive

    return read_archive(path)


@cli.command()
@program_options
@click.argument("named", metavar="[EXPERIMENT]", required=False)
@form_options
@click.option(
    "--shots", type=click.IntRange(1), help="Repetitions; default: the experiment's, else exact."
)
@click.option("--backend", type=click.Choice(["jax", "qiskit"]), default="jax", show_default=True)
@click.option(
    "--values", type=click.Path(path_type=Path), help="An .npz with values of vectors, by name."
)
@click.option("--train/--no-train", default=True, help="Train if the experiment says so.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write checkpoints of training in this folder.",
)
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in --checkpoint.")
@click.option("--nodes", is_flag=True, help="Run every node in a process of its own, by shots.")
@click.option(
    "--patience",
    type=click.FloatRange(0.1),
    default=60.0,
    help="Seconds that a node of --nodes waits for another [default: 60]",
)
@click.option(
    "--runtime",
    type=click.Choice(["simulaqron"]),
    help="With --nodes: an existing network runtime for the nodes' NetQASM.",
)
@click.option(
    "--runtime-python",
    metavar="PATH",
    help="The Python that has the runtime; else $QDSL_RUNTIME_PYTHON.",
)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Also write the report as JSON here."
)
def run(
    named: str | None,
    shots: int | None,
    backend: str,
    values: Path | None,
    train: bool,
    checkpoint: Path | None,
    resume: bool,
    nodes: bool,
    patience: float,
    runtime: str | None,
    runtime_python: str | None,
    output: Path | None,
    **given: Any,
) -> None:
    """Compile a model, run it on its data, and report. With several experiments, name one."""
    check_forms(given)
    if resume and checkpoint is None:
        raise click.UsageError("--resume needs --checkpoint, the folder to go on from")
    if named is not None and given["experiment"] not in (None, named):
        raise click.UsageError("two experiments are named")
    if nodes and _is_given("backend"):
        raise click.UsageError("--nodes takes the place of --backend: give one of them")
    for option in ("patience", "runtime", "runtime_python"):
        wanted = "--runtime simulaqron" if option == "runtime_python" else "--nodes"
        if _is_given(option) and not (runtime if option == "runtime_python" else nodes):
            raise click.UsageError(f"--{option.replace('_', '-')} is of {wanted}: give that too")
    given["experiment"] = named or given["experiment"]
    with reported(given["as_json"]):
        program = _load(given["file"], given["folders"])
        given["experiment"] = given["experiment"] or _only_experiment(program, given["model"])
        compiled = compile_given(given, program=program)
        exit_if_refuted(compiled, given)
        progress = Progress(given["quiet"])
        progress.say("running")
        try:
            seed = given.get("seed")
            result = compiled.run(
                _values(values),
                shots=shots,
                seed=seed,
                train=train,
                backend=runtime or ("nodes" if nodes else backend),
                on_step=progress.step,
                on_round=progress.round,
                patience_s=patience,
                runtime_python=runtime_python,
                checkpoint=checkpoint,
                resume=resume,
            )
        finally:
            progress.clear()
        report = compiled.report(result)
        if output is not None:
            write(json.dumps(report.to_json(), indent=2), output)
        show_report(report, given, compiled)


def _is_given(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source is not click.core.ParameterSource.DEFAULT


def _only_experiment(program: Program, model: str | None) -> str | None:
    """The one experiment of the model meant, if there is exactly one."""
    meant = program.model_of(model, None)
    names = [n for n in program.experiments if program.experiment(n).model == meant]
    return names[0] if len(names) == 1 else None


@cli.command()
@program_options
@form_options
@click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="NAME=A..B",
    help="Also count its costs for these values, as `qdsl cost` does.",
)
def report(sweeps: tuple[str, ...], **given: Any) -> None:
    """Report on a program, or show a report saved as JSON again."""
    from qdsl.cli.cost import with_sweep

    check_forms(given)
    if sweeps and given["file"].suffix == ".json":
        raise click.UsageError("--sweep needs the program, not its saved report")
    with reported(given["as_json"]):
        if given["file"].suffix == ".json":
            show_report(_saved_report(given["file"]), given)
            return
        compiled = compile_given(given)
        exit_if_refuted(compiled, given)
        found = with_sweep(compiled.report(), compiled, sweeps, given)
        show_report(found, given, compiled)


def _saved_report(file: Path) -> Any:
    from qdsl.report.data import NotAReport, Report

    try:
        return Report.from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise NotAReport(f"{file} cannot be read as a report: {error}") from None


@cli.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a diagnostic by its code, QDM203, or list all."""
    from qdsl.diagnostics.explain import explanation, listing

    if code is None:
        click.echo(listing())
        return
    text = explanation(code.upper())
    if text is None:
        raise click.UsageError(f"there is no diagnostic {code}; `qdsl explain` lists them")
    click.echo(text)
