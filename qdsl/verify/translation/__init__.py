"""Translation validation: is a distributed program equal to its source, at any size?

Two steps that share no code with the passes: `undo` reads the distributed program and takes
its communication away by local rules, leaving a program over the source's qubits;
`normal_form` brings that program and the source to one form and compares them, and `branches`
compares them by outcomes where that is not enough.
"""

from qdsl.verify.translation.validate import Verdict, is_quick, validate, validate_circuits

__all__ = ["Verdict", "is_quick", "validate", "validate_circuits"]
