"""`qdsl doctor`: what is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qdsl.cli.options import json_option
from qdsl.cli.output import echo, write_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qdsl.studies.doctor import Doctor


@click.command("doctor")
@json_option
def command(as_json: bool) -> None:
    """Show versions, optional packages that are missing, and plug-ins."""
    from qdsl.studies.doctor import examine

    found = examine()
    if as_json:
        write_json(found.to_json())
    else:
        echo("\n".join(_lines(found)))


def _lines(found: Doctor) -> Iterator[str]:
    from qdsl.studies.doctor import EXTRAS, REQUIRED

    yield f"qdsl {found.qdsl}, Python {found.python}"
    yield f"cache: {found.cache or 'none: no folder is ours alone, so compiled code is not kept'}"
    yield "\nRequired packages"
    yield from (f"  {name:<16}{found.packages[name] or 'MISSING'}" for name in REQUIRED)
    yield "\nOptional packages"
    missing = found.missing()
    for extra in EXTRAS:
        for name in extra.packages:
            yield f"  {name:<16}{found.packages[name] or 'not installed'}"
        if extra in missing:
            yield f"      would add {extra.adds}: {extra.install}"
    yield "\nPlug-ins"
    if not found.plugins:
        yield "  none"
    for item in found.plugins:
        p = item.plugin
        yield f"  {p.kind:<14}{p.name}  ({p.package} {p.version})"
        if item.problem is not None:
            yield f"      {item.problem.code}: {item.problem.message}. {item.problem.why}"
