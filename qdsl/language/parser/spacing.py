"""Which two neighbouring words of a formatted line have a space between them."""

from __future__ import annotations

from qdsl.language.parser.lexer import COMMENTS, NUMBERS, Token
from qdsl.language.parser.tables import RESERVED, tables
from qdsl.records import dataclass

_OPERATORS = frozenset({"+", "-", "*", "/", "%"})
_CALLS = frozenset({"ctrl", "negctrl", "inv", "pow", "sum"})
_ENDS_VALUE = frozenset({"NAME", "label", "UNIT", "STRING", ")", "]"}) | NUMBERS


@dataclass(slots=True)
class SpacedToken:
    """A token, how it stood in the text, and how it will stand.

    `breaks` counts the line breaks before it, `spaced` says whether blanks stood before it.
    `begins_entry` marks the name of a property or option, whose value follows directly, and
    `opens_block` the `{` of a block of statements.
    """

    token: Token
    breaks: int
    spaced: bool
    begins_entry: bool = False
    opens_block: bool = False

    @property
    def kind(self) -> str:
        return ";" if self.token.kind == "SEP" else self.token.kind


def has_space(
    before: SpacedToken | None, left: SpacedToken, right: SpacedToken, after: SpacedToken | None
) -> bool:
    """Whether a space separates `left` and `right`, given the words around them."""
    a, b = left.kind, right.kind
    if a in COMMENTS or b in COMMENTS:
        return a not in ("(", "[") and b not in (")", "]", ",", ";")
    if _would_merge(left, right):
        return True
    if a in ("(", "[", "..", "**", ".") or b in (")", "]", "..", "**", ".", ",", ";", ":"):
        return False
    if (a, b) == ("{", "}"):
        return False
    if b == "UNIT":
        return right.token.text != "%"
    if a in _OPERATORS:
        is_sign = a == "-" and not _ends_value(before)
        return not is_sign and (left.spaced or right.spaced or _is_comment(before))
    if b in _OPERATORS and _ends_value(left):
        return right.spaced or _is_comment(after) or bool(after and after.spaced)
    if b in ("(", "["):
        return _space_before_bracket(left, right)
    return True


def _is_comment(word: SpacedToken | None) -> bool:
    return word is not None and word.kind in COMMENTS


def _would_merge(left: SpacedToken, right: SpacedToken) -> bool:
    """Words that would become another token if they stood side by side."""
    joint = left.token.text[-1:] + right.token.text[:1]
    return joint in ("--", "..")


def _ends_value(word: SpacedToken | None) -> bool:
    return word is not None and word.kind in _ENDS_VALUE and not word.begins_entry


def _space_before_bracket(left: SpacedToken, right: SpacedToken) -> bool:
    kind = left.kind
    if kind in _CALLS:
        return False
    if left.begins_entry or (kind == ")" and right.kind == "("):
        return True
    if kind in tables().keywords and kind not in RESERVED:
        return right.spaced
    return kind not in ("NAME", ")", "]")
