"""Make `tables.json` from `qdm.lark`: `python -m qdsl.grammar.compile`.

Building an LALR parser takes Lark 0.3 s, reading finished tables 3 ms, so `qdsl check` never
imports Lark. A test compares the committed tables with fresh ones.

A token is named by its text if that is fixed (`model`, `{`, `..`) and by its terminal
otherwise (`NAME`, `SEP`). A state is two strings of pairs: `token action`, where n >= 0 means
"shift, go to state n" and n < 0 means "reduce by rule -n-1"; and `rule state-to-go-to`.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from lark import Lark
from lark.grammar import Rule, Symbol
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import Shift

from qdsl.files.writing import write_text

GRAMMAR = "qdm.lark"
TABLES = "tables.json"


_Row = dict[str, tuple[bool, int]]  # symbol -> (shift or go to a state?, state or rule)


def build_tables(grammar: str) -> dict[str, Any]:
    """The parse tables and terminals of a grammar, as plain JSON data."""
    lark = Lark(grammar, parser="lalr", lexer="basic", maybe_placeholders=True)
    names = {t.name: _terminal_name(t) for t in lark.terminals}
    fixed = [names[t.name] for t in lark.terminals if isinstance(t.pattern, PatternStr)]
    table: Any = lark.parser.parser._parse_table
    rules = {rule: i for i, rule in enumerate(lark.rules)}
    (start,) = table.start_states.values()
    (end,) = table.end_states.values()
    rows = {state: _row(row, rules) for state, row in table.states.items()}
    number = _numbering(rows, start)
    return {
        "keywords": sorted(word for word in fixed if word.isidentifier()),
        "punctuation": sorted((w for w in fixed if not w.isidentifier()), key=_longest_first),
        "terminals": {
            names[t.name]: t.pattern.value
            for t in lark.terminals
            if not isinstance(t.pattern, PatternStr)
        },
        "end": number[end],
        "rules": [_rule_row(rule) for rule in lark.rules],
        "states": [_state_row(rows[state], names, number) for state in number],
    }


def _row(row: dict[str, Any], rules: dict[Rule, int]) -> _Row:
    return {
        symbol: (True, argument) if kind is Shift else (False, rules[argument])
        for symbol, (kind, argument) in row.items()
    }


def _terminal_name(terminal: TerminalDef) -> str:
    if isinstance(terminal.pattern, PatternStr):
        return terminal.pattern.value
    return terminal.name.lstrip("_")


def _longest_first(word: str) -> tuple[int, str]:
    return (-len(word), word)


def _rule_row(rule: Rule) -> list[Any]:
    """`[name, action, shape, passes on an only child]`.

    The action null splices the children into the parent. Shape: a letter for each symbol, `k`
    kept or `d` dropped, and `n` wherever an absent optional part leaves a None.
    """
    options = rule.options
    gaps = options.empty_indices or (False,) * len(rule.expansion)
    letters = ""
    consumed = 0
    for gap in gaps:
        if gap:
            letters += "n"
            continue
        letters += _letter(rule.expansion[consumed], options.keep_all_tokens)
        consumed += 1
    letters += "".join(_letter(s, options.keep_all_tokens) for s in rule.expansion[consumed:])
    name = str(rule.origin.name)
    inline = name.startswith("_")
    action = None if inline else (rule.alias or name)
    return [name, action, letters, bool(options.expand1 and not rule.alias)]


def _letter(symbol: Symbol, keep_all: bool) -> str:
    dropped = symbol.is_term and getattr(symbol, "filter_out", False) and not keep_all
    return "d" if dropped else "k"


def _state_row(row: _Row, names: dict[str, str], number: dict[int, int]) -> list[str]:
    actions: list[str] = []
    gotos: list[str] = []
    for symbol, (is_shift, argument) in row.items():
        pair = f"{names.get(symbol, symbol)} {number[argument] if is_shift else -argument - 1}"
        (actions if symbol in names or symbol == "$END" else gotos).append(pair)
    return [" ".join(sorted(actions)), " ".join(sorted(gotos))]


def _numbering(rows: dict[int, _Row], start: int) -> dict[int, int]:
    """New state numbers, breadth first from the start: Lark's own vary from run to run."""
    number = {start: 0}
    queue = [start]
    for state in queue:
        for _, (is_shift, argument) in sorted(rows[state].items()):
            if is_shift and argument not in number:
                number[argument] = len(number)
                queue.append(argument)
    return number


def to_json(tables: dict[str, Any]) -> str:
    """One rule and one state a line, so that a change of the grammar can be reviewed."""
    parts = []
    for key, value in tables.items():
        if key in ("rules", "states"):
            rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in value)
            parts.append(f'"{key}": [\n{rows}\n]')
        else:
            parts.append(f'"{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    grammar = files("qdsl.grammar").joinpath(GRAMMAR).read_text(encoding="utf-8")
    write_text(Path(__file__).with_name(TABLES), to_json(build_tables(grammar)))


if __name__ == "__main__":
    main()
