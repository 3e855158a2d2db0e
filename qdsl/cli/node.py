"""`qdsl node`: one node's part of a run, in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from qdsl.cli.inputs import read_values
from qdsl.cli.options import json_option, values_option
from qdsl.cli.output import EXIT_INPUT, ProgressLine, echo, reported, write_json


@click.command("node")
@click.argument("ticket", type=click.Path(path_type=Path, allow_dash=True))
@values_option
@click.option("--patience", type=click.FloatRange(0.1), help="Seconds to wait for other nodes.")
@json_option
def command(ticket: Path, values: Path | None, patience: float | None, as_json: bool) -> None:
    """Run one node's program, with its own values only.

    TICKET is a file that `qdsl prepare` wrote for a node, the hardware or the reader. All
    tickets run at the same time, each on its owner's machine; the reader writes the outcomes.
    """
    if str(ticket) == "-":
        _run_for_parent()
        return
    with reported(as_json):
        from qdsl.backends.nodes.ticket import load_ticket
        from qdsl.runtime.session import take_part

        own = load_ticket(ticket)
        if patience is not None:
            own = replace(own, patience_s=patience)
        with ProgressLine(quiet=False) as progress:
            progress.say(f"{own.name}, connecting to {', '.join(p.name for p in own.peers)}")
            found = take_part(own, read_values(values) or {}, on_round=progress.round)
        if found is None:
            return
        from qdsl.runtime.outcomes import outcome_json, outcome_text

        if as_json:
            write_json(outcome_json(own, found))
        else:
            echo(outcome_text(own, found))


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
        _say({"refused": "expected a ticket and values on standard input"})
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
