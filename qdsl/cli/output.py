"""How the commands end, and what they write: reports, diagnostics, progress."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

import click

from qdsl.cli.interrupt import finished
from qdsl.cli.streams import drop_unwritten
from qdsl.diagnostics.printable import clean, shown
from qdsl.files.writing import write_bytes

if TYPE_CHECKING:
    from qdsl.api import Compiled

PATIENCE_S = 2.0  # before a remaining time is shown
EXIT_INPUT, EXIT_USAGE, EXIT_INTERNAL = 1, 2, 70


def echo(text: str, err: bool = False, nl: bool = True) -> None:
    """Everything that a person reads goes through here, with nothing left in it that could steer
    a terminal."""
    click.echo(shown(text), err=err, nl=nl)


def stop(message: str, code: int) -> NoReturn:
    try:
        echo(f"qdsl: {message}", err=True)
    except OSError:  # nobody can be told
        drop_unwritten()
    sys.exit(code)


@contextmanager
def reported(as_json: bool) -> Iterator[None]:
    """Turn what is wrong with the input, or with what is asked, into messages."""
    from qdsl.diagnostics.diagnostic import InvalidProgram
    from qdsl.diagnostics.extras import of_import
    from qdsl.diagnostics.request_error import Refused

    try:
        yield
    except InvalidProgram as error:
        show_diagnostics(error.diagnostics, as_json)
        sys.exit(EXIT_INPUT)
    except Refused as error:
        stop(str(error), EXIT_USAGE)
    except ImportError as error:
        problem = of_import(error)
        if problem is None:
            raise
        stop(str(problem), EXIT_USAGE)


def crash_text(error: Exception) -> str:
    """What failed, and the file that reproduces it."""
    from qdsl.cli.crash_report import write_crash
    from qdsl.diagnostics.diagnostic import InternalError

    what = str(error) if isinstance(error, InternalError) else f"{type(error).__name__}: {error}"
    return f"{what}\nThis is a bug in qdsl. {write_crash(error, sys.argv)}"


def show_diagnostics(diagnostics: Any, as_json: bool) -> None:
    if as_json:
        found = [d.to_json() for d in diagnostics]
        write_json({"schema": "qdsl-diagnostics/1", "diagnostics": found})
        return
    from qdsl.diagnostics.render import render_all

    echo(render_all(diagnostics, color=color(sys.stderr)), err=True)


def color(stream: Any) -> bool:
    """Whether what goes there may have colours: to a terminal that has them, unless `NO_COLOR` is
    set."""
    return bool(stream.isatty()) and not _is_dumb() and "NO_COLOR" not in os.environ


def _is_dumb() -> bool:
    """A terminal that knows no escape sequences, as in some editors."""
    return os.environ.get("TERM") == "dumb"


def write(text: str, output: Path | None) -> None:
    if not text.endswith("\n"):
        text += "\n"
    if output is None:
        echo(text, nl=False)
    else:
        save(text, output)


def write_json(document: Any, output: Path | None = None) -> None:
    write(json.dumps(document, indent=2), output)


def save(text: str | bytes, file: Path, mode: int | None = None) -> None:
    try:
        write_bytes(file, text.encode() if isinstance(text, str) else text, mode)
    except OSError as error:
        raise click.UsageError(f"cannot write {file}: {error.strerror}") from None


def make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"cannot create {folder}: {error.strerror}") from None


def show_report(report: Any, given: dict[str, Any], compiled: Compiled | None = None) -> None:
    """The report on standard output in the form asked for, and as a page if that is asked for; with
    the devices of the nodes."""
    report = with_devices(report, given, compiled)
    if given.get("html") is not None:
        write_page(report, given["html"], compiled)
    if given["as_json"]:
        write_json(report.to_json())
    elif given.get("markdown"):
        from qdsl.report.markdown import render_markdown

        echo(render_markdown(report), nl=False)
    elif given.get("latex"):
        from qdsl.report.latex import render_latex

        echo(render_latex(report), nl=False)
    else:
        from qdsl.report.text import render_report

        echo(render_report(report, color(sys.stdout), given["timing"]), nl=False)


def with_devices(report: Any, given: dict[str, Any], compiled: Compiled | None) -> Any:
    """The report with the nodes' programs on their devices, if that is asked for, or a node has
    one."""
    wanted = given.get("hardware")
    if compiled is None or not (compiled.has_devices if wanted is None else wanted):
        return report
    with ProgressLine(given.get("quiet", True)) as progress:
        progress.say("compiling for the nodes' devices")
        return replace(report, hardware=compiled.hardware(online=given.get("online", False)).facts)


def check_forms(given: dict[str, Any]) -> None:
    """Standard output takes one form."""
    chosen = [name for name, key in _FORMS if given.get(key)]
    if len(chosen) > 1:
        raise click.UsageError(
            f"choose one of {' and '.join(chosen)}: both write to standard output"
        )


_FORMS = (("--json", "as_json"), ("--markdown", "markdown"), ("--latex", "latex"))


def write_page(report: Any, file: Path, compiled: Compiled | None) -> None:
    """The report as one HTML page, with its program where that is at hand."""
    from qdsl.report.html import PageProgram, render_html

    program = (
        None if compiled is None else PageProgram.of(compiled.scheduled, compiled.program.source)
    )
    save(render_html(report, program, _command()), file)


def _command() -> str:
    """What was typed, but for where the page goes."""
    import shlex

    words = iter(sys.argv[1:])
    kept = ["qdsl"]
    for word in words:
        if word == "--html":
            next(words, None)
        elif not word.startswith("--html="):
            kept.append(word)
    return shlex.join(kept)


def kept_steps(checkpoint: Path | None) -> str:
    """What is left of a training that is stopped, and how to go on."""
    import shlex

    if checkpoint is None:
        return "none is kept: --checkpoint FOLDER would keep them, about once a second"
    words = [*sys.argv[1:], *(() if "--resume" in sys.argv else ("--resume",))]
    return f"go on from the last checkpoint by: {shlex.join(['qdsl', *words])}"


def exit_if_refuted(compiled: Compiled, given: dict[str, Any]) -> None:
    """Nothing is made of a program that is not what its source says, but the report on it."""
    if any(c.equal is False for c in compiled.verification.checks):
        report = compiled.report()
        show_report(report, given, compiled)
        others = [p for p in report.provenance.plugins or () if p.kind == "pass"]
        if others:
            named = ", ".join(f"{p.name} of {p.package} {p.version}" for p in others)
            stop(
                "the compiled program is not equal to its source; these passes are plug-ins: "
                f"{named}: report it to their authors, unless it stays without them",
                EXIT_INPUT,
            )
        stop(
            "the compiled program is not equal to its source: please report this bug", EXIT_INTERNAL
        )


class ProgressLine:
    """One line on standard error, only on a terminal; gone at the end of its context. Whoever stops
    the command meanwhile is told how many were finished of what `bar` counts, its
    `units`, and `then`: what is kept of them."""

    def __init__(self, quiet: bool, units: str = "", then: str = "") -> None:
        self.on = not quiet and sys.stderr.isatty() and not _is_dumb()
        self._units, self._then = units, then
        self._began: tuple[int, int, float] | None = None  # of how many, from which, and when
        self._bar = ""

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            finished("")
        self.clear()

    def say(self, text: str) -> None:
        if self.on:
            click.echo(f"\r\033[K  {clean(text)}", err=True, nl=False)

    def bar(self, k: int, of: int, doing: str) -> None:
        """So many of these are done; also about how long the others take, once that is known."""
        if self._units:
            after = f"; {self._then}" if self._then else ""
            finished(f"{k:,} of {of:,} {self._units} finished{after}")
        self._bar = f"[{'#' * (24 * k // max(of, 1)):<24}] {doing}"
        self.say(self._bar + self._left(k, of))

    def add(self, text: str) -> None:
        """Say more of what is being done."""
        self.say(f"{self._bar}, {text}")

    def _left(self, k: int, of: int) -> str:
        now = monotonic()
        if self._began is None or self._began[0] != of or k <= self._began[1]:
            self._began = (of, k, now)
        _, first, since = self._began
        seconds = (now - since) / max(k - first, 1) * (of - k)
        if now - since < PATIENCE_S or seconds < 1:
            return ""
        long = f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
        return f", about {long} left"

    def step(self, k: int, steps: int, loss: float) -> None:
        self.bar(k, steps, f"training {k}/{steps}  loss {loss:.5g}")

    def round(self, k: int, rounds: int) -> None:
        self.say(f"round {k} of {rounds} on the nodes")

    def clear(self) -> None:
        if self.on:
            click.echo("\r\033[K", err=True, nl=False)
