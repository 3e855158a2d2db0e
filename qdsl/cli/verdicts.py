"""How `qdsl verify` says what a comparison found."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from qdsl.cli.output import echo, write_json

if TYPE_CHECKING:
    from qdsl.verify.result import Check, Verification

SCHEMA = "qdsl-verification/1"
WIDTH = 80
_SAID = {True: "equal; ", False: "NOT EQUAL; ", None: ""}


def verdict_of(found: Verification) -> str:
    if found.verified:
        return "equal from |0...0>, proved" if found.is_from_zero else "equal, proved"
    return "NOT EQUAL" if found.refuted else "undecided: no method found a proof or a difference"


def plain_check(check: Check) -> dict[str, Any]:
    more = {"help": advice} if (advice := _help(check)) else {}
    return {"method": check.method, "equal": check.equal, "detail": check.detail, **more}


def _help(check: Check) -> str:
    from qdsl.verify.result import AdvisedCheck

    return check.help if isinstance(check, AdvisedCheck) else ""


def show(names: list[str], found: Verification, as_json: bool) -> None:
    if as_json:
        write_json(document_of(names, found))
        return
    lines = textwrap.wrap(f"{names[0]}, against {names[1]}: {verdict_of(found)}", WIDTH)
    lines += shown(found)
    echo("\n".join(lines))


def document_of(names: list[str], found: Verification) -> dict[str, Any]:
    """The JSON document."""
    verdict = "equal" if found.verified else "different" if found.refuted else "undecided"
    document = {"schema": SCHEMA, "left": names[0], "right": names[1], "verdict": verdict,
                "checks": [plain_check(c) for c in found.checks]}  # fmt: skip
    if found.imports:
        document["imports"] = [plain_check(c) for c in found.imports]
    return document


def shown(found: Verification) -> list[str]:
    """Lines of what every method found."""
    lines = []
    for c in (*found.checks, *found.imports):
        text = f"{c.method}: {_SAID[c.equal]}{c.detail}"
        lines += textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")
        help_line = f"= help: {advice}" if (advice := _help(c)) else ""
        lines += textwrap.wrap(help_line, WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 12)
    return lines
