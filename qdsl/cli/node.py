"""`qdsl node`: one node's part of a run, in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from qdsl.cli.output import EXIT_INPUT, Progress, reported


@click.command("node")
@click.argument("ticket", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--values", type=click.Path(path_type=Path), help="An .npz with this node's own values."
)
@click.option("--patience", type=click.FloatRange(0.1), help="Seconds to wait for others.")
@click.option("--json", "as_json", is_flag=True, help="The reader writes JSON.")
def command(ticket: Path, values: Path | None, patience: float | None, as_json: bool) -> None:
    """Run one node's program, with its own values only.

    TICKET is a file of `qdsl prepare`, of a node, the hardware or the reader. All of them run at
    once, each where it belongs; the reader ends by writing the outcomes.
    """
    if str(ticket) == "-":
        _run_for_parent()
        return
    from dataclasses import replace

    with reported(as_json):
        from qdsl.backends.nodes.ticket import load_ticket
        from qdsl.runtime.session import take_part

        own = load_ticket(ticket)
        if patience is not None:
            own = replace(own, patience_s=patience)
        progress = Progress(quiet=False)
        progress.say(f"{own.name} is with {', '.join(p.name for p in own.peers)}")
        try:
            found = take_part(own, _values(values), on_round=progress.round)
        finally:
            progress.clear()
        if found is not None:
            from qdsl.runtime.outcomes import outcome_json, outcome_text

            text = (
                json.dumps(outcome_json(own, found), indent=2)
                if as_json
                else outcome_text(own, found)
            )
            click.echo(text)


def _values(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    from qdsl.data.files import read_archive

    return read_archive(path)


# ---- started by `qdsl run --nodes` -------------------------------------------------------


def _run_for_parent() -> None:
    """Ticket and values come through standard input, line by line; the end of it ends this."""
    from qdsl.backends.nodes.ticket import read_ticket
    from qdsl.diagnostics.diagnostic import InvalidProgram
    from qdsl.diagnostics.request_error import Refused
    from qdsl.runtime.errors import NodeProblem
    from qdsl.runtime.launch import unpacked_values
    from qdsl.runtime.session import take_part

    try:
        first = json.loads(sys.stdin.readline())
        ticket, values = read_ticket(first["ticket"]), unpacked_values(first["values"])
    except (ValueError, TypeError, KeyError):
        _say({"refused": "a ticket and values were to come through standard input"})
        sys.exit(EXIT_INPUT)
    try:
        take_part(ticket, values, _exchange)
    except InvalidProgram as error:
        problem = error.diagnostics[0]
        said = problem.to_plain() if isinstance(problem, NodeProblem) else {}
        _say({"problem": said, "refused": problem.message})
        sys.exit(EXIT_INPUT)
    except Refused as error:
        _say({"refused": str(error)})
        sys.exit(EXIT_INPUT)


def _exchange(address: str) -> Mapping[int, str]:
    """Tell the parent where this process listens; it says where the others do."""
    _say({"address": address})
    line = sys.stdin.readline()
    if not line:
        os._exit(EXIT_INPUT)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return {int(k): str(v) for k, v in json.loads(line)["addresses"].items()}


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(EXIT_INPUT)


def _say(document: Mapping[str, Any]) -> None:
    click.echo(json.dumps(document))
    sys.stdout.flush()
