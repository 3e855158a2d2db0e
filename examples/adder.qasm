// Adds two numbers of three bits, |a>|b> -> |a>|a + b>, the carry in b[3]:
// S. A. Cuccaro, T. G. Draper, S. A. Kutin and D. P. Moulton, arXiv quant-ph/0410184.
OPENQASM 2.0;
include "qelib1.inc";

gate majority a, b, c { cx c, b; cx c, a; ccx a, b, c; }
gate unmajority a, b, c { ccx a, b, c; cx c, a; cx a, b; }

qreg carry[1];
qreg a[3];
qreg b[4];

majority carry[0], b[0], a[0];
majority a[0], b[1], a[1];
majority a[1], b[2], a[2];
cx a[2], b[3];
unmajority a[1], b[2], a[2];
unmajority a[0], b[1], a[1];
unmajority carry[0], b[0], a[0];
