"""What the reader of a run by hand has found, as text and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from qdsl.backends._readout import Estimate, Mean, Outcomes
from qdsl.backends.nodes.ticket import Ticket
from qdsl.runtime.reader import Collected
from qdsl.runtime.run import estimates_of
from qdsl.runtime.traffic import NetworkRun


def outcome_json(reader: Ticket, found: Collected) -> dict[str, Any]:
    """Outputs by item, as in a report's `values`, and the traffic."""
    outputs = [
        [_plain(e) for e in estimates_of(reader, found, k)] for k in range(reader.plan.items)
    ]
    return {
        "schema": "qdsl-outcomes/2",
        "program": reader.digest,
        "shots": reader.plan.shots,
        "outputs": outputs,
        "network": asdict(found.traffic),
    }


def _plain(estimate: Estimate) -> dict[str, Any]:
    match estimate:
        case Mean(value, error, _):
            return {"mean": value, "standard_error": error}
        case Outcomes(counts, shots):
            return {"shares": {bits: n / shots for bits, n in counts.items()}}
        case _:
            width = len(estimate.frequencies).bit_length() - 1
            shares = enumerate(estimate.frequencies.tolist())
            return {"shares": {format(k, f"0{width}b"): p for k, p in shares if p > 0}}


def outcome_text(reader: Ticket, found: Collected) -> str:
    """The first items' outputs, and the traffic, for a terminal of 80 columns."""
    lines = [f"{reader.plan.shots} shots of program {reader.digest[:12]}"]
    for item in range(min(reader.plan.items, 5)):
        for k, estimate in enumerate(estimates_of(reader, found, item)):
            said = _plain(estimate)
            name = f"  output {k + 1}, {_kind(reader, k)}" + (
                f", item {item + 1}" if reader.plan.items > 1 else ""
            )
            if "mean" in said:
                lines.append(f"{name}: mean {said['mean']:.6g} +- {said['standard_error']:.2g}")
                continue
            shares = sorted(said["shares"].items(), key=lambda kv: (-kv[1], kv[0]))[:8]
            lines += [name, *(f"    {bits[:60]}  {share:.4f}" for bits, share in shares)]
    hidden = reader.plan.items - 5
    return "\n".join([*lines, *([f"  (+{hidden} more items)"] if hidden > 0 else []),
                      *traffic_lines(found.traffic)])  # fmt: skip


def _kind(reader: Ticket, k: int) -> str:
    assert reader.reading is not None
    return type(reader.reading.outputs[k]).__name__.lower()


def traffic_lines(run: NetworkRun) -> list[str]:
    """What was counted, in lines of at most 80 columns."""
    total = f"  counted on {run.processes} processes in {run.executions} executions, as predicted:"
    numbers = (
        f"    {run.ebits} ebits, {run.classical_bits} classical bits in {run.messages} messages"
    )
    disclosed = [f"    {run.disclosed_bits} bits of revealed values"] if run.disclosed_bits else []
    return [total, numbers, *disclosed]
