"""Program text in Markdown."""

from __future__ import annotations

import re

from qdsl.diagnostics.printable import clean

_TICKS = re.compile("`+")


def code(text: str) -> str:
    """Lines of QDM, in a fence that nothing in them ends."""
    longest = max(map(len, _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    shown = "\n".join(map(clean, text.split("\n")))
    return f"{fence}qdm\n{shown}\n{fence}"
