"""How a problem found deep inside leaves: raised once, added to the findings by a statement."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic


class Refusal(Exception):
    """Carries one problem to whoever collects them; never leaves the front end."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem)
        self.problem = problem
