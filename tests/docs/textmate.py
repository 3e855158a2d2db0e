"""The grammar for colours in editors that take those of TextMate: made from the language's own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from qdsl.language.lowering.outputs import OUTPUTS
from qdsl.language.parser.tables import tables
from qdsl.language.syntax.units import UNITS
from qdsl.language.typed.types import DATA_KINDS
from qdsl.language.values.arithmetic import CONSTANTS, FUNCTIONS
from qdsl.language.values.graphs import FUNCTIONS as GRAPH_FUNCTIONS
from qdsl.language.values.steps import APPLICABLE
from tests.sources import ROOT

GRAMMAR = ROOT / "docs" / "editors" / "vscode" / "syntaxes" / "qdm.tmLanguage.json"
CONTROL = ("at", "else", "for", "from", "if", "in", "of", "on", "return", "step", "to", "use")
OPERATORS = ("and", "div", "not", "or", "sum")
MODIFIERS = ("ctrl", "inv", "negctrl", "pow")
# Names end where no letter of the language follows: `\b` would end them before Greek ones.
LETTER = "[A-Za-z0-9_α-ξπ-ωΓΔΘΛΞΠΣΦΨΩ]"


def words(found: Iterable[str], behind: str = "") -> str:
    """A pattern for whole words."""
    longest_first = sorted(found, key=lambda word: (-len(word), word))
    return rf"(?<!{LETTER})(?:{'|'.join(map(re.escape, longest_first))})(?!{LETTER}){behind}"


def rule(name: str, match: str) -> dict[str, Any]:
    return {"name": f"{name}.qdm", "match": match}


def declaration(keyword: str, kind: str) -> dict[str, Any]:
    """A keyword and the name that it declares."""
    name = tables().terminals["NAME"]
    captures = {"1": {"name": "keyword.declaration.qdm"}, "2": {"name": f"entity.name.{kind}.qdm"}}
    return {"match": rf"(?<!{LETTER})({keyword})\s+({name})", "captures": captures}


def patterns() -> list[dict[str, Any]]:
    found = tables()
    terminals = found.terminals
    number = f"{terminals['REAL']}|{terminals['INTEGER']}"
    units = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
    rest = found.keywords - {*CONTROL, *OPERATORS, *MODIFIERS}
    name = terminals["NAME"]
    return [
        rule("comment.line.double-slash", "//.*$"),
        {"name": "comment.block.qdm", "begin": r"/\*", "end": r"\*/"},
        rule("string.quoted.double", terminals["STRING"].replace("\n", r"\n")),
        {
            "match": rf"(?<!{LETTER})({number})(?:\s*({units})(?!{LETTER}))?",
            "captures": {
                "1": {"name": "constant.numeric.qdm"},
                "2": {"name": "keyword.other.unit.qdm"},
            },
        },
        declaration("network", "namespace"),
        declaration("model", "class"),
        declaration("circuit", "function"),
        declaration("experiment", "class"),
        rule("keyword.operator.modifier", words(MODIFIERS, r"(?=\s*(?:\([^)]*\)\s*)?@)")),
        rule("keyword.control", words(CONTROL)),
        rule("keyword.operator.word", words(OPERATORS)),
        rule("keyword.other", words(rest)),
        rule("storage.type", words(DATA_KINDS, r"(?=\s*(?:\[|=|,|\)|owner|;|$))")),
        rule("constant.language", words(CONSTANTS)),
        rule("support.function", words((*FUNCTIONS, *GRAPH_FUNCTIONS, "len", *OUTPUTS), r"(?=\()")),
        rule("support.function.gate", words(APPLICABLE, rf"(?=\s*\(|\s+{LETTER})")),
        rule("entity.name.function", rf"{name}(?=\s*\()"),
        rule("variable.other", name),
        rule("keyword.operator", "|".join(map(re.escape, signs(found.punctuation)))),
    ]


def signs(punctuation: Iterable[str]) -> list[str]:
    """Those that calculate or compare, the longest first."""
    brackets = set("()[]{},.:")
    return sorted((s for s in punctuation if s not in brackets), key=lambda s: (-len(s), s))


def textmate() -> str:
    grammar = {
        "name": "QDM",
        "scopeName": "source.qdm",
        "fileTypes": ["qdm"],
        "comment": "Made by `python -m tests.docs.listing` from the grammar of QDM.",
        "patterns": patterns(),
    }
    return json.dumps(grammar, indent=2, ensure_ascii=False) + "\n"
