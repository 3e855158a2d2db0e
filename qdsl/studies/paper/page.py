"""The page of all results: written whole, or part by part into a page that is there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import fill

from qdsl.studies.paper.findings import FindingTable, Part, Picture

TITLE = "# The paper, run"
INTRODUCTION = f"""\
{TITLE}

What "Exponential Quantum Communication Advantage in Distributed Inference and Learning" (Gilboa,
Michaeli, Soudry, McClean, NeurIPS 2024, arXiv 2310.07136) claims, run and measured. Only its
abstract was at hand: what it says beyond that is not judged here. Each row is one claim:
*shown* (by a number of ours), *cited*, *not shown*, or *false as often read*.

Written by `qdsl reproduce paper --write FILE.md`; beside every claim and under every heading stands
the command that made its numbers. With `--only` those parts are written again, and all others stay.
The models stand in `qdsl/studies/paper/models/`. Data sets are looked for in the folder that
`--data` or `QDSL_DATA` names, in the formats that [`data-sets.md`](../guide/data-sets.md) lists.
"""
COLUMNS = ("claim", "where", "command", "ours", "theirs", "status")
COMMAND = re.compile(r"`qdsl reproduce paper --only ([a-z0-9-]+)")


def command_of(part: str, *, is_quick: bool = True, seed: int = 0) -> str:
    """What to paste to run one part again."""
    return (
        f"qdsl reproduce paper --only {part}"
        + ("" if is_quick else " --full")
        + (f" --seed {seed}" if seed else "")
    )


def write_page(
    parts: Iterable[Part], commands: dict[str, str], order: Iterable[str], before: str = ""
) -> str:
    """The page with these parts, made by these commands; those that the page `before` has besides
    are kept. In the order of all names."""
    rows, sections = _taken_apart(before)
    for part in parts:
        rows[part.name] = _claims(part, commands[part.name])
        sections[part.name] = _section(part, commands[part.name])
    names = [name for name in order if name in sections]
    table = _markdown_table(FindingTable("", COLUMNS, ()))
    table += [row for name in names for row in rows.get(name, [])]
    return (
        "\n".join(
            [INTRODUCTION, "## Claims", "", *table, *(f"\n{sections[name]}" for name in names)]
        )
        + "\n"
    )


def _taken_apart(page: str) -> tuple[dict[str, list[str]], dict[str, str]]:
    """The rows of the table of claims, and the sections, of a page, both by part."""
    rows: dict[str, list[str]] = {}
    sections: dict[str, str] = {}
    if not page.startswith(TITLE):
        return rows, sections
    first, *others = page.split("\n## ")[1:]
    for line in first.splitlines():
        named = COMMAND.search(line)
        if named and line.startswith("| "):
            rows.setdefault(named[1], []).append(line)
    for text in others:
        named = COMMAND.search(text)
        if named:
            sections[named[1]] = f"## {text.rstrip()}"
    return rows, sections


def _claims(part: Part, command: str) -> list[str]:
    cells = tuple(
        (f.claim, f.where, f"`{command}`", f.ours, f.theirs,
         f.status if f.holds else f"{f.status}: FAILED")
        for f in part.findings
    )  # fmt: skip
    return _markdown_table(FindingTable("", COLUMNS, cells))[2:]


def _section(part: Part, command: str) -> str:
    lines = [f"## {part.title}", "", f"`{command}`"]
    for table in part.tables:
        lines += ["", fill(f"{table.title}:", 100), "", *_markdown_table(table)]
    for picture in part.pictures:
        lines += ["", f"![{picture.caption}]({picture_file(picture)})"]
    if part.limits:
        lines += ["", fill(part.limits, 100)]
    return "\n".join(lines)


def picture_file(picture: Picture) -> str:
    """Where it lies, seen from the page."""
    return f"pictures/{picture.name}.svg"


def _markdown_table(table: FindingTable) -> list[str]:
    rows = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
