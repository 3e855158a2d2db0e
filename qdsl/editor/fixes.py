"""What an editor can change so that a problem is gone: made of what its help says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.printable import quoted
from qdsl.diagnostics.source import Span
from qdsl.language.parser.errors import calls, grammar, text
from qdsl.language.parser.lexer import FOREIGN_OPERATORS
from qdsl.language.typed.errors.operations import UnknownOperation
from qdsl.language.typed.errors.ownership import PointlessReveal, PublicByNature
from qdsl.language.values import errors as values
from qdsl.records import dataclass

_MEANT = re.compile(r"did you mean '([^']+)'\?")
_WRITE = re.compile(r"(?:write|compare it:|type|to multiply, write) `([^`…]+)`(?: instead)?")
_ITEM = re.compile(r"^(?:use|network|circuit|model|experiment)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fix:
    """Write `text` in place of the characters from `start` to `end`."""

    title: str
    start: int
    end: int
    text: str


def fixes(problem: Diagnostic) -> tuple[Fix, ...]:
    """The changes that would mend a problem, the likeliest first; none for most."""
    if not problem.labels:
        return ()
    own = _OF.get(type(problem))
    found = list(own(problem)) if own is not None else []
    found += _meant(problem)
    return tuple(dict.fromkeys(found))


def first_item(text: str) -> int:
    """Where the first declaration begins: a `use` stands before it."""
    found = _ITEM.search(text)
    return found.start() if found else 0


def _replace(span: Span, text: str) -> Fix:
    return Fix(f"Replace {quoted(span.text)} by {quoted(text)}", span.start, span.end, text)


def _insert(text: str, offset: int, where: str = "") -> Fix:
    return Fix(f"Insert `{text.strip()}`{where}", offset, offset, text)


def _meant(problem: Diagnostic) -> Iterator[Fix]:
    """`did you mean '...'?`, and what a problem knows to be meant."""
    meant = getattr(problem, "meant", None)
    told = _MEANT.search(problem.help or "")
    if not isinstance(meant, str):
        meant = told[1] if told else None
    if not meant:
        return
    span = problem.labels[0].span
    wrong = getattr(problem, "name", None)
    if not isinstance(wrong, str) or wrong not in span.text:
        found = re.match(r"[\w.]+", span.text)
        wrong = found[0] if found else span.text
    if wrong != meant:
        start = span.start + span.text.index(wrong)
        yield _replace(Span(span.source, start, start + len(wrong)), meant)


def _as_told(problem: Diagnostic) -> Iterator[Fix]:
    """The help is what has to stand in place of the main label."""
    told = _WRITE.fullmatch(problem.help or "")
    if told:
        yield _replace(problem.labels[0].span, told[1])


# ---- syntax ------------------------------------------------------------------------------


def _comma(problem: grammar.MissingComma) -> Iterator[Fix]:
    yield _insert(",", problem.before.end, " here")


def _bracket(problem: grammar.UnclosedBracket) -> Iterator[Fix]:
    before = problem.noticed.source.text[: problem.noticed.start].rstrip()
    text = f"\n{problem.closing}" if problem.closing == "}" else problem.closing
    yield _insert(text, len(before), " at the end")


def _stray(problem: grammar.UnmatchedBracket) -> Iterator[Fix]:
    span = problem.bracket
    yield Fix(f"Remove `{span.text}`", span.start, span.end, "")


def _reserved(problem: grammar.ReservedWord) -> Iterator[Fix]:
    yield _replace(problem.word, f"{problem.word.text}_")


def _equals(problem: grammar.OptionWithEquals) -> Iterator[Fix]:
    sign = re.compile(r"\s*=\s*").match(problem.name.source.text, problem.name.end)
    if sign:
        yield Fix("Remove `=`", sign.start(), sign.end(), " ")


def _let(problem: grammar.MissingLet) -> Iterator[Fix]:
    if not problem.form:
        yield _insert(f"{problem.keyword} ", problem.name.start, " before it")
        return
    source, start = problem.name.source, problem.name.start
    statement = re.compile(r"[^;\n}]*").match(source.text, start)
    if statement and not source.text[start - problem.name.column + 1 : start].strip():
        yield _replace(Span(source, start, start + len(statement[0].rstrip())), problem.form)


def _dotted(problem: calls.DottedName) -> Iterator[Fix]:
    yield _replace(problem.whole, problem.right)


def _parentheses(problem: calls.QubitsInParentheses) -> Iterator[Fix]:
    start = problem.inside.source.text.rfind(problem.name, 0, problem.inside.start)
    yield _replace(Span(problem.inside.source, start, problem.inside.end), problem.right)


def _slashes(problem: grammar.SlashComment) -> Iterator[Fix]:
    start = problem.comment.start
    before = problem.comment.source.text[start - 1]
    lead = "" if before.isspace() else " "
    after = problem.comment.text[2:3]
    tail = "" if not after or after.isspace() else " "
    yield Fix("Divide by `div`", start, start + 2, f"{lead}div{tail}")


def _caret(problem: text.CaretPower) -> Iterator[Fix]:
    yield _replace(problem.caret, "**")


def _foreign(problem: text.ForeignOperator) -> Iterator[Fix]:
    sign = problem.sign.text
    if len(sign) > 1 and sign[0] == "'":
        yield _replace(problem.sign, f'"{sign[1:-1]}"')
    elif sign in ("!", "&&", "||"):
        yield Fix(f"Write `{FOREIGN_OPERATORS[sign]}`", problem.sign.start, problem.sign.end,
                  f" {FOREIGN_OPERATORS[sign]} ")  # fmt: skip
    elif sign in (":=", "...", "..=", "===", "<>"):
        yield _replace(problem.sign, FOREIGN_OPERATORS[sign])


def _string(problem: text.UnterminatedString) -> Iterator[Fix]:
    yield _insert('"', problem.string.start + len(problem.string.text.rstrip()), " at the end")


def _character(problem: text.BadCharacter) -> Iterator[Fix]:
    told = list(_as_told(problem))
    yield from told
    if not told and problem.help == "remove it":
        yield Fix("Remove it", problem.place.start, problem.place.end, "")


def _unit(problem: text.UnknownUnit) -> Iterator[Fix]:
    told = _WRITE.fullmatch(problem.help or "")
    if told:
        yield _replace(problem.number.to(problem.unit), told[1])


def _pauli(problem: grammar.NotAPauliWord) -> Iterator[Fix]:
    told = _WRITE.fullmatch(problem.help or "")
    if told:
        is_word = told[1] == problem.word.text.upper()
        yield _replace(problem.word if is_word else problem.word.to(problem.operand), told[1])


# ---- meaning -------------------------------------------------------------------------------


def _module(problem: UnknownOperation) -> Iterator[Fix]:
    if problem.module:
        yield _insert(
            f"use {problem.module}\n", first_item(problem.span.source.text), " at the top"
        )


def _number_with_unit(problem: values.WrongUnit) -> Iterator[Fix]:
    """The help names the property, too, which stands before the label."""
    told = _WRITE.fullmatch(problem.help or "")
    if told:
        yield _replace(problem.labels[0].span, told[1].partition(" ")[2])


def _reveal(problem: PointlessReveal) -> Iterator[Fix]:
    span = problem.span
    source = span.source
    alone = source.line_text(span.line).strip() == span.text
    start = span.start - (span.column - 1) if alone else span.start
    end = span.end
    if alone and source.text[end : end + 1] == "\n":
        end += 1
    yield Fix("Delete the `reveal`", start, end, "")


def _owner(problem: PublicByNature) -> Iterator[Fix]:
    before = problem.span.source.text[: problem.span.start]
    found = re.search(r"\s*\bowner\s*$", before)
    if found:
        yield Fix("Leave `owner` out", found.start(), problem.span.end, "")


_OF: dict[type[Diagnostic], Callable[[Any], Iterator[Fix]]] = {
    grammar.MissingComma: _comma,
    grammar.UnclosedBracket: _bracket,
    grammar.UnmatchedBracket: _stray,
    grammar.ReservedWord: _reserved,
    grammar.OptionWithEquals: _equals,
    grammar.MissingLet: _let,
    calls.DottedName: _dotted,
    calls.QubitsInParentheses: _parentheses,
    grammar.SlashComment: _slashes,
    grammar.RangeCall: _as_told,
    grammar.NotAPauliWord: _pauli,
    text.CaretPower: _caret,
    text.ForeignOperator: _foreign,
    text.UnterminatedString: _string,
    text.BadCharacter: _character,
    text.BadNumber: _as_told,
    text.UnknownUnit: _unit,
    UnknownOperation: _module,
    values.TypeMismatch: _as_told,
    values.WrongDimensions: _as_told,
    values.InvalidLoop: _as_told,
    values.WrongUnit: _number_with_unit,
    PointlessReveal: _reveal,
    PublicByNature: _owner,
}
