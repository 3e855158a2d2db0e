"""Programs that can be written for a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qdsl.diagnostics.request_error import values_by_name
from qdsl.driver.targets import load_target

if TYPE_CHECKING:
    from qdsl.driver.targets import Given


class EmittedProgram:
    """What has a `stage`, for every target (`qdsl.driver.targets.targets()` has their names)."""

    __slots__ = ()
    stage: Any

    def emit(self, target: str, values: Given | None = None) -> Any:
        """The program as a backend's own object."""
        return load_target(target).emit(self.stage, values_by_name(values))

    def emit_text(self, target: str, values: Given | None = None) -> str:
        """The program as a backend's text."""
        return str(load_target(target).emit_text(self.stage, values_by_name(values)))

    def emit_files(self, target: str, values: Given | None = None) -> dict[str, str] | None:
        """The texts by file name of a target that makes several files; None if it makes one."""
        several = getattr(load_target(target), "emit_files", None)
        return None if several is None else dict(several(self.stage, values_by_name(values)))
