"""What a comparison of a program with its source says."""

from __future__ import annotations

from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One way in which the program was compared with its source.

    `equal` None: not tried, or no answer (the detail says why). `method` and `detail` are words
    for people.
    """

    method: str
    equal: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """`imports`: how the files that the program imports were read; no proof by itself."""

    checks: tuple[Check, ...]
    imports: tuple[Check, ...] = ()

    @property
    def verified(self) -> bool:
        """Proved equal by at least one method, contradicted by none."""
        return any(c.equal for c in self.checks) and not self.refuted

    @property
    def refuted(self) -> bool:
        """Contradicted by at least one method."""
        return any(c.equal is False for c in self.checks)
