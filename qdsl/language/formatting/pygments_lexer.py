"""Colours of QDM for Pygments, and so for Sphinx, MkDocs, Jupyter and LaTeX's minted.

Where the package is installed, Pygments finds it by the name `qdm` and by the ending `.qdm`. Words
and signs are those of the grammar.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pygments.lexer import RegexLexer, words
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Whitespace,
)

from qdsl.language.parser.tables import tables


def _rules() -> list[tuple[Any, Any]]:
    found = tables()
    terminals = found.terminals
    name = rf"(?:{terminals['NAME']})"
    return [
        (terminals["LINE_COMMENT"], Comment.Single),
        (terminals["BLOCK_COMMENT"], Comment.Multiline),
        (terminals["STRING"], String),
        (terminals["REAL"], Number.Float),
        (terminals["INTEGER"], Number.Integer),
        (words(sorted(found.keywords), prefix=r"\b", suffix=r"\b"), Keyword),
        (rf"{name}(?=\s*[(@]|\s+{name}\s*[,;\[\n}}])", Name.Function),
        (name, Name),
        (words(found.punctuation), Operator),
        (r"\s+", Whitespace),
        (r";", Punctuation),
        (r"%", Number),
    ]


class QdmLexer(RegexLexer):  # type: ignore[misc]
    """QDM, the model language of qdsl."""

    name = "QDM"
    aliases: ClassVar[list[str]] = ["qdm"]
    filenames: ClassVar[list[str]] = ["*.qdm"]
    tokens: ClassVar[dict[str, list[tuple[Any, Any]]]] = {"root": _rules()}
