"""What can be wrong with what is demanded of a network."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.template import first_of


class DemandNotReached(Diagnostic):
    """No network of a sweep meets all demands.

    The message names the demand that is missed at the best point of the sweep, the reason what
    limits the program there. The help is the least change of one resource, as a factor, that
    would be enough there, found by computing the program anew:

        qdsl sweep model.qdm --over link.fidelity=0.9..0.9999 --need fidelity=0.99

    Either sweep over what the help names, or demand less.
    """

    code = "QDM780"
    title = "demand not reached"
    need: str
    verb: str
    over: str
    found: str
    at: str
    limit: str
    change: str | None
    message = "{need} {verb} with {over}"
    why = "The best of these, {at}, has {found}: {limit}."
    help = first_of(
        "{change} would be enough there",
        "demand less: there, no change of one kind of link or node is enough",
    )
