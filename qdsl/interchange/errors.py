"""What cannot be said of a circuit of another library."""

from __future__ import annotations

from qdsl.diagnostics.request_error import Refused


class NotWritable(Refused):
    """An operation of a circuit that nothing here can say in OpenQASM; the message names it."""
