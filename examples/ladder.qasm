// A circuit, for examples/ladder_distributed.qasm.
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[3] c;
h q[0];
cx q[0], q[1];
rz(0.3) q[0];
cx q[0], q[2];
ry(0.7) q[2];
c = measure q;
