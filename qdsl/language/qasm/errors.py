"""What can be wrong with an OpenQASM file."""

from __future__ import annotations

from qdsl.diagnostics.diagnostic import Diagnostic, Severity
from qdsl.diagnostics.source import Span
from qdsl.diagnostics.template import places


class QasmSyntax(Diagnostic):
    """The file is no OpenQASM 2 or 3 program that the parser understands.

    The text after the place is the parser's own:

        OPENQASM 2.0;
        include "qelib1.inc";
        qreg q[2];
        hadamard q[0];         // QDM750: 'hadamard' is not defined; the gate is called 'h'
    """

    code = "QDM750"
    title = "OpenQASM not understood"
    span: Span
    problem: str
    message = "this OpenQASM is not understood: {problem}"
    labels = places(span="here")
    why = "A circuit is imported only if the whole file is understood."


class QasmCondition(Diagnostic):
    """A condition of an imported circuit looks at too many measured bits.

    A comparison of a register is computed bit by bit, from at most 16 bits that were measured:

        creg c[20];
        measure q -> c;
        if (c == 5) x q[0];    // QDM751: 20 measured bits

    Bits that nothing has measured do not count: they are 0.
    """

    code = "QDM751"
    title = "condition on too many bits"
    span: Span
    condition: str
    message = "this condition is on {condition}"
    labels = places(span="tested here")
    why = "What a condition asks is a table of answers, which doubles with every bit."
    help = "compare a smaller register that holds the bits which decide"


class QasmUnsupported(Diagnostic):
    """The file is OpenQASM, but says something that no circuit here can express.

    What is known before the circuit runs is computed, and conditions on measured bits are followed.
    Loops that end by what is measured, `extern` functions, `opaque` gates, pulses, and inputs that
    are no angles have no counterpart:

        opaque magic a;
        magic q[0];            // QDM752: gate 'magic' has no definition
    """

    code = "QDM752"
    title = "OpenQASM without counterpart"
    span: Span
    what: str
    message = "{what}"
    labels = places(span="here")
    why = "A circuit here has a fixed number of operations, each under a condition or none."


class QasmTooLarge(Diagnostic):
    """The file, or the circuit it unrolls to, is larger than the importer accepts.

    Sizes are checked before anything is unrolled, so that no file can use up the memory:

        qreg q[99999999999];   // QDM753: 99999999999 qubits
    """

    code = "QDM753"
    title = "OpenQASM too large"
    span: Span
    what: str
    limit: int
    message = "{what}; at most {limit:,} can be imported"
    labels = places(span="here")
    why = "Sizes are limited so that a file cannot use up the memory or the time."


class QasmInclude(Diagnostic):
    """The file includes a file other than the standard libraries.

    Only `qelib1.inc` (OpenQASM 2) and `stdgates.inc` (OpenQASM 3) are known, and both are built
    in: importing a circuit reads no second file.

        include "mygates.inc";   // QDM754: copy the gates you need into this file
    """

    code = "QDM754"
    title = "include of another file"
    span: Span
    file: str
    message = "'{file}' cannot be included"
    labels = places(span="included here")
    why = "Importing a circuit reads that one file; only the standard libraries are built in."
    help = "copy the gate definitions into the file"


class QasmReadingsDiffer(Diagnostic):
    """Two readings of an OpenQASM file differ.

    Every imported file is read twice, by readers that share nothing, Qiskit's among them, and both
    are compared statement by statement, gates as unitaries. Where OpenQASM and its tools do not
    agree, as on powers of a gate that are no integers, nothing is imported:

        OPENQASM 3.0;
        include "stdgates.inc";
        qubit q;
        pow(0.5) @ p(3*pi/2) q;   // QDM770: p(-pi/4) by OpenQASM, p(3*pi/4) by Qiskit

    Write the statement in plainer gates, here `p(3*pi/4) q;`.
    """

    code = "QDM770"
    title = "OpenQASM read in two ways"
    span: Span
    message = "two readings of this file differ here"
    labels = places(span="read in two ways")
    why = "Every imported statement is read twice, and imported if both readings are equal."
    help = "write this statement in plainer gates, without modifiers"


class QasmDoubtful(Diagnostic):
    """Something in an OpenQASM file is probably not what was meant.

    In OpenQASM 3 the quotient of two integers is an integer, and `q[0:-1]` selects nothing:

        OPENQASM 3.0;
        include "stdgates.inc";
        qubit q;
        rx(3/4*pi) q;    // QDM771: 3/4 is 0; 3.0/4 was probably meant

    The file is imported as it is read.
    """

    code = "QDM771"
    title = "doubtful OpenQASM"
    severity = Severity.WARNING
    span: Span
    what: str
    meant: str
    message = "{what}"
    labels = places(span="here")
    why = "OpenQASM divides integers without remainder, and ranges run upwards."
    help = "if that is not meant, write `{meant}`"


class QasmTimeLeftOut(Diagnostic):
    """The file says how long something takes, which the circuit leaves out.

    `delay` and `box` are read as barriers, durations not at all:

        OPENQASM 3.0;
        include "stdgates.inc";
        qubit q;
        delay[100ns] q;      // QDM773: a barrier
        x q;

    How long operations take follows from the network's nodes and links.
    """

    code = "QDM773"
    title = "time of an import left out"
    severity = Severity.WARNING
    span: Span
    message = "times are left out: `delay` and `box` are barriers here"
    labels = places(span="the first one")
    why = "The schedule takes the times of gates and links from the network."


class QasmResultLost(Diagnostic):
    """A result of an imported circuit is lost: its qubit is used again, and nothing tests the bit.

    A call such as `f q` gives the bits of the file no name, and a model sees a result only on a
    qubit that is left as measured:

        OPENQASM 2.0;
        include "qelib1.inc";
        qreg q[1];
        creg c[1];
        h q[0];
        measure q[0] -> c[0];
        reset q[0];              // QDM772: c[0] is lost

    Take the results into bits of the model, and return those:

        bits c
        c = f q
        return sample(c)
    """

    code = "QDM772"
    title = "result of an import lost"
    severity = Severity.WARNING
    span: Span
    bit: str
    message = "the result in {bit} of this file is lost: its qubit is used again"
    labels = places(span="measured here")
    why = "A call without bits in front throws the results of the file away."
    help = "take the results into bits, `c = f q`, and return `sample(c)`"
