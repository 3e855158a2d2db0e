"""The pages that are made from the code; `python -m tests.docs.listing` writes them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qdsl.driver.pass_manager import DEFAULT_PASSES, PassEntry, find_pass, pass_names
from qdsl.driver.targets import targets
from qdsl.ir.operations import OPERATIONS
from qdsl.ir.rules import RULES
from tests.sources import ROOT

PASSES = ROOT / "docs" / "reference" / "passes.md"
IR = ROOT / "docs" / "internals" / "ir.md"
BEGIN = "<!-- made by tests.docs.listing -->\n"
MADE_BY = "Made by `python -m tests.docs.listing`."


def cell(text: object) -> str:
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = [names, ["---"] * len(names), *([cell(c) for c in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def stage_names(kind: object) -> str:
    return str(getattr(kind, "__name__", kind)).replace("qdsl.ir.stages.", "")


def of_pass(entry: PassEntry) -> str:
    run = "run by default" if entry.name in DEFAULT_PASSES else "run by name"
    takes = f"{stage_names(entry.source)} to {stage_names(entry.target)}, {run}."
    options = table(
        ("option", "default", "what"),
        ((f"`{o.name}`", f"`{o.default}`", o.help) for o in entry.options),
    )
    doc = " ".join(entry.doc.split("\n\n")[0].split())
    return f"### {entry.name}\n\n{doc} {takes}\n" + (f"\n{options}" if entry.options else "")


def passes_page() -> str:
    passes = "\n".join(of_pass(find_pass(name)) for name in pass_names())
    rows = ((f"`{t.name}`", t.doc, f"`{t.suffix}`") for t in targets())
    backends = table(("target", "what `--emit` writes", "file"), rows)
    return f"# Passes and backends\n\n{MADE_BY}\n\n## Passes\n\n{passes}\n## Backends\n\n{backends}"


def ir_tables() -> str:
    operations = table(
        ("operation", "operands", "angles", "kind", "what"),
        ((f"`{o.name}`", o.arity or "any", o.angles, o.kind, o.doc) for o in OPERATIONS),
    )
    rules = "\n".join(
        f"### {stage.__name__}\n\n"
        + table(("rule", "what"), ((f"`{r.name}`", r.doc) for r in stage_rules))
        for stage, stage_rules in RULES.items()
    )
    return f"{BEGIN}## Operations\n\n{operations}\n## Rules\n\n{rules}"


def pages() -> dict[Path, str]:
    """The text that each page should have."""
    by_hand = IR.read_text(encoding="utf-8").partition(BEGIN)[0]
    return {PASSES: passes_page(), IR: by_hand + ir_tables()}


if __name__ == "__main__":
    for page, text in pages().items():
        page.write_text(text, encoding="utf-8", newline="\n")
