"""What is said of a run in every form of a report."""

from __future__ import annotations

from qdsl.diagnostics.numbers import count, integer
from qdsl.runtime.traffic import NetworkRun


def of_first_item(items: int) -> str:
    """Which item a distribution is of."""
    return f"of the first of {count(items, 'item')}"


def means_over(items: int) -> str:
    """What the success of encodings and their scale are, where there are several items; else ""."""
    return f"both are means over {count(items, 'item')}" if items > 1 else ""


def said_of_classes(classes: tuple[float, ...]) -> str:
    """Which labels stand for what."""
    if len(classes) == 2:
        return f"labels: {classes[0]:.12g} stands as -1, {classes[1]:.12g} as 1"
    return "classes, one an output: " + ", ".join(f"{c:.12g}" for c in classes)


def network_text(run: NetworkRun) -> str:
    """What was counted where nodes ran in processes of their own."""
    revealed = (
        f", {integer(run.disclosed_bits)} bits of revealed values" if run.disclosed_bits else ""
    )
    return (
        f"counted between {run.processes} processes, as predicted: {count(run.ebits, 'ebit')}, "
        f"{count(run.classical_bits, 'classical bit')} in {count(run.messages, 'message')}"
        f"{revealed}, "
        f"over {count(run.executions, 'execution')}"
    )
