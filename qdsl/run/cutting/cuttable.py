"""What a compiled program does with circuit cutting; nothing is imported for it before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from qdsl.run.cutting.hybrid import HybridProgram


class CuttableProgram:
    """A compiled program whose links can be cut."""

    __slots__ = ()

    def cut(self, *links: str | Sequence[str]) -> HybridProgram:
        """The program with circuit cutting on these links ("alice--bob", or two names) in place of
        pairs: see `qdsl.run.cutting.hybrid.HybridProgram`. `CannotCut` where there are none."""
        from qdsl.run.cutting.hybrid import cut

        return cut(cast(Any, self), links)
