"""What can be wrong when a program is emitted for a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qdsl.diagnostics.diagnostic import Diagnostic, Label
from qdsl.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
class UnknownTarget(Diagnostic):
    """No backend has the name given to `--emit`.

    Each backend is a file of `qdsl/backends`, and its name is the file's:

        qdsl emit model.qdm --emit qasm      // QDM755: there is 'qasm3', there is no 'qasm'
    """

    code: ClassVar[str] = "QDM755"
    title: ClassVar[str] = "no such target"

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no target '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        return ()

    def why(self) -> str:
        return "A program can be emitted for a target only if there is a backend for it."

    def help(self) -> str:
        return f"choose one of {', '.join(self.known)}"


@dataclass(frozen=True, slots=True)
class ValueWanted(Diagnostic):
    """A target needs the numbers of a vector, and none, or too few or too many, were given.

    An encoding such as `amplitude(x) q` is one circuit for every `x`, so it can be emitted
    only for a given `x`; OpenQASM 3 and Qiskit programs have numbers for all angles:

        qdsl emit model.qdm --emit qasm3                     // QDM756: 'theta' has no value
        qdsl emit model.qdm --emit qasm3 --values run.npz
    """

    code: ClassVar[str] = "QDM756"
    title: ClassVar[str] = "value wanted"

    problem: str
    vector: str
    size: int
    span: Span | None

    def message(self) -> str:
        return self.problem

    def labels(self) -> tuple[Label, ...]:
        return () if self.span is None else (Label(self.span, "declared here"),)

    def why(self) -> str:
        return "Encodings, and all angles on targets without symbols, are made of numbers."

    def help(self) -> str:
        return f"give '{self.vector}' {self.size} numbers"


@dataclass(frozen=True, slots=True)
class UnknownDevice(Diagnostic):
    """`compile_for` knows no fake device of this name.

    The devices are those of `qiskit_ibm_runtime.fake_provider`, and `generic_N` for a
    device of N qubits that are all joined:

        compile_for(program, values, "fake_nairobbi")   // QDM757: is it 'fake_nairobi'?
    """

    code: ClassVar[str] = "QDM757"
    title: ClassVar[str] = "no such device"

    name: str
    known: tuple[str, ...]

    def message(self) -> str:
        return f"there is no fake device '{self.name}'"

    def labels(self) -> tuple[Label, ...]:
        return ()

    def why(self) -> str:
        return "A program is compiled for a device only if its gates and couplings are known."

    def help(self) -> str:
        from difflib import get_close_matches

        near = get_close_matches(self.name, self.known, 3) or self.known[:3]
        return f"try {', '.join(near)}, or generic_N for N joined qubits"
