"""What can be wrong with an OpenQASM file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qdsl.diagnostics.diagnostic import Diagnostic, Label
from qdsl.diagnostics.source import Span


@dataclass(frozen=True, slots=True)
class QasmSyntax(Diagnostic):
    """The file is no OpenQASM 2 or 3 program that the parser understands.

    The text after the place is the parser's own:

        OPENQASM 2.0;
        include "qelib1.inc";
        qreg q[2];
        hadamard q[0];         // QDM750: 'hadamard' is not defined; the gate is called 'h'
    """

    code: ClassVar[str] = "QDM750"
    title: ClassVar[str] = "OpenQASM not understood"

    span: Span
    problem: str

    def message(self) -> str:
        return f"this OpenQASM is not understood: {self.problem}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "here"),)

    def why(self) -> str:
        return "A circuit is imported only if the OpenQASM parser accepts the whole file."


@dataclass(frozen=True, slots=True)
class QasmCondition(Diagnostic):
    """A condition of an imported circuit looks at more than one bit.

    Operations here depend on single classical bits. A comparison of a whole register can be
    imported only if the register has one bit:

        creg c[3];
        if (c == 5) x q[0];    // QDM751: 'c' has 3 bits

    Declare a register for each bit that decides something, `creg c0[1]; if (c0 == 1) x q[0];`,
    or in OpenQASM 3 test one bit, `if (c[0]) x q[0];`.
    """

    code: ClassVar[str] = "QDM751"
    title: ClassVar[str] = "condition on several bits"

    span: Span
    condition: str

    def message(self) -> str:
        return f"this condition is on {self.condition}; single bits can be tested"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "tested here"),)

    def why(self) -> str:
        return "Every operation waits for at most one classical bit, which one message carries."

    def help(self) -> str:
        return "give the bit that decides a register of its own: `creg c0[1]; if (c0 == 1) ...`"


@dataclass(frozen=True, slots=True)
class QasmUnsupported(Diagnostic):
    """The file is OpenQASM, but says something that no circuit here can express.

    Circuits are made of gates, measurements, resets, barriers and simple `if`s. Loops, `opaque`
    gates, `input` parameters and nested conditions have no counterpart:

        opaque magic a;
        magic q[0];            // QDM752: gate 'magic' has no definition
    """

    code: ClassVar[str] = "QDM752"
    title: ClassVar[str] = "OpenQASM without counterpart"

    span: Span
    what: str

    def message(self) -> str:
        return self.what

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "here"),)

    def why(self) -> str:
        return "Imported circuits hold gates, measurements, resets, barriers and one-bit ifs."


@dataclass(frozen=True, slots=True)
class QasmTooLarge(Diagnostic):
    """The file, or the circuit it unrolls to, is larger than the importer accepts.

    Sizes are checked before anything is unrolled, so that no file can use up the memory:

        qreg q[99999999999];   // QDM753: 99999999999 qubits
    """

    code: ClassVar[str] = "QDM753"
    title: ClassVar[str] = "OpenQASM too large"

    span: Span
    what: str
    limit: int

    def message(self) -> str:
        return f"{self.what}; at most {self.limit:,} can be imported"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "here"),)

    def why(self) -> str:
        return "Sizes are limited so that a file cannot use up the memory or the time."


@dataclass(frozen=True, slots=True)
class QasmInclude(Diagnostic):
    """The file includes a file other than the standard libraries.

    Only `qelib1.inc` (OpenQASM 2) and `stdgates.inc` (OpenQASM 3) are known, and both are built
    in: importing a circuit reads no second file.

        include "mygates.inc";   // QDM754: copy the gates you need into this file
    """

    code: ClassVar[str] = "QDM754"
    title: ClassVar[str] = "include of another file"

    span: Span
    file: str

    def message(self) -> str:
        return f"'{self.file}' cannot be included"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.span, "included here"),)

    def why(self) -> str:
        return "Importing a circuit reads that one file; only the standard libraries are built in."

    def help(self) -> str:
        return "copy the gate definitions into the file"
