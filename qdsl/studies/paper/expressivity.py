"""Depth and expressivity: what grows exponentially, what linearly, and what not at all."""

from __future__ import annotations

from math import comb

from qdsl.analysis.expressivity import expressivity
from qdsl.studies.paper.findings import (
    FALSE_AS_READ,
    SHOWN,
    ClaimFinding,
    FindingTable,
    Part,
    Settings,
)
from qdsl.studies.paper.inference import model


def phase_frequencies(size: int, layers: int) -> int:
    """Frequencies of `layers` uploads of a vector of `size` phases: the integer vectors k with
    sum k = 0 and sum |k| <= 2 `layers`, counted."""
    return 1 + sum(
        comb(size, a) * comb(m - 1, a - 1) * comb(size - a, b) * comb(m - 1, b - 1)
        for m in range(1, layers + 1)
        for a in range(1, min(m, size) + 1)
        for b in range(1, m + 1)
    )


def depth(settings: Settings) -> Part:
    depths = range(1, 4) if settings.is_quick else range(1, 6)
    program = model("spectra")
    rows = []
    for layers in depths:
        found = {
            name: expressivity(program.lower(name, settings={"layers": layers}))
            for name in ("vector", "geometric", "scalar")
        }
        rows.append(
            (layers, *(found[name].frequencies for name in found), found["vector"].dimension)
        )
    loaded = {
        expressivity(model("layers").lower(settings={"n": 2, "layers": layers})).quadratic
        for layers in depths
    }
    vector = [row[1] for row in rows]
    geometric = [row[2] for row in rows]
    scalar = [row[3] for row in rows]
    return Part(
        "expressivity",
        "Depth and expressivity",
        (
            ClaimFinding(
                "expressivity grows exponentially with the number of layers",
                "abstract",
                f"a vector of 4 phases: {_list(vector)} frequencies, as counted; scales 3**l: "
                f"{_list(geometric)}",
                "exponential",
                SHOWN,
                vector == [phase_frequencies(4, layers) for layers in depths]
                and geometric == [3**layers for layers in depths],
            ),
            ClaimFinding(
                "every encoding repeated in depth has exponentially many frequencies",
                "often read so",
                f"one number in 2 equal rotations a layer: {_list(scalar)} frequencies, 2 n L + 1",
                "-",
                FALSE_AS_READ,
                scalar == [4 * layers + 1 for layers in depths],
            ),
            ClaimFinding(
                "amplitudes loaded once give more with more layers",
                "often read so",
                f"one quadratic form at every depth: {_list(sorted(loaded, key=str))} dimensions "
                "for N = 4, N (N + 1) / 2 - 1",
                "-",
                FALSE_AS_READ,
                loaded == {9},
            ),
        ),
        (
            FindingTable(
                "Frequencies by depth, and the effective dimension of the first model",
                ("layers", "vector of phases", "scales 3**l", "repeated", "dimension"),
                tuple(tuple("-" if c is None else str(c) for c in row) for row in rows),
            ),
        ),
        "A vector of N phases gains exponentially many frequencies while the depth is far below N, "
        "and depth**(N - 1) of them beyond; scales 3**l gain exponentially at every depth. The "
        "effective dimension never exceeds the number of parameters: frequencies are what the "
        "encodings allow, not what a trained model uses.",
    )


def _list(counts: list[int | None]) -> str:
    return ", ".join(map(str, counts))
