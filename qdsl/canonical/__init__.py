"""The canonical form of a circuit: one-qubit gates and operations diagonal on all but one operand."""
