"""Random programs out of `qdm.lark`: sentences of the grammar, whole or inside a sound model."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lark import Lark
from lark.grammar import Symbol
from lark.lexer import PatternStr

from tests.sources import ROOT

NAMES = (
    "q", "q", "q", "r", "c", "a", "b", "m", "n", "x", "t", "i", "alice", "bob", "lan", "h", "cx",
    "cz", "ry", "rz", "rzz", "swap", "x", "y", "amplitude", "phase", "block", "real", "bits",
    "angle", "graph", "matching", "expect", "sample", "probability", "norm2", "overlap", "Z", "X",
    "XY", "pi", "sin", "log2", "edges", "random_regular", "line", "ring", "grid", "complete",
    "qubits", "comm", "fidelity", "rate", "latency", "mse", "adam", "steps", "shots", "loss", "α",
)  # fmt: skip
POOLS: Mapping[str, Sequence[str]] = {
    "NAME": NAMES,
    "REAL": ("0.5", "1e-3", ".25", "1e308", "2.0", "0.0", "1e-320"),
    "INTEGER": ("0", "1", "2", "3", "4", "8", "17", "64", "1_000", "99999999999999999999"),
    "UNIT": ("Hz", "us", "km", "%", "dB/km", "µs", "furlongs"),
    "STRING": ('"points.csv:x"', '"g.json"', '"c.qasm"', '""', '"../secret"', '"a:b:c"'),
    "_SEP": ("\n", ";"),
}
FRAME = """network lan {{ node alice {{ qubits 4, comm 2 }} node bob {{ qubits 4, comm 2 }}
  link alice -- bob {{ fidelity 0.9, rate 1000 Hz, latency 50 us }} }}
circuit b(t: angle[2]) on r[2] {{ ry(t[0]) r[0]; cx r[0], r[1] }}
model m(n = 3) on lan {{
  data x: real[2**2] owner alice
  param a: angle[2] owner bob
  qubits q[n], r
  bits c[2]
  {}
  return {}
}}
"""
OUTPUTS = ("sample(q)", "expect(Z q[0])", "probability(r)", "sample(c)")


@dataclass(frozen=True)
class Rules:
    """The grammar's rules by what they make, how deep each is at least, and the fixed words."""

    by_origin: Mapping[str, Sequence[Sequence[Symbol]]]
    depth: Mapping[str, int]
    fixed: Mapping[str, str]

    def least(self, expansion: Sequence[Symbol]) -> int:
        return max((self.depth.get(s.name, 0) for s in expansion if not s.is_term), default=0)


@cache
def rules() -> Rules:
    text = (ROOT / "grammar" / "qdm.lark").read_text(encoding="utf-8")
    lark = Lark(text, parser="lalr", lexer="basic", maybe_placeholders=True)
    by_origin: dict[str, list[Sequence[Symbol]]] = {}
    for rule in lark.rules:
        by_origin.setdefault(rule.origin.name, []).append(rule.expansion)
    fixed = {t.name: t.pattern.value for t in lark.terminals if isinstance(t.pattern, PatternStr)}
    return Rules(by_origin, depths(by_origin), fixed)


def depths(by_origin: Mapping[str, Sequence[Sequence[Symbol]]]) -> dict[str, int]:
    """How many rules the shortest sentence of every symbol applies, one inside the other."""
    known: dict[str, int] = {}
    while len(known) < len(by_origin):
        for name, expansions in by_origin.items():
            ready = [e for e in expansions if all(s.is_term or s.name in known for s in e)]
            if ready and name not in known:
                least = (max((known[s.name] for s in e if not s.is_term), default=0) for e in ready)
                known[name] = 1 + min(least)
    return known


def sentence(choose: random.Random, symbol: str, depth: int) -> list[str]:
    """Words of a random sentence, not much deeper than `depth`."""
    known = rules()
    made: list[str] = []
    waiting: list[tuple[str, bool, int]] = [(symbol, False, depth)]
    while waiting:
        name, is_word, left = waiting.pop()
        if is_word:
            made.append(known.fixed.get(name) or choose.choice(POOLS[name]))
            continue
        expansions = known.by_origin[name]
        short = [e for e in expansions if known.least(e) <= left]
        if not short or len(made) > 400:
            least = min(map(known.least, expansions))
            short = [e for e in expansions if known.least(e) == least]
        chosen = choose.choice(short)
        waiting += [(s.name, s.is_term, left - 1) for s in reversed(chosen)]
    return made


def program(choose: random.Random) -> str:
    """A random program: a sentence, or statements, an expression or outputs in a sound model."""
    kind = choose.randrange(4)
    if kind == 0:
        return " ".join(sentence(choose, "start", choose.randint(4, 14)))
    if kind == 1:
        body = " ".join(sentence(choose, "return", choose.randint(4, 9))).removeprefix("return")
        return FRAME.format("h q[0]", body)
    if kind == 2:
        inside = " ".join(sentence(choose, "expression", choose.randint(3, 12)))
        return FRAME.format(f"ry({inside}) q[0]", choose.choice(OUTPUTS))
    lines = [
        " ".join(sentence(choose, "_statement", choose.randint(4, 9)))
        for _ in range(choose.randint(1, 5))
    ]
    return FRAME.format("\n  ".join(lines), choose.choice(OUTPUTS))
