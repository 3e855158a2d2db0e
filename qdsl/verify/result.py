"""What a comparison of a program with its source says."""

from __future__ import annotations

from qdsl.records import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One way in which the program was compared with its source.

    `equal` None: not tried, or no answer (the detail says why). `method`, `detail` and `help`,
    what can be done about it, are words for people. `from_zero`: it holds for programs that begin
    in |0...0>, and says nothing of other inputs.
    """

    method: str
    equal: bool | None
    detail: str
    help: str = ""
    from_zero: bool = False


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
    def is_from_zero(self) -> bool:
        """Proved equal for programs that begin in |0...0> only."""
        return self.verified and all(c.from_zero for c in self.checks if c.equal)

    @property
    def refuted(self) -> bool:
        """Contradicted by at least one method."""
        return any(c.equal is False for c in self.checks)
