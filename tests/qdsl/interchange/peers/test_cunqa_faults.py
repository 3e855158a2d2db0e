"""Every single fault of a sample: what the judge says holds on a machine that executes CUNQA's
circuits branch by branch, which shares nothing with it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from copy import copy, deepcopy
from random import Random
from typing import Any

import numpy as np
import pytest

import qdsl
from qdsl.diagnostics.diagnostic import InvalidProgram
from qdsl.diagnostics.request_error import Refused
from qdsl.interchange.peers.followed import CannotBeFollowed
from qdsl.interchange.peers.program import NotDistributed
from tests.backends.cunqa.machine import CunqaMachine
from tests.qdsl.interchange.peers.test_cunqa import (
    GATE,
    MOVE,
    PAIR,
    former_gate,
    former_move,
    teledata,
    telegate,
)

Json = dict[str, Any]
Distribution = dict[str, float]
OTHERS = {
    "x": "z",
    "z": "x",
    "h": "x",
    "rx": "ry",
    "ry": "rx",
    "rz": "rx",
    "cx": "cz",
    "swap": "cz",
}


class Branch(CunqaMachine):
    """One execution whose outcomes are given; `share` is its probability."""

    def follow(self, outcomes: list[int]) -> dict[str, dict[int, bool]]:
        self.outcomes, self.share, self.open = iter(outcomes), 1.0, 0
        return self.run(np.random.default_rng(0))

    def _measure(self, qubit: int) -> int:
        one = next(self.outcomes, None)
        if one is None:
            one, self.open = 0, self.open + 1
        chance = self._share(qubit)
        self.share *= chance if one else 1 - chance
        front = np.moveaxis(self.state, qubit, 0)
        front[1 - one] = 0
        norm = np.linalg.norm(self.state)
        self.state /= norm if norm > 1e-12 else 1
        return one


def bit_by_bit(circuit: Json) -> Json:
    """Messages of one bit each, as the machine has them."""
    lines = []
    for one in circuit["instructions"]:
        bits = one["clbits"] if one["name"] in ("send", "recv") else [None]
        lines += [one if bit is None else one | {"clbits": [bit]} for bit in bits]
    return circuit | {"instructions": lines}


def distribution(circuits: list[Json]) -> Distribution:
    """Of the saved bits, in order."""
    machine, found = Branch([bit_by_bit(c) for c in circuits]), defaultdict[str, float](float)
    left: list[list[int]] = [[]]
    while left:
        outcomes = left.pop()
        bits = machine.follow(outcomes)
        if machine.open:
            left += [[*outcomes, 0], [*outcomes, 1]]
            continue
        if machine.share > 1e-12:
            saved = [bits[c["id"]][b] for c in circuits for b in sorted(bits[c["id"]])]
            found["".join(str(int(b)) for b in saved)] += machine.share
    return dict(found)


def apart(one: Distribution, other: Distribution) -> float:
    return sum(abs(one.get(k, 0) - other.get(k, 0)) for k in {*one, *other}) / 2


def faults(made: list[Json]) -> Iterator[list[Json]]:
    """An instruction left out (a condition with its end), another gate, two in another order."""
    for node, circuit in enumerate(made):
        for k, one in enumerate(circuit["instructions"]):
            if one["name"] == "endcif" or one.get("save"):
                continue
            gone = deepcopy(made)
            del gone[node]["instructions"][k]
            if one["name"] == "cif":
                del gone[node]["instructions"][k + 1]
            yield gone
            if one["name"] in OTHERS:
                other = deepcopy(made)
                other[node]["instructions"][k]["name"] = OTHERS[one["name"]]
                yield other
            if k + 1 < len(circuit["instructions"]) and one["name"] != "cif":
                turned = deepcopy(made)
                lines = turned[node]["instructions"]
                if lines[k + 1]["name"] not in ("cif", "endcif"):
                    lines[k], lines[k + 1] = lines[k + 1], lines[k]
                    yield turned


def executed(circuits: list[Json]) -> Distribution | None:
    """None: it cannot be executed."""
    try:
        return distribution(circuits)
    except (AssertionError, KeyError, ValueError):
        return None


@pytest.mark.slow
@pytest.mark.parametrize(("made", "source"), [(telegate(), GATE), (teledata(), MOVE)])
def test_verdicts_hold_on_a_machine(made: list[Json], source: str) -> None:
    right = distribution(made)
    counts = {"equal": 0, "refuted": 0, "refused": 0}
    for circuits in faults(made):
        try:
            found = qdsl.verify_distributed(json.dumps(circuits), source, PAIR)
        except (NotDistributed, CannotBeFollowed):
            counts["refused"] += 1
            continue
        there = executed(circuits)
        if found.verification.verified:
            counts["equal"] += 1
            assert there is not None and apart(there, right) < 1e-6, circuits
        if found.verification.refuted:
            counts["refuted"] += 1
            assert there is None or apart(there, right) > 1e-6, circuits
    assert min(counts.values()) > 2, counts


STRANGE: tuple[Any, ...] = (
    None,
    -1,
    10**30,
    1.5,
    float("inf"),
    "",
    "A",
    [],
    [[]],
    {},
    [0, 0],
    True,
)


def spoilt(value: Any, random: Random) -> Any:
    """The same JSON with one value in it replaced or left out."""
    if isinstance(value, dict | list) and value and random.random() < 0.85:
        found = copy(value)
        key = random.choice([*value] if isinstance(value, dict) else range(len(value)))
        if random.random() < 0.1:
            del found[key]
        else:
            found[key] = spoilt(value[key], random)
        return found
    return random.choice(STRANGE)


@pytest.mark.slow
@pytest.mark.parametrize("made", [telegate(), teledata(), former_gate(), former_move()])
def test_anything_else_is_refused_in_words(made: list[Json]) -> None:
    for seed in range(300):
        found = spoilt(made, Random(seed))
        with suppress(Refused, InvalidProgram):
            qdsl.verify_distributed(json.dumps(found), GATE, PAIR)
