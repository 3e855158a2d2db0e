"""What can be wrong when a program is emitted for a target."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import places


class UnknownTarget(Diagnostic):
    """No backend has the name given to `--emit`.

    Each backend is a file of `qdsl/backends`, and its name is the file's:

        qdsl compile model.qdm --emit qasm      // QDM755: there is 'qasm3', there is no 'qasm'
    """

    code = "QDM755"
    title = "no such target"
    name: str
    known: tuple[str, ...]
    message = "there is no target '{name}'"
    why = "A program can be emitted for a target only if there is a backend for it."
    help = "choose one of {known}"


class ValueWanted(Diagnostic):
    """A target needs the numbers of a vector, and none, or too few or too many, were given.

    An encoding such as `amplitude(x) q` is one circuit for every `x`, so it can be emitted
    only for a given `x`; OpenQASM 3 and Qiskit programs have numbers for all angles:

        qdsl compile model.qdm --emit qasm3                     // QDM756: 'theta' has no value
        qdsl compile model.qdm --emit qasm3 --values run.npz
    """

    code = "QDM756"
    title = "value wanted"
    problem: str
    vector: str
    size: int
    span: Span | None
    message = "{problem}"
    labels = places(span="declared here")
    why = "Encodings, and all angles on targets without symbols, are made of numbers."
    help = "give '{vector}' {size} numbers"


class UnknownDevice(Diagnostic):
    """`compile_for` knows no fake device of this name.

    The devices are those of `qiskit_ibm_runtime.fake_provider`, and `generic_N` for a
    device of N qubits that are all joined:

        compile_for(program, values, "fake_nairobbi")   // QDM757: is it 'fake_nairobi'?
    """

    code = "QDM757"
    title = "no such device"
    name: str
    known: tuple[str, ...]
    message = "there is no fake device '{name}'"
    why = "A program is compiled for a device only if its gates and couplings are known."

    @property
    def help(self) -> str:
        from difflib import get_close_matches

        near = get_close_matches(self.name, self.known, 3) or self.known[:3]
        return f"try {', '.join(near)}, or generic_N for N joined qubits"


class NotOnTarget(Diagnostic):
    """The target has no form for an operation of the program.

    stim simulates Clifford programs, in which only Pauli operators depend on measured bits:

        model m() { qubits q; t q; return sample(q) }

        qdsl compile m.qdm --emit stim      // QDM758: `t` is no Clifford operation
    """

    code = "QDM758"
    title = "operation is not on the target"
    problem: str
    span: Span | None
    has: str
    message = "{problem}"
    labels = places(span="used here")
    why = "{has}"
    help = "emit the program for another target, such as `qasm3`"
