"""Loops, conditions, blocks and comments as in other languages: which message fits."""

from __future__ import annotations

import re

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.printable import quoted
from qdsl.language.parser.errors.grammar import UnexpectedToken
from qdsl.language.parser.lexer import NUMBERS
from qdsl.language.parser.tables import END
from qdsl.language.parser.trouble import LONGEST_FORM, Trouble

_HEADS = frozenset({"for", "if", "else", "at"})
_C_LOOP = re.compile(
    r"for\s*\(\s*(?:\w+\s+)?(\w+)\s*=\s*([\w+\-*/]+)\s*;\s*\w+\s*(<=?)\s*([\w+\-*/]+)\s*;"
)
_IN_BRACKETS = re.compile(r"\[([\w+\-*/ ]+):([\w+\-*/ ]+)\](?=\s*[:{]?\s*$)")
_COLON = re.compile(r" in ([\w+\-*/ ]+):([\w+\-*/ ]+?)(?=\s*:?\s*$)")
_RANGE = re.compile(r" in range\s*\(([^()]*)\)")
_TYPED = re.compile(r"^for (?:uint|int|var|let|const)(?:\[\d+\])? (?=\w+ in\b)")


def loop_head(t: Trouble) -> Diagnostic | None:
    """`for i in range(n):`, `for i in [0:3]`, `for (int i = 0; i < n; i++)`."""
    if t.first.kind != "for" or t.index == t.begins:
        return None
    line_end = t.source.text.find("\n", t.first.start)
    line = t.source.text[t.first.start : line_end if line_end >= 0 else len(t.source.text)]
    line = " ".join(line[: 4 * LONGEST_FORM].partition("{")[0].split())
    right = _right_loop(line)
    if right is None or len(right) > LONGEST_FORM:
        return None
    if _TYPED.match(line):
        word = t.tokens[t.begins + 1]
        expected = "a name without a type"
        return UnexpectedToken(
            t.span(word), quoted(word.text), expected, "for", f"{right} {{ ... }}"
        )
    found = quoted(t.token.text) if t.token.text.strip() else "the end of the line"
    before = t.before.text if t.before else ""
    expected = "`{`" if t.token.kind == ":" and ":" not in line[:-1] else "a range `0..n`"
    return UnexpectedToken(t.span(t.token), found, expected, before, f"{right} {{ ... }}")


def _right_loop(line: str) -> str | None:
    counted = _C_LOOP.match(line)
    if counted:
        name, low, sign, high = counted.groups()
        return f"for {name} in {low}..{high}{'+1' if sign == '<=' else ''}"
    right = _TYPED.sub("for ", re.sub(r"^for ?\((\w+ in .*)\)(?=:?$)", r"for \1", line))
    right = _IN_BRACKETS.sub(lambda m: f"{m[1].strip()}..{_behind(m[2].strip())}", right)
    right = _COLON.sub(r" in \1..\2", right)
    right = _RANGE.sub(lambda m: f" in {_dots(m[1])}", right)
    right = right.removesuffix(":").rstrip()
    return right if right != line and " in " in right else None


def _behind(last: str) -> str:
    """The end of a range whose last element is `last`."""
    return str(int(last) + 1) if last.isdecimal() and len(last) < 10 else f"{last}+1"


def _dots(inside: str) -> str:
    parts = [part.strip() for part in inside.split(",")]
    step = f" step {parts[2]}" if len(parts) > 2 else ""
    return "..".join(["0", *parts] if len(parts) == 1 else parts[:2]) + step


def missing_brace(t: Trouble) -> Diagnostic | None:
    """`if c == 1 x q`, `for i in 0..n h q[i]`: the statement stands without braces."""
    if t.first.kind not in _HEADS or "{" not in t.expected or t.token.kind != "NAME":
        return None
    place = t.index
    before = t.tokens[place - 1]
    if before.kind == "NAME" and place - 2 > t.begins and t.tokens[place - 2].kind in (
        "NAME", ")", "]", *NUMBERS):  # fmt: skip
        place -= 1  # two names side by side read as a Pauli: `n h` of `0..n h q`
    rest = t.text(place, t.ends)
    right = f"{t.text(t.begins, place)} {{ {rest} }}"
    right = right if len(right) <= LONGEST_FORM else "{ ... }"
    token = t.tokens[place]
    return UnexpectedToken(
        t.span(token), quoted(token.text), "`{`", t.tokens[place - 1].text, right
    )


def colon(t: Trouble) -> Diagnostic | None:
    """`network lan:`, as Python begins a block, and `alice: h q`."""
    if t.token.kind != ":" or t.before is None:
        return None
    head = t.text(t.begins, t.index)
    fits = len(head) <= LONGEST_FORM
    if "{" in t.expected:
        right = f"{head} {{ {t.text(t.index + 1, t.ends) or '...'} }}"
        right = right if len(right) <= LONGEST_FORM else f"{head} {{ ... }}" if fits else "{ ... }"
        return UnexpectedToken(t.span(t.token), "`:`", "`{`", t.before.text, right)
    if t.index == t.begins + 1 and t.first.kind == "NAME" and "for" not in t.expected:
        right = f"at {head} {{ {t.text(t.index + 1, t.ends) or '...'} }}"
        right = right if len(right) <= LONGEST_FORM else f"at {head[:20]} {{ ... }}"
        return UnexpectedToken(t.span(t.token), "`:`", "a block", head[:20], right)
    return None


def comment(t: Trouble) -> Diagnostic | None:
    """`% a comment`, `-- a comment`, and a text in quotes as a docstring."""
    begins = t.index == t.begins and t.token.kind in ("STRING", "%", "--")
    if not begins and (t.token.kind != "--" or "--" in t.expected or t.first.kind == "link"):
        return None
    if t.token.kind == "--" and t.tokens[t.index + 1].kind in ("SEP", "}", END):
        return None  # `i--`
    expected = "a statement" if begins else "the end of the line"
    before = t.before.text if t.before else ""
    return UnexpectedToken(t.span(t.token), quoted(t.token.text), expected, before, "// a comment")


def pauli_product(t: Trouble) -> Diagnostic | None:
    """`Z q[0] @ Z q[1]`, as tensor products are written elsewhere."""
    if t.token.kind != "@" or t.before is None or not {"*", "+"} <= t.expected:
        return None
    return UnexpectedToken(t.span(t.token), "`@`", "`*`", t.before.text, "Z q[0] * Z q[1]")


def remainder(t: Trouble) -> Diagnostic | None:
    """`n mod 2`."""
    word = t.before
    if word is None or word.text not in ("mod", "rem") or t.index < t.begins + 3:
        return None
    left = t.tokens[t.index - 2].text
    right = f"{left} % {t.token.text}"
    return UnexpectedToken(t.span(word), quoted(word.text), "`%`", left, right)
