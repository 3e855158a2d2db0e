"""The gates of OpenQASM's libraries by their definitions, for the second reading.

They are written from the specification, apart from the operation table and from the parsers.
`U` has a real upper left entry, cos(theta/2), as in Qiskit.
"""

from __future__ import annotations

LIBRARY = """
gate CX a, b { ctrl @ U(pi, 0, pi) a, b; }
gate u0(t) a { }
gate id a { }
gate u(t, f, l) a { U(t, f, l) a; }
gate u3(t, f, l) a { U(t, f, l) a; }
gate u2(f, l) a { U(pi/2, f, l) a; }
gate u1(l) a { U(0, 0, l) a; }
gate p(l) a { U(0, 0, l) a; }
gate phase(l) a { U(0, 0, l) a; }
gate x a { U(pi, 0, pi) a; }
gate y a { U(pi, pi/2, pi/2) a; }
gate z a { U(0, 0, pi) a; }
gate h a { U(pi/2, 0, pi) a; }
gate s a { U(0, 0, pi/2) a; }
gate sdg a { U(0, 0, -pi/2) a; }
gate t a { U(0, 0, pi/4) a; }
gate tdg a { U(0, 0, -pi/4) a; }
gate rx(t) a { U(t, -pi/2, pi/2) a; }
gate ry(t) a { U(t, 0, 0) a; }
gate rz(t) a { gphase(-t/2); U(0, 0, t) a; }
gate sx a { gphase(pi/4); rx(pi/2) a; }
gate sxdg a { gphase(-pi/4); rx(-pi/2) a; }
gate cx a, b { ctrl @ x a, b; }
gate cy a, b { ctrl @ y a, b; }
gate cz a, b { ctrl @ z a, b; }
gate ch a, b { ctrl @ h a, b; }
gate csx a, b { ctrl @ sx a, b; }
gate cp(l) a, b { ctrl @ p(l) a, b; }
gate cphase(l) a, b { ctrl @ p(l) a, b; }
gate cu1(l) a, b { ctrl @ p(l) a, b; }
gate cu3(t, f, l) a, b { ctrl @ U(t, f, l) a, b; }
gate cu(t, f, l, g) a, b { p(g) a; ctrl @ U(t, f, l) a, b; }
gate crx(t) a, b { ctrl @ rx(t) a, b; }
gate cry(t) a, b { ctrl @ ry(t) a, b; }
gate crz(t) a, b { ctrl @ rz(t) a, b; }
gate swap a, b { cx a, b; cx b, a; cx a, b; }
gate rzz(t) a, b { cx a, b; rz(t) b; cx a, b; }
gate rxx(t) a, b { h a; h b; rzz(t) a, b; h a; h b; }
gate ccx a, b, c { ctrl @ ctrl @ x a, b, c; }
gate cswap a, b, c { ctrl @ swap a, b, c; }
gate c3x a, b, c, d { ctrl(3) @ x a, b, c, d; }
gate c4x a, b, c, d, e { ctrl(4) @ x a, b, c, d, e; }
gate c3sqrtx a, b, c, d { ctrl(3) @ sx a, b, c, d; }
gate rccx a, b, c { h c; t c; cx b, c; tdg c; cx a, c; t c; cx b, c; tdg c; h c; }
gate rc3x a, b, c, d {
  h d; t d; cx c, d; tdg d; h d; cx a, d; t d; cx b, d; tdg d; cx a, d; t d; cx b, d; tdg d;
  h d; t d; cx c, d; tdg d; h d;
}
"""

LIBRARY_3 = frozenset(
    [
        "p",
        "x",
        "y",
        "z",
        "h",
        "s",
        "sdg",
        "t",
        "tdg",
        "sx",
        "rx",
        "ry",
        "rz",
        "cx",
        "cy",
        "cz",
        "cp",
        "crx",
        "cry",
        "crz",
        "ch",
        "swap",
        "ccx",
        "cswap",
        "cu",
        "CX",
        "phase",
        "cphase",
        "id",
        "u1",
        "u2",
        "u3",
    ]
)  # stdgates.inc
