"""`qdsl prepare`: a ticket for every process of a run by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qdsl.cli.options import PATH, program_options, seed_option
from qdsl.cli.output import echo, exit_if_refuted, make_folder, reported, write_json
from qdsl.files.writing import write_secret

SCHEMA = "qdsl-tickets/1"


@click.command("prepare")
@program_options
@click.option("--output", "-o", "folder", type=PATH, required=True,
              help="Folder for the tickets.")  # fmt: skip
@click.option("--at", "places", multiple=True, metavar="NODE=HOST:PORT",
              help="Address at which a node, the hardware or the reader listens "
              "[default: this machine, ports from 47100]")  # fmt: skip
@click.option(
    "--shots",
    type=click.IntRange(1),
    default=1000,
    show_default=True,
    help="Number of shots per item and measurement basis.",
)
@click.option(
    "--items", type=click.IntRange(1), default=1, show_default=True, help="Number of data items."
)
@seed_option
@click.option(
    "--patience",
    type=click.FloatRange(0.1),
    default=60.0,
    show_default=True,
    help="Seconds that a node waits for another.",
)
@click.option(
    "--valid-hours",
    type=click.FloatRange(0.001, 87_600),
    default=168.0,
    show_default=True,
    help="Hours after which the tickets expire.",
)
def command(
    folder: Path,
    places: tuple[str, ...],
    shots: int,
    items: int,
    patience: float,
    valid_hours: float,
    **given: Any,
) -> None:
    """Write a ticket for every node, the hardware and the reader.

    A ticket contains one node's program, the addresses of the processes it talks to, its secret
    key and their public keys. Give each to its owner, who runs it with `qdsl node`.
    """
    from qdsl.cli.commands import compile_given

    with reported(given["as_json"]):
        from qdsl.backends._readout import settings
        from qdsl.backends.nodes.ticket import (
            Wanted,
            addresses_of,
            file_names,
            ticket_text,
            tickets,
        )
        from qdsl.runtime.run import predicted, refuse_scales

        compiled = compile_given(given)
        exit_if_refuted(compiled, given)
        stage = compiled.scheduled
        refuse_scales(stage)
        bases = settings(stage.distributed.placed.circuit.outputs)
        costs, valid_s = predicted(stage), max(1, round(valid_hours * 3600))
        wanted = Wanted(items, shots, given["seed"] or 0, costs, patience, valid_s=valid_s)
        dealt = tickets(stage, bases, wanted)
        dealt = tickets(stage, bases, wanted, addresses_of([t.name for t in dealt], places))
        make_folder(folder)
        made = []
        for ticket, name in zip(dealt, file_names([t.name for t in dealt]), strict=True):
            path = folder / f"{name}.ticket"
            try:
                write_secret(path, ticket_text(ticket))
            except OSError as error:
                raise click.UsageError(f"cannot write {path}: {error.strerror}") from None
            needs = ticket.program.vectors if ticket.program is not None else ()
            own = {v.name: v.size for v in needs if v.source in ("private", "public")}
            made.append((ticket.name, str(path), ticket.address, own))
    _show(made, given["as_json"])
    _warn_of_networks([address for _, _, address, _ in made])


def _warn_of_networks(addresses: list[str]) -> None:
    """On standard error, which processes can be reached from other machines."""
    local = ("tcp://127.", "tcp://localhost:", "tcp://[::1]:")
    open_ = [a for a in addresses if not a.startswith(local)]
    if open_:
        note = "warning: other machines can connect to"
        rest = "peers are admitted by their keys only, but let a firewall keep others away"
        echo(f"{note} {', '.join(open_)}: {rest}", err=True)


def _show(made: list[tuple[str, str, str, dict[str, int]]], as_json: bool) -> None:
    if as_json:
        names = ("name", "file", "address", "values")
        tickets = [dict(zip(names, (*m, list(own)), strict=True)) for *m, own in made]
        write_json({"schema": SCHEMA, "tickets": tickets})
        return
    for _, path, address, own in made:
        note = "  values: " + ", ".join(f"{v}[{n}]" for v, n in own.items()) if own else ""
        echo(f"{path}  {address}{note}")
