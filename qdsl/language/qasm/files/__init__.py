"""OpenQASM files as imported circuits, read and compared."""
