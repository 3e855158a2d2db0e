"""`qdsl lsp`: the language server, which editors start."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

import click

from qdsl.cli.options import allow_option
from qdsl.cli.output import EXIT_INPUT, EXIT_USAGE, stop


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Use standard input and output, as is the default.")
@click.option(
    "--docs", metavar="ADDRESS", help="Address of the documentation site, for links to it."
)
@allow_option
@click.option("--costs", is_flag=True, hidden=True, help="For the server: the ebits of lines.")
def command(stdio: bool, docs: str | None, folders: tuple[Path, ...], costs: bool) -> None:
    """Run the language server for editors.

    An editor starts it and speaks the Language Server Protocol with it over standard input and
    output: diagnostics, completion, renaming, formatting, costs of lines."""
    if costs:
        _write_costs()
        return
    try:
        import pygls  # noqa: F401
    except ImportError:
        stop(
            "the language server needs pygls, which is not installed: "
            "pip install 'qdsl-compiler[editor]'",
            EXIT_USAGE,
        )
    from qdsl.editor.server import serve

    serve(folders, docs)


def _write_costs() -> None:
    """For a server: a line of JSON for every model of the program in the first line of the
    input. Its end ends this."""
    from qdsl.editor.costs import compiled_lines

    try:
        document = json.loads(sys.stdin.buffer.readline())
    except ValueError:
        sys.exit(EXIT_INPUT)
    threading.Thread(target=_end_with_server, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(10)  # what is typed goes first
    for line in compiled_lines(document):
        click.echo(line)
        sys.stdout.flush()


def _end_with_server() -> None:
    while os.read(0, 65536):  # the buffer has a lock, which must be free when this process ends
        pass
    os._exit(EXIT_INPUT)
