"""What a run of the paper's claims yields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from qdsl.records import dataclass

SHOWN = "shown"
CITED = "cited"
NOT_SHOWN = "not shown"
FALSE_AS_READ = "false as often read"


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """One claim: what it says, where it stands, our number, theirs where it is public.

    `status` is one of the four above. `holds`: did our number come out as the claim, or as its
    refutation, says? False makes `qdsl reproduce` fail.
    """

    claim: str
    where: str
    ours: str
    theirs: str
    status: str
    holds: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "holds", bool(self.holds))  # NumPy's own is none in JSON


@dataclass(frozen=True, slots=True)
class FindingTable:
    """Numbers behind a finding, as text."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A self-contained SVG, and what it shows."""

    name: str
    caption: str
    svg: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the reproduction: its findings, tables, and where the claim stops holding."""

    name: str
    title: str
    findings: tuple[ClaimFinding, ...]
    tables: tuple[FindingTable, ...] = ()
    limits: str = ""
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """`is_quick`: small sizes, for minutes; `folder`: data sets, None where there are none; `say`
    hears what is being done."""

    is_quick: bool
    seed: int = 0
    folder: str | None = None
    say: Callable[[str], None] = field(default=lambda _: None, repr=False, compare=False)
