"""What a shell offers where a word of a command is completed.

Names out of a program come from its text, which is parsed and not checked: while a line is being
typed, nothing is compiled, and a program that cannot be read offers nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _offered(names: Iterable[str], typed: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(typed)]


def files(*ends: str) -> Complete:
    """Files whose names end so, and folders."""

    def complete(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
        folder = Path(typed if typed.endswith("/") else Path(typed).parent)
        try:
            found = sorted(p for p in folder.iterdir() if not p.name.startswith("."))
        except OSError:
            return []
        kept = [p for p in found if p.is_dir() or p.name.endswith(ends)]
        names = [f"{p}/" if p.is_dir() else str(p) for p in kept]
        return [*_offered(names, typed), CompletionItem(typed, type="file")]

    return complete


def targets(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of `--emit`."""
    from qdsl.driver import targets as known

    return _offered((target.name for target in known.targets()), typed)


def passes(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of `--stop-after` and the like; after a comma the next one."""
    from qdsl.driver.pass_manager import pass_names

    before = typed.rpartition(",")[0]
    start = f"{before}," if before else ""
    return _offered((start + name for name in pass_names()), typed)


def families(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of the benchmark's circuits."""
    from qdsl.studies.bench.circuits import FAMILIES

    return _offered(sorted(FAMILIES), typed)


def parts(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of `qdsl reproduce paper`."""
    from qdsl.studies.paper.reproduce import PARTS

    return _offered(PARTS, typed)


def codes(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of diagnostics."""
    from qdsl.diagnostics.explain import all_codes

    return _offered(sorted(all_codes()), typed.upper())


def declared(kind: str) -> Complete:
    """What the program that stands before it declares: models, networks, experiments."""

    def complete(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
        names = _declared(ctx.params.get("file") or _typed_file(), kind)
        return _offered(sorted(names), typed)

    return complete


def settings(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of `--set` and `--sweep`: integer parameters of the program's models."""
    models = _declared(ctx.params.get("file") or _typed_file(), "models")
    names = {name for model in _values(models) for name in model.parameters}
    return _offered((f"{name}=" for name in sorted(names)), typed)


def links(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of `qdsl cut --link`."""
    return _offered(_joined(ctx, "--"), typed)


def properties(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of `qdsl sweep --over`: of all links or nodes, or of one."""
    from qdsl.language.networks.network_properties import LINK, NODE
    from qdsl.studies.design.properties import MEASURES

    networks = _values(_declared(ctx.params.get("file") or _typed_file(), "networks"))
    one = {f"node.{node.name}" for network in networks for node in network.nodes}
    links = ["link", *(f"link.{name}" for name in _joined(ctx, "-"))]
    of_links, of_nodes = ([n for n, s in sorts.items() if s.dimension in MEASURES]
                          for sorts in (LINK, NODE))  # fmt: skip
    names = [f"{start}.{name}=" for start in links for name in of_links]
    names += [f"{start}.{name}=" for start in ("node", *sorted(one)) for name in of_nodes]
    return _offered(names, typed)


def quantities(ctx: click.Context, param: click.Parameter, typed: str) -> list[CompletionItem]:
    """Of `qdsl sweep --need`."""
    from qdsl.report.design.data import QUANTITIES

    return _offered((f"{name}=" for name in QUANTITIES), typed)


def _values(declared: Iterable[str]) -> list[Any]:
    return list(declared.values()) if isinstance(declared, Mapping) else []


def _joined(ctx: click.Context, dash: str) -> list[str]:
    """The names of all links."""
    networks = _values(_declared(ctx.params.get("file") or _typed_file(), "networks"))
    ends = {(n.nodes[k.a].name, n.nodes[k.b].name) for n in networks for k in n.links}
    return [dash.join(names) for names in sorted(ends)]


def _typed_file() -> str | None:
    """The program in the line that is typed: before an option without its value, click has not
    looked at the arguments."""
    words = os.environ.get("COMP_WORDS", "").split()
    return next((word for word in words if word.endswith(".qdm")), None)


def _declared(file: Any, kind: str) -> Iterable[str]:
    from qdsl.api import load
    from qdsl.diagnostics.diagnostic import InvalidProgram

    if file is None or not Path(file).name.endswith(".qdm"):
        return ()
    try:
        found: dict[str, Any] = getattr(load(file).checked, kind)
    except (OSError, ValueError, InvalidProgram):
        return ()
    return found
