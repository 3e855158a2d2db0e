"""The variants as files, with a manifest of their weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import starmap
from pathlib import PurePath
from typing import Any, Final

from qdsl.driver.targets import load_target
from qdsl.run.cutting.hybrid import MOST_VARIANTS, CannotCut, Given, HybridProgram
from qdsl.run.cutting.prepared import CutVariant

SCHEMA: Final = "qdsl-cut-variants/1"
MANIFEST: Final = "manifest.json"
RULE: Final = "a mean or a distribution is the sum over the variants of weight times theirs"


def variant_files(
    hybrid: HybridProgram,
    target: str,
    values: Given | None = None,
    shots: int | None = None,
    seed: int = 0,
) -> Iterator[tuple[str, str]]:
    """Names and texts of the files of every variant, or of those that so many executions draw; the
    manifest last.

    `CannotCut` if there are more than `MOST_VARIANTS`; `InvalidProgram` as for any program that is
    emitted."""
    suffix = load_target(target).TARGET.suffix
    entries = []
    for number, (variant, weight, times) in enumerate(_weighted(hybrid, shots, seed), 1):
        stem = f"variant-{number:04}"
        several = variant.emit_files(target, values)
        texts = {f"{stem}{suffix}": variant.emit_text(target, values)} if several is None else {
            f"{stem}-{PurePath(name).name}": text for name, text in several.items()
        }  # fmt: skip
        entries.append(
            {"files": list(texts), "preparations": list(variant.preparations), "weight": weight,
             "sign": variant.sign, "executions": times}
        )  # fmt: skip
        yield from texts.items()
    yield MANIFEST, json.dumps(_manifest(hybrid, target, shots, seed, entries), indent=2)


def _weighted(
    hybrid: HybridProgram, shots: int | None, seed: int
) -> Iterator[tuple[CutVariant, float, int | None]]:
    """Variants, their weights, and how many of the executions make each."""
    if shots is None:
        return ((v, v.coefficient, None) for v in hybrid.all_variants())
    drawn = hybrid.drawn(shots, seed)
    if len(drawn) > MOST_VARIANTS:
        raise CannotCut(
            f"{shots:,} executions draw {len(drawn):,} different variants; up to "
            f"{MOST_VARIANTS:,} are written: give fewer shots"
        )
    return starmap(lambda choice, n: _of_drawn(hybrid, choice, n, shots), sorted(drawn.items()))


def _of_drawn(
    hybrid: HybridProgram, choice: tuple[int, ...], times: int, shots: int
) -> tuple[CutVariant, float, int]:
    variant = hybrid.variant(choice)
    return variant, variant.sign * hybrid.gamma * times / shots, times


def _manifest(
    hybrid: HybridProgram, target: str, shots: int | None, seed: int, entries: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "program": hybrid.uncut.distributed.placed.circuit.name,
        "links": list(hybrid.link_names),
        "pairs": hybrid.pairs,
        "gamma": hybrid.gamma,
        "target": target,
        "shots": shots,
        "seed": None if shots is None else seed,
        "rule": RULE,
        "variants": entries,
    }
