"""Who wins at which size: ebits and classical bits of the paper's models, as they grow."""

from __future__ import annotations

import math

from qdsl.analysis.findings import SizeLaw
from qdsl.diagnostics.numbers import integer
from qdsl.records import dataclass
from qdsl.studies.paper.findings import (
    FALSE_AS_READ,
    SHOWN,
    ClaimFinding,
    FindingTable,
    Part,
    Settings,
)
from qdsl.studies.paper.inference import model
from qdsl.studies.size_law import size_laws

QUICK = (
    ("matching", "hidden_matching"),
    ("subspace", "vector_in_subspace"),
    ("abcd", "abcd"),
    ("linear", "linear"),
    ("one_hop", "alice_dilation"),
    ("one_hop", "bob_dilation"),
    ("layers", "layers"),
)
MORE = (
    ("one_hop", "bob_lcu"),
    ("one_hop", "bob_eigenbasis"),
    ("graph_at_bob", "graph_at_bob"),
    ("pipeline", "pipeline"),
    ("private", "private"),
    ("vertical", "vertical"),
)


@dataclass(frozen=True, slots=True)
class GrownModel:
    """A model of the paper, whether a theorem gives it an exponential advantage, and a law."""

    name: str
    is_exponential: bool
    size: int
    law: SizeLaw

    @property
    def is_won(self) -> bool:
        """Fewer ebits at the size that the model has."""
        return any(p.value == self.size and p.is_below for p in self.law.points)

    @property
    def is_bracketed(self) -> bool:
        """Every compiled size from the crossing on has fewer ebits than bits, no smaller one."""
        at, end = self.law.at, self.law.until or math.inf
        return at is not None and all(p.is_below == (at <= p.value < end) for p in self.law.points)


def crossings(settings: Settings) -> Part:
    found = [
        g
        for file, name in (*QUICK, *(() if settings.is_quick else MORE))
        for g in grown(file, name, settings)
    ]
    return Part(
        "crossings",
        "Who wins at which size",
        (_here(found), _with_theorem(found), _without(found)),
        _tables(found),
        "Ebits and bits of one inference to 0.1 with confidence 0.95 (hidden matching: one "
        "sample), all counted from compiled programs; bits are those of the best classical "
        "protocol known to qdsl at each size, of which lower bounds are smaller. A law stands "
        "there where it agrees with the compiled sizes; that of the bits is the formula of the "
        "protocol that is best at the largest size. To a tenth of the error qubits need 100 times "
        "as many ebits and random projections 10 times as many bits, so that they cross at larger "
        "sizes. `qdsl report` says the same of any model on its first screen.",
    )


def grown(file: str, name: str, settings: Settings) -> list[GrownModel]:
    """One for each kind of classical protocols."""
    settings.say(name)
    compiled = model(file).compile(name, verify=False)
    advantage = compiled.assess().advantage
    exponential = None
    if advantage is not None and advantage.verdict == "exponential":
        exponential = "one way" if advantage.rounds == "one way" else "any"
    sizes = dict(compiled.settings)
    return [
        GrownModel(name, law.rounds == exponential, sizes[law.parameter], law)
        for law in size_laws(compiled)
    ]


def _here(found: list[GrownModel]) -> ClaimFinding:
    won = sorted({g.name for g in found if g.is_won})
    names = {g.name for g in found}
    return ClaimFinding(
        "the advantage shows at the sizes that are run",
        "often read so",
        f"at their own sizes {len(won)} of {len(names)} models need fewer ebits than bits"
        + (f" ({', '.join(won)})" if won else ""),
        "asymptotic",
        FALSE_AS_READ,
        len(won) < len(names),
    )


def _with_theorem(found: list[GrownModel]) -> ClaimFinding:
    proved = [g for g in found if g.is_exponential]
    return ClaimFinding(
        "where a theorem promises an exponential advantage, ebits fall below bits at some size",
        "abstract; counted at that size and below it",
        "; ".join(f"{g.name}: {_from(g.law)}" for g in proved),
        "-",
        SHOWN,
        bool(proved) and all(g.is_bracketed for g in proved if g.law.at is not None),
    )


def _from(law: SizeLaw) -> str:
    if law.at is not None and law.until is not None:
        return f"from {law.parameter} = {law.at} on, and no more from {law.until} on"
    if law.at is None:
        return f"not up to {law.parameter} = {law.points[-1].value}"
    return f"from {law.parameter} = {law.at} on"


def _without(found: list[GrownModel]) -> ClaimFinding:
    final = [g for g in found if g.law.is_final]
    return ClaimFinding(
        "where there is none, bits grow no faster than ebits, and stay below them",
        "counter-protocols, counted",
        "; ".join(f"{g.name}: bits {g.law.bits_grow}, ebits {g.law.ebits_grow}" for g in final),
        "-",
        SHOWN,
        bool(final) and all(p.bits <= p.ebits for g in final for p in g.law.points),
    )


def _tables(found: list[GrownModel]) -> tuple[FindingTable, ...]:
    """At the models' own sizes; how both grow; and the protocols."""
    return (
        FindingTable(
            "Ebits, bits of outcomes sent beside them, and classical bits of one inference at the "
            "model's own size, by one or any number of messages, and the least size with "
            "fewer ebits and outcomes",
            ("model", "sent", "size", "ebits", "outcomes", "bits", "fewer from"),
            tuple(map(_here_row, found)),
        ),
        FindingTable(
            "How both grow (1: not at all), and at which sizes they were compiled",
            ("model", "sent", "ebits", "bits", "compiled at"),
            tuple(
                (
                    *_named(g),
                    g.law.ebits_grow or "-",
                    g.law.bits_grow or "-",
                    ", ".join(str(p.value) for p in g.law.points),
                )
                for g in found
            ),
        ),
        FindingTable(
            "The classical protocol that is best at the largest of these sizes",
            ("model", "sent", "protocol"),
            tuple((*_named(g), g.law.points[-1].protocol) for g in found),
        ),
    )


def _named(g: GrownModel) -> tuple[str, str]:
    return g.name, "one" if g.law.rounds == "one way" else "any"


def _here_row(g: GrownModel) -> tuple[str, ...]:
    law = g.law
    here = next(p for p in law.points if p.value == g.size)
    never = "never" if law.is_final else "not found"
    crossing = never if law.at is None else f"{law.parameter} = {law.at}"
    if law.at is not None and law.until is not None:
        crossing += f", to below {'about ' if law.is_predicted else ''}{law.until}"
    elif law.at == law.points[0].value:
        crossing += ", always" if law.is_lasting else ", at all compiled"
    return (
        *_named(g),
        f"{law.parameter} = {g.size}",
        integer(here.ebits),
        integer(here.outcome_bits),
        integer(here.bits),
        crossing,
    )
