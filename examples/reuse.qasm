// Two rounds on one qubit: the first result would be lost by the reset, were it not kept in `first`.
OPENQASM 2.0;
include "qelib1.inc";

qreg q[2];
creg first[1];
creg second[2];

h q[0];
cx q[0], q[1];
measure q[0] -> first[0];
reset q[0];
if (first == 1) ry(pi/3) q[0];
measure q[0] -> second[0];
measure q[1] -> second[1];
