"""Text for LaTeX, with nothing left in it that LaTeX would obey."""

from __future__ import annotations

from qdsl.diagnostics.printable import clean

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}", "π": r"$\pi$",
    "→": r"$\rightarrow$", "–": r"\textendash{}", "…": r"\ldots{}", "×": r"$\times$",
    "−": r"$-$", "√": r"$\surd$", "≥": r"$\geq$", "≤": r"$\leq$", "²": r"\textsuperscript{2}",
}  # fmt: skip


def latex_escaped(text: str) -> str:
    """Text that LaTeX sets as it stands. A character outside ASCII that has no command here
    becomes its number: an old LaTeX would stop at it."""
    return "".join(_letter(c) for c in one_line(text)).replace("--", "-{}-")


def _letter(c: str) -> str:
    if c in _SPECIAL:
        return _SPECIAL[c]
    return c if c.isascii() or (c.isalpha() and ord(c) < 0x180) else f"U+{ord(c):04X}"


def one_line(text: str) -> str:
    return clean(" ".join(text.split()))
