"""The backend `netqasm`: a NetQASM subroutine for each node."""
