"""The command line. Only this module prints; heavy libraries are imported inside commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from qdsl.api import Compiled, Program

EXIT_INPUT, EXIT_USAGE, EXIT_INTERNAL, EXIT_STOPPED = 1, 2, 70, 130


def main() -> None:
    """Entry point. Exit codes: 0 fine, 1 the input has errors, 2 usage, 70 a fault of qdsl's,
    130 stopped by Ctrl-C."""
    try:
        cli.main(standalone_mode=False)
    except click.Abort:
        _stop("stopped", EXIT_STOPPED)
    except KeyboardInterrupt:
        _stop("stopped", EXIT_STOPPED)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _stop(message: str, code: int) -> NoReturn:
    click.echo(f"qdsl: {message}", err=True)
    sys.exit(code)


@contextmanager
def _reported(as_json: bool) -> Iterator[None]:
    """Turn every expected failure into a message and an exit code, never a traceback."""
    from qdsl.diagnostics import InternalError, InvalidProgram

    try:
        yield
    except InvalidProgram as error:
        _show_diagnostics(error.diagnostics, as_json)
        sys.exit(EXIT_INPUT)
    except InternalError as error:
        _stop(_crash_text(error), EXIT_INTERNAL)
    except (ValueError, KeyError) as error:
        if not _is_usage(error):
            raise
        raise click.UsageError(str(error)) from error
    except MemoryError:
        _stop("out of memory: the program is too large for this machine", EXIT_INPUT)


def _is_usage(error: Exception) -> bool:
    from qdsl.refusals import Refused

    return isinstance(error, Refused)


def _crash_text(error: Exception) -> str:
    """What broke, and the file that reproduces it."""
    from qdsl.crash import write_crash

    return f"{error}\nThis is a fault of qdsl's. {write_crash(error, sys.argv)}"


def _show_diagnostics(diagnostics: Any, as_json: bool) -> None:
    if as_json:
        document = {
            "schema": "qdsl-diagnostics/1",
            "diagnostics": [d.to_json() for d in diagnostics],
        }
        click.echo(json.dumps(document, indent=2))
        return
    from qdsl.render import render_all

    click.echo(render_all(diagnostics, color=_color(sys.stderr)), err=True)


def _color(stream: Any) -> bool:
    import os

    return bool(stream.isatty()) and "NO_COLOR" not in os.environ


class _Lazy(click.Group):
    """Commands whose options come from the passes are made when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["check", "fmt", "compile", "run", "report", "explain"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if command is not None and cmd_name in ("compile", "run", "report"):
            _add_pass_options(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            command = super().get_command(ctx, name)
            assert command is not None
            rows.append((name, command.get_short_help_str(limit=60)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="qdsl", message="qdsl %(version)s")
def cli() -> None:
    """A compiler from model files (.qdm) to distributed quantum circuits.

    \b
    qdsl check examples/two_party.qdm      find what is wrong with a program
    qdsl compile examples/two_party.qdm    distribute it over its network
    qdsl run examples/two_party.qdm        and run it on its data
    """


# ---- options shared by compile, run and report -------------------------------------------


def _program_options(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.argument("file", type=click.Path(path_type=Path)),
        click.option("--model", help="The model to compile; needed if there are several."),
        click.option("--experiment", help="Take model, sizes and data from this experiment."),
        click.option("--network", help="Compile for this network instead of the model's."),
        click.option("--set", "settings", multiple=True, metavar="NAME=INT",
                     help="Set an integer parameter of the model."),
        click.option("--allow", "folders", multiple=True, type=click.Path(path_type=Path),
                     help="A folder that the program may read files from, besides its own."),
        click.option("--verify/--no-verify", default=None,
                     help="Prove the result equal to its source [default: small programs]"),
        click.option("--json", "as_json", is_flag=True, help="Write JSON to standard output."),
        click.option("--timing", is_flag=True, help="Show the passes' wall times."),
        click.option("--quiet", "-q", is_flag=True, help="No progress on standard error."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def _add_pass_options(command: click.Command) -> None:
    """Every option of every default pass becomes a flag of the command."""
    from qdsl.pipeline import DEFAULT_PASSES, find_pass

    taken = {p.name for p in command.params}
    for name in DEFAULT_PASSES:
        for option in find_pass(name).options:
            if option.name in taken:
                continue
            taken.add(option.name)
            command.params.append(_pass_flag(name, option))


def _pass_flag(pass_name: str, option: Any) -> click.Option:
    flag = "--" + option.name.replace("_", "-")
    text = f"{option.help} ({pass_name})"
    if option.type is bool:
        return click.Option([f"{flag}/--no-{flag[2:]}", option.name], default=None, help=text)
    return click.Option([flag, option.name], type=option.type, default=None,
                        help=f"{text} [default: {option.default}]")  # fmt: skip


def _load(file: Path, folders: tuple[Path, ...]) -> Program:
    import qdsl

    return qdsl.load(file, folders)


def _settings(pairs: tuple[str, ...]) -> dict[str, int]:
    settings = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            settings[name.strip()] = int(value)
        except ValueError:
            raise click.UsageError(f"--set wants NAME=INT, not '{pair}'") from None
    return settings


def _compile(given: dict[str, Any], passes: tuple[str, ...] | None = None,
             after_each: Any = None) -> Compiled:  # fmt: skip
    from qdsl.pipeline import DEFAULT_PASSES

    program = _load(given["file"], given["folders"])
    if program.warnings and not given["as_json"]:
        _show_diagnostics(program.warnings, False)
    shared = {"file", "model", "experiment", "network", "settings", "folders", "verify",
              "as_json", "timing", "quiet"}  # fmt: skip
    options = {k: v for k, v in given.items() if k not in shared and v is not None}
    progress = _Progress(given["quiet"])
    progress.say("compiling")

    def done(name: str, stage: Any) -> None:
        progress.say(f"{name} done")
        if after_each is not None:
            after_each(name, stage)

    try:
        return program.compile(
            given["model"], experiment=given["experiment"], network=given["network"],
            settings=_settings(given["settings"]), verify=given["verify"], options=options,
            passes=passes or DEFAULT_PASSES, after_each=done,
        )  # fmt: skip
    finally:
        progress.clear()


class _Progress:
    """One line on standard error, only on a terminal."""

    def __init__(self, quiet: bool) -> None:
        self.on = not quiet and sys.stderr.isatty()

    def say(self, text: str) -> None:
        if self.on:
            click.echo(f"\r\033[K  {text}", err=True, nl=False)

    def step(self, k: int, steps: int, loss: float) -> None:
        if self.on:
            bar = "#" * (24 * k // max(steps, 1))
            self.say(f"training [{bar:<24}] {k}/{steps}  loss {loss:.5g}")

    def clear(self) -> None:
        if self.on:
            click.echo("\r\033[K", err=True, nl=False)


# ---- commands ----------------------------------------------------------------------------


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
    """Find what is wrong with programs, without compiling them."""
    from qdsl.check import check_source
    from qdsl.diagnostics import InvalidProgram, Severity
    from qdsl.parse import read_source

    found: list[Any] = []
    for file in files:
        try:
            source = read_source(file)
            found += check_source(source, (file.resolve().parent, *folders))[1]
        except InvalidProgram as error:
            found += error.diagnostics
    if found or as_json:
        _show_diagnostics(tuple(found), as_json)
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
    """Bring programs into the standard layout, keeping comments."""
    from qdsl.format import format_source
    from qdsl.parse import read_source

    changed = []
    with _reported(False):
        for file in files:
            source = read_source(file)
            text = format_source(source)
            if stdout:
                click.echo(text, nl=False)
            elif text != source.text:
                changed.append(file)
                if not only_check:
                    file.write_text(text, encoding="utf-8", newline="\n")
    for file in changed:
        click.echo(f"{'would change' if only_check else 'changed'} {file}")
    if changed and only_check:
        sys.exit(EXIT_INPUT)


@cli.command("compile")
@_program_options
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
def compile_(target: str | None, output: Path | None, stop_after: str | None,
             dump_after: tuple[str, ...], values: Path | None, **given: Any) -> None:  # fmt: skip
    """Distribute a model over its network and report what that costs."""
    with _reported(given["as_json"]):
        passes = _passes_until(stop_after, dump_after)
        dumped: list[str] = []
        compiled = _compile(given, passes, _dumper(dumped, dump_after, passes, stop_after))
        if dumped:
            _write("\n".join(dumped), None if target else output)
        if target is not None:
            _write(compiled.emit_text(target, _values(values)), output)
        elif stop_after is None:
            _show_report(compiled.report(), given)
            _exit_if_refuted(compiled)


def _passes_until(stop_after: str | None, dump_after: tuple[str, ...]) -> tuple[str, ...]:
    from qdsl.pipeline import DEFAULT_PASSES

    for name in (*dump_after, *((stop_after,) if stop_after else ())):
        if name not in (*DEFAULT_PASSES, "all"):
            raise click.UsageError(
                f"no pass '{name}' is run; there are {', '.join(DEFAULT_PASSES)}"
            )
    if stop_after is None:
        return DEFAULT_PASSES
    return DEFAULT_PASSES[: DEFAULT_PASSES.index(stop_after) + 1]


def _dumper(dumped: list[str], dump_after: tuple[str, ...], passes: tuple[str, ...],
            stop_after: str | None) -> Callable[[str, Any], None]:  # fmt: skip
    def after_each(name: str, stage: Any) -> None:
        if name in dump_after or "all" in dump_after or name == stop_after:
            from qdsl.print_ir import print_ir as print_stage

            dumped.append(f"// after {name}\n{print_stage(stage)}")

    return after_each


def _values(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    from qdsl.data import read_archive

    return read_archive(path)


def _write(text: str, output: Path | None) -> None:
    if not text.endswith("\n"):
        text += "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8", newline="\n")


def _show_report(report: Any, given: dict[str, Any]) -> None:
    if given["as_json"]:
        click.echo(json.dumps(report.to_json(), indent=2))
        return
    from qdsl.report_text import render_report

    click.echo(render_report(report, _color(sys.stdout), given["timing"]), nl=False)


def _exit_if_refuted(compiled: Compiled) -> None:
    if any(c.equal is False for c in compiled.verification.checks):
        _stop("the compiled program is not equal to its source; please report this", EXIT_INTERNAL)


@cli.command()
@_program_options
@click.option(
    "--shots", type=click.IntRange(1), help="Repetitions; default: the experiment's, else exact."
)
@click.option("--backend", type=click.Choice(["jax", "qiskit"]), default="jax", show_default=True)
@click.option(
    "--values", type=click.Path(path_type=Path), help="An .npz with values of vectors, by name."
)
@click.option("--train/--no-train", default=True, help="Train if the experiment says so.")
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Also write the report as JSON here."
)
def run(shots: int | None, backend: str, values: Path | None, train: bool, output: Path | None,
        **given: Any) -> None:  # fmt: skip
    """Compile a model, run it on its data, and report."""
    with _reported(given["as_json"]):
        given["experiment"] = given["experiment"] or _only_experiment(given)
        compiled = _compile(given)
        progress = _Progress(given["quiet"])
        progress.say("running")
        try:
            seed = given.get("seed")
            result = compiled.run(_values(values), shots=shots, seed=seed, backend=backend,
                                  train=train, on_step=progress.step)  # fmt: skip
        finally:
            progress.clear()
        report = compiled.report(result)
        if output is not None:
            _write(json.dumps(report.to_json(), indent=2), output)
        _show_report(report, given)
        _exit_if_refuted(compiled)


def _only_experiment(given: dict[str, Any]) -> str | None:
    """The one experiment of the model meant, if there is exactly one."""
    program = _load(given["file"], given["folders"])
    model = program.model_of(given["model"], None)
    names = [n for n in program.experiments if program.experiment(n).model == model]
    return names[0] if len(names) == 1 else None


@cli.command()
@_program_options
def report(**given: Any) -> None:
    """Report on a program (.qdm), or show again a report saved as JSON."""
    with _reported(given["as_json"]):
        if given["file"].suffix == ".json":
            _show_report(_saved_report(given["file"]), given)
            return
        compiled = _compile(given)
        _show_report(compiled.report(), given)
        _exit_if_refuted(compiled)


def _saved_report(file: Path) -> Any:
    from qdsl.report import NotAReport, Report

    try:
        return Report.from_json(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise NotAReport(f"{file} cannot be read as a report: {error}") from None


@cli.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a diagnostic by its code (QDM203), or list all codes."""
    from qdsl.explain import explanation, listing

    if code is None:
        click.echo(listing())
        return
    text = explanation(code.upper())
    if text is None:
        raise click.UsageError(f"there is no diagnostic {code}; `qdsl explain` lists them")
    click.echo(text)
