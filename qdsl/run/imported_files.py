"""What two readings of a program's OpenQASM files said."""

from __future__ import annotations

from qdsl.language.typed.program import Checked
from qdsl.language.typed.tree import Import
from qdsl.verify.result import Check


def read_twice(checked: Checked) -> tuple[Check, ...]:
    """Of every file that a program imports, whether two readings of it are equal."""
    found = (c for c in checked.circuits.values() if isinstance(c, Import))
    return tuple(
        Check(f"{i.syntax.file.value}, read twice", i.circuit.read_twice or None, i.circuit.reading)
        for i in found
        if i.circuit is not None
    )
