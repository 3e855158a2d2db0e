"""What other compilers needed, as measured once and stored in `peers.csv`.

Measured in November 2026 on one two-core machine: pytket-dqc (snapshot of December 2025), DISQCO
(snapshot of June 2025), memq-dqc 0.1.3. `gates` is the hash of the circuit that they were given,
so a result stands only beside the very same gates. pytket-dqc and DISQCO assume as many
communication qubits as they like. `valid` says why a count cannot be executed, where it cannot:
packets, as the snapshot grouped them, span a gate that is not diagonal on the shared qubit.
Seconds are wall time, and compare in orders of magnitude only.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

from qdsl.records import dataclass

HASHED = 16  # digits of the hash that are stored


@dataclass(frozen=True, slots=True)
class PeerResult:
    """One result: `ebits` as the peer counts them, `valid` "yes" or why not."""

    peer: str
    config: str
    circuit: str
    gates: str
    network: str
    ebits: float
    seconds: float
    valid: str


@cache
def stored() -> tuple[PeerResult, ...]:
    """All stored results, in the order of the file."""
    text = files("qdsl.studies.bench").joinpath("peers.csv").read_text(encoding="utf-8")
    return tuple(
        PeerResult(**{**row, "ebits": float(row["ebits"]), "seconds": float(row["seconds"])})  # type: ignore[arg-type]
        for row in csv.DictReader(text.splitlines())
    )


def best_peer(gates: str, network: str) -> PeerResult | None:
    """The valid result with the fewest ebits for these gates (their hash) on a network."""
    found = [
        r
        for r in stored()
        if r.gates == gates[:HASHED] and r.network == network and r.valid == "yes"
    ]
    return min(found, key=lambda r: (r.ebits, r.peer, r.config), default=None)
