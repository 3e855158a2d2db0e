// examples/ladder.qasm on two nodes in the form of memQ's compiler, written by hand: one cat copy
// of q0[0] serves two remote gates.
OPENQASM 3.0;
include "distgates.inc";
include "stdgates.inc";
qubit[2] q0;
qubit[2] q1;
qubit[1] c0;
qubit[1] c1;
bit[3] c;
h q0[0];
catent q0[0], q1[0], c0[0], c1[0];
rcx q0[0], q1[0], c0[0], c1[0];
rz(0.3) q0[0];
rcx q0[0], q1[1], c0[0], c1[0];
catdisent q0[0], q1[0], c0[0], c1[0];
ry(0.7) q1[1];
c[0] = measure q0[0];
c[1] = measure q1[0];
c[2] = measure q1[1];
