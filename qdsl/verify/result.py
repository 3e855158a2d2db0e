"""What a comparison of a program with its source says."""

from __future__ import annotations

from typing import Final

from qdsl.records import dataclass

FROM_ZERO: Final = "from |0...0>"


@dataclass(frozen=True, slots=True)
class Check:
    """One way in which the program was compared with its source.

    `equal` None: not tried, or no answer (the detail says why). `method` and `detail` are words
    for people.
    """

    method: str
    equal: bool | None
    detail: str

    @property
    def is_from_zero(self) -> bool:
        """It holds for programs that begin in |0...0>, and says nothing of other inputs."""
        return self.method.endswith(FROM_ZERO)


@dataclass(frozen=True, slots=True)
class AdvisedCheck(Check):
    """With what can be done about it, in words."""

    help: str


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
        return self.verified and all(c.is_from_zero for c in self.checks if c.equal)

    @property
    def refuted(self) -> bool:
        """Contradicted by at least one method."""
        return any(c.equal is False for c in self.checks)
